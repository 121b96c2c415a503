"""All that a number's data has passed through, with what of it the number sees."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPalette, QPen
from qtpy.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QScrollArea, QWidget

from explorer3d.graph.summary import shape_text
from explorer3d.qt.arithmetic.arrow_keys import ArrowKeys, Place
from explorer3d.qt.arithmetic.map_view import draw_cross
from explorer3d.qt.pixels import image_from
from explorer3d.qt.plain import plain
from explorer3d.qt.tensor.places import part_of
from explorer3d.scene.colormaps import default_map, lookup

if TYPE_CHECKING:
    from explorer3d.compute.arithmetic.way import Way, Waypoint
    from explorer3d.graph.receptive.field import ReceptiveField
    from explorer3d.graph.receptive.region import Region

_OUTLINE = QColor("#ffd166")
_SIDE = 6.1  # lines of text that a picture is high and wide
_LONGEST = 5  # times that a picture is at most as long as wide
_LINES = 3.1  # of text under it
_DIM = 150  # of 255


class Thumbnail(QAbstractButton):
    """One layer's map, the liveliest unless another is shown, and which part of it counts.

    Signals
    -------
    placed(int, int)
        Row and column of the map that a person points out.
    """

    placed = Signal(int, int)

    def __init__(
        self, waypoint: Waypoint, is_last: bool, choosable: bool, parent: QWidget | None = None
    ) -> None:
        """
        Parameters
        ----------
        waypoint : Waypoint
        is_last : bool
            It is the layer itself.
        choosable : bool
            A place of the map may be pointed out, if it has rows and columns.
        parent : QWidget, optional
        """
        super().__init__(parent)
        self.waypoint, self._is_last = waypoint, is_last
        texels = waypoint.texels
        table = lookup(default_map(waypoint.diverging))
        self._image = image_from(texels if texels.ndim == 3 else table[texels])
        self.part: tuple[float, float, float, float] | None = None
        self._placing = False
        self.words = ""
        self._sizes = _rows_and_columns(waypoint) if choosable else None
        self._keys: ArrowKeys | None = None
        self._go = "Click, Enter: go to this layer"
        if self._sizes is not None:
            self._go = (
                "Click, drag, arrow keys after Tab: the number that looks at this place\n"
                "Click on the name, double click, Enter: go to this layer"
            )
            self._keys = ArrowKeys(self, self._middle, lambda: self._sizes or (1, 1), self.placed.emit)
        self._tell(waypoint.channel)
        self.setAccessibleName(waypoint.name)
        self.setFocusPolicy(Qt.TabFocus)
        self.setCursor(Qt.PointingHandCursor)
        self.fit()

    def fit(self) -> None:
        """Be as large as text of the present size suggests."""
        self.setFixedSize(self.sizeHint())

    @property
    def _side(self) -> int:
        return int(_SIDE * self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(self._side + 12, self._side + 12 + int(_LINES * self.fontMetrics().height()))

    def _tell(self, channel: int | None) -> None:
        point = self.waypoint
        which = "" if channel is None else f", channel {channel}"
        self.setToolTip(
            plain(f"{point.name} ({point.operator})\n{shape_text(point.shape)}{which}\n{self._go}")
        )

    def show_map(self, image: QImage, channel: int | None) -> None:
        """Show another map of the layer's, if it is a picture of rows and columns as this one is."""
        if (image.height(), image.width()) == _rows_and_columns(self.waypoint):
            self._image = image
            self._tell(channel)
            self.update()

    def show_region(self, region: Region | None) -> None:
        """Outline what a number sees of it; None: nothing."""
        letters = self.waypoint.port.axes
        if region is None or region.shape is None or len(letters) != len(region.shape):
            letters = ""
        self.part = part_of(region, letters) if region is not None else None
        self.words = _seen(region, letters)
        self.setAccessibleDescription(self.words)
        self.update()

    def picture_box(self) -> QRectF:
        """Where the map is drawn, in pixels."""
        high, wide = self._image.height(), self._image.width()
        side = self._side
        scale = side / max(high, wide)
        # What is many times as long as wide would be hair-thin.
        size = max(wide * scale, side / _LONGEST), max(high * scale, side / _LONGEST)
        return QRectF(6 + (side - size[0]) / 2, 6 + (side - size[1]) / 2, *size)

    def outline_box(self) -> QRectF | None:
        """Where the part that counts is drawn, in pixels."""
        if self.part is None:
            return None
        box, (left, top, width, height) = self.picture_box(), self.part
        return QRectF(
            box.left() + left * box.width(),
            box.top() + top * box.height(),
            width * box.width(),
            height * box.height(),
        )

    def where(self, row: int, column: int) -> QPointF:
        """Middle of a place of the map, in pixels."""
        rows, columns = self._sizes or (1, 1)
        box = self.picture_box()
        return QPointF(
            box.left() + (column + 0.5) * box.width() / columns, box.top() + (row + 0.5) * box.height() / rows
        )

    def _middle(self) -> Place | None:
        """Of the part that counts."""
        if self.part is None or self._sizes is None:
            return None
        (left, top, width, height), (rows, columns) = self.part, self._sizes
        return int((top + height / 2) * rows - 0.5), int((left + width / 2) * columns - 0.5)

    def _place(self, at: QPointF) -> None:
        assert self._sizes is not None
        box, (rows, columns) = self.picture_box(), self._sizes
        row = int((at.y() - box.top()) / box.height() * rows)
        column = int((at.x() - box.left()) / box.width() * columns)
        self.placed.emit(min(max(row, 0), rows - 1), min(max(column, 0), columns - 1))

    def mousePressEvent(self, event: QEvent) -> None:
        inside = self.picture_box().contains(event.localPos())
        self._placing = self._sizes is not None and inside and event.button() == Qt.LeftButton
        if self._placing:
            self._place(event.localPos())
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._placing and event.buttons() & Qt.LeftButton:
            self._place(event.localPos())
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QEvent) -> None:
        if not self._placing:
            super().mouseReleaseEvent(event)
        self._placing = False

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        self.click()

    def keyPressEvent(self, event: QEvent) -> None:
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        palette, metrics = self.palette(), QFontMetricsF(self.font())
        if self.underMouse() or self.hasFocus() or self._is_last:
            painter.fillRect(self.rect(), palette.color(QPalette.AlternateBase))
        if self.hasFocus():
            painter.setPen(QPen(palette.color(QPalette.Link), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        box = self.picture_box()
        painter.setRenderHint(QPainter.SmoothPixmapTransform, self._image.width() > box.width())
        painter.drawImage(box, self._image)
        outline = self.outline_box()
        if outline is not None:
            if outline.width() < 5:
                outline.adjust(-2, -2, 2, 2)
            for colour, thick in ((QColor(0, 0, 0, 190), 4), (_OUTLINE, 2)):
                painter.setPen(QPen(colour, thick))
                painter.drawRect(outline)
        if self._keys is not None and self._keys.place is not None:
            draw_cross(painter, self.where(*self._keys.place))
        line = metrics.height()
        text = palette.color(QPalette.WindowText)
        dim = QColor(text)
        dim.setAlpha(_DIM)
        lines = ((self.waypoint.name, text), (self.waypoint.operator, dim), (self.words, text))
        for place, (words, colour) in enumerate(lines):
            painter.setPen(colour)
            row = QRectF(3, self._side + 9 + place * line, self.width() - 6, line)
            elided = metrics.elidedText(words, Qt.ElideMiddle, row.width())
            painter.drawText(row, Qt.AlignHCenter | Qt.AlignVCenter, elided)


class WayStrip(QScrollArea):
    """Thumbnails in a row, in the order of the data.

    Signals
    -------
    wanted(str)
        A layer or input to go to.
    place_wanted(Port, int, int)
        A number is wanted that looks at a row and column of a map.

    Attributes
    ----------
    thumbnails : list of Thumbnail
    """

    wanted = Signal(str)
    place_wanted = Signal(object, int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails: list[Thumbnail] = []
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setAccessibleName("What the number sees, layer by layer")
        self._field: ReceptiveField | None = None
        self._map: tuple[QImage, int | None] | None = None
        self._fill(None, False)

    def _fill(self, way: Way | None, choosable: bool) -> None:
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(2)
        self.thumbnails = []
        points = way.waypoints if way is not None else ()
        for place, point in enumerate(points):
            if place and way is not None and way.left_out and points[place - 1].operator == "Input":
                row.addWidget(QLabel(f"… {way.left_out:,} layers …"))
            thumbnail = Thumbnail(point, place == len(points) - 1, choosable)
            thumbnail.placed.connect(partial(self.place_wanted.emit, point.port))
            thumbnail.clicked.connect(lambda _=False, name=point.name: self.wanted.emit(name))
            row.addWidget(thumbnail)
            self.thumbnails.append(thumbnail)
        row.addStretch(1)
        self.setWidget(body)
        self._fit()

    def _fit(self) -> None:
        """Be as high as the thumbnails, whose size follows that of the text."""
        for thumbnail in self.thumbnails:
            thumbnail.fit()
        tall = self.thumbnails[0].sizeHint().height() if self.thumbnails else 150
        self.setFixedHeight(tall + 10 + self.horizontalScrollBar().sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.FontChange, QEvent.StyleChange):
            # The style sheet is only applied to what is inside when this has returned.
            QTimer.singleShot(0, self._fit)

    def show_way(self, way: Way | None, choosable: bool) -> None:
        """Show the pictures of another input; what is in view stays there.

        Parameters
        ----------
        way : Way or None
        choosable : bool
            Places may be pointed out on them.
        """
        at = self.horizontalScrollBar().value() if self.thumbnails else None
        self._fill(way, choosable)
        self.show_field(self._field)
        if self._map is not None:
            self.show_map(*self._map)
        self.widget().adjustSize()
        bar = self.horizontalScrollBar()
        bar.setValue(at if at is not None else 0)

    def show_map(self, image: QImage, channel: int | None) -> None:
        """Show the map of the layer itself that the number stands in: on another its mark would mislead."""
        self._map = image, channel
        if self.thumbnails:
            self.thumbnails[-1].show_map(image, channel)

    def show_field(self, field: ReceptiveField | None) -> None:
        """Outline what a number depends on, and leave out what only settles shapes."""
        self._field = field
        for thumbnail in self.thumbnails:
            region = field.regions.get(thumbnail.waypoint.port.value) if field is not None else None
            thumbnail.show_region(region)
            thumbnail.setVisible(field is None or region is not None)


def _rows_and_columns(waypoint: Waypoint) -> Place | None:
    """Of the map that is pictured; None if it is none."""
    letters, shape = waypoint.port.axes, waypoint.shape
    if len(letters) != len(shape) or not {"H", "W"} <= set(letters):
        return None
    return shape[letters.index("H")], shape[letters.index("W")]


def _seen(region: Region | None, letters: str) -> str:
    """How large the part is, in few words: it stands under a small picture."""
    if region is None:
        return ""
    box = region.box
    if region.is_everything or box is None:
        return "all of it"
    about = "" if region.exact else "≤ "
    if {"H", "W"} <= set(letters):
        high, wide = len(box[letters.index("H")]), len(box[letters.index("W")])
        return f"{about}{high} × {wide}"
    count = prod(map(len, box))
    return f"{about}{count:,} number{'s' * (count > 1)}"
