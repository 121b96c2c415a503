"""What a network is fed, made visible again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.inputs.ports import image_axes

if TYPE_CHECKING:
    from explorer3d.graph.model import Port
    from explorer3d.inputs.preprocess import Preprocessing


@dataclass(frozen=True, eq=False)
class FedPicture:
    """The numbers of one input as a picture.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
        The input's channels, in the order the network gets them, as red, green and blue.
    low, high : float
        The least and the greatest number.
    """

    pixels: NDArray[np.uint8]
    low: float
    high: float


def fed_picture(
    array: NDArray[Any], port: Port, preprocessing: Preprocessing | None = None
) -> FedPicture | None:
    """Draw what goes into an input for pictures; of a batch, its first picture.

    Black is what the preprocessing makes of bytes of 0, white what it makes of bytes of 255: the picture
    looks as it did before, but for what was done to its colours. Without a preprocessing they are the
    least and the greatest number.

    Parameters
    ----------
    array : (N, C, H, W) or (N, H, W, C) array
    port : Port
        The model input it is fed to.
    preprocessing : Preprocessing, optional

    Returns
    -------
    FedPicture or None
        None where the input is not for pictures.
    """
    axes = image_axes(port)
    if not axes or array.size == 0:
        return None
    values = array[0].transpose([axes[1:].index(axis) for axis in "HWC"])[..., :3].astype(np.float32)
    finite = np.isfinite(values)
    low = float(values.min(where=finite, initial=np.inf))
    high = float(values.max(where=finite, initial=-np.inf))
    if low > high:
        low = high = 0.0
    black, white = (low, high) if preprocessing is None else preprocessing.limits(array.dtype)
    values = np.nan_to_num(values, nan=black, posinf=white, neginf=black)
    pixels = np.rint(np.clip((values - black) * (255.0 / (white - black or 1.0)), 0, 255)).astype(np.uint8)
    return FedPicture(np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3))), low, high)
