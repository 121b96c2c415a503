"""A feature: what it sees of the inputs that excite it most, and what is projected back from there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.pixels import image_from
from explorer3d.scene.feature_tiles import Tile

_COLUMNS = 3
_GAP, _BETWEEN = 6, 22
_BESIDE = 430
"""Logical pixels from which on projections stand beside the patches instead of below them."""
_SMOOTH = 2.0
"""Enlarged by less than this, a picture is smoothed: pixels of no clear size look like a mistake."""
_DIM = 0.65  # of the text's opacity
_CHOSEN, _FED = QColor("#ffb662"), QColor("#5fe3a1")


class TileGrid(QWidget):
    """Three by three patches with file and activation, and three by three projections.

    Signals
    -------
    chosen(int)
        A person wants to see the input of that number run through the network.

    Attributes
    ----------
    heading : str
    tiles : sequence of (int, Tile or None)
        Number of an input and what is drawn of it, None as long as it is on its way; the strongest first.
    place : int
        Of the tile that keys go to.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = ""
        self.tiles: Sequence[tuple[int, Tile | None]] = ()
        self.place = 0
        self._fed = -1
        self._images: dict[int, tuple[QImage, QImage]] = {}
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        self._fit()

    def show_tiles(self, heading: str, tiles: Sequence[tuple[int, Tile | None]], fed: int) -> None:
        """
        Parameters
        ----------
        heading : str
        tiles : sequence of (int, Tile or None)
        fed : int
            Number of the input that runs through the network.
        """
        self._images = {
            id(tile): self._images.get(id(tile)) or (image_from(tile.patch), image_from(tile.projection))
            for _, tile in tiles
            if tile is not None
        }
        self.heading, self.tiles, self._fed = heading, tuple(tiles), fed
        self.place = max(min(self.place, len(tiles) - 1), 0)
        self.setAccessibleName(heading)
        names = [f"{tile.name} {tile.peak:.4g}" for _, tile in tiles if tile is not None]
        self.setAccessibleDescription(", ".join(names))
        self._fit()
        self.update()

    # Where everything stands

    @property
    def _line(self) -> int:
        return self.fontMetrics().height()

    @property
    def _beside(self) -> bool:
        return self.width() >= _BESIDE

    @property
    def _side(self) -> float:
        """Of a picture."""
        halves = 2 if self._beside else 1
        room = self.width() - 4 - (_BETWEEN if self._beside else 0)
        return max((room / halves - (_COLUMNS - 1) * _GAP) / _COLUMNS, 16.0)

    def _rows(self) -> int:
        return max(-(-len(self.tiles) // _COLUMNS), 1)

    def patch_box(self, place: int) -> QRectF:
        """Where a patch stands."""
        row, column = divmod(place, _COLUMNS)
        side = self._side
        top = 1.5 * self._line + row * (side + _GAP + 2.2 * self._line)
        return QRectF(2 + column * (side + _GAP), top, side, side)

    def projection_box(self, place: int) -> QRectF:
        """Where its projection stands."""
        row, column = divmod(place, _COLUMNS)
        side = self._side
        if self._beside:
            return self.patch_box(place).translated(_COLUMNS * (side + _GAP) - _GAP + _BETWEEN, 0)
        below = self.patch_box((self._rows() - 1) * _COLUMNS).bottom() + 2.4 * self._line
        return QRectF(2 + column * (side + _GAP), below + row * (side + _GAP), side, side)

    def _fit(self) -> None:
        last = (self._rows() - 1) * _COLUMNS
        bottom = self.patch_box(last).bottom() + 2.2 * self._line
        if not self._beside:
            bottom = self.projection_box(last).bottom()
        self.setFixedHeight(round(bottom + 6))

    def place_at(self, point: QPointF) -> int | None:
        """Which tile is there, by its patch or its projection."""
        for place in range(len(self.tiles)):
            caption = self.patch_box(place).adjusted(0, 0, 0, 2.2 * self._line)
            if caption.contains(point) or self.projection_box(place).contains(point):
                return place
        return None

    # Drawing

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        text = self.palette().windowText().color()
        dim = QColor(text)
        dim.setAlphaF(_DIM)
        bold = QFont(self.font())
        bold.setWeight(QFont.DemiBold)
        painter.setFont(bold)
        painter.setPen(text)
        painter.drawText(QRectF(2, 0, self.width() - 4, 1.3 * self._line), Qt.AlignVCenter, self.heading)
        for place, (number, tile) in enumerate(self.tiles):
            box, other = self.patch_box(place), self.projection_box(place)
            if tile is None:
                painter.setPen(QPen(dim, 1, Qt.DotLine))
                painter.drawRect(box)
                painter.drawRect(other)
                continue
            patch, projection = self._images[id(tile)]
            for image, target in ((patch, box), (projection, other)):
                _paint(painter, image, target)
            below = QRectF(box.left(), box.bottom(), box.width(), 1.1 * self._line)
            painter.setFont(bold)
            painter.setPen(text)
            painter.drawText(below, Qt.AlignLeft | Qt.AlignVCenter, f"{tile.peak:.4g}")
            painter.setFont(self.font())
            painter.setPen(dim)
            name = self.fontMetrics().elidedText(_stem(tile.name), Qt.ElideLeft, int(box.width()))
            painter.drawText(below.translated(0, self._line), Qt.AlignLeft | Qt.AlignVCenter, name)
            marked = [_FED] if number == self._fed else []
            marked += [_CHOSEN] if self.hasFocus() and place == self.place else []
            for colour in marked:
                painter.setPen(QPen(colour, 2.5))
                painter.drawRect(box.adjusted(-1, -1, 1, 1))
                painter.drawRect(other.adjusted(-1, -1, 1, 1))

    # What a person does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key_Left: -1, Qt.Key_Right: 1, Qt.Key_Up: -_COLUMNS, Qt.Key_Down: _COLUMNS}
        if event.key() in steps and self.tiles:
            wanted = self.place + steps[event.key()]
            if 0 <= wanted < len(self.tiles):
                self.place = wanted
            self.update()
        elif event.key() in (Qt.Key_Return, Qt.Key_Enter, Qt.Key_Space) and self.tiles:
            self.chosen.emit(self.tiles[self.place][0])
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.localPos())
        if place is not None and event.button() == Qt.LeftButton:
            self.place = place
            self.update()
            self.chosen.emit(self.tiles[place][0])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.localPos())
        self.setCursor(Qt.ArrowCursor if place is None else Qt.PointingHandCursor)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.ToolTip:
            place = self.place_at(QPointF(event.pos()))
            tile = self.tiles[place][1] if place is not None else None
            if tile is None:
                QToolTip.hideText()
            else:
                words = f"{tile.name}: {tile.peak:.6g}. A click runs it through the network."
                QToolTip.showText(event.globalPos(), words, self)
            return True
        return bool(super().event(event))

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.FontChange:
            self._fit()

    def sizeHint(self) -> QSize:
        return QSize(_BESIDE, self.height())


def _stem(name: str) -> str:
    """Without a suffix; of names that begin alike the end tells more."""
    path = PurePath(name)
    return path.stem if path.suffix[1:].isalnum() else name


def _paint(painter: QPainter, image: QImage, box: QRectF) -> None:
    size = image.size().scaled(box.size().toSize(), Qt.KeepAspectRatio)
    target = QRectF(0, 0, size.width(), size.height())
    target.moveCenter(box.center())
    painter.setRenderHint(QPainter.SmoothPixmapTransform, target.width() < _SMOOTH * image.width())
    painter.drawImage(target, image)
