"""What goes into a network, and how to call it in front of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from explorer3d.inputs.excerpt import Excerpt
    from explorer3d.inputs.parts import Parts
    from explorer3d.inputs.preprocess import Preprocessing
    from explorer3d.inputs.series import Series


@dataclass(frozen=True, eq=False)
class Feeds:
    """One array per model input.

    Attributes
    ----------
    arrays : mapping of str to ndarray
        Under the model inputs' names, batch axis included, in exactly the input's type.
    description : str
        One line, such as ``chelsea.png, 224×224 crop, (x/255−0.498)/0.502``.
    picture : (H, W, 3) uint8 array or None
        What the network is shown, RGB, before normalisation; None if it is shown no picture.
    preprocessing : Preprocessing or None
        What that picture went through; None if there is none.
    reason : str
        Why the picture was prepared in this way, if that was guessed; otherwise empty.
    part : (float, float, float, float)
        Left, top, right and bottom of what is shown, in widths and heights of the whole picture.
    following : Excerpt, Parts or None
        What to feed after it, where it is a stretch of something longer.
    series : Series or None
        All inputs in the file, where there are several.
    """

    arrays: Mapping[str, NDArray[Any]]
    description: str
    picture: NDArray[np.uint8] | None = None
    preprocessing: Preprocessing | None = None
    reason: str = ""
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    following: Excerpt | Parts | None = None
    series: Series | None = None
