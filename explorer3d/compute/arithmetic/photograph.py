"""The request for what a filter of a first layer makes of the photograph itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import ImageOps

from explorer3d.compute.arithmetic.filter import FilterResponse, RespondTo
from explorer3d.compute.requests import runner
from explorer3d.graph.model import Model, Port
from explorer3d.inputs import Preprocessing, image_axes, is_image_like, prepare
from explorer3d.inputs.image import is_picture, open_picture
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True, eq=False)
class Responded:
    """Answer to `RespondToPhotograph`.

    Attributes
    ----------
    response : FilterResponse
    photograph : (C, H, W) array or None
        What the filter was shown; None: the layer's own input.
    """

    response: FilterResponse
    photograph: np.ndarray | None


@dataclass(frozen=True, eq=False)
class RespondToPhotograph:
    """Show one filter of a convolution the layer's input; of a first layer the photograph, uncut.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
    layer : str
    filter : int
        Number of the output channel.
    path : Path or None
        The photograph's file.
    preprocessing : Preprocessing or None
        What the photograph goes through but for its size.
    parts : int
        Of how many input channels to give the part.
    sample : int
        Which sample of the batch is looked at, if it is not the photograph.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    layer: str
    filter: int
    path: Path | None = None
    preprocessing: Preprocessing | None = None
    parts: int = 6
    sample: int = 0

    def __call__(self, progress: Progress = ignore) -> Responded:
        port = _first_port(runner(self.key).model, self.layer)
        picture = None
        if port is not None and self.path is not None and self.preprocessing is not None:
            picture = _photograph(port, self.path, self.preprocessing)
        asked = RespondTo(self.key, self.feeds, self.layer, self.filter, picture, self.parts, self.sample)
        response = asked(progress)
        if picture is None or port is None:
            return Responded(response, None)
        axes = image_axes(port)
        order = [axes.index(letter) for letter in "NCHW"]
        return Responded(response, picture.transpose(order)[0])


def _first_port(model: Model, name: str) -> Port | None:
    """The model input for a picture that a layer takes as it is."""
    layer = model.layer_by_name.get(name)
    taken = {port.value for port in layer.inputs} if layer is not None else set()
    found = (port for port in model.inputs if port.value in taken and is_image_like(port))
    return next(found, None)


def _photograph(port: Port, path: Path, preprocessing: Preprocessing) -> np.ndarray | None:
    """A picture prepared at its own size, as far as it is not very large."""
    with path.open("rb") as file:
        if not is_picture(file.read(512)):
            return None
    axes = image_axes(port)
    sizes = tuple(None if axis in "HW" else size for axis, size in zip(axes, port.shape or (), strict=True))
    upright = ImageOps.exif_transpose(open_picture(path))
    array, _ = prepare(upright, replace(preprocessing, fit="stretch"), replace(port, shape=sizes))
    return array[:1] if axes[0] == "N" else array
