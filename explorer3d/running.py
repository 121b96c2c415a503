"""What a network gives for what is put into it: pictures, answers, costs. Knows neither Qt nor VTK."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import replace

import numpy as np
from psygnal import Signal

from explorer3d.compute.answers import Answers, Predict
from explorer3d.compute.costs import COSTS, Costs, MeasureCost
from explorer3d.compute.faces import Face, Faces, ShowFaces
from explorer3d.compute.show import ShownLayer
from explorer3d.feeding import Feeding
from explorer3d.labels import Guess, Ranking, top_k
from explorer3d.opened_layers import OpenedLayers

FACES = "faces"
_ANSWERS = "answers"
_ALONG = 0.1  # seconds that all faces may take, and still come along with every input that passes
_REST = 0.25  # seconds after which an input rests that no other has followed

MOST_RUN = 20_000
"""Operators up to which a network is run unasked: onnxruntime takes seconds to prepare 10,000, minutes for
100,000, and cannot be interrupted then."""


class Running(Feeding):
    """A network that is run.

    Parameters
    ----------
    memory : mutable mapping of str to str

    Signals
    -------
    faces_changed(), costs_changed()
        The attributes of that name have changed.
    answers_changed()
        Rankings and numbers have changed; the faces will follow when the input rests.
    layer_changed(str)
        A layer was opened, filled or closed.

    Attributes
    ----------
    faces : mapping of str to Face
        A small picture of what each layer gave.
    rankings : mapping of str to Ranking
        The best classes, by the layer that tells them apart.
    numbers : mapping of str to float
        What the network's outputs are that are single numbers, by their names.
    costs : mapping of str to mapping of str to float
        What is known of the costs, by key in `COSTS` and by layer.
    painted : str
        The cost by which nodes are coloured; empty: by operator family.
    """

    _of_a_network = (
        *Feeding._of_a_network,
        *("faces", "rankings", "_scores", "numbers", "_lagging", "_fault", "_drawn"),
        *("costs", "painted", "_layers"),
    )

    faces_changed = Signal()
    answers_changed = Signal()
    costs_changed = Signal()
    layer_changed = Signal(str)

    def __init__(self, memory: MutableMapping[str, str]) -> None:
        super().__init__(memory)
        self.faces: Mapping[str, Face] = {}
        self.rankings: Mapping[str, Ranking] = {}
        self._scores: Mapping[str, np.ndarray] = {}
        self.numbers: Mapping[str, float] = {}
        self.costs: dict[str, Costs] = {}
        self.painted = ""
        self._lagging = False
        self._drawn: dict[str, tuple[object, Faces]] = {}
        self._fault: str | None = None
        self._layers = OpenedLayers(self, self.layer_changed.emit)

    @property
    def ranking(self) -> Ranking | None:
        """What the network takes its input for: of several outputs, the first that is a distribution."""
        rankings = list(self.rankings.values())
        return next((one for one in rankings if not one.softmaxed), rankings[0] if rankings else None)

    @property
    def best_guess(self) -> Guess | None:
        """The best class; None if the network does not tell classes apart."""
        ranking = self.ranking
        return ranking.guesses[0] if ranking is not None and ranking.guesses else None

    @property
    def answer(self) -> tuple[str, str] | None:
        """What the network says, in two words: the best class and its probability, or an output's number."""
        best = self.best_guess
        if best is not None:
            return best.name, f"{best.probability:.0%}"
        return next(((name, f"{value:.4g}".replace("-", "−")) for name, value in self.numbers.items()), None)

    @property
    def opened(self) -> Mapping[str, frozenset[str]]:
        """Roles shown of each opened layer, in the order of opening."""
        return self._layers.roles

    @property
    def shown(self) -> Mapping[str, ShownLayer]:
        """Tensors of the opened layers that are there already."""
        return self._layers.shown

    @property
    def cut_short(self) -> Collection[str]:
        """Opened layers whose tensors were read in part, and the rest was given up."""
        return self._layers.cut_short

    def read_on(self) -> None:
        """Read all of the tensors of which a part has been read."""
        self._layers.read_on()

    def name_classes(self, names: tuple[str, ...] | None) -> None:
        """Call the classes that the network tells apart by these names, in the order of its scores."""
        if self.network is not None:
            self.network = replace(self.network, names=names)
            self._rank(self._scores)
            if self._scores:
                self.faces_changed.emit()

    def paint(self, cost: str) -> None:
        """Colour the nodes by what their layers cost; empty for their operators' families.

        Parameters
        ----------
        cost : str
            Key in `COSTS`.
        """
        self.painted = cost
        self.costs_changed.emit()
        if cost:
            self.measure(cost)

    def measure(self, cost: str) -> None:
        """Find what all layers cost, unless that is known."""
        if self.network is None or cost in self.costs:
            return
        if COSTS[cost].runs and self.feeds is None:
            self.failed.emit("There is no input yet to measure a run with: try again when there is one.")
            return

        def accept(values: Costs) -> None:
            self.costs[cost] = values
            self.costs_changed.emit()

        feeds = self.feeds.arrays if self.feeds else {}
        title = f"Measuring: {COSTS[cost].title.lower()}"
        self.ask(f"cost {cost}", title, MeasureCost(self.key, feeds, cost), accept)

    def _fed(self) -> None:
        self.costs = {name: values for name, values in self.costs.items() if not COSTS[name].runs}
        self.input_changed.emit()
        if self.passing and self._lagging:
            self._answer()
        else:
            self._paint_again()
            self._run()

    def _paint_again(self) -> None:
        if self.painted and self.painted not in self.costs:
            self.measure(self.painted)

    def _answer(self) -> None:
        """Ask for what the network says, and of its layers only for those that are laid open."""
        assert self.network is not None and self.feeds is not None

        def accept(answers: Answers) -> None:
            self._take(answers)
            self.answers_changed.emit()
            self._run_at_rest()

        self.give_up(FACES)
        self.ask(_ANSWERS, "Running the network", Predict(self.key, self.feeds.arrays), accept)
        for name in self.opened:
            self._layers.fill(name, in_passing=True)

    def _run_at_rest(self) -> None:
        assert self.network is not None and self.feeds is not None

        def accept(faces: Faces) -> None:
            self._keep(request, faces)
            self._layers.read_on()
            self._paint_again()

        request = ShowFaces(self.key, self.feeds.arrays)
        self.ask(FACES, "Running the network", request, accept, rest=_REST)

    def _keep(self, request: ShowFaces, faces: Faces) -> None:
        """Show faces, and remember them beside those of the network as it was opened."""
        assert self.network is not None
        unchanged = {key: one for key, one in self._drawn.items() if key == self.network.key}
        self._drawn = {**unchanged, request.key: (request.feeds, faces)}
        self._show(faces)

    def _show(self, faces: Faces) -> None:
        self.faces = faces.faces
        # A network that runs in part gives no answers where it runs as a whole.
        self._lagging = faces.seconds > _ALONG and faces.fault is None
        self._take(faces.answers)
        self.faces_changed.emit()
        # It is the same with every input, mostly.
        if faces.fault and faces.fault != self._fault:
            self.failed.emit(faces.fault)
        self._fault = faces.fault

    def _take(self, answers: Answers) -> None:
        assert self.network is not None
        # What a body returns goes on through the network: it is no answer.
        inside = self.network.model.within is not None
        self.numbers = {} if inside else answers.numbers
        self._rank({} if inside else answers.scores)

    def _run(self) -> None:
        assert self.network is not None and self.feeds is not None
        self.give_up(_ANSWERS)
        nodes, arrays, known = self.network.model.node_count, self.feeds.arrays, self._drawn.get(self.key)
        if known is not None and known[0] is arrays:
            self.give_up(FACES)
            self._show(known[1])
        elif nodes <= MOST_RUN:
            request = ShowFaces(self.key, arrays)
            self.ask(FACES, "Running the network", request, lambda faces: self._keep(request, faces))
        elif not self.opened:
            self.noted.emit(
                f"{self.network.model.path.name} has {nodes:,} operators: onnxruntime would take long to "
                "prepare them all. A click on a layer runs the network up to there."
            )
        for name in self.opened:
            self._layers.fill(name)

    def _rank(self, scores: Mapping[str, np.ndarray]) -> None:
        assert self.network is not None
        self._scores = scores
        self.rankings = {name: top_k(vector, self.network.names) for name, vector in scores.items()}

    def _forget(self) -> None:
        super()._forget()
        self.faces, self.rankings, self._scores, self.numbers = {}, {}, {}, {}
        self.costs, self.painted = {}, ""
        self._lagging, self._fault = False, None
        self._drawn = {}
        self._layers = OpenedLayers(self, self.layer_changed.emit)
