"""All windows about single numbers."""

from __future__ import annotations

from qtpy.QtCore import QObject, QSettings, Signal

from explorer3d.document import Document
from explorer3d.qt.arithmetic.reckoning import Reckoning
from explorer3d.qt.arithmetic.window import ArithmeticWindow


class ArithmeticWindows(QObject):
    """The open windows, one for each layer.

    Signals
    -------
    layer_wanted(str)
        A layer to go to.

    Attributes
    ----------
    windows : list of ArithmeticWindow
    """

    layer_wanted = Signal(str)

    def __init__(self, document: Document, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._settings = document, settings
        self.windows: list[ArithmeticWindow] = []

    def open(self, layer: str, index: tuple[int, ...] | None = None) -> None:
        """Spell out a number of a layer's output, in a new window or in the one about that layer.

        Parameters
        ----------
        layer : str
        index : tuple of int, optional
            None: where the largest amount stands.
        """
        for window in self.windows:
            if window.reckoning.layer == layer:
                if index is not None:
                    window.reckoning.go_to(index)
                window.raise_()
                window.activateWindow()
                return
        window = ArithmeticWindow(Reckoning(self._document, layer, index), self._settings)
        window.layer_wanted.connect(self.layer_wanted)
        window.closed.connect(lambda: self.windows.remove(window))
        self.windows.append(window)
        window.show()

    def close_all(self) -> None:
        for window in list(self.windows):
            window.close()
