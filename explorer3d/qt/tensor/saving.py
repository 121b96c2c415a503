"""Requests that write a tensor, or the picture of it, to a file."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from explorer3d.compute.whole_file import whole_file
from explorer3d.errors import RequestError
from explorer3d.progress import Progress, ignore
from explorer3d.qt.tensor.framing import Framing
from explorer3d.qt.tensor.sampling import sampled
from explorer3d.qt.tensor.seen import Places, Seen
from explorer3d.qt.tensor.wall import wall_of
from explorer3d.scene.figures import exact
from explorer3d.scene.shade import Shade

MOST_PIXELS = 1 << 28
_TOLD_EVERY = 1024


@dataclass(frozen=True, eq=False)
class SaveArray:
    """Write an array to an ``.npy`` file, its axes in the author's order."""

    array: np.ndarray
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        with whole_file(self.path) as file:
            _write(file, self.array)
        return self.path


@dataclass(frozen=True, eq=False)
class SaveArrays:
    """Write several arrays to an ``.npz`` file under their names."""

    arrays: Mapping[str, np.ndarray]
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        with whole_file(self.path) as file, zipfile.ZipFile(file, "w", allowZip64=True) as archive:
            for place, (name, array) in enumerate(self.arrays.items()):
                progress(place / len(self.arrays), f"Saving {name}")
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    _write(member, array)
        return self.path


@dataclass(frozen=True, eq=False)
class SaveTable:
    """Write an array to a ``.csv`` file: a line for each row along the last axis, its index in front.

    Attributes
    ----------
    array : array
    letters : str
        One per axis, for the heading.
    path : Path
    """

    array: np.ndarray
    letters: str
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        # A vector is a column: nobody reads a line of thousands.
        array = self.array[..., None] if self.array.ndim < 2 else self.array
        lines = array.shape[:-1]
        names = [f"axis {axis} ({letter})" for axis, letter in enumerate(self.letters[: len(lines)])]
        with whole_file(self.path) as file:
            text = io.TextIOWrapper(file, "utf-8", newline="")
            table = csv.writer(text)
            heading = range(array.shape[-1]) if self.array.ndim > 1 else ["value"]
            table.writerow([*names, *heading])
            count = int(np.prod(lines, dtype=int))
            for place, index in enumerate(np.ndindex(*lines)):
                if place % _TOLD_EVERY == 0:
                    progress(place / max(count, 1), f"Saving {self.path.name}")
                table.writerow([*index, *map(exact, array[index])])
            text.detach()  # closing the file is not its business
        return self.path


@dataclass(frozen=True, eq=False)
class SaveMosaic:
    """Write a picture of all maps that are seen side by side, each number so many pixels wide.

    Attributes
    ----------
    seen : Seen
    shade : Shade
    pixels : int
    path : Path

    Raises
    ------
    RequestError
        It would be too large for a picture.
    """

    seen: Seen
    shade: Shade
    pixels: int
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        wall = wall_of(self.seen, (1.0, 1.0))
        width, height = (cells * self.pixels for cells in wall.cells)
        if width * height > MOST_PIXELS:
            raise RequestError(
                f"A picture of {width:,} × {height:,} pixels is too large to be saved. Choose fewer pixels "
                "for each number, or see fewer maps."
            )
        with whole_file(self.path) as file:
            whole = Framing(wall.extent, wall.extent, 0.0, 1.0, 0.0, 0.0)
            texels = sampled(self.seen, wall, whole, 1.0).texels(self.shade)
            progress(0.5, f"Saving {self.path.name}")
            if texels.ndim == 2:
                texels = self.shade.table()[texels]
            larger = texels.repeat(self.pixels, axis=0).repeat(self.pixels, axis=1)
            Image.fromarray(larger).save(file, "PNG")
        return self.path


def table_text(seen: Seen, group: int, member: int) -> str:
    """The numbers of one map as lines of text, as a spreadsheet takes them."""
    rows, columns = (np.arange(size) for size in seen.tile)
    one = np.array(1)
    numbers = seen.numbers(Places(group * one, member * one, rows[:, None], columns, one))
    if seen.colour:
        numbers = numbers.reshape(len(rows), -1)
    return "\n".join("\t".join(map(exact, row)) for row in numbers)


def _write(file: IO[bytes], array: np.ndarray) -> None:
    array = array.astype(str) if array.dtype.hasobject else array
    np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)
