"""A graph that grows by the nodes of its way back, with the shape and type of each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.compute.gradient.sizes import Sizes
from explorer3d.graph.model import numpy_array
from explorer3d.graph.skeleton import constant

_SHARED = 64
"""Elements. Equal constants up to this size become one."""

_SMALL = 4096
"""Elements. Larger constants never tell the shape of anything."""


_WIDE = ("ScatterElements", "ScatterND")
"""onnxruntime adds up in float32 and float64 only."""


class Tape:
    """Takes down nodes behind a graph's own.

    Parameters
    ----------
    model : onnx_ir.Model
        Grows.
    sizes : Sizes
        Of its values so far.
    """

    def __init__(self, model: ir.Model, sizes: Sizes) -> None:
        self.graph = model.graph
        self._ir_version = model.ir_version
        self.opset = model.graph.opset_imports[""]
        self._shapes = dict(sizes.shapes)
        self._dtypes = dict(sizes.dtypes)
        self._constants = dict(sizes.constants)
        self._shared: dict[tuple[str, tuple[int, ...], bytes], ir.Value] = {}
        self._count = 0
        names = {value.name or "" for node in self.graph for value in node.outputs}
        names.update(value.name or "" for value in self.graph.inputs)
        names.update(self.graph.initializers)
        self._prefix = "gradient/"
        while any(name.startswith(self._prefix) for name in names):
            self._prefix += "'"

    def op(
        self, place: str, op_type: str, inputs: Sequence[ir.Value | None], outputs: int, attributes: Any
    ) -> tuple[ir.Value, ...]:
        """Add a node.

        Parameters
        ----------
        place : str
            Name of the node of the way there to which it belongs.
        op_type : str
            Of ONNX' own domain.
        inputs : sequence of Value or None
        outputs : int
        attributes : mapping of str to object
            Those that are None are left out.
        """
        told = {name: value for name, value in attributes.items() if value is not None}
        if op_type in _WIDE and told.get("reduction") == "add" and self._is_half(inputs[0]):
            wide = [self._cast(place, value, np.dtype(np.float32)) for value in inputs]
            (total,) = self.op(place, op_type, wide, 1, told)
            return self.op(place, "Cast", [total], 1, {"to": ir.DataType.FLOAT16.value})
        node = ir.node(op_type, inputs, attributes=told, num_outputs=outputs, version=self.opset)
        for value in node.outputs:
            value.name = self.new_name(op_type)
        node.name = f"{place}/{node.outputs[0].name}"
        self.graph.append(node)
        return tuple(node.outputs)

    def _is_half(self, value: ir.Value | None) -> bool:
        return value is not None and self.dtype(value) == np.float16

    def _cast(self, place: str, value: ir.Value | None, dtype: np.dtype) -> ir.Value | None:
        """Numbers in another precision; what is no real number stays."""
        known = None if value is None else self.dtype(value)
        if known is None or known.kind != "f" or known == dtype:
            return value
        return self.op(place, "Cast", [value], 1, {"to": ir.DataType.from_numpy(dtype).value})[0]

    def constant(self, array: np.ndarray) -> ir.Value:
        """Add a constant; equal small ones are one and the same value."""
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size <= _SHARED else None
        if key is not None and key in self._shared:
            return self._shared[key]
        name = self.new_name("constant")
        tensor = ir.Tensor(np.ascontiguousarray(array).reshape(array.shape), name=name)
        value = ir.Value(
            name=name, shape=ir.Shape(array.shape), type=ir.TensorType(tensor.dtype), const_value=tensor
        )
        self.graph.register_initializer(value)
        if key is not None:
            self._shared[key] = value
        return value

    def input(self, array_shape: tuple[int, ...], dtype: np.dtype) -> ir.Value:
        """Add an input to the graph."""
        kind = ir.TensorType(ir.DataType.from_numpy(dtype))
        value = ir.Value(name=self.new_name("seed"), shape=ir.Shape(array_shape), type=kind)
        self.graph.inputs.append(value)
        self.know(value, array_shape, dtype)
        return value

    def new_name(self, what: str) -> str:
        """A name that no other value has."""
        self._count += 1
        return f"{self._prefix}{what}_{self._count}"

    def know(self, value: ir.Value, shape: tuple[int, ...], dtype: np.dtype) -> None:
        """Note the shape and type of a value, so that nobody has to infer them."""
        self._shapes[value], self._dtypes[value] = shape, dtype

    def shape(self, value: ir.Value) -> tuple[int, ...] | None:
        """Give a value's shape; None if it cannot be told."""
        if value not in self._shapes:
            self._find(value)
        return self._shapes.get(value)

    def dtype(self, value: ir.Value) -> np.dtype | None:
        """Give a value's element type; None if it cannot be told."""
        if value not in self._dtypes:
            self._find(value)
        return self._dtypes.get(value)

    def constant_of(self, value: ir.Value) -> np.ndarray | None:
        """Give a value that no input changes; None for any other."""
        found = self._constants.get(value)
        if found is None and (tensor := constant(value)) is not None:
            found = numpy_array(tensor)
        return found

    def _find(self, value: ir.Value) -> None:
        """Infer what a node of the way back makes."""
        tensor = constant(value)
        node = value.producer()
        if tensor is not None:
            self.know(value, tuple(int(size) for size in tensor.shape.numpy()), tensor.dtype.numpy())
        elif node is not None and node.domain == "":
            for made, kind in zip(node.outputs, self._infer(node), strict=False):
                shape = kind.tensor_type.shape
                if all(size.HasField("dim_value") for size in shape.dim) and kind.tensor_type.HasField(
                    "shape"
                ):
                    self._shapes.setdefault(made, tuple(size.dim_value for size in shape.dim))
                if kind.tensor_type.elem_type:
                    dtype = ir.DataType(kind.tensor_type.elem_type).numpy()
                    self._dtypes.setdefault(made, dtype)

    def _infer(self, node: ir.Node) -> list[onnx.TypeProto]:
        types: dict[str, onnx.TypeProto] = {}
        data: dict[str, onnx.TensorProto] = {}
        for value in node.inputs:
            if value is None or not value.name:
                continue
            shape, dtype = self.shape(value), self.dtype(value)
            if dtype is None:
                return []
            element = ir.DataType.from_numpy(dtype).value
            types[value.name] = onnx.helper.make_tensor_type_proto(element, shape)
            if dtype.kind == "i" and shape is not None and prod(shape) <= _SMALL:
                array = self.constant_of(value)
                if array is not None:
                    data[value.name] = onnx.numpy_helper.from_array(array, value.name)
        schema = onnx.defs.get_schema(node.op_type, self.opset, "")
        found: Mapping[str, onnx.TypeProto] = onnx.shape_inference.infer_node_outputs(
            schema,
            ir.serde.serialize_node(node),
            types,
            data,
            opset_imports=[onnx.helper.make_opsetid("", self.opset)],
            ir_version=self._ir_version,
        )
        return [found[value.name or ""] for value in node.outputs if value.name in found]
