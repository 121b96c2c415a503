"""A configuration in one file and its weights in another."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from explorer3d.errors import ModelError
from explorer3d.formats import signature
from explorer3d.formats.keras import architecture
from explorer3d.formats.keras.assemble import assembled
from explorer3d.formats.keras.assets import unpacked
from explorer3d.formats.keras.config import network_of
from explorer3d.formats.keras.stores import NoWeights, open_weights
from explorer3d.graph.model import Model
from explorer3d.graph.stand_in import StandIns
from explorer3d.progress import Progress

_TEXT_LIMIT = 32 << 20

_ENDING = re.compile(r"(\.weights)?\.(json|ya?ml|h5|hdf5|index)$")
_ROLE = re.compile(r"[-_.](weights|config|architecture|arch|model|topology)$")
# What people and Keras call a file when there is only one model in the folder.
_USUAL = frozenset({"model", "weights", "config", "architecture", "metadata"})


def read_pair(
    configuration: Path,
    weights: Path | None,
    progress: Progress,
    stand_ins: StandIns,
    *,
    path: Path,
    format: str,
) -> Model:
    """Open a configuration with the weights in another file.

    Parameters
    ----------
    configuration : Path
    weights : Path or None
        Without them the structure is shown.
    path, format
        As in `Model`.

    Raises
    ------
    ModelError
        One of the files is damaged, or not what it is taken for.
    """
    progress(0.0, "Reading the configuration")
    model = _loaded(configuration)
    network = network_of(model)
    if weights is None:
        found = assembled(path, format, network, _metadata(model), NoWeights(), progress, stand_ins)
        lacking = (
            f"{configuration.name} holds the structure only, so layers with weights cannot run. "
            "Drop the file of weights (.weights.h5, .h5) on the window together with it."
        )
        return replace(found, notes=(lacking,))
    with open_weights(weights, model, network, unpacked(configuration.parent)) as store:
        return assembled(path, format, network, _metadata(model), store, progress, stand_ins)


def _loaded(path: Path) -> Mapping[str, Any]:
    if path.stat().st_size > _TEXT_LIMIT:
        raise ModelError(f"{path.name} is larger than a model's description can be.")
    return architecture.loaded(path.read_bytes())


def _metadata(model: Mapping[str, Any]) -> dict[str, str]:
    known = {key: value for key in ("keras_version", "backend") if isinstance(value := model.get(key), str)}
    # Keras 3 writes no version here, but where each class comes from.
    return {"keras_version": "3", **known} if "module" in model else known


def configuration_beside(path: Path) -> Path | None:
    """The configuration that belongs to a file of weights, by its name; None if there is none."""
    return _beside(path, {".json"}, signature.is_architecture)


def weights_beside(path: Path) -> Path | None:
    """The weights that belong to a configuration, by their name; None if there are none."""
    return _beside(path, {".h5", ".hdf5", ".json", ".index"}, _holds_weights)


def _holds_weights(path: Path, head: bytes) -> bool:
    return (
        signature.is_hdf5(path, head)
        or signature.is_shard_list(path, head)
        or signature.is_checkpoint(path, head)
    )


def _beside(path: Path, endings: set[str], is_wanted: Callable[[Path, bytes], bool]) -> Path | None:
    # A file that says it holds weights goes before others.
    for other in sorted(path.parent.iterdir(), key=lambda other: ("weights" not in other.name, other.name)):
        if (
            other.suffix in endings
            and other != path
            and _subject(other) == _subject(path)
            and other.is_file()
            and is_wanted(other, signature.ends(other)[0])
        ):
            return other
    return None


def _subject(path: Path) -> str:
    """What is left of a name without what says which of the two files it is."""
    name = _ENDING.sub("", path.name.lower())
    name = _ROLE.sub("", name)
    return "model" if name in _USUAL else name
