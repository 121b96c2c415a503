"""One node of the way there, as the rule of its operator sees it on the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, NoReturn, overload

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.compute.gradient.tape import Tape
from explorer3d.errors import GradientError

Flow = Literal["gradient", "guided", "deconvnet"]


@dataclass(frozen=True, eq=False)
class Step:
    """A forward node, what flows back to it, and how to add to the graph.

    Attributes
    ----------
    node : onnx_ir.Node
        Of opset 18 or newer.
    x : tuple of Value or None
        Its inputs; None for one that is left out.
    y : tuple of Value
        Its outputs.
    dy : tuple of Value or None
        Gradients of its outputs; None where nothing flows. At least one is there.
    wanted : tuple of bool
        The inputs whose gradient somebody needs.
    flow : {"gradient", "guided", "deconvnet"}
        What a ReLU, and a Clip at zero, does on the way back.
    place : str
        The layer or node, as an error names it.
    tape : Tape
    """

    node: ir.Node
    x: tuple[ir.Value | None, ...]
    y: tuple[ir.Value, ...]
    dy: tuple[ir.Value | None, ...]
    wanted: tuple[bool, ...]
    flow: Flow
    place: str
    tape: Tape

    @property
    def opset(self) -> int:
        return self.tape.opset

    def shape(self, value: ir.Value | None) -> tuple[int, ...]:
        """Give the shape of a value of the way there or back, which must not be left out."""
        found = None if value is None else self.tape.shape(value)
        if found is None:
            self.refuse(f"the shape of {_called(value)} is not known")
        return found

    def dtype(self, value: ir.Value | None) -> np.dtype:
        """Give the element type of a value of the way there or back, which must not be left out."""
        found = None if value is None else self.tape.dtype(value)
        if found is None:
            self.refuse(f"the element type of {_called(value)} is not known")
        return found

    def attribute(self, name: str, default: Any = None) -> Any:
        """Give an attribute of the node as a Python value.

        Parameters
        ----------
        name : str
        default : object, optional
            If the node does not say; by default what the operator's schema says.
        """
        attribute = self.node.attributes.get(name)
        if attribute is not None:
            if attribute.type == ir.AttributeType.TENSOR:
                return attribute.as_tensor().numpy()
            value = attribute.value
            return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
        if default is not None:
            return default
        said = onnx.defs.get_schema(self.node.op_type, self.opset, "").attributes.get(name)
        if said is None or said.default_value.type == onnx.AttributeProto.UNDEFINED:
            return None
        value = onnx.helper.get_attribute_value(said.default_value)
        return value.decode() if isinstance(value, bytes) else value

    def constant_of(self, value: ir.Value | None) -> np.ndarray | None:
        """Give a value that is known while the graph is built; None for any other."""
        return None if value is None else self.tape.constant_of(value)

    @overload
    def op(
        self, op_type: str, *inputs: ir.Value | None, outputs: Literal[1] = 1, **attributes: Any
    ) -> ir.Value: ...

    @overload
    def op(
        self, op_type: str, *inputs: ir.Value | None, outputs: int, **attributes: Any
    ) -> tuple[ir.Value, ...]: ...

    def op(
        self, op_type: str, *inputs: ir.Value | None, outputs: int = 1, **attributes: Any
    ) -> ir.Value | tuple[ir.Value, ...]:
        """Add a node of ONNX' own domain; attributes that are None are left out.

        Returns
        -------
        Value, or tuple of Value if there are several outputs
        """
        made = self.tape.op(self.node.name or "", op_type, inputs, outputs, attributes)
        return made[0] if outputs == 1 else made

    def also(self, output: int) -> ir.Value:
        """Have the forward node make an optional output that it did not make so far.

        Parameters
        ----------
        output : int
            Its place.
        """
        if len(self.node.outputs) <= output:
            self.node.resize_outputs(output + 1)
        value = self.node.outputs[output]
        if not value.name:
            value.name = self.tape.new_name(self.node.op_type)
        return value

    def constant(self, array: np.ndarray) -> ir.Value:
        """Add a constant."""
        return self.tape.constant(np.asarray(array))

    def number(self, number: float, like: ir.Value | None) -> ir.Value:
        """Add a scalar of the element type of another value."""
        return self.constant(np.array(number, self.dtype(like)))

    def ints(self, *numbers: int) -> ir.Value:
        """Add a list of whole numbers, such as axes or a shape."""
        return self.constant(np.array(numbers, np.int64))

    def reshape(self, value: ir.Value | None, shape: Sequence[int]) -> ir.Value:
        """Give a value another shape, if it does not have it; a single size may be -1, for what is left."""
        given = self.shape(value)
        assert value is not None
        if -1 in shape:
            left = prod(given) // max(1, prod(size for size in shape if size != -1))
            shape = [left if size == -1 else size for size in shape]
        if given == tuple(shape):
            return value
        reshaped = self.op("Reshape", value, self.ints(*shape), allowzero=1 if 0 in shape else None)
        self.tape.know(reshaped, tuple(shape), self.dtype(value))
        return reshaped

    def sum_to(self, value: ir.Value | None, shape: Sequence[int]) -> ir.Value:
        """Undo broadcasting: add up over the axes along which something of that shape was repeated.

        Parameters
        ----------
        value : Value
        shape : sequence of int
            One that broadcasts to that of the value.
        """
        given, lead = self.shape(value), len(self.shape(value)) - len(shape)
        axes = [*range(lead)]
        axes += [lead + axis for axis, size in enumerate(shape) if size == 1 != given[lead + axis]]
        if axes:
            value = self.op("ReduceSum", value, self.ints(*axes), keepdims=0)
        return self.reshape(value, shape)

    def refuse(self, why: str) -> NoReturn:
        """Say that there is no gradient.

        Parameters
        ----------
        why : str
            The end of a sentence.

        Raises
        ------
        GradientError
        """
        raise GradientError(f"No gradient flows back through {self.place}: {why}.")


def _called(value: ir.Value | None) -> str:
    return "an input that is left out" if value is None else f"'{value.name}'"
