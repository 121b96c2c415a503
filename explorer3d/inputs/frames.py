"""Pictures kept as bytes in numpy's files: one, or many as data sets have them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer3d.inputs.array import fits, read_header, read_piece
from explorer3d.inputs.ports import image_input
from explorer3d.inputs.series import Cut

if TYPE_CHECKING:
    from explorer3d.graph.model import Model

_CHANNELS = (1, 3, 4)


def read_frame(
    path: Path, model: Model, at_once: int | None = None, start: int | None = None
) -> tuple[NDArray[np.uint8], int] | None:
    """Read one picture of a ``.npy`` file of bytes, for a model that takes pictures.

    Parameters
    ----------
    path : Path
    model : Model
    at_once, start : int, optional
        As in `explorer3d.inputs.array.read_npy`.

    Returns
    -------
    pixels : (H, W) or (H, W, C) uint8 array
    count : int
        Of the pictures in the file.
        None instead of both if what is in the file is no picture, or goes in unchanged.

    Raises
    ------
    InputError
        The file is damaged or too large.
    """
    port = image_input(model)
    if port is None:
        return None
    with path.open("rb") as stream:
        shape, _, dtype = header = read_header(stream, path.stat().st_size, path.name)
        offset = stream.tell()
    if dtype != np.uint8 or 0 in shape:
        return None
    if fits(shape, port):
        too_many = at_once is not None and port.shape and port.shape[0] is None and shape[0] > at_once
        if not too_many:
            return None
    if len(shape) == 2 or (len(shape) == 3 and shape[2] in _CHANNELS):
        return read_piece(path, offset, header, slice(0, shape[0])), 1
    several = len(shape) == 3 or (len(shape) == 4 and shape[3] in _CHANNELS)
    if not several or (at_once is None and start is None):
        return None
    parted = Cut(shape[0], 1, shape[1:])
    return read_piece(path, offset, header, parted.piece(start or 0, path.name))[0], parted.count
