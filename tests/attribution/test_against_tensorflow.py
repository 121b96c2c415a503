"""Methods with gradients, in both orders of axes, beside TensorFlow with gradients of its own for ReLU."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf
from keras import layers as k
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from explorer3d.attribution import attribute
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from tests.formats.keras_referee import QUIET

pytestmark = QUIET

CLASS = 2
HEIGHT, WIDTH = 20, 15


@dataclass(frozen=True, eq=False)
class Twins:
    """One network as Keras and as ONNX file, its weights, and a picture.

    Convolution · max-pooling with overlapping windows · ReLU · convolution · normalisation · ReLU ·
    convolution with ReLU · mean of each map · dense · softmax. There are no ties below the pooling.
    """

    runners: Mapping[str, Runner]
    weights: Mapping[str, list[np.ndarray]]
    picture: np.ndarray

    def feeds(self, order: str) -> dict[str, np.ndarray]:
        runner = self.runners[order]
        picture = self.picture if order == "NHWC" else self.picture.transpose(0, 3, 1, 2)
        return {runner.model.inputs[0].value: np.ascontiguousarray(picture)}


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("twins")
    model = keras.Sequential(
        [
            k.Input((HEIGHT, WIDTH, 2)),
            k.Conv2D(6, (3, 2), padding="same", name="first"),
            k.MaxPooling2D(3, 2, padding="same", name="pool"),
            k.ReLU(name="relu"),
            k.Conv2D(5, 3, name="middle"),
            k.BatchNormalization(name="norm"),
            k.ReLU(name="open"),
            k.Conv2D(7, 3, padding="same", activation="relu", name="last"),
            k.GlobalAveragePooling2D(name="mean"),
            k.Dense(4, activation="softmax", name="dense"),
        ]
    )
    chance = np.random.default_rng(11)
    for layer in model.layers:
        drawn = [chance.normal(0, 0.4, one.shape).astype(np.float32) for one in layer.get_weights()]
        if layer.name == "norm":
            drawn[3] = np.abs(drawn[3]) + 0.5
        layer.set_weights(drawn)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    model.save(folder / "net.keras")
    _write_onnx(folder / "net.onnx", weights)
    runners = {
        "NHWC": Runner(read_model(folder / "net.keras")),
        "NCHW": Runner(read_model(folder / "net.onnx")),
    }
    return Twins(runners, weights, chance.normal(0, 1, (1, HEIGHT, WIDTH, 2)).astype(np.float32))


def _write_onnx(path: Path, weights: Mapping[str, list[np.ndarray]]) -> None:
    """The same network with channels first."""
    held = {
        f"{name}_{place}": array.transpose(3, 2, 0, 1) if array.ndim == 4 else array
        for name, arrays in weights.items()
        for place, array in enumerate(arrays)
    }
    norm = [f"norm_{place}" for place in range(4)]
    nodes = [
        make_node("Conv", ["x", "first_0", "first_1"], ["first"], name="first", auto_pad="SAME_UPPER"),
        make_node(
            "MaxPool", ["first"], ["pool"], name="pool",
            kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER",
        ),
        make_node("Relu", ["pool"], ["relu"], name="relu"),
        make_node("Conv", ["relu", "middle_0", "middle_1"], ["middle"], name="middle"),
        make_node("BatchNormalization", ["middle", *norm], ["norm"], name="norm", epsilon=1e-3),
        make_node("Relu", ["norm"], ["open"], name="open"),
        make_node("Conv", ["open", "last_0", "last_1"], ["sum"], name="sum", pads=[1, 1, 1, 1]),
        make_node("Relu", ["sum"], ["last"], name="last"),
        make_node("GlobalAveragePool", ["last"], ["mean"], name="mean"),
        make_node("Flatten", ["mean"], ["flat"], name="flat"),
        make_node("Gemm", ["flat", "dense_0", "dense_1"], ["logits"], name="dense"),
        make_node("Softmax", ["logits"], ["y"], name="softmax"),
    ]  # fmt: skip
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", 1, ["N", 2, HEIGHT, WIDTH])],
        [make_tensor_value_info("y", 1, ["N", 4])],
        [onnx.numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in held.items()],
    )
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), path)


def _rectifier(flow: str) -> Callable[[Any], Any]:
    @tf.custom_gradient
    def relu(x: Any) -> Any:
        def back(slope: Any) -> Any:
            open_ = tf.cast(x > 0, slope.dtype)
            match flow:
                case "gradient":
                    return slope * open_
                case "guided":
                    return tf.nn.relu(slope) * open_
            return tf.nn.relu(slope)

        return tf.nn.relu(x), back

    return relu  # type: ignore[no-any-return]


def _run(twins: Twins, picture: Any, flow: str) -> dict[str, Any]:
    """The network once more, from TensorFlow's own operations."""
    relu, held = _rectifier(flow), twins.weights
    found = {"first": tf.nn.conv2d(picture, held["first"][0], 1, "SAME") + held["first"][1]}
    found["relu"] = relu(tf.nn.max_pool2d(found["first"], 3, 2, "SAME"))
    found["middle"] = tf.nn.conv2d(found["relu"], held["middle"][0], 1, "VALID") + held["middle"][1]
    gamma, beta, mean, variance = held["norm"]
    found["open"] = relu((found["middle"] - mean) / np.sqrt(variance + 1e-3) * gamma + beta)
    found["last"] = relu(tf.nn.conv2d(found["open"], held["last"][0], 1, "SAME") + held["last"][1])
    found["logits"] = tf.reduce_mean(found["last"], (1, 2)) @ held["dense"][0] + held["dense"][1]
    return found


def _theirs(twins: Twins, layer: str = "", flow: str = "gradient") -> tuple[np.ndarray, np.ndarray]:
    """What a layer (or the input) is, and the derivative of the class by it."""
    picture = tf.constant(twins.picture)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        found = {"": picture, **_run(twins, picture, flow)}
        score = found["logits"][0, CLASS]
    return found[layer].numpy(), tape.gradient(score, found[layer]).numpy()


def _ours(twins: Twins, order: str, method: str, layer: str | None = None) -> Any:
    return attribute(
        twins.runners[order], twins.feeds(order), method, layer=layer, target=CLASS,
        settings={"absolute": "no"} if method == "saliency" else {},
    )  # fmt: skip


def _channels_last(array: np.ndarray, order: str) -> np.ndarray:
    return array if order == "NHWC" else array.transpose(0, 2, 3, 1)


def _apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    assert ours.shape == theirs.shape
    assert np.abs(theirs).max() > 1e-3
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


ORDERS = pytest.mark.parametrize("order", ["NHWC", "NCHW"])


@ORDERS
@pytest.mark.parametrize("layer", ["first", "open", "last"])
def test_grad_cam(twins: Twins, order: str, layer: str) -> None:
    maps, slope = _theirs(twins, layer)
    heat = tf.nn.relu(tf.reduce_sum(maps[0] * tf.reduce_mean(slope[0], (0, 1)), -1)).numpy()
    found = _ours(twins, order, "grad_cam", layer)
    assert (found.layer, found.axes) == (layer, "HW")
    assert _apart(found.array, heat) <= 1e-4
    # In itself, so that it is the logit and not the probability that is explained.
    assert found.score == pytest.approx(
        float(_run(twins, twins.picture, "gradient")["logits"][0, CLASS]), rel=1e-5
    )


@ORDERS
@pytest.mark.parametrize(
    ("method", "flow"),
    [("saliency", "gradient"), ("guided_backprop", "guided"), ("deconvnet", "deconvnet")],
)
def test_to_the_input(twins: Twins, order: str, method: str, flow: str) -> None:
    _, slope = _theirs(twins, flow=flow)
    assert _apart(_channels_last(_ours(twins, order, method).array, order), slope) <= 1e-4


def test_what_a_rectifier_does_makes_a_difference(twins: Twins) -> None:
    slopes = [_theirs(twins, flow=flow)[1] for flow in ("gradient", "guided", "deconvnet")]
    assert all(_apart(slopes[place], slopes[place - 1]) > 0.1 for place in range(3))


@ORDERS
def test_deconvnet_of_the_strongest_activation(twins: Twins, order: str) -> None:
    picture = tf.constant(twins.picture)
    with tf.GradientTape() as tape:
        tape.watch(picture)
        maps = _run(twins, picture, "deconvnet")["open"]
        peak = maps[0, ..., 3].numpy().max()
        alone = tf.cast((maps == peak) & (tf.range(5) == 3), tf.float32)
        # What goes back is the activation itself.
        score = tf.reduce_sum(maps * alone) * peak
    slope = tape.gradient(score, picture).numpy()
    found = attribute(
        twins.runners[order], twins.feeds(order), "deconvnet", layer="open", settings={"channel": "3"}
    )
    assert _apart(_channels_last(found.array, order), slope) <= 1e-4
    place = np.unravel_index(int(np.argmax(maps[0, ..., 3])), maps.shape[1:3])
    assert (found.target.index, found.score) == ((3, *map(int, place)), pytest.approx(float(peak), rel=1e-5))


@ORDERS
def test_integrated_gradients_are_complete(twins: Twins, order: str) -> None:
    found = _ours(twins, order, "integrated_gradients")
    nothing = float(_run(twins, np.zeros_like(twins.picture), "gradient")["logits"][0, CLASS])
    assert float(found.array.sum()) == pytest.approx(found.score - nothing, rel=0.01)
    assert float(found.further["completeness_error"]) <= 0.01


@ORDERS
def test_guided_grad_cam_is_the_product(twins: Twins, order: str) -> None:
    found = _ours(twins, order, "guided_grad_cam", "open")
    maps, slope = _theirs(twins, "open")
    heat = tf.nn.relu(tf.reduce_sum(maps[0] * tf.reduce_mean(slope[0], (0, 1)), -1))
    large = tf.image.resize(heat[..., None], (HEIGHT, WIDTH), "bilinear").numpy()
    _, guided = _theirs(twins, flow="guided")
    assert _apart(_channels_last(found.array, order), guided * large[None]) <= 1e-4
