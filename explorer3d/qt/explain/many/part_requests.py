"""The requests for pictures to mark parts in, and for what hiding these parts changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer3d.attribution import Attribution
from explorer3d.attribution.of_many import attribute_many
from explorer3d.attribution.parts import Parts, to_text
from explorer3d.attribution.saving import write
from explorer3d.compute.requests import runner
from explorer3d.compute.whole_file import whole_file
from explorer3d.errors import ExplorerError, InputError
from explorer3d.inputs import InputSet, fed_picture, is_image_like
from explorer3d.progress import Progress, ignore
from explorer3d.scene.explained_many import write_picture_of_many
from explorer3d.scene.resizing import shrunk

_PACE = 0.25  # seconds between two charts that are drawn while parts are hidden
_LARGEST = 384
"""Pixels of a picture's longer side: what is larger takes memory and shows no more."""


@dataclass(frozen=True, eq=False)
class ReadPictures:
    """Read inputs as the network is shown them.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    inputs : InputSet
    numbers : sequence of int
    read : callable
        Takes the request, a number, and (H, W, 3) uint8 pixels or why there are none, on the thread it runs
        on.
    """

    key: str
    inputs: InputSet
    numbers: Sequence[int]
    read: Callable[[ReadPictures, int, object], None]

    def __call__(self, progress: Progress = ignore) -> None:
        model = runner(self.key).model
        port = next((port for port in model.inputs if is_image_like(port)), None)
        for place, number in enumerate(self.numbers):
            progress(place / len(self.numbers), f"Reading {self.inputs.name(number)}")
            try:
                if port is None:
                    raise InputError(f"{model.path.name} takes no picture.")
                feeds = self.inputs.feeds(model, number)
                shown = fed_picture(feeds.arrays[port.value], port, feeds.preprocessing)
                pixels: object = "no picture" if shown is None else shrunk(shown.pixels, _LARGEST)
            except ExplorerError as error:
                pixels = str(error)
            self.read(self, number, pixels)


@dataclass(frozen=True, eq=False)
class CompareParts:
    """Hide parts of pictures, and compare what that changes; the answer may be a sentence that says why not.

    Attributes
    ----------
    key : str
    inputs : InputSet
    parts : mapping
        See `attribution.parts.Parts`.
    settings : mapping of str to value
    sketched : callable
        Takes the request and what is known so far, on the thread it runs on.
    """

    key: str
    inputs: InputSet
    parts: Parts
    settings: Mapping[str, Any]
    sketched: Callable[[CompareParts, Attribution], None]

    def __call__(self, progress: Progress = ignore) -> Attribution | str:
        told = -_PACE

        def follow(found: Attribution) -> None:
            nonlocal told
            if time.monotonic() - told >= _PACE:
                told = time.monotonic()
                self.sketched(self, found)

        try:
            return attribute_many(
                runner(self.key),
                self.inputs,
                "correspondence",
                settings=self.settings,
                parts=self.parts,
                progress=progress,
                follow=follow,
            )
        except ExplorerError as error:
            return str(error)


@dataclass(frozen=True, eq=False)
class SaveComparison:
    """Write a comparison as a picture or numbers, or the parts alone for the command line.

    Attributes
    ----------
    key : str
    inputs : InputSet
    parts : mapping
    found : Attribution or None
        None: the parts alone can be written.
    path : Path
        ``.png``, ``.npz`` or ``.json``.

    Raises
    ------
    RequestError
        It cannot be written.
    """

    key: str
    inputs: InputSet
    parts: Parts
    found: Attribution | None
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        suffix = self.path.suffix.lower()
        with whole_file(self.path) as file:
            if suffix == ".json" or self.found is None:
                file.write(to_text(self.parts, self.inputs.name).encode())
            elif suffix == ".npz":
                write(self.found, file)
            else:
                write_picture_of_many(self.found, runner(self.key).model, self.inputs, file)
        return self.path
