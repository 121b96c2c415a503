"""In which order the channels of a tensor are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.channels import ChannelTable, SummariseChannels
from explorer3d.progress import Progress, ignore

# What comparing all channels with each other may cost, in multiply-adds, and how many fit in a table.
_MULTIPLICATIONS = 1 << 30
_TABLE = 4096
_MOST_PLACES = 4096
_FEWEST_PLACES = 64

_TOLD_EVERY = 256


@dataclass(frozen=True, eq=False)
class Channels:
    """What an order can go by.

    Attributes
    ----------
    maps : (n, …) array
        A view of the tensor, the channels' axis first.
    table : ChannelTable
    """

    maps: np.ndarray
    table: ChannelTable


@dataclass(frozen=True, eq=False)
class OrderedChannels:
    """Answer to `OrderChannels`.

    Attributes
    ----------
    channels : (n,) int array
        Numbers of the channels, the one shown first at the front; fewer than there are if only active ones.
    table : ChannelTable
        In the tensor's own order; tells which are dead.
    remark : str
        What else is to be said of the order.
    """

    channels: np.ndarray
    table: ChannelTable
    remark: str = ""


@dataclass(frozen=True, eq=False)
class OrderChannels:
    """Put the channels of a tensor in order.

    Attributes
    ----------
    array : array
        Of numbers or bools.
    axis : int
        That of the channels.
    by : str
        Key of `ORDERS`.
    active_only : bool
        Leave out those that are zero everywhere.
    """

    array: np.ndarray
    axis: int
    by: str
    active_only: bool = False

    def __call__(self, progress: Progress = ignore) -> OrderedChannels:
        table = SummariseChannels(self.array, self.axis)(progress)
        order = ORDERS[self.by](Channels(np.moveaxis(self.array, self.axis, 0), table), progress)
        return OrderedChannels(order[~table.dead[order]] if self.active_only else order, table)


def _by_index(channels: Channels, progress: Progress) -> np.ndarray:
    return np.arange(len(channels.table))


def _by_mean(channels: Channels, progress: Progress) -> np.ndarray:
    return _falling(channels.table.mean)


def _by_maximum(channels: Channels, progress: Progress) -> np.ndarray:
    return _falling(channels.table.maximum)


def _by_variance(channels: Channels, progress: Progress) -> np.ndarray:
    return _falling(channels.table.std)


def _by_similarity(channels: Channels, progress: Progress) -> np.ndarray:
    """The one that varies most, then always the one that is most like the one before.

    Channels that are the same everywhere are like none, and come last.
    """
    count = len(channels.table)
    if not channels.maps.size:
        return np.arange(count)
    alike = _standardised(channels.maps)
    left = np.abs(alike).any(axis=1)
    order = np.empty(count, np.intp)
    varying = int(left.sum())
    order[varying:] = np.flatnonzero(~left)
    if not varying:
        return order
    table = alike @ alike.T if count <= _TABLE else None
    taken = np.where(left, np.float32(0), np.float32(-np.inf))
    current = int(np.argmax(np.where(left, channels.table.std, -1.0)))
    for place in range(varying):
        if place % _TOLD_EVERY == 0:
            progress(place / varying, "Ordering channels by likeness")
        order[place] = current
        taken[current] = -np.inf
        row = alike @ alike[current] if table is None else table[current]
        current = int(np.argmax(row + taken))
    return order


ORDERS: dict[str, Callable[[Channels, Progress], np.ndarray]] = {
    "index": _by_index,
    "mean": _by_mean,
    "max": _by_maximum,
    "variance": _by_variance,
    "similarity": _by_similarity,
}
"""Orders by the name they are chosen by; each gives the numbers of all channels."""


CONTRIBUTION = "contribution"
"""An order that the numbers alone do not tell: by what each channel adds to the network's answer."""


def _falling(values: np.ndarray) -> np.ndarray:
    """Equal ones stay in their order, and those without a value come last."""
    return np.argsort(-values, kind="stable")


def _standardised(maps: np.ndarray) -> np.ndarray:
    """(n, places) float32 array: rows whose products are the channels' correlations.

    Of very many or very large maps only evenly spread places are compared.
    """
    count = len(maps)
    places = max(_FEWEST_PLACES, min(_MOST_PLACES, _MULTIPLICATIONS // (count * count)))
    step = max(1, int(np.ceil((maps[0].size / places) ** (1 / max(maps.ndim - 1, 1)))))
    wide = maps[(slice(None), *[slice(None, None, step)] * (maps.ndim - 1))].astype(np.float64)
    rows = np.nan_to_num(wide.reshape(count, -1), copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    # Squares of very large numbers would be infinite.
    rows /= np.where(largest > 0, largest, 1.0)
    rows -= rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    # What is left of a constant is rounding.
    rows /= np.where(lengths > 1e-9, lengths, np.inf)
    return rows.astype(np.float32)
