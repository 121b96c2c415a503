"""One explanation: its picture, its colours, and what is said of it."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from explorer3d.attribution import Attribution
from explorer3d.graph.model import Model
from explorer3d.qt.explain.chart_view import ChartView
from explorer3d.qt.explain.request import Explained
from explorer3d.qt.explain.scale import ColourBar
from explorer3d.qt.picture_view import PictureView
from explorer3d.qt.plain import plain
from explorer3d.qt.stages.scale import figure
from explorer3d.scene.explained import is_chart
from explorer3d.scene.heat import Heat, laid_over, on_scale

_NOTHING = "Zero everywhere: nothing of the picture moves the target as it is, such as behind a closed ReLU"
_SAVED = 1280
"""Pixels of width of a chart that is saved."""


class ResultView(QWidget):
    """Draws an explanation, and says the number under the pointer.

    Attributes
    ----------
    result : Explained or None
        What is drawn.
    heat : Heat or None
        What lies over the picture, on the scale it is drawn in.
    pixels : (H, W, 3) uint8 array or None
        As it is drawn.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.result: Explained | None = None
        self.heat: Heat | None = None
        self.pixels: np.ndarray | None = None
        self.picture = _Pointed(name)
        self.bar = ColourBar()
        self.chart = ChartView()
        self.swept = PictureView("The picture at this place of the curves")
        self.readout = QLabel()
        self.readout.setObjectName("dim")
        self.readout.setWordWrap(True)
        self.title = QLabel()
        self.title.setTextFormat(Qt.PlainText)
        self.title.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.picture, self.chart, self.bar, self.readout, self.swept, self.title):
            column.addWidget(widget)
        column.addStretch(1)
        self.picture.pointed.connect(self._read)
        self.chart.pointed.connect(self._read_curve)

    def show_result(
        self,
        result: Explained | None,
        model: Model | None,
        opacity: float,
        threshold: float,
        said: str = "",
        full: float = 0.0,
    ) -> None:
        """
        Parameters
        ----------
        result : Explained or None
        model : Model or None
            Of which it is.
        opacity, threshold : float
            See `laid_over`.
        said : str
            In front of the title.
        full : float
            The number that gets the full colour; 0: as suits its own numbers.
        """
        self.result = result
        found = result.found if result is not None else None
        heat = result.heat if result is not None else None
        if heat is not None and full:
            heat = on_scale(heat, full)
        self.heat = heat
        pixels = result.pixels if result is not None else None
        if heat is not None:
            pixels = laid_over(heat, opacity, threshold)
        self.pixels = pixels
        title = found.title if found is not None else ""
        self.picture.setVisible(pixels is not None)
        if pixels is not None:
            self.picture.show_pixels(pixels, title, tip=plain(title))
        self.bar.show_heat(heat, threshold)
        self.chart.show_found(found if found is not None and is_chart(found) else None, model)
        self.readout.setVisible(heat is not None or self._curves is not None)
        self.title.setText("\n".join(filter(None, [said, title])))
        if self._curves is not None:
            self._read_curve(-1)
        else:
            self.swept.hide()
            self._read(-1.0, -1.0)

    @property
    def drawn(self) -> np.ndarray | None:
        """(H, W, 3) uint8 array: what is seen, as large as it is saved; None where nothing is."""
        chart = self.chart.picture(_SAVED)
        return self.pixels if chart is None else chart

    @property
    def _curves(self) -> Attribution | None:
        found = self.result.found if self.result is not None else None
        return found if found is not None and found.axes == "LT" else None

    def _read(self, x: float, y: float) -> None:
        heat = self.heat
        if heat is None or not (0 <= x < 1 and 0 <= y < 1):
            nothing = heat is not None and heat.full == 0
            self.readout.setText(_NOTHING if nothing else "Point at the picture to read its numbers")
            return
        self.readout.setText(figure(heat.value_at(x, y)))

    def _read_curve(self, at: int) -> None:
        found, result = self._curves, self.result
        if found is None or result is None:
            return
        self.swept.setVisible(bool(result.swept))
        if at < 0:
            self.readout.setText("Point at the curves to see the picture there")
            # As it was fed: where nothing is changed, or nearly.
            amounts = found.further["amounts"]
            at = int(np.abs(amounts - (1 if found.settings["sweep"] == "scale" else 0)).argmin())
        else:
            said = [
                f"{found.settings['sweep'].replace('_', ' ')} {figure(float(found.further['amounts'][at]))}"
            ]
            share = float(found.further["probabilities"][at])
            if np.isfinite(share):
                said.append(f"{found.target.title} {share:.1%}")
            said.append(f"score {figure(float(found.further['scores'][at]))}")
            self.readout.setText("  ·  ".join(said))
        if result.swept:
            self.swept.show_pixels(result.swept[at], "")


class _Pointed(PictureView):
    """Tells where the pointer is.

    Signals
    -------
    pointed(float, float)
        Shares of the picture's width and height; −1 where it is outside.
    """

    pointed = Signal(float, float)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setMouseTracking(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        target = self.target
        if target.isEmpty():
            return
        place = event.localPos() - target.topLeft()
        self.pointed.emit(place.x() / target.width(), place.y() / target.height())

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(-1.0, -1.0)
