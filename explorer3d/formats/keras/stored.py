"""The tensors that a file holds for one layer, until the layer has claimed them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import onnx_ir as ir

from explorer3d.formats.keras.assets import Assets, no_assets
from explorer3d.formats.keras.settings import Unsupported
from explorer3d.graph.model import Weight

Path = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Entry:
    """A tensor under the steps of its name in the file."""

    path: Path
    tensor: ir.TensorProtocol


class StoredWeights:
    """A layer's tensors, or those of a layer inside it.

    Parameters
    ----------
    entries : sequence of Entry
        In the file's order.
    numbered : bool
        The names are only positions in Keras' own order, below the attributes that hold inner layers.
    assets : Assets
        What the file holds for the layer beside its tensors.
    """

    def __init__(self, entries: Sequence[Entry], *, numbered: bool, assets: Assets = no_assets) -> None:
        self._assets = assets
        self._entries = [entry for entry in entries if not _is_seed(entry.path)]
        self._numbered = numbered
        # Which entry a layer has claimed under which name, shared with the layers inside it.
        self._claims: dict[int, tuple[Path, str]] = {}
        self._places: dict[tuple[Path, Path, str], int] = {}
        self._passed: set[int] = set()
        self._candidates: Sequence[int] = range(len(self._entries))
        self._attribute: Path = ()
        self._name: Path = ()

    def part(self, attribute: str, name: str) -> StoredWeights:
        """Those of a layer inside, see `Scope.part`."""
        inner = copy(self)
        inner._attribute = (*self._attribute, *attribute.split("/"))
        inner._name = (*self._name, name)
        if not self._numbered:
            own = [at for at in self._candidates if name in self._entries[at].path[:-1]]
            # Old files leave such steps out of the names; then the order tells.
            inner._candidates = own or self._candidates
        return inner

    def asset(self, name: str) -> str | None:
        """A text that the layer keeps beside its tensors; None if there is none.

        Raises
        ------
        Unsupported
            It cannot be read.
        """
        try:
            content = self._assets("/".join((*self._attribute, name)))
            return None if content is None else content.decode()
        except UnicodeDecodeError as error:
            raise Unsupported(f"its {name} is not encoded in UTF-8") from error

    def claim(self, name: str, axes: str | None = None) -> ir.TensorProtocol:
        """The layer's next tensor, or the one of that name.

        Raises
        ------
        Unsupported
            The file does not hold it.
        """
        at = self._own(name)
        if at is None:
            raise Unsupported(
                f"its weight {'/'.join((*self._name, name))} is not in the file, "
                f"which holds {len(self._entries)} weights for it"
            )
        tensor = self._entries[at].tensor
        self._claims[at] = (
            (*self._name, name),
            axes_of(name, len(tensor.shape)) if axes is None else axes,
        )
        self._places[self._attribute, self._name, name] = at
        return tensor

    def find(self, name: str) -> ir.TensorProtocol | None:
        """What `claim` would give, without taking it."""
        at = self._own(name)
        return None if at is None else self._entries[at].tensor

    def pass_over(self, name: str) -> None:
        """Leave the layer's next tensor out if positions count: a layer inside has the same one."""
        at = self._next(name) if self._numbered else None
        if at is not None:
            self._passed.add(at)

    def _own(self, name: str) -> int | None:
        """What was claimed already by a layer inside that is called again, or else the next one."""
        claimed = self._places.get((self._attribute, self._name, name)) if self._name else None
        return self._next(name) if claimed is None else claimed

    def _next(self, name: str) -> int | None:
        return next(
            (
                at
                for at in self._candidates
                if at not in self._claims
                and at not in self._passed
                and self._is_meant(self._entries[at].path, name)
            ),
            None,
        )

    def _is_meant(self, path: Path, name: str) -> bool:
        if self._numbered:
            # Private attributes became public ones in between.
            return [step.lstrip("_") for step in path[:-1]] == [step.lstrip("_") for step in self._attribute]
        return path[-1] == name or re.sub(r"_\d+$", "", path[-1]) == name

    def check_complete(self) -> None:
        """Raise `Unsupported` if a layer that claimed some left others.

        What a layer inside another leaves, one beside it may claim.
        """
        if not self._name and self._claims and not self.is_complete():
            raise Unsupported(
                f"the file holds {len(self._entries)} weights for it, but {len(self._claims)} are needed "
                f"({', '.join('/'.join(name) for name, _ in self._claims.values())})"
            )

    def is_complete(self) -> bool:
        """Whether the layer has claimed everything."""
        return len(self._claims) + len(self._passed) == len(self._entries)

    def claimed(self) -> tuple[Weight, ...]:
        """What was claimed, under the shortest names that tell it apart, in the order of the claims."""
        paths = [name for name, _ in self._claims.values()]
        return tuple(
            Weight(name, self._entries[at].tensor, axes, label)
            for name, label, (at, (_, axes)) in zip(
                _short(paths), _labels(paths), self._claims.items(), strict=True
            )
        )

    def all(self) -> tuple[Weight, ...]:
        """Everything, under the file's names."""
        names = _short([entry.path for entry in self._entries])
        return tuple(
            Weight(name, entry.tensor, axes_of(name, len(entry.tensor.shape)))
            for name, entry in zip(names, self._entries, strict=True)
        )


def _is_seed(path: Path) -> bool:
    """The state of a random generator, which Keras 3 keeps beside the weights."""
    return any(step.startswith("seed_generator") for step in path)


def axes_of(name: str, rank: int) -> str:
    """One letter per axis of a kernel as Keras stores it; empty for other weights."""
    if not name.rsplit("/", 1)[-1].endswith("kernel"):
        return ""
    return {2: "IO", 3: "WIO", 4: "HWIO", 5: "DHWIO"}.get(rank, "")


def weight_shape(tensor: ir.TensorProtocol) -> tuple[int, ...]:
    return tuple(int(size) for size in tensor.shape)  # type: ignore[arg-type]


def _labels(paths: Sequence[Path]) -> list[str]:
    """``forward_lstm/lstm_cell/bias`` → ``forward_lstm/bias``: without the steps that all paths share."""
    if len({len(path) for path in paths}) > 1:
        return _short(paths)
    telling = [len(set(steps)) > 1 for steps in zip(*paths, strict=True)]
    return ["/".join(step for step, tells in zip(path, telling, strict=True) if tells) for path in paths]


def _short(paths: Sequence[Path]) -> list[str]:
    """``conv2d_1/kernel`` → ``kernel``; as much of the path as tells the tensors apart."""
    for length in range(1, max(map(len, paths), default=0) + 1):
        names = ["/".join(path[-length:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return ["/".join(path) for path in paths]
