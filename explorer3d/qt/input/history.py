"""The last inputs side by side, with what the network took each for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtGui import QFontMetrics, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QApplication, QButtonGroup, QGridLayout, QToolButton, QWidget

from explorer3d.document import Document
from explorer3d.inputs import Bitmap, Given, Sizes, Transform
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.pixels import image_from
from explorer3d.qt.plain import plain

_COLUMNS = 3
_SIDE = 60  # pixels
_WIDTH = 82  # pixels: three stand beside each other in a panel as narrow as it can be
_MOST = 18
_MOST_BYTES = 2**28
_REST = 400  # milliseconds without a change, and without a button pressed: somebody has arrived


@dataclass(frozen=True, eq=False)
class Fed:
    """An input as it was, and what came of it.

    Attributes
    ----------
    path, preprocessing, sizes, transform
        As in `LoadInput`.
    thumbnail : QPixmap or None
        None if no picture goes in.
    about : str
        What went in.
    answer, probability : str
        The best class, or an output and its number; empty if there are neither.
    """

    path: Given | None
    preprocessing: Mapping[str, Any]
    sizes: Sizes
    transform: Transform
    thumbnail: QPixmap | None
    about: str
    answer: str
    probability: str

    def is_same(self, other: Fed) -> bool:
        """Whether the same goes in."""
        return (self.path, self.preprocessing, self.sizes, self.transform) == (
            other.path,
            other.preprocessing,
            other.sizes,
            other.transform,
        )


class History(QWidget):
    """Thumbnails; a click brings an input back as it was.

    Signals
    -------
    wanted(Fed)
        A person wants this one again.
    changed()
        There are other entries, or another one is the present one.
    """

    wanted = Signal(object)
    changed = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.entries: list[Fed] = []
        self.now = -1
        self._arriving: Fed | None = None
        self._network: tuple[str, ...] = ()
        self.buttons: list[QToolButton] = []
        self._group = QButtonGroup(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        self._grid.setAlignment(Qt.AlignLeft | Qt.AlignTop)
        self._own_keys = OwnKeys(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._rested)
        document.faces_changed.connect(self._answered)
        document.model_changed.connect(self._model_changed)

    def clear(self) -> None:
        """Forget everything, and begin with what is fed now."""
        self._rest.stop()
        self._network = self._document.keys[:1]
        self._arriving = self._as_it_is()
        self.entries, self.now = [], -1
        self._show()
        self.arrive()

    def step(self, by: int) -> None:
        """Back to the input before, or on again."""
        self.arrive()
        place = self.now + by
        if 0 <= place < len(self.entries):
            self._bring_back(place)

    def can_step(self, by: int) -> bool:
        """Whether there is an input before, or after."""
        return 0 <= self.now + by < len(self.entries)

    def _bring_back(self, place: int) -> None:
        self.arrive()
        self.now = place
        self._mark()
        self.wanted.emit(self.entries[place])

    # What happens

    def _model_changed(self) -> None:
        # Into a loop's body and back it is still the same network.
        if self._document.keys[:1] != self._network:
            self.clear()

    def _answered(self) -> None:
        fed = self._as_it_is()
        if fed is None:
            return
        before = self._arriving
        if before is not None and not _one_work(before.path, fed.path):
            self.arrive()
        self._arriving = fed
        self._rest.start()

    def _as_it_is(self) -> Fed | None:
        document = self._document
        if document.feeds is None or document.place or not document.faces:
            return None
        answer, probability = document.answer or ("", "")
        return Fed(
            document.input_path,
            document.preprocessing,
            document.sizes,
            document.transform,
            _thumbnail(document, self.devicePixelRatioF()),
            document.feeds.description,
            answer,
            probability,
        )

    def _rested(self) -> None:
        if QApplication.mouseButtons() != Qt.NoButton:
            self._rest.start()
        else:
            self.arrive()

    def arrive(self) -> None:
        """Take down what came last."""
        fed, self._arriving = self._arriving, None
        self._rest.stop()
        if fed is None:
            return
        known = next((place for place, one in enumerate(self.entries) if one.is_same(fed)), None)
        if known is not None:
            self.entries[known], self.now = fed, known
        elif self.entries and _is_drawing(fed.path) and _one_work(self.entries[-1].path, fed.path):
            # Strokes have an undo of their own.
            self.entries[-1], self.now = fed, len(self.entries) - 1
        else:
            self.entries = [*self.entries, fed][-_MOST:]
            while sum(map(_size, self.entries)) > _MOST_BYTES and len(self.entries) > 1:
                self.entries = self.entries[1:]
            self.now = len(self.entries) - 1
        self._show()

    # What is seen

    def _show(self) -> None:
        while len(self.buttons) > len(self.entries):
            button = self.buttons.pop()
            self._group.removeButton(button)
            button.hide()
            button.deleteLater()
        while len(self.buttons) < len(self.entries):
            self._add()
        for button, fed in zip(self.buttons, self.entries, strict=True):
            button.setIcon(QIcon() if fed.thumbnail is None else QIcon(fed.thumbnail))
            metrics: QFontMetrics = button.fontMetrics()
            # Names of files often differ at their ends alone.
            elision = Qt.ElideRight if fed.answer else Qt.ElideMiddle
            lines = (fed.answer or _name(fed.path), fed.probability)
            button.setText(
                "\n".join(metrics.elidedText(line, elision, _WIDTH - 24) for line in lines if line)
            )
            said = ", ".join(filter(None, (fed.about, fed.answer, fed.probability)))
            button.setToolTip(plain(said.replace(", ", "\n", 1)))
            button.setAccessibleName(said)
        self._mark()

    def _add(self) -> None:
        place = len(self.buttons)
        button = QToolButton(self)
        button.setCheckable(True)
        button.setToolButtonStyle(Qt.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(_SIDE, _SIDE))
        button.setStyleSheet("padding: 3px;")
        button.setFixedWidth(_WIDTH)
        button.clicked.connect(lambda: self._bring_back(place))
        self._own_keys.keep(button)
        self._group.addButton(button)
        self._grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
        button.show()
        self.buttons.append(button)

    def _mark(self) -> None:
        self._group.setExclusive(False)
        for place, button in enumerate(self.buttons):
            button.setChecked(place == self.now)
        self._group.setExclusive(True)
        self.changed.emit()


def _one_work(one: Given | None, other: Given | None) -> bool:
    """Whether somebody is still at the same thing."""
    if isinstance(one, Bitmap) and isinstance(other, Bitmap):
        return one.name == other.name and _is_drawing(one)
    return one == other


def _is_drawing(path: Given | None) -> bool:
    return isinstance(path, Bitmap) and path.drawn


def _size(fed: Fed) -> int:
    return fed.path.pixels.nbytes if isinstance(fed.path, Bitmap) else 0


def _name(path: Given | None) -> str:
    return "noise" if path is None else path.name


def _thumbnail(document: Document, ratio: float) -> QPixmap | None:
    """Of the picture, as it goes in."""
    loaded, side = document.loaded, round(_SIDE * ratio)
    pixels = None
    if loaded is not None:
        pixels = loaded.feeds.picture
        if pixels is None and loaded.fed is not None:
            pixels = loaded.fed.pixels
    if pixels is None:
        return None
    mode = Qt.SmoothTransformation if max(pixels.shape[:2]) > side else Qt.FastTransformation
    image = image_from(pixels).scaled(side, side, Qt.KeepAspectRatio, mode)
    square = QPixmap(side, side)
    square.fill(Qt.transparent)
    painter = QPainter(square)
    painter.drawImage((side - image.width()) // 2, (side - image.height()) // 2, image)
    painter.end()
    square.setDevicePixelRatio(ratio)
    return square
