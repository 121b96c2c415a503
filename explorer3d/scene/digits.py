"""Numbers set in letters: digits and signs of equal width, so that columns of numbers are straight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explorer3d.scene.glyphs import EM, PAD, advance, ink, line

_BOLD = True  # or they would fade on a projector
_EQUAL = "0123456789+-−"
_LETTERS = _EQUAL + ".eNa∞"


@dataclass(frozen=True, eq=False)
class Digits:
    """Letters of many numbers.

    Attributes
    ----------
    owners : (k,) int array
        Which number each belongs to.
    boxes : (k, 4) float array
        Left, top, right, bottom of its ink in the texture of `Ink`.
    places : (k, 4) float array
        Left, bottom, right, top in ems, from the right end of the number, halfway up its line.
    """

    owners: np.ndarray
    boxes: np.ndarray
    places: np.ndarray


@lru_cache(maxsize=1)
def _widths() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of all characters in the order of their codes: these, the rows of their ink, their widths in ems."""
    characters = sorted(_LETTERS)
    equal = max(advance(character, _BOLD) for character in _EQUAL)
    widths = [equal if character in _EQUAL else advance(character, _BOLD) for character in characters]
    rows = [line(character, _BOLD).glyphs[0] for character in characters]
    return np.array([ord(character) for character in characters]), np.array(rows), np.array(widths)


def width_of(text: str) -> float:
    """Length of a number in ems."""
    codes, _, widths = _widths()
    return float(widths[np.searchsorted(codes, [ord(character) for character in text])].sum())


def digits_of(texts: Sequence[str]) -> Digits:
    """Set numbers in letters.

    Parameters
    ----------
    texts : sequence of str
        As `Figures.write` gives them.
    """
    known, rows, widths = _widths()
    codes = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    letters = np.searchsorted(known, codes)
    lengths = np.array([len(text) for text in texts], np.intp)
    owners = np.repeat(np.arange(len(texts)), lengths)
    ends = np.cumsum(widths[letters])
    last = ends[np.cumsum(lengths) - 1] if len(texts) else ends
    middles = ends - widths[letters] / 2 - last[owners]
    boxes, drops = ink().boxes[rows[letters]], ink().drops[rows[letters]]
    natural = np.array([advance(chr(code), _BOLD) for code in known])[letters]
    left, top, right, bottom = boxes.T / EM
    start = middles - natural / 2 - PAD / EM
    high = (bottom - top) / 2
    return Digits(owners, boxes, np.stack([start, -drops - high, start + right - left, high - drops], axis=1))
