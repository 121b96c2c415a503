"""Nodes on their way from where they stood to where they stand when other blocks are folded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model
from explorer3d.scene.placement import Placement


@dataclass(frozen=True, eq=False)
class Regrouping:
    """A way between two placements, and how far it is gone.

    Attributes
    ----------
    start, goal : Placement
        Of the same nodes.
    shift : (3,) float array
        By how much the camera moves along, so that what was folded stays where it is seen.
    courses : (edges, points, 3) float array
        Of the edges at the goal.
    bends : (edges, points, 3) float array
        By how much these are off at the start.
    elapsed : float
        0 at the start, 1 at the goal.
    """

    start: Placement
    goal: Placement
    shift: np.ndarray
    courses: np.ndarray
    bends: np.ndarray
    elapsed: float = 0.0

    def at(self, share: float) -> Placement:
        """The placement part of the way; exactly the goal at 1."""
        if share >= 1.0:
            return self.goal
        centres, sizes, floors = (
            one + (other - one) * share
            for one, other in (
                (self.start.centres, self.goal.centres),
                (self.start.sizes, self.goal.sizes),
                (self.start.floors, self.goal.floors),
            )
        )
        return replace(self.goal, centres=centres, sizes=sizes, floors=floors)

    def courses_at(self, share: float) -> np.ndarray:
        """(edges, points, 3) float array: courses of the edges part of the way."""
        return np.asarray(self.courses + self.bends * (1.0 - share))


def members(model: Model) -> dict[str, tuple[str, ...]]:
    """Names of the layers that each node stands for; of a model input, its own."""
    found: dict[str, tuple[str, ...]] = {port.value: (port.value,) for port in model.inputs}
    for layer in model.layers:
        inside = layer.layers if isinstance(layer, FoldedBlock) else (layer,)
        found[layer.name] = tuple(one.name for one in inside)
    return found


def regrouping(
    before: tuple[Model, Placement],
    after: tuple[Model, Placement],
    anchor: Collection[str],
    layout: Layout,
    courses: np.ndarray,
) -> Regrouping:
    """Let each node begin where the layers it stands for stood before.

    Parameters
    ----------
    before, after : (Model, Placement)
    anchor : collection of str
        Layers whose middle stays where it is seen.
    layout : Layout
        The one after.
    courses : (edges, points, 3) float array
        Of its edges.
    """
    (old_model, old), (new_model, new) = before, after
    old_at = _at(old_model, old)
    new_at = _at(new_model, new)
    inside = members(new_model)
    indices = [sorted({old_at[layer] for layer in inside[name] if layer in old_at}) for name in new.names]
    centres, sizes, floors = new.centres.copy(), new.sizes.copy(), new.floors.copy()
    for node, places in enumerate(indices):
        if places:
            centres[node] = old.centres[places].mean(axis=0)
            sizes[node] = old.sizes[places].mean(axis=0)
            floors[node] = old.floors[places].mean()
    start = replace(new, centres=centres, sizes=sizes, floors=floors)
    held = [layer for layer in anchor if layer in old_at and layer in new_at]
    shift = np.zeros(3)
    if held:
        shift = _middle(new, new_at, held) - _middle(old, old_at, held)
    off = centres - new.centres
    ends = np.array([(edge.source, edge.target) for edge in layout.edges], int).reshape(-1, 2)
    along = np.linspace(0.0, 1.0, courses.shape[1])[:, None]
    bends = off[ends[:, :1]] * (1.0 - along) + off[ends[:, 1:]] * along
    return Regrouping(start, new, shift, courses, bends)


def _at(model: Model, placement: Placement) -> dict[str, int]:
    inside = members(model)
    return {layer: index for index, name in enumerate(placement.names) for layer in inside[name]}


def _middle(placement: Placement, at: dict[str, int], layers: Collection[str]) -> np.ndarray:
    return np.asarray(placement.centres[sorted({at[layer] for layer in layers})].mean(axis=0))
