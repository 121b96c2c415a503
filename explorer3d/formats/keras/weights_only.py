"""Files that Keras saved with ``save_weights``: tensors by layer, without the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from explorer3d.errors import ModelError
from explorer3d.formats.hdf5 import Groups, Hdf5
from explorer3d.formats.keras.checkpoint import variable_names
from explorer3d.formats.keras.layers import KERAS_LAYERS
from explorer3d.formats.keras.stored import axes_of
from explorer3d.formats.keras.tensor_bundle import TensorBundle
from explorer3d.formats.keras.weights import CONTAINERS, LegacyWeights, own_tensors, snake_case
from explorer3d.formats.weights_only import WeightGroup, natural_order, weights_model
from explorer3d.graph.model import Model, Weight

_REMEDY = (
    "Open them together with the model's configuration (the .json that model.to_json gives), "
    "or save the whole model (model.save)."
)

# State of training, which Keras saves beside the layers.
_NO_LAYERS = frozenset({"vars", "optimizer", "optimizer_weights", "metrics", "seed_generator"})

_STATE = re.compile(r"^(_CHECKPOINTABLE|save_counter|optimizer/|keras_api/)|\.OPTIMIZER_SLOT/")

_AXES = {2: "IO", 3: "WIO", 4: "HWIO", 5: "DHWIO"}


def read(file: Hdf5, path: Path) -> Model | None:
    """The weights of a file without configuration; None if it is none of Keras'.

    Raises
    ------
    ModelError
        The file is damaged.
    """
    for root in ("", "model_weights"):
        names = file.texts("layer_names", root)
        if names is not None:
            store = LegacyWeights(file, root=root)
            groups = [WeightGroup(name, store.of(name).all()) for name in names]
            break
    else:
        groups = list(_numbered(file, "/", "", set()))
    if not groups:
        return None
    version = file.text("keras_version") or ""
    return weights_model(path, "keras-h5", f"Keras {version}".strip(), groups, _REMEDY)


def numbered(files: Groups, path: Path, format: str) -> Model:
    """The weights in Keras 3's layout, whatever number of files they lie in.

    Raises
    ------
    ModelError
        There are none, or a file is damaged.
    """
    groups = list(_numbered(files, "/", "", set()))
    if not groups:
        raise ModelError(f"{path.name} leads to no weights of Keras.")
    return weights_model(path, format, "Keras 3", groups, _REMEDY)


def variables(bundle: TensorBundle, path: Path) -> Model:
    """The weights of a checkpoint by layer, as far as it tells.

    Raises
    ------
    ModelError
        It holds none, or is damaged.
    """
    names = variable_names(bundle)
    layers: dict[str, list[Weight]] = {}
    for key in bundle:
        name = names.get(key, key)
        tensor = None if _STATE.search(key) else bundle.tensor(key)
        if tensor is not None:
            layer, _, own = name.rpartition("/")
            layers.setdefault(layer or name, []).append(Weight(own, tensor, axes_of(own, len(tensor.shape))))
    if not layers:
        raise ModelError(f"{path.name} leads to no weights of layers.")
    groups = [WeightGroup(name, tuple(layers[name])) for name in natural_order(layers)]
    return weights_model(path, "tf-checkpoint", "TensorFlow", groups, _REMEDY)


def _numbered(file: Groups, path: str, block: str, seen: set[int]) -> Iterator[WeightGroup]:
    """Layers of Keras 3's layout: groups with a group ``vars``, inside the group of their model."""
    if file.address(path) in seen:
        return
    seen.add(file.address(path))
    for name in natural_order(file.children(path)):
        inner = f"{path}/{name}"
        if name in _NO_LAYERS or not file.is_group(inner):
            continue
        if name in CONTAINERS:
            yield from _numbered(file, inner, block, seen)
        elif _is_network(file, inner):
            yield from _numbered(file, inner, f"{block}/{name}".lstrip("/"), seen)
        elif file.is_group(f"{inner}/vars"):
            yield WeightGroup(
                file.text("name", f"{inner}/vars") or name,
                _positions(file, inner),
                block,
                _CLASSES.get(name.rstrip("0123456789").rstrip("_"), _CLASSES.get(name, "")),
            )


def _is_network(file: Groups, path: str) -> bool:
    """A network in the network keeps its layers in a container; a layer's parts hang on it directly."""
    return any(file.is_group(f"{path}/{name}") for name in CONTAINERS)


def _positions(file: Groups, path: str) -> tuple[Weight, ...]:
    """Of a layer's tensors only the positions are known; the first of a matrix or kernel is that."""
    return tuple(
        Weight(name, tensor, _AXES.get(len(tensor.shape), "") if name.endswith("0") else "")
        for name, tensor in own_tensors(file, path)
    )


_CLASSES = {snake_case(name): name for name in KERAS_LAYERS}
