"""Curves with few points: how far they are off, by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.scene.courses import FINEST, segments, weights


def off(course: np.ndarray, pieces: np.ndarray) -> float:
    """Longest distance of a point to the nearest of some straight pieces."""
    start, way = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    from_start = course[:, None] - start
    along = np.clip((from_start * way).sum(axis=2) / (way * way).sum(axis=1), 0, 1)
    return float(np.linalg.norm(from_start - along[:, :, None] * way, axis=2).min(axis=1).max())


def test_a_straight_line_needs_its_ends_alone() -> None:
    line = np.linspace([0.0, 0, 0], [7, 2, 1], 24)
    found = weights(line[None])
    assert (found[0] > FINEST).tolist() == [True] + [False] * 22 + [True]


def test_a_corner_weighs_what_it_stands_out() -> None:
    bent = np.array([[[0.0, 0, 0], [1, 3, 0], [2, 0, 0]]])
    assert weights(bent)[0].tolist() == [np.inf, 3.0, np.inf]


@pytest.mark.parametrize("tolerance", [FINEST, 0.05, 0.4])
def test_no_point_is_further_off_than_was_allowed(tolerance: float) -> None:
    random = np.random.default_rng(0)
    curves = np.cumsum(random.normal(size=(60, 24, 3)), axis=1) * random.uniform(0.01, 1, (60, 1, 1))
    kept = weights(curves) > tolerance
    pieces, owners = segments(curves, kept)
    for place, curve in enumerate(curves):
        assert off(curve, pieces[owners == place]) <= tolerance * 1.0001
    assert kept.sum() < curves.shape[0] * 24


def test_coarser_curves_have_fewer_points() -> None:
    t = np.linspace(0, np.pi, 24)
    arch = np.stack([t, np.sin(t), 0 * t], axis=1)[None]
    counts = [len(segments(arch, weights(arch) > tolerance)[0]) for tolerance in (0.003, 0.03, 0.3, 3.0)]
    assert counts[0] > counts[1] > counts[2] > counts[3] == 1


def test_pieces_of_one_curve_never_lead_to_the_next() -> None:
    curves = np.arange(18.0).reshape(2, 3, 3) ** 2
    pieces, owners = segments(curves, np.ones((2, 3), bool))
    assert owners.tolist() == [0, 0, 1, 1]
    assert np.array_equal(pieces[1], curves[0, 1:])
    assert np.array_equal(pieces[2], curves[1, :2])


def test_no_curves_at_all() -> None:
    none = np.zeros((0, 24, 3))
    assert weights(none).shape == (0, 24)
    assert len(segments(none, np.zeros((0, 24), bool))[0]) == 0
