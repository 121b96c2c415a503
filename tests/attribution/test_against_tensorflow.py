"""Methods with gradients, in both orders of axes, beside TensorFlow with gradients of its own for ReLU."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from explorer3d.attribution import Attribution, attribute
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model

CLASS = "2"
CHANNEL = 3


@dataclass(frozen=True, eq=False)
class Twins:
    """One network as Keras and as ONNX file, and what TensorFlow finds.

    Convolution · max-pooling with overlapping windows · ReLU · convolution · normalisation · ReLU ·
    convolution with ReLU · mean of each map · dense · softmax.
    """

    runners: Mapping[str, Runner]
    truth: Mapping[str, np.ndarray]

    def explain(self, order: str, method: str, layer: str | None = None, **settings: object) -> Attribution:
        runner, picture = self.runners[order], self.truth["picture"]
        fed = picture if order == "NHWC" else np.ascontiguousarray(picture.transpose(0, 3, 1, 2))
        feeds = {runner.model.inputs[0].value: fed}
        return attribute(runner, feeds, method, layer=layer, target=CLASS, settings=settings)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("twins")
    script = Path(__file__).parent / "in_tensorflow.py"
    made = subprocess.run([sys.executable, str(script), str(folder)], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    with np.load(folder / "net.npz") as weights:
        _write_onnx(folder / "net.onnx", dict(weights))
    with np.load(folder / "truth.npz") as truth:
        return Twins(
            {
                "NHWC": Runner(read_model(folder / "net.keras")),
                "NCHW": Runner(read_model(folder / "net.onnx")),
            },
            dict(truth),
        )


def _write_onnx(path: Path, weights: Mapping[str, np.ndarray]) -> None:
    """The same network with channels first."""
    held = {
        name: array.transpose(3, 2, 0, 1) if array.ndim == 4 else array for name, array in weights.items()
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
        [make_tensor_value_info("x", 1, ["N", 2, 20, 15])],
        [make_tensor_value_info("y", 1, ["N", 4])],
        [onnx.numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in held.items()],
    )
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), path)


def _channels_last(found: Attribution, order: str) -> np.ndarray:
    return found.array if order == "NHWC" else found.array.transpose(0, 2, 3, 1)


def _apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    assert ours.shape == theirs.shape
    assert np.abs(theirs).max() > 1e-3
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


ORDERS = pytest.mark.parametrize("order", ["NHWC", "NCHW"])


@ORDERS
@pytest.mark.parametrize("layer", ["first", "open", "last"])
def test_grad_cam(twins: Twins, order: str, layer: str) -> None:
    found = twins.explain(order, "grad_cam", layer)
    assert (found.layer, found.axes) == (layer, "HW")
    assert _apart(found.array, twins.truth[f"grad_cam/{layer}"]) <= 1e-4
    # It is the logit that is explained, not the probability.
    assert found.score == pytest.approx(float(twins.truth["score"]), rel=1e-5)


@ORDERS
@pytest.mark.parametrize("method", ["guided_backprop", "deconvnet"])
def test_what_goes_back_to_the_input(twins: Twins, order: str, method: str) -> None:
    theirs = twins.truth[{"guided_backprop": "guided"}.get(method, method)]
    assert _apart(_channels_last(twins.explain(order, method), order), theirs) <= 1e-4


@ORDERS
def test_saliency(twins: Twins, order: str) -> None:
    found = twins.explain(order, "saliency", absolute=False)
    assert _apart(_channels_last(found, order), twins.truth["gradient"]) <= 1e-4


def test_what_a_rectifier_does_makes_a_difference(twins: Twins) -> None:
    slopes = [twins.truth[flow] for flow in ("gradient", "guided", "deconvnet")]
    assert all(_apart(slopes[place], slopes[place - 1]) > 0.1 for place in range(3))


@ORDERS
def test_deconvnet_of_the_strongest_activation(twins: Twins, order: str) -> None:
    found = twins.explain(order, "deconvnet", "open", channel=CHANNEL)
    assert _apart(_channels_last(found, order), twins.truth["feature"]) <= 1e-4
    row, column, channel = twins.truth["feature_place"].tolist()
    assert found.target.index == (channel, row, column)
    assert found.score == pytest.approx(float(twins.truth["feature_peak"]), rel=1e-5)


@ORDERS
def test_integrated_gradients_are_complete(twins: Twins, order: str) -> None:
    found = twins.explain(order, "integrated_gradients")
    change = float(twins.truth["score"] - twins.truth["score_of_nothing"])
    assert float(found.array.sum()) == pytest.approx(change, rel=0.01)
    assert float(found.further["completeness_error"]) <= 0.01


@ORDERS
def test_guided_grad_cam(twins: Twins, order: str) -> None:
    found = twins.explain(order, "guided_grad_cam", "open")
    assert _apart(_channels_last(found, order), twins.truth["guided_grad_cam"]) <= 1e-4


def test_channel_surgery_changes_the_same_channel(twins: Twins) -> None:
    # What Keras shows with channels last is read with channels first.
    last, first = (twins.explain(order, "channel_surgery", "first", channel=4) for order in ("NHWC", "NCHW"))
    assert _apart(last.array, first.array) <= 1e-4
    assert last.further["changes"][0] == pytest.approx(float(first.further["changes"][0]), rel=1e-4)
