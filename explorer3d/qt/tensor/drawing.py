"""The request for a picture of what is seen of a tensor, off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QImage, QPainter, qRgba

from explorer3d.manners import Manner
from explorer3d.progress import Progress, ignore
from explorer3d.qt.tensor.framing import Framing
from explorer3d.qt.tensor.map_names import name_maps
from explorer3d.qt.tensor.sampling import Sample, cells_in, channels, sampled, smooth
from explorer3d.qt.tensor.seen import Seen
from explorer3d.qt.tensor.stack import Stack
from explorer3d.qt.tensor.wall import Wall
from explorer3d.scene.figures import Figures
from explorer3d.scene.shade import Shade

NUMBER_ROOM = (1.2, 1.35)
"""Width and height of the smallest cell that has room for a number, in those of its text."""
_BRIGHT = 140
_GROWING, _LARGEST = 0.85, 4.0
"""Of the room that a number has it takes so much, and so many times its least size at most."""


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
    before : Drawn or None
        What was drawn last. Where only the colours are others, its numbers need not be taken out again.
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
    before: Drawn | None = None

    def __call__(self, progress: Progress = ignore) -> Drawn:
        width, height = (max(round(side * self.ratio), 1) for side in self.framing.room)
        image = QImage(width, height, QImage.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(self.ratio)
        image.fill(Qt.transparent)
        painter = QPainter(image)
        sample = None
        try:
            if self.seen.groups and self.seen.maps.size:
                if self.manner.colour:
                    sample = self._sample()
                    self._colours(painter, sample)
                progress(0.5, "Writing numbers")
                if isinstance(self.geometry, Wall):
                    self._writing(painter, self.geometry, progress)
        finally:
            painter.end()
        return Drawn(image, self.framing, self._place, sample)

    @property
    def _place(self) -> tuple[object, ...]:
        """All that tells which numbers are taken out."""
        return self.seen, self.geometry, self.framing, self.manner.smooth, self.ratio

    def _sample(self) -> Sample:
        framing, geometry = self.framing, self.geometry
        if self.before is not None and self.before.sample is not None and self.before.place == self._place:
            return self.before.sample
        if self.manner.smooth and isinstance(geometry, Wall) and framing.scale * self.ratio > 1:
            return smooth(self.seen, geometry, framing, self.ratio)
        return sampled(self.seen, geometry, framing, self.ratio)

    def _colours(self, painter: QPainter, sample: Sample) -> None:
        framing, texels = self.framing, sample.texels(self.shade)
        left, top = framing.pixel(sample.box[:2])
        right, bottom = framing.pixel(sample.box[2:])
        # Cells have sharp edges; what was drawn coarser than the pixels has not.
        coarse = texels.shape[1] < (right - left) * self.ratio - 1
        painter.setRenderHint(QPainter.SmoothPixmapTransform, coarse and self.manner.smooth)
        painter.drawImage(QRectF(left, top, right - left, bottom - top), picture_of(texels, self.shade))

    def _writing(self, painter: QPainter, wall: Wall, progress: Progress) -> None:
        if self.manner.numbers and not self.seen.colour and self._has_room(wall):
            self._numbers(painter, wall, progress)
        else:
            name_maps(painter, self.seen, wall, self.framing, self.dead)

    def _has_room(self, wall: Wall) -> bool:
        room = number_room(self.figures, self.font)
        return all(
            size * self.framing.scale >= least - 1e-6 for size, least in zip(wall.cell, room, strict=True)
        )

    def _grown(self, wide: float, high: float) -> QFont:
        """Numbers in large cells are larger, to be read from afar."""
        font, room = QFont(self.font), number_room(self.figures, self.font)
        spare = min(wide / room[0], high / room[1])
        font.setPixelSize(round(QFontInfo(font).pixelSize() * min(max(_GROWING * spare, 1), _LARGEST)))
        return font

    def _numbers(self, painter: QPainter, wall: Wall, progress: Progress) -> None:
        framing, scale = self.framing, self.framing.scale
        box, (x, y) = cells_in(wall, framing)
        at = wall.places(x, y)
        numbers = self.seen.numbers(at)
        bright = np.zeros(numbers.shape, bool)
        if self.manner.colour:
            table = self.shade.table()[:, :3] @ np.array([0.299, 0.587, 0.114])
            bright = table[self.shade.indices(numbers, channels(self.seen, self.shade, at.group))] > _BRIGHT
        wide, high = wall.cell[0] * scale, wall.cell[1] * scale
        font = self._grown(wide, high)
        painter.setFont(font)
        longest = self.figures.width * QFontMetricsF(font).horizontalAdvance("0")
        write = self.figures.write
        for is_bright in (False, True):
            ink = self.ink if not self.manner.colour else QColor("#101018" if is_bright else "#f4f4fb")
            painter.setPen(ink)
            for row, column in np.argwhere(at.there & (bright == is_bright)).tolist():
                left, top = framing.pixel((x[column] - wall.cell[0] / 2, y[row] - wall.cell[1] / 2))
                # Together in the middle, each other's right ends below each other.
                box = QRectF(left, top, (wide + longest) / 2, high)
                painter.drawText(box, Qt.AlignRight | Qt.AlignVCenter, write(numbers[row, column].item()))
            progress(0.9, "Writing numbers")


@dataclass(frozen=True, eq=False)
class Drawn:
    """Answer to `Draw`.

    Attributes
    ----------
    image : QImage
    framing : Framing
        What it shows.
    place : tuple
        The same, and of what and how.
    sample : Sample or None
        The numbers behind its colours; None where there are none.
    """

    image: QImage
    framing: Framing
    place: tuple[object, ...]
    sample: Sample | None


def number_room(figures: Figures, font: QFont) -> tuple[float, float]:
    """Width and height in pixels of the smallest cell that has room for a number."""
    metrics = QFontMetricsF(font)
    return (
        NUMBER_ROOM[0] * max(figures.width, 2) * metrics.horizontalAdvance("0"),
        NUMBER_ROOM[1] * metrics.height(),
    )


def picture_of(texels: np.ndarray, shade: Shade) -> QImage:
    """Colour indices, or red, green, blue and opacity, as a picture."""
    texels = np.ascontiguousarray(texels)
    height, width = texels.shape[:2]
    if texels.ndim == 2:
        image = QImage(texels.data, width, height, width, QImage.Format_Indexed8)
        image.setColorTable([qRgba(*colour) for colour in shade.table().tolist()])
    elif texels.shape[2] == 3:
        image = QImage(texels.data, width, height, 3 * width, QImage.Format_RGB888)
    else:
        image = QImage(texels.data, width, height, 4 * width, QImage.Format_RGBA8888)
    # A copy, since QImage only points at the bytes it is given; in the format that is drawn soonest.
    return image.convertToFormat(QImage.Format_ARGB32_Premultiplied)
