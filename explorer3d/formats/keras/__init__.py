"""Keras files, read without Keras: HDF5 (``.h5``, ``.hdf5``), the zip of Keras' own format (``.keras``),
a configuration (``.json``) and its weights, TensorFlow's SavedModel folders and checkpoints.

No code of a model is ever run: a layer class is either in `layers.KERAS_LAYERS` or it does not run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from explorer3d.progress import Progress, ignore

if TYPE_CHECKING:
    from explorer3d.graph.model import Model
    from explorer3d.graph.stand_in import StandIns


def read_h5(path: Path, progress: Progress = ignore, stand_ins: StandIns | None = None) -> Model:
    """Read a model, or the weights of one, that Keras saved as HDF5.

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


def read_configuration(
    path: Path,
    progress: Progress = ignore,
    stand_ins: StandIns | None = None,
    weights: Path | None = None,
) -> Model:
    """Read a configuration that Keras wrote as JSON.

    Parameters
    ----------
    weights : Path, optional
        The file of its weights; by default the one beside it that is named alike, if there is one.

    Raises
    ------
    ModelError
        A file is damaged or not one of Keras'.
    """
    from explorer3d.formats.keras import reader

    return reader.read_configuration(path, weights, progress, stand_ins or {})


def read_shards(path: Path, progress: Progress = ignore, stand_ins: StandIns | None = None) -> Model:
    """Read weights that Keras 3 spread over several files, by the ``.weights.json`` that lists these.

    Raises
    ------
    ModelError
        A file is missing or damaged.
    """
    from explorer3d.formats.keras import reader

    return reader.read_shards(path, progress, stand_ins or {})


def read_checkpoint(path: Path, progress: Progress = ignore, stand_ins: StandIns | None = None) -> Model:
    """Read a checkpoint of TensorFlow, by its ``.index``.

    Raises
    ------
    ModelError
        A file is missing or damaged.
    """
    from explorer3d.formats.keras import reader

    return reader.read_checkpoint(path, progress, stand_ins or {})


def read_saved_model(path: Path, progress: Progress = ignore, stand_ins: StandIns | None = None) -> Model:
    """Read the model that Keras 2 saved as a SavedModel folder, by a file in it.

    Raises
    ------
    ModelError
        Its structure is not in it, or a file is missing or damaged.
    """
    from explorer3d.formats.keras import reader

    return reader.read_saved_model(path, progress, stand_ins or {})
