"""From numbers to colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.compute.colour_range import FIXED, ColourRange
from explorer3d.compute.picture import ABOVE, BELOW, EMPTY, FIRST, LAST, Limits, coloured, index_of
from explorer3d.compute.statistics import Statistics
from explorer3d.scene.colormaps import DIVERGING, default_map, lookup

DARK_INK, LIGHT_INK = (0, 0, 0), (255, 255, 255)


@dataclass(frozen=True, eq=False)
class Shade:
    """How numbers are coloured.

    Attributes
    ----------
    limits : (float, float)
        What gets the first and the last colour.
    colormap : str
        Key in `COLORMAPS`.
    gamma : float
        Below 1 small numbers stand out more; around the middle where zero is there.
    centred : bool
        Zero is the middle of the colours.
    own : (2, channels) float array or None
        Limits of each channel, which take the place of `limits`.
    """

    limits: Limits
    colormap: str
    gamma: float = 1.0
    centred: bool = False
    own: np.ndarray | None = None

    def table(self) -> np.ndarray:
        """(256, 4) uint8 array: red, green, blue and opacity of each colour index."""
        table = lookup(self.colormap).astype(np.float64)
        steps = np.arange(FIRST, LAST + 1)
        share = (steps - FIRST) / (LAST - FIRST)
        if self.centred:
            away = 2 * share - 1
            share = (np.sign(away) * np.abs(away) ** self.gamma + 1) / 2
        else:
            share = share**self.gamma
        at = FIRST + share * (LAST - FIRST)
        table[FIRST : LAST + 1] = np.stack(
            [np.interp(at, steps, table[FIRST : LAST + 1, band]) for band in range(3)], axis=1
        )
        opacity = np.where(np.arange(256) == EMPTY, 0, 255)
        return np.concatenate([np.rint(table), opacity[:, None]], axis=1).astype(np.uint8)

    def indices(self, numbers: np.ndarray, channel: np.ndarray) -> np.ndarray:
        """Colour index of each number.

        Parameters
        ----------
        numbers : array
        channel : int array
            Of a shape that fits: the channel of each number.

        Returns
        -------
        uint8 array
        """
        if self.own is None:
            return index_of(numbers, self.limits)
        low, high = self.own[0][channel], self.own[1][channel]
        with np.errstate(invalid="ignore", over="ignore"):
            return index_of((numbers - low) / np.where(high > low, high - low, 1.0), (0.0, 1.0))

    def colours(self, numbers: np.ndarray, channel: np.ndarray) -> np.ndarray:
        """(…, 3) uint8 array: red, green and blue of numbers that are such themselves."""
        limits = self.limits
        if self.own is not None:
            low, high = self.own[0][channel][..., None], self.own[1][channel][..., None]
            numbers = (numbers - low) / np.where(high > low, high - low, 1.0)
            limits = (0.0, 1.0)
        shades = coloured(numbers, limits)
        if self.gamma == 1.0:
            return shades
        return np.asarray(np.rint(255 * (np.arange(256) / 255) ** self.gamma).astype(np.uint8)[shades])


def luminance(colours: np.ndarray) -> np.ndarray:
    """(…,) float array: how light colours (…, 3), 0..255, are seen, from 0 to 1.

    References
    ----------
    https://www.w3.org/TR/WCAG21/#dfn-relative-luminance
    """
    share = np.asarray(colours, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def takes_dark_ink(colours: np.ndarray) -> np.ndarray:
    """(…,) bool array: on which of some colours (…, 3) dark writing has more contrast than light."""
    return np.asarray(luminance(colours) + 0.05 > (1.05 * 0.05) ** 0.5)


def symmetric(limits: Limits) -> Limits:
    """Limits as far from zero on both sides."""
    largest = max(abs(limits[0]), abs(limits[1])) or 1.0
    return -largest, largest


def map_for(name: str, limits: Limits) -> str:
    """The colour map asked for, or the one that fits limits on both sides of zero, or on one."""
    return name or default_map(limits[0] < 0 < limits[1])


def shade_of(wanted: ColourRange, statistics: Statistics, colormap: str) -> Shade:
    """How a tensor is coloured, but for limits that each map may have of its own.

    Parameters
    ----------
    wanted : ColourRange
    statistics : Statistics
        Of the tensor.
    colormap : str
        Empty for the one that fits: where limits hold for several tensors these tell, else the tensor.
    """
    limits = wanted.between(statistics)
    shared = wanted.by_hand and wanted.kind == FIXED
    name = map_for(colormap, limits) if shared else colormap or default_map(statistics.diverging)
    if wanted.symmetric or name == DIVERGING:
        limits = symmetric(limits)
    return Shade(limits, name, wanted.gamma, limits[0] == -limits[1])


def remapped(shade: Shade, drawn: Limits) -> np.ndarray:
    """Colours of indices that were made between other limits.

    Parameters
    ----------
    shade : Shade
        What is wanted.
    drawn : (float, float)
        What was the first and the last colour when the indices were made.

    Returns
    -------
    (256, 3) uint8 array
        Exact but for values beyond the limits drawn, of which no more is known than that they are.
    """
    table = shade.table()[:, :3]
    low, high = shade.limits
    if (low, high) == drawn:
        return table
    steps = np.arange(FIRST, LAST + 1)
    values = drawn[0] + (steps - FIRST) / (LAST - FIRST) * (drawn[1] - drawn[0])
    at = FIRST + (values - low) / max(high - low, 1e-30) * (LAST - FIRST)
    inside = np.stack([np.interp(at, steps, table[FIRST : LAST + 1, band]) for band in range(3)], axis=1)
    # A step that is rounded is off by as much as the limits drawn lie apart, in half an index.
    slack = 0.5 * (drawn[1] - drawn[0]) / max(high - low, 1e-30)
    found = table.copy()
    found[FIRST : LAST + 1] = np.rint(inside)
    found[steps[at < FIRST - slack]] = table[BELOW]
    found[steps[at > LAST + slack]] = table[ABOVE]
    found[BELOW] = table[BELOW] if low >= drawn[0] else found[FIRST]
    found[ABOVE] = table[ABOVE] if high <= drawn[1] else found[LAST]
    return found
