"""Which tensors of the file belong to which layer, in Keras' two layouts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import onnx_ir as ir

from explorer3d.formats.hdf5 import Hdf5
from explorer3d.formats.keras.config import LayerConfig
from explorer3d.graph.model import Weight


class WeightStore(Protocol):
    def named(self, layer: str) -> list[tuple[str, ir.TensorProtocol]]:
        """A layer's tensors in the file's order, under the names the file gives them."""

    def numbered(self) -> bool:
        """Whether the names are only positions in Keras' own order."""


class LegacyWeights:
    """``model_weights/<layer>`` of an ``.h5``: each layer's group lists its tensors by name.

    Files of weights only have the layers' groups at the root.

    See `save_weights_to_hdf5_group` in Keras' ``legacy_h5_format.py``.
    """

    def __init__(self, file: Hdf5, root: str = "model_weights") -> None:
        self._file = file
        self._root = root

    def numbered(self) -> bool:
        return False

    def named(self, layer: str) -> list[tuple[str, ir.TensorProtocol]]:
        group = f"{self._root}/{layer}"
        found = []
        for path in self._file.texts("weight_names", group) or ():
            tensor = self._file.tensor(f"{group}/{path}")
            if tensor is not None:
                found.append((path, tensor))
        return [
            (name, tensor)
            for name, (_, tensor) in zip(_short([path for path, _ in found]), found, strict=True)
        ]


class NumberedWeights:
    """``model.weights.h5`` of a ``.keras``: groups are named after classes, tensors after their position.

    See `_save_container_state` in Keras' ``saving_lib.py``.
    """

    def __init__(self, file: Hdf5, layers: Sequence[LayerConfig]) -> None:
        self._file = file
        # The first releases of the format (Keras 2.12) called the container otherwise.
        roots = [root for root in ("layers", "_layer_checkpoint_dependencies") if file.is_group(root)]
        root = roots[0] if roots else "layers"
        self._groups: dict[str, str] = {}
        counts: dict[str, int] = {}
        for layer in layers:
            if layer.is_operation:
                continue
            name = snake_case(layer.class_name)
            count = counts.get(name, 0)
            counts[name] = count + 1
            self._groups[layer.name] = f"{root}/{name}_{count}" if count else f"{root}/{name}"

    def numbered(self) -> bool:
        return True

    def named(self, layer: str) -> list[tuple[str, ir.TensorProtocol]]:
        return own_tensors(self._file, self._groups[layer]) if layer in self._groups else []


def own_tensors(file: Hdf5, path: str) -> list[tuple[str, ir.TensorProtocol]]:
    """Tensors of a layer's group in Keras 3's layout: its own, then those of the parts it wraps."""
    return _walk(file, path, "", set())


def _walk(file: Hdf5, path: str, prefix: str, seen: set[int]) -> list[tuple[str, ir.TensorProtocol]]:
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


def weights(named: Sequence[tuple[str, ir.TensorProtocol]]) -> tuple[Weight, ...]:
    return tuple(Weight(name, tensor, axes_of(name, len(tensor.shape))) for name, tensor in named)


def axes_of(name: str, rank: int) -> str:
    """One letter per axis of a kernel as Keras stores it; empty for other weights."""
    if not name.rsplit("/", 1)[-1].endswith("kernel"):
        return ""
    return {2: "IO", 3: "WIO", 4: "HWIO", 5: "DHWIO"}.get(rank, "")


def _short(paths: Sequence[str]) -> list[str]:
    """``conv2d_1/kernel:0`` → ``kernel``; as much of the path as tells the tensors apart."""
    parts = [re.sub(r":\d+$", "", path).split("/") for path in paths]
    for length in range(1, max((len(part) for part in parts), default=0) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return list(paths)


def snake_case(name: str) -> str:
    """Keras' own rule (``keras.src.utils.naming``), on which the group names depend."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
