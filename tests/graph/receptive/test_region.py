"""Sets of places, their unions, and what they were in another shape."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.graph.receptive.indices import Indices, array, covers, indices, inside, union
from explorer3d.graph.receptive.region import Block, Region, joined
from explorer3d.graph.receptive.reshaping import before_reshape
from explorer3d.graph.receptive.step import Unmapped


def places(of: Indices) -> set[int]:
    return set(array(of).tolist())


@pytest.mark.parametrize("seed", range(3))
def test_sets_of_places_are_what_python_makes_of_them(seed: int) -> None:
    noise = np.random.default_rng(seed)

    def drawn() -> Indices:
        if noise.integers(3):
            start, length, step = noise.integers(-6, 9), noise.integers(6), noise.integers(1, 4)
            return range(int(start), int(start + length * step), int(step))
        return indices(noise.integers(-6, 12, noise.integers(7)))

    for _ in range(400):
        one, other = drawn(), drawn()
        assert places(union([one, other])) == places(one) | places(other), (one, other)
        assert covers(one, other) == places(one).issuperset(places(other)), (one, other)
        assert places(inside(one, 5)) == places(one) & set(range(5)), one


def test_evenly_spaced_places_are_a_range() -> None:
    assert indices(np.array([9, 3, 6, 3])) == range(3, 10, 3)
    assert union([range(2, 5), range(5, 7)]) == range(2, 7)
    assert union([range(2, 5), range(3, 4)]) == range(2, 5)
    # With a gap between them they are not run together.
    assert array(union([range(2, 5), range(6, 7)])).tolist() == [2, 3, 4, 6]


def test_blocks_that_differ_along_one_axis_are_one() -> None:
    quarters = [
        Block((rows, columns)) for rows in (range(2), range(2, 5)) for columns in (range(3), range(3, 9))
    ]
    (whole,) = joined(quarters)
    assert whole.axes == (range(5), range(9)) and whole.exact


def test_very_many_blocks_are_an_upper_bound() -> None:
    diagonal = [Block((range(at, at + 1), range(at, at + 1))) for at in range(50)]
    region = Region((50, 50), joined(diagonal))
    assert not region.exact and region.mask().all()
    few = Region((50, 50), joined(diagonal[:5]))
    assert few.exact and few.mask().sum() == 5


@pytest.mark.parametrize("after", [(24,), (4, 6), (2, 12), (6, 4), (3, 8), (2, 2, 6), (24, 1, 1)])
@pytest.mark.parametrize("before", [(24,), (4, 6), (3, 2, 4), (1, 8, 3)])
def test_places_before_a_change_of_shape(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0)
    for _ in range(10):
        axes = [indices(noise.choice(size, noise.integers(1, size + 1), replace=False)) for size in after]
        marked = np.zeros(after, bool)
        marked[np.ix_(*map(array, axes))] = True
        region = Region(before, joined(before_reshape(axes, after, before, True)))
        found, expected = region.mask(), marked.reshape(before)
        assert found[expected].all()
        if region.exact:
            assert np.array_equal(found, expected)


def test_scattered_places_become_an_upper_bound() -> None:
    scattered = indices(np.random.default_rng(0).choice(10_000, 3_000, replace=False))
    (block,) = before_reshape([scattered], (10_000,), (100, 100), True)
    assert not block.exact and block.size >= 3_000
    # A run of places is not: the rest of a row, whole rows, the beginning of a row.
    run = before_reshape([range(250, 730)], (10_000,), (100, 100), True)
    assert all(block.exact for block in run) and sum(block.size for block in run) == 480


def test_shapes_of_other_sizes_do_not_match() -> None:
    with pytest.raises(Unmapped):
        before_reshape([range(6)], (6,), (2, 4), True)
