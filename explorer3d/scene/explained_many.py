"""What methods that look at many inputs have found, as a picture."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import numpy as np

from explorer3d.attribution.correspondence import RANDOM
from explorer3d.scene.consistency_chart import consistency_chart
from explorer3d.scene.feature_tiles import page, tiles_of
from explorer3d.scene.titles import write_titled

if TYPE_CHECKING:
    from explorer3d.attribution import Attribution
    from explorer3d.graph.model import Model
    from explorer3d.inputs import InputSet


def picture_of_many(found: Attribution, model: Model, inputs: InputSet) -> np.ndarray:
    """Draw what was found.

    Returns
    -------
    (H, W, 3) uint8 array

    Raises
    ------
    InputError
        One of the inputs is gone since.
    RequestError
        There is nothing to be drawn.
    """
    if found.method == "correspondence":
        layers, names = (list(map(str, found.further[key])) for key in ("layers", "parts"))
        return consistency_chart(found.title, layers, names, found.array, found.further["spread"], RANDOM)
    channels = found.further["channels"].tolist()
    headings = [f"channel {channel}" for channel in channels]
    return page(found.title, headings, tiles_of(found, model, inputs))


def write_picture_of_many(found: Attribution, model: Model, inputs: InputSet, file: IO[bytes]) -> None:
    """Write it as PNG; its title goes along as the picture's."""
    write_titled(picture_of_many(found, model, inputs), found.title, file)
