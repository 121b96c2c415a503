"""Run a model, and look at any value inside it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import onnx_ir as ir
import onnxruntime as ort

from explorer3d.compute.cache import ActivationCache, default_budget, fingerprint
from explorer3d.compute.edits import Edit
from explorer3d.compute.failures import NodeError, explain
from explorer3d.compute.foreign_types import exchange_as_float, inner_name, outer_name
from explorer3d.compute.large_blocks import give_back_large_blocks
from explorer3d.compute.model_inputs import ModelInputs
from explorer3d.compute.sessions import SharedWeights, create_session
from explorer3d.errors import Cancelled, RequestError, RunError
from explorer3d.graph.model import FOREIGN_TYPES, Model, numpy_array
from explorer3d.graph.skeleton import Skeleton, constant, descendants, skeleton
from explorer3d.progress import Progress, ignore

_KEPT_SESSIONS = 8

_QUICK_SESSIONS = 3
"""Each may have weights of its own, in the order in which they are multiplied fastest."""

OPTIMISED_NODES = 5000
"""Optimising a larger graph takes longer than it saves."""

_FEW_BYTES = 16 << 20
"""Values up to that size are copied in less time than it takes to have memory for what leads to them."""

_UNKNOWN_SHARE = 16
"""A value of unknown size counts as this fraction of the budget."""


class NoTensorError(RunError):
    """A value is a sequence or a map.

    Attributes
    ----------
    value : str
    """

    def __init__(self, value: str) -> None:
        super().__init__(f"The value '{value}' is a sequence or a map, not a tensor that could be shown.")
        self.value = value


@dataclass(frozen=True, eq=False)
class Attempt:
    """What could be computed.

    Attributes
    ----------
    arrays : mapping of str to array
        By value name; what could not be computed is left out.
    fault : str or None
        The first reason why something is.
    """

    arrays: Mapping[str, np.ndarray]
    fault: str | None = None


class Runner:
    """Everything that runs for one model. Safe to call from several threads.

    Parameters
    ----------
    model : Model
    budget : int, optional
        Bytes of activations to keep, and about the most that one pass makes; by default 1 GB or a
        quarter of the memory.
    given : mapping of str to array, optional
        What is fed with every run to inputs of the graph that are none of the model's.
    beside : Runner, optional
        Of a network with the same weights, but for those that are given: what both hold, they share.

    Attributes
    ----------
    model : Model
    inputs : ModelInputs
    given : mapping of str to array
    beside : Runner or None
    edits : tuple of Edit
        What is changed, by what is given, in the network that it is beside.
    budget : int
    weights : SharedWeights
        Lent to all its sessions.
    variants : OrderedDict of object to Runner
        What runs the same network with something changed in it, for whoever makes such to find it again.
    """

    def __init__(
        self,
        model: Model,
        budget: int | None = None,
        given: Mapping[str, np.ndarray] | None = None,
        beside: Runner | None = None,
    ) -> None:
        give_back_large_blocks()
        self.model = model
        self.given = given or {}
        self.beside = beside
        self.edits: tuple[Edit, ...] = ()
        self.variants: OrderedDict[object, Runner] = OrderedDict()
        self.inputs = ModelInputs(model)
        self.budget = default_budget() if budget is None else budget
        self._values = _named_values(model.ir.graph)
        ports = (port for layer in model.layers for port in layer.outputs)
        self._foreign = {port.value for port in (*model.inputs, *ports) if port.dtype in FOREIGN_TYPES}
        self._unable: dict[str, NodeError] = {}
        self._sizes = _sizes(model)
        self.weights: SharedWeights = beside.weights if beside else SharedWeights()
        self._activations: ActivationCache = beside._activations if beside else ActivationCache(self.budget)
        self._sessions: OrderedDict[frozenset[str], ort.InferenceSession] = OrderedDict()
        self._quick: OrderedDict[frozenset[str], ort.InferenceSession] = OrderedDict()
        self._inspecting = threading.RLock()
        self._predicting = threading.Lock()
        self._running: set[ort.RunOptions] = set()

    def run(
        self, feeds: Mapping[str, np.ndarray], values: Sequence[str], progress: Progress = ignore
    ) -> dict[str, np.ndarray]:
        """Compute any values of the graph, exactly as their own operators return them.

        Parameters
        ----------
        feeds : mapping of str to array
            An array with batch axis for each model input the values depend on.
        values : sequence of str
            Names of values in the graph; inputs and constants are returned as they are.
        progress : Progress
            Told before each pass; may raise `Cancelled`.

        Returns
        -------
        dict of str to array
            Read-only where the runner keeps the array for the next time.

        Raises
        ------
        InputError
            An input is missing, or of another type or shape than the model takes.
        RequestError
            There is no value of that name.
        RunError
            The value cannot be computed; names the layer at fault.
        """
        self.inputs.check(feeds)
        key = fingerprint({**feeds, **self.given})
        found: dict[str, np.ndarray] = {}
        missing: list[str] = []
        with self._inspecting:
            for name in dict.fromkeys(values):
                array = self.at_hand(name, feeds)
                if array is None:
                    array = self._activations.get((key, name))
                if array is None:
                    missing.append(name)
                else:
                    found[name] = array
            passes = self.passes(missing)
            for index, names in enumerate(passes):
                progress(index / len(passes), "Running the network")
                self._activations.make_room(sum(map(self._size, names)))
                for name, array in self._inspect(feeds, names).items():
                    array.flags.writeable = False
                    self._sizes[name] = array.nbytes
                    self._activations.put((key, name), array)
                    found[name] = array
        return {name: found[name] for name in values}

    def attempt(
        self, feeds: Mapping[str, np.ndarray], values: Sequence[str], progress: Progress = ignore
    ) -> Attempt:
        """Compute what can be computed of some values: a network runs up to the node that cannot.

        Parameters
        ----------
        feeds, values, progress
            As in `run`, but an input may be missing.

        Returns
        -------
        Attempt

        Raises
        ------
        InputError
            An input is of another type or shape than the model takes.
        RequestError
            There is no value of that name.
        """
        faults: list[str] = []
        waiting = []
        for name in dict.fromkeys(values):
            if name in self._values:
                waiting.append(name)
            else:
                faults.append(str(self._unknown(name)))
        absent = {name: self.inputs.missing(name) for name in self.inputs.ports if name not in feeds}
        if absent:
            lost = descendants(self.model.ir.graph, absent)
            if not lost.isdisjoint(waiting):
                faults.append(str(next(iter(absent.values()))))
            waiting = [name for name in waiting if name not in lost]
        arrays: dict[str, np.ndarray] = {}
        while waiting:
            try:
                arrays.update(self.run(feeds, waiting, progress))
                break
            except NoTensorError as error:
                faults.append(str(error))
                lost = {error.value}
            except RunError as error:
                faults.append(str(error))
                at_fault = error.values if isinstance(error, NodeError) else frozenset()
                lost = descendants(self.model.ir.graph, at_fault)
                if lost.isdisjoint(waiting):
                    # onnxruntime has not said, or not rightly, where it came to a halt.
                    lost = descendants(self.model.ir.graph, [self._first_failing(feeds, waiting)])
            waiting = [name for name in waiting if name not in lost]
        return Attempt(arrays, faults[0] if faults else None)

    def _first_failing(self, feeds: Mapping[str, np.ndarray], values: Sequence[str]) -> str:
        """Of values that cannot be computed together, the first, in the graph's order, that is to blame."""
        order = {name: place for place, name in enumerate(self._values)}
        ordered = sorted(values, key=order.__getitem__)
        good, bad = 0, len(ordered)
        while bad - good > 1:
            middle = (good + bad) // 2
            try:
                self.run(feeds, ordered[:middle])
                good = middle
            except RunError:
                bad = middle
        return ordered[good]

    def predict(
        self, feeds: Mapping[str, np.ndarray], values: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Compute values as fast as they can be had; none is kept.

        Operators are fused, so that rounding may differ from `run` in the last digits.

        Parameters
        ----------
        feeds : mapping of str to array
        values : sequence of str, optional
            Names of values in the graph; the model's outputs by default.

        Returns
        -------
        dict of str to array

        Raises
        ------
        InputError, RequestError, RunError
            As `run` does.
        """
        self.inputs.check(feeds)
        outputs = [port.value for port in self.model.outputs] if values is None else list(values)
        found = {name: array for name in outputs if (array := self.at_hand(name, feeds)) is not None}
        computed = [name for name in outputs if name not in found]
        if computed:
            with self._predicting:
                key = frozenset(computed)
                session = self._quick.pop(key, None)
                if session is None:
                    session = self._session(computed, optimised=self.model.node_count <= OPTIMISED_NODES)
                self._quick[key] = session
                if len(self._quick) > _QUICK_SESSIONS:
                    self._quick.popitem(last=False)
            found.update(self.execute(session, feeds, computed))
        return {name: found[name] for name in outputs}

    def value(self, name: str) -> ir.Value:
        """Find a value of the graph.

        Raises
        ------
        RequestError
            There is none of that name.
        """
        found = self._values.get(name)
        if found is None:
            raise self._unknown(name)
        return found

    def at_hand(self, name: str, feeds: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """A value that need not be computed: a constant, or what an input is fed; None for others.

        Raises
        ------
        InputError, RequestError, RunError
            As `run` does.
        """
        tensor = constant(self.value(name))
        if tensor is not None:
            return numpy_array(tensor)
        if name in self.given:
            return self.given[name]
        if name in self.inputs.ports:
            return self.inputs.fed(name, feeds)
        return None

    def other(self, model: Model, given: Mapping[str, np.ndarray], edits: tuple[Edit, ...]) -> Runner:
        """The same sessions, given something else.

        Parameters
        ----------
        model : Model
            Over the same graph.
        given : mapping of str to array
            Of the same names, types and shapes.
        edits : tuple of Edit
            What is changed by it.
        """
        found = copy(self)
        found.model, found.given, found.edits = model, given, edits
        return found

    def interrupt(self) -> None:
        """End the runs under way as soon as the node they are at is done; they raise `Cancelled`."""
        for options in tuple(self._running):
            options.terminate = True

    def passes(self, values: Sequence[str]) -> list[list[str]]:
        """Split values into runs whose results stay within the budget as far as sizes are known."""
        groups: list[list[str]] = []
        filled = 0
        for name in values:
            size = self._size(name)
            if not groups or filled + size > self.budget:
                groups.append([])
                filled = 0
            groups[-1].append(name)
            filled += size
        return groups

    def limit(self, budget: int) -> None:
        """Keep no more bytes of activations than that from now on."""
        self.budget = budget
        self._activations.limit(budget)
        for variant in self.variants.values():
            variant.limit(budget)

    @property
    def held(self) -> int:
        """Bytes of activations that are kept."""
        return self._activations.nbytes

    def _size(self, name: str) -> int:
        """Bytes of a value, as far as that is known."""
        return self._sizes.get(name, self.budget // _UNKNOWN_SHARE)

    def _unknown(self, name: str) -> RunError:
        """Why there is no such value in the graph."""
        for layer in self.model.layers:
            if layer.reason is not None and name in {port.value for port in layer.outputs}:
                return RunError(layer.reason)
        raise RequestError(f"{self.model.path.name} has no value named '{name}'.")

    def _inspect(self, feeds: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, np.ndarray]:
        key = frozenset(names)
        session = self._sessions.pop(key, None)
        if session is None:
            few = sum(map(self._size, names)) <= _FEW_BYTES
            session = self._session(names, optimised=False, in_arena=few)
        self._sessions[key] = session
        while len(self._sessions) > _KEPT_SESSIONS:
            self._sessions.popitem(last=False)
        return self.execute(session, feeds, names)

    def _session(
        self, names: Sequence[str], *, optimised: bool, in_arena: bool = False
    ) -> ort.InferenceSession:
        """Prepare only the nodes the values need: what lies behind costs nothing and may even be broken."""
        for name in names:
            if name in self._unable:
                raise self._unable[name]
        cut = skeleton(self.model.ir, [self._values[name] for name in names])
        try:
            return self.prepare(cut, optimised=optimised, in_arena=in_arena)
        except NodeError as error:
            lost = descendants(self.model.ir.graph, error.values)
            self._unable.update(dict.fromkeys(lost, error))
            raise

    def prepare(
        self, cut: Skeleton, *, optimised: bool, in_arena: bool = False, profile: Path | None = None
    ) -> ort.InferenceSession:
        """Create a session of a piece of this model, or of what was made of it; `execute` runs it.

        Parameters
        ----------
        cut : Skeleton
            Is used up.
        optimised, in_arena, profile
            See `create_session`.

        Raises
        ------
        RunError
        """
        exchange_as_float(cut.proto, self._foreign)
        try:
            return create_session(cut, self.weights, optimised=optimised, in_arena=in_arena, profile=profile)
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise explain(error, self.model) from error

    def execute(
        self, session: ort.InferenceSession, feeds: Mapping[str, np.ndarray], names: Sequence[str]
    ) -> dict[str, np.ndarray]:
        """Run a session that was made for this model; `interrupt` ends it.

        Parameters
        ----------
        session : InferenceSession
        feeds : mapping of str to array
            May hold more than the session takes.
        names : sequence of str
            The outputs to return.

        Raises
        ------
        Cancelled, InputError, RunError
        """
        feeds = {**feeds, **self.given}
        wanted = {entry.name: inner_name(entry.name) for entry in session.get_inputs()}
        fed = {door: self.inputs.fed(name, feeds) for door, name in wanted.items()}
        outer = [outer_name(name) if name in self._foreign else name for name in names]
        options = ort.RunOptions()
        self._running.add(options)
        try:
            results = session.run(outer, fed, options)
        except Exception as error:  # onnxruntime's exceptions share no base class
            if options.terminate:
                raise Cancelled from error
            raise explain(error, self.model) from error
        finally:
            self._running.discard(options)
        for name, result in zip(names, results, strict=True):
            if not isinstance(result, np.ndarray):
                raise NoTensorError(name)
        return dict(zip(names, results, strict=True))


def _named_values(graph: ir.Graph) -> dict[str, ir.Value]:
    values = [*graph.inputs, *graph.initializers.values()]
    values.extend(value for node in graph for value in node.outputs)
    return {value.name: value for value in values if value.name}


def _sizes(model: Model) -> dict[str, int]:
    """Bytes that running makes of each value at batch one, where its shape is known."""
    sizes = {port.value: 0 for port in model.inputs}
    for layer in model.layers:
        for port in layer.outputs:
            if port.shape is not None and None not in port.shape:
                try:
                    width = np.dtype(port.dtype).itemsize
                except TypeError:
                    continue
                sizes[port.value] = prod(size or 0 for size in port.shape) * width
    return sizes
