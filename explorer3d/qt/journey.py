"""Ways through the network: along the flow, back and forward, to bookmarks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QMenu

from explorer3d.document import Document
from explorer3d.entering import LoadBody, LoadedBody
from explorer3d.graph.paths import Flow
from explorer3d.qt.bookmarks import Bookmarks
from explorer3d.qt.view import View
from explorer3d.scene.camera import Pose
from explorer3d.scene.overview import cells, middle_of, nearest
from explorer3d.scene.places import History, Place
from explorer3d.scene.pointing import Hit
from explorer3d.scene.stage import Stage

_REST = 1000  # milliseconds without a move after which a view is a place that one comes back to
STEPS: dict[str, Callable[[Flow, int], int | None]] = {
    "next": Flow.next,
    "previous": Flow.previous,
    "above": lambda flow, node: flow.beside(node, -1),
    "below": lambda flow, node: flow.beside(node, 1),
}


class Journey(QObject):
    """Where one is in the network, where one has been, and how one goes on.

    Parameters
    ----------
    document : Document
    stage : Stage
    view : View
    say : callable
        Tells the person a sentence.
    """

    def __init__(self, document: Document, stage: Stage, view: View, say: Callable[[str], object]) -> None:
        super().__init__(view)
        self._document, self._stage, self._view, self._say = document, stage, view, say
        self._history = History(Place(None, stage.goal))
        self._heading: Place | None = None
        self._crossing = False
        self._refolding: frozenset[str] | None = None
        self._outermost = ""
        self.bookmarks = Bookmarks(document, stage, say, self._go, self._is_there, self)
        self.rest = QTimer(self)
        self.rest.setSingleShot(True)
        self.rest.setInterval(_REST)
        self.rest.timeout.connect(self._rested)
        view.moved.connect(self.rest.start)
        document.leaving.connect(self._leaving)
        document.refolding.connect(self._leaving)
        document.folding_changed.connect(self._refolded)
        document.failed.connect(self._stop)
        document.model_changed.connect(self._begin)
        document.layer_changed.connect(self._layer_changed)
        document.selection_changed.connect(self._selected)
        view.linked.connect(self._linked)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer all ways in a menu.

        Parameters
        ----------
        menu : QMenu
        add : callable
            Takes the menu, a title, keys, what to do, and a tip; returns the action.
        """
        for title, key, step in (
            ("Next layer", "Right", "next"),
            ("Previous layer", "Left", "previous"),
            ("Branch above", "Up", "above"),
            ("Branch below", "Down", "below"),
        ):
            add(menu, title, (key,), lambda step=step: self.step(step), f"{title} along the flow of the data")
        menu.addSeparator()
        add(menu, "Start path here", ("M",), self.mark_start, "Light all paths from here to what comes next")
        menu.addSeparator()
        add(menu, "Back", ("Alt+Left",), lambda: self.travel(-1), "To the place visited before")
        add(menu, "Forward", ("Alt+Right",), lambda: self.travel(1), "To the place come back from")
        menu.addSeparator()
        tip = "Show what is in an If, Loop, Scan or function as a network of its own"
        add(menu, "Enter body", ("Alt+Down",), self.enter, tip)
        add(menu, "Leave body", ("Alt+Up",), self._document.leave, "Go back to the network around it")
        add(menu, "Next iteration", (".",), lambda: self.iterate(1), "Run the body of a loop once more")
        add(menu, "Previous iteration", (",",), lambda: self.iterate(-1), "Run it once less")
        menu.addSeparator()
        self.bookmarks.add_to(menu, add)

    def step(self, way: str) -> None:
        """Select a neighbour.

        Parameters
        ----------
        way : str
            Key in `STEPS`.
        """
        layout = self._stage.layout
        if layout is None or not layout.names:
            return
        selected = self._document.selected
        if selected not in layout.names:
            found: int | None = 0
        else:
            here = layout.names.index(selected)
            if layout.edges:
                found = STEPS[way](self._stage.flow, here)
            else:
                # Nothing flows in a file of weights: its layers are read in order.
                found = here + {"next": 1, "previous": -1}.get(way, 0)
                found = min(max(found, 0), len(layout.names) - 1)
        if found is not None:
            name = layout.names[found]
            self._document.select(name, self._document.start)
            self._stage.reveal(name)
            self._view.refresh()

    def mark_start(self) -> None:
        """Light all paths between the selected node and those selected by keys from now on; or no more."""
        document = self._document
        if document.selected is None:
            self._say("Select a layer first: all paths from it to the next one you go to will be lit.")
        elif document.start is not None:
            document.select(document.selected)
        else:
            document.select(document.selected, document.selected)

    def travel(self, by: int) -> None:
        """Back (-1) or forward (1) through the places visited."""
        place = self._history.go(by, self._stage.goal, self._can_go)
        if place is None:
            self._say("This is where the journey began." if by < 0 else "There is no place after this one.")
        elif place.within == self._document.place:
            self._refold(place)
        else:
            self._crossing = True
            self._document.go_to(place.within, lambda: self._crossed(place))

    def enter(self) -> None:
        """Go into the body of the selected layer."""
        document, model = self._document, self._document.model
        layer = model.layer_by_name.get(document.selected or "") if model else None
        if layer is not None and layer.bodies:
            document.enter(layer.name)
        else:
            self._say("Select an If, Loop, Scan or function first: what is in it will be shown.")

    def iterate(self, by: int) -> None:
        """Look at the next (1) or previous (-1) time that the open body is run."""
        wanted = self._document.wanted_input if self._document.place else None
        loaded = self._document.loaded
        if isinstance(wanted, LoadBody) and isinstance(loaded, LoadedBody) and loaded.iteration is not None:
            self._document.iterate(max(wanted.iteration + by, 0))
        else:
            self._say("Enter the body of a Loop or Scan first: then it is run once more, or once less.")

    def _crossed(self, place: Place) -> None:
        self._crossing = False
        self._refold(place)

    def _refold(self, place: Place) -> None:
        """Fold the blocks as they were, and go to the place."""
        if place.unfolded is None or place.unfolded == self._unfolded:
            self._go(place)
        else:
            self._refolding = place.unfolded
            self._document.refold(place.unfolded, lambda: self._go(place))

    @property
    def _unfolded(self) -> frozenset[str] | None:
        folding = self._document.folding
        return folding.unfolded if folding else None

    @property
    def _travels(self) -> bool:
        """Whether what happens is part of the way to a place visited before."""
        if self._refolding is not None and self._refolding != self._unfolded:
            # That was given up, since other blocks were folded, or none.
            self._refolding = None
        return self._crossing or self._refolding is not None

    def _stop(self) -> None:
        self._crossing = False

    def _rested(self) -> None:
        """Remember the view as a place, if nothing is on its way elsewhere."""
        document, stage = self._document, self._stage
        if document.model is None or self._crossing or self._heading is not None or stage.moving:
            return
        place = self._here(stage.pose, self._in_the_middle())
        self._history.rest(place, stage.canvas.size)

    def _here(self, pose: Pose, around: str | None = None) -> Place:
        return Place(self._document.selected, pose, self._document.place, around, self._unfolded)

    def _in_the_middle(self) -> str | None:
        network = self._stage.settled
        if network is None or not network.index:
            return None
        index = nearest(*cells(network.placement), middle_of(self._stage.pose), math.inf)
        return None if index is None else network.placement.names[index]

    def _leaving(self) -> None:
        if not self._crossing and self._refolding is None:
            self._history.leave(self._stage.goal)

    def _refolded(self) -> None:
        """Blocks that are folded or not make another place; what was selected in them will not be there."""
        document = self._document
        nodes = document.folding.nodes if document.folding else ()
        if not self._travels and (document.selected is None or document.selected in nodes):
            self._history.visit(self._here(self._stage.goal))

    def _layer_changed(self, name: str) -> None:
        if name not in self._document.opened:
            self._history.lose(name, self._document.place)

    def _go(self, place: Place) -> None:
        self._refolding = None
        self._heading = place
        self._document.select(place.node)
        self._arrive()

    def _arrive(self) -> None:
        """Look at the place one is on the way to, as soon as it is not folded away any more."""
        place = self._heading
        if place is None or place.node != self._document.selected:
            return
        self._heading = None
        seen, layout = place.around or place.node, self._stage.layout
        there = place.unfolded == self._unfolded and not place.lost
        gone = layout is None or seen not in layout.names
        if there or seen is None or gone or (not place.lost and self._stage.seen_from(place.pose, seen)):
            self._stage.fly(place.pose)
        else:
            # It stands elsewhere now, or what was laid open of it does not stand there any more.
            self._stage.frame_node(seen)
        self._view.refresh()

    def _is_there(self, node: str) -> bool:
        layout, model = self._stage.layout, self._document.model
        return bool((layout and node in layout.names) or (model and node in model.layer_by_name))

    def _can_go(self, place: Place) -> bool:
        folding = self._document.folding
        if place.node is None or place.within != self._document.place or folding is None:
            return True
        return self._is_there(place.node) or place.node in folding.hierarchy.block_by_name

    def _begin(self) -> None:
        self._heading, self._refolding = None, None
        outermost = next(iter(self._document.keys), "")
        if outermost != self._outermost or not outermost:
            self._history, self._crossing = History(self._here(self._stage.goal)), False
        elif not self._crossing:
            self._history.visit(self._here(self._stage.goal))
        self._outermost = outermost

    def _selected(self) -> None:
        document = self._document
        if not self._travels:
            self._history.visit(self._here(self._stage.goal))
        self._arrive()
        if document.start is None or document.selected is None:
            return
        if document.start == document.selected:
            self._say(f"Paths start at {document.start}: go on by arrow keys, or Shift+click their end.")
        elif self._stage.linked:
            self._say(f"{len(self._stage.lit)} layers on the paths {document.start} – {document.selected}")
        else:
            self._say(f"No data flows between {document.start} and {document.selected}.")

    def _linked(self, hit: Hit | None) -> None:
        document = self._document
        if hit is not None:
            start = document.start or document.selected
            document.select(hit.node, None if start == hit.node else start)
