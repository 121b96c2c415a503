"""Colours of numbers, and of indices that were made for others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer3d.compute.colour_range import AUTOMATIC, FIXED, HAND, ColourRange
from explorer3d.compute.picture import ABOVE, BELOW, FIRST, LAST, NAN, index_of
from explorer3d.compute.statistics import summarise
from explorer3d.scene.colormaps import COLORMAPS, lookup
from explorer3d.scene.shade import DARK_INK, LIGHT_INK, Shade, remapped, shade_of, takes_dark_ink

NUMBERS = np.linspace(0.0, 10.0, 5001)


def test_indices_of_wider_limits_get_the_colours_of_narrower_ones() -> None:
    drawn = index_of(NUMBERS, (0.0, 10.0))
    shade = Shade((2.0, 7.0), "viridis")
    found = remapped(shade, (0.0, 10.0))[drawn].astype(int)
    exact = shade.table()[index_of(NUMBERS, (2.0, 7.0)), :3].astype(int)
    step = 10.0 / (LAST - FIRST)
    for beyond, index in ((2.0 - step > NUMBERS, BELOW), (7.0 + step < NUMBERS, ABOVE)):
        assert beyond.any() and (found[beyond] == lookup("viridis")[index]).all()
    inside = (2.0 + step < NUMBERS) & (7.0 - step > NUMBERS)
    # An index stands for numbers one step apart, which is two steps of the narrower colours.
    assert np.abs(found - exact)[inside].max() <= 8
    assert np.abs(found - exact)[inside].mean() < 1.5


def test_what_lies_beyond_the_limits_drawn_gets_the_last_colour_known() -> None:
    table = remapped(Shade((0.0, 20.0), "gray"), (0.0, 10.0))
    middle = table[LAST].astype(int)
    assert np.abs(middle - 127).max() <= 2
    assert (table[ABOVE] == table[LAST]).all() and (table[BELOW] == lookup("gray")[BELOW]).all()
    assert (table[NAN] == lookup("gray")[NAN]).all()


def test_the_same_limits_leave_the_colours_as_they_are() -> None:
    for name in ("inferno", "blue-orange"):
        assert (remapped(Shade((0.0, 1.0), name), (0.0, 1.0)) == lookup(name)).all()


def test_which_colours_a_choice_means() -> None:
    positive, both = summarise(np.linspace(0.0, 5.0, 100)), summarise(np.linspace(-4.0, 5.0, 100))
    shade = shade_of(AUTOMATIC, positive, "")
    assert (shade.limits, shade.colormap, shade.centred) == (positive.limits, "inferno", False)
    assert shade_of(AUTOMATIC, both, "").colormap == "blue-orange"
    slightly = replace(positive, minimum=-0.1, limits=(-0.1, 5.0))
    assert shade_of(AUTOMATIC, slightly, "").colormap == "inferno"
    # Limits set for one tensor leave it its map; those for several have one map for all of them.
    by_hand, fixed = (ColourRange(kind, (-0.5, 3.0)) for kind in (HAND, FIXED))
    assert shade_of(by_hand, positive, "").colormap == "inferno"
    assert shade_of(fixed, positive, "").limits == (-3.0, 3.0)
    assert shade_of(ColourRange(symmetric=True), positive, "gray").limits == (
        -positive.limits[1],
        positive.limits[1],
    )


def test_writing_is_read_on_every_colour_of_every_map() -> None:
    """Contrast as of WCAG 2.1, worked out anew: 4.5 is asked for."""

    def light(colour: np.ndarray) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour / 255]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    darks = 0
    for name in COLORMAPS:
        for colour, dark in zip(lookup(name), takes_dark_ink(lookup(name)), strict=True):
            ink = np.array(DARK_INK if dark else LIGHT_INK)
            one, other = light(colour.astype(float)), light(ink.astype(float))
            assert max(one, other) / min(one, other) >= 4.5, (name, colour)
            darks += dark
    assert 0 < darks < 256 * len(COLORMAPS)
