"""The shape of tensors that are laid side by side."""

from __future__ import annotations

from collections.abc import Sequence

from explorer3d.formats.keras.emit import Shape, Tensor
from explorer3d.formats.keras.settings import Unsupported


def joined_shape(tensors: Sequence[Tensor], axis: int) -> Shape:
    """Shape of a concatenation.

    Parameters
    ----------
    tensors : sequence of Tensor
    axis : int
        Along which they lie, from the first.

    Raises
    ------
    Unsupported
        They differ in rank, or in a size along another axis.
    """
    if len({x.rank for x in tensors}) > 1:
        raise Unsupported("its inputs have different numbers of axes")
    shape: list[int | None] = []
    for at, sizes in enumerate(zip(*(x.shape for x in tensors), strict=True)):
        known = {size for size in sizes if size is not None}
        if at == axis:
            shape.append(None if None in sizes else sum(size for size in sizes if size is not None))
        elif len(known) > 1:
            raise Unsupported(f"its inputs do not fit along axis {at}: {sorted(known)}")
        else:
            shape.append(known.pop() if known else None)
    return tuple(shape)
