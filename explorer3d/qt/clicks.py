"""What a click, a double click or Return does to a layer."""

from __future__ import annotations

from qtpy.QtCore import QObject

from explorer3d.document import Document
from explorer3d.qt.inspector import Inspector
from explorer3d.qt.view import View
from explorer3d.scene.pointing import Hit


class Clicks(QObject):
    """Opens what is clicked.

    Parameters
    ----------
    document : Document
    view : View
    inspector : Inspector
        Shows the tensor that was clicked.
    """

    def __init__(self, document: Document, view: View, inspector: Inspector) -> None:
        super().__init__(view)
        self._document, self._inspector = document, inspector
        self._view = view
        view.clicked.connect(self._clicked)
        view.double_clicked.connect(self._double_clicked)

    def open_selected(self) -> None:
        """Show what is in the selected layer: a block's layers, its tensors, and then its body."""
        document, selected = self._document, self._document.selected
        if selected is None:
            return
        if document.is_folded(selected):
            document.unfold(selected)
        elif selected in document.opened and self._has_body(selected):
            document.enter(selected)
        else:
            document.show(selected)

    def _clicked(self, hit: Hit | None) -> None:
        if hit is None:
            return
        if hit.tensor is not None:
            self._document.select(hit.node)
            self._inspector.choose(hit.tensor)
        else:
            self._document.show(hit.node, hit.role)
            self._inspector.prefer(hit.role)

    def _double_clicked(self, hit: Hit | None) -> None:
        if hit is None:
            return
        if self._document.is_folded(hit.node):
            self._document.unfold(hit.node)
        elif hit.role is None and self._has_body(hit.node):
            self._document.enter(hit.node)
        else:
            self._view.stage.frame_node(hit.node)
            self._view.refresh()

    def _has_body(self, name: str) -> bool:
        layer = self._document.model.layer_by_name.get(name) if self._document.model else None
        return layer is not None and bool(layer.bodies)
