"""Keras files written by hand with h5py and zipfile, in the layouts of several versions of Keras."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx_ir as ir
import onnxruntime

from explorer3d.graph.model import Model

Weights = Mapping[str, Mapping[str, np.ndarray]]


def layer(class_name: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "name": name, "config": {"name": name, "trainable": True, **config}}


def sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    # A Sequential model's layers have their name in the configuration only.
    entries = [{"class_name": entry["class_name"], "config": entry["config"]} for entry in layers]
    return {"class_name": "Sequential", "config": {"name": "hand_made", "layers": entries}}


def write_h5(path: Path, config: Any, weights: Weights, version: str = "2.2.4", **storage: Any) -> Path:
    """As Keras 2 saves a model: tensors lie under ``model_weights/<layer>/<layer>/<weight>:0``."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = config if isinstance(config, str) else json.dumps(config)
        file.attrs["keras_version"] = version
        file.attrs["backend"] = "tensorflow"
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for name, tensors in weights.items():
            own = group.create_group(name)
            own.attrs["weight_names"] = [f"{name}/{key}:0".encode() for key in tensors]
            for key, array in tensors.items():
                own.create_dataset(f"{name}/{key}:0", data=array, **storage)
    return path


def write_keras(
    path: Path,
    config: Any,
    weights: Mapping[str, list[np.ndarray]],
    compression: int = zipfile.ZIP_STORED,
    root: str = "layers",
) -> Path:
    """As Keras 3 saves a model: tensors lie under ``layers/<class>/vars/<position>``."""
    inner = path.with_suffix(".weights.h5")
    with h5py.File(inner, "w") as file:
        for group, tensors in weights.items():
            for at, array in enumerate(tensors):
                file[f"{root}/{group}/vars/{at}"] = array
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.0", "date_saved": "today"}))
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.write(inner, "model.weights.h5")
    return path


def result(model: Model, **feeds: np.ndarray) -> np.ndarray:
    """The model's first output for these inputs."""
    session = onnxruntime.InferenceSession(
        ir.to_proto(model.ir).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    first: np.ndarray = session.run(None, feeds)[0]
    return first
