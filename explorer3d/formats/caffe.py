"""Weights that Caffe saves as HDF5 (``.caffemodel.h5``): ``data/<layer>/<position>``.

References
----------
https://github.com/BVLC/caffe/blob/master/src/caffe/net.cpp, `Net::ToHDF5`
"""

from __future__ import annotations

from pathlib import Path

import onnx_ir as ir

from explorer3d.errors import ModelError
from explorer3d.formats.hdf5 import Hdf5, mapped
from explorer3d.formats.weights_only import WeightGroup, natural_order, weights_model
from explorer3d.graph.model import Model, Weight
from explorer3d.progress import Progress

_REMEDY = "Convert the network (its .prototxt with this file) to ONNX and open that."

# https://caffe.berkeleyvision.org/tutorial/net_layer_blob.html: convolution and inner product.
_AXES = {2: "OI", 3: "OIW", 4: "OIHW", 5: "OIDHW"}


def holds_blobs(path: Path) -> bool:
    """Tell Caffe's layout from other HDF5 files; damaged ones are somebody else's to refuse."""
    try:
        with Hdf5(mapped(path), path.name) as file:
            if file.text("model_config") is not None:
                return False
            layers = [f"data/{name}" for name in file.children("data")]
            return any("0" in file.children(layer) for layer in layers)
    except ModelError:
        return False


def read(path: Path, progress: Progress) -> Model:
    """Open the weights, layer by layer.

    Raises
    ------
    ModelError
        The file is damaged.
    """
    progress(0.0, "Reading the weights")
    with Hdf5(mapped(path), path.name) as file:
        groups = [
            WeightGroup(name, _weights(file, f"data/{name}")) for name in natural_order(file.children("data"))
        ]
    return weights_model(path, "caffe-h5", "Caffe", groups, _REMEDY)


def _weights(file: Hdf5, group: str) -> tuple[Weight, ...]:
    blobs = [
        (name, tensor)
        for name in natural_order(file.children(group))
        if (tensor := file.tensor(f"{group}/{name}")) is not None
    ]
    return tuple(
        Weight(name, tensor, *_meaning(position, tensor, blobs[0][1]))
        for position, (name, tensor) in enumerate(blobs)
    )


def _meaning(position: int, tensor: ir.TensorProtocol, first: ir.TensorProtocol) -> tuple[str, str]:
    """Axes and word: a kernel comes first, then one bias for each of its outputs."""
    rank = len(first.shape)
    if position == 0 and rank in _AXES:
        return _AXES[rank], "kernel"
    if (
        position == 1
        and rank in _AXES
        and tensor.shape.numpy() in ((first.shape[0],), (1, 1, 1, first.shape[0]))
    ):
        return "", "bias"
    return "", ""
