"""Which number looks at a place, against windows put one over another by hand."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.graph.receptive.centring import Centres, centres_of, sampled
from explorer3d.graph.receptive.window import Window


def test_of_two_that_are_as_near_the_first() -> None:
    # Middles at 1, 3, 5.
    centres = Centres(1.0, 2.0, 3)
    assert [centres.nearest(place) for place in range(7)] == [0, 0, 0, 1, 1, 2, 2]


def test_what_the_ends_cut_off_is_made_good() -> None:
    """Windows of 5 at every second of 12 places, from −2 on: middles at 0, 2, 4, …"""
    seen = {place: range(max(2 * place - 2, 0), min(2 * place + 3, 12)) for place in sampled(6)}
    found = centres_of(seen, 12, 6)
    assert (found.first, found.step) == pytest.approx((0, 2))


def test_where_all_see_all_each_looks_at_its_share() -> None:
    found = centres_of({place: range(12) for place in range(3)}, 12, 3)
    # Thirds of 0..11: their middles are 1.5, 5.5 and 9.5.
    assert (found.first, found.step) == (1.5, 4)
    assert centres_of({0: range(2, 5)}, 12, 1).nearest(11) == 0


@pytest.mark.parametrize(
    "window",
    [
        Window(3, 2, 1, 1, 1, 11, 6),
        Window(2, 2, 1, 0, 0, 10, 5),
        Window(3, 1, 2, 0, 4, 11, 11),
        Window(1, 3, 1, 0, 0, 10, 4),
        Window(3, 2, 1, 1, 0, 5, 10, transposed=True),
        Window(4, 2, 1, 1, 1, 6, 12, transposed=True),
    ],
)
def test_the_nearest_of_all_windows(window: Window) -> None:
    middles = np.array([window.taps(place)[0].mean() for place in range(window.outputs)])
    for place in range(window.inputs):
        found = window.centres.nearest(place)
        # Of a transposed convolution what meets a place is a little to this side or that of its middle.
        near = 0.5 if window.transposed else 0
        assert abs(middles[found] - place) <= np.abs(middles - place).min() + near
