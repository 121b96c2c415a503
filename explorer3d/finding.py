"""Looking for layers in the open network; see `graph.find` for what can be asked. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from psygnal import Signal

from explorer3d.document import Document
from explorer3d.graph.find import Index, parse
from explorer3d.graph.model import Model
from explorer3d.progress import Progress, ignore

# Up to so many nodes an answer takes a few milliseconds, and nobody need wait for another thread.
_AT_ONCE = 20_000

# Operators that compute nothing but order, shape or type; Keras' and ONNX' names for them.
_REARRANGING = frozenset(
    ("cast", "castlike", "dropout", "expand", "flatten", "identity", "permute", "repeatvector")
    + ("reshape", "shape", "squeeze", "transpose", "unsqueeze")
)


@dataclass(frozen=True, eq=False)
class ReadLayers:
    """Collect what is known of a model's layers."""

    model: Model

    def __call__(self, progress: Progress = ignore) -> Index:
        return Index(self.model, progress)


@dataclass(frozen=True)
class Answer:
    """What was found, and if nothing, why.

    Attributes
    ----------
    hits : tuple of str
        Nodes, in the model's order.
    said : str
    """

    hits: tuple[str, ...] = ()
    said: str = ""


@dataclass(frozen=True, eq=False)
class Find:
    """Look for layers."""

    index: Index
    query: str
    operators: frozenset[str] | None

    def __call__(self, progress: Progress = ignore) -> Answer:
        hits = self.index.find(self.query, self.operators)
        if hits or not parse(self.query):
            return Answer(hits)
        others = self.index.find(self.query) if self.operators is not None else ()
        if others:
            return Answer((), f"Nothing in the chosen families; in the others: {len(others):,}.")
        return Answer((), self.index.why_nothing(self.query))


class Finding:
    """A search in a document's network. All methods are for the document's thread.

    Signals
    -------
    changed()
        There are other hits, or another of them is selected.
    wanted(str)
        A hit to go to.

    Attributes
    ----------
    query : str
    operators : frozenset of str or None
        Only layers with one of these are found; None: any.
    answer : Answer
    """

    changed = Signal()
    wanted = Signal(str)

    def __init__(self, document: Document) -> None:
        self._document = document
        self._index: Index | None = None
        self._model: Model | None = None
        self._dims_rearranging = False
        self.query = ""
        self.operators: frozenset[str] | None = None
        self.answer = Answer()
        document.model_changed.connect(self._model_changed)
        document.selection_changed.connect(self._selected)

    @property
    def place(self) -> int | None:
        """Which of the hits is selected."""
        selected, hits = self._document.selected, self.answer.hits
        return hits.index(selected) if selected in hits else None

    def look_for(self, query: str) -> None:
        """Find the layers that a query is about; an empty one ends the search."""
        self.query = query
        model = self._document.model
        if model is None or not (parse(query) or self.operators is not None):
            self._take(Answer())
        elif self._model is not model:
            if not self._document.under_way("layers"):
                self._document.ask("layers", "Reading the layers", ReadLayers(model), self._indexed)
        elif self._index is not None and len(self._index.names) <= _AT_ONCE:
            self._take(Find(self._index, query, self.operators)())
        elif self._index is not None:
            self._document.ask("find", "Finding layers", Find(self._index, query, self.operators), self._take)

    def limit(self, operators: frozenset[str] | None) -> None:
        """Find only layers with one of these operators; None: any."""
        self.operators = operators
        self.look_for(self.query)

    def dim_rearranging(self, wanted: bool) -> None:
        """Dim reshapes, casts and the like, unless layers are looked for."""
        self._dims_rearranging = wanted
        self._light()

    def step(self, by: int) -> None:
        """Ask for the next hit, or the one before; after the last comes the first."""
        hits, place = self.answer.hits, self.place
        if not hits or self._index is None:
            return
        if place is None:
            # From what is selected, although it is none of them.
            names = self._index.names
            selected = self._document.selected
            since = names.index(selected) if selected in names else -1
            before = set(names[: since + 1])
            passed = sum(hit in before for hit in hits)
            place = passed - 1 if by > 0 else passed
        self.wanted.emit(hits[(place + by) % len(hits)])

    def _selected(self) -> None:
        if self.answer.hits:
            self.changed.emit()

    def _indexed(self, index: Index) -> None:
        self._index, self._model = index, self._document.model
        self.look_for(self.query)

    def _model_changed(self) -> None:
        self._index, self._model = None, None
        self.look_for(self.query)

    def _take(self, answer: Answer) -> None:
        self.answer = answer
        self._light()
        self.changed.emit()

    def _light(self) -> None:
        model, bright = self._document.model, None
        if self.answer.hits:
            bright = frozenset(self.answer.hits)
        elif self._dims_rearranging and model is not None:
            bright = frozenset(
                (
                    *(port.value for port in model.inputs),
                    *(layer.name for layer in model.layers if layer.op.lower() not in _REARRANGING),
                )
            )
        self._document.keep_bright(bright)
