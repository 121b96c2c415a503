"""Parts of a tensor: unions of blocks, each the product of a set of places along every axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from explorer3d.graph.receptive.indices import Indices, array, box, covers, same, union

_MOST_BLOCKS = 32


@dataclass(frozen=True, eq=False)
class Block:
    """All combinations of some places along each axis.

    Attributes
    ----------
    axes : tuple of Indices, or None
        None: everything, of a tensor whose shape is not known.
    exact : bool
        Otherwise more than is really meant.
    """

    axes: tuple[Indices, ...] | None
    exact: bool = True

    @property
    def size(self) -> int:
        return prod(map(len, self.axes)) if self.axes is not None else 0

    @property
    def is_single(self) -> bool:
        return self.axes is not None and all(len(places) == 1 for places in self.axes)

    @property
    def cell(self) -> tuple[int, ...]:
        """The first of its places."""
        return tuple(int(places[0]) for places in self.axes or ())


@dataclass(frozen=True, eq=False)
class Region:
    """Part of a tensor.

    Attributes
    ----------
    shape : tuple of int, or None
        The tensor's.
    blocks : tuple of Block
        They may overlap.
    """

    shape: tuple[int, ...] | None
    blocks: tuple[Block, ...]

    @property
    def exact(self) -> bool:
        """Otherwise an upper bound: all that is meant lies in it, and perhaps more."""
        return all(block.exact for block in self.blocks)

    @property
    def axes(self) -> tuple[Indices, ...] | None:
        """Places along each axis that occur at all; None if the shape is not known."""
        return _spanned([block.axes for block in self.blocks])

    @property
    def box(self) -> tuple[range, ...] | None:
        """The smallest box around it; None if the shape is not known."""
        spanned = self.axes
        return None if spanned is None else tuple(map(box, spanned))

    @property
    def is_everything(self) -> bool:
        spanned = self.axes
        if spanned is None or self.shape is None:
            return True
        return any(block.size == prod(self.shape) for block in self.blocks)

    def mask(self) -> np.ndarray:
        """Which elements belong to it.

        Returns
        -------
        bool array of the tensor's shape
        """
        assert self.shape is not None
        found = np.zeros(self.shape, bool)
        for block in self.blocks:
            if block.axes is not None:
                found[np.ix_(*map(array, block.axes))] = True
        return found


def everything(shape: Sequence[int] | None) -> Block:
    """All that a tensor holds, if the operator is not known to need less."""
    return Block(None if shape is None else tuple(map(range, shape)), exact=False)


def joined(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The same in as few blocks as are easily found.

    Two blocks that differ along one axis only are one block; of very many remains what lies around them.
    """
    kept: list[Block] = []
    for block in blocks:
        if block.axes is None:
            return (block,)
        if block.size:
            _add(kept, block)
    if len(kept) > _MOST_BLOCKS:
        return (Block(_spanned([block.axes for block in kept]), exact=False),)
    return tuple(kept)


def _add(kept: list[Block], new: Block) -> None:
    at = 0
    while at < len(kept):
        old = kept[at]
        assert old.axes is not None and new.axes is not None
        pairs = list(zip(old.axes, new.axes, strict=True))
        if all(covers(one, other) for one, other in pairs):
            if new.exact and not old.exact and old.size == new.size:
                kept[at] = new
            return
        if all(covers(other, one) for one, other in pairs):
            del kept[at]
            at = 0
            continue
        differing = [axis for axis, (one, other) in enumerate(pairs) if not same(one, other)]
        if len(differing) == 1:
            axes = list(new.axes)
            axes[differing[0]] = union(pairs[differing[0]])
            new = Block(tuple(axes), old.exact and new.exact)
            del kept[at]
            at = 0
            continue
        at += 1
    kept.append(new)


def _spanned(products: Sequence[tuple[Indices, ...] | None]) -> tuple[Indices, ...] | None:
    known = [axes for axes in products if axes is not None]
    if len(known) < len(products) or not known:
        return None
    return tuple(union(places) for places in zip(*known, strict=True))
