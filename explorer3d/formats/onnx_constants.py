"""Parts of an ONNX graph that no input reaches: their results are weights of whoever takes them.

Converters leave them behind: weights that are unpacked (DequantizeLinear), turned round (Transpose),
filled (ConstantOfShape) or shared (Identity) each time the network runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import prod

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.errors import RunError
from explorer3d.formats.onnx_weights import is_setting
from explorer3d.graph.shapes import TensorType
from explorer3d.graph.skeleton import constant, is_constant

_LARGEST = 2**31
"""Bytes of a result; whatever would be larger stays a node, so that only a run may ask for it."""

_AT_ONCE = 2**20
"""Bytes that opening may compute for a setting; one with a longer way to it is a weight to look at."""

_RANDOM = frozenset({"Bernoulli", "Multinomial"})


def fold_constants(model: ir.Model, types: Mapping[str, TensorType]) -> None:
    """Replace what is computed from constants alone by initialisers that are computed when looked at.

    Settings (axes, shapes) become Constant nodes; what the graph returns stays as it is.

    Parameters
    ----------
    model : onnx_ir.Model
        Sorted; changed in place.
    types : mapping of value name to (tuple of int or None, or None; str)
        Shape and dtype of its values.
    """
    _Fold(model, types).fold()


class _Fold:
    def __init__(self, model: ir.Model, types: Mapping[str, TensorType]) -> None:
        self._model, self._types = model, types
        self._outputs = set(model.graph.outputs)
        self._folded: dict[ir.Node, None] = {}

    def fold(self) -> None:
        graph, folded = self._model.graph, self._folded
        for node in graph:
            if not is_constant(node) and self._foldable(node):
                folded[node] = None
        for node in folded:
            for value in node.outputs:
                users = [(user, place) for user, place in value.uses() if user not in folded]
                if users:
                    ready = self._computed_when_read(node, value)
                    for user, place in users:
                        user.replace_input_with(place, ready)
        graph.remove(folded)

    def _foldable(self, node: ir.Node) -> bool:
        inputs = [value for value in node.inputs if value is not None]
        if not inputs or not all(self._is_constant(value) for value in inputs):
            return False
        version = min(self._model.opset_imports.get("", 0), onnx.defs.onnx_opset_version())
        return (
            node.domain in ("", "ai.onnx")
            and node.op_identifier() not in self._model.functions
            and node.op_type not in _RANDOM
            and onnx.defs.has(node.op_type, version, "")
            and not any(
                attribute.is_ref() or attribute.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS)
                for attribute in node.attributes.values()
            )
            and self._outputs.isdisjoint(node.outputs)
            and all(0 <= self._nbytes(value) <= _LARGEST for value in node.outputs if value.name)
        )

    def _is_constant(self, value: ir.Value) -> bool:
        return value.producer() in self._folded or constant(value) is not None

    def _nbytes(self, value: ir.Value) -> int:
        """Bytes of a value; -1 if its shape or type is not known."""
        shape, dtype = self._types.get(value.name or "", (None, ""))
        try:
            width = np.dtype(dtype).itemsize
        except TypeError:
            return -1
        sizes = [size for size in shape or () if size is not None]
        return -1 if shape is None or len(sizes) < len(shape) else prod(sizes) * width

    def _computed_when_read(self, node: ir.Node, value: ir.Value) -> ir.Value:
        shape, dtype = self._types[value.name or ""]
        tensor = ir.LazyTensor(
            lambda: ir.tensor(self._compute(value), name=value.name),
            dtype=ir.DataType.from_numpy(np.dtype(dtype)),
            shape=ir.Shape(shape or ()),
            name=value.name,
        )
        made = sum(self._nbytes(other) for inner in self._way(value) for other in inner.outputs)
        if is_setting(tensor) and made <= _AT_ONCE:
            # One that cannot be computed is said where it is looked at.
            with suppress(RunError):
                setting = ir.node("Constant", [], {"value": ir.tensor(tensor.numpy())})
                setting.outputs[0].name = value.name
                self._model.graph.insert_before(node, setting)
                return setting.outputs[0]
        ready = ir.Value(
            name=value.name, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor
        )
        self._model.graph.register_initializer(ready)
        return ready

    def _way(self, value: ir.Value) -> list[ir.Node]:
        """The folded nodes that a value takes, in the order in which they can run."""
        way: dict[ir.Node, None] = {}
        waiting = [(value.producer(), False)]
        while waiting:
            node, ready = waiting.pop()
            if node is None or node not in self._folded or node in way:
                continue
            if ready:
                way[node] = None
                continue
            waiting.append((node, True))
            waiting += [(taken.producer(), False) for taken in node.inputs if taken is not None]
        return list(way)

    def _compute(self, value: ir.Value) -> np.ndarray:
        try:
            return self._run(value)
        except Exception as error:  # onnxruntime's exceptions share no base class, nor do those of damage
            while error.__cause__ is not None and isinstance(error.__cause__, Exception):
                error = error.__cause__
            reason = str(error).rpartition("Status Message: ")[2].strip().rstrip(".")
            raise RunError(f"The weight '{value.name}' cannot be computed: {reason}.") from error

    def _run(self, value: ir.Value) -> np.ndarray:
        # Only whoever looks at such a weight waits for it.
        import onnxruntime as ort

        way = self._way(value)
        made = {one for node in way for one in node.outputs}
        graph = onnx.GraphProto(name="constants", node=[ir.serde.serialize_node(node) for node in way])
        graph.output.add(name=value.name)
        feeds: dict[str, np.ndarray] = {}
        for one in dict.fromkeys(one for node in way for one in node.inputs if one not in made):
            tensor = constant(one) if one is not None else None
            if one is None or tensor is None:
                continue
            name, array = one.name or "", tensor.numpy()
            if array.dtype.isbuiltin:
                shape = tensor.shape.numpy()
                graph.input.append(onnx.helper.make_tensor_value_info(name, tensor.dtype.value, shape))
                feeds[name] = array
            else:
                # numpy has no such type, so that it cannot be fed.
                graph.initializer.append(ir.serde.serialize_tensor(ir.Tensor(array, tensor.dtype, name=name)))
        opsets = [onnx.helper.make_opsetid(*entry) for entry in self._model.opset_imports.items()]
        proto = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=max(self._model.ir_version, 4))
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        (result,) = ort.InferenceSession(proto.SerializeToString(), options).run(None, feeds)
        return np.asarray(result)
