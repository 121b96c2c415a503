"""Numbers that sum up each channel of a tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.compute.blocks import blocks
from explorer3d.compute.slices import guessed_axes
from explorer3d.progress import Progress, ignore

_FEWEST_AXES = 3


@dataclass(frozen=True, eq=False)
class ChannelTable:
    """Summary of each channel's finite values; answer to `SummariseChannels`.

    Attributes
    ----------
    axis : int
        Of the tensor, in the author's order.
    size : int
        Elements of one channel.
    finite, not_finite, zeros : (n,) int array
        How many of a channel's elements are of each kind.
    minimum, maximum, mean, std, l2 : (n,) float array
        In float64; NaN where a channel has no finite value.
    dead : (n,) bool array
        All of the channel's elements are zero.
    """

    axis: int
    size: int
    finite: np.ndarray
    zeros: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    l2: np.ndarray

    def __len__(self) -> int:
        return len(self.finite)

    @property
    def not_finite(self) -> np.ndarray:
        return self.size - self.finite

    @property
    def sparsity(self) -> np.ndarray:
        """(n,) float array: share of zeros."""
        return self.zeros / max(self.size, 1)

    @property
    def dead(self) -> np.ndarray:
        return np.asarray((self.zeros == self.size) & (self.size > 0))


@dataclass(frozen=True, eq=False)
class SummariseChannels:
    """Sum up each channel of a tensor.

    Attributes
    ----------
    array : array
        Of numbers or bools.
    axis : int
        That of the channels, as `channel_axis` finds it or as somebody chose.
    """

    array: np.ndarray
    axis: int

    def __call__(self, progress: Progress = ignore) -> ChannelTable:
        array = np.asarray(self.array)
        axis = range(array.ndim)[self.axis]
        channels = array.shape[axis]
        others = tuple(at for at in range(array.ndim) if at != axis)
        finite, zeros = np.zeros(channels, np.int64), np.zeros(channels, np.int64)
        low, high = np.full(channels, np.inf), np.full(channels, -np.inf)
        mean, squares, deviations = np.zeros(channels), np.zeros(channels), np.zeros(channels)
        done = 0
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for part in blocks(array.shape):
                progress(done / max(array.size, 1), "Summing up channels")
                wide = array[part].astype(np.float64)
                done += wide.size
                own = part[axis]
                there = np.isfinite(wide)
                whole = bool(there.all())
                if not whole:
                    wide[~there] = 0.0
                count = there.sum(axis=others)
                zeros[own] += count - np.count_nonzero(wide, axis=others)
                where = True if whole else there
                low[own] = np.minimum(low[own], wide.min(axis=others, initial=np.inf, where=where))
                high[own] = np.maximum(high[own], wide.max(axis=others, initial=-np.inf, where=where))
                squares[own] += np.square(wide).sum(axis=others)
                # Means and deviations of two parts make those of both; squares less the mean's would cancel.
                part_mean = wide.sum(axis=others) / np.maximum(count, 1)
                wide -= np.expand_dims(part_mean, others)
                if not whole:
                    wide[~there] = 0.0
                both = np.maximum(finite[own] + count, 1)
                apart = part_mean - mean[own]
                deviations[own] += (
                    np.square(wide).sum(axis=others) + np.square(apart) * finite[own] * count / both
                )
                mean[own] += apart * count / both
                finite[own] += count
        known = np.where(finite > 0, 0.0, np.nan)
        return ChannelTable(
            axis, array.size // max(channels, 1), finite, zeros,
            low + known, high + known, mean + known,
            np.sqrt(deviations / np.maximum(finite, 1)) + known, np.sqrt(squares) + known,
        )  # fmt: skip


def channel_axis(shape: tuple[int, ...], axes: str) -> int | None:
    """Which axis tells the channels of a tensor apart; None if it has none.

    Parameters
    ----------
    shape : tuple of int
    axes : str
        As for `slices_of`. Where no letter tells, the maps of three axes or more are the channels.
    """
    letters = axes if len(axes) == len(shape) else guessed_axes(shape)
    for letter in "OC":
        if letter in letters:
            return letters.index(letter)
    kept = [at for at, letter in enumerate(letters) if letter != "N"]
    return kept[0] if len(kept) >= _FEWEST_AXES else None


def map_axis(shape: tuple[int, ...], axes: str) -> int | None:
    """The same for what a layer gives: where nothing tells, the first axis behind the batch does."""
    axis = channel_axis(shape, axes)
    return 1 if axis is None and len(shape) > 1 else axis


def dead_channels(array: np.ndarray, axis: int) -> np.ndarray:
    """(n,) bool array: channels of which all elements are zero."""
    if not array.size:
        return np.zeros(array.shape[axis], bool)
    others = tuple(at for at in range(array.ndim) if at != axis)
    alive = np.zeros(array.shape[axis], bool)
    for part in blocks(array.shape):
        alive[part[axis]] |= (array[part] != 0).any(axis=others)
    return ~alive
