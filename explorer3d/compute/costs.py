"""What each layer costs: counted from its shapes and weights, or measured in a run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from explorer3d.compute.distance import distance
from explorer3d.compute.requests import runner
from explorer3d.graph.model import Layer, Model, Port
from explorer3d.progress import Progress, ignore

if TYPE_CHECKING:
    from explorer3d.compute.runner import Runner

Feeds = Mapping[str, np.ndarray]
Costs = Mapping[str, float]
"""By layer name; a layer of which it is not known is left out."""


@dataclass(frozen=True)
class Cost:
    """One kind of cost.

    Attributes
    ----------
    title : str
    unit : str
        ``B``, ``s``, ``%``, or empty for a plain number.
    about : str
        What exactly is counted, as a sentence.
    logarithmic : bool
        It spans orders of magnitude, as most do.
    runs : bool
        It is measured with an input, and differs from one to the other.
    measure : callable
        Takes a `Runner`, its feeds and a `Progress`; returns the cost of each layer.
    of_end : bool
        Several layers together have that of the last one.
    """

    title: str
    unit: str
    about: str
    logarithmic: bool
    runs: bool
    measure: Callable[[Runner, Feeds, Progress], Costs]
    of_end: bool = False

    def exact(self, value: float) -> str:
        """A value to be read in a table."""
        return f"{value:,.0f}" if self.unit in ("", "B") else self.brief(value)

    def brief(self, value: float) -> str:
        """A value in three digits, with its unit: ``1.25 ms``, ``61.7 k``, ``12.5 %``."""
        if self.unit == "%":
            return f"{_three_digits(100 * value)} %"
        exponent = int(np.floor(np.log10(value))) // 3 if value > 0 else 0
        exponent = min(max(exponent, -2 if self.unit == "s" else 0), 4 if self.unit != "s" else 0)
        prefix = {-2: "µ", -1: "m", 0: "", 1: "k", 2: "M", 3: "G", 4: "T"}[exponent]
        return f"{_three_digits(value / 1000.0**exponent)} {prefix}{self.unit}".rstrip()


def _three_digits(value: float) -> str:
    return f"{value:.3g}" if value < 999.5 else f"{value:.0f}"


def _parameters(running: Runner, feeds: Feeds, progress: Progress) -> Costs:
    return {layer.name: layer.parameters for layer in running.model.layers}


def _macs(running: Runner, feeds: Feeds, progress: Progress) -> Costs:
    return {layer.name: layer.macs for layer in running.model.layers if layer.macs is not None}


def _activations(running: Runner, feeds: Feeds, progress: Progress) -> Costs:
    sizes = {layer.name: [port_bytes(port) for port in layer.outputs] for layer in running.model.layers}
    return {
        name: sum(size for size in each if size is not None)
        for name, each in sizes.items()
        if each and None not in each
    }


def port_bytes(port: Port) -> float | None:
    """Memory that a tensor takes at batch one; None if its shape or type leaves that open."""
    if port.shape is None or None in port.shape:
        return None
    bits = 8 if port.dtype == "bool" else next(map(int, re.findall(r"\d+", port.dtype)), None)
    return None if bits is None else prod(size or 0 for size in port.shape) * bits / 8


def _run_time(running: Runner, feeds: Feeds, progress: Progress) -> Costs:
    # Here, since a network is seen before onnxruntime is needed.
    from explorer3d.compute.node_times import node_times

    progress(0.1, "Measuring the run time")
    owners = _owners(running.model)
    seconds: dict[str, float] = {}
    for value, spent in node_times(running, feeds).items():
        if value in owners:
            seconds[owners[value]] = seconds.get(owners[value], 0.0) + spent
    return seconds


def _owners(model: Model) -> dict[str, str]:
    """The layer of every value inside the graph: the one that makes it, or else the first that needs it."""
    # Here, since a network is seen before onnx is needed.
    from explorer3d.graph.skeleton import read_values

    made = {port.value: layer.name for layer in model.layers for port in layer.outputs}
    owners = dict(made)
    for node in reversed(model.ir.graph):
        layer = next((owners[value.name] for value in node.outputs if value.name in owners), None)
        if layer is not None:
            inner = (value.name or "" for value in (*node.outputs, *read_values(node)))
            owners.update((name, layer) for name in inner if name not in made)
    return owners


def _sparsity(running: Runner, feeds: Feeds, progress: Progress) -> Costs:
    found = {}
    layers = running.model.layers
    for place, layer in enumerate(layers):
        progress(place / len(layers), "Counting zeros in the weights")
        share = _zeros(layer)
        if share is not None:
            found[layer.name] = share
    return found


def _zeros(layer: Layer) -> float | None:
    arrays = [array for weight in layer.weights if (array := weight.numpy()).dtype.kind in "fiub"]
    total = sum(array.size for array in arrays)
    return sum(array.size - int(np.count_nonzero(array)) for array in arrays) / total if total else None


def _change(running: Runner, feeds: Feeds, progress: Progress) -> Costs:
    """How far what layers give is from what they give without what has been changed in the network."""
    makers = {
        port.value: layer.name
        for layer in reversed(running.model.layers)
        for port in layer.outputs[:1]
        if layer.runnable and port.readable
    }
    found: dict[str, float] = {}
    for names in running.passes(list(makers)):
        after = running.attempt(feeds, names, progress).arrays
        before = after if running.beside is None else running.beside.attempt(feeds, names, progress).arrays
        for name in names:
            if name in after and name in before and after[name].dtype.kind in "fiub":
                found[makers[name]] = distance(before[name], after[name])
    # What gave nothing but zeros has changed by no share of them.
    return {name: share for name, share in found.items() if np.isfinite(share)}


COSTS: dict[str, Cost] = {
    "parameters": Cost("Parameters", "", "Elements of all weights", True, False, _parameters),
    "macs": Cost("Multiply-adds", "", "Multiplications with addition in one run", True, False, _macs),
    "activations": Cost("Activations", "B", "Memory that the outputs take", True, False, _activations),
    "time": Cost("Run time", "s", "Each operator by itself, nothing fused", True, True, _run_time),
    "sparsity": Cost("Sparsity", "%", "Share of weights that are zero", False, False, _sparsity),
    "change": Cost(
        "Change",
        "%",
        "How far what layers give is from what they gave before somebody changed the network",
        False,
        True,
        _change,
        of_end=True,
    ),
}


@dataclass(frozen=True, eq=False)
class MeasureCost:
    """Find what every layer costs.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
        Empty for a cost that does not depend on a run.
    cost : str
        Key in `COSTS`.

    Raises
    ------
    InputError, RunError
        It depends on a run, and that fails.
    """

    key: str
    feeds: Feeds
    cost: str

    def __call__(self, progress: Progress = ignore) -> Costs:
        return COSTS[self.cost].measure(runner(self.key), self.feeds, progress)
