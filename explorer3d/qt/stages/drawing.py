"""How a stage is drawn: in the window, and in the picture that is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QImage, QPainter, QPen

from explorer3d.compute.picture import ABOVE, BELOW, FIRST, LAST, Limits, coloured, index_of
from explorer3d.compute.stages import Stage
from explorer3d.qt.tensor.drawing import picture_of
from explorer3d.scene.shade import Shade, map_for

_LINES, _FEWER, _LOW = 4, 2, 15
_MOST_STRETCHED = 2.5
_GAP = 1.6  # between two stages, in heights of a letter
_PAD = 8


@dataclass(frozen=True)
class Look:
    """Everything about drawing that is the same for all stages.

    Attributes
    ----------
    font : QFont
    text, dim, chosen : QColor
        Of a name, of the other lines, of the stage where one is.
    colormap : str
        Key in `COLORMAPS`; empty: the one that fits.
    limits : (float, float) or None
        The colour range of all; None: each has its own.
    smooth : bool
        Numbers pass into each other, instead of each being a square.
    """

    font: QFont
    text: QColor
    dim: QColor
    chosen: QColor
    colormap: str = ""
    limits: Limits | None = None
    smooth: bool = False


@dataclass(frozen=True)
class Arrangement:
    """Where the stages stand.

    Attributes
    ----------
    side : float
        Height of each picture.
    font : QFont
        Of what stands below them.
    lines : int
        How many of the lines below them have room.
    boxes : tuple of QRectF
        Each stage's picture.
    size : QSize
        Of the whole strip.
    """

    side: float
    font: QFont
    lines: int
    boxes: tuple[QRectF, ...]
    size: QSize

    def box_of_caption(self, place: int) -> QRectF:
        box = self.boxes[place]
        height = (self.lines + 0.3) * QFontMetricsF(self.font).height()
        return QRectF(box.left(), box.bottom() + _PAD / 2, box.width(), height)

    def cell(self, place: int) -> QRectF:
        """What a click goes to: the picture and what stands below it."""
        return self.boxes[place].united(self.box_of_caption(place))


def arrange(stages: Sequence[Stage], height: int, font: QFont) -> Arrangement:
    """Stand stages side by side in a strip of a height; writing grows with the pictures.

    Parameters
    ----------
    stages : sequence of Stage
    height : int
    font : QFont
        The smallest there may be.
    """
    font = QFont(font)
    least = QFontInfo(font).pixelSize()
    font.setPixelSize(round(min(max(least, height / 22), 3 * least)))
    line = QFontMetricsF(font).height()
    # In a low strip the pictures come first.
    lines = _LINES if height > _LOW * line else _FEWER
    side = max(height - (lines + 0.3) * line - 2.5 * _PAD, 3 * line)
    left, boxes = float(_PAD), []
    for stage in stages:
        aspect = min(max(stage.width / stage.height, 1 / _MOST_STRETCHED), _MOST_STRETCHED)
        width = max(side * aspect, 9 * line)
        boxes.append(QRectF(left, _PAD, width, side))
        left += width + _GAP * line
    right = round(left - _GAP * line + _PAD) if boxes else 0
    return Arrangement(side, font, lines, tuple(boxes), QSize(right, height))


def image_of(stage: Stage, look: Look) -> QImage:
    """A stage's picture, a pixel for each number."""
    if stage.is_input and stage.picture.ndim == 2:
        return picture_of(_indices(stage.picture, stage.limits), Shade(stage.limits, "gray"))
    limits = stage.limits if stage.is_input or look.limits is None else look.limits
    shade = Shade(limits, map_for(look.colormap, limits))
    if stage.picture.ndim == 3:
        return picture_of(coloured(stage.picture, limits), shade)
    return picture_of(_indices(stage.picture, limits), shade)


def draw_stage(
    painter: QPainter,
    arrangement: Arrangement,
    place: int,
    image: QImage,
    lines: Sequence[str],
    look: Look,
    chosen: bool = False,
) -> None:
    """Draw one stage of a strip.

    Parameters
    ----------
    painter : QPainter
    arrangement : Arrangement
    place : int
    image : QImage
        As `image_of` gives it.
    lines : sequence of str
        What stands below it, its name first.
    look : Look
    chosen : bool
        It is the one where one is.
    """
    box = _fitted(arrangement.boxes[place], image)
    shrinks = image.height() > box.height() * painter.device().devicePixelRatioF()
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setRenderHint(QPainter.SmoothPixmapTransform, look.smooth or shrinks)
    if shrinks:
        # Or of several numbers that share a pixel some would be left out.
        ratio = painter.device().devicePixelRatioF()
        size = QSize(max(round(box.width() * ratio), 1), max(round(box.height() * ratio), 1))
        image = image.scaled(size, Qt.IgnoreAspectRatio, Qt.SmoothTransformation)
    painter.drawImage(box, image)
    painter.setBrush(Qt.NoBrush)
    painter.setPen(QPen(look.chosen, 3) if chosen else QPen(look.dim, 1))
    margin = 2.5 if chosen else 0.5
    painter.drawRect(box.adjusted(-margin, -margin, margin, margin))
    room = arrangement.box_of_caption(place)
    for number, text in enumerate(lines[: arrangement.lines]):
        font = QFont(arrangement.font)
        font.setWeight(QFont.DemiBold if number == 0 else QFont.Normal)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        colour = look.dim if number else look.chosen if chosen else look.text
        painter.setPen(colour)
        line = QRectF(room.left(), room.top() + number * metrics.height(), room.width(), metrics.height())
        # Names differ at their ends, and begin with where they belong.
        end = Qt.ElideRight if number else Qt.ElideLeft
        painter.drawText(line, Qt.AlignHCenter | Qt.AlignVCenter, metrics.elidedText(text, end, room.width()))


def draw_arrow(painter: QPainter, arrangement: Arrangement, place: int, look: Look) -> None:
    """A small arrow from one stage to the next."""
    left, right = arrangement.boxes[place].right(), arrangement.boxes[place + 1].left()
    middle, half = arrangement.boxes[place].center().y(), (right - left) / 5
    centre = (left + right) / 2
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setPen(QPen(look.dim, 2, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
    tip = QPointF(centre + half / 2, middle)
    for side in (-1, 1):
        painter.drawLine(QPointF(centre - half / 2, middle + side * half), tip)


def _indices(numbers: np.ndarray, limits: Limits) -> np.ndarray:
    """Colour indices; beyond the range is its last colour, since seen from afar any other is a stain."""
    index = index_of(numbers, limits)
    index[index == BELOW] = FIRST
    index[index == ABOVE] = LAST
    return index


def _fitted(box: QRectF, image: QImage) -> QRectF:
    """The largest part in the middle of a box that has an image's proportions."""
    scale = min(box.width() / image.width(), box.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(box.center().x() - width / 2, box.center().y() - height / 2, width, height)
