"""Opens each kind of file that Keras writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from explorer3d.errors import ModelError
from explorer3d.formats.hdf5 import Hdf5, mapped
from explorer3d.formats.keras import config as configuration
from explorer3d.formats.keras import saved_model, weights_only
from explorer3d.formats.keras.archive import Archive
from explorer3d.formats.keras.assemble import assembled
from explorer3d.formats.keras.assets import archived
from explorer3d.formats.keras.checkpoint import CheckpointWeights
from explorer3d.formats.keras.keras_1 import modern
from explorer3d.formats.keras.pair import configuration_beside, read_pair, weights_beside
from explorer3d.formats.keras.shards import shard_names
from explorer3d.formats.keras.stores import NoWeights, joined, shards
from explorer3d.formats.keras.tensor_bundle import TensorBundle
from explorer3d.formats.keras.weights import LegacyWeights, NumberedWeights
from explorer3d.graph.model import Model
from explorer3d.graph.stand_in import StandIns
from explorer3d.progress import Progress

_WEIGHTS, _SHARDS, _PICKLED = "model.weights.h5", "model.weights.json", "model.weights.npz"


def read_h5(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    progress(0.0, "Reading the configuration")
    with Hdf5(mapped(path), path.name) as file:
        text = file.text("model_config")
        if text is None:
            return _with_configuration(
                path, "keras-h5", progress, stand_ins, lambda: _weights_alone(file, path)
            )
        network = configuration.parse(text)
        metadata = {
            key: value
            for key in ("keras_version", "backend")
            if (value := file.text(key) or file.text(key, "model_weights")) is not None
        }
        store = LegacyWeights(file, network.layers)
        return assembled(path, "keras-h5", network, metadata, store, progress, stand_ins)


def _weights_alone(file: Hdf5, path: Path) -> Model:
    model = weights_only.read(file, path)
    if model is None:
        raise ModelError(f"{path.name} is an HDF5 file without a Keras model in it.")
    return model


def read_zip(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    progress(0.0, "Reading the configuration")
    with Archive(path) as archive:
        network = configuration.parse(archive.text("config.json"))
        metadata = _metadata(archive)
        if _SHARDS in archive:
            names = shard_names(archive.text(_SHARDS), _SHARDS)
            with joined(names, lambda name: archive.data(name, progress)) as files:
                store = NumberedWeights(files, network.layers, assets=archived(archive))
                return assembled(path, "keras-zip", network, metadata, store, progress, stand_ins)
        if _WEIGHTS not in archive and _PICKLED in archive:
            model = assembled(path, "keras-zip", network, metadata, NoWeights(), progress, stand_ins)
            refusal = (
                f"The weights of {path.name} are pickled ({_PICKLED}): reading them could run a program that "
                'is hidden in the file, so only the structure is shown. Save it with weights_format="h5".'
            )
            return replace(model, notes=(refusal,))
        with Hdf5(archive.data(_WEIGHTS, progress), path.name) as file:
            store = NumberedWeights(file, network.layers, assets=archived(archive))
            return assembled(path, "keras-zip", network, metadata, store, progress, stand_ins)


def read_configuration(path: Path, weights: Path | None, progress: Progress, stand_ins: StandIns) -> Model:
    """Open a configuration with these weights, or with those that lie beside it."""

    def opened(weights: Path | None) -> Model:
        return read_pair(path, weights, progress, stand_ins, path=path, format="keras-json")

    beside = None if weights else weights_beside(path)
    if beside is None:
        return opened(weights)
    try:
        model = opened(beside)
    except ModelError as error:
        return _noted(opened(None), _of_no_use(beside, error))
    return _noted(model, f"The weights are those of {beside.name} beside it.")


def read_shards(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    """Open the list of a sharded file of weights."""

    def alone() -> Model:
        with shards(path) as files:
            return weights_only.numbered(files, path, "keras-shards")

    return _with_configuration(path, "keras-shards", progress, stand_ins, alone)


def read_checkpoint(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    """Open the index of a checkpoint."""
    return _with_configuration(
        path,
        "tf-checkpoint",
        progress,
        stand_ins,
        lambda: weights_only.variables(TensorBundle(path), path),
    )


def read_saved_model(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    """Open a SavedModel folder by one of the files in it."""
    progress(0.0, "Reading the configuration")
    folder = path.parent
    entry = modern(saved_model.configuration(folder))
    network = configuration.network_of(entry)
    version = entry.get("keras_version")
    metadata = {"keras_version": version} if isinstance(version, str) else {}
    index = folder / saved_model.VARIABLES
    if not index.is_file():
        raise ModelError(f"{folder.name} lacks {saved_model.VARIABLES}: copy the whole folder again.")
    store = CheckpointWeights(TensorBundle(index), entry)
    return assembled(folder, "tf-saved-model", network, metadata, store, progress, stand_ins)


def _with_configuration(
    path: Path, format: str, progress: Progress, stand_ins: StandIns, alone: Callable[[], Model]
) -> Model:
    """Weights with the configuration that lies beside them, else alone."""
    beside = configuration_beside(path)
    if beside is None:
        return alone()
    try:
        model = read_pair(beside, path, progress, stand_ins, path=path, format=format)
    except ModelError as error:
        return _noted(alone(), _of_no_use(beside, error))
    return _noted(model, f"The structure is that of {beside.name} beside it.")


def _of_no_use(beside: Path, error: ModelError) -> str:
    return f"{beside.name} lies beside it, but is of no use. {error}"


def _noted(model: Model, note: str) -> Model:
    return replace(model, notes=(note, *model.notes))


def _metadata(archive: Archive) -> dict[str, str]:
    if "metadata.json" not in archive:
        return {}
    try:
        entries = json.loads(archive.text("metadata.json"))
    except (ValueError, RecursionError):
        return {}
    return (
        {key: value for key, value in entries.items() if isinstance(value, str)}
        if isinstance(entries, dict)
        else {}
    )
