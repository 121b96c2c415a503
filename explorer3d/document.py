"""What is open, shown and selected, and what is still being worked on. Knows neither Qt nor VTK."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from psygnal import Signal

from explorer3d.compute import requests
from explorer3d.compute.cache import default_budget
from explorer3d.compute.costs import COSTS, Costs, MeasureCost
from explorer3d.compute.show import Face, Faces, ShowFaces, ShowLayer, ShownLayer
from explorer3d.conversion.limits import Limits
from explorer3d.converting import OpenConverted
from explorer3d.entering import GoBack, LoadBody, LoadedBody, OpenBody, likely_body
from explorer3d.errors import ConvertibleError, sentence
from explorer3d.graph.folding import Folding
from explorer3d.graph.model import Model
from explorer3d.graph.stand_in import StandIn, StandIns
from explorer3d.graph.stand_in import from_text as standing_in
from explorer3d.graph.stand_in import to_text as to_stand_in_text
from explorer3d.inputs import UNCHANGED, Feeds, Generated, Given, Sizes, Transform, from_text, to_text
from explorer3d.labels import Guess, Ranking, top_k
from explorer3d.opening import Fold, LoadedInput, LoadInput, OpenedNetwork, OpenNetwork
from explorer3d.refolding import Refolding
from explorer3d.work import Ticket

# Given up, these still answer with something to look at, if they have come far enough.
_ENDING_EARLY = (Fold, OpenNetwork, OpenConverted)
# Work that goes on when another place in the network is entered.
_GOING_ON = frozenset({"open", "picture"})
ALL_ROLES = frozenset({"input", "weights", "bias", "output"})
STACK, TILES = "stack", "tiles"

MOST_RUN = 20_000
"""Operators up to which a network is run unasked: onnxruntime takes seconds to prepare 10,000, minutes for
100,000, and cannot be interrupted then."""


class Document(Refolding):
    """The open network. All methods are for one thread, the one that owns it.

    Signals
    -------
    requested(Ticket), dropped(int)
        As of `Work`; the answer comes back through `accept` or `refuse`.
    model_changed(), input_changed(), faces_changed(), folding_changed(), selection_changed(),
    view_changed(), convertible_changed()
        The attributes of that name have changed.
    bright_changed()
        Other nodes stand out than before.
    leaving()
        Another place among networks that lie in each other is about to be shown.
    layer_changed(str)
        A layer was opened, filled or closed.
    input_refused(str)
        Why the input asked for last does not go in; the one before it stays.
    failed(str)
        A sentence for the person: something did not go as they wanted.
    noted(str)
        A sentence for the person about what has been opened.

    Attributes
    ----------
    loaded : LoadedInput or None
        What runs through the network, and how it was made.
    folding : Folding or None
        What is seen of the model, and where it stands.
    refolded : tuple of str
        Layers of the block that was folded or unfolded last; empty if there were several.
    input_path : Path, Generated, Bitmap or None
        The file or pixels it is made of; None for a bundled picture or noise.
    preprocessing : mapping of str to value
        Fields of `Preprocessing` that a person has set; the others are guessed.
    sizes : mapping of str to tuple of int
        Shapes, by input name, that a person has set where the model leaves them open.
    transform : Transform
        What is done to the picture before it is preprocessed.
    numbers : mapping of str to float
        What the network's outputs are that are single numbers, by their names.
    bright : frozenset of str or None
        The nodes that stand out, all others being dimmed; None: none are.
    selected, start : str or None
        The selected node, and the one from which all ways to it are looked at.
    budget : int
        Bytes of activations that are kept; see `set_budget`.
    costs : mapping of str to mapping of str to float
        What is known of the costs, by key in `COSTS` and by layer.
    painted : str
        The cost by which nodes are coloured; empty: by operator family.
    convertible : Path or None
        A model that cannot be opened, or not run as a whole, and that TensorFlow may convert: the one
        asked for last.
    """

    model_changed = Signal()
    input_changed = Signal()
    faces_changed = Signal()
    layer_changed = Signal(str)
    selection_changed = Signal()
    bright_changed = Signal()
    leaving = Signal()
    view_changed = Signal()
    convertible_changed = Signal()
    costs_changed = Signal()
    input_refused = Signal(str)
    failed = Signal(str)

    def __init__(self, memory: MutableMapping[str, str] | None = None) -> None:
        """
        Parameters
        ----------
        memory : mutable mapping of str to str, optional
            Where preprocessing and sizes are remembered, one text for each model.
        """
        super().__init__({} if memory is None else memory)
        self.budget = default_budget()
        self.convertible: Path | None = None
        self.loaded: LoadedInput | None = None
        self.input_path: Given | None = None
        self.preprocessing: Mapping[str, Any] = {}
        self.sizes: Sizes = {}
        self.transform = UNCHANGED
        self.faces: Mapping[str, Face] = {}
        self.rankings: Mapping[str, Ranking] = {}
        self._scores: Mapping[str, np.ndarray] = {}
        self.numbers: Mapping[str, float] = {}
        self.selected: str | None = None
        self.bright: frozenset[str] | None = None
        self.start: str | None = None
        self.costs: dict[str, Costs] = {}
        self.painted = ""
        self.mode = STACK
        self.spread = 1.0
        self.colormap = ""
        self._roles: dict[str, frozenset[str]] = {}
        self._shown: dict[str, ShownLayer] = {}
        self._closed: list[tuple[str, frozenset[str]]] = []
        self._left: list[_Left] = []
        self._body: LoadBody | None = None

    @property
    def model(self) -> Model | None:
        return self.network.model if self.network else None

    @property
    def feeds(self) -> Feeds | None:
        """What runs through the network."""
        return self.loaded.feeds if self.loaded else None

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
        return self._roles

    @property
    def shown(self) -> Mapping[str, ShownLayer]:
        """Tensors of the opened layers that are there already."""
        return self._shown

    # What a person does

    def open(
        self,
        path: Path,
        input_path: Path | Generated | None = None,
        preprocessing: Mapping[str, Any] | None = None,
        sizes: Sizes | None = None,
        stand_ins: StandIns | None = None,
        weights: Path | None = None,
    ) -> None:
        """Open a model; what is open stays until that has succeeded.

        Parameters
        ----------
        path : Path
        input_path : Path or Generated, optional
            Picture or array to run through it.
        preprocessing : mapping, optional
            Fields of `Preprocessing` for all its inputs; the others are guessed.
        sizes : mapping of str to tuple of int, optional
            Shapes, by input name, for all its inputs where the model leaves them open.
        stand_ins : mapping of layer name to StandIn, optional
            What takes the place of layers that cannot run; as it was chosen before by default.
        weights : Path, optional
            The second file, where structure and weights lie apart.
        """

        def accept(network: OpenedNetwork) -> None:
            remembered = standing_in(self._memory.get(_chosen(network), ""))
            chosen = {name: one for name, one in remembered.items() if name in network.model.layer_by_name}
            if stand_ins is None and chosen != network.stand_ins:
                requests.close(network.key)
                self.open(path, input_path, preprocessing, sizes, chosen, weights)
                return
            self._adopt(network)
            prepared, shapes, made = from_text(self._memory.get(network.fingerprint, ""))
            self.preprocessing = {**prepared, **(preprocessing or {})}
            self.sizes = {**shapes, **(sizes or {})}
            self._set_convertible(path if network.convertible else None)
            self._load_first(input_path or made)

        self.ask(
            "open",
            f"Opening {path.name}",
            OpenNetwork(path, stand_ins or {}, weights, self._foldings()),
            accept,
        )

    def convert(self, path: Path, limits: Limits) -> None:
        """Have TensorFlow convert a model and open the result; what is open stays until then."""
        same = self.network is not None and self.network.model.path == path.absolute()
        input_path = self.input_path if same else None

        def accept(network: OpenedNetwork) -> None:
            self._adopt(network)
            self.preprocessing, self.sizes, made = from_text(self._memory.get(network.fingerprint, ""))
            self._set_convertible(None)
            self._load_first(input_path or made)

        self.ask("open", f"Converting {path.name}", OpenConverted(path, limits, self._foldings()), accept)

    def set_stand_in(self, layer: str, given: StandIn | None) -> None:
        """Let something take the place of a layer that cannot run, whenever this model is opened.

        Parameters
        ----------
        layer : str
        given : StandIn or None
            None: nothing any more.
        """
        if self.network is None:
            return
        others = {name: one for name, one in self.network.stand_ins.items() if name != layer}
        wanted = others if given is None else {**others, layer: given}
        model, kept = self.network.model, (self.selected, dict(self._roles), self.wanted_input)

        def accept(network: OpenedNetwork) -> None:
            selected, roles, wanted_input = kept
            self._memory[_chosen(network)] = to_stand_in_text(wanted)
            self._adopt(network)
            self._roles = {name: roles[name] for name in roles if name in network.folding.nodes}
            self.select(selected if selected in network.folding.nodes else None)
            self._load(wanted_input.changed(key=network.key))

        request = OpenNetwork(model.path, wanted, model.weights_path, self._foldings())
        self.ask("open", f"Opening {model.path.name}", request, accept)

    def load_input(self, path: Given | None) -> None:
        """Run another picture, array or pattern through the network."""
        if self.network is None:
            self.failed.emit("Open a model first, then give it a picture.")
            return
        self._load(self.wanted_input.changed(path=path))

    def prepare_input(self, preprocessing: Mapping[str, Any], sizes: Sizes) -> None:
        """Prepare the input in another way, and whenever this model is opened again.

        Parameters
        ----------
        preprocessing : mapping of str to value
            Fields of `Preprocessing`; the others are guessed.
        sizes : mapping of str to tuple of int
            Shapes, by input name; the others are chosen by the program where the model leaves them open.
        """
        if self.network is not None:
            self._load(self.wanted_input.changed(preprocessing=preprocessing, sizes=sizes))

    def transform_input(self, transform: Transform) -> None:
        """Move, turn or disturb the picture that goes in; for as long as this model is open."""
        if self.network is not None:
            self._load(self.wanted_input.changed(transform=transform))

    def bring_back_input(
        self, path: Given | None, preprocessing: Mapping[str, Any], sizes: Sizes, transform: Transform
    ) -> None:
        """Run an input through the network once more, prepared as it was."""
        if self.network is not None:
            changes = {"path": path, "preprocessing": preprocessing, "sizes": sizes}
            self._load(self.wanted_input.changed(**changes, transform=transform))

    def name_classes(self, names: tuple[str, ...] | None) -> None:
        """Call the classes that the network tells apart by these names, in the order of its scores."""
        if self.network is not None:
            self.network = replace(self.network, names=names)
            self.rankings = {name: top_k(vector, names) for name, vector in self._scores.items()}
            if self._scores:
                self.faces_changed.emit()

    @property
    def wanted_input(self) -> LoadInput | LoadBody:
        """The input that is on its way, else the one that is there."""
        assert self.network is not None
        asked = self._asked("input")
        if isinstance(asked, LoadInput | LoadBody):
            return asked
        if self._body is not None:
            return self._body
        return LoadInput(self.network.key, self.input_path, self.preprocessing, self.sizes, self.transform)

    def select(self, name: str | None, start: str | None = None) -> None:
        """Select a layer, an input or a folded block; a layer that is folded away is unfolded.

        Parameters
        ----------
        name : str or None
        start : str, optional
            A second node: all ways that data takes from the one to the other are looked at then.
        """
        if name is not None and self.disclose(name, lambda: self.select(name, start)):
            return
        self._mark(name, start)

    def _mark(self, name: str | None, start: str | None) -> None:
        if (name, start) != (self.selected, self.start):
            self.selected, self.start = name, start
            self.selection_changed.emit()

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
        self.ask(f"cost {cost}", title, MeasureCost(self.network.key, feeds, cost), accept)

    def remembered(self, topic: str) -> str:
        """What was remembered of the open model; empty if nothing was."""
        return self._memory.get(f"{self.network.fingerprint}.{topic}", "") if self.network else ""

    def remember(self, topic: str, text: str) -> None:
        """Keep a text for whenever the open model is opened again."""
        if self.network is not None:
            self._memory[f"{self.network.fingerprint}.{topic}"] = text

    def show(self, name: str, role: str | None = None) -> None:
        """Select a node and lay it open; with a role, show or hide only what that handle stands for.

        A folded block is only selected; a layer that is folded away is unfolded first.
        """
        if self.disclose(name, lambda: self.show(name, role)):
            return
        self.select(name)
        if role is None:
            roles = ALL_ROLES
        else:
            roles = self._roles.get(name, frozenset()) ^ {role}
        if self.is_folded(name):
            return
        if not roles:
            self.close_layer(name)
        elif roles != self._roles.get(name):
            self._roles[name] = roles
            if name in self._shown:
                self.layer_changed.emit(name)
            else:
                self._fill(name)

    def keep_bright(self, names: frozenset[str] | None) -> None:
        """Dim all nodes but these; None: none."""
        if names != self.bright:
            self.bright = names
            self.bright_changed.emit()

    def close_layer(self, name: str) -> None:
        """Fold an opened layer away."""
        roles = self._roles.pop(name, None)
        if roles is not None:
            self._closed.append((name, roles))
            self._shown.pop(name, None)
            self._drop(f"layer {name}")
            self.layer_changed.emit(name)

    def close_all(self) -> None:
        """Fold all opened layers away."""
        for name in list(self._roles):
            self.close_layer(name)

    def reopen(self) -> None:
        """Open the layer that was closed last again."""
        while self._closed:
            name, roles = self._closed.pop()
            if name not in self._roles:
                self._reopen(name, roles)
                return

    def _reopen(self, name: str, roles: frozenset[str]) -> None:
        if self.disclose(name, lambda: self._reopen(name, roles)):
            return
        self.select(name)
        self._roles[name] = roles
        self._fill(name)

    # Bodies

    @property
    def place(self) -> tuple[tuple[str, str], ...]:
        """Layer and body of each body that one is in, from the outermost; empty in the network itself."""
        networks = [*(left.network for left in self._left), self.network]
        around = (network.model.within for network in networks if network is not None)
        return tuple((within.layer, within.body) for within in around if within is not None)

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the open network, and of those around it that will be come back to, from the outermost."""
        networks = [*(left.network for left in self._left), self.network]
        return tuple(network.key for network in networks if network is not None)

    def enter(self, layer: str, body: str = "", then: Callable[[], None] | None = None) -> None:
        """Look at a graph inside a layer as a network of its own.

        Parameters
        ----------
        layer : str
        body : str
            One of `Layer.bodies`; empty: of several, the one that is run.
        then : callable, optional
            What to do there.
        """
        found = self.network.model.layer_by_name[layer] if self.network is not None else None
        if self.network is None or found is None or not found.bodies:
            return
        body = body or likely_body(found, self._shown.get(layer))

        def accept(network: OpenedNetwork) -> None:
            assert self.network is not None
            self.leaving.emit()
            wanted = self.wanted_input
            state = {name: getattr(self, name) for name in _PLACE}
            self._left.append(_Left(self.network, wanted, self.under_way("input"), state))
            self._give_up_here()
            self._forget()
            self.network, self.folding = network, network.folding
            self.input_path = wanted.path
            self.preprocessing, self.sizes = wanted.preprocessing, wanted.sizes
            self.transform = wanted.transform
            self._show_network()
            self._load(LoadBody(network.key, wanted))
            if then is not None:
                then()

        request = OpenBody(self.network.key, self.network.fingerprint, layer, body, self._foldings())
        self.ask("place", f"Entering {layer}", request, accept)

    def leave(self, levels: int = 1, then: Callable[[], None] | None = None) -> None:
        """Go back to the network around the open body, as it was left.

        Parameters
        ----------
        levels : int
            How many bodies to leave.
        then : callable, optional
            What to do there.
        """
        if not self._left:
            return
        levels = min(levels, len(self._left))

        def accept(_: Folding) -> None:
            self._go_back(levels)
            if then is not None:
                then()

        left = self._left[-levels]
        self.ask(
            "place", f"Going back to {left.network.model.path.name}", GoBack(left.state["folding"]), accept
        )

    def _go_back(self, levels: int) -> None:
        assert self.network is not None
        self.leaving.emit()
        wanted: LoadInput | LoadBody = self.wanted_input
        self._give_up_here()
        for _ in range(levels):
            requests.close(self.network.key)
            left = self._left.pop()
            self.network = left.network
            assert isinstance(wanted, LoadBody)
            wanted = wanted.outer
        for name, value in left.state.items():
            setattr(self, name, value)
        self._show_network()
        self.input_changed.emit()
        self.faces_changed.emit()
        self.costs_changed.emit()
        if self.loaded is None or left.waiting or wanted is not left.wanted:
            self._load(wanted)
        elif not self.faces:
            self._run()
        else:
            for name in self._roles.keys() - self._shown.keys():
                self._fill(name)

    def go_to(self, place: tuple[tuple[str, str], ...], then: Callable[[], None]) -> None:
        """Go through bodies to another place; what to do there follows at once, or later."""
        here = self.place
        common = next(
            (i for i, pair in enumerate(zip(here, place, strict=False)) if pair[0] != pair[1]), None
        )
        common = min(len(here), len(place)) if common is None else common
        if common < len(here):
            self.leave(len(here) - common, lambda: self.go_to(place, then))
        elif common == len(place):
            then()
        else:
            self.enter(*place[common], lambda: self.go_to(place, then))

    def iterate(self, iteration: int) -> None:
        """Look at another time that the open body is run."""
        wanted = self.wanted_input if self.network is not None else None
        if isinstance(wanted, LoadBody) and iteration != wanted.iteration:
            self._load(replace(wanted, iteration=iteration))

    def _give_up_here(self) -> None:
        self._drop_all(but=_GOING_ON)
        self._afterwards = []
        if self.network is not None:
            requests.interrupt(self.network.key)

    def close_last(self) -> bool:
        """Close the selected layer if it is open, else the one opened last.

        Returns
        -------
        bool
            Whether there was one.
        """
        if not self._roles:
            return False
        self.close_layer(self.selected if self.selected in self._roles else list(self._roles)[-1])
        return True

    def set_view(
        self, mode: str | None = None, spread: float | None = None, colormap: str | None = None
    ) -> None:
        """Change how tensors are drawn."""
        self.mode = mode or self.mode
        self.spread = self.spread if spread is None else min(max(spread, 0.0), 3.0)
        self.colormap = self.colormap if colormap is None else colormap
        self.view_changed.emit()

    def set_budget(self, budget: int) -> None:
        """Keep no more bytes of activations than that, of this network and those opened from now on."""
        self.budget = budget
        for key in self.keys:
            requests.limit(key, budget)

    def cancel(self) -> None:
        """Give up all work under way; an opening or folding that has come far enough ends early."""
        self._drop_all(_ENDING_EARLY)
        self._afterwards = []
        for key in self.keys:
            requests.interrupt(key)
        self._close_unfilled()

    def close_model(self) -> None:
        """Close the open model; nothing is open then."""
        if self.network is not None:
            self.close()
            self._forget()
            self.model_changed.emit()
            self.selection_changed.emit()
            self._set_convertible(None)

    def close(self) -> None:
        """Give up all work and free the model."""
        self.cancel()
        self._ending.clear()
        for key in self.keys:
            requests.close(key)
        self.network, self.folding, self._left = None, None, []

    # What comes back

    def accept(self, ticket: Ticket, response: Any) -> None:
        """Take an answer, unless it comes too late."""
        answer = self._answer_to(ticket)
        if answer is not None:
            answer(response)
        elif isinstance(response, OpenedNetwork):
            requests.close(response.key)

    def refuse(self, ticket: Ticket, error: BaseException) -> None:
        """Take a failure, unless it comes too late."""
        wanted = self.awaits(ticket)
        self._answer_to(ticket)
        if not wanted:
            return
        text = sentence(error, ticket.title)
        self.failed.emit(text)
        if isinstance(ticket.request, OpenNetwork):
            self._set_convertible(ticket.request.path if isinstance(error, ConvertibleError) else None)
        if ticket.topic == "input":
            self.input_refused.emit(text)
            if self.feeds is None and isinstance(ticket.request, LoadInput):
                self._load_instead(ticket.request)
        self._close_unfilled()

    # Inside

    def _about_to_refold(self, folding: Folding) -> None:
        for name in list(self._roles):
            if folding.node_of(name) != name:
                self.close_layer(name)

    def _refolded(self, folding: Folding) -> None:
        ends = [name and folding.node_of(name) for name in (self.selected, self.start)]
        selected, start = (name if name in folding.nodes else None for name in ends)
        self._mark(selected, start if start != selected else None)

    def _close_unfilled(self) -> None:
        """A layer whose tensors are no longer on their way is not open: it can be asked for again."""
        for name in list(self._roles):
            awaited = self.under_way("input" if self.feeds is None else f"layer {name}")
            if name not in self._shown and not awaited:
                del self._roles[name]
                self.layer_changed.emit(name)

    def _adopt(self, network: OpenedNetwork) -> None:
        self.close()
        self._forget()
        self.network, self.folding = network, network.folding
        self._show_network()

    def _show_network(self) -> None:
        assert self.network is not None
        requests.limit(self.network.key, self.budget)
        self.model_changed.emit()
        self.selection_changed.emit()
        model = self.network.model
        for note in self.network.notes:
            self.noted.emit(note)
        if not model.layers:
            name = model.within.title if model.within else model.path.name
            self.noted.emit(f"{name} has no layers: there is nothing in it to look at.")

    def _set_convertible(self, path: Path | None) -> None:
        self.convertible = path
        self.convertible_changed.emit()

    def _load(self, request: LoadInput | LoadBody) -> None:
        def accept(loaded: LoadedInput) -> None:
            assert self.network is not None
            before = self.preprocessing, self.sizes, _made(self.input_path)
            now = request.preprocessing, request.sizes, _made(request.path)
            if now != before:
                outermost = self._left[0].network if self._left else self.network
                self._memory[outermost.fingerprint] = to_text(*now)
            self.preprocessing, self.sizes, _ = now
            self.transform = request.transform
            self.input_path, self.loaded = request.path, loaded
            if isinstance(request, LoadBody) and isinstance(loaded, LoadedBody):
                self._body = replace(request, iteration=loaded.iteration or 0)
                if loaded.fault:
                    self.noted.emit(loaded.fault)
            self.costs = {name: values for name, values in self.costs.items() if not COSTS[name].runs}
            self.input_changed.emit()
            if self.painted and self.painted not in self.costs:
                self.measure(self.painted)
            self._run()

        # A network is seen before anything is put into it.
        self.ask("input", "Preparing the input", request, accept, later=self.loaded is None)

    def _load_first(self, path: Given | None) -> None:
        """Run an input through a network just opened; if that was given up, only once a click asks for it."""
        assert self.network is not None
        self.input_path = path
        if self.network.layout.complete:
            self.load_input(path)

    def _load_instead(self, refused: LoadInput) -> None:
        """A network whose first input is at fault is shown with the one it would have had without."""
        if refused.path is not None:
            self._load(replace(refused, path=None))
        elif refused.preprocessing or refused.sizes:
            self._load(replace(refused, preprocessing={}, sizes={}))

    def _forget(self) -> None:
        self.loaded, self.input_path, self.preprocessing, self.sizes = None, None, {}, {}
        self.transform = UNCHANGED
        self._body = None
        self.bright = None
        self.faces, self.rankings, self._scores, self.numbers = {}, {}, {}, {}
        self._roles, self._shown, self._closed = {}, {}, []
        self.selected, self.start = None, None
        self.costs, self.painted = {}, ""

    def _run(self) -> None:
        assert self.network is not None and self.feeds is not None

        def accept(faces: Faces) -> None:
            assert self.network is not None
            self.faces = faces.faces
            # What a body returns goes on through the network: it is no answer.
            scores = {} if self.network.model.within else faces.scores
            self._scores = scores
            self.numbers = {} if self.network.model.within else faces.numbers
            self.rankings = {name: top_k(vector, self.network.names) for name, vector in scores.items()}
            self.faces_changed.emit()
            if faces.fault:
                self.failed.emit(faces.fault)

        nodes = self.network.model.node_count
        if nodes <= MOST_RUN:
            self.ask("faces", "Running the network", ShowFaces(self.network.key, self.feeds.arrays), accept)
        elif not self._roles:
            self.noted.emit(
                f"{self.network.model.path.name} has {nodes:,} operators: onnxruntime would take long to "
                "prepare them all. A click on a layer runs the network up to there."
            )
        for name in self._roles:
            self._fill(name)

    def _fill(self, name: str) -> None:
        """Ask for an opened layer's tensors; until there is an input, it waits."""
        if self.network is None:
            return
        if self.feeds is None:
            if not self.under_way("input"):
                # It was given up; a click still means to see something.
                self._load(self.wanted_input)
            return

        first = ShowLayer(self.network.key, self.feeds.arrays, name, at_once=True)

        def accept(shown: ShownLayer) -> None:
            self._shown[name] = shown
            self.layer_changed.emit(name)
            if shown.fault:
                self.failed.emit(shown.fault)
            if shown.is_preview:
                whole = replace(first, at_once=False, known=shown.computed)
                self.ask(f"layer {name}", f"Reading all of {name}", whole, accept, later=True)

        self.ask(f"layer {name}", f"Computing {name}", first, accept)


# What belongs to one network among those that lie in each other.
_PLACE = (
    *("folding", "loaded", "input_path", "preprocessing", "sizes", "transform", "faces", "rankings"),
    *("_scores", "numbers", "costs", "painted", "selected", "start", "_roles", "_shown", "_closed", "_body"),
)


@dataclass(frozen=True, eq=False)
class _Left:
    """A network that is come back to from a body in it."""

    network: OpenedNetwork
    wanted: LoadInput | LoadBody
    waiting: bool
    state: Mapping[str, Any]


def _made(source: Given | None) -> Generated | None:
    """What is remembered of an input: files come and go."""
    return source if isinstance(source, Generated) else None


def _chosen(network: OpenedNetwork) -> str:
    """Under which key a model's stand-ins are remembered."""
    return f"{network.fingerprint}.stand_ins"
