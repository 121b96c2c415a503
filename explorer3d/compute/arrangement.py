"""Which axes of a tensor are seen, where, and in which direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.slices import guessed_axes

_SPACE = frozenset("DHWT")


@dataclass(frozen=True)
class Arrangement:
    """A tensor as maps of rows and columns; of the axes that are not seen, one place each.

    Attributes
    ----------
    at : tuple of int
        One place per axis of the tensor; counts for those that are not seen: the batch's, and those moved by
        sliders.
    rows, columns : int or None
        Axes that run down and across a map; None: one row, one column.
    stack : tuple of int
        Axes that tell maps apart, the last of them fastest: the channels', or output and input of kernels.
    flipped : frozenset of int
        Axes that run backwards.

    Raises
    ------
    ValueError
        An axis has two roles, or there is no such axis.
    """

    at: tuple[int, ...]
    rows: int | None = None
    columns: int | None = None
    stack: tuple[int, ...] = ()
    flipped: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        seen = self.seen
        if len(set(seen)) < len(seen):
            raise ValueError("An axis cannot be seen twice.")
        if not {*seen, *self.flipped} <= set(range(len(self.at))):
            raise ValueError(f"There is no such axis: the tensor has {len(self.at)}.")

    @property
    def seen(self) -> tuple[int, ...]:
        """The axes that are seen: stack, rows, columns."""
        return (*self.stack, *(axis for axis in (self.rows, self.columns) if axis is not None))

    @property
    def sliders(self) -> tuple[int, ...]:
        """The axes of which one place is seen."""
        return tuple(axis for axis in range(len(self.at)) if axis not in self.seen)

    def applied(self, array: np.ndarray) -> np.ndarray:
        """What is seen of a tensor.

        Parameters
        ----------
        array : array

        Returns
        -------
        (…, rows, columns) array
            A view, the axes of the stack in front.
        """
        # Slices where numbers would do: they give a view even where a single number is left.
        cuts = [
            slice(None, None, -1 if axis in self.flipped else 1)
            if axis in self.seen
            else slice(place, place + 1)
            for axis, place in enumerate(self._checked(array.shape))
        ]
        cut = array[(..., *cuts)].transpose(*self.seen, *self.sliders)
        kept = cut.squeeze(axis=tuple(range(len(self.seen), cut.ndim)))
        if self.rows is None:
            kept = np.expand_dims(kept, len(self.stack))
        return kept if self.columns is not None else kept[..., None]

    def index_of(self, cell: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...]:
        """Where in the tensor a number stands that is seen.

        Parameters
        ----------
        cell : sequence of int
            Its place in what `applied` gives.
        shape : tuple of int
            Of the tensor.
        """
        index = list(self._checked(shape))
        axes = (*self.stack, self.rows, self.columns)
        for axis, place in zip(axes, cell, strict=True):
            if axis is not None:
                place = range(shape[axis])[place]
                index[axis] = shape[axis] - 1 - place if axis in self.flipped else place
        return tuple(index)

    def _checked(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != len(self.at):
            raise IndexError(f"The tensor has {len(shape)} axes, not {len(self.at)}.")
        return tuple(
            0 if axis in self.seen else range(size)[place]
            for axis, (place, size) in enumerate(zip(self.at, shape, strict=True))
        )


def arrangement_of(shape: tuple[int, ...], axes: str) -> Arrangement:
    """How a tensor is seen as long as nobody says otherwise.

    Of a batch the first. Rows and columns are height and width, time and features, or the last two axes;
    channels, heads, depth and, for kernels, output and input are the stack.

    Parameters
    ----------
    shape : tuple of int
    axes : str
        As for `slices_of`.
    """
    letters = axes if len(axes) == len(shape) else guessed_axes(shape)
    order: list[int | None]
    wide = [at for at, size in enumerate(shape) if size > 1 and letters[at] != "N"]
    kernels = {"O", "I"} <= set(letters) and bool(_SPACE & set(letters))
    if len(wide) < 2:
        order = [*wide]  # a number or a chart, whatever the other axes are called
    elif kernels:
        order = [*_sorted(letters, "OI", "")]
        if len(order) == 3:
            order.insert(2, None)
    elif len(wide) == 2 and (letters.replace("N", "").islower() or "C" in (letters[at] for at in wide)):
        # A series in the clothes of a picture, such as 36 channels of 1 × 172.
        order = [*sorted(wide, key=lambda at: letters[at] == "C")]
    elif {"T", "C"} <= set(letters) and not {"H", "W"} & set(letters):
        order = [*_sorted(letters, "", "TC")]
    else:
        order = [*_sorted(letters, "C", "")]
    rows, columns = [None, None, *order][-2:]
    stack = tuple(at for at in order[:-2] if at is not None)
    return Arrangement((0,) * len(shape), rows, columns, stack)


def _sorted(letters: str, front: str, back: str) -> list[int]:
    """Axes but the batch's: some letters at the front, some at the back, the others in their order."""
    order = front + "".join(letter for letter in letters if letter not in front + back + "N") + back
    return [letters.index(letter) for letter in order if letter in letters]
