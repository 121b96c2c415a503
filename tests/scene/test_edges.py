"""Courses of edges: where they begin and end, and what they keep clear of."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.graph.layout import Layout, arrange
from explorer3d.graph.model import Model
from explorer3d.scene.edges import extents, nearest, strokes
from explorer3d.scene.placement import HANDLE_SIDE, Placement, place
from explorer3d.scene.routes import POINTS, routes
from tests.scene.networks import branching, chain, network, residual

NETWORKS = {
    "chain": chain(60),
    "residual": residual(16),
    "branching": branching(5, 4),
    "far": chain(50) | {"end": ["n49", "n2"]},
    "side by side": {
        "a0": ["x"], "a1": ["a0"], "a2": ["a1"], "b0": ["x"], "b1": ["b0"], "b2": ["b1", "x"],
        "join": ["a2", "b2", "a0"],
    },
}  # fmt: skip


def built(name: str, opened: dict[int, float] | None = None) -> tuple[Model, Layout, Placement]:
    layers = NETWORKS[name]
    shapes = {one: (1, 3, 2 ** (index % 8), 2 ** (index % 5)) for index, one in enumerate(layers)}
    model = network(layers, shapes)
    layout = arrange(model)
    return model, layout, place(model, layout, opened)


@pytest.mark.parametrize("name", NETWORKS)
def test_from_the_sources_right_edge_to_the_targets_left(name: str) -> None:
    _, layout, placement = built(name)
    courses = routes(layout, placement)
    assert courses.shape == (len(layout.edges), POINTS, 3)
    assert np.isfinite(courses).all()
    for edge, course in zip(layout.edges, courses, strict=True):
        right = placement.centres[edge.source, 0] + placement.sizes[edge.source, 0] / 2
        left = placement.centres[edge.target, 0] - placement.sizes[edge.target, 0] / 2
        assert 0 <= course[0, 0] - right <= HANDLE_SIDE
        assert 0 <= left - course[-1, 0] <= HANDLE_SIDE
        assert course[0, 1] == placement.centres[edge.source, 1]
        assert course[-1, 1] == placement.centres[edge.target, 1]
        # Behind the faces, so that no edge is drawn over data.
        assert (course[:, 2] < 0).all()


def blocks_met(placement: Placement, course: np.ndarray) -> set[str]:
    """Blocks whose front a course runs over, followed in small steps."""
    fine = np.concatenate(
        [np.linspace(a, b, 40) for a, b in zip(course[:-1, :2], course[1:, :2], strict=True)]
    )
    half = placement.sizes[:, None, :2] / 2 - 1e-6
    inside = (np.abs(fine[None] - placement.centres[:, None, :2]) < half).all(axis=2).any(axis=1)
    return {placement.names[index] for index in np.flatnonzero(inside)}


@pytest.mark.parametrize("opened", [None, {0: 6.0, 1: 4.0}])
@pytest.mark.parametrize("name", ["chain", "residual", "branching", "far"])
def test_wraps_stay_out_of_blocks(name: str, opened: dict[int, float] | None) -> None:
    _, layout, placement = built(name, opened)
    wraps = [
        course
        for edge, course in zip(layout.edges, routes(layout, placement), strict=True)
        if edge.kind == "wrap"
    ]
    assert wraps
    for course in wraps:
        assert blocks_met(placement, course) == set()


@pytest.mark.parametrize("name", ["chain", "residual"])
def test_wraps_run_between_the_rows(name: str) -> None:
    _, layout, placement = built(name)
    for edge, course in zip(layout.edges, routes(layout, placement), strict=True):
        if edge.kind == "wrap":
            row = layout.row[edge.target]
            level = course[np.isclose(course[:, 1], np.median(course[:, 1]), atol=0.3), 1]
            assert placement.row_floors[row - 1] > level.min() > placement.row_tops[row] - 0.01


@pytest.mark.parametrize("name", ["residual", "side by side"])
def test_skips_arch_over_the_blocks_they_pass(name: str) -> None:
    _, layout, placement = built(name)
    skips = [
        pair for pair in zip(layout.edges, routes(layout, placement), strict=True) if pair[0].kind == "skip"
    ]
    assert skips
    for edge, course in skips:
        level = layout.lane == layout.lane[edge.source]
        passed = (
            (layout.row == layout.row[edge.source])
            & (layout.column > layout.column[edge.source])
            & (layout.column < layout.column[edge.target])
            & level
        )
        tops = placement.centres[passed, 1] + placement.sizes[passed, 1] / 2
        if layout.lane[edge.source] == layout.lane[edge.target] == 0 and len(tops):
            assert course[:, 1].max() > tops.max()


@pytest.mark.parametrize("name", ["residual", "branching", "side by side"])
def test_arches_stay_in_their_row(name: str) -> None:
    """An arch must not reach into the labels of the row above it."""
    _, layout, placement = built(name)
    for edge, course in zip(layout.edges, routes(layout, placement), strict=True):
        row = layout.row[edge.source]
        if edge.kind == "skip" and row > 0:
            assert course[:, 1].max() < placement.row_floors[row - 1]


def test_straight_edges_between_level_blocks_are_level() -> None:
    _, layout, placement = built("chain")
    straight = [
        course
        for edge, course in zip(layout.edges, routes(layout, placement), strict=True)
        if edge.kind == "straight"
    ]
    assert straight
    for course in straight:
        assert np.ptp(course[:, 1]) < 1e-9
        assert (np.diff(course[:, 0]) > 0).all()


def test_edges_pass_behind_opened_layers() -> None:
    course = np.array([[[0.0, 0, 0], [10.0, 0, 0]], [[0.0, 5, 0], [10.0, 5, 0]], [[2.0, -3, 0], [2.0, 3, 0]]])
    frame = np.array([[1.0, 1, 0], [4, 1, 0], [4, -1, 0], [1, -1, 0]])
    points, cells = strokes(course, [frame])
    drawn = sorted((*points[a, :2].tolist(), *points[b, :2].tolist()) for a, b in cells)
    assert drawn == [(0, 0, 1, 0), (0, 5, 10, 5), (2, -3, 2, -1), (2, 1, 2, 3), (4, 0, 10, 0)]


@pytest.mark.parametrize(
    ("point", "expected"),
    [((1.0, 0.1), 0), ((1.0, 0.9), 1), ((1.0, 0.5), None), ((-0.5, 0.0), None), ((2.1, 1.0), 1)],
)
def test_the_edge_at_a_point(point: tuple[float, float], expected: int | None) -> None:
    # Two level lines, one above the other.
    courses = np.array([[[0, y, 0], [1, y, 0], [2, y, 0]] for y in (0.0, 1.0)])
    assert nearest(courses, extents(courses), np.array(point), 0.2) == expected
    assert nearest(courses[:0], extents(courses[:0]), np.array(point), 0.2) is None


def test_the_edge_at_a_point_is_found_among_many() -> None:
    rng = np.random.default_rng(0)
    ends = rng.uniform(0, 1000, (12_500, 1, 3))
    courses = ends + np.linspace(0, 3, POINTS)[None, :, None]
    for number in (0, 7_000, 12_499):
        assert nearest(courses, extents(courses), courses[number, 1, :2], 1e-9) == number
