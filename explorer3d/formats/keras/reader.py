"""From a file's configuration and weights to a `Model`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import onnx_ir as ir

from explorer3d.errors import ModelError
from explorer3d.formats.hdf5 import Hdf5, mapped
from explorer3d.formats.keras import config as configuration
from explorer3d.formats.keras import weights_only
from explorer3d.formats.keras.archive import Archive
from explorer3d.formats.keras.config import Network
from explorer3d.formats.keras.emit import OPSET
from explorer3d.formats.keras.network import emit_network
from explorer3d.formats.keras.weights import LegacyWeights, NumberedWeights, WeightStore
from explorer3d.graph.build import build_model
from explorer3d.graph.model import Model, StandIns
from explorer3d.progress import Progress

# The newest that every onnxruntime of the last years reads.
_IR_VERSION = 10


def read_h5(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    progress(0.0, "Reading the configuration")
    with Hdf5(mapped(path), path.name) as file:
        text = file.text("model_config")
        if text is None:
            model = weights_only.read(file, path)
            if model is None:
                raise ModelError(f"{path.name} is an HDF5 file without a Keras model in it.")
            return model
        network = configuration.parse(text)
        metadata = {
            key: value
            for key in ("keras_version", "backend")
            if (value := file.text(key) or file.text(key, "model_weights")) is not None
        }
        return _model(path, "keras-h5", network, metadata, LegacyWeights(file), progress, stand_ins)


def read_zip(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    progress(0.0, "Reading the configuration")
    with Archive(path) as archive:
        network = configuration.parse(archive.text("config.json"))
        metadata = _metadata(archive)
        if "model.weights.json" in archive:
            raise ModelError(
                f"The weights of {path.name} are split over several files, which is not supported. "
                "Save the model without sharding."
            )
        data = archive.data("model.weights.h5", progress)
    with Hdf5(data, path.name) as file:
        return _model(
            path, "keras-zip", network, metadata, NumberedWeights(file, network.layers), progress, stand_ins
        )


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


def _model(
    path: Path,
    format: str,
    network: Network,
    metadata: dict[str, str],
    store: WeightStore,
    progress: Progress,
    stand_ins: StandIns,
) -> Model:
    version = metadata.get("keras_version", "")
    emitted = emit_network(network, store, _major(version), progress, stand_ins)
    graph = ir.Graph(
        emitted.inputs,
        emitted.outputs,
        nodes=emitted.parts.nodes,
        initializers=tuple(emitted.parts.shared.values()),
        opset_imports={"": OPSET},
        name=network.name,
    )
    return build_model(
        path,
        format,
        f"Keras {version}".strip(),
        ir.Model(graph, ir_version=_IR_VERSION),
        emitted.specs,
        notes=emitted.notes,
        metadata={"name": network.name, **metadata},
    )


def _major(version: str) -> int:
    """Keras before 2.3 and some converters leave the version out; such files follow Keras 2."""
    first: Sequence[str] = version.split(".")
    return int(first[0]) if first[0].isdigit() else 2
