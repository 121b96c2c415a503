"""The ink of letters in one texture, and lines of text as rectangles in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np
from PIL import Image, ImageDraw

from explorer3d.scene.bidirectional import visual
from explorer3d.scene.typefaces import advance_of, font_of

EM = 64  # pixels of an em in the texture: crisp up to that size, averaged below
PAD = 4
_TALL = EM + 2 * PAD + 20
# Powers of two, so that shares of them are exact wherever a letter stands.
_WIDE, _LOW, _HIGH = 2048, 512, 8192
_COMMON = "".join(chr(code) for code in range(32, 127)) + "…×·–→?"
_STAND_IN = "?"


@lru_cache(maxsize=4096)
def advance(character: str, bold: bool) -> float:
    """Width of a character in ems."""
    return advance_of(_visible(character), bold, EM)


def _visible(character: str) -> str:
    """What is drawn for a character: names in a file may hold any, such as line breaks, which no line has."""
    return character if character.isprintable() else _STAND_IN


def lengths(texts: Sequence[str], bold: bool) -> np.ndarray:
    """(n,) float array: lengths of many lines, in ems."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    known, places = np.unique(codes, return_inverse=True)
    advances = np.array([advance(chr(code), bold) for code in known.tolist()], float)
    sums = np.concatenate([[0.0], np.cumsum(advances[places])])
    ends = np.cumsum([len(text) for text in texts], dtype=np.intp)
    return np.asarray(np.diff(sums[np.concatenate([[0], ends])]))


@dataclass(frozen=True, eq=False)
class Line:
    """A line of text.

    Attributes
    ----------
    glyphs : (k,) int array
        Rows of `Ink.boxes`.
    starts : (k,) float array
        Where each letter begins, in ems.
    length : float
        Of the whole, in ems.
    """

    glyphs: np.ndarray
    starts: np.ndarray
    length: float


class Ink:
    """All characters that were ever written, in one texture that grows.

    Attributes
    ----------
    texels : (H, W) uint8 array
        Replaced, never changed, when it grows.
    boxes : (n, 4) float array
        Left, top, right, bottom of each letter in the texture, in texels. The first is a full square.
    drops : (n,) float array
        Ems by which the middle of a letter's box stands below the middle of its line.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: dict[tuple[str, bool], int] = {}
        # Far enough from the square that it does not shine through where letters are drawn small.
        self._x, self._y = 2 * EM, 0
        texels = np.zeros((_LOW, _WIDE), np.uint8)
        texels[:EM, :EM] = 255
        self._boxes: list[tuple[int, int, int, int]] = [(8, 8, EM - 8, EM - 8)]
        self._drops = [0.0]
        self.texels, self.boxes, self.drops = texels, np.array(self._boxes, float), np.zeros(1)
        self.add((character, bold) for bold in (False, True) for character in _COMMON)

    def add(self, characters: Iterable[tuple[str, bool]]) -> None:
        """Make sure that some characters (each regular or bold) are in the texture, if there is room."""
        with self._lock:
            missing = [key for key in dict.fromkeys(characters) if key not in self._places]
            if not missing:
                return
            texels = self.texels.copy()
            for key in missing:
                width = int(np.ceil(advance(*key) * EM)) + 2 * PAD
                if self._x + width > _WIDE:
                    self._x, self._y = 0, self._y + _TALL
                if self._y + _TALL > len(texels):
                    if 2 * len(texels) > _HIGH:
                        self._places[key] = self._places[_STAND_IN, key[1]]
                        continue
                    texels = np.concatenate([texels, np.zeros_like(texels)])
                drawn = _drawn(*key, width)
                texels[self._y : self._y + _TALL, self._x : self._x + width] = drawn
                # What is empty above and below a letter need not be drawn.
                inked = np.flatnonzero(drawn.any(axis=1))
                top = max(int(inked[0]) - PAD, 0) if len(inked) else 0
                bottom = min(int(inked[-1]) + 1 + PAD, _TALL) if len(inked) else 1
                self._places[key] = len(self._boxes)
                self._boxes.append((self._x, self._y + top, self._x + width, self._y + bottom))
                self._drops.append(((top + bottom) / 2 - _TALL / 2) / EM)
                self._x += width
            self.boxes, self.drops = np.array(self._boxes, float), np.array(self._drops)
            self.texels = texels

    def line(self, text: str, bold: bool) -> Line:
        """Set a line of text, its letters from left to right."""
        self.add((character, bold) for character in text)
        advances = np.array([advance(character, bold) for character in text], float)
        ends = np.cumsum(advances)
        glyphs = np.array([self._places[character, bold] for character in text], np.intp)
        return Line(glyphs, ends - advances, float(ends[-1]) if len(ends) else 0.0)


_first = Lock()


def ink() -> Ink:
    """The one texture of the program."""
    with _first:
        return _ink()


@lru_cache(maxsize=1)
def _ink() -> Ink:
    return Ink()


@lru_cache(maxsize=20_000)
def line(text: str, bold: bool) -> Line:
    """A line of text, in the order in which it is read; set once for all."""
    return ink().line(visual(text), bold)


def _drawn(character: str, bold: bool, width: int) -> np.ndarray:
    image, seen = Image.new("L", (width, _TALL)), _visible(character)
    ImageDraw.Draw(image).text(
        (PAD, _TALL / 2 + EM * 0.36), seen, fill=255, font=font_of(seen, bold, EM), anchor="ls"
    )
    return np.asarray(image)
