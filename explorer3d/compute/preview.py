"""What is said and drawn of a very large matrix before all of it has been read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer3d.compute.picture import TensorPicture, picture_of
from explorer3d.compute.slices import slices_of
from explorer3d.compute.statistics import Statistics, summarise

LARGE = 1 << 22
"""Elements from which on reading all of them holds a click up."""

_ELEMENTS = 1 << 19


def has_preview(array: np.ndarray) -> bool:
    """Whether a tensor is a matrix of so many elements that a few are looked at first."""
    return array.ndim == 2 and array.size >= LARGE and min(array.shape) > 1 and array.dtype.kind in "fiu"


def preview(array: np.ndarray, axes: str, room: int) -> tuple[Statistics, TensorPicture]:
    """Statistics and picture of evenly spaced rows and columns, the picture in the whole matrix' proportions.

    Parameters
    ----------
    array : (rows, columns) array
    axes : str
        As for `slices_of`.
    room : int
        As for `picture_of`.
    """
    step = int(np.ceil((array.size / _ELEMENTS) ** 0.5))
    # Not beyond a few of the shorter side.
    steps = [max(1, min(step, size // 8)) for size in array.shape]
    few = np.ascontiguousarray(array[:: steps[0], :: steps[1]])
    # Neither a sum nor a place tells anything of the whole.
    statistics = replace(summarise(few), l2=float("nan"), first_not_finite=None)
    picture = picture_of(few, axes, statistics, room=room)
    height, width = slices_of(array, axes).array.shape[1:3]
    return statistics, replace(picture, full=(height, width))
