"""The way back as a whole: what is on it, what it says when there is none, what is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from explorer3d.compute.gradient import Gradients, gradients
from explorer3d.compute.gradient.vjps import vjp
from explorer3d.compute.runner import Runner
from explorer3d.errors import Cancelled, GradientError, InputError, RequestError
from explorer3d.formats import read_model

Open = Callable[[str], Runner]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Opens a network written in onnx' text form, of opset 13 unless it says otherwise."""

    def open_(text: str) -> Runner:
        if not text.lstrip().startswith("<"):
            text = '<ir_version: 8, opset_import: ["": 13]>' + text
        path = tmp_path / "net.onnx"
        path.write_bytes(onnx.parser.parse_model(text).SerializeToString())
        return Runner(read_model(path))

    return open_


def _array(*numbers: object) -> np.ndarray:
    return np.array(numbers, np.float32)


def test_what_flows_along_several_ways_adds_up(opened: Open) -> None:
    """Of x² + 3x + x at 5: 2·5 + 3 + 1."""
    runner = opened(
        """g (float[1] x) => (float[1] y) <float three = {3.0}>
        { a = Mul(x, x) b = Mul(x, three) c = Add(a, b) y = Add(c, x) }"""
    )
    found = gradients(runner, {"x": _array(5)}, "y", _array(2), ["x"])
    assert found.gradients["x"].tolist() == [2 * 14]


@pytest.mark.parametrize("opset", [9, 13, 18, 22])
def test_any_batch(opened: Open, opset: int) -> None:
    """Of Σ w x² by x: 2 w x, in each example by itself."""
    runner = opened(
        f"""<ir_version: 8, opset_import: ["": {opset}]>
        g (float[N, 2] x) => (float[N, 2] y) <float[2] w = {{10.0, 100.0}}>
        {{ s = Mul(x, x) y = Mul(s, w) }}"""
    )
    one = gradients(runner, {"x": _array([1, 2])}, "y", np.ones((1, 2), np.float32), ["x"])
    assert one.gradients["x"].tolist() == [[20, 400]]
    three = _array([1, 2], [3, 4], [5, 6])
    found = gradients(runner, {"x": three}, "y", _array([1, 1], [1, 0], [0, 1]), ["x"])
    assert found.gradients["x"].tolist() == [[20, 400], [60, 0], [0, 1200]]


def test_by_activations_and_weights_with_values_of_the_same_run(opened: Open) -> None:
    """y = w h with h = x + b."""
    runner = opened(
        """g (float[2] x) => (float[2] y) <float[2] w = {3.0, 4.0}, float[1] b = {1.0}>
        { h = Add(x, b) y = Mul(w, h) }"""
    )
    found = gradients(
        runner, {"x": _array(10, 20)}, "y", _array(1, 2), ["h", "w", "b", "y"], values=["h", "x", "w", "y"]
    )
    assert {name: array.tolist() for name, array in found.gradients.items()} == {
        "h": [3, 8],
        "w": [11, 42],
        "b": [11],
        "y": [1, 2],
    }
    assert {name: array.tolist() for name, array in found.values.items()} == {
        "h": [11, 21],
        "x": [10, 20],
        "w": [3, 4],
        "y": [33, 84],
    }


FLOWS = {
    # Where the output is positive; only what is positive there; what is positive, wherever.
    "gradient": [0, 0, 5, -7],
    "guided": [0, 0, 5, 0],
    "deconvnet": [3, 0, 5, 0],
}


@pytest.mark.parametrize("flow", FLOWS)
def test_what_a_relu_does_on_the_way_back(opened: Open, flow: str) -> None:
    runner = opened("g (float[4] x) => (float[4] y) { y = Relu(x) }")
    x, seed = _array(-1, -2, 1, 2), _array(3, -4, 5, -7)
    found = gradients(runner, {"x": x}, "y", seed, ["x"], flow=flow)  # type: ignore[arg-type]
    assert found.gradients["x"].tolist() == FLOWS[flow]


CLIPS = [
    """g (float[5] x) => (float[5] y) <float low = {0.0}, float high = {6.0}>
    { y = Clip(x, low, high) }""",
    """g (float[5] x) => (float[5] y) <float low = {0.0}, float ten = {10.0}, float four = {4.0}>
    { high = Sub(ten, four) y = Clip(x, low, high) }""",
    """<ir_version: 8, opset_import: ["": 9]>
    g (float[5] x) => (float[5] y) { y = Clip<min = 0.0, max = 6.0>(x) }""",
]


@pytest.mark.parametrize("clip", CLIPS, ids=["constant", "computed", "attributes"])
@pytest.mark.parametrize("flow", FLOWS)
def test_a_clip_at_zero_is_a_relu(opened: Open, flow: str, clip: str) -> None:
    """With a six above, which holds nothing back but what is beyond; of a deconvnet not even that."""
    runner = opened(clip)
    x, seed = _array(-1, -2, 1, 2, 7), _array(3, -4, 5, -7, 8)
    found = gradients(runner, {"x": x}, "y", seed, ["x"], flow=flow)  # type: ignore[arg-type]
    assert found.gradients["x"].tolist() == [*FLOWS[flow], 8 if flow == "deconvnet" else 0]


def test_only_what_lies_between_is_asked_for_a_rule(opened: Open) -> None:
    """Hardmax has none, and is no hindrance beside the way."""
    runner = opened(
        """g (float[1, 2] x, float[1, 2] z) => (float[1, 2] y)
        { picked = Hardmax(z) m = Mul(x, picked) y = Tanh(m) }"""
    )
    feeds = {"x": _array([0, 1]), "z": _array([5, 2])}
    seed = _array([1, 1])
    assert gradients(runner, feeds, "y", seed, ["x"]).gradients["x"].tolist() == [[1, 0]]
    with pytest.raises(GradientError, match=r"the layer '.*' \(Hardmax\).*no rule for the operator Hardmax"):
        gradients(runner, feeds, "y", seed, ["z"])


def test_a_custom_operator_has_no_rule_whatever_it_is_called(opened: Open) -> None:
    runner = opened(
        """<ir_version: 8, opset_import: ["": 13, "com.microsoft": 1]>
        g (float[2] x) => (float[2] y) { y = com.microsoft.Gelu(x) }"""
    )
    with pytest.raises(GradientError, match="no rule for the operator Gelu"):
        gradients(runner, {"x": _array(1, 2)}, "y", _array(1, 1), ["x"])


def test_what_does_not_depend_has_no_gradient(opened: Open) -> None:
    runner = opened("g (float[2] x, float[2] z) => (float[2] y, float[2] u) { y = Tanh(x) u = Add(y, z) }")
    feeds = {"x": _array(1, 2), "z": _array(1, 2)}
    with pytest.raises(
        GradientError, match="no gradient of 'y' by 'z': the one does not depend on the other"
    ):
        gradients(runner, feeds, "y", _array(1, 1), ["z"])


def test_steps_have_no_slope(opened: Open) -> None:
    runner = opened("g (float[2] x) => (float[2] y) { r = Round(x) y = Tanh(r) }")
    with pytest.raises(GradientError, match="no slope"):
        gradients(runner, {"x": _array(1, 2)}, "y", _array(1, 1), ["x"])
    # A way around them has.
    runner = opened("g (float[2] x) => (float[2] y) { r = Round(x) y = Mul(r, x) }")
    assert gradients(runner, {"x": _array(1.2, 2.9)}, "y", _array(1, 1), ["x"]).gradients["x"].tolist() == [
        1,
        3,
    ]


def test_whole_numbers_have_no_gradient(opened: Open) -> None:
    runner = opened(
        "g (int64[2] i) => (float[2] y, int64[2] j) { x = Cast<to = 1>(i) y = Tanh(x) j = Add(i, i) }"
    )
    feeds = {"i": np.array([1, 2])}
    with pytest.raises(GradientError, match="'i': it is of type int64, which has none"):
        gradients(runner, feeds, "y", _array(1, 1), ["i"])
    with pytest.raises(GradientError, match="no gradient of 'j': it is of type int64"):
        gradients(runner, feeds, "j", _array(1, 1), ["i"])


def test_dropping_at_random_is_refused(opened: Open) -> None:
    runner = opened(
        """g (float[2] x) => (float[2] y) <float ratio = {0.5}, bool training = {1}>
        { y = Dropout(x, ratio, training) }"""
    )
    with pytest.raises(GradientError, match=r"Dropout\): it drops at random"):
        gradients(runner, {"x": _array(1, 2)}, "y", _array(1, 1), ["x"])


def test_requests_that_do_not_fit(opened: Open) -> None:
    runner = opened("g (float[N] x) => (float[N] y) { y = Tanh(x) }")
    with pytest.raises(RequestError, match="no value named 'u'"):
        gradients(runner, {"x": _array(1)}, "u", _array(1), ["x"])
    with pytest.raises(InputError, match="'x' is missing"):
        gradients(runner, {}, "y", _array(1), ["x"])
    with pytest.raises(GradientError, match=r"'y' is \[2\], its seed \[3\]"):
        gradients(runner, {"x": _array(1, 2)}, "y", _array(1, 2, 3), ["x"])


def test_shapes_computed_by_the_network(opened: Open) -> None:
    """A flattening as PyTorch exports it: only a batch is known before."""
    runner = opened(
        """g (float[N, 2, 2] x) => (float[N, M] y)
        <int64[1] left = {-1}, int64 zero = {0}, int64[1] front = {0}>
        { s = Shape(x) n = Gather(s, zero) u = Unsqueeze(n, front) to = Concat<axis = 0>(u, left)
          flat = Reshape(x, to) y = Mul(flat, flat) }"""
    )
    x = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    found = gradients(runner, {"x": x}, "y", np.ones((2, 4), np.float32), ["x"])
    assert np.array_equal(found.gradients["x"], 2 * x)


def test_what_only_depends_on_a_shape_needs_no_rule(opened: Open) -> None:
    """Ones of the shape of x, as masks are made: ConstantOfShape has no rule."""
    runner = opened(
        """g (float[2] x) => (float[2] y)
        { s = Shape(x) ones = ConstantOfShape<value = float[1] {1.0}>(s) y = Mul(x, ones) }"""
    )
    assert gradients(runner, {"x": _array(5, 6)}, "y", _array(1, 2), ["x"]).gradients["x"].tolist() == [1, 2]
    with pytest.raises(GradientError, match="'ones' by 'x': the one does not depend on the other"):
        gradients(runner, {"x": _array(5, 6)}, "ones", _array(1, 2), ["x"])


def test_shapes_that_depend_on_numbers(opened: Open) -> None:
    """The graph for two numbers must not be taken for three."""
    runner = opened(
        """g (float[4] x, int64[1] n) => (float[M] y) <int64[1] zero = {0}>
        { part = Slice(x, zero, n) y = Mul(part, part) }"""
    )
    x = _array(1, 2, 3, 4)
    for count, expected in ((2, [2, 4, 0, 0]), (3, [2, 4, 6, 0]), (2, [2, 4, 0, 0])):
        feeds = {"x": x, "n": np.array([count])}
        assert (
            gradients(runner, feeds, "y", np.ones(count, np.float32), ["x"]).gradients["x"].tolist()
            == expected
        )


def test_another_seed_needs_no_other_session(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = opened("g (float[N] x) => (float[N] y) { y = Mul(x, x) }")
    made = []
    prepare = runner.prepare
    monkeypatch.setattr(runner, "prepare", lambda *a, **k: made.append(1) or prepare(*a, **k))

    def back(x: np.ndarray, seed: np.ndarray, flow: str = "gradient") -> Gradients:
        return gradients(runner, {"x": x}, "y", seed, ["x"], flow=flow)  # type: ignore[arg-type]

    assert back(_array(1, 2), _array(1, 0)).gradients["x"].tolist() == [2, 0]
    assert back(_array(3, 4), _array(0, 1)).gradients["x"].tolist() == [0, 8]
    assert len(made) == 1
    back(_array(1, 2, 3), _array(1, 1, 1))
    assert len(made) == 2
    back(_array(1, 2), _array(1, 1), "guided")
    assert len(made) == 3


def test_sessions_make_room_for_each_other(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would hold 4 kB of weights once more; there is room for two."""
    weights = "{" + ", ".join(["0.5"] * 1024) + "}"
    runner = opened(f"g (float[1024] x) => (float[1024] y) <float[1024] w = {weights}> {{ y = Mul(x, w) }}")
    runner.limit(9000)
    made = []
    prepare = runner.prepare
    monkeypatch.setattr(runner, "prepare", lambda *a, **k: made.append(1) or prepare(*a, **k))
    x = np.ones(1024, np.float32)
    for flow in ("gradient", "guided", "gradient", "guided", "deconvnet", "guided", "gradient"):
        gradients(runner, {"x": x}, "y", x, ["x"], flow=flow)  # type: ignore[arg-type]
    assert len(made) == 4


def test_can_be_given_up(opened: Open) -> None:
    runner = opened("g (float[N] x) => (float[N] y) { y = Mul(x, x) }")

    def given_up(fraction: float, message: str, /) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        gradients(runner, {"x": _array(1)}, "y", _array(1), ["x"], progress=given_up)


def test_names_like_those_of_the_way_back_are_no_hindrance(opened: Open) -> None:
    runner = opened('g (float[1] "gradient/seed_1") => (float[1] y) { y = Tanh("gradient/seed_1") }')
    found = gradients(runner, {"gradient/seed_1": _array(0)}, "y", _array(3), ["gradient/seed_1"])
    assert found.gradients["gradient/seed_1"].tolist() == [3]


def test_half_precision(opened: Open) -> None:
    runner = opened("g (float16[2] x) => (float16[2] y) { y = Mul(x, x) }")
    found = gradients(runner, {"x": np.array([1, 2], np.float16)}, "y", _array(1, 1), ["x"])
    assert found.gradients["x"].dtype == np.float16
    assert found.gradients["x"].tolist() == [2, 4]


def test_half_precision_adds_up_where_onnxruntime_cannot(opened: Open) -> None:
    """1 2 becomes 2 1 2, mirrored at its edge."""
    runner = opened(
        """g (float16[2] x) => (float16[3] y) <int64[2] pads = {1, 0}>
        { y = Pad<mode = "reflect">(x, pads) }"""
    )
    found = gradients(runner, {"x": np.array([1, 2], np.float16)}, "y", _array(1, 10, 100), ["x"])
    assert found.gradients["x"].dtype == np.float16
    assert found.gradients["x"].tolist() == [10, 101]


def test_two_rules_for_an_operator_are_an_error() -> None:
    with pytest.raises(ValueError, match="two rules for Relu"):
        vjp("Relu")(lambda step: [None])


def test_constants_of_one_graph_are_not_those_of_another(opened: Open) -> None:
    """Both ways back number what was cut up, 300 places, in rows of another length."""
    runner = opened(
        """<ir_version: 8, opset_import: ["": 18]> g (float[300] x) => (float[N, M] a, float[N, M] b)
        <int64[1] from = {0}, int64[1] to = {300}, int64[1] axis = {0}, int64[1] step = {50},
         int64[2] three = {100, 3}, int64[2] two = {150, 2}> {
          in_threes = Reshape(x, three)
          a = Slice(in_threes, from, to, axis, step)
          in_twos = Reshape(x, two)
          b = Slice(in_twos, from, to, axis, step)
        }"""
    )
    x = np.arange(300, dtype=np.float32)
    for target, wanted in (("a", [0, 1, 2, 150, 151, 152]), ("b", [0, 1, 100, 101, 200, 201])):
        seed = np.ones_like(runner.run({"x": x}, [target])[target])
        found = gradients(runner, {"x": x}, target, seed, ["x"]).gradients["x"]
        assert np.flatnonzero(found).tolist() == wanted
