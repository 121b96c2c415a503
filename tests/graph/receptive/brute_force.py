"""What a network's results depend on, found by changing one number of its input after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.graph.receptive.field import receptive_field, static_shapes

RISE = 1e5


class Net:
    """A network put together node by node; ``x`` goes in, the last value comes out.

    Weights are positive, so that whatever depends on a number rises with it.
    """

    def __init__(self, shape: Sequence[int], noise: np.random.Generator, opset: int = 18) -> None:
        self.shape, self.noise, self.opset = tuple(shape), noise, opset
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, np.ndarray] = {}
        self.last = "x"

    def add(self, op: str, *inputs: str | np.ndarray | None, outputs: int = 1, **attributes: object) -> str:
        names = []
        for given in inputs:
            if isinstance(given, np.ndarray):
                name = f"w{len(self.weights)}"
                self.weights[name] = given
                names.append(name)
            else:
                names.append(given or "")
        made = [f"v{len(self.nodes)}_{at}" for at in range(outputs)]
        self.nodes.append(make_node(op, names, made, f"n{len(self.nodes)}", **attributes))
        self.last = made[0]
        return self.last

    def kernel(self, *shape: int) -> np.ndarray:
        return self.noise.uniform(0.5, 1.5, shape).astype(np.float32)

    def proto(self) -> onnx.ModelProto:
        graph = make_graph(
            self.nodes,
            "g",
            [make_tensor_value_info("x", onnx.TensorProto.FLOAT, ("batch", *self.shape))],
            [onnx.ValueInfoProto(name=self.last)],
            [onnx.numpy_helper.from_array(array, name) for name, array in self.weights.items()],
        )
        return make_model(graph, opset_imports=[make_opsetid("", self.opset)], ir_version=9)

    def read(self, folder: Path) -> Model:
        path = folder / "net.onnx"
        path.write_bytes(self.proto().SerializeToString())
        return read_model(path)


def session(proto: onnx.ModelProto, values: Sequence[str]) -> onnxruntime.InferenceSession:
    """What computes these values of a model, each by its own operator."""
    wanted = onnx.ModelProto()
    wanted.CopyFrom(proto)
    del wanted.graph.output[:]
    wanted.graph.output.extend(onnx.ValueInfoProto(name=value) for value in values)
    # onnxruntime and onnx do not always agree on how many windows fit.
    del wanted.graph.value_info[:]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        wanted.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def measured_shapes(proto: onnx.ModelProto, shape: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """The shapes that a model's values have when it runs."""
    source = proto.graph.input[0].name
    names = [name for node in proto.graph.node for name in node.output if name]
    arrays = session(proto, names).run(None, {source: np.ones(shape, np.float32)})
    return {source: tuple(shape), **{name: one.shape for name, one in zip(names, arrays, strict=True)}}


def dependence(model: Model, value: str, shape: Sequence[int], change: float = RISE) -> np.ndarray:
    """Run a model on each change of a single number of its input.

    Returns
    -------
    (input size, value size) bool array
        Whether the number counts for that place of the value.
    """
    running = session(ir.to_proto(model.ir), [value])
    size = int(np.prod(shape))
    base = np.random.default_rng(1).uniform(0.5, 1.5, (1, *shape)).astype(np.float32)
    # One example each: some operators mix up the batch when rounding.
    rows = []
    plain = running.run(None, {model.inputs[0].value: base})[0]
    for at in range(size):
        changed = base.copy()
        changed.reshape(-1)[at] = changed.reshape(-1)[at] + change
        found = running.run(None, {model.inputs[0].value: changed})[0]
        rows.append((found != plain).reshape(-1))
    return np.stack(rows)


def check(
    model: Model, value: str, change: float = RISE, cells: int | None = None, exact: bool = True
) -> None:
    """Compare the receptive fields of a value's places with those found by trying."""
    source = model.inputs[0].value
    shapes = measured_shapes(ir.to_proto(model.ir), static_shapes(model)[source])
    truth = dependence(model, value, shapes[source][1:], change)
    places = range(truth.shape[1])
    if cells is not None and len(places) > cells:
        places = np.random.default_rng(2).choice(truth.shape[1], cells, replace=False).tolist()
    for place in places:
        index = np.unravel_index(place, shapes[value])
        field = receptive_field(model, value, [int(one) for one in index], shapes)
        found = np.zeros(shapes[source], bool)
        if source in field.regions:
            assert field.regions[source].exact == exact
            found = field.regions[source].mask()
        expected = truth[:, place].reshape(found.shape)
        if exact:
            assert np.array_equal(found, expected), (index, np.argwhere(found != expected)[:5])
        else:
            assert not (expected & ~found).any(), index
