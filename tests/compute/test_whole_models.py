"""Every layer of whole networks against onnxruntime with its optimisations off.

The two light networks come with the onnx package and have constant weights, under which swapped channels
or statistics would go unseen: they get seeded noise instead.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from explorer3d.compute.export import export
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.graph.model import Model

_LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"


def _noisy(name: str, height: int, width: int, folder: Path) -> Path:
    """Replace constant weights by noise under which each layer's values stay near one."""
    proto = onnx.load(_LIGHT / f"light_{name}.onnx")
    random = np.random.default_rng(5)
    shapes = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    made = {
        node.output[0]: tuple(shapes[node.input[0]])
        for node in proto.graph.node
        if node.op_type == "ConstantOfShape"
    }
    made.update({name: array.shape for name, array in shapes.items() if array.dtype == np.float32})
    for node in list(proto.graph.node):
        if node.op_type == "ConstantOfShape":
            proto.graph.node.remove(node)
    weights: dict[str, np.ndarray] = {}
    for node in proto.graph.node:
        parameters = [name for name in node.input if name in made]
        if node.op_type == "BatchNormalization":
            gamma, beta, mean, variance = parameters
            # The residual branches add up: each adds a little.
            scale = 0.25 if "branch2c" in gamma else 1.0
            weights[gamma] = scale * random.uniform(0.6, 1.4, made[gamma])
            weights[beta] = random.normal(0, 0.2, made[beta])
            weights[mean] = random.normal(0, 0.2, made[mean])
            weights[variance] = random.uniform(0.6, 1.4, made[variance])
        else:
            for parameter in parameters:
                shape = made[parameter]
                fan_in = np.prod(shape[1:]) if len(shape) > 1 else 100
                weights[parameter] = random.normal(0, np.sqrt(2 / fan_in), shape)
    kept = [tensor for tensor in proto.graph.initializer if tensor.name not in weights]
    used = {name for node in proto.graph.node for name in node.input}
    del proto.graph.initializer[:]
    proto.graph.initializer.extend(tensor for tensor in kept if tensor.name in used)
    proto.graph.initializer.extend(
        onnx.numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items()
    )
    names = {tensor.name for tensor in proto.graph.initializer}
    (image,) = [value for value in proto.graph.input if value.name in used - names]
    for axis, size in ((2, height), (3, width)):
        image.type.tensor_type.shape.dim[axis].dim_value = size
    del proto.graph.input[:]
    proto.graph.input.append(image)
    proto.ir_version = 8
    path = folder / f"{name}.onnx"
    onnx.save(proto, path)
    return path


def _referee(path: Path, names: list[str], feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    proto = onnx.load(path)
    del proto.graph.output[:]
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, feeds), strict=True))


def _error(ours: np.ndarray, theirs: np.ndarray) -> float:
    scale = np.max(np.abs(theirs))
    return float(np.max(np.abs(ours - theirs)) / (scale or 1))


def _check(path: Path, folder: Path, feeds: dict[str, np.ndarray]) -> Model:
    """Compare all layers with one run of the referee, and some with runs for that value alone."""
    model = read_model(path)
    export(Runner(model), feeds, folder / "out.npz")
    values = {layer.name: layer.outputs[0].value for layer in model.layers}
    alone = list(values)[:: max(1, len(values) // 8)]
    together = _referee(path, list(values.values()), feeds)
    weights = {tensor.name: tensor for tensor in onnx.load(path).graph.initializer}
    with np.load(folder / "out.npz") as exported:
        for layer in model.layers:
            ours = exported[f"{layer.name}/output"]
            theirs = together[values[layer.name]]
            assert ours.shape == theirs.shape == layer.outputs[0].shape
            assert _error(ours, theirs) <= 1e-4, layer.name
            if layer.name in alone:
                single = _referee(path, [values[layer.name]], feeds)[values[layer.name]]
                assert _error(ours, single) <= 1e-4, layer.name
            if layer.op not in ("Softmax", "Shape"):
                assert 0.1 < ours.std() < 10, layer.name
            for weight in layer.weights:
                expected = onnx.numpy_helper.to_array(weights[weight.name])
                np.testing.assert_array_equal(exported[f"{layer.name}/{weight.name}"], expected)
    return model


@pytest.mark.parametrize(
    ("name", "height", "width", "layers", "parameters"),
    # parameters of SqueezeNet 1.0, and of ResNet-50 with BatchNormalization's statistics (and a Reshape's
    # target shape of two numbers)
    [("squeezenet", 160, 224, 66, 1_235_496), ("resnet50", 224, 224, 176, 25_610_154)],
)
def test_light_network(
    tmp_path: Path, name: str, height: int, width: int, layers: int, parameters: int
) -> None:
    path = _noisy(name, height, width, tmp_path)
    proto = onnx.load(path)
    image = np.random.default_rng(6).normal(size=(1, 3, height, width)).astype(np.float32)
    model = _check(path, tmp_path, {proto.graph.input[0].name: image})
    assert len(model.layers) == layers
    assert sum(layer.parameters for layer in model.layers) == parameters
    assert model.inputs[0].axes == "NCHW"


def test_trained_network(tmp_path: Path, samples: Path) -> None:
    path = samples / "efficientnet_lite0.onnx"
    image = np.random.default_rng(7).normal(size=(1, 3, 224, 224)).astype(np.float32)
    model = read_model(path)
    export(Runner(model), {"image": image}, tmp_path / "out.npz")
    values = {layer.name: layer.outputs[0].value for layer in model.layers}
    together = _referee(path, list(values.values()), {"image": image})
    with np.load(tmp_path / "out.npz") as exported:
        for name, value in values.items():
            assert _error(exported[f"{name}/output"], together[value]) <= 1e-4, name
