"""Gradients of any value of a network by any others."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import onnxruntime as ort

from explorer3d.compute.cache import fingerprint
from explorer3d.compute.gradient.combined import Ends, combine
from explorer3d.compute.gradient.step import Flow
from explorer3d.compute.model_inputs import ModelInputs
from explorer3d.compute.runner import OPTIMISED_NODES, Runner
from explorer3d.errors import GradientError
from explorer3d.progress import Progress, ignore

_KEPT = 6
"""Sessions for each network at most."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """What came back.

    Attributes
    ----------
    gradients : mapping of str to array
        By the name of each value asked for, of its shape.
    values : mapping of str to array
        What went forward in the same run, of the values asked for.
    notes : tuple of str
        Sentences a person should see, such as what was assumed.
    """

    gradients: Mapping[str, np.ndarray]
    values: Mapping[str, np.ndarray]
    notes: tuple[str, ...] = ()


def gradients(
    runner: Runner,
    feeds: Mapping[str, np.ndarray],
    target: str,
    seed: np.ndarray,
    wrt: Sequence[str],
    flow: Flow = "gradient",
    values: Sequence[str] = (),
    progress: Progress = ignore,
) -> Gradients:
    """Compute the gradient of Σ seed · target by other values: a vector-Jacobian product.

    The graph for it is made once for a target, what it is derived by and the shapes that are fed; another
    seed, such as another class, costs no more than the run.

    Parameters
    ----------
    runner : Runner
        Of the network.
    feeds : mapping of str to array
        An array with batch axis for each input that the target depends on.
    target : str
        Name of a value of the graph.
    seed : array
        Of the target's shape. Zero but for a single one, it picks that element.
    wrt : sequence of str
        Names of values of the graph that the target depends on: activations, inputs, weights.
    flow : {"gradient", "guided", "deconvnet"}
        What goes back through a ReLU: the gradient itself; only its positive part (Springenberg et al. 2015,
        arXiv 1412.6806); or its positive part wherever it comes from (Zeiler & Fergus 2014, arXiv 1311.2901).
    values : sequence of str
        Values to return as well, from the same run.
    progress : Progress
        Told before the graph is made, which takes much longer than to run it.

    Returns
    -------
    Gradients

    Raises
    ------
    GradientError
        An operator on the way has no gradient, or the target does not depend on one of the values.
    InputError, RequestError, RunError
        As `Runner.run` does.
    """
    runner.inputs.check(feeds)
    feeds = {**feeds, **runner.given}
    prepared = _prepared(runner).get(runner, feeds, target, tuple(wrt), flow, tuple(values), progress)
    ends = prepared.ends
    if seed.shape != ends.seed_shape:
        raise GradientError(f"'{target}' is {list(ends.seed_shape)}, its seed {list(seed.shape)}.")
    names = [*ends.gradients.values(), *ends.values.values()]
    fed = {**feeds, ends.seed: seed.astype(ends.seed_dtype, copy=False)}
    found = runner.execute(prepared.session, fed, names)
    return Gradients(
        {name: found[output] for name, output in ends.gradients.items()},
        {name: found[output] for name, output in ends.values.items()},
        ends.notes,
    )


@dataclass(frozen=True, eq=False)
class _Prepared:
    ends: Ends
    session: ort.InferenceSession
    nbytes: int


class _Sessions:
    """Those used last, of one network."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Prepared] = OrderedDict()
        self._lock = threading.Lock()

    def get(
        self,
        runner: Runner,
        feeds: Mapping[str, np.ndarray],
        target: str,
        wrt: tuple[str, ...],
        flow: Flow,
        values: tuple[str, ...],
        progress: Progress,
    ) -> _Prepared:
        shapes = tuple(sorted((name, array.shape) for name, array in feeds.items()))
        key = target, wrt, flow, values, shapes
        with self._lock:
            place: Hashable = key
            prepared = self._kept.pop(place, None)
            if prepared is None:
                # It may only hold for these very numbers.
                place = (*key, fingerprint(feeds))
                prepared = self._kept.pop(place, None)
            if prepared is None:
                progress(0.0, "Preparing the way back")
                skeleton, ends = combine(runner, feeds, target, wrt, flow, values)
                nbytes = sum(tensor.nbytes for tensor in skeleton.weights.values())
                optimised = len(skeleton.proto.graph.node) <= OPTIMISED_NODES
                session = runner.prepare(skeleton, optimised=optimised)
                prepared = _Prepared(ends, session, nbytes)
                place = place if ends.by_numbers else key
            self._kept[place] = prepared
            # An optimised session holds its weights once more.
            while len(self._kept) > min(_KEPT, max(1, runner.budget // max(1, prepared.nbytes))):
                self._kept.popitem(last=False)
        return prepared


# By what runners have in common that run the same graph with other numbers given.
_SESSIONS: WeakKeyDictionary[ModelInputs, _Sessions] = WeakKeyDictionary()
_lock = threading.Lock()


def _prepared(runner: Runner) -> _Sessions:
    with _lock:
        return _SESSIONS.setdefault(runner.inputs, _Sessions())
