"""Places in the open network that a person has given a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QMenu

from explorer3d.document import Document
from explorer3d.qt.key_sheet import TOGETHER
from explorer3d.scene.places import BOOKMARKS, Place, from_text, to_text
from explorer3d.scene.stage import Stage

_TOPIC = "bookmarks"


class Bookmarks(QObject):
    """The bookmarks of the open network, remembered with it.

    Parameters
    ----------
    document : Document
    stage : Stage
        Whose view a bookmark keeps.
    say : callable
        Tells the person a sentence.
    go : callable
        Goes to a place.
    is_there : callable
        Whether a node of that name can be gone to.
    """

    def __init__(
        self,
        document: Document,
        stage: Stage,
        say: Callable[[str], object],
        go: Callable[[Place], object],
        is_there: Callable[[str], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._stage = document, stage
        self._say, self._go, self._is_there = say, go, is_there
        self._places: dict[int, Place] = {}
        self._entries: dict[int, Any] = {}
        document.model_changed.connect(self._model_changed)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer them in a menu; for the parameters see `Journey.add_to`."""
        places, setting = menu.addMenu("Bookmarks"), menu.addMenu("Set bookmark")
        for number in BOOKMARKS:
            go = add(places, f"Bookmark {number}", (str(number),), lambda n=number: self.recall(n))
            go.setProperty(TOGETHER, ("Go to bookmark", "1 … 9"))
            self._entries[number] = go
            put = add(setting, f"Set bookmark {number}", (f"Ctrl+{number}",), lambda n=number: self.mark(n))
            put.setProperty(TOGETHER, ("Set bookmark", "Ctrl+1 … Ctrl+9"))
        places.aboutToShow.connect(self._name)

    def mark(self, number: int) -> None:
        """Set a bookmark here."""
        if self._document.model is None:
            return
        self._places[number] = Place(self._document.selected, self._stage.goal)
        self._document.remember(_TOPIC, to_text(self._places))
        self._say(f"Bookmark {number}: {self._document.selected or 'this view'}")

    def recall(self, number: int) -> None:
        """Go to a bookmark."""
        place = self._places.get(number)
        if self._document.model is None:
            return
        if place is None:
            self._say(f"Bookmark {number} is not set: Ctrl+{number} sets it to what is seen now.")
        elif place.node is not None and not self._is_there(place.node):
            self._say(f"Bookmark {number} was set on '{place.node}', which is not there any more.")
        else:
            self._go(place)

    def _model_changed(self) -> None:
        self._places = from_text(self._document.remembered(_TOPIC))

    def _name(self) -> None:
        for number, action in self._entries.items():
            place = self._places.get(number)
            name = "not set" if place is None else place.node or "a view"
            action.setText(f"{number}  {name}".replace("&", "&&"))
