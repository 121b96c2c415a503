"""igraph's algorithms alone: the package around them, which also plots, takes ten times as long to load."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any


@cache
def _core() -> Any:
    package = find_spec("igraph")
    spec = package and PathFinder.find_spec("igraph._igraph", package.submodule_search_locations)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'igraph'", name="igraph")
    core = module_from_spec(spec)
    spec.loader.exec_module(core)
    return core


def graph(count: int, edges: Sequence[Sequence[int]]) -> Any:
    """Make a directed graph: an `igraph.GraphBase`.

    Parameters
    ----------
    count : int
        Number of nodes.
    edges : sequence of (int, int)
    """
    return _core().GraphBase(count, edges, True)


def layered(directed: Any, layers: Sequence[int]) -> list[list[float]]:
    """Place the nodes of a graph on their layers so that few edges cross, by Sugiyama's algorithm.

    Parameters
    ----------
    directed : igraph.GraphBase
        Connected.
    layers : sequence of int
        Of each node.

    Returns
    -------
    list of [float, float]
        Place within the layer, and the layer, of each node.
    """
    places, _ = directed._layout_sugiyama(layers, None, 1, 1, 50)
    return list(places[: directed.vcount()])
