"""What somebody changes in the open network, and takes back. Knows neither Qt nor VTK."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace

from psygnal import Signal

from explorer3d.compute import requests
from explorer3d.compute.edit_model import EditedModel, EditModel
from explorer3d.compute.edits import Edit
from explorer3d.graph.summary import counted
from explorer3d.viewing import MOST_UNDONE, Viewing

_EDITS = "edits"
CHANGE = "change"
"""Key in `COSTS`: how far layers are from what they were."""
_INSIDE = "Inside a layer nothing can be changed: leave it first (Alt+Up), then change the layers around it."


@dataclass(frozen=True)
class Change:
    """An edit, and whether it is switched on."""

    edit: Edit
    on: bool = True

    @property
    def running(self) -> Edit:
        """What runs: where it is switched off the same place as it is, so that nothing is prepared anew."""
        return self.edit if self.on else replace(self.edit, factor=1.0, source=None)


Changes = tuple[Change, ...]


def told(changes: Changes, seeing_original: bool = False) -> str:
    """``edited: 2 changes``; empty if none is switched on."""
    count = sum(change.on for change in changes)
    if not count:
        return ""
    said = counted(count, "change")
    return f"as it was, without {said}" if seeing_original else f"edited: {said}"


@dataclass(frozen=True)
class _History:
    """What is changed, what was before, and what has been taken back.

    Attributes
    ----------
    now : tuple of Change
    before, after : tuple of (tuple of Change, int)
        And how many layers had been closed then.
    """

    now: Changes = ()
    before: tuple[tuple[Changes, int], ...] = ()
    after: tuple[tuple[Changes, int], ...] = ()


class Editing(Viewing):
    """A network in which channels and kernels are changed; its file stays as it is.

    Whatever runs afterwards runs with the changes. They are gone when the model is closed.

    Parameters
    ----------
    memory : mutable mapping of str to str

    Signals
    -------
    edits_changed()
        Something else is changed, or it is seen without.

    Attributes
    ----------
    seeing_original : bool
        The network runs without the changes for now.
    """

    _of_a_network = (*Viewing._of_a_network, "_history", "_sound", "_edited_key", "seeing_original")

    edits_changed = Signal()

    def __init__(self, memory: MutableMapping[str, str]) -> None:
        super().__init__(memory)
        self._history = self._sound = _History()
        self._edited_key = ""
        self.seeing_original = False

    @property
    def key(self) -> str:
        return self._edited_key if self._edited_key and not self.seeing_original else super().key

    @property
    def changes(self) -> Changes:
        """What has been changed, in that order."""
        return self._history.now

    @property
    def edited(self) -> Mapping[str, int]:
        """How many changes of each layer are switched on."""
        found: dict[str, int] = {}
        for change in self.changes:
            if change.on:
                found[change.edit.layer] = found.get(change.edit.layer, 0) + 1
        return found

    @property
    def running_edits(self) -> tuple[Edit, ...]:
        """What is changed in the network as it runs now."""
        return () if self.seeing_original else tuple(change.edit for change in self.changes if change.on)

    @property
    def told(self) -> str:
        """``edited: 2 changes``: that what runs is not what the file holds; empty if it is."""
        return told(self.changes, self.seeing_original)

    def edit(self, edit: Edit, continued: bool = False, passing: bool = False) -> None:
        """Change something; what was done to the same channel or kernel before does not count any more.

        Parameters
        ----------
        edit : Edit
        continued : bool
            This goes on with the change before, as while a slider is being moved: both are undone together.
        passing : bool
            Others like it are about to follow: only what can be had quickly is asked for.
        """
        place = self._place(edit)
        now = list(self.changes)
        if place is None:
            now.append(Change(edit))
        else:
            now[place] = Change(edit)
        self._make(tuple(now), continued, passing)

    def switch(self, edit: Edit, on: bool) -> None:
        """Let a change count, or not."""
        place = self._place(edit)
        if place is not None and self.changes[place].on != on:
            now = list(self.changes)
            now[place] = replace(now[place], on=on)
            self._make(tuple(now))

    def restore(self, edit: Edit | None = None) -> None:
        """Take one change away, whenever it was made; None: all."""
        place = None if edit is None else self._place(edit)
        if edit is None and self.changes:
            self._make(())
        elif place is not None:
            self._make((*self.changes[:place], *self.changes[place + 1 :]))

    def undo(self) -> bool:
        """Take the last change back, or open the layer again that has been closed since.

        Returns
        -------
        bool
            Whether there was something to be taken back.
        """
        before = self._history.before
        if self.reopen(since=before[-1][1] if before else 0):
            return True
        if before:
            now, closings = before[-1]
            after = (*self._history.after, (self.changes, closings))
            self._adopt_history(_History(now, before[:-1], after))
        return bool(before)

    def redo(self) -> bool:
        """Make the change again that was taken back last.

        Returns
        -------
        bool
            Whether there was one.
        """
        after = self._history.after
        if after:
            now, closings = after[-1]
            before = (*self._history.before, (self.changes, closings))
            self._adopt_history(_History(now, before, after[:-1]))
        return bool(after)

    def see_original(self, wanted: bool) -> None:
        """Let the network run without the changes for a while, or with them again."""
        if wanted != self.seeing_original and (self._edited_key or not wanted):
            self.seeing_original = wanted
            self.edits_changed.emit()
            self._run_anew()

    def change_of(self, edit: Edit) -> Change | None:
        """What has been done to the same channel or kernel."""
        place = self._place(edit)
        return None if place is None else self.changes[place]

    def _place(self, edit: Edit) -> int | None:
        targets = [change.edit.target for change in self.changes]
        return targets.index(edit.target) if edit.target in targets else None

    def _make(self, now: Changes, continued: bool = False, passing: bool = False) -> None:
        if self.network is None:
            return
        if self.network.model.within is not None:
            self.failed.emit(_INSIDE)
            return
        before = self._history.before
        if not (continued and before):
            before = (*before[1 - MOST_UNDONE :], (self.changes, self._layers.closings))
        self._adopt_history(_History(now, before), passing)

    def _adopt_history(self, history: _History, passing: bool = False) -> None:
        assert self.network is not None
        self._history, self.seeing_original = history, False
        self.edits_changed.emit()
        if not any(change.on for change in history.now):
            self.give_up(_EDITS)
            self._run_as("", history, passing)
            return

        def accept(found: EditedModel) -> None:
            self._run_as(found.key, history, passing)

        edits = tuple(change.running for change in history.now)
        feeds = self.feeds.arrays if self.feeds else {}
        request = EditModel(self.network.key, edits, feeds)
        self.ask(_EDITS, "Changing the network", request, accept)

    def _run_as(self, key: str, history: _History, passing: bool) -> None:
        requests.forget(self._edited_key)
        self._edited_key, self._sound = key, history
        if not key and self.painted == CHANGE:
            self.paint("")
        self._run_anew(passing)

    def _run_anew(self, passing: bool = False) -> None:
        """The same input runs through what is another network now."""
        if self.loaded is not None:
            # Whoever knows what was found of an input knows it of this one by being another object.
            self.loaded, self.passing = replace(self.loaded, feeds=replace(self.loaded.feeds)), passing
            self._fed()

    def _settle_edits(self) -> None:
        """Run with what has been changed for good: neither with what is under way, nor without all."""
        self.give_up(_EDITS)
        self._edits_given_up()
        self.see_original(False)

    def _edits_given_up(self) -> None:
        """What was to be changed is not."""
        if self._history is not self._sound and not self.under_way(_EDITS):
            self._history = self._sound
            self.edits_changed.emit()

    def _forget(self) -> None:
        super()._forget()
        self._history = self._sound = _History()
        self._edited_key, self.seeing_original = "", False
