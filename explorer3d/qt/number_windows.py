"""Windows beside the scene: every number of a tensor, and how a number comes about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QSettings, Signal
from qtpy.QtWidgets import QMenu, QWidget

from explorer3d.document import Document
from explorer3d.graph.model import Layer
from explorer3d.qt.banner import Banner
from explorer3d.qt.flight import Flight
from explorer3d.qt.input_panel import InputPanel
from explorer3d.qt.inspector import Inspector
from explorer3d.qt.pointer import Pointer
from explorer3d.qt.scene_marks import Spot
from explorer3d.qt.scene_pointing import ScenePointing

if TYPE_CHECKING:
    from explorer3d.qt.arithmetic.windows import ArithmeticWindows
    from explorer3d.qt.tensor.windows import TensorWindows


class NumberWindows(QObject):
    """Opens windows on the selected layer; they lead to each other, to the scene and to the input.

    Parameters
    ----------
    document : Document
    inspector : Inspector
        Whose tensor is meant.
    input_panel : InputPanel
        Where the part of the input is marked that a number comes from.
    pointing : ScenePointing
        Where a number may be pinned.
    pointer : Pointer
        Which the windows share with the scene.
    flight : Flight
    banner : Banner
    settings : QSettings
    window : QWidget

    Signals
    -------
    target_wanted(str)
        A number, or a region, is to be explained.

    Attributes
    ----------
    tensors : TensorWindows or None
    arithmetic : ArithmeticWindows or None
        None until one was opened.
    """

    target_wanted = Signal(str)

    def __init__(
        self,
        document: Document,
        inspector: Inspector,
        input_panel: InputPanel,
        pointing: ScenePointing,
        pointer: Pointer,
        flight: Flight,
        banner: Banner,
        settings: QSettings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._inspector, self._input_panel = document, inspector, input_panel
        self._pointing, self._pointer = pointing, pointer
        self._flight, self._banner, self._settings, self._window = flight, banner, settings, window
        self.tensors: TensorWindows | None = None
        self.arithmetic: ArithmeticWindows | None = None
        inspector.window_wanted.connect(self.open_tensor)
        inspector.arithmetic_wanted.connect(self.open_arithmetic)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer them in a menu; for the parameters see `Journey.add_to`."""
        tip = "The selected layer's output, or the tensor the inspector shows, in a window of its own"
        add(menu, "Every number…", ("V",), self.open_tensor, tip)
        tip = "The window, the weights and the sum behind the number that is pinned, or the largest"
        add(menu, "How a number comes about…", ("A",), self.open_arithmetic, tip)

    def open_tensor(self) -> None:
        """Show the tensor that the inspector shows, or the selected layer's output, number by number."""
        # Here, since nobody waits for it when the program starts.
        from explorer3d.qt.tensor.windows import TensorWindows

        document, selected = self._document, self._document.selected
        if selected is None or document.is_folded(selected):
            self._banner.note("Select a layer or an input first: its tensors open in windows of their own.")
            return
        if self.tensors is None:
            self.tensors = TensorWindows(document, self._settings, self._pointer, self._window)
            self.tensors.arithmetic_wanted.connect(self._spell_out)
            self.tensors.target_wanted.connect(self.target_wanted)
        self.tensors.open(selected, self._inspector.tensors.currentData() or "output")

    def open_arithmetic(self) -> None:
        """Spell out how the selected layer comes to the number that is pinned, or to its largest.

        If the number is one of its kernels', what that filter makes of the picture is shown first.
        """
        model, selected = self._document.model, self._document.selected
        if model is None or selected is None or selected not in model.layer_by_name:
            self._banner.note("Select a layer first: how it comes to a number is spelled out then.")
        else:
            pinned = self._pointing.pinned
            is_its = pinned is not None and (pinned.layer, pinned.tensor) == (selected, "output")
            self._spell_out(
                selected,
                pinned.index if pinned is not None and is_its else None,
                _filter_of(pinned, model.layer_by_name[selected]),
            )

    def close_all(self) -> None:
        """Close all of them."""
        for windows in (self.tensors, self.arithmetic):
            if windows is not None:
                windows.close_all()

    def _spell_out(self, layer: str, index: tuple[int, ...] | None, filter_number: int | None = None) -> None:
        """Spell out how a layer comes to a number of its output, or show what one of its filters makes."""
        # Here, since nobody waits for it when the program starts.
        from explorer3d.qt.arithmetic.windows import ArithmeticWindows

        if self.arithmetic is None:
            self.arithmetic = ArithmeticWindows(self._document, self._settings, self._window)
            self.arithmetic.layer_wanted.connect(self._flight.visit)
            self.arithmetic.input_marked.connect(self._input_panel.mark)
        self.arithmetic.open(layer, index, filter_number)


def _filter_of(spot: Spot | None, layer: Layer) -> int | None:
    """The filter that a number of a layer's kernels belongs to."""
    if spot is None or spot.layer != layer.name:
        return None
    axes = next((weight.axes for weight in layer.weights if weight.name == spot.tensor), "")
    return spot.index[axes.index("O")] if {"O", "I"} <= set(axes) else None
