"""Which layers a reader takes for one branch, and on which lane each branch lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph.ordering import LONGEST_LAYERED_EDGE, Numbers


def paths(
    rank: Numbers,
    before: Sequence[Sequence[int]],
    after: Sequence[Sequence[int]],
    weights: Sequence[int],
) -> list[list[int]]:
    """Cut the graph into paths, each node in exactly one; the first is the heaviest of all.

    Every path follows, of the nodes still free, the one with the most ahead, so it is what a reader
    takes for one branch.
    """
    depth: list[int] = rank.tolist()
    ahead = list(weights)
    for node in reversed(range(len(depth))):
        if after[node]:
            ahead[node] += max([ahead[target] for target in after[node]])
    free = [True] * len(depth)

    def follow(node: int) -> list[int]:
        path = [node]
        while True:
            free[node] = False
            reach = depth[node] + LONGEST_LAYERED_EDGE
            near = [target for target in after[node] if free[target] and depth[target] <= reach]
            if not near:
                return path
            node = near[0] if len(near) == 1 else _middle_best(near, [(ahead[n], -depth[n]) for n in near])
            path.append(node)

    if not depth:
        return []
    heads = [node for node, sources in enumerate(before) if not sources]
    found = [follow(_middle_best(heads, [(ahead[node], 0) for node in heads]))]
    for start in np.lexsort((-np.array(ahead), rank)).tolist():
        if free[start]:
            found.append(follow(start))
    return found


def _middle_best(nodes: Sequence[int], worth: Sequence[tuple[int, int]]) -> int:
    """The best node; of equally good ones the middle, so that branches lie on both sides of it."""
    best = max(worth)
    equal = [node for node, one in zip(nodes, worth, strict=True) if one == best]
    return equal[(len(equal) - 1) // 2]


def lanes(
    rank: Numbers, branches: Sequence[Sequence[int]], pairs: Numbers, offset: NDArray[np.float64]
) -> NDArray[np.float64]:
    """One lane for each path: the main line in the middle, the others outwards.

    Parameters
    ----------
    rank : (n,) int array
    branches : sequence of paths
        The main line first.
    pairs : (m, 2) int array
        Source and target of each edge.
    offset : (n,) float array
        How far each node would best lie from the main line; the mean of a path decides its side and how
        near it lies.

    Returns
    -------
    (n,) float array
    """
    lengths = [len(path) for path in branches]
    owner = np.empty(len(rank), dtype=np.int64)
    owner[np.concatenate(branches)] = np.repeat(np.arange(len(branches)), lengths)
    mean = np.bincount(owner, weights=offset, minlength=len(branches)) / lengths
    loose = _loose(owner[pairs], len(branches))
    depth: list[int] = rank.tolist()
    sides: list[int] = np.where(mean < -0.25, -1, 1).tolist()
    lane = [0] * len(branches)
    taken = {side: [0] * (max(depth) + 1) for side in (1, -1)}
    for index in (1 + np.argsort(np.abs(mean[1:]), kind="stable")).tolist():
        first, last = depth[branches[index][0]], depth[branches[index][-1]] + 1
        free = {side: 1 + max(taken[side][first:last]) for side in (1, -1)}
        side = sides[index]
        if loose[index] and free[side] > free[-side] + 1:
            side = -side
        taken[side][first:last] = [free[side]] * (last - first)
        lane[index] = side * free[side]
    return np.array(lane, dtype=np.float64)[owner]


def _loose(ends: Numbers, count: int) -> list[bool]:
    """The paths tied to nothing but the main line: either side will do for them."""
    other = (ends[:, 0] != ends[:, 1]) & (ends != 0).all(axis=1)
    loose = np.ones(count, dtype=bool)
    loose[ends[other]] = False
    return [bool(one) for one in loose]
