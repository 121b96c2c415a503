"""The way that pictures take through a network, from layer to layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from explorer3d.graph.model import Model, Port


@dataclass(frozen=True)
class Stop:
    """A layer, or a model input, that gives maps.

    Attributes
    ----------
    name : str
    port : Port
        Where the maps come out.
    """

    name: str
    port: Port


def gives_maps(port: Port) -> bool:
    """Whether a tensor has height and width, both of more than one element as far as that is known."""
    if port.shape is None or len(port.axes) != len(port.shape) or not port.readable:
        return False
    sizes = dict(zip(port.axes, port.shape, strict=True))
    return all(sizes.get(letter, 1) != 1 for letter in "HW")


def main_path(model: Model, end: str | None = None) -> tuple[Stop, ...]:
    """Find the way on which most layers give maps.

    A way round, such as a residual connection or the weighing of channels by their means, has fewer. What
    gives none is passed by.

    Parameters
    ----------
    model : Model
    end : str, optional
        Layer or model input that the way leads to; by default wherever it is longest.
    """
    stops: dict[str, Stop] = {}
    before: dict[str, str | None] = {}
    # How many stops there are up to each node, and the last of them.
    reached: dict[str, tuple[int, str | None]] = {}

    def arrive(name: str, ports: Iterable[Port], sources: Iterable[str | None]) -> None:
        ways = [reached[source] for source in sources if source in reached]
        count, last = max(ways, key=lambda way: way[0], default=(0, None))
        port = next(filter(gives_maps, ports), None)
        if port is not None:
            stops[name], before[name] = Stop(name, port), last
            count, last = count + 1, name
        reached[name] = count, last

    for port in model.inputs:
        arrive(port.value, (port,), ())
    for layer in model.layers:
        arrive(layer.name, layer.outputs, (port.source for port in layer.inputs))
    if end is None:
        _, stop = max(reached.values(), key=lambda way: way[0], default=(0, None))
    else:
        _, stop = reached.get(end, (0, None))
    found = []
    while stop is not None:
        found.append(stops[stop])
        stop = before[stop]
    return tuple(reversed(found))
