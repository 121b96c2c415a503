"""All windows about tensors, and what links them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, QRectF, QSettings, Signal

from explorer3d.document import Document
from explorer3d.qt.tensor.places import Place, part_of
from explorer3d.qt.tensor.subject import Subject
from explorer3d.qt.tensor.window import TensorWindow

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField


class TensorWindows(QObject):
    """The open windows, each about one tensor.

    Signals
    -------
    input_marked(str, QRectF or None)
        What the number pointed at sees of a model input, in shares of the picture.
    arithmetic_wanted(str, tuple)
        A layer, and the number of its output to spell out.

    Attributes
    ----------
    windows : list of TensorWindow
    """

    input_marked = Signal(str, object)
    arithmetic_wanted = Signal(str, object)

    def __init__(self, document: Document, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._settings = document, settings
        self.windows: list[TensorWindow] = []

    def open(self, layer: str, name: str) -> None:
        """Show a tensor of a layer or of a model input, or bring its window forward."""
        for window in self.windows:
            if (window.subject.layer, window.subject.name) == (layer, name):
                window.raise_()
                window.activateWindow()
                return
        window = TensorWindow(Subject(self._document, layer, name), self._settings, self._everything)
        window.pointing.pointed.connect(lambda place: self._link(window, place))
        window.pointing.traced.connect(lambda field: self._trace(window, field))
        window.closed.connect(lambda: self.windows.remove(window))
        window.arithmetic_wanted.connect(self.arithmetic_wanted)
        window.colours.limits_fixed.connect(lambda low, high: self._fix(window, low, high))
        self.windows.append(window)
        if len(self.windows) > 1:
            # Over the one before, nobody would see that there are two.
            before = self.windows[-2].pos()
            window.move(before.x() + 32, before.y() + 32)
        window.show()

    def close_all(self) -> None:
        for window in list(self.windows):
            window.close()

    def _everything(self) -> dict[str, np.ndarray]:
        found = ((window.subject, window.subject.tensor) for window in self.windows)
        return {f"{subject.layer}/{tensor.name}": tensor.array for subject, tensor in found if tensor}

    def _link(self, source: TensorWindow, place: Place | None) -> None:
        for window in self.windows:
            window.pointing.link(None if window is source else place)

    def _trace(self, source: TensorWindow, field: ReceptiveField | None) -> None:
        for window in self.windows:
            if window is not source and field is not None:
                window.pointing.link_field(field)
        for port in source.subject.model_inputs:
            region = field.regions.get(port.value) if field is not None else None
            part = part_of(region, port.axes) if region is not None else None
            self.input_marked.emit(port.value, QRectF(*part) if part is not None else None)

    def _fix(self, source: TensorWindow, low: float, high: float) -> None:
        for window in self.windows:
            if window is not source:
                window.colours.take_limits(low, high)
