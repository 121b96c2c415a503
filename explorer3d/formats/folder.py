"""Folders that are a model, or hold one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer3d.errors import ModelError

# What stands for the whole folder: TensorFlow's SavedModel, a .keras file that was unpacked.
_SAVED_MODEL = ("keras_metadata.pb", "saved_model.pb")
_PARTS = (*_SAVED_MODEL, "config.json")

_MOST = 1000
_LISTED = 5


def the_model_in(folder: Path, format_of: Callable[[Path], object | None]) -> Path:
    """The file by which a folder opens.

    Parameters
    ----------
    folder : Path
    format_of : callable
        Tells what a file is; None if it is no model.

    Raises
    ------
    ModelError
        There is none, or several.
    """
    for name in _PARTS:
        if (folder / name).is_file() and format_of(folder / name) is not None:
            return folder / name
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise ModelError(f"The folder {folder.name} cannot be read: {error.strerror or error}.") from error
    if len(files) > _MOST:
        raise ModelError(f"{folder.name} is a folder of {len(files)} files. Open the model file inside it.")
    models = [path for path in files if path.stat().st_size and format_of(path) is not None]
    # A configuration and its weights are one model; either opens with the other.
    if len({path.name.split(".")[0] for path in models}) == 1:
        return models[0]
    if not models:
        raise ModelError(f"{folder.name} is a folder without a model in it.")
    names = ", ".join(path.name for path in models[:_LISTED]) + ", …" * (len(models) > _LISTED)
    raise ModelError(f"{folder.name} is a folder with several models. Open one of them: {names}.")


def described_by(folder: Path) -> Path:
    """The file that says what is in a folder that is a model.

    Raises
    ------
    FileNotFoundError
        It is none.
    """
    for name in _PARTS:
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(folder)


def is_model_folder(folder: Path) -> bool:
    """Whether a folder as a whole is a model, not only the place where one lies."""
    return any((folder / name).is_file() for name in _PARTS)


def shown_as(file: Path, opened: Path) -> Path:
    """What a model is called that was opened by a file, or by the folder it is in.

    Such parts have the same names in every folder, so that the folder's name tells more.
    """
    if file.name in _SAVED_MODEL:
        return file.absolute().parent
    return opened.absolute() if file.name in _PARTS else file
