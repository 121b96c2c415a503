"""The request for a picture of what is seen of a tensor, off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPolygonF, QTransform

from explorer3d.progress import Progress, ignore
from explorer3d.qt.tensor.figures import Figures
from explorer3d.qt.tensor.framing import Framing
from explorer3d.qt.tensor.map_names import name_maps
from explorer3d.qt.tensor.sampling import channels, sampled, smooth
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.qt.tensor.shade import Shade
from explorer3d.qt.tensor.stack import Stack
from explorer3d.qt.tensor.wall import Wall

NUMBER_ROOM = (1.35, 1.5)
"""Width and height of the smallest cell that has room for a number, in those of its text."""
_BRIGHT = 140
_NARROWEST = 1.5  # device pixels from one map of a stack to the next


@dataclass(frozen=True)
class Manner:
    """What is drawn of each number.

    Attributes
    ----------
    title, about : str
    colour, numbers, smooth, stack : bool
    """

    title: str
    about: str
    colour: bool = True
    numbers: bool = False
    smooth: bool = False
    stack: bool = False


MANNERS = {
    "stack": Manner("Stack", "All maps one behind the other", stack=True),
    "cells": Manner("Cells", "A coloured cell for each number"),
    "both": Manner(
        "Cells + numbers", "Coloured cells, with their numbers where these have room", numbers=True
    ),
    "numbers": Manner("Numbers", "The numbers alone", colour=False, numbers=True),
    "smooth": Manner("Smooth", "Maps with smooth passages from number to number", smooth=True),
}
"""Views of a tensor, by the name they are remembered by."""


@dataclass(frozen=True, eq=False)
class Draw:
    """Draw what is seen of a tensor.

    Attributes
    ----------
    seen : Seen
    geometry : Wall or Stack
    framing : Framing
    shade : Shade
    manner : Manner
    figures : Figures
    font : QFont
        Of the numbers; letters of equal width.
    ink : QColor
        Of numbers that stand alone.
    ratio : float
        Pixels of the picture per logical pixel.
    dead : (n,) bool array or None
        Channels to be marked, since all of their numbers are zero.
    """

    seen: Seen
    geometry: Wall | Stack
    framing: Framing
    shade: Shade
    manner: Manner
    figures: Figures
    font: QFont
    ink: QColor
    ratio: float = 1.0
    dead: np.ndarray | None = None

    def __call__(self, progress: Progress = ignore) -> Drawn:
        width, height = (max(round(side * self.ratio), 1) for side in self.framing.room)
        image = QImage(width, height, QImage.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(self.ratio)
        image.fill(Qt.transparent)
        painter = QPainter(image)
        try:
            if not self.seen.groups or not self.seen.maps.size:
                pass
            elif isinstance(self.geometry, Stack):
                self._stack(painter, self.geometry, progress)
            else:
                self._wall(painter, self.geometry, progress)
        finally:
            painter.end()
        return Drawn(image, self.framing)

    def _wall(self, painter: QPainter, wall: Wall, progress: Progress) -> None:
        framing, pixel = self.framing, 1 / (self.framing.scale * self.ratio)
        sizes = [size / pixel for size in wall.cell]
        if self.manner.colour:
            if self.manner.smooth and min(sizes) > 1:
                target, index = smooth(self.seen, wall, framing, self.shade, self.ratio)
            else:
                target, index = sampled(self.seen, wall, framing, self.shade, self.ratio)
            x, y, right, bottom = target
            left, top = framing.pixel((x, y))
            end = framing.pixel((right, bottom))
            picture = picture_of(index, self.shade)
            painter.setRenderHint(QPainter.SmoothPixmapTransform, self.manner.smooth)
            painter.drawImage(QRectF(left, top, end[0] - left, end[1] - top), picture)
        progress(0.7, "Writing numbers")
        if self.manner.numbers and self._has_room(wall):
            self._numbers(painter, wall, progress)
        else:
            name_maps(painter, self.seen, wall, framing, self.dead)

    def _has_room(self, wall: Wall) -> bool:
        room = number_room(self.figures, self.font)
        return all(
            size * self.framing.scale >= least - 1e-6 for size, least in zip(wall.cell, room, strict=True)
        )

    def _numbers(self, painter: QPainter, wall: Wall, progress: Progress) -> None:
        framing, scale = self.framing, self.framing.scale
        across, down = (
            np.arange(max(int(start // size), 0), min(int((start + room / scale) // size) + 1, count))
            for start, size, room, count in zip(
                (framing.left, framing.top), wall.cell, framing.room, wall.cells, strict=True
            )
        )
        group, member, row, column, there = wall.places(across, down)
        numbers = self.seen.numbers(group, member, row, column)
        if self.seen.colour:
            return  # three numbers have no room in one cell; pointing at it tells them
        bright = np.zeros(numbers.shape, bool)
        if self.manner.colour:
            table = self.shade.table()[:, :3] @ np.array([0.299, 0.587, 0.114])
            channel = channels(self.seen, self.shade, group)
            bright = table[self.shade.indices(numbers, channel)] > _BRIGHT
        painter.setFont(self.font)
        wide, high = wall.cell[0] * scale, wall.cell[1] * scale
        write = self.figures.write
        for is_bright in (False, True):
            ink = self.ink if not self.manner.colour else QColor("#101018" if is_bright else "#f4f4fb")
            painter.setPen(ink)
            for y, x in np.argwhere(there & (bright == is_bright)).tolist():
                left, top = framing.pixel((across[x] * wall.cell[0], down[y] * wall.cell[1]))
                box = QRectF(left, top, wide - _inset(wide), high)
                painter.drawText(box, Qt.AlignRight | Qt.AlignVCenter, write(numbers[y, x].item()))
            progress(0.9, "Writing numbers")

    def _stack(self, painter: QPainter, stack: Stack, progress: Progress) -> None:
        framing, scale = self.framing, self.framing.scale
        height, width = stack.tile
        first = max(int((framing.left - width) // stack.step), 0)
        last = min(int((framing.left + framing.room[0] / scale) // stack.step) + 1, stack.slices)
        # Of maps that are closer than pixels only some can be told apart.
        skip = max(1, round(_NARROWEST / max(stack.step * scale * self.ratio, 1e-9)))
        every = max(1, int(1 / (scale * self.ratio)))
        rows, columns = np.arange(0, height, every), np.arange(0, width, every)
        painter.setRenderHint(QPainter.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.Antialiasing)
        pen = QColor(self.ink)
        pen.setAlpha(70)
        painter.setPen(pen)
        picked = [at for at in range(last - 1, first - 1, -1) if at % skip == 0]
        for place, slice_ in enumerate(picked):
            if place % 64 == 0:
                progress(place / len(picked), "Drawing maps")
            group, member = divmod(slice_, stack.members)
            numbers = self.seen.numbers(
                np.full((1, 1), group), np.full((1, 1), member), rows[:, None], columns[None]
            )
            channel = np.full((1, 1), self.seen.channels[group])
            index = (
                self.shade.colours(numbers, channel)
                if self.seen.colour
                else self.shade.indices(numbers, channel)
            )
            a, b, c, d, x, y = stack.shear(slice_)
            left, top = framing.pixel((x, y))
            painter.setTransform(QTransform(a * scale, b * scale, c * scale, d * scale, left, top), False)
            box = QRectF(0, 0, width, height)
            painter.drawImage(box, picture_of(index, self.shade))
            if stack.step * scale > 4:
                painter.resetTransform()
                corners = stack.outline(Cell(group, member, 0, 0), height, width)
                painter.drawPolygon(QPolygonF([QPointF(*framing.pixel(corner)) for corner in corners]))
        painter.resetTransform()


@dataclass(frozen=True, eq=False)
class Drawn:
    """Answer to `Draw`.

    Attributes
    ----------
    image : QImage
    framing : Framing
        What it shows.
    """

    image: QImage
    framing: Framing


def number_room(figures: Figures, font: QFont) -> tuple[float, float]:
    """Width and height in pixels of the smallest cell that has room for a number."""
    metrics = QFontMetricsF(font)
    return (
        NUMBER_ROOM[0] * max(figures.width, 2) * metrics.horizontalAdvance("0"),
        NUMBER_ROOM[1] * metrics.height(),
    )


def picture_of(texels: np.ndarray, shade: Shade) -> QImage:
    """Colour indices, or red, green, blue and opacity, as a picture."""
    if texels.ndim == 2:
        texels = shade.table()[texels]
    elif texels.shape[2] == 3:
        texels = np.concatenate([texels, np.full((*texels.shape[:2], 1), 255, np.uint8)], axis=2)
    height, width = texels.shape[:2]
    # Copied, since QImage only points at the bytes it is given.
    return QImage(texels.tobytes(), width, height, 4 * width, QImage.Format_RGBA8888).copy()


def _inset(wide: float) -> float:
    return wide * (1 - 1 / NUMBER_ROOM[0]) / 2
