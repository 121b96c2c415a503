"""What TensorFlow may be asked to convert, decided without starting it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from explorer3d.errors import ModelError
from explorer3d.formats import HEAD_BYTES, signature

SAVED_MODEL = "saved_model.pb"

_CODE = {
    "Lambda": "Python code hidden in the file",
    "__lambda__": "Python code hidden in the file",
    "TFSMLayer": "a program in a folder outside the file",
    "JaxLayer": "a program in another framework",
    "FlaxLayer": "a program in another framework",
    "TorchModuleWrapper": "Python code hidden in the file",
}

# Modules of what Keras itself writes. "builtins" stands where an object has none.
_KERAS = frozenset({"keras", "tf_keras", "tensorflow", "builtins"})


def model_path(path: Path) -> Path:
    """The model a person means: the folder of a SavedModel, whichever of the two was named."""
    return path.parent if path.name == SAVED_MODEL and path.is_file() else path


def refusal(path: Path) -> str | None:
    """Why a model is not converted, as one sentence; None if TensorFlow may try.

    Parameters
    ----------
    path : Path
        A ``.h5`` or ``.keras`` file, or the folder of a SavedModel.
    """
    path = model_path(path)
    if path.is_dir():
        if (path / SAVED_MODEL).is_file():
            return None
        return f"The folder {path.name} is no SavedModel: it holds no {SAVED_MODEL}."
    try:
        text = _configuration(path)
        config = None if text is None else json.loads(text)
    except (ModelError, OSError) as error:
        return str(error)
    except (ValueError, RecursionError):
        return f"The model configuration in {path.name} is damaged."
    if config is None:
        return f"{path.name} is no whole Keras model, so TensorFlow cannot convert it."
    for entry in _objects(config):
        reason = _reason(entry)
        if reason is not None:
            return f"{path.name} is not converted: {reason}."
    return None


def _configuration(path: Path) -> str | bytes | None:
    from explorer3d.formats.hdf5 import Hdf5, mapped
    from explorer3d.formats.keras.archive import Archive

    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if signature.is_hdf5(path, head):
        with Hdf5(mapped(path), path.name) as h5:
            return h5.text("model_config")
    if signature.is_zip(path, head):
        with Archive(path) as archive:
            return archive.text("config.json")
    return None


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    """All objects in a configuration that name a class, but those of training, which is not restored."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("class_name"), str):
                yield value
            waiting.extend(item for key, item in value.items() if key != "compile_config")
        elif isinstance(value, list):
            waiting.extend(value)


def _reason(entry: dict[str, Any]) -> str | None:
    name, module, config = entry["class_name"], entry.get("module"), entry.get("config")
    if name in _CODE:
        called = config.get("name") if isinstance(config, dict) else None
        which = f"its layer {called} of class {name}" if isinstance(called, str) else f"a {name} in it"
        return f"{which} is {_CODE[name]}, which is never run"
    if ">" in name or (isinstance(module, str) and module.split(".")[0] not in _KERAS):
        shown = name if name != "function" else config
        return f"{shown} is code of its author, which neither is in the file nor would be run"
    return None
