"""Between which numbers the colours of a tensor lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from explorer3d.compute.picture import Limits
from explorer3d.compute.statistics import Statistics

TENSOR, MAP, HAND, FIXED = "tensor", "map", "hand", "fixed"


@dataclass(frozen=True)
class ColourRange:
    """What somebody wants the colours of a tensor to span.

    Attributes
    ----------
    kind : str
        ``tensor``: what its statistics say; ``map``: each map from its smallest to its largest number;
        ``hand``: the limits below, for this tensor; ``fixed``: the limits below, for others as well.
    limits : (float, float) or None
        Numbers that get the first and the last colour, in the tensor's own unit.
    symmetric : bool
        As far below zero as above.
    gamma : float
        Below 1 small numbers stand out more; around the middle where zero is there.
    """

    kind: str = TENSOR
    limits: Limits | None = None
    symmetric: bool = False
    gamma: float = 1.0

    @property
    def by_hand(self) -> bool:
        """Whether somebody has set the limits."""
        return self.limits is not None and self.kind in (HAND, FIXED)

    def between(self, statistics: Statistics) -> Limits:
        """Limits for a tensor, before they are made symmetric."""
        return self.limits if self.limits is not None and self.by_hand else statistics.limits

    def __str__(self) -> str:
        """In words, for those who compare pictures; empty if nobody has chosen anything."""
        parts = []
        if self.by_hand and self.limits is not None:
            low, high = self.limits
            parts.append(f"{low:.4g} … {high:.4g}".replace("-", "−"))
        elif self.kind == MAP:
            parts.append("each map its own")
        if self.symmetric:
            parts.append("symmetric")
        if self.gamma != 1.0:
            parts.append(f"gamma {self.gamma:.2g}")
        return ", ".join(parts)


AUTOMATIC = ColourRange()


@dataclass(frozen=True)
class Ranges:
    """What somebody wants of the tensors that are open.

    Attributes
    ----------
    own : mapping of (str, str) to ColourRange
        By layer and tensor.
    shared : mapping of str to ColourRange
        Where limits are fixed: ``data``, for all inputs and outputs, or ``weights``. Goes before `own`.
    """

    own: Mapping[tuple[str, str], ColourRange] = field(default_factory=dict)
    shared: Mapping[str, ColourRange] = field(default_factory=dict)

    def of(self, layer: str, name: str, role: str) -> ColourRange:
        """What is wanted of one tensor; name and role as in `ShownTensor`."""
        return self.shared.get(_group(role)) or self.own.get((layer, name), AUTOMATIC)

    def chosen(self, layer: str, name: str, role: str, wanted: ColourRange) -> Ranges:
        """The same, but for one tensor, or for all that its limits are fixed for."""
        group = _group(role)
        shared = {one: fixed for one, fixed in self.shared.items() if one != group}
        if wanted.kind == FIXED:
            return Ranges(self.own, {**shared, group: wanted})
        own = {one: range for one, range in self.own.items() if one != (layer, name)}
        return Ranges(own if wanted == AUTOMATIC else {**own, (layer, name): wanted}, shared)

    def agreeing(self, other: Ranges, layer: str) -> Ranges:
        """The same, but for what is wanted of a layer's tensors alone: that as in another."""
        own = {one: range for one, range in self.own.items() if one[0] != layer}
        theirs = {one: range for one, range in other.own.items() if one[0] == layer}
        return Ranges({**own, **theirs}, self.shared)


def _group(role: str) -> str:
    return "weights" if role in ("weights", "bias") else "data"
