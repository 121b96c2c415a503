"""An array part by part: intermediate results of 100 million weights would take gigabytes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

MOST = 1 << 20
"""Elements looked at together."""


def blocks(shape: tuple[int, ...], most: int = MOST) -> Iterator[tuple[slice, ...]]:
    """Cut an array of any layout in memory into parts, in the order of its elements.

    Parameters
    ----------
    shape : tuple of int
    most : int
        Elements of a part.

    Yields
    ------
    tuple of slice
        One per axis, with its start.
    """
    inner = prod(shape[1:])
    if not shape:
        yield ()
    elif not inner or shape[0] * inner <= most:
        yield tuple(slice(0, size) for size in shape)
    elif inner <= most:
        step = most // inner
        whole = tuple(slice(0, size) for size in shape[1:])
        for start in range(0, shape[0], step):
            yield slice(start, min(start + step, shape[0])), *whole
    else:
        for at in range(shape[0]):
            for rest in blocks(shape[1:], most):
                yield slice(at, at + 1), *rest
