"""Small models; they cannot run, only their ports and first layers matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest

from explorer3d.graph.model import Layer, Model, Port, Shape, Weight


def _port(
    name: str, shape: Shape | None, dtype: str = "float32", axes: str = "", source: str | None = None
) -> Port:
    return Port(name, source, shape, dtype, axes)


def _layer(
    name: str,
    op: str,
    inputs: Sequence[str],
    *,
    weights: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Layer:
    """A layer that makes the value `<name>_out`; its inputs are values."""
    tensors = tuple(
        Weight(key, ir.tensor(np.asarray(value, np.float32))) for key, value in (weights or {}).items()
    )
    return Layer(
        name=name,
        op=op,
        inputs=tuple(_port(value, None, source=value.removesuffix("_out")) for value in inputs),
        outputs=(_port(f"{name}_out", None, source=name),),
        weights=tensors,
        attributes=attributes or {},
        parameters=0,
        macs=None,
    )


def _model(
    *inputs: Port,
    layers: Sequence[Layer] = (),
    outputs: Sequence[Port] = (),
    path: Path = Path("net.onnx"),
    metadata: Mapping[str, str] | None = None,
) -> Model:
    graph = ir.Graph([], [], nodes=[])
    return Model(
        path=path,
        format="onnx",
        producer="",
        ir=ir.Model(graph, ir_version=10),
        inputs=inputs,
        outputs=tuple(outputs),
        layers=tuple(layers),
        metadata=metadata or {},
    )


@pytest.fixture(scope="session")
def net() -> SimpleNamespace:
    """Builders: `port`, `layer`, `model`."""
    return SimpleNamespace(port=_port, layer=_layer, model=_model)
