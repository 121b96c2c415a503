"""Numbers of a layer's output as the target of an explanation."""

from __future__ import annotations

from collections.abc import Sequence


def target_between(layer: str, first: Sequence[int], last: Sequence[int]) -> str:
    """What `attribute` takes for all numbers of a layer's output between two places, both included.

    Parameters
    ----------
    layer : str
    first, last : sequence of int
        Opposite corners in the output, with its batch axis; the same for a single number.
    """
    ends = [sorted(pair) for pair in zip(first, last, strict=True)]
    # A value of rank 1 has no batch axis.
    parts = [str(a) if a == b else f"{a}:{b + 1}" for a, b in (ends[1:] if len(ends) > 1 else ends)]
    return f"{layer}[{', '.join(parts)}]"
