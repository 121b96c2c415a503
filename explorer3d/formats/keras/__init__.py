"""Keras files, read without Keras: HDF5 (``.h5``, ``.hdf5``) and the zip of Keras' own format (``.keras``).

No code of a model is ever run: a layer class is either in `layers.KERAS_LAYERS` or it does not run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from explorer3d.progress import Progress, ignore

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, StandIns


def read_h5(path: Path, progress: Progress = ignore, stand_ins: StandIns | None = None) -> Model:
    """Read a model, or the weights of one, that Keras 2 or 3 saved as HDF5.

    Raises
    ------
    ModelError
        The file is damaged or not one of Keras'.
    """
    from explorer3d.formats.keras import reader

    return reader.read_h5(path, progress, stand_ins or {})


def read_zip(path: Path, progress: Progress = ignore, stand_ins: StandIns | None = None) -> Model:
    """Read a model that Keras 2 or 3 saved as ``.keras``.

    Raises
    ------
    ModelError
        The archive is damaged, claims implausible sizes, or is not a Keras model.
    """
    from explorer3d.formats.keras import reader

    return reader.read_zip(path, progress, stand_ins or {})
