"""What the colours of an opened tensor mean in the scene, and how they are chosen."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSettings, Signal
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QLineEdit, QWidget

from explorer3d.compute.colour_range import AUTOMATIC, FIXED, HAND, MAP, TENSOR, ColourRange
from explorer3d.compute.show import ShownTensor
from explorer3d.document import Document
from explorer3d.qt.tensor.colour_choices import OF_MAP, OF_TENSOR, ColourChoices

RANGES = {
    TENSOR: ("Of the tensor", OF_TENSOR),
    MAP: ("Of each map", OF_MAP),
    HAND: ("Set by hand", "These limits for this tensor, whatever runs through the network"),
    FIXED: (
        "The same for all",
        "These limits for all inputs and outputs, or for all weights, so that they compare",
    ),
}


class SceneColours(ColourChoices):
    """The choices for one tensor, kept by the document.

    Signals
    -------
    told(str)
        What the colours span, in a word.
    """

    told = Signal(str)

    def __init__(self, document: Document, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(settings, RANGES, parent)
        self._document = document
        self._layer = ""
        self._tensor: ShownTensor | None = None
        for widget in (self, self.histogram, *self.findChildren(QWidget)):
            widget.installEventFilter(self)
        self.changed.connect(self._choose)
        document.view_changed.connect(self._show)
        document.ranges_changed.connect(self._show)

    def show_tensor(self, layer: str, tensor: ShownTensor | None) -> None:
        """Offer the choices for another tensor."""
        self._layer, self._tensor = layer, tensor
        self._show()

    def _show(self) -> None:
        tensor, chosen = self._tensor, self._kept
        self.colormaps.setCurrentIndex(self.colormaps.findData(self._document.colormap))
        self.show_wanted(chosen)
        self.show_statistics(tensor.statistics if tensor is not None else None)
        self.told.emit(str(chosen) or "automatic")

    @property
    def _kept(self) -> ColourRange:
        tensor = self._tensor
        if tensor is None:
            return AUTOMATIC
        return self._document.ranges.of(self._layer, tensor.name, tensor.role)

    def _choose(self) -> None:
        document, tensor, wanted = self._document, self._tensor, self.wanted
        if tensor is not None and wanted != self._kept:
            continued = self.histogram.continued
            document.choose_range(self._layer, tensor.name, tensor.role, wanted, continued)
        if self.colormaps.currentData() != document.colormap:
            document.set_view(colormap=str(self.colormaps.currentData()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Undo takes the last choice of a range back here, instead of opening a layer again."""
        kinds = (QEvent.ShortcutOverride, QEvent.KeyPress)
        typing = isinstance(watched, QLineEdit) and watched.isModified()
        if event.type() in kinds and event.matches(QKeySequence.Undo) and not typing:
            if event.type() == QEvent.KeyPress:
                self._document.undo_range()
            event.accept()
            return True
        return super().eventFilter(watched, event)
