"""What can be done to a map or kernel: by a right click, or by keys over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QEvent, QObject, QPoint, Qt
from qtpy.QtWidgets import QApplication, QInputDialog, QMenu

from explorer3d.compute.edits import Edit
from explorer3d.document import Document
from explorer3d.qt.scene_marks import Spot, panel_of
from explorer3d.qt.scene_pointing import ScenePointing
from explorer3d.qt.surgery.aim import aim, count
from explorer3d.qt.view import View
from explorer3d.scene.pointing import Hit

TWICE = 2.0
_HOW = "Point at a map or kernel of an open layer, or click a number of it"
_HELD = Qt.Key_H


class Surgery(QObject):
    """Mutes, boosts and replaces what is pointed at; takes it back; shows the network as it was.

    Parameters
    ----------
    document : Document
    view : View
    pointing : ScenePointing
        Knows the number pointed at, and the one pinned.
    say : callable
        Tells the person a sentence.

    Attributes
    ----------
    menu : QMenu or None
        The one that was opened last.
    dialog : QInputDialog or None
        The one that was opened last.
    """

    def __init__(
        self, document: Document, view: View, pointing: ScenePointing, say: Callable[[str], object]
    ) -> None:
        super().__init__(view)
        self._document, self._view, self._pointing, self._say = document, view, pointing, say
        self.menu: QMenu | None = None
        self.dialog: QInputDialog | None = None
        view.asked.connect(self._asked)
        # The number that was told beside the cursor is no longer true.
        document.edits_changed.connect(lambda: view.tell(""))

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer all in a menu; for the parameters see `Journey.add_to`."""
        tip = "What was changed last is as before, or the layer closed since is open again"
        add(menu, "Undo", ("Ctrl+Z",), self.undo, tip)
        add(menu, "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), self.redo, "Change again what was taken back")
        menu.addSeparator()
        tip = "Mute the map or kernel pointed at, or let it be as it was"
        add(menu, "Mute map", ("X",), self.mute, tip)
        add(menu, "Boost map ×2", ("U",), self.boost, "Make the map or kernel pointed at twice as strong")
        tip = "All that can be done to the map or kernel pointed at (right click)"
        add(menu, "Change map…", ("K",), self.offer, tip)
        tip = "While the key is held: the network as it was before you changed it"
        original = add(menu, "See the original (hold)", ("H",), self.hold, tip)
        original.setAutoRepeat(False)
        tip = "Undo all that was changed in the network"
        add(menu, "Restore all", ("Ctrl+Shift+X",), self._document.restore, tip)
        menu.addSeparator()

    # By keys

    def undo(self) -> None:
        if not self._document.undo():
            self._say("There is nothing to undo.")

    def redo(self) -> None:
        if not self._document.redo():
            self._say("There is nothing to do again.")

    def mute(self) -> None:
        """Mute what is pointed at; if it is muted, let it be as it was."""
        edit = self._pointed_at()
        if edit is not None:
            self._mute(edit)

    def boost(self) -> None:
        """Make what is pointed at twice as strong as it is now."""
        edit = self._pointed_at()
        if edit is not None:
            self._boost(edit)

    def offer(self, where: QPoint | None = None) -> None:
        """Open the menu for what is pointed at: somewhere on the screen, or else over the scene."""
        spot = self._pointing.spot
        if spot is None:
            self._say(f"{_HOW}: then it can be changed.")
        else:
            self._open(spot, where or self._view.mapToGlobal(self._view.rect().center()))

    def hold(self) -> None:
        """Show the network as it was, until the key is released."""
        if not self._document.changes:
            self._say("Nothing has been changed yet: this is the original.")
        else:
            # Wherever the focus goes meanwhile, the key is released.
            QApplication.instance().installEventFilter(self)
            self._document.see_original(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        released = event.type() == QEvent.KeyRelease and event.key() == _HELD and not event.isAutoRepeat()
        if released or event.type() == QEvent.WindowDeactivate:
            QApplication.instance().removeEventFilter(self)
            self._document.see_original(False)
        return False

    def _pointed_at(self) -> Edit | None:
        spot = self._pointing.spot
        found = f"{_HOW}: then this key changes it." if spot is None else self._aimed(spot)
        if isinstance(found, str):
            self._say(found)
            return None
        # A key is for the whole kernel; the menu has its slices.
        return replace(found, taken=None)

    def _aimed(self, spot: Spot) -> Edit | str:
        panel, model = panel_of(self._view.stage, spot), self._document.model
        if panel is None or model is None:
            return f"{_HOW}: then it can be changed."
        return aim(model, spot.layer, panel.tensor, spot.index)

    # By the mouse

    def _asked(self, hit: Hit | None, where: QPoint) -> None:
        spot = self._pointing.spot_of(hit)
        if spot is not None:
            self._open(spot, where)

    def _open(self, spot: Spot, where: QPoint) -> None:
        aimed, panel = self._aimed(spot), panel_of(self._view.stage, spot)
        menu = self.menu = QMenu(self._view)
        menu.setAttribute(Qt.WA_DeleteOnClose)
        if isinstance(aimed, str) or panel is None:
            menu.addAction(str(aimed)).setEnabled(False)
        else:
            others = count(panel.tensor)
            whole = replace(aimed, taken=None)
            self._add(menu, whole, others, keys=True)
            if aimed.taken is not None:
                menu.addSeparator()
                self._add(menu, aimed, others)
        if self._document.changes:
            menu.addSeparator()
            menu.addAction("Restore all\tCtrl+Shift+X", self._document.restore)
        menu.popup(where)

    def _add(self, menu: QMenu, edit: Edit, others: int, keys: bool = False) -> None:
        """Offer all that can be done to one thing."""
        change = self._document.change_of(edit)
        what = edit.what[0].upper() + edit.what[1:]
        state = f", {change.edit.done}" if change is not None and change.on else ""
        menu.addAction(f"{what}{state}".replace("&", "&&")).setEnabled(False)
        name = "slice" if edit.taken is not None else "kernel" if edit.weight else "map"
        mute, boost = ("\tX", "\tU") if keys else ("", "")
        menu.addAction(f"Mute {name}{mute}", lambda: self._document.edit(edit))
        menu.addAction(f"Boost {name} ×2{boost}", lambda: self._boost(edit))
        if others > 1:
            menu.addAction(f"Replace {name} by…", lambda: self._replace(edit, others))
        if change is not None:
            menu.addAction(f"Restore {name}", lambda: self._document.restore(edit))

    def _mute(self, edit: Edit) -> None:
        change = self._document.change_of(edit)
        if change is not None and change.on and change.edit.factor == 0:
            self._document.restore(edit)
        else:
            self._document.edit(edit)

    def _boost(self, edit: Edit) -> None:
        change = self._document.change_of(edit)
        there = change.edit if change is not None and change.on and change.edit.factor else None
        factor, source = (there.factor, there.source) if there else (1.0, None)
        self._document.edit(replace(edit, factor=TWICE * factor, source=source))

    def _replace(self, edit: Edit, others: int) -> None:
        name = "kernel" if edit.weight else "map"
        dialog = self.dialog = QInputDialog(self._view)
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.setInputMode(QInputDialog.IntInput)
        dialog.setIntRange(0, others - 1)
        dialog.setIntValue((edit.channel + 1) % others)
        dialog.setWindowTitle(f"Replace {edit.what}")
        dialog.setLabelText(f"By {name} (0 to {others - 1}):")
        dialog.intValueSelected.connect(
            lambda source: self._document.edit(replace(edit, factor=1.0, source=source))
        )
        dialog.open()
