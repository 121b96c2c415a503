"""Files that hold the weights of a network without the network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx_ir as ir

from explorer3d.graph.build import build_model
from explorer3d.graph.model import LayerSpec, Model, Weight


@dataclass(frozen=True, eq=False)
class WeightGroup:
    """What a file holds of one layer.

    Attributes
    ----------
    name : str
    weights : tuple of Weight
        Empty for layers that have none.
    block : str
    op : str
        Layer class if the file tells it.
    """

    name: str
    weights: tuple[Weight, ...]
    block: str = ""
    op: str = ""


def weights_model(
    path: Path,
    format: str,
    producer: str,
    groups: Sequence[WeightGroup],
    remedy: str,
    metadata: Mapping[str, str] | None = None,
) -> Model:
    """Make a model of layers that stand side by side, unconnected, and cannot run.

    Parameters
    ----------
    path, format, producer, metadata
        As in `Model`.
    groups : sequence of WeightGroup
    remedy : str
        A sentence: where to find the network.
    """
    lack = "holds weights only, not the network they belong to"
    specs = [
        LayerSpec(
            name=group.name,
            op=group.op or "Weights",
            inputs=(),
            outputs=(),
            weights=group.weights,
            block=group.block,
            reason=f"The layer '{group.name}' cannot run: {path.name} {lack}.",
        )
        for group in groups
    ]
    empty = ir.Model(ir.Graph([], [], nodes=[], opset_imports={"": 17}), ir_version=10)
    note = f"{path.name} {lack}: the weights can be looked at, but nothing can run. {remedy}"
    return build_model(path, format, producer, empty, specs, notes=[note], metadata=metadata)


def natural_order(names: Iterable[str]) -> list[str]:
    """Sort names as a person would: ``conv2`` before ``conv10``."""

    def key(name: str) -> list[str]:
        return [part.zfill(20) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]

    return sorted(names, key=key)
