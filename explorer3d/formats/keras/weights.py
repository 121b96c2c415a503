"""Which tensors of the file belong to which layer, in Keras' two layouts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import onnx_ir as ir

from explorer3d.formats.hdf5 import Groups, Hdf5
from explorer3d.formats.keras.assets import Assets, no_assets
from explorer3d.formats.keras.config import LayerConfig, Network
from explorer3d.formats.keras.keras_1_weights import adapted, with_layer
from explorer3d.formats.keras.stored import Entry, StoredWeights

# The first releases of Keras 3's format (Keras 2.12) called it otherwise.
CONTAINERS = ("layers", "_layer_checkpoint_dependencies")


class WeightStore(Protocol):
    """The weights of a network, and of the networks inside it."""

    def of(self, layer: str) -> StoredWeights:
        """What the file holds for a layer."""

    def inside(self, layer: str, network: Network) -> WeightStore:
        """The weights of a network that is used as a layer."""


class LegacyWeights:
    """``model_weights/<layer>`` of an ``.h5``: each layer's group lists its tensors by name.

    See `save_weights_to_hdf5_group` in Keras' ``legacy_h5_format.py``.

    Parameters
    ----------
    file : Hdf5
    layers : iterable of LayerConfig
        Of the network, where it is known.
    root : str
        Files of weights only have the layers' groups at their root.
    groups : mapping of str to str, optional
        Names of groups by layer, where they are not the layers' own.
    """

    def __init__(
        self,
        file: Hdf5,
        layers: Iterable[LayerConfig] = (),
        root: str = "model_weights",
        groups: Mapping[str, str] | None = None,
    ) -> None:
        self._file = file
        self._layers = {layer.name: layer for layer in layers}
        self._root = root
        self._groups = groups or {}
        self._backend = file.text("backend") or file.text("backend", root) or ""

    def of(self, layer: str) -> StoredWeights:
        entries = adapted(self._entries(layer), self._layers.get(layer), self._backend)
        return StoredWeights(entries, numbered=False)

    def inside(self, layer: str, network: Network) -> WeightStore:
        return NestedLegacyWeights(self._entries(layer), network, self._backend)

    def _entries(self, layer: str) -> list[Entry]:
        group = f"{self._root}/{self._groups.get(layer, layer)}"
        found = []
        for path in self._file.texts("weight_names", group) or ():
            tensor = self._file.tensor(f"{group}/{path}")
            if tensor is not None:
                found.append(Entry(with_layer(tuple(re.sub(r":\d+$", "", path).split("/"))), tensor))
        return found


class NestedLegacyWeights:
    """The tensors of a network in a network: they lie in one group, named after their own layers.

    Keras lists what is trained before what is not, so only the names tell which layer has which.
    """

    def __init__(self, entries: Sequence[Entry], network: Network, backend: str) -> None:
        self._layers = {layer.name: layer for layer in network.layers}
        self._backend = backend
        self._by_layer: dict[str, list[Entry]] = {}
        # Keras 2 leaves out the names of the networks a layer lies in.
        within = {
            name: layer.name for layer in network.layers if layer.network for name in _names(layer.network)
        }
        for entry in entries:
            steps = [at for at, step in enumerate(entry.path[:-1]) if step in self._layers]
            if steps:
                # A layer may be called like the network, whose own name may lead the path.
                at = steps[1] if len(steps) > 1 and entry.path[steps[0]] == network.name else steps[0]
                own = Entry(entry.path[at + 1 :], entry.tensor)
                self._by_layer.setdefault(entry.path[at], []).append(own)
            elif owner := next((within[step] for step in entry.path[:-1] if step in within), None):
                self._by_layer.setdefault(owner, []).append(entry)

    def of(self, layer: str) -> StoredWeights:
        entries = adapted(self._by_layer.get(layer, ()), self._layers.get(layer), self._backend)
        return StoredWeights(entries, numbered=False)

    def inside(self, layer: str, network: Network) -> WeightStore:
        return NestedLegacyWeights(self._by_layer.get(layer, ()), network, self._backend)


def _names(network: Network) -> Iterator[str]:
    """Of all layers in a network and in the networks in it."""
    for layer in network.layers:
        yield layer.name
        if layer.network:
            yield from _names(layer.network)


class NumberedWeights:
    """``model.weights.h5`` of a ``.keras``: groups are named after classes, tensors after their position.

    See `_save_container_state` in Keras' ``saving_lib.py``.

    Parameters
    ----------
    file : Groups
    layers : sequence of LayerConfig
    group : str
        Of the network, if it lies in another one; ends in ``/``.
    assets : Assets
        What lies beside the weights, under the names of the same groups.
    """

    def __init__(
        self, file: Groups, layers: Sequence[LayerConfig], group: str = "", assets: Assets = no_assets
    ) -> None:
        self._file = file
        self._assets = assets
        roots = [root for root in (group + name for name in CONTAINERS) if file.is_group(root)]
        root = roots[0] if roots else group + CONTAINERS[0]
        self._groups = {name: f"{root}/{own}" for name, own in numbered_groups(layers).items()}

    def of(self, layer: str) -> StoredWeights:
        if layer not in self._groups:
            return StoredWeights((), numbered=True)
        group = self._groups[layer]
        entries = [Entry(tuple(path.split("/")), tensor) for path, tensor in own_tensors(self._file, group)]
        return StoredWeights(entries, numbered=True, assets=lambda name: self._assets(f"{group}/{name}"))

    def inside(self, layer: str, network: Network) -> WeightStore:
        return NumberedWeights(self._file, network.layers, f"{self._groups.get(layer, '')}/", self._assets)


def numbered_groups(layers: Sequence[LayerConfig]) -> dict[str, str]:
    """How Keras 3 names the group of each layer in a list: its class, and a number from the second on."""
    groups: dict[str, str] = {}
    counts: dict[str, int] = {}
    for layer in layers:
        if layer.is_operation:
            continue
        name = snake_case(_CLASS_NAMES.get(layer.class_name, layer.class_name))
        count = counts.get(name, 0)
        counts[name] = count + 1
        groups[layer.name] = f"{name}_{count}" if count else name
    return groups


# Keras names groups after its classes as they are called in its source, configurations after what it exports.
_CLASS_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}


def own_tensors(file: Groups, path: str) -> list[tuple[str, ir.TensorProtocol]]:
    """Tensors of a layer's group in Keras 3's layout: its own, then those of the parts it wraps."""
    return _walk(file, path, "", set())


def _walk(file: Groups, path: str, prefix: str, seen: set[int]) -> list[tuple[str, ir.TensorProtocol]]:
    # A group may hold itself.
    if not file.is_group(path) or file.address(path) in seen:
        return []
    seen.add(file.address(path))
    found = []
    # As numbers: "10" comes after "9".
    for name in sorted(file.children(f"{path}/vars"), key=lambda name: (len(name), name)):
        tensor = file.tensor(f"{path}/vars/{name}")
        if tensor is not None:
            found.append((prefix + name, tensor))
    for name in file.children(path):
        if name != "vars":
            found += _walk(file, f"{path}/{name}", f"{prefix}{name}/", seen)
    return found


def snake_case(name: str) -> str:
    """Keras' own rule (``keras.src.utils.naming``), on which the group names depend."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
