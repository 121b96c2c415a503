"""The way that pictures take through a network, from layer to layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer3d.graph.model import Model, Port
from explorer3d.graph.tokens import Tokens, tokens_of


@dataclass(frozen=True)
class Stop:
    """A layer, or a model input, that gives maps.

    Attributes
    ----------
    name : str
    port : Port
        Where the maps come out.
    tokens : Tokens or None
        They are the patches of a picture, a row of numbers for each.
    """

    name: str
    port: Port
    tokens: Tokens | None = None

    @property
    def size(self) -> tuple[int | None, int | None]:
        """Height and width."""
        if self.tokens is not None:
            return self.tokens.rows, self.tokens.columns
        assert self.port.shape is not None
        height, width = (self.port.shape[self.port.axes.index(letter)] for letter in "HW")
        return height, width


def gives_maps(port: Port) -> bool:
    """Whether a tensor has height and width, both of more than one element as far as that is known."""
    if port.shape is None or len(port.axes) != len(port.shape) or not port.readable:
        return False
    sizes = dict(zip(port.axes, port.shape, strict=True))
    return all(sizes.get(letter, 1) != 1 for letter in "HW")


def main_path(model: Model, end: str | None = None, patches: bool = False) -> tuple[Stop, ...]:
    """Find the way on which most layers give maps.

    A way round, such as a residual connection or the weighing of channels by their means, has fewer. What
    gives none is passed by.

    Parameters
    ----------
    model : Model
    end : str, optional
        Layer or model input that the way leads to; by default wherever it is longest.
    patches : bool
        Rows of numbers that stand for the patches of a map before them count as maps too.
    """
    stops: dict[str, Stop] = {}
    before: dict[str, str | None] = {}
    # How many stops there are up to each node, and the last of them.
    reached: dict[str, tuple[int, str | None]] = {}

    def arrive(name: str, ports: Iterable[Port], sources: Iterable[str | None]) -> None:
        ways = [reached[source] for source in sources if source in reached]
        count, last = max(ways, key=lambda way: way[0], default=(0, None))
        ports = tuple(ports)
        stop = next((Stop(name, port) for port in ports if gives_maps(port)), None)
        if stop is None and patches and last is not None:
            stop = _cut_up(name, ports, stops[last])
        if stop is not None:
            stops[name], before[name] = stop, last
            count, last = count + 1, name
        reached[name] = count, last

    for port in model.inputs:
        arrive(port.value, (port,), ())
    for layer in model.layers:
        arrive(layer.name, layer.outputs, (port.source for port in layer.inputs))
    if end is None:
        _, at = max(reached.values(), key=lambda way: way[0], default=(0, None))
    else:
        _, at = reached.get(end, (0, None))
    found = []
    while at is not None:
        found.append(stops[at])
        at = before[at]
    return tuple(reversed(found))


def _cut_up(name: str, ports: Iterable[Port], last: Stop) -> Stop | None:
    """Where the patches of the last map come out."""
    height, width = last.size
    if height is None or width is None:
        return None
    found = ((port, tokens_of(port.shape, port.axes, height, width)) for port in ports if port.readable)
    return next((Stop(name, port, tokens) for port, tokens in found if tokens is not None), None)


def evenly(stops: Sequence[Stop], most: int) -> list[Stop]:
    """At most so many, evenly spread, the first and the last among them."""
    if len(stops) <= most:
        return list(stops)
    places = np.linspace(0, len(stops) - 1, most).round().astype(int)
    return [stops[place] for place in places.tolist()]
