"""Opens whatever file holds a network's weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from explorer3d.errors import ModelError
from explorer3d.formats import signature
from explorer3d.formats.hdf5 import Groups, Hdf5, mapped
from explorer3d.formats.keras.assets import Assets
from explorer3d.formats.keras.by_order import matched
from explorer3d.formats.keras.checkpoint import CheckpointWeights
from explorer3d.formats.keras.config import Network
from explorer3d.formats.keras.shards import Shards, shard_names
from explorer3d.formats.keras.stored import StoredWeights
from explorer3d.formats.keras.tensor_bundle import TensorBundle
from explorer3d.formats.keras.weights import CONTAINERS, LegacyWeights, NumberedWeights, WeightStore

_LIST_LIMIT = 32 << 20


class NoWeights:
    """In place of a file."""

    def of(self, layer: str) -> StoredWeights:
        return StoredWeights((), numbered=False)

    def inside(self, layer: str, network: Network) -> NoWeights:
        return self


@contextmanager
def open_weights(
    path: Path, model: Mapping[str, Any], network: Network, assets: Assets
) -> Iterator[WeightStore]:
    """Open a file that holds weights without their network, or with it.

    Parameters
    ----------
    path : Path
        ``.h5`` in either layout, the list of a sharded one, or the index of a checkpoint.
    model : mapping
        The network's entry in the configuration.
    network : Network
    assets : Assets

    Raises
    ------
    ModelError
        It is damaged, or holds no weights.
    """
    head, _ = signature.ends(path)
    if signature.is_checkpoint(path, head):
        yield CheckpointWeights(TensorBundle(path), model)
    elif signature.is_shard_list(path, head):
        with shards(path) as files:
            yield NumberedWeights(files, network.layers, assets=assets)
    elif signature.is_hdf5(path, head):
        with Hdf5(mapped(path), path.name) as file:
            yield _in_hdf5(file, path, network, assets)
    elif signature.is_zip(path, head):
        raise ModelError(f"{path.name} holds a whole model, not only weights. Open it alone.")
    else:
        raise ModelError(f"{path.name} holds no weights that Keras saved.")


def _in_hdf5(file: Hdf5, path: Path, network: Network, assets: Assets) -> WeightStore:
    for root in ("", "model_weights"):
        groups = file.texts("layer_names", root)
        if groups is not None:
            names = matched([layer.name for layer in network.layers], groups)
            return LegacyWeights(file, network.layers, root, names)
    if any(file.is_group(name) for name in CONTAINERS):
        return NumberedWeights(file, network.layers, assets=assets)
    raise ModelError(f"{path.name} is an HDF5 file without Keras' weights in it.")


@contextmanager
def shards(path: Path) -> Iterator[Groups]:
    """Open all files that a list beside them names.

    Raises
    ------
    ModelError
        The list is damaged, or a file missing.
    """
    if path.stat().st_size > _LIST_LIMIT:
        raise ModelError(f"{path.name} is larger than a list of files can be.")

    def content(name: str) -> np.ndarray:
        if not (path.parent / name).is_file():
            raise ModelError(f"{name}, which holds a part of the weights, is missing beside {path.name}.")
        return mapped(path.parent / name)

    with joined(shard_names(path.read_bytes(), path.name), content) as files:
        yield files


@contextmanager
def joined(names: Sequence[str], content: Callable[[str], np.ndarray]) -> Iterator[Groups]:
    """Open several HDF5 files as one.

    Parameters
    ----------
    names : sequence of str
    content : callable
        Gives the bytes of each as (size,) uint8 array.
    """
    with ExitStack() as stack:
        yield Shards([stack.enter_context(Hdf5(content(name), name)) for name in names])
