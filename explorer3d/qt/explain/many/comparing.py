"""Parts that are marked in pictures, and how alike layers change where they are hidden."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from qtpy.QtCore import QObject, Qt, QTimer, Signal

from explorer3d.attribution import Attribution
from explorer3d.attribution.parts import Box, from_text, to_text
from explorer3d.document import Document
from explorer3d.errors import RequestError
from explorer3d.qt.explain.many.listed import Listed
from explorer3d.qt.explain.many.part_requests import CompareParts, ReadPictures, SaveComparison

TOPIC, PICTURES = "correspondence", "pictures of parts"
FIRST = "part 1"
_MOST_PICTURES, _MOST_UNDONE = 300, 100

Marked = dict[str, dict[int, Box]]


class Comparing(QObject):
    """What is marked where, the pictures as far as they are read, and what was found.

    Signals
    -------
    changed()
        Something else is marked, known, or under way.

    Attributes
    ----------
    parts : dict of str to dict of int to box
        By name, and number of a picture; at least one, perhaps marked nowhere yet.
    part : str
        The one that is being marked.
    pictures : dict of int to array or str
        (H, W, 3) uint8 pixels by number of an input, or why there are none.
    settings : dict
        Of the method.
    found : Attribution or None
    fault : str
    """

    changed = Signal()
    _read = Signal(object, int, object)
    _sketched = Signal(object, object)

    def __init__(self, document: Document, listed: Listed, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._listed = document, listed
        self.parts: Marked = {FIRST: {}}
        self.part = FIRST
        self.pictures: dict[int, np.ndarray | str] = {}
        self.settings: dict[str, float] = {}
        self.found: Attribution | None = None
        self.fault = ""
        self._undone: list[tuple[Marked, str]] = []
        self._prepared: tuple[object, ...] = ()
        self._reading: ReadPictures | None = None
        self._request: CompareParts | None = None
        self._read.connect(self._take_picture, Qt.QueuedConnection)
        self._sketched.connect(self._take_sketch, Qt.QueuedConnection)
        listed.changed.connect(self._begin)
        document.model_changed.connect(self._begin)
        document.input_changed.connect(self._follow)
        document.dropped.connect(self._maybe_stopped)
        document.failed.connect(self._maybe_stopped)
        self._begin()

    @property
    def under_way(self) -> bool:
        return self._document.under_way(TOPIC)

    @property
    def comparable(self) -> Marked:
        """The parts that are marked in two pictures or more."""
        return {name: boxes for name, boxes in self.parts.items() if len(boxes) > 1}

    def watch(self, watched: bool) -> None:
        if watched:
            self._listed.recall()
        self.changed.emit()

    # Marking

    def mark(self, number: int, box: Box | None) -> None:
        """Say where the part is in a picture; None: nowhere."""
        if self.parts[self.part].get(number) == box:
            return
        self._remember_step()
        boxes = {at: one for at, one in self.parts[self.part].items() if at != number}
        self.parts[self.part] = dict(sorted({**boxes, **({} if box is None else {number: box})}.items()))
        self._marked()

    def choose(self, part: str) -> None:
        """Mark another part, a new one if there is none of that name."""
        if part and part != self.part:
            if part not in self.parts:
                self._remember_step()
                self.parts[part] = {}
            self.part = part
            self.changed.emit()

    def rename(self, name: str) -> None:
        """Call the part something else."""
        if name and name not in self.parts:
            self._remember_step()
            self.parts = {name if one == self.part else one: boxes for one, boxes in self.parts.items()}
            self.part = name
            self._marked()

    def remove(self) -> None:
        """Forget the part."""
        self._remember_step()
        del self.parts[self.part]
        self.parts = self.parts or {FIRST: {}}
        self.part = next(iter(self.parts))
        self._marked()

    def undo(self) -> None:
        """Take back what was marked, named or removed last."""
        if self._undone:
            self.parts, self.part = self._undone.pop()
            self._marked()

    def _remember_step(self) -> None:
        self._undone.append(({name: dict(boxes) for name, boxes in self.parts.items()}, self.part))
        del self._undone[:-_MOST_UNDONE]

    def _marked(self) -> None:
        self._document.give_up(TOPIC)
        self.found, self.fault = None, ""
        self._document.remember(self._memory, to_text(self.parts, self._listed.inputs().name))
        self.changed.emit()

    # Finding out

    def set(self, name: str, value: float) -> None:
        """Change a setting of the method."""
        if self.settings.get(name) != value:
            self.settings[name] = value
            self._document.give_up(TOPIC)
            self.found = None
            self.changed.emit()

    def start(self) -> None:
        """Hide the parts, and compare."""
        document = self._document
        if document.network is None or not self.comparable:
            return
        self.found, self.fault = None, ""
        request = CompareParts(
            document.key,
            self._listed.inputs(),
            {name: dict(boxes) for name, boxes in self.comparable.items()},
            dict(self.settings),
            self._sketched.emit,
        )
        self._request = request

        def accept(found: Attribution | str) -> None:
            if isinstance(found, str):
                self.fault = found
            else:
                self.found = found
            self.changed.emit()

        document.ask(TOPIC, "Comparing parts of pictures", request, accept)
        self.changed.emit()

    def stop(self) -> None:
        """Give it up; what is known so far stays."""
        self._document.give_up(TOPIC)
        self.changed.emit()

    def save(self, path: Path, accept: Callable[[Path], None]) -> None:
        """Write what was found, or the parts."""
        if self._document.network is not None:
            key, parts = self._document.key, {name: dict(one) for name, one in self.parts.items()}
            request = SaveComparison(key, self._listed.inputs(), parts, self.found, path)
            self._document.ask("saved correspondence", f"Saving {path.name}", request, accept)

    def want_pictures(self, numbers: list[int]) -> None:
        """Read those that are seen and not read yet."""
        document = self._document
        wanted = [number for number in numbers if number not in self.pictures]
        if not wanted or document.network is None or document.under_way(PICTURES):
            return
        for number in [number for number in self.pictures if number not in numbers]:
            if len(self.pictures) > _MOST_PICTURES:
                del self.pictures[number]
        request = ReadPictures(document.key, self._listed.inputs(), wanted, self._read.emit)
        self._reading = request
        document.ask(PICTURES, "Reading pictures", request, lambda _: self.changed.emit())

    # Inside

    @property
    def _memory(self) -> str:
        return f"parts.{self._listed.title}"

    def _begin(self) -> None:
        """Other pictures are there, or another network; what was marked there before."""
        self._document.give_up(TOPIC)
        self._document.give_up(PICTURES)
        self.pictures, self.found, self.fault, self._reading, self._undone = {}, None, "", None, []
        self.parts, self.part = {FIRST: {}}, FIRST
        remembered = self._document.remembered(self._memory)
        if remembered and self._listed.sources:
            # Of a folder of the same name, perhaps, or one whose pictures are gone.
            with suppress(RequestError):
                self.parts = from_text(remembered, self._listed.inputs().names) or self.parts
        self.part = next(iter(self.parts))
        self._prepared = self._preparation
        self.changed.emit()

    @property
    def _preparation(self) -> tuple[object, ...]:
        document = self._document
        key = document.key if document.network is not None else ""
        return key, repr(document.preprocessing), repr(document.sizes)

    def _follow(self) -> None:
        """Prepared in another way the pictures look different, and layers do that have been changed."""
        if self._preparation != self._prepared:
            self._prepared = self._preparation
            self._document.give_up(TOPIC)
            self._document.give_up(PICTURES)
            self.pictures, self.found, self._reading = {}, None, None
        self.changed.emit()

    def _take_picture(self, request: ReadPictures, number: int, pixels: np.ndarray | str) -> None:
        if request is self._reading:
            self.pictures[number] = pixels
            self.changed.emit()

    def _take_sketch(self, request: CompareParts, found: Attribution) -> None:
        if request is self._request and self.under_way:
            self.found = found
            self.changed.emit()

    def _maybe_stopped(self, _: object) -> None:
        # What is dropped may be about to be asked for anew.
        QTimer.singleShot(0, self.changed)
