"""All windows about single numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QRectF, QSettings, Signal

from explorer3d.document import Document
from explorer3d.qt.arithmetic.reckoning import Reckoning
from explorer3d.qt.arithmetic.window import ArithmeticWindow
from explorer3d.qt.tensor.places import part_of

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField


class ArithmeticWindows(QObject):
    """The open windows, one for each layer.

    Signals
    -------
    layer_wanted(str)
        A layer to go to.
    input_marked(str, QRectF or None)
        What a number sees of a model input, in shares of the picture.

    Attributes
    ----------
    windows : list of ArithmeticWindow
    """

    layer_wanted = Signal(str)
    input_marked = Signal(str, object)

    def __init__(self, document: Document, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._settings = document, settings
        self.windows: list[ArithmeticWindow] = []

    def open(
        self, layer: str, index: tuple[int, ...] | None = None, filter_number: int | None = None
    ) -> None:
        """Spell out a number of a layer's output, in a new window or in the one about that layer.

        Parameters
        ----------
        layer : str
        index : tuple of int, optional
            None: where the largest amount stands.
        filter_number : int, optional
            What this filter makes of the picture is shown first.
        """
        for window in self.windows:
            if window.reckoning.layer == layer:
                if index is not None:
                    window.reckoning.go_to(index)
                if filter_number is not None:
                    window.show_filter(filter_number)
                window.raise_()
                window.activateWindow()
                return
        window = ArithmeticWindow(Reckoning(self._document, layer, index), self._settings)
        window.layer_wanted.connect(self.layer_wanted)
        window.closed.connect(lambda: self._closed(window))
        window.reckoning.traced.connect(lambda: self._trace(window.reckoning.field))
        self.windows.append(window)
        if filter_number is not None:
            window.show_filter(filter_number)
        window.show()

    def _closed(self, window: ArithmeticWindow) -> None:
        self.windows.remove(window)
        self._trace(None)

    def _trace(self, field: ReceptiveField | None) -> None:
        model = self._document.model
        for port in model.inputs if model is not None else ():
            region = field.regions.get(port.value) if field is not None else None
            part = part_of(region, port.axes) if region is not None else None
            self.input_marked.emit(port.value, QRectF(*part) if part is not None else None)

    def close_all(self) -> None:
        for window in list(self.windows):
            window.close()
