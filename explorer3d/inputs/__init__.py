"""What goes into a network: pictures, arrays, tables, patterns, noise."""

from explorer3d.inputs.bitmap import Bitmap
from explorer3d.inputs.excerpt import Excerpt
from explorer3d.inputs.fed import FedPicture, fed_picture
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.generated import GENERATORS, Generated, Generator, generated_from
from explorer3d.inputs.guess import adjusted, guess
from explorer3d.inputs.image import bundled_picture, bundled_pictures
from explorer3d.inputs.input_set import InputSet, inputs_in
from explorer3d.inputs.parts import Held, Part, Parts
from explorer3d.inputs.playlist import ListInputs, Playlist, playlist
from explorer3d.inputs.ports import image_axes, image_input, is_image_like
from explorer3d.inputs.preprocess import Fit, Preprocessing, check, prepare, seen_part
from explorer3d.inputs.presets import PRESETS, Preset
from explorer3d.inputs.remembered import fingerprint, from_text, to_text
from explorer3d.inputs.series import Row, Series
from explorer3d.inputs.sizes import Sizes, sized
from explorer3d.inputs.sound import sound_input
from explorer3d.inputs.sources import INPUTS, Given, InputFormat, Preparation, Source, feeds_for, is_input
from explorer3d.inputs.states import states
from explorer3d.inputs.transform import UNCHANGED, Transform, transformed
from explorer3d.inputs.typed import Typed

__all__ = [
    "GENERATORS",
    "INPUTS",
    "PRESETS",
    "UNCHANGED",
    "Bitmap",
    "Excerpt",
    "FedPicture",
    "Feeds",
    "Fit",
    "Generated",
    "Generator",
    "Given",
    "Held",
    "InputFormat",
    "InputSet",
    "ListInputs",
    "Part",
    "Parts",
    "Playlist",
    "Preparation",
    "Preprocessing",
    "Preset",
    "Row",
    "Series",
    "Sizes",
    "Source",
    "Transform",
    "Typed",
    "adjusted",
    "bundled_picture",
    "bundled_pictures",
    "check",
    "fed_picture",
    "feeds_for",
    "fingerprint",
    "from_text",
    "generated_from",
    "guess",
    "image_axes",
    "image_input",
    "inputs_in",
    "is_image_like",
    "is_input",
    "playlist",
    "prepare",
    "seen_part",
    "sized",
    "sound_input",
    "states",
    "to_text",
    "transformed",
]
