"""What goes into a network: pictures, arrays, noise."""

from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.guess import adjusted, guess
from explorer3d.inputs.ports import image_axes, image_input, is_image_like
from explorer3d.inputs.preprocess import Preprocessing, prepare
from explorer3d.inputs.sizes import Sizes, sized
from explorer3d.inputs.sources import INPUTS, InputFormat, Source, feeds_for

__all__ = [
    "INPUTS",
    "Feeds",
    "InputFormat",
    "Preprocessing",
    "Sizes",
    "Source",
    "adjusted",
    "feeds_for",
    "guess",
    "image_axes",
    "image_input",
    "is_image_like",
    "prepare",
    "sized",
]
