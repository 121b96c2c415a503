"""The answer of the network: its most probable classes as labelled bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer3d.labels import Guess
from explorer3d.scene.palette import DARK, Theme
from explorer3d.scene.quads import Quads, rectangle
from explorer3d.scene.text import Label

WIDTH, PITCH, BAR = 4.4, 0.86, 0.16
GAP = 0.75
HEIGHT = 0.36


def size_of(lines: int, text: float) -> np.ndarray:
    """(2,) float array: width and height of so many bars in world units."""
    return np.array([WIDTH * text, lines * PITCH * text])


class PredictionBars:
    """Bars of the top classes beside the block that makes them.

    Parameters
    ----------
    predictions : sequence of Guess
        Most probable first.
    left, bottom : float
        World coordinates of the lower left corner.
    theme : Theme
    text : float
        Size of all writing, 1 as designed.
    behind : bool
        They are looked at from behind: what runs from left to right there does so here from right to left.
    """

    def __init__(
        self,
        predictions: Sequence[Guess],
        left: float,
        bottom: float,
        theme: Theme = DARK,
        text: float = 1.0,
        behind: bool = False,
    ) -> None:
        width, pitch, height = WIDTH * text, PITCH * text, HEIGHT * text
        start, end, nearer = (left + width, left, -0.01) if behind else (left, left + width, 0.01)
        top = bottom + len(predictions) * pitch
        corners, cells = [], []
        self.labels: list[Label] = []
        for place, prediction in enumerate(predictions):
            y = top - (place + 1) * pitch + 0.12
            best = place == 0
            corners.append(rectangle(left, y, width, BAR, 0.0))
            cells.append([0, 0, 1, 1])
            share = float(np.clip(prediction.probability, 0.0, 1.0))
            full = max(width * share, 0.03)
            corners.append(rectangle(start - full if behind else start, y, full, BAR, nearer))
            cells.append([1, 0, 2, 1] if best else [2, 0, 3, 1])
            colour = theme.text if best else theme.dim
            middle = y + BAR + 0.29 * text
            self.labels += [
                Label(
                    prediction.name, (start, middle, 0.0), height, colour, 0.0, bold=best, room=width * 0.74
                ),
                Label(f"{share:.1%}", (end, middle, 0.0), height, colour, 1.0, bold=best),
            ]
        texels = np.array([[theme.frame, theme.best, theme.other]], np.uint8)
        self.quads = Quads(texels, np.array(cells), np.array(corners))
        self._box = np.array([[left, bottom, 0.0], [left + width, top + 0.2, 0.0]])

    def move(self, left: float, bottom: float) -> None:
        """Put the lower left corner elsewhere."""
        shift = np.array([left, bottom, 0.0]) - self._box[0]
        if shift.any():
            self._box = self._box + shift
            self.quads.move(self.quads.corners + shift)
            self.labels = [replace(label, anchor=tuple(label.anchor + shift)) for label in self.labels]

    def bounds(self) -> np.ndarray:
        """(2, 3) float array: bottom left and top right corner."""
        return self._box
