"""What a network is fed, made visible again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.inputs.ports import image_axes

if TYPE_CHECKING:
    from explorer3d.graph.model import Port


@dataclass(frozen=True, eq=False)
class FedPicture:
    """The numbers of one input as a picture.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
        The input's channels, in the order the network gets them, as red, green and blue.
    low, high : float
        The numbers drawn as 0 and as 255; everything between them is drawn in proportion.
    """

    pixels: NDArray[np.uint8]
    low: float
    high: float


def fed_picture(array: NDArray[Any], port: Port) -> FedPicture | None:
    """Draw what goes into an input for pictures; of a batch, its first picture.

    Parameters
    ----------
    array : (N, C, H, W) or (N, H, W, C) array
    port : Port
        The model input it is fed to.

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
    span = high - low or 1.0
    pixels = np.rint((np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / span))
    shown = np.ascontiguousarray(np.broadcast_to(pixels.astype(np.uint8), (*pixels.shape[:2], 3)))
    return FedPicture(shown, low, high)
