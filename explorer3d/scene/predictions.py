"""The answer of the network: its most probable classes as labelled bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer3d.labels import Guess
from explorer3d.scene.palette import FRAME, TEXT, TEXT_DIM, Colour
from explorer3d.scene.quads import Quads, rectangle
from explorer3d.scene.text import Label

WIDTH, PITCH, BAR = 4.4, 0.86, 0.16
GAP = 0.75
HEIGHT = 0.36
_BEST: Colour = (255, 209, 102)
_OTHER: Colour = (137, 144, 240)


class PredictionBars:
    """Bars of the top classes beside the block that makes them.

    Parameters
    ----------
    predictions : sequence of Guess
        Most probable first.
    left, bottom : float
        World coordinates of the lower left corner.
    """

    def __init__(self, predictions: Sequence[Guess], left: float, bottom: float) -> None:
        top = bottom + len(predictions) * PITCH
        corners, cells = [], []
        self.labels: list[Label] = []
        for place, prediction in enumerate(predictions):
            y = top - (place + 1) * PITCH + 0.12
            best = place == 0
            corners.append(rectangle(left, y, WIDTH, BAR, 0.0))
            cells.append([0, 0, 1, 1])
            share = float(np.clip(prediction.probability, 0.0, 1.0))
            corners.append(rectangle(left, y, max(WIDTH * share, 0.03), BAR, 0.01))
            cells.append([1, 0, 2, 1] if best else [2, 0, 3, 1])
            line = (left, y + BAR + 0.29, 0.0)
            self.labels.append(
                Label(
                    prediction.name,
                    line,
                    HEIGHT,
                    TEXT if best else TEXT_DIM,
                    0.0,
                    bold=best,
                    room=WIDTH * 0.74,
                )
            )
            end = (left + WIDTH, y + BAR + 0.29, 0.0)
            self.labels.append(Label(f"{share:.1%}", end, HEIGHT, TEXT if best else TEXT_DIM, 1.0, bold=best))
        texels = np.array([[FRAME, _BEST, _OTHER]], np.uint8)
        self.quads = Quads(texels, np.array(cells), np.array(corners))
        self._box = (left, top - len(predictions) * PITCH, left + WIDTH, top + 0.2)

    def bounds(self) -> np.ndarray:
        """(2, 3) float array: bottom left and top right corner."""
        left, bottom, right, top = self._box
        return np.array([[left, bottom, 0.0], [right, top, 0.0]])
