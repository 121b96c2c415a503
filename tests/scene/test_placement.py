"""Sizes and places of blocks, by hand and as rules every network keeps."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer3d.graph.layout import arrange
from explorer3d.graph.model import Port, Shape
from explorer3d.scene.placement import LABEL_ROOM, LARGEST, OPENED_GAP, PITCH, Placement, block_size, place
from tests.scene.networks import branching, chain, network, residual


def size(shape: Shape | None, axes: str = "") -> tuple[float, float, float]:
    return block_size(Port("v", None, shape, "float32", axes))


def test_no_tensor_is_a_small_block() -> None:
    assert block_size(None) == size(None) == (0.9, 0.9, 0.35)


def test_maps_by_hand() -> None:
    # 0.8 + 0.186·log2(16) = 1.544 and 0.8 + 0.186·log2(4) = 1.172; 0.16 + 0.085·log2(8) = 0.415
    assert size((1, 8, 4, 16), "NCHW") == pytest.approx((1.544, 1.172, 0.415))
    assert size((1, 4, 16, 8), "NHWC") == pytest.approx((1.544, 1.172, 0.415))


def test_volumes_count_their_slices_as_depth() -> None:
    assert size((1, 2, 4, 4, 16), "NCDHW") == pytest.approx((1.544, 1.172, 0.415))


def test_doubling_an_axis_adds_the_same() -> None:
    for axis, part in ((3, 0), (2, 1), (1, 2)):
        parts = []
        for exponent in range(1, 7):
            shape = [1, 2, 2, 2]
            shape[axis] = 2**exponent
            parts.append(size(tuple(shape), "NCHW")[part])
        steps = np.diff(parts)
        assert (steps > 0.05).all()
        assert steps == pytest.approx(np.full(5, steps[0]))


def test_nothing_is_larger_than_its_column() -> None:
    assert size((1, 3, 100_000, 100_000), "NCHW")[:2] == (LARGEST, LARGEST)
    assert LARGEST < PITCH


def test_vectors_are_squares() -> None:
    assert size((1, 256), "NC") == pytest.approx((1.544, 1.544, 0.22))
    assert size((256,), "C") == pytest.approx((1.544, 1.544, 0.22))
    assert size((), "") == pytest.approx((0.8, 0.8, 0.22))


def test_series_run_downwards() -> None:
    assert size((1, 16, 4), "NWC") == pytest.approx((1.172, 1.544, 0.22))
    assert size((1, 4, 16), "NCW") == pytest.approx((1.172, 1.544, 0.22))


def test_unknown_sizes_are_neither_tiny_nor_large() -> None:
    # As if it was 28 high; the batch does not count.
    assert size((None, 8, None, 16), "NCHW") == pytest.approx((1.544, 1.694, 0.415), abs=1e-3)


def boxes(placement: Placement, labels: bool) -> np.ndarray:
    """(n, 2, 2): lower left and upper right corner of each block, its labels included if asked."""
    half = placement.sizes[:, :2] / 2
    low, high = placement.centres[:, :2] - half, placement.centres[:, :2] + half
    if labels:
        low[:, 1] = placement.floors
        low[:, 0] = np.minimum(low[:, 0], placement.centres[:, 0] - PITCH * 0.47)
        high[:, 0] = np.maximum(high[:, 0], placement.centres[:, 0] + PITCH * 0.47)
    return np.stack([low, high], axis=1)


def overlaps(found: np.ndarray) -> list[tuple[int, int]]:
    return [
        (a, b)
        for a, b in combinations(range(len(found)), 2)
        if (np.minimum(found[a, 1], found[b, 1]) - np.maximum(found[a, 0], found[b, 0]) > 1e-9).all()
    ]


@pytest.mark.parametrize("layers", [chain(60), residual(16), branching(5, 4), chain(1)])
def test_no_block_covers_another(layers: dict[str, list[str]]) -> None:
    shapes = {name: (1, 2 ** (index % 9), 2 ** (index % 7), 224) for index, name in enumerate(layers)}
    model = network(layers, shapes)
    layout = arrange(model)
    if len(layers) > 20:
        assert len(layout.row_center) > 1
    placement = place(model, layout)
    assert overlaps(boxes(placement, labels=True)) == []


@given(st.lists(st.lists(st.integers(0, 200), min_size=1, max_size=3), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_no_block_covers_another_in_any_network(sources: list[list[int]]) -> None:
    names = ["x", *(f"n{index}" for index in range(len(sources)))]
    layers = {
        names[index + 1]: sorted({names[source % (index + 1)] for source in chosen})
        for index, chosen in enumerate(sources)
    }
    model = network(layers, dict.fromkeys(layers, (1, 3, 7, 224)))
    placement = place(model, arrange(model))
    assert overlaps(boxes(placement, labels=True)) == []


def test_front_faces_lie_in_one_plane() -> None:
    model = network(chain(5))
    assert (place(model, arrange(model)).centres[:, 2] == 0).all()


def test_columns_are_a_pitch_apart() -> None:
    model = network(chain(4))
    placement = place(model, arrange(model))
    assert placement.centres[:, 0].tolist() == pytest.approx([0, PITCH, 2 * PITCH, 3 * PITCH, 4 * PITCH])
    assert len(set(placement.centres[:, 1].tolist())) == 1


def test_floor_leaves_room_for_the_labels() -> None:
    model = network(chain(30), {"n3": (1, 3, 224, 224)})
    placement = place(model, arrange(model))
    bottoms = placement.centres[:, 1] - placement.sizes[:, 1] / 2
    assert (bottoms - placement.floors >= LABEL_ROOM - 1e-9).all()
    for row, floor in enumerate(placement.row_floors):
        assert placement.floors[placement.bands == row].min() == floor


def test_opened_rows_push_only_what_is_below() -> None:
    model = network(residual(16))
    layout = arrange(model)
    rows = len(layout.row_center)
    assert rows >= 3
    closed, opened = place(model, layout), place(model, layout, {1: 5.0})
    for row in range(rows):
        members = layout.row == row
        moved = closed.centres[members] - opened.centres[members]
        expected = [0.0, 5.0 + OPENED_GAP if row > 1 else 0.0, 0.0]
        assert moved == pytest.approx(np.tile(expected, (members.sum(), 1)))
    assert (closed.sizes == opened.sizes).all()
    # The room itself is free.
    assert opened.row_floors[1] - opened.row_tops[2] >= 5.0


def test_bounds_enclose_blocks_and_labels() -> None:
    model = network(branching(3, 3), {"join0": (1, 64, 224, 224)})
    placement = place(model, arrange(model))
    low, high = placement.bounds().min(axis=0), placement.bounds().max(axis=0)
    found = boxes(placement, labels=False)
    assert (low[:2] <= found[:, 0].min(axis=0)).all()
    assert (high[:2] >= found[:, 1].max(axis=0)).all()
    assert low[1] <= placement.floors.min()
    assert low[2] <= -placement.sizes[:, 2].max()
    assert high[2] >= 0


def test_an_empty_network() -> None:
    model = network({})
    placement = place(model, arrange(model))
    assert placement.names == ("x",)
