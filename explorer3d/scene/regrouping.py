"""Nodes on their way from where they stood to where they stand when other blocks are folded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from explorer3d.scene.blueprint import Blueprint
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


def regrouping(
    before: Placement, earlier: Mapping[str, int], plan: Blueprint, anchor: Collection[str]
) -> Regrouping:
    """Let each node begin where the layers it stands for stood before.

    Parameters
    ----------
    before : Placement
    earlier : mapping of str to int
        The node of that placement that each layer was seen as, or in.
    plan : Blueprint
        Of what is seen now.
    anchor : collection of str
        Layers whose middle stays where it is seen.
    """
    new = plan.placement
    # However many layers of a node were seen as one, that one counts once.
    both = {(node, earlier[layer]) for layer, node in plan.node_of.items() if layer in earlier}
    nodes, places = np.array(list(both), np.intp).reshape(-1, 2).T
    counts = np.bincount(nodes, minlength=len(new.names))
    known = counts > 0

    def moved(old: np.ndarray, now: np.ndarray) -> np.ndarray:
        sums = np.stack(
            [np.bincount(nodes, old[places, axis], len(now)) for axis in range(old.shape[1])], axis=1
        )
        return np.where(known[:, None], sums / np.maximum(counts, 1)[:, None], now)

    centres, sizes = moved(before.centres, new.centres), moved(before.sizes, new.sizes)
    floors = moved(before.floors[:, None], new.floors[:, None])[:, 0]
    start = replace(new, centres=centres, sizes=sizes, floors=floors)
    off = centres - new.centres
    along = np.linspace(0.0, 1.0, plan.courses.shape[1])[:, None]
    bends = off[plan.flow.sources, None] * (1.0 - along) + off[plan.flow.targets, None] * along
    return Regrouping(start, new, shifted(before, earlier, plan, anchor), plan.courses, bends)


def shifted(
    before: Placement, earlier: Mapping[str, int], plan: Blueprint, anchor: Collection[str]
) -> np.ndarray:
    """(3,) float array: by how much what is held has moved; parameters as of `regrouping`."""
    held = [layer for layer in anchor if layer in earlier and layer in plan.node_of]
    if not held:
        return np.zeros(3)
    return np.asarray(_middle(plan.placement, plan.node_of, held) - _middle(before, earlier, held))


def _middle(placement: Placement, at: Mapping[str, int], layers: Collection[str]) -> np.ndarray:
    return np.asarray(placement.centres[sorted({at[layer] for layer in layers})].mean(axis=0))
