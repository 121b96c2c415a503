"""Part of a tensor in a window: laid out, framed, and drawn off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from qtpy.QtCore import QEvent, QRectF, QSize, Qt
from qtpy.QtGui import QFont, QFontDatabase, QPainter, QPalette
from qtpy.QtWidgets import QWidget

from explorer3d.manners import MANNERS, TILES
from explorer3d.qt.tensor.drawing import Draw, Drawn, number_room
from explorer3d.qt.tensor.framing import Framing, fitted
from explorer3d.qt.tensor.seen import Seen
from explorer3d.qt.tensor.stack import Stack, stack_of
from explorer3d.qt.tensor.wall import Wall, cell_for, wall_of
from explorer3d.resources import resource
from explorer3d.scene.figures import Figures
from explorer3d.scene.shade import Shade

_LITTLE = 2.0  # times: so much closer is no other view

Ask = Callable[[Draw, Callable[[Drawn], None]], None]


class Surface(QWidget):
    """A tensor in one of several manners. Moved or zoomed, it shows what it has until the next is drawn.

    Attributes
    ----------
    seen : Seen or None
    message : str
        What is said where there is nothing to be seen.
    manner : str
        Key in `MANNERS`.
    geometry_seen : Wall or Stack or None
        How the maps are laid out.
    framing : Framing or None
        Which part of that is in the window.
    drawn : Drawn or None
        The picture that came last.
    shade : Shade
        How it is coloured.
    """

    def __init__(self, ask: Ask, busy: Callable[[], bool], parent: QWidget | None = None) -> None:
        """
        Parameters
        ----------
        ask : callable
            Has a picture drawn on another thread.
        busy : callable
            Whether one is on its way.
        parent : QWidget, optional
        """
        super().__init__(parent)
        self._ask, self._busy = ask, busy
        self.seen: Seen | None = None
        self.message = ""
        self.manner = TILES
        self.geometry_seen: Wall | Stack | None = None
        self.framing: Framing | None = None
        self.drawn: Drawn | None = None
        self.shade = Shade((0.0, 1.0), "gray")
        self._figures = Figures(1, str)
        self._dead: np.ndarray | None = None
        self._wanted = False
        self.setMinimumSize(240, 160)

    # What is shown

    def show_seen(
        self, seen: Seen | None, figures: Figures, shade: Shade, dead: np.ndarray | None = None
    ) -> None:
        """Show another tensor, or the same in another arrangement or order."""
        same = seen is not None and seen.looks_like(self.seen)
        self.seen, self._figures, self.shade, self._dead = seen, figures, shade, dead
        self._arrange(keep=same)

    def set_shade(self, shade: Shade) -> None:
        self.shade = shade
        self.redraw()

    def set_manner(self, manner: str) -> None:
        """Show the tensor in another way; numbers large enough to be read."""
        before = MANNERS[self.manner]
        self.manner = manner
        now = MANNERS[manner]
        self._arrange(keep=(before.stack, before.colour) == (now.stack, now.colour))
        if now.numbers and self.framing is not None and isinstance(self.geometry_seen, Wall):
            self._make_room()

    def _arrange(self, keep: bool) -> None:
        """Lay the maps out for the window as large as it is."""
        seen, manner = self.seen, MANNERS[self.manner]
        if seen is None or not seen.maps.size:
            self.geometry_seen, self.framing, self.drawn = None, None, None
            self.update()
            return
        room = (float(self.width()), float(self.height()))
        least = 0.0
        if manner.stack:
            self.geometry_seen = stack_of(seen, room)
        elif manner.colour:
            self.geometry_seen = wall_of(seen, room, cell_for(seen, room))
        else:
            wide, high = number_room(self._figures, self.number_font())
            self.geometry_seen, least = wall_of(seen, room, (wide / high, 1.0)), high
        extent = self.geometry_seen.extent
        if keep and self.framing is not None:
            self.framing = replace(self.framing, least=least).resized(room, extent)
        else:
            self.framing = fitted(room, extent, least)
            self.drawn = None
            if manner.numbers and self._number_scale() < _LITTLE * self.framing.scale:
                self._make_room()
        self.redraw()

    def _make_room(self) -> None:
        """Zoom in until numbers have room in their cells."""
        assert self.framing is not None
        least = self._number_scale()
        if self.framing.scale < least:
            self._frame(self.framing.zoomed(least / self.framing.scale, *self._focus()))

    def number_font(self) -> QFont:
        """Letters of equal width, of the size of all other writing."""
        font = QFont(_monospaced())
        font.setPixelSize(max(self.font().pixelSize() - 2, 9))
        return font

    def _number_scale(self) -> float:
        assert isinstance(self.geometry_seen, Wall)
        room = number_room(self._figures, self.number_font())
        return max(least / size for least, size in zip(room, self.geometry_seen.cell, strict=True))

    def request(self) -> Draw:
        """What is to be drawn."""
        assert self.seen is not None and self.geometry_seen is not None and self.framing is not None
        return Draw(
            self.seen, self.geometry_seen, self.framing, self.shade, MANNERS[self.manner],
            self._figures, self.number_font(), self.palette().color(QPalette.WindowText),
            self.devicePixelRatioF(), self._dead, self.drawn,
        )  # fmt: skip

    def redraw(self) -> None:
        """Have drawn what is to be seen now, once what was asked for before is there."""
        self._wanted = self.framing is not None
        if self._wanted and self.isVisible() and not self._busy():
            self._wanted = False
            self._ask(self.request(), self._accept)
        self.update()

    def _accept(self, drawn: Drawn) -> None:
        self.drawn = drawn if self.framing is not None else None
        self.update()
        if self._wanted:
            self.redraw()

    # Moving about

    def fit(self) -> None:
        """Show all there is."""
        if self.framing is not None:
            self._frame(fitted(self.framing.room, self.framing.extent, self.framing.least))

    def zoom(self, factor: float) -> None:
        """Larger or smaller around the cell under the cursor, or around the middle."""
        if self.framing is not None:
            self._frame(self.framing.zoomed(factor, *self._focus()))

    def _focus(self) -> tuple[float, float]:
        """Around which pixel the window is zoomed."""
        return self.width() / 2, self.height() / 2

    def _frame(self, framing: Framing) -> None:
        self.framing = framing
        self.redraw()

    # Qt's events

    def sizeHint(self) -> QSize:
        return QSize(800, 560)

    def resizeEvent(self, event: QEvent) -> None:
        self._arrange(keep=True)

    def showEvent(self, event: QEvent) -> None:
        self._arrange(keep=True)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._arrange(keep=True)

    def paintEvent(self, event: QEvent) -> None:
        if self._wanted and not self._busy():
            self.redraw()
        painter = QPainter(self)
        if self.framing is None:
            painter.setPen(self.palette().color(QPalette.Disabled, QPalette.WindowText))
            box = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(box, Qt.AlignCenter | Qt.TextWordWrap, self.message)
        elif self.drawn is not None:
            was = self.drawn.framing
            left, top = self.framing.pixel((was.left, was.top))
            larger = self.framing.scale / was.scale
            painter.drawImage(QRectF(left, top, was.room[0] * larger, was.room[1] * larger), self.drawn.image)
        # Whatever holds this frame, such as a traceback, must not keep it open while marks are painted.
        painter.end()


def _monospaced() -> str:
    """Name of the font of the numbers."""
    known = QFontDatabase()
    if "JetBrains Mono" not in known.families():
        QFontDatabase.addApplicationFont(str(resource("assets", "fonts", "JetBrainsMono-Regular.ttf")))
    return "JetBrains Mono"
