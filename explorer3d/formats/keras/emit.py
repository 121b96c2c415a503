"""Where an emitter writes one layer's ONNX nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.settings import Settings, Unsupported
from explorer3d.formats.keras.weights import weights
from explorer3d.graph.model import Weight, dtype_name

Shape = tuple[int | None, ...]

OPSET = 18


@dataclass(frozen=True, eq=False)
class Tensor:
    """A value of the graph with the shape Keras gives it: batch (always None) first."""

    value: ir.Value
    shape: Shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    def axis(self, axis: int) -> int:
        """A possibly negative axis as a position from the front."""
        if not -self.rank <= axis < self.rank:
            raise Unsupported(f"its axis {axis} does not exist in an input of rank {self.rank}")
        return axis % self.rank

    def known(self, axis: int) -> int:
        """The size of an axis that must not be left open."""
        size = self.shape[self.axis(axis)]
        if size is None:
            raise Unsupported(f"the size of its input's axis {axis} is not in the file")
        return size


@dataclass(eq=False)
class GraphParts:
    """Everything emitted so far."""

    nodes: list[ir.Node] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    shared: dict[tuple[str, str], ir.Value] = field(default_factory=dict)

    def name(self, wish: str) -> str:
        """The wish itself if it is free, else with a number."""
        name, count = wish, 1
        while name in self.names:
            name, count = f"{wish}_{count}", count + 1
        self.names.add(name)
        return name


class Scope:
    """One call of one layer, while its nodes are emitted.

    Attributes
    ----------
    settings : Settings
    keras : int
        Major version of the Keras that wrote the file; some defaults changed.
    """

    def __init__(
        self,
        parts: GraphParts,
        layer: str,
        call: str,
        settings: Settings,
        keras: int,
        stored: Sequence[tuple[str, ir.TensorProtocol]],
        numbered: bool,
    ) -> None:
        self.settings = settings
        self.keras = keras
        self.nodes: list[ir.Node] = []
        self.weights: tuple[Weight, ...] = ()
        self._new: dict[tuple[str, str], ir.Value] = {}
        self._parts = parts
        self._layer = layer
        self._call = call
        self._stored = stored
        self._numbered = numbered

    def of(self, config: Mapping[str, Any]) -> Scope:
        """The same place under other settings, for a layer that acts as another's activation."""
        inner = Scope(self._parts, self._layer, self._call, Settings(config), self.keras, (), False)
        inner.nodes, inner._new = self.nodes, self._new
        return inner

    def commit(self) -> None:
        """The layer can run: what was emitted belongs to the graph."""
        self._parts.nodes.extend(self.nodes)
        self._parts.shared.update(self._new)

    def discard(self) -> None:
        """The layer cannot run: leave no trace of it on the values it would have used."""
        for node in self.nodes:
            for at in range(len(node.inputs)):
                node.replace_input_with(at, None)
        self.nodes.clear()

    def op(
        self, op: str, inputs: Sequence[Tensor | None], shape: Shape | None = None, **attributes: Any
    ) -> Tensor:
        """Add a node. Its output has the first input's type and, if none is given, its shape."""
        first = inputs[0]
        assert first is not None
        node = ir.node(
            op,
            [None if tensor is None else tensor.value for tensor in inputs],
            attributes,
            name=self._parts.name(f"{self._call}/{op}"),
        )
        self.nodes.append(node)
        output = node.outputs[0]
        output.name = node.name
        output.type = first.value.type
        return described(output, first.shape if shape is None else shape)

    def cast(self, x: Tensor, dtype: ir.DataType) -> Tensor:
        if x.value.dtype == dtype:
            return x
        y = self.op("Cast", [x], to=int(dtype))
        y.value.type = ir.TensorType(dtype)
        return y

    def floating(self, x: Tensor) -> Tensor:
        return self.cast(x, ir.DataType.FLOAT)

    def transpose(self, x: Tensor, order: Sequence[int]) -> Tensor:
        if tuple(order) == tuple(range(x.rank)):
            return x
        return self.op("Transpose", [x], tuple(x.shape[axis] for axis in order), perm=tuple(order))

    def constant(self, values: Any, key: str, dtype: Any = np.float32) -> Tensor:
        """A tensor that is known now."""
        array = np.asarray(values, dtype=dtype)
        return self.initializer(key, ir.Tensor(array))

    def integers(self, values: Sequence[int], key: str) -> Tensor:
        """Shapes, axes and the like."""
        return self.constant(values, key, np.int64)

    def initializer(self, key: str, tensor: ir.TensorProtocol) -> Tensor:
        """A tensor of the layer; several calls of the layer share it."""
        place = (self._layer, key)
        value = self._parts.shared.get(place) or self._new.get(place)
        if value is None:
            name = self._parts.name(f"{self._layer}/{key}")
            tensor.name = name
            value = ir.Value(
                name=name,
                shape=ir.Shape(weight_shape(tensor)),
                type=ir.TensorType(tensor.dtype),
                const_value=tensor,
            )
            self._new[place] = value
        assert value.const_value is not None
        return Tensor(value, weight_shape(value.const_value))

    def declare(self, **shapes: Shape) -> None:
        """Say which tensors the layer has, in the order in which Keras makes them.

        Raises
        ------
        Unsupported
            The file's tensors are others, or have other shapes.
        """
        stored = list(self._stored)
        if self._numbered:
            stored = [(name, tensor) for name, (_, tensor) in zip(shapes, stored, strict=False)]
        if len(self._stored) != len(shapes):
            raise Unsupported(
                f"the file holds {len(self._stored)} weights for it, but {len(shapes)} are needed"
                + (f" ({', '.join(shapes)})" if shapes else "")
            )
        found = dict(stored)
        for name, shape in shapes.items():
            if name not in found:
                raise Unsupported(f"its weight {name} is not in the file")
            actual = weight_shape(found[name])
            if actual != shape:
                raise Unsupported(
                    f"its weight {name} has the shape {actual} in the file, but {shape} is needed"
                )
        self.weights = weights([(name, found[name]) for name in shapes])

    def weight(
        self,
        name: str,
        shape: Sequence[int] | None = None,
        change: Callable[[np.ndarray], np.ndarray] | None = None,
        key: str | None = None,
    ) -> Tensor:
        """A declared tensor as float32 for ONNX; `change` (to the given shape) is applied when it is read."""
        source = next(weight.tensor for weight in self.weights if weight.name == name)
        if not source.dtype.is_floating_point():
            raise Unsupported(f"its weight {name} is stored as {dtype_name(source.dtype)}")
        tensor: ir.TensorProtocol
        if change is None and isinstance(source, ir.Tensor) and source.dtype == ir.DataType.FLOAT:
            # The same memory; a tensor object of its own, since each carries one name.
            tensor = ir.Tensor(source.numpy())
        else:
            tensor = _deferred(source, ir.Shape(shape or weight_shape(source)), change or _same)
        return self.initializer(key or name, tensor)


def weight_shape(tensor: ir.TensorProtocol) -> tuple[int, ...]:
    return tuple(int(size) for size in tensor.shape)  # type: ignore[arg-type]


def described(value: ir.Value, shape: Shape) -> Tensor:
    """Write the shape on the value; the batch is always left open."""
    shape = (None, *shape[1:])
    if any(size is not None and size >= 2**31 for size in shape):
        raise Unsupported(f"its result would be of shape {shape}")
    value.shape = ir.Shape(["batch", *shape[1:]])
    return Tensor(value, shape)


def _same(array: np.ndarray) -> np.ndarray:
    return array


def _deferred(
    source: ir.TensorProtocol, shape: ir.Shape, change: Callable[[np.ndarray], np.ndarray]
) -> ir.TensorProtocol:
    """Computed each time it is read: the graph holds no second copy of a large kernel."""

    def read() -> ir.TensorProtocol:
        return ir.Tensor(np.ascontiguousarray(change(source.numpy()), dtype=np.float32))

    return ir.LazyTensor(read, dtype=ir.DataType.FLOAT, shape=shape)
