"""A model's graph once more, to be added to: in newer operators, with concrete shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.compute.gradient.functions import take_apart
from explorer3d.compute.gradient.opset import upgrade
from explorer3d.compute.gradient.recurrent import unroll
from explorer3d.compute.runner import Runner
from explorer3d.errors import GradientError
from explorer3d.graph.skeleton import skeleton


def copy_graph(
    runner: Runner, feeds: Mapping[str, np.ndarray], names: Iterable[str]
) -> tuple[ir.Model, dict[str, ir.Value]]:
    """Copy what some values need; the tensors are those of the model itself.

    Parameters
    ----------
    runner : Runner
    feeds : mapping of str to array
        Whose shapes the inputs get.
    names : iterable of str

    Returns
    -------
    model : onnx_ir.Model
    values : dict of str to Value
        Those asked for, in the copy.

    Raises
    ------
    GradientError
        It cannot be written in newer operators.
    InputError
        An input that is needed is not fed.
    RequestError
        There is no value of that name.
    """
    cut = skeleton(runner.model.ir, [runner.value(name) for name in names])
    for entry in cut.proto.graph.input:
        _fix(entry, runner.inputs.fed(entry.name, feeds))
    _declare_only_made(cut.proto.graph)
    model = _read_back(take_apart(upgrade(cut.proto)), cut.weights)
    unroll(model)
    graph = model.graph
    made = (value for node in graph for value in node.outputs)
    known = {value.name or "": value for value in (*graph.inputs, *graph.initializers.values(), *made)}
    if missing := [name for name in names if name not in known]:
        raise GradientError(f"There is no gradient by '{missing[0]}': it is gone in newer operators.")
    return model, {name: known[name] for name in names}


def _fix(entry: onnx.ValueInfoProto, array: np.ndarray) -> None:
    element = entry.type.tensor_type.elem_type or ir.DataType.from_numpy(array.dtype).value
    entry.type.CopyFrom(onnx.helper.make_tensor_type_proto(element, array.shape))


def _declare_only_made(graph: onnx.GraphProto) -> None:
    """Inputs and constants are no outputs, and a batch left open has a size now."""
    made = {name for node in graph.node for name in node.output}
    outputs = [entry for entry in graph.output if entry.name in made]
    for entry in outputs:
        if entry.type.HasField("tensor_type"):
            entry.type.tensor_type.ClearField("shape")
    del graph.output[:]
    graph.output.extend(outputs)


def _read_back(proto: onnx.ModelProto, weights: Mapping[str, ir.TensorProtocol]) -> ir.Model:
    """A graph of its own over the tensors of another."""
    # The shapes they carry may be those of a batch left open.
    del proto.graph.value_info[:]
    del proto.graph.output[:]
    model = ir.serde.deserialize_model(proto)
    for name, tensor in weights.items():
        model.graph.initializers[name].const_value = tensor
    return model
