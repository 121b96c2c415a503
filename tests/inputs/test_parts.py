"""Each input from a source of its own; states that come from the step before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.inputs import Excerpt, Generated, Held, Parts, Typed, feeds_for, states

Shape = Sequence[int | str | None] | None
Maker = Callable[..., Model]


@pytest.fixture
def made(tmp_path: Path) -> Maker:
    """A model of these inputs and outputs, which are copies of the first input."""

    def make(inputs: dict[str, tuple[int, Shape]], outputs: dict[str, tuple[int, Shape]]) -> Model:
        first = next(iter(inputs))
        graph = helper.make_graph(
            [helper.make_node("Identity", [first], [name]) for name in outputs],
            "made",
            [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
            [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
        )
        path = tmp_path / "made.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        return read_model(path)

    return make


FLOAT, INT = TensorProto.FLOAT, TensorProto.INT64


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ((FLOAT, [2, 3]), "1 2,3;4 5 −6", [[1, 2, 3], [4, 5, -6]]),
        ((FLOAT, [2, 3]), "0.5", np.full((2, 3), 0.5)),
        ((FLOAT, [2, 3]), "[[1, 2, 3], [4, 5, 6]]", [[1, 2, 3], [4, 5, 6]]),
        ((FLOAT, [1, 3]), "[1, 2, 3]", [[1, 2, 3]]),
        ((INT, ["batch", "length"]), "7 1 4", [[7, 1, 4]]),
        ((INT, ["batch", "length"]), "7", [[7]]),
        ((FLOAT, ["length", 2]), "1 2 3 4 5 6", [[1, 2], [3, 4], [5, 6]]),
        ((INT, []), "16000", 16000),
        ((TensorProto.BOOL, [3]), "1 0 2", [True, False, True]),
        ((TensorProto.STRING, [1]), "two words", ["two words"]),
        ((TensorProto.STRING, [2]), '["two", "words"]', ["two", "words"]),
    ],
)
def test_typed(made: Maker, kind: tuple[int, Shape], text: str, expected: object) -> None:
    model = made({"x": kind}, {"y": kind})
    array = feeds_for(model, Parts({"x": Typed(text)})).arrays["x"]
    np.testing.assert_array_equal(array, np.asarray(expected, array.dtype))
    assert array.shape == np.shape(expected)


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ((FLOAT, [2, 3]), "1 2 3 4", "4 numbers, but the input takes .*: 6, or one"),
        ((FLOAT, [2, 3]), "1 2 3 4 5 6 7 8 9", "9 numbers, but the input takes .*: 6, or one"),
        ((FLOAT, ["n", 2]), "1 2 3", "a multiple of 2"),
        ((FLOAT, [2]), "1 two", "numbers with commas"),
        ((FLOAT, [2]), "[[1, 2], [3]]", "equal length"),
        ((FLOAT, [2]), "[1, ", "equal length"),
        ((FLOAT, [1]), '["one"]', "must be numbers"),
        ((INT, [2]), "1.5 2", "float64"),
        ((INT, [1]), "9" * 30, "type"),
        ((FLOAT, [2**20, 2**20]), "0", "too large to be typed"),
        ((FLOAT, [2]), "1 " * 2**20, "too long"),
        ((FLOAT, [2]), "[" * 100_000, "equal length"),
    ],
)
def test_typed_wrongly(made: Maker, kind: tuple[int, Shape], text: str, said: str) -> None:
    model = made({"x": kind}, {"y": kind})
    with pytest.raises(InputError, match=said):
        feeds_for(model, Parts({"x": Typed(text)}))


def test_what_is_longer_goes_in_one_stretch_after_another(made: Maker) -> None:
    model = made({"x": (FLOAT, [1, 3]), "n": (INT, [1])}, {"y": (FLOAT, [1, 3])})
    parts: Parts | None = Parts({"x": Typed("1 2 3; 4 5 6; 7 8 9"), "n": Typed("5 6")})
    seen, last = [], parts
    while parts is not None:
        feeds = feeds_for(model, parts)
        seen.append((feeds.arrays["x"].tolist(), feeds.arrays["n"].tolist()))
        last, parts = parts, feeds.following
    # Of the shorter one the last goes on.
    assert seen == [([[1, 2, 3]], [5]), ([[4, 5, 6]], [6]), ([[7, 8, 9]], [6])]
    assert last == Parts({"x": Excerpt(Typed("1 2 3; 4 5 6; 7 8 9"), 6), "n": Excerpt(Typed("5 6"), 1)})


def test_each_from_elsewhere(made: Maker, tmp_path: Path) -> None:
    model = made(
        {
            "image": (FLOAT, [1, 3, 8, 8]),
            "meta": (FLOAT, [1, 4]),
            "ids": (INT, [1, 2]),
            "more": (FLOAT, [1, 4]),
        },
        {"y": (FLOAT, [1, 3, 8, 8])},
    )
    alone = feeds_for(model)
    pixels = np.random.default_rng(2).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    np.save(tmp_path / "meta.npy", np.arange(4, dtype=np.float32))
    parts = Parts({"meta": tmp_path / "meta.npy", "ids": Typed("1, 0")}, tmp_path / "photo.png")
    feeds = feeds_for(model, parts)
    assert list(feeds.arrays) == ["image", "meta", "ids", "more"]
    np.testing.assert_allclose(feeds.arrays["image"][0].transpose(1, 2, 0), pixels / 255, atol=1e-6)
    np.testing.assert_array_equal(feeds.arrays["meta"], [[0, 1, 2, 3]])
    np.testing.assert_array_equal(feeds.arrays["ids"], [[1, 0]])
    # What nobody has named is as it was.
    np.testing.assert_array_equal(feeds.arrays["more"], alone.arrays["more"])
    np.testing.assert_array_equal(feeds.picture, pixels)
    assert feeds.description == (
        "meta: meta.npy, 4 float32; ids: typed 1×2 int64; photo.png, 8×8 stretch, x/255; noise (0) for more"
    )
    held = Held(np.float32([[9, 8, 7, 6]]), "what came out")
    feeds = feeds_for(model, Parts({"more": held, "meta": Generated("ones"), "image": Generated("zeros")}))
    np.testing.assert_array_equal(feeds.arrays["more"], held.array)
    np.testing.assert_array_equal(feeds.arrays["meta"], np.ones((1, 4)))
    assert not feeds.arrays["image"].any() and feeds.picture is None
    with pytest.raises(InputError, match="no input 'other'"):
        feeds_for(model, Parts({"other": Typed("1")}))
    # A file for all of them; the one that is named wins.
    arrays = {name: np.zeros_like(array) for name, array in alone.arrays.items()}
    np.savez(tmp_path / "all.npz", **arrays)
    feeds = feeds_for(model, Parts({"ids": Typed("1")}, tmp_path / "all.npz"))
    assert feeds.arrays["ids"].all() and not feeds.arrays["more"].any()


def test_sizes_follow_what_is_typed(made: Maker) -> None:
    """Of an input of unknown shape nothing is known until somebody says it."""
    model = made({"x": (FLOAT, None), "n": (FLOAT, [2])}, {"y": (FLOAT, None)})
    assert "x" not in feeds_for(model).arrays
    feeds = feeds_for(model, Parts({"x": Typed("[[1, 2]]")}))
    np.testing.assert_array_equal(feeds.arrays["x"], [[1, 2]])
    assert "not known" not in feeds.description


STATE = (FLOAT, [2, "batch", 8])


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        (["x", "state"], ["y", "stateN"], {"state": "stateN"}),
        (["x", "h0", "c0"], ["y", "hn", "cn"], {"h0": "hn", "c0": "cn"}),
        (["x", "h_in"], ["h_out", "y"], {"h_in": "h_out"}),
        (["x", "hidden", "cell"], ["new_hidden", "newCell"], {"hidden": "new_hidden", "cell": "newCell"}),
        (
            ["ids", "past_key_values.0.key", "past_key_values.1.key"],
            ["logits", "present.0.key", "present.1.key"],
            {"past_key_values.0.key": "present.0.key", "past_key_values.1.key": "present.1.key"},
        ),
        (["input", "mask"], ["output"], {}),
        (["image"], ["image_out"], {}),
        (["x", "state"], ["y"], {}),
    ],
)
def test_states_are_found_by_their_names(
    made: Maker, inputs: list[str], outputs: list[str], expected: dict[str, str]
) -> None:
    model = made(dict.fromkeys(inputs, STATE), dict.fromkeys(outputs, STATE))
    assert states(model) == expected
    arrays = feeds_for(model).arrays
    assert {name for name in inputs if not arrays[name].any()} == set(expected)


def test_states_fit(made: Maker) -> None:
    for other in ((FLOAT, [2, "batch", 9]), (INT, [2, "batch", 8]), (FLOAT, [2, 8])):
        assert states(made({"x": STATE, "state": STATE}, {"y": STATE, "stateN": other})) == {}
    unknown = (FLOAT, None)
    assert states(made({"x": STATE, "state": STATE}, {"stateN": unknown})) == {"state": "stateN"}
