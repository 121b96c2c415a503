"""Which network is open, and what is still being worked on. Knows neither Qt nor VTK."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psygnal import Signal

from explorer3d.compute import requests
from explorer3d.compute.answers import Predict
from explorer3d.compute.cache import default_budget
from explorer3d.compute.edit_model import EditedModel, EditModel
from explorer3d.conversion.limits import Limits
from explorer3d.converting import OpenConverted
from explorer3d.editing import CHANGE, Editing, told
from explorer3d.entering import GoBack, LoadBody, OpenBody, likely_body
from explorer3d.errors import ConvertibleError, sentence
from explorer3d.feeding import INPUT
from explorer3d.graph.folding import Folding
from explorer3d.graph.model import Model
from explorer3d.graph.stand_in import StandIn, StandIns
from explorer3d.graph.stand_in import from_text as standing_in
from explorer3d.graph.stand_in import to_text as to_stand_in_text
from explorer3d.inputs import Generated, Sizes, from_text
from explorer3d.opened_layers import ALL_ROLES
from explorer3d.opening import Fold, LoadInput, OpenedNetwork, OpenNetwork
from explorer3d.running import FACES, MOST_RUN
from explorer3d.work import Ticket

# Who works with a document needs no other module for it.
__all__ = ["ALL_ROLES", "CHANGE", "MOST_RUN", "Document"]

# Given up, these still answer with something to look at, if they have come far enough.
_ENDING_EARLY = (Fold, OpenNetwork, OpenConverted)
# Work that goes on when another place in the network is entered.
_GOING_ON = frozenset({"open", "picture"})


class Document(Editing):
    """The open network. All methods are for one thread, the one that owns it.

    An answer to what was `requested` comes back through `accept` or `refuse`. What can be done with the
    network lies in the classes below, each of which knows only those below itself: what is changed in it in
    `Editing`, what of it is seen in `Viewing`, what it gives in `Running`, what it is given in `Feeding`, its
    blocks in `Refolding`.

    Parameters
    ----------
    memory : mutable mapping of str to str, optional
        Where it is remembered how models were left and what was put into them.

    Signals
    -------
    model_changed()
        Another network is open, or none.
    convertible_changed()
        The attribute of that name has changed.
    leaving()
        Another place among networks that lie in each other is about to be shown.

    Attributes
    ----------
    budget : int
        Bytes of activations that are kept; see `set_budget`.
    convertible : Path or None
        A model that cannot be opened, or not run as a whole, and that TensorFlow may convert: the one
        asked for last.
    """

    model_changed = Signal()
    convertible_changed = Signal()
    leaving = Signal()

    def __init__(self, memory: MutableMapping[str, str] | None = None) -> None:
        super().__init__({} if memory is None else memory)
        self.budget = default_budget()
        self.convertible: Path | None = None
        self._left: list[_Left] = []

    @property
    def model(self) -> Model | None:
        return self.network.model if self.network else None

    # Models

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
            prepared, shapes = {**prepared, **(preprocessing or {})}, {**shapes, **(sizes or {})}
            self._set_convertible(path if network.convertible else None)
            self._load_first(LoadInput(network.key, input_path or made, prepared, shapes))

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
            prepared, shapes, made = from_text(self._memory.get(network.fingerprint, ""))
            self._set_convertible(None)
            self._load_first(LoadInput(network.key, input_path or made, prepared, shapes))

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
        model, kept = self.network.model, (self.selected, dict(self.opened), self.wanted_input)

        def accept(network: OpenedNetwork) -> None:
            selected, roles, wanted_input = kept
            self._memory[_chosen(network)] = to_stand_in_text(wanted)
            self._adopt(network)
            self._layers.roles = {name: roles[name] for name in roles if name in network.folding.nodes}
            self.select(selected if selected in network.folding.nodes else None)
            self._load(wanted_input.changed(key=network.key))

        request = OpenNetwork(model.path, wanted, model.weights_path, self._foldings())
        self.ask("open", f"Opening {model.path.name}", request, accept)

    def remembered(self, topic: str) -> str:
        """What was remembered of the open model; empty if nothing was."""
        return self._memory.get(f"{self.network.fingerprint}.{topic}", "") if self.network else ""

    def remember(self, topic: str, text: str) -> None:
        """Keep a text for whenever the open model is opened again."""
        if self.network is not None:
            self._memory[f"{self.network.fingerprint}.{topic}"] = text

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

    @property
    def outermost(self) -> OpenedNetwork | None:
        """The network that was read from a file: the open one, or that in which it lies as a body."""
        return self._left[0].network if self._left else self.network

    @property
    def told(self) -> str:
        # What is changed around a body is changed for it.
        return told(self._left[0].state["_history"].now) if self._left else super().told

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
        body = body or likely_body(found, self.shown.get(layer))

        def accept(network: OpenedNetwork) -> None:
            assert self.network is not None
            self.leaving.emit()
            self._settle_edits()
            # Its numbers are those of the network around it as it runs now, with what is changed there.
            wanted = self.wanted_input
            wanted = wanted if self.key == self.network.key else wanted.changed(key=self.key)
            state = {name: getattr(self, name) for name in self._of_a_network}
            waiting = self.under_way(INPUT) or self.under_way(FACES)
            self._left.append(_Left(self.network, wanted, waiting, state))
            self._give_up_here()
            self._forget()
            self.network, self.folding = network, network.folding
            self._source = LoadBody(network.key, wanted)
            self._show_network()
            self._load(self._source)
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
            self._load(wanted.changed(key=self.network.key) if isinstance(wanted, LoadInput) else wanted)
        elif not self.faces:
            self._run()
        else:
            for name in self.opened.keys() - self.shown.keys():
                self._layers.fill(name)

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

    def _give_up_here(self) -> None:
        self._drop_all(but=_GOING_ON)
        self._afterwards = []
        if self.network is not None:
            requests.interrupt(self.network.key)

    # Work

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
        self._layers.given_up()
        self._edits_given_up()

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
        elif isinstance(response, EditedModel):
            requests.forget(response.key)

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
        if isinstance(ticket.request, LoadInput | LoadBody):
            self._refuse_input(ticket.request, text)
        elif isinstance(ticket.request, Predict):
            self._run()
        elif isinstance(ticket.request, EditModel):
            self._edits_given_up()
        self._layers.given_up()

    # Inside

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


@dataclass(frozen=True, eq=False)
class _Left:
    """A network that is come back to from a body in it."""

    network: OpenedNetwork
    wanted: LoadInput | LoadBody
    waiting: bool
    state: Mapping[str, Any]


def _chosen(network: OpenedNetwork) -> str:
    """Under which key a model's stand-ins are remembered."""
    return f"{network.fingerprint}.stand_ins"
