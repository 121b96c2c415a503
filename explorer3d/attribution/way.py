"""What of a network stands before a target: found once, as it is asked for with every input."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from explorer3d.compute.behind import read_behind
from explorer3d.compute.runner import Runner
from explorer3d.graph.main_path import main_path
from explorer3d.graph.model import Model, Port
from explorer3d.graph.skeleton import ancestors, read_values

_ways: WeakKeyDictionary[Model, dict[str, Way]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Way:
    """What a value of the graph depends on.

    Attributes
    ----------
    before : frozenset of str
        Values it is made of, directly or not.
    maps : (str, Port) or None
        The last layer before it that gives maps and does not pool them, and where they come out.
    """

    before: frozenset[str]
    maps: tuple[str, Port] | None


def way_to(runner: Runner, value: str) -> Way:
    """Find what a value of the graph depends on."""
    kept = _ways.setdefault(runner.model, {})
    way = kept.get(value)
    if way is None:
        way = kept[value] = _found(runner, value)
    return way


def _found(runner: Runner, value: str) -> Way:
    model = runner.model
    nodes = ancestors(model.ir.graph, [runner.value(value)])
    before = frozenset(read.name for node in nodes for read in read_values(node) if read.name)
    for stop in reversed(main_path(model)):
        layer = model.layer_by_name.get(stop.name)
        if layer is not None and "Pool" not in layer.op and read_behind(runner, stop.port)[0] in before:
            return Way(before, (stop.name, stop.port))
    return Way(before, None)
