"""The menu that folds and unfolds blocks."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QAction, QMenu

from explorer3d.document import Document

Add = Callable[..., QAction]


class FoldMenu:
    """View ▸ Blocks.

    Parameters
    ----------
    view : QMenu
        The menu it goes into.
    document : Document
    add : callable
        Puts an action with its keys into a menu of the window.
    """

    def __init__(self, view: QMenu, document: Document, add: Add) -> None:
        self._document = document
        self.menu = view.addMenu("Blocks")
        self._up = add(
            self.menu,
            "Fold block",
            ("Backspace",),
            self.fold,
            "Fold the block around what is selected, or unfolded last; around no block, leave the body",
        )
        self._expand = add(self.menu, "Expand all blocks", ("Ctrl+E",), self.expand, "Show every layer")
        self._collapse = add(
            self.menu,
            "Collapse all blocks",
            ("Ctrl+Shift+E",),
            lambda: document.fold_to_level(0),
            "Show as few blocks as there are",
        )
        self.levels = self.menu.addMenu("To level")
        for signal in (document.model_changed, document.folding_changed, document.selection_changed):
            signal.connect(self._update)
        self._update()

    def fold(self) -> None:
        """Go up: fold the block around what is selected or that was unfolded last, else leave the body."""
        inside = self._inside
        if inside:
            self._document.fold(inside)
        else:
            self._document.leave()

    @property
    def _inside(self) -> str:
        """A node in the block to fold; empty if there is none around it."""
        folding, selected = self._document.folding, self._document.selected
        if folding is None:
            return ""
        here = selected or folding.node_of(next(iter(self._document.refolded), "")) or ""
        return here if folding.hierarchy.around(here) else ""

    def expand(self) -> None:
        if self._document.folding is not None:
            self._document.fold_to_level(self._document.folding.hierarchy.levels)

    def _update(self) -> None:
        folding = self._document.folding
        tree = folding.hierarchy if folding else None
        blocks = bool(tree and tree.blocks)
        self._expand.setEnabled(blocks)
        self._collapse.setEnabled(blocks)
        self._up.setEnabled(bool(self._document.place or self._inside))
        self.levels.clear()
        self.levels.setEnabled(blocks)
        for level in range(tree.levels if tree and blocks else 0):
            count = tree.nodes_at(level) if tree else 0
            action = self.levels.addAction(f"Level {level + 1}: {count:,} nodes")
            action.setCheckable(True)
            action.setChecked(bool(folding and tree and folding.unfolded == tree.to_level(level)))
            action.triggered.connect(lambda _, level=level: self._document.fold_to_level(level))
