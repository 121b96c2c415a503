"""Running a network for many variants of one input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from explorer3d.attribution.method import Case
from explorer3d.errors import RunError

_FEWEST, _MOST = 8, 128
_BYTES = 1 << 19
"""Variants that run at once: of large pictures more are hardly faster, and take memory."""


def reruns(
    case: Case,
    count: int,
    variants: Callable[[slice], np.ndarray],
    values: Sequence[str],
    doing: str,
    together: bool = True,
) -> Iterator[tuple[int, Mapping[str, np.ndarray]]]:
    """Run a network for variants of what goes into `Case.picture`.

    Several at once where the model leaves the size of its batch open, else one by one.

    Parameters
    ----------
    case : Case
    count : int
        Of variants.
    variants : callable
        Numbers of variants → (n, …) array of them to feed.
    values : sequence of str
        Names of values that are wanted.
    doing : str
        Told while they run.
    together : bool
        Whether the first axis of all values is the batch's.

    Yields
    ------
    first : int
        Number of a variant.
    arrays : mapping of str to (N, …) array
        What values are for it and the following ones.

    Raises
    ------
    RunError
    """
    port = case.picture
    # Of a batch whose size is fixed the first is exchanged, and the others stay.
    rest = case.fed[1:]
    open_batch = bool(port.shape) and port.shape is not None and port.shape[0] is None
    several = max(_FEWEST, min(_BYTES // max(case.fed.nbytes, 1), _MOST))
    size = min(several, count) if together and open_batch and len(case.feeds) == 1 else 1
    first = 0
    while first < count:
        case.progress(first / count, f"{doing}: {first:,} of {count:,}")
        batch = variants(slice(first, min(first + size, count)))
        made = len(batch)
        if not open_batch:
            batch = np.concatenate([batch, rest])
        try:
            found = case.runner.predict({**case.feeds, port.value: batch}, values)
        except RunError:
            if size == 1:
                raise
            # The batch was open on the outside only.
            size = 1
            continue
        if size > 1 and any(array.ndim == 0 or len(array) != len(batch) for array in found.values()):
            size = 1
            continue
        yield first, found if made == len(batch) or not together else _first(found)
        first += made


def _first(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array[:1] if array.ndim else array for name, array in arrays.items()}
