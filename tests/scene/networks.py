"""Networks without a file: graphs of given shapes, laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx_ir as ir

from explorer3d.graph.model import Layer, Model, Port, Shape


def network(
    layers: Mapping[str, Sequence[str]],
    shapes: Mapping[str, Shape] | None = None,
    axes: str = "NCHW",
    op: str = "Add",
) -> Model:
    """Each layer takes the values of the named layers, or of the input ``x``."""
    known = shapes or {}
    source = Port("x", None, known.get("x"), "float32", axes)
    made = {name: Port(f"{name}:0", name, known.get(name), "float32", axes) for name in layers}
    taken = {"x": Port("x", "x", known.get("x"), "float32", axes)} | made
    return Model(
        path=Path("net.onnx"),
        format="onnx",
        producer="",
        ir=ir.Model(ir.Graph([], [], nodes=[]), ir_version=10),
        inputs=(source,),
        outputs=(),
        layers=tuple(
            Layer(name, op, tuple(taken[one] for one in sources), (made[name],), (), {}, 0, None)
            for name, sources in layers.items()
        ),
    )


def chain(length: int) -> dict[str, list[str]]:
    return {f"n{index}": [f"n{index - 1}" if index else "x"] for index in range(length)}


def residual(blocks: int) -> dict[str, list[str]]:
    """Blocks of three layers, each block with a skip connection."""
    layers: dict[str, list[str]] = {}
    last = "x"
    for block in range(blocks):
        layers[f"a{block}"] = [last]
        layers[f"b{block}"] = [f"a{block}"]
        layers[f"c{block}"] = [f"b{block}", last]
        last = f"c{block}"
    return layers


def branching(blocks: int, branches: int) -> dict[str, list[str]]:
    """Inception-like blocks: branches of growing length, joined."""
    layers: dict[str, list[str]] = {}
    last = "x"
    for block in range(blocks):
        ends = []
        for branch in range(branches):
            end = last
            for step in range(branch + 1):
                name = f"b{block}_{branch}_{step}"
                layers[name] = [end]
                end = name
            ends.append(end)
        layers[f"join{block}"] = ends
        last = f"join{block}"
    return layers
