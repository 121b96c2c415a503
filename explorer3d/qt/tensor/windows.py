"""All windows about tensors, and what links them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, QSettings, Signal

from explorer3d.compute.colour_range import ColourRange
from explorer3d.document import Document
from explorer3d.qt.pointer import Pointer
from explorer3d.qt.tensor.places import Place
from explorer3d.qt.tensor.subject import Subject
from explorer3d.qt.tensor.window import TensorWindow

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField


class TensorWindows(QObject):
    """The open windows, each about one tensor.

    Signals
    -------
    arithmetic_wanted(str, tuple)
        A layer, and the number of its output to spell out.
    target_wanted(str)
        What is to be explained.

    Parameters
    ----------
    document : Document
    settings : QSettings
    pointer : Pointer
        Which they share with the scene.

    Attributes
    ----------
    windows : list of TensorWindow
    """

    arithmetic_wanted = Signal(str, object)
    target_wanted = Signal(str)

    def __init__(
        self, document: Document, settings: QSettings, pointer: Pointer, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._settings, self._pointer = document, settings, pointer
        self.windows: list[TensorWindow] = []
        self._ranges: dict[tuple[str, str, str], ColourRange] = {}
        pointer.moved.connect(self._link)
        pointer.traced.connect(self._trace)

    def open(self, layer: str, name: str) -> None:
        """Show a tensor of a layer or of a model input, or bring its window forward."""
        for window in self.windows:
            if (window.subject.layer, window.subject.name) == (layer, name):
                window.raise_()
                window.activateWindow()
                return
        assert self._document.network is not None
        network = self._document.network.key
        window = TensorWindow(Subject(self._document, layer, name), self._settings, self._everything)
        pointer, inputs = self._pointer, window.subject.model_inputs
        window.pointing.pointed.connect(lambda place: pointer.point(window, place))
        window.pointing.traced.connect(lambda field: pointer.trace(window, field, inputs))
        window.closed.connect(lambda: self._closed(window, network))
        window.arithmetic_wanted.connect(self.arithmetic_wanted)
        window.target_wanted.connect(self.target_wanted)
        window.colours.limits_fixed.connect(lambda low, high: self._fix(window, low, high))
        shown = self._document.shown.get(layer)
        tensor = next((one for one in shown.tensors if one.name == name), None) if shown is not None else None
        if tensor is not None:
            in_scene = self._document.ranges.of(layer, name, tensor.role)
            wanted = self._ranges.get((network, layer, name), in_scene)
            window.colours.begin_with(wanted, self._document.colormap)
            for other in self.windows:
                if (limits := other.colours.wanted.limits) is not None:
                    window.colours.take_limits(*limits)
        self.windows.append(window)
        if len(self.windows) > 1:
            # Over the one before, nobody would see that there are two.
            before = self.windows[-2].pos()
            window.move(before.x() + 32, before.y() + 32)
        window.show()

    def close_all(self) -> None:
        for window in list(self.windows):
            window.close()

    def _closed(self, window: TensorWindow, network: str) -> None:
        """Remember what somebody wants of a tensor's colours, lest it is to be chosen again."""
        self.windows.remove(window)
        self._ranges[network, window.subject.layer, window.subject.name] = window.colours.wanted
        there = self._document.keys
        self._ranges = {of: wanted for of, wanted in self._ranges.items() if of[0] in there}

    def _everything(self) -> dict[str, np.ndarray]:
        found = ((window.subject, window.subject.tensor) for window in self.windows)
        return {f"{subject.layer}/{tensor.name}": tensor.array for subject, tensor in found if tensor}

    def _link(self, source: object, place: Place | None) -> None:
        for window in self.windows:
            window.pointing.link(None if window is source else place)

    def _trace(self, source: object, field: ReceptiveField | None) -> None:
        for window in self.windows:
            if window is not source and field is not None:
                window.pointing.link_field(field)

    def _fix(self, source: TensorWindow, low: float, high: float) -> None:
        for window in self.windows:
            if window is not source:
                window.colours.take_limits(low, high)
