"""The request that saves an explanation: as it is seen, or its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer3d.attribution import Attribution
from explorer3d.attribution.saving import write
from explorer3d.compute.whole_file import whole_file
from explorer3d.errors import RequestError
from explorer3d.progress import Progress, ignore
from explorer3d.scene.titles import write_titled

KINDS = ("Picture (*.png)", "Numbers (*.npz)")


@dataclass(frozen=True, eq=False)
class SaveExplanation:
    """Write an explanation to a file.

    Attributes
    ----------
    found : Attribution
    pixels : (H, W, 3) uint8 array or None
        As it is seen; None where it is no picture.
    path : Path
        Its ending, of one of `KINDS`, says what is written.

    Raises
    ------
    RequestError
        It cannot be written, or not as that.
    """

    found: Attribution
    pixels: np.ndarray | None
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        if self.path.suffix.lower() == ".npz":
            with whole_file(self.path) as file:
                write(self.found, file)
        elif self.pixels is None:
            raise RequestError("This explanation is no picture. Save its numbers to an .npz file.")
        else:
            with whole_file(self.path) as file:
                write_titled(self.pixels, self.found.title, file)
        return self.path
