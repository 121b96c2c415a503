"""Spelled-out numbers against onnxruntime's, and some worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.helper import make_node

from explorer3d.compute import requests
from explorer3d.compute.arithmetic.explain import Explain
from explorer3d.compute.arithmetic.filter import RespondTo
from explorer3d.compute.arithmetic.parts import Explanation
from explorer3d.compute.arithmetic.trace import TraceBack
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.graph.receptive.indices import array
from tests.formats.keras_files import layer, sequential, write_h5

TOLERANCE = 1e-5

Make = Callable[..., Model]


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3, 1, shape).astype(np.float32)


def settled(model: Model, shape: tuple[int, ...] | None = None) -> dict[str, np.ndarray]:
    (port,) = model.inputs
    return {port.value: noise(*(shape or [size or 1 for size in port.shape or ()]), seed=7)}


def check(model: Model, key: str, name: str, count: int = 12) -> list[Explanation]:
    """The sum of the parts is the number that onnxruntime computes, at random places and the corners."""
    feeds = settled(model)
    value = model.layer_by_name[name].outputs[0].value
    truth = requests.runner(key).run(feeds, [value])[value]
    scale = np.abs(truth).max()
    rng = np.random.default_rng(3)
    places = [tuple(int(rng.integers(size)) for size in truth.shape) for _ in range(count)]
    places += [(0,) * truth.ndim, tuple(size - 1 for size in truth.shape)]
    found = [Explain(key, feeds, name, place)() for place in places]
    for place, one in zip(places, found, strict=True):
        assert one.value == truth[place]
        if one.activation is None:
            assert one.before == one.value
            assert abs(one.total - one.value) <= TOLERANCE * scale, place
        else:
            assert (one.activation.before, one.activation.after) == (one.before, one.value)
            assert abs(one.total - one.before) <= TOLERANCE * max(scale, abs(one.before)), place
    return found


CONVOLUTIONS: list[dict[str, Any]] = [
    {},
    {"strides": [2, 3]},
    {"dilations": [2, 1], "pads": [1, 2, 3, 0]},
    {"group": 2, "pads": [1, 1, 1, 1]},
    {"group": 4, "strides": [2, 1]},
    {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    {"auto_pad": "SAME_LOWER", "strides": [2, 3]},
    {"group": 2, "dilations": [2, 2], "strides": [2, 2], "pads": [2, 0, 1, 3]},
]


@pytest.mark.parametrize("settings", CONVOLUTIONS)
def test_a_convolution(make: Make, key: Callable[[Model], str], settings: dict[str, Any]) -> None:
    groups = settings.get("group", 1)
    node = make_node("Conv", ["x", "w", "b"], ["y"], "conv", **settings)
    model = make([node], {"x": [1, 4, 9, 11]}, ["y"], w=noise(8, 4 // groups, 3, 2), b=noise(8))
    for one in check(model, key(model), "conv"):
        weighing = one.weighing
        assert weighing is not None and weighing.kernel is not None
        assert weighing.window.shape == weighing.kernel.shape == (4 // groups, 3, 2)
        assert weighing.bias == pytest.approx(noise(8)[one.index[1]])
        # The largest parts come first.
        ranked = np.abs(weighing.partial[weighing.ranked])
        assert (np.diff(ranked) <= 0).all()
        assert weighing.sliding is not None
        covered = weighing.sliding.at(one.index[2:]).covered
        assert [list(one) for one in covered] == [one.tolist() for one in weighing.places]


def test_a_convolution_by_hand(make: Make, key: Callable[[Model], str]) -> None:
    """Two channels of 1..9 and 10..18; at the corner the window of 2 x 2 lies half in the padding."""
    data = np.arange(1, 19, dtype=np.float32).reshape(1, 2, 3, 3)
    kernel = np.float32([[[[1, 2], [3, 4]], [[1, 0], [0, -1]]]])
    node = make_node("Conv", ["x", "w", "b"], ["y"], "conv", pads=[1, 0, 0, 0], strides=[2, 1])
    model = make([node], {"x": [1, 2, 3, 3]}, ["y"], w=kernel, b=np.float32([0.5]))
    one = Explain(key(model), {"x": data}, "conv", (0, 0, 0, 1))()
    weighing = one.weighing
    assert weighing is not None
    # Row -1 is padding; row 0 holds 1 2 3 and 10 11 12.
    assert weighing.window.tolist() == [[[0, 0], [2, 3]], [[0, 0], [11, 12]]]
    assert weighing.padding.tolist() == [[True, True], [False, False]]
    assert [places.tolist() for places in weighing.places] == [[-1, 0], [1, 2]]
    assert weighing.partial.tolist() == [3 * 2 + 4 * 3, -12]
    assert one.total == one.value == 18 - 12 + 0.5
    assert weighing.ranked.tolist() == [0, 1]
    assert [array(places).tolist() for places in one.seen["x"].axes or ()] == [[0], [0, 1], [0], [1, 2]]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"strides": [3, 2], "pads": [1, 0, 0, 1]},
        {"strides": [2, 2], "output_padding": [1, 1], "dilations": [2, 1], "group": 2},
        {"strides": [2, 3], "auto_pad": "SAME_UPPER"},
        {"strides": [3, 3], "group": 4},
    ],
)
def test_a_transposed_convolution(make: Make, key: Callable[[Model], str], settings: dict[str, Any]) -> None:
    node = make_node("ConvTranspose", ["x", "w", "b"], ["y"], "up", **settings)
    per_group = 3
    filters = per_group * settings.get("group", 1)
    model = make([node], {"x": [1, 4, 5, 6]}, ["y"], w=noise(4, per_group, 3, 2), b=noise(filters))
    check(model, key(model), "up")


@pytest.mark.parametrize(
    ("op", "settings"),
    [
        ("MaxPool", {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        ("MaxPool", {"dilations": [2, 3], "ceil_mode": 1}),
        ("AveragePool", {"pads": [1, 1, 0, 0], "strides": [2, 1]}),
        ("AveragePool", {"pads": [1, 1, 0, 0], "strides": [2, 1], "count_include_pad": 1}),
        ("AveragePool", {"strides": [2, 2], "ceil_mode": 1}),
        ("AveragePool", {"strides": [2, 2], "ceil_mode": 1, "count_include_pad": 1, "pads": [1, 1, 1, 1]}),
        ("AveragePool", {"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
        ("AveragePool", {"strides": [2, 2], "auto_pad": "SAME_UPPER", "count_include_pad": 1}),
        ("LpPool", {"p": 3, "strides": [2, 1]}),
    ],
)
def test_a_pool(make: Make, key: Callable[[Model], str], op: str, settings: dict[str, Any]) -> None:
    node = make_node(op, ["x"], ["y"], "pool", kernel_shape=[3, 2], **settings)
    model = make([node], {"x": [1, 3, 10, 12]}, ["y"], opset=19)
    for one in check(model, key(model), "pool"):
        assert one.weighing is not None
        if op == "MaxPool":
            assert one.weighing.winner is not None
            assert one.weighing.window[one.weighing.winner] == one.value


def test_the_winner_of_a_pool_is_never_the_padding(make: Make, key: Callable[[Model], str]) -> None:
    node = make_node("MaxPool", ["x"], ["y"], "pool", kernel_shape=[2, 2], pads=[1, 1, 0, 0])
    model = make([node], {"x": [1, 1, 2, 2]}, ["y"])
    one = Explain(key(model), {"x": np.float32([[[[-5, -6], [-7, -8]]]])}, "pool", (0, 0, 0, 0))()
    assert one.value == one.total == -5
    assert one.weighing is not None and one.weighing.winner == (0, 1, 1)


@pytest.mark.parametrize("op", ["GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax", "ReduceSum"])
def test_what_takes_whole_maps_together(make: Make, key: Callable[[Model], str], op: str) -> None:
    given: list[str] = []
    settings: dict[str, Any] = {}
    if op.startswith("Reduce"):
        settings["keepdims"] = 0
        if op == "ReduceSum":
            given = ["axes"]
        else:
            settings["axes"] = [2, 3]
    model = make(
        [make_node(op, ["x", *given], ["y"], "all", **settings)], {"x": [1, 5, 4, 6]}, ["y"],
        **({"axes": np.int64([2, 3])} if given else {}),
    )  # fmt: skip
    for one in check(model, key(model), "all"):
        assert one.weighing is not None
        assert one.weighing.window.shape == (1, 4, 6) and one.weighing.channels.tolist() == [one.index[1]]


@pytest.mark.parametrize(
    ("op", "first", "second", "settings"),
    [
        ("Gemm", (1, 7), (7, 5), {"alpha": 0.5, "beta": 2.0}),
        ("Gemm", (7, 1), (5, 7), {"transA": 1, "transB": 1}),
        ("MatMul", (1, 7), (7, 5), {}),
        ("MatMul", (2, 3, 4, 7), (3, 7, 5), {}),
        ("MatMul", (3, 4, 7), (7,), {}),
    ],
)
def test_a_product(
    make: Make,
    key: Callable[[Model], str],
    op: str,
    first: tuple[int, ...],
    second: tuple[int, ...],
    settings: dict[str, Any],
) -> None:
    inputs = ["x", "w", "b"] if op == "Gemm" else ["x", "w"]
    extra = {"b": noise(5, seed=4)} if op == "Gemm" else {}
    model = make(
        [make_node(op, inputs, ["y"], "fc", **settings)], {"x": list(first)}, ["y"], w=noise(*second), **extra
    )
    for one in check(model, key(model), "fc"):
        assert one.weighing is not None and one.weighing.window.shape == (7,)


def test_a_product_of_two_activations(make: Make, key: Callable[[Model], str]) -> None:
    nodes = [
        make_node("Transpose", ["x"], ["t"], "turn", perm=[0, 2, 1]),
        make_node("MatMul", ["x", "t"], ["y"], "scores"),
    ]
    model = make(nodes, {"x": [2, 3, 4]}, ["y"])
    check(model, key(model), "scores")


ELEMENTWISE = ["Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Sum", "Mean"]
UNARY = (
    "Relu LeakyRelu Elu Celu Selu ThresholdedRelu Sigmoid HardSigmoid HardSwish Mish Tanh Softplus Softsign "
    "Erf Exp Sqrt Abs Neg Reciprocal Floor Ceil Round Sign Sin Cos Gelu"
)


@pytest.mark.parametrize("op", ELEMENTWISE)
def test_an_operation_on_two_numbers(make: Make, key: Callable[[Model], str], op: str) -> None:
    weight = np.abs(noise(4, 1, 1)) + np.float32(0.5)
    nodes = [make_node("Abs", ["x"], ["a"], "before"), make_node(op, ["a", "w"], ["y"], "op")]
    model = make(nodes, {"x": [1, 4, 3, 5]}, ["y"], w=weight)
    for one in check(model, key(model), "op"):
        (operation,) = one.operations
        (named,) = model.layer_by_name["op"].weights
        assert [operand.name for operand in operation.operands] == ["before", named.title]
        assert operation.operands[1].value == weight[one.index[1], 0, 0]


@pytest.mark.parametrize("op", UNARY.split())
def test_an_operation_on_one_number(make: Make, key: Callable[[Model], str], op: str) -> None:
    nodes = [
        make_node("Abs" if op == "Sqrt" else "Identity", ["x"], ["a"]),
        make_node(op, ["a"], ["y"], "op"),
    ]
    model = make(nodes, {"x": [1, 4, 3, 5]}, ["y"], opset=20)
    check(model, key(model), "op")


def test_operations_with_settings(make: Make, key: Callable[[Model], str]) -> None:
    nodes = [
        make_node("Clip", ["x", "", "high"], ["c"], "cut"),
        make_node("PRelu", ["c", "slope"], ["p"], "slanted"),
        make_node("BatchNormalization", ["p", "s", "b", "m", "v"], ["n"], "norm", epsilon=0.1),
        make_node("Greater", ["n", "zero"], ["g"]),
        make_node("Where", ["g", "n", "x"], ["w"], "choice"),
        make_node("Softmax", ["w"], ["y"], "shares", axis=1),
        make_node("Transpose", ["y"], ["t"], "turned", perm=[0, 2, 3, 1]),
    ]
    model = make(
        nodes, {"x": [1, 4, 3, 5]}, ["t"], high=np.float32(1), slope=noise(4, 1, 1), s=noise(4, seed=1),
        b=noise(4, seed=2), m=noise(4, seed=3), v=np.abs(noise(4, seed=4)), zero=np.float32(0),
    )  # fmt: skip
    own = key(model)
    for name in ("cut", "slanted", "norm", "choice", "shares", "turned"):
        found = check(model, own, name)
        if name == "norm":
            names = {operand.name for step in found[0].operations for operand in step.operands}
            assert names > {"slanted", *(weight.title for weight in model.layer_by_name[name].weights)}
        if name == "turned":
            assert found[0].operations[0].operands[0].name == "shares"


def test_whole_numbers_of_a_quantised_network(make: Make, key: Callable[[Model], str]) -> None:
    scales, zeros = np.float32([0.1, 0.02, 0.3]), np.int8([3, -7, 0])
    nodes = [
        make_node("QuantizeLinear", ["x", "s", "z"], ["q"], "coarse"),
        make_node("DequantizeLinear", ["q", "s", "z"], ["y"], "fine"),
        make_node("QuantizeLinear", ["y", "one"], ["u"], "bytes"),
        make_node("DequantizeLinear", ["u", "one"], ["v"], "last"),
    ]
    model = make(nodes, {"x": [1, 3, 4, 5]}, ["v"], s=scales, z=zeros, one=np.float32(0.25))
    own = key(model)
    for name in ("coarse", "fine", "bytes", "last"):
        check(model, own, name)
    # Beyond what eight bits hold.
    one = Explain(own, {"x": np.full((1, 3, 4, 5), 9, np.float32)}, "coarse", (0, 1, 0, 0))()
    assert one.total == one.value == 127


def test_numbers_that_are_only_taken_elsewhere(make: Make, key: Callable[[Model], str]) -> None:
    nodes = [
        make_node("Pad", ["x", "pads", "seven"], ["p"], "framed"),
        make_node("Resize", ["p", "", "twice"], ["r"], "larger", mode="nearest"),
        make_node("Concat", ["r", "x"], ["y"], "joined", axis=3),
        make_node("Concat", ["y", "y", "y", "y"], ["f"], axis=1),
        make_node("DepthToSpace", ["f"], ["d"], "woven", blocksize=2),
    ]
    model = make(
        nodes, {"x": [1, 1, 2, 3]}, ["d"], pads=np.int64([0, 0, 0, 1, 0, 0, 0, 0]), seven=np.float32(7),
        twice=np.float32([1, 1, 1, 2]),
    )  # fmt: skip
    own, feeds = key(model), settled(model)
    framed = Explain(own, feeds, "framed", (0, 0, 1, 0))()
    assert framed.value == 7 and framed.operations[0].operands == ()
    kept = Explain(own, feeds, "framed", (0, 0, 1, 2))()
    assert kept.operations[0].operands[0].name == "x" and kept.value == feeds["x"][0, 0, 1, 1]
    assert Explain(own, feeds, "larger", (0, 0, 0, 7))().value == feeds["x"][0, 0, 0, 2]
    joined = Explain(own, feeds, "joined", (0, 0, 0, 9))()
    assert joined.operations[0].operands[0].value == feeds["x"][0, 0, 0, 1]
    woven = Explain(own, feeds, "woven", (0, 0, 1, 19))()
    assert woven.value == woven.operations[0].operands[0].value == feeds["x"][0, 0, 0, 1]


def test_what_cannot_be_spelled_out_says_why(make: Make, key: Callable[[Model], str]) -> None:
    model = make([make_node("CumSum", ["x", "axis"], ["y"], "sums")], {"x": [1, 4]}, ["y"], axis=np.int64(1))
    own, feeds = key(model), settled(model)
    with pytest.raises(RequestError, match=r"'sums' \(CumSum\) .* cannot be spelled out"):
        Explain(own, feeds, "sums", (0, 1))()
    with pytest.raises(RequestError, match="is no place in it"):
        Explain(own, feeds, "sums", (0, 4))()
    with pytest.raises(RequestError, match="no layer named"):
        Explain(own, feeds, "missing", (0, 1))()
    with pytest.raises(RequestError, match="no convolution"):
        RespondTo(own, feeds, "sums", 0)()


def _keras(tmp_path: Path, *layers: dict[str, Any], **weights: dict[str, np.ndarray]) -> Model:
    return read_model(write_h5(tmp_path / "m.h5", sequential(*layers), weights))


def _first(**config: Any) -> dict[str, Any]:
    return {"batch_input_shape": [None, 9, 11, 4], **config}


@pytest.mark.parametrize(
    "config",
    [
        {"padding": "same", "strides": [2, 2], "activation": "relu"},
        {"padding": "valid", "dilation_rate": [2, 1], "activation": "swish", "use_bias": False},
        {"padding": "same", "activation": "softmax"},
        {"padding": "same", "activation": {"class_name": "LeakyReLU", "config": {"negative_slope": 0.3}}},
    ],
)
def test_convolutions_of_keras(tmp_path: Path, key: Callable[[Model], str], config: dict[str, Any]) -> None:
    """The second reads what the first makes before it is put into Keras' order of axes."""
    shared = {"kernel_size": [3, 2], "filters": 5, **config}
    bias = {"bias": noise(5)} if config.get("use_bias", True) else {}
    model = _keras(
        tmp_path,
        layer("Conv2D", "first", **_first(**shared)),
        layer("Conv2D", "second", **shared),
        layer("Dense", "each", units=3, activation="tanh"),
        first={"kernel": noise(3, 2, 4, 5), **bias},
        second={"kernel": noise(3, 2, 5, 5), **bias},
        each={"kernel": noise(5, 3), "bias": noise(3)},
    )
    assert not model.notes
    own = key(model)
    # What is turned round on the way in is turned round in a picture as well.
    given = requests.runner(own).run(settled(model), [model.layer_by_name["second"].inputs[0].value])
    plain, shown = (
        RespondTo(own, settled(model), "second", 4, picture=picture)() for picture in (None, *given.values())
    )
    assert np.array_equal(plain.response, shown.response)
    for name in ("first", "second", "each"):
        for one in check(model, own, name, count=6):
            assert one.activation is not None and one.weighing is not None
            (region,) = one.seen.values()
            box = region.box
            assert box is not None
            if name == "each":
                assert box[3] == range(5) and [one.start for one in box[:3]] == list(one.index[:3])
                assert one.activation.name == "tanh"
                assert one.weighing.bias == pytest.approx(noise(3)[one.index[3]])
            else:
                assert one.space == (1, 2)
                sliding = one.weighing.sliding
                assert sliding is not None
                there = one.at(sliding[len(sliding) - 1])
                assert there == (
                    0,
                    sliding.windows[0].outputs - 1,
                    sliding.windows[1].outputs - 1,
                    one.index[3],
                )
                last = Explain(own, settled(model), name, there)().weighing
                assert last is not None
                assert [list(places) for places in sliding[-1].covered] == [
                    places.tolist() for places in last.places
                ]
                # In Keras' order: rows and columns second and third, all channels last.
                assert box[3] == range(4 if name == "first" else 5)
                inside = [
                    places[(places >= 0) & (places < size)]
                    for places, size in zip(one.weighing.places, region.shape[1:3], strict=True)
                ]
                assert [array(places).tolist() for places in (region.axes or ())[1:3]] == [
                    places.tolist() for places in inside
                ]
                kernel = noise(3, 2, box[3].stop, 5)[..., one.index[3]]
                assert one.weighing.kernel == pytest.approx(np.moveaxis(kernel, -1, 0))


def test_a_layer_that_reads_what_another_has_not_yet_turned_round(
    tmp_path: Path, key: Callable[[Model], str]
) -> None:
    """Without an activation between them two convolutions hand on their maps as ONNX has them."""
    model = _keras(
        tmp_path,
        layer("Conv2D", "first", **_first(kernel_size=[3, 2], filters=5)),
        layer("Conv2D", "second", kernel_size=[2, 3], filters=3),
        first={"kernel": noise(3, 2, 4, 5), "bias": noise(5)},
        second={"kernel": noise(2, 3, 5, 3), "bias": noise(3)},
    )
    own, feeds = key(model), settled(model)
    (port,) = model.layer_by_name["second"].inputs
    picture = requests.runner(own).run(feeds, [port.value])[port.value]
    for one in check(model, own, "second"):
        (region,) = one.seen.values()
        _, row, column, _ = one.index
        assert region.shape == picture.shape == (1, 7, 10, 5)
        assert region.box == (range(1), range(row, row + 2), range(column, column + 3), range(5))
    plain, shown = (RespondTo(own, feeds, "second", 2, picture=given)() for given in (None, picture))
    assert np.array_equal(plain.response, shown.response)


def test_other_layers_of_keras(tmp_path: Path, key: Callable[[Model], str]) -> None:
    model = _keras(
        tmp_path,
        layer("DepthwiseConv2D", "deep", **_first(kernel_size=3, depth_multiplier=2, activation="relu6")),
        layer("BatchNormalization", "norm", axis=[3]),
        layer("SeparableConv2D", "apart", kernel_size=2, filters=6, padding="same", activation="sigmoid"),
        layer("AveragePooling2D", "mean", pool_size=[2, 2], padding="same"),
        layer("MaxPooling2D", "max", pool_size=[2, 2], strides=[1, 1]),
        layer("Conv2DTranspose", "up", kernel_size=[3, 3], strides=[2, 2], filters=3, padding="same"),
        layer("LeakyReLU", "leaky"),
        layer("GlobalAveragePooling2D", "global"),
        layer("Dense", "dense", units=4, activation="softmax"),
        deep={"depthwise_kernel": noise(3, 3, 4, 2), "bias": noise(8)},
        norm={
            "gamma": noise(8, seed=1), "beta": noise(8, seed=2), "moving_mean": noise(8, seed=3),
            "moving_variance": np.abs(noise(8, seed=4)) + np.float32(0.1),
        },
        apart={
            "depthwise_kernel": noise(2, 2, 8, 1), "pointwise_kernel": noise(1, 1, 8, 6), "bias": noise(6),
        },
        up={"kernel": noise(3, 3, 3, 6), "bias": noise(3)},
        dense={"kernel": noise(3, 4), "bias": noise(4)},
    )  # fmt: skip
    assert not model.notes
    own = key(model)
    for one in model.layers:
        found = check(model, own, one.name, count=5)
        if one.name == "dense":
            assert found[0].activation is not None and found[0].activation.name == "softmax"
        if one.name == "norm":
            names = [operand.name for step in found[0].operations for operand in step.operands]
            assert names == [
                "variance", "epsilon", "deep", "mean", "deviation", "normalised", "scale", "Mul", "bias",
            ]  # fmt: skip


@pytest.mark.parametrize("settings", CONVOLUTIONS)
def test_a_filter_alone(make: Make, key: Callable[[Model], str], settings: dict[str, Any]) -> None:
    groups = settings.get("group", 1)
    node = make_node("Conv", ["x", "w", "b"], ["y"], "conv", **settings)
    model = make([node], {"x": [1, 4, 9, 11]}, ["y"], w=noise(8, 4 // groups, 3, 2), b=noise(8))
    own, feeds = key(model), settled(model)
    truth = requests.runner(own).run(feeds, ["y"])["y"]
    for number in (0, 5):
        found = RespondTo(own, feeds, "conv", number)()
        assert found.response == pytest.approx(truth[0, number], rel=1e-4, abs=1e-5)
        assert found.positive - found.negative == pytest.approx(found.response)
        assert found.positive.min() >= 0 and found.negative.min() >= 0
        first = (number // (8 // groups)) * (4 // groups)
        assert found.channels.tolist() == list(range(first, first + 4 // groups))
        # All parts are there, since there are fewer than were asked for.
        assert found.parts.sum(axis=0) + found.bias == pytest.approx(truth[0, number], rel=1e-4, abs=1e-5)
        assert found.shares[found.strongest] == pytest.approx(np.abs(found.parts).mean(axis=(1, 2)))
        assert (np.diff(found.shares[found.strongest]) <= 0).all()
        # The parts by channel are those of each place.
        one = Explain(own, feeds, "conv", (0, number, 2, 2))()
        assert one.weighing is not None
        assert found.parts[:, 2, 2] == pytest.approx(one.weighing.partial[found.strongest], abs=1e-5)


def test_a_filter_looks_at_the_sample_asked_for(make: Make, key: Callable[[Model], str]) -> None:
    model = make(
        [make_node("Conv", ["x", "w"], ["y"], "conv")], {"x": [3, 2, 4, 5]}, ["y"], w=noise(2, 2, 1, 1)
    )
    own, feeds = key(model), settled(model)
    truth = requests.runner(own).run(feeds, ["y"])["y"]
    for sample in range(3):
        found = RespondTo(own, feeds, "conv", 1, sample=sample)()
        assert found.response == pytest.approx(truth[sample, 1], rel=1e-4, abs=1e-5)
    with pytest.raises(RequestError, match="takes 3 samples: there is no number 3"):
        RespondTo(own, feeds, "conv", 1, sample=3)()


def test_a_single_channel_of_a_single_row(make: Make, key: Callable[[Model], str]) -> None:
    model = make(
        [make_node("Conv", ["x", "w"], ["y"], "conv")], {"x": [1, 1, 3, 3]}, ["y"], w=noise(1, 1, 3, 2)
    )
    one = Explain(key(model), settled(model), "conv", (0, 0, 0, 1))()
    assert one.space == (2, 3)


def test_a_filter_on_a_photograph_of_another_size(tmp_path: Path, key: Callable[[Model], str]) -> None:
    model = _keras(
        tmp_path,
        layer("Conv2D", "first", **_first(kernel_size=[3, 2], filters=5, activation="relu", padding="same")),
        first={"kernel": noise(3, 2, 4, 5), "bias": noise(5)},
    )
    own, feeds = key(model), settled(model)
    photo = noise(1, 20, 30, 4, seed=5)
    found = RespondTo(own, feeds, "first", 3, picture=photo, parts=2)()
    assert found.response.shape == (20, 30) and found.parts.shape == (2, 20, 30)
    # By hand: rows r-1 .. r+1, columns c and c+1.
    window = photo[0, 6:9, 11:13]
    assert found.response[7, 11] == pytest.approx(
        (window * noise(3, 2, 4, 5)[..., 3]).sum() + noise(5)[3], rel=1e-5
    )
    with pytest.raises(RequestError, match="takes 4 channels"):
        RespondTo(own, feeds, "first", 3, picture=photo[..., :3])()
    with pytest.raises(RequestError, match="has 5 filters"):
        RespondTo(own, feeds, "first", 5)()


def test_windows_slide_over_the_whole_map(make: Make, key: Callable[[Model], str]) -> None:
    """A row of 7, padded by 1 and 0, in windows of 3 places with gaps of 1, two further each time."""
    node = make_node("Conv", ["x", "w"], ["y"], "conv", dilations=[2], strides=[2], pads=[1, 0])
    model = make([node], {"x": [1, 1, 7]}, ["y"], w=noise(1, 1, 3))
    one = Explain(key(model), settled(model), "conv", (0, 0, 1))()
    assert one.weighing is not None and one.weighing.sliding is not None
    positions = list(one.weighing.sliding)
    assert [position.place for position in positions] == [(0,), (1,)]
    assert [list(position.covered[0]) for position in positions] == [[-1, 1, 3], [1, 3, 5]]
    assert one.weighing.sliding[-1].covered == (range(1, 6, 2),)
    assert len(one.weighing.sliding[:1]) == 1
    assert [one.at(position) for position in positions] == [(0, 0, 0), (0, 0, 1)]


def test_a_map_of_one_row_has_its_axes_of_space_too(tmp_path: Path, key: Callable[[Model], str]) -> None:
    model = _keras(
        tmp_path,
        layer("Conv2D", "flat", **_first(kernel_size=[9, 2], filters=5)),
        layer("Conv2D", "small", kernel_size=[1, 10], filters=1),
        flat={"kernel": noise(9, 2, 4, 5), "bias": noise(5)},
        small={"kernel": noise(1, 10, 5, 1), "bias": noise(1)},
    )
    own, feeds = key(model), settled(model)
    for name, index in (("flat", (0, 0, 3, 2)), ("small", (0, 0, 0, 0))):
        one = Explain(own, feeds, name, index)()
        assert one.weighing is not None and one.weighing.sliding is not None
        assert one.space == (1, 2)
        assert one.at(one.weighing.sliding[0]) == (0, 0, 0, index[3])


@pytest.mark.parametrize("file", ["lenet_fashion.keras", "lenet_fashion.onnx"])
def test_nothing_outside_its_field_moves_a_number(
    samples: Path, key: Callable[[Model], str], file: str
) -> None:
    model = read_model(samples / file)
    own, rng = key(model), np.random.default_rng(0)
    (source,) = model.inputs
    one, other = (
        {source.value: rng.uniform(0, 1, [size or 1 for size in source.shape or ()]).astype(np.float32)}
        for _ in range(2)
    )
    partial = 0
    for shown in model.layers:
        value = shown.outputs[0].value
        truth = requests.runner(own).run(one, [value])[value]
        if truth.dtype != np.float32:
            continue
        index = tuple(int(rng.integers(size)) for size in truth.shape)
        field = TraceBack(own, one, value, index)()
        mask = field.regions[source.value].mask()
        partial += not mask.all()
        mixed = {source.value: np.where(mask, one[source.value], other[source.value])}
        found = requests.runner(own).run(mixed, [value])[value]
        assert abs(found[index] - truth[index]) <= TOLERANCE * np.abs(truth).max(), shown.name
    assert partial >= 4


def test_sizes_that_a_file_leaves_open_are_settled_by_what_is_fed(
    make: Make, key: Callable[[Model], str]
) -> None:
    nodes = [
        make_node("Conv", ["x", "w"], ["c"], "conv", strides=[2, 2]),
        make_node("Shape", ["c"], ["s"], "sizes"),
        make_node("Slice", ["s", "two", "four"], ["hw"], "picked"),
        make_node("Div", ["hw", "two"], ["half"], "halved"),
        make_node("Slice", ["c", "zero", "half", "axes"], ["y"], "corner"),
        make_node("Relu", ["y"], ["z"], "last"),
    ]
    model = make(
        nodes, {"x": ["n", 2, "h", "w"]}, ["z"], w=noise(1, 2, 3, 3), two=np.int64([2]), four=np.int64([4]),
        zero=np.int64([0, 0]), axes=np.int64([2, 3]),
    )  # fmt: skip
    feeds = {"x": noise(1, 2, 21, 33)}
    own = key(model)
    field = TraceBack(own, feeds, "z", (0, 0, 4, 7))()
    assert field.exact
    assert field.regions["x"].box == (range(1), range(2), range(8, 11), range(14, 17))
    with pytest.raises(RequestError, match="is no place in it"):
        TraceBack(own, feeds, "z", (0, 0, 5, 7))()
    with pytest.raises(RequestError, match="no value named"):
        TraceBack(own, feeds, "missing", (0,))()


def test_numbers_of_half_precision(make: Make, key: Callable[[Model], str]) -> None:
    node = make_node("Conv", ["x", "w"], ["y"], "conv", pads=[1, 1, 1, 1])
    model = make(
        [node], {"x": (onnx.TensorProto.FLOAT16, (1, 2, 5, 5))}, ["y"], w=noise(3, 2, 3, 3).astype(np.float16)
    )
    feeds = {"x": noise(1, 2, 5, 5).astype(np.float16)}
    one = Explain(key(model), feeds, "conv", (0, 1, 2, 3))()
    assert one.total == pytest.approx(one.value, rel=2e-3)
