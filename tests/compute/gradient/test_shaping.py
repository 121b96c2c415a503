"""Gradients of operators that keep the numbers and put them elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.compute.gradient.referee import TOLERANCE, noise, one_node, ours
from tests.compute.gradient.reference import opsets, worst_error

Ints = list[int]


def _ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int64)


def _told(opset: int, since: int, **lists: Ints) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Lists as inputs, from that opset on, or as attributes."""
    if opset >= since:
        return {name: _ints(*numbers) for name, numbers in lists.items()}, {}
    return {}, dict(lists)


@pytest.mark.parametrize("opset", opsets("Reshape"))
@pytest.mark.parametrize("shape", [[6, 4], [0, -1], [-1]], ids=str)
def test_reshape(tmp_path: Path, opset: int, shape: Ints) -> None:
    feeds = {"x": noise(1, 2, 3, 4), "shape": _ints(*shape)}
    assert worst_error(tmp_path, "Reshape", opset, feeds, ["x"], ["shape"]) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Flatten"))
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_flatten(tmp_path: Path, opset: int, axis: int) -> None:
    assert worst_error(tmp_path, "Flatten", opset, {"x": noise(1, 2, 3, 4)}, ["x"], axis=axis) <= TOLERANCE


@pytest.mark.parametrize(
    ("operator", "opset"), [(name, opset) for name in ("Squeeze", "Unsqueeze") for opset in opsets(name)]
)
def test_axes_of_size_one(tmp_path: Path, operator: str, opset: int) -> None:
    more, attributes = _told(opset, 13, axes=[0, 2])
    feeds = {"x": noise(1, *((1, 3, 1, 2) if operator == "Squeeze" else (3, 2))), **more}
    assert worst_error(tmp_path, operator, opset, feeds, ["x"], ["axes"], **attributes) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Transpose"))
@pytest.mark.parametrize("perm", [None, [1, 2, 0]], ids=str)
def test_transpose(tmp_path: Path, opset: int, perm: Ints | None) -> None:
    attributes = {} if perm is None else {"perm": perm}
    assert (
        worst_error(tmp_path, "Transpose", opset, {"x": noise(1, 2, 3, 4)}, ["x"], **attributes) <= TOLERANCE
    )


@pytest.mark.parametrize("opset", opsets("Expand"))
@pytest.mark.parametrize("shape", [[2, 3, 4], [3, 1], [5, 1, 1, 4]], ids=str)
def test_expand(tmp_path: Path, opset: int, shape: Ints) -> None:
    feeds = {"x": noise(1, 3, 1), "shape": _ints(*shape)}
    assert worst_error(tmp_path, "Expand", opset, feeds, ["x"], ["shape"]) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Tile"))
def test_tile(tmp_path: Path, opset: int) -> None:
    feeds = {"x": noise(1, 2, 3, 2), "repeats": _ints(3, 1, 2)}
    assert worst_error(tmp_path, "Tile", opset, feeds, ["x"], ["repeats"]) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Concat"))
@pytest.mark.parametrize("axis", [1, -2])
def test_concat(tmp_path: Path, opset: int, axis: int) -> None:
    if opset < 11:
        axis %= 3
    feeds = {"a": noise(1, 2, 3, 4), "b": noise(2, 2, 1, 4), "c": noise(3, 2, 2, 4)}
    assert worst_error(tmp_path, "Concat", opset, feeds, list(feeds), axis=axis) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Split"))
def test_split_of_which_one_part_is_used(tmp_path: Path, opset: int) -> None:
    """The first is called y; the other has no say."""
    more, attributes = _told(opset, 13, split=[1, 3])
    feeds = {"x": noise(1, 2, 4), **more}
    path = one_node(tmp_path, "Split", feeds, opset, ["split"], axis=1, outputs=2, **attributes)
    found = ours(path, feeds, np.array([[5], [7]], np.float32), ["x"])["x"]
    assert found.tolist() == [[5, 0, 0, 0], [7, 0, 0, 0]]


SLICES: list[dict[str, Ints]] = [
    {"starts": [1, 0], "ends": [3, 2]},
    {"starts": [-3], "ends": [1000], "axes": [1]},
    {"starts": [1, 0], "ends": [-1, 1], "axes": [2, 0]},
    {"starts": [0, 1], "ends": [4, 5], "axes": [1, 2], "steps": [2, 3]},
    {"starts": [-1], "ends": [-1000], "axes": [2], "steps": [-2]},
]


@pytest.mark.parametrize("opset", opsets("Slice"))
@pytest.mark.parametrize("lists", SLICES, ids=str)
def test_slice(tmp_path: Path, opset: int, lists: dict[str, Ints]) -> None:
    if opset < 10:
        lists = {name: numbers for name, numbers in lists.items() if name != "steps"}
        if lists["starts"] == [-1]:
            lists = {"starts": [-2], "ends": [-1], "axes": [2]}
    more, attributes = _told(opset, 10, **lists)
    feeds = {"x": noise(1, 3, 4, 5), **more}
    assert worst_error(tmp_path, "Slice", opset, feeds, ["x"], list(more), **attributes) <= TOLERANCE


def test_slice_from_where_an_input_says(tmp_path: Path) -> None:
    """How many are taken is known from the shapes alone; here it is looked up."""
    feeds = {"x": np.arange(5, dtype=np.float32), "starts": _ints(2), "ends": _ints(4)}
    path = one_node(tmp_path, "Slice", feeds, 18)
    found = ours(path, feeds, np.array([10, 20], np.float32), ["x"])["x"]
    assert found.tolist() == [0, 0, 10, 20, 0]


@pytest.mark.parametrize("opset", opsets("Pad"))
@pytest.mark.parametrize("mode", ["constant", "reflect", "edge", "wrap"])
def test_pad(tmp_path: Path, opset: int, mode: str) -> None:
    if mode == "wrap" and opset < 19:
        mode = "edge"
    more, attributes = _told(opset, 11, pads=[0, 1, 2, 1, 2, 0])
    feeds = {"x": noise(1, 2, 3, 4), **more}
    assert worst_error(tmp_path, "Pad", opset, feeds, ["x"], ["pads"], mode=mode, **attributes) <= TOLERANCE


def test_pad_that_cuts_off(tmp_path: Path) -> None:
    """The first row goes, and the last column; two columns of zeros come."""
    feeds = {"x": noise(1, 3, 2), "pads": _ints(-1, 2, 0, -1)}
    path = one_node(tmp_path, "Pad", feeds, 18, ["pads"])
    found = ours(path, feeds, np.array([[1, 2, 3], [4, 5, 6]], np.float32), ["x"])["x"]
    assert found.tolist() == [[0, 0], [3, 0], [6, 0]]


def test_pad_of_named_axes(tmp_path: Path) -> None:
    feeds = {"x": noise(1, 3, 4), "pads": _ints(2, 1), "-value": _ints(0), "axes": _ints(-1)}
    assert worst_error(tmp_path, "Pad", 18, feeds, ["x"], ["pads", "axes"]) <= TOLERANCE


def test_what_is_mirrored_adds_up(tmp_path: Path) -> None:
    """1 2 3 becomes 3 2 1 2 3: the two outer ones are a second time there."""
    feeds = {"x": np.array([1, 2, 3], np.float32), "pads": _ints(2, 0)}
    path = one_node(tmp_path, "Pad", feeds, 18, ["pads"], mode="reflect")
    found = ours(path, feeds, np.array([1, 10, 100, 1000, 10000], np.float32), ["x"])["x"]
    assert found.tolist() == [100, 1010, 10001]


@pytest.mark.parametrize("opset", opsets("DepthToSpace"))
@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_to_space(tmp_path: Path, opset: int, mode: str) -> None:
    attributes = {"blocksize": 2, **({"mode": mode} if opset >= 11 else {})}
    feeds = {"x": noise(1, 2, 12, 2, 3)}
    assert worst_error(tmp_path, "DepthToSpace", opset, feeds, ["x"], **attributes) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("SpaceToDepth"))
def test_space_to_depth(tmp_path: Path, opset: int) -> None:
    feeds = {"x": noise(1, 2, 3, 4, 6)}
    assert worst_error(tmp_path, "SpaceToDepth", opset, feeds, ["x"], blocksize=2) <= TOLERANCE


@pytest.mark.parametrize("upper", [0, 1])
def test_trilu(tmp_path: Path, upper: int) -> None:
    feeds = {"x": noise(1, 2, 4, 3), "k": np.array(-1, np.int64)}
    assert worst_error(tmp_path, "Trilu", 14, feeds, ["x"], ["k"], upper=upper) <= TOLERANCE


def test_reverse_sequence(tmp_path: Path) -> None:
    feeds = {"x": noise(1, 4, 3, 2), "lengths": _ints(2, 4, 1)}
    assert worst_error(tmp_path, "ReverseSequence", 10, feeds, ["x"], ["lengths"]) <= TOLERANCE


@pytest.mark.parametrize("opset", opsets("Dropout"))
def test_dropout_as_it_is_used(tmp_path: Path, opset: int) -> None:
    feeds, seed = {"x": noise(1, 2, 3)}, noise(2, 2, 3)
    assert np.array_equal(ours(one_node(tmp_path, "Dropout", feeds, opset), feeds, seed, ["x"])["x"], seed)


@pytest.mark.parametrize("opset", opsets("Cast"))
def test_cast_between_precisions(tmp_path: Path, opset: int) -> None:
    feeds = {"x": noise(1, 2, 3)}
    found = ours(one_node(tmp_path, "Cast", feeds, opset, to=11), feeds, noise(2, 2, 3).astype(float), ["x"])[
        "x"
    ]
    assert found.dtype == np.float32
    assert np.array_equal(found, noise(2, 2, 3))
