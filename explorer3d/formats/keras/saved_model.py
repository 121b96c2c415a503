"""What Keras 2 left of a model's configuration in TensorFlow's SavedModel folders.

References
----------
https://github.com/keras-team/tf-keras/blob/master/tf_keras/protobuf/saved_metadata.proto
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_model.proto
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from explorer3d.errors import ModelError
from explorer3d.formats import wire
from explorer3d.formats.hdf5 import mapped
from explorer3d.formats.wire import Malformed

GRAPH, METADATA = "saved_model.pb", "keras_metadata.pb"
VARIABLES = Path("variables", "variables.index")

_METADATA_LIMIT = 64 << 20


def configuration(folder: Path) -> dict[str, Any]:
    """The entry of the model itself, with ``class_name``, ``config`` and Keras' version.

    Raises
    ------
    ModelError
        There is none, or it is damaged.
    """
    try:
        text = _from_metadata(folder / METADATA) or _from_graph(folder / GRAPH)
        entry = plain(json.loads(text)) if text else None
    except RecursionError as error:
        raise ModelError(f"The configuration in {folder.name} is nested too deeply.") from error
    except (Malformed, ValueError) as error:
        raise ModelError(
            f"The configuration in {folder.name} is damaged ({error}). Copy or save it again."
        ) from error
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("config"), dict)
        or not isinstance(entry.get("class_name"), str)
    ):
        raise ModelError(_no_network(folder, "comes without a Keras configuration"))
    if "layers" not in entry["config"]:
        raise ModelError(
            _no_network(folder, f"is of class {entry.get('class_name')}, written in Python code")
        )
    return entry


def _no_network(folder: Path, what: str) -> str:
    return (
        f"{folder.name} is a SavedModel that {what}, so its layers are not in it. "
        "Save the model with model.save('model.keras') where it was made, "
        "or convert this one: File ▸ Convert with TensorFlow."
    )


def _from_metadata(path: Path) -> str | None:
    """SavedMetadata, beside the graph since TensorFlow 2.5: nodes with an id and a text."""
    if not path.is_file():
        return None
    for node in wire.parts(_content(path), 1):
        found = dict(wire.fields(node))
        if wire.text(found.get(3, memoryview(b""))) == "root":
            return wire.text(found.get(5, memoryview(b"")))
    return None


def _from_graph(path: Path) -> str | None:
    """Before, in the graph's own list of objects, of which the model is the first."""
    for meta_graph in _first(_content(path), 2):
        for objects in _first(meta_graph, 7):
            for node in _first(objects, 1):
                for user_object in _first(node, 4):
                    for metadata in _first(user_object, 3):
                        return bytes(metadata).decode("utf-8", "replace")
    return None


def _first(message: memoryview, number: int) -> Iterator[memoryview]:
    for found in wire.parts(message, number):
        yield found
        return


def _content(path: Path) -> memoryview:
    if not path.is_file() or not path.stat().st_size:
        return memoryview(b"")
    if path.name == METADATA and path.stat().st_size > _METADATA_LIMIT:
        raise ModelError(f"{path.name} is larger than a model's description can be.")
    data: np.ndarray = mapped(path)
    return memoryview(data)  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """Tuples and shapes, which are objects there, as lists."""
    if isinstance(value, dict):
        if value.get("class_name") in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
            return plain(value["items"])
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
