"""What excites the features of a layer most: asked for, found bit by bit, and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from explorer3d.attribution.ranking import Ranking
from explorer3d.document import Document
from explorer3d.qt.explain.many.listed import Listed
from explorer3d.qt.explain.many.top_requests import (
    DrawTiles,
    Pair,
    Ranked,
    RankInputs,
    SaveTopInputs,
)
from explorer3d.scene.feature_tiles import Tile

TOPIC, TILES = "top inputs", "tiles of top inputs"
BY_ITSELF = 64
"""So many inputs are looked at without being asked to, as soon as another layer is selected."""
_REST = 0.3  # seconds
_MOST_KEPT, _MOST_TILES = 16, 480


class TopSearch(QObject):
    """Looks at inputs for the selected layer, all channels at once, and draws those that are seen.

    Signals
    -------
    changed()
        Something else is known, under way, or chosen.

    Attributes
    ----------
    channel : int
        The one that is seen, unless several are.
    features : int
        How many are seen: one, or so many with the strongest activations.
    ranking : Ranking or None
        Of the layer, as far as it is known.
    tiles : dict of (int, int) to Tile
        By channel and number of an input.
    fault : str
        Why there is nothing, or no projection.
    watched : bool
        Somebody sees what is found: otherwise nothing runs by itself.
    """

    changed = Signal()
    _sketched = Signal(object, object)
    _drawn = Signal(object, object, object)

    def __init__(self, document: Document, listed: Listed, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._listed = document, listed
        self.channel, self.features = 0, 1
        self.ranking: Ranking | None = None
        self.tiles: dict[Pair, Tile] = {}
        self.fault = ""
        self.watched = False
        self._fed: tuple[object, int, int] = (None, -1, -1)
        self._known: dict[tuple[object, ...], tuple[Ranking, dict[Pair, Tile]]] = {}
        self._asked: tuple[object, ...] = ()
        self._request: RankInputs | None = None
        self._drawing: DrawTiles | None = None
        self._sketched.connect(self._take_sketch, Qt.QueuedConnection)
        self._drawn.connect(self._take_tile, Qt.QueuedConnection)
        document.selection_changed.connect(self.follow)
        document.input_changed.connect(self.follow)
        document.model_changed.connect(self._model_changed)
        document.dropped.connect(self._maybe_stopped)
        document.failed.connect(self._maybe_stopped)
        listed.changed.connect(self.follow)

    @property
    def layer(self) -> str | None:
        """The selected layer; None: the last one that has maps."""
        model, selected = self._document.model, self._document.selected
        return selected if model is not None and selected in model.layer_by_name else None

    @property
    def under_way(self) -> bool:
        return self._document.under_way(TOPIC)

    @property
    def drawing(self) -> bool:
        """Whether tiles are still to come."""
        return self._document.under_way(TILES)

    @property
    def channels(self) -> list[int]:
        """Those that are seen."""
        if self.ranking is None:
            return []
        if self.features > 1:
            return self.ranking.strongest(self.features)
        return [min(self.channel, self.ranking.channels - 1)]

    @property
    def complete(self) -> bool:
        """Whether all that is asked is known."""
        return self.ranking is not None and self.ranking.complete

    # What a person does

    def watch(self, watched: bool) -> None:
        """Look at inputs, or rest while nobody sees it."""
        self.watched = watched
        self.follow()

    def choose(self, channel: int | None = None, features: int | None = None) -> None:
        """See other channels; what is None stays."""
        self.channel = self.channel if channel is None else channel
        self.features = self.features if features is None else features
        self._document.give_up(TILES)
        self._draw()
        self.changed.emit()

    def step(self, by: int) -> None:
        """The next channel, or one before; after the last comes the first."""
        if self.ranking is not None:
            now = (self.channels or [self.channel])[0]
            self.choose((now + by) % self.ranking.channels, features=1)

    def start(self) -> None:
        """Look at the inputs, or go on where that was stopped."""
        self._start(None)

    def _start(self, rest: float | None) -> None:
        document = self._document
        if document.network is None or not self._listed.sources or self.complete:
            return
        self.fault = ""
        self._asked = asked = self._question
        request = RankInputs(
            document.key, self._listed.inputs(), self.layer, self.ranking, self._sketched.emit
        )
        self._request = request

        def accept(found: Ranked) -> None:
            self.fault = found.fault
            if found.ranking is not None:
                self._take_ranking(asked, found.ranking)
            self.changed.emit()

        document.ask(TOPIC, f"Looking at {self._listed.inputs()}", request, accept, rest=rest)
        self.changed.emit()

    def stop(self) -> None:
        """End it with what is known so far."""
        if self._request is not None and self.ranking is not None:
            self._request.enough.set()
        else:
            self._document.give_up(TOPIC)
        self._document.give_up(TILES)
        self.changed.emit()

    def feed(self, number: int) -> None:
        """Run one of the inputs through the network."""
        self._document.load_input(self._listed.sources[number])

    def number_of_fed(self) -> int:
        """Of the input that runs through the network; -1: it is none of them."""
        fed, sources = self._document.input_path, self._listed.sources
        # There may be very many of them, and this is asked with every tile.
        if self._fed[:2] != (fed, self._listed.turn):
            self._fed = fed, self._listed.turn, sources.index(fed) if fed in sources else -1
        return self._fed[2]

    def save(self, path: Path, accept: Callable[[Path], None]) -> None:
        """Write what is seen to a file."""
        if self._document.network is not None and self.ranking is not None:
            request = SaveTopInputs(
                self._document.key, self._listed.inputs(), self.ranking, self.channels, path
            )
            self._document.ask("saved top inputs", f"Saving {path.name}", request, accept)

    # What is found

    @property
    def _question(self) -> tuple[object, ...]:
        document = self._document
        key = document.key if document.network is not None else ""
        prepared = repr(document.preprocessing), repr(document.sizes)
        return key, self.layer, self._listed.turn, prepared

    def follow(self) -> None:
        """Show what is known of what is asked now, and ask if that is little work."""
        asked = self._question
        if asked != self._asked:
            self._document.give_up(TOPIC)
            self._document.give_up(TILES)
            self._asked, self.fault, self._drawing = asked, "", None
            self.ranking, self.tiles = self._known.get(asked, (None, {}))
        if self.watched:
            self._listed.recall()
            few = 0 < len(self._listed.sources) <= BY_ITSELF
            if few and self.ranking is None and not self.fault and not self.under_way:
                # What a click on the layer shows comes first; the next click may be about to come.
                self._start(_REST)
            self._draw()
        self.changed.emit()

    def _take_sketch(self, request: RankInputs, ranking: Ranking) -> None:
        if request is self._request and self.under_way:
            self._take_ranking(self._asked, ranking)
            self.changed.emit()

    def _take_ranking(self, asked: tuple[object, ...], ranking: Ranking) -> None:
        self.ranking = ranking
        # Without a selected layer it is one that may be selected later.
        for question in (asked, (asked[0], ranking.layer, *asked[2:])):
            self._known.pop(question, None)
            self._known[question] = ranking, self.tiles
        while len(self._known) > _MOST_KEPT:
            del self._known[next(iter(self._known))]
        self._draw()

    def _draw(self) -> None:
        """Have drawn what is seen and not drawn yet."""
        document, ranking = self._document, self.ranking
        if document.network is None or ranking is None or self.drawing or not self.watched:
            return
        seen = [(channel, number) for channel in self.channels for number in ranking.best(channel)]
        wanted = [pair for pair in seen if pair not in self.tiles]
        if not wanted:
            return
        for pair in [pair for pair in self.tiles if pair not in seen][
            : max(len(self.tiles) - _MOST_TILES, 0)
        ]:
            del self.tiles[pair]
        request = DrawTiles(document.key, self._listed.inputs(), ranking, wanted, self._drawn.emit)
        self._drawing = request

        def accept(fault: str) -> None:
            self.fault = fault
            if all(pair in self.tiles for pair in request.wanted):
                self._draw()
            self.changed.emit()

        document.ask(TILES, "Projecting features", request, accept)

    def _take_tile(self, request: DrawTiles, pair: Pair, tile: Tile) -> None:
        if request is self._drawing and request.key == self._asked[0]:
            self.tiles[pair] = tile
            self.changed.emit()

    def _model_changed(self) -> None:
        self._known, self._drawing, self._request = {}, None, None
        self.channel = 0
        self.follow()

    def _maybe_stopped(self, _: object) -> None:
        # What is dropped may be about to be asked for anew.
        QTimer.singleShot(0, self.changed)
