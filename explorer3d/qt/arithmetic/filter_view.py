"""What one filter alone makes of a layer's input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from explorer3d.compute.shrinking import resample
from explorer3d.qt.arithmetic.colours import coloured
from explorer3d.qt.arithmetic.ledger import figure
from explorer3d.qt.arithmetic.map_view import MapView

if TYPE_CHECKING:
    from explorer3d.compute.arithmetic.filter import FilterResponse

PARTS = 6
_DIMMED = 0.45


class FilterView(QWidget):
    """The response on the picture, what is positive and negative of it, and the parts of some channels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.PlainText)
        self.message.setAlignment(Qt.AlignCenter)
        self.picture = MapView("Response on the input")
        self.positive, self.negative = MapView("Positive response"), MapView("Negative response")
        self.parts = [MapView("Part of a channel") for _ in range(PARTS)]
        self._maps = QWidget()
        self._grid = grid = QGridLayout(self._maps)
        grid.setContentsMargins(0, 0, 0, 0)
        for place, widget in enumerate((self.picture, self.positive, self.negative)):
            grid.addWidget(widget, 0, 2 * place, 1, 2)
        for place, widget in enumerate(self.parts):
            grid.addWidget(widget, 1, place)
        for column in range(PARTS):
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(0, 2)
        grid.setRowStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.addWidget(self._maps, 1)
        layout.addWidget(self.message)
        self.show_response(None, None)

    def show_response(self, response: FilterResponse | str | None, source: np.ndarray | None) -> None:
        """Show what a filter makes.

        Parameters
        ----------
        response : FilterResponse or str or None
            A sentence if it cannot be told; None if it is on its way.
        source : (C, H, W) array or None
            What it looks at.
        """
        if isinstance(response, str) or response is None or response.response.ndim not in (1, 2):
            self._maps.hide()
            told = "The response has more than two axes of space." if response is not None else "Computing…"
            self.message.setText(response if isinstance(response, str) else told)
            return
        self._maps.show()
        whole = np.atleast_2d(response.response)
        largest = float(np.abs(whole[np.isfinite(whole)]).max(initial=0.0)) or 1.0
        limits = (-largest, largest)
        self.positive.show_map(
            f"positive, up to {figure(float(response.positive.max()))}",
            coloured(np.maximum(whole, 0), limits),
        )
        self.negative.show_map(
            f"negative, down to {figure(0.0 - float(response.negative.max()))}",
            coloured(np.minimum(whole, 0), limits),
        )
        self.picture.setVisible(source is not None)
        if source is not None:
            strongest = int(response.channels[response.strongest[0]])
            title = "on the picture" if len(source) == 3 else f"on channel {strongest}"
            self.picture.show_map(title, laid_over(backdrop(source, strongest), whole / largest))
        several = len(response.channels) > 1
        self._grid.setRowStretch(1, int(several))
        for place, widget in enumerate(self.parts):
            there = several and place < len(response.parts)
            widget.setVisible(there)
            if there:
                part = np.atleast_2d(response.parts[place])
                channel = int(response.channels[response.strongest[place]])
                widget.show_map(f"of channel {channel}", coloured(part, limits))
        self.message.setText(
            f"Filter {response.filter} of {response.layer}, bias {figure(response.bias)}, before any "
            "activation. Orange: it finds what it looks for; blue: the opposite."
        )


def backdrop(source: np.ndarray, channel: int) -> np.ndarray:
    """(H, W, 3) float array of 0 to 1: what a filter looks at, three channels as a photograph.

    Parameters
    ----------
    source : (C, H, W) or (C, W) array
    channel : int
        Which one is seen where they are not three.
    """
    maps = np.asarray(source if len(source) == 3 else source[channel : channel + 1], np.float32)
    maps = maps.reshape(len(maps), -1, maps.shape[-1])
    finite = maps[np.isfinite(maps)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    scaled = np.nan_to_num((maps - low) / ((high - low) or 1.0))
    return np.moveaxis(np.broadcast_to(scaled, (3, *scaled.shape[1:])), 0, -1)


def laid_over(picture: np.ndarray, response: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 array: a picture, and over it what has been found where.

    Parameters
    ----------
    picture : (H, W, 3) float array
        0 to 1.
    response : (h, w) float array
        −1 to 1, of any size.
    """
    grown = resample(response[None], *picture.shape[:2])[0]
    strength = np.abs(np.nan_to_num(grown))[..., None] ** 0.7
    colour = coloured(np.sign(grown), (-1.5, 1.5)) / 255
    mixed = picture * _DIMMED * (1 - strength) + colour * strength
    return np.clip(np.rint(255 * mixed), 0, 255).astype(np.uint8)
