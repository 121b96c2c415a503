"""The way of the pictures through small networks, found by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from explorer3d.graph.main_path import main_path
from explorer3d.graph.model import Layer, Model, Port, Shape


def port(name: str, shape: Shape | None, axes: str | None = None) -> Port:
    letters = {4: "NCHW", 2: "NC"}.get(len(shape), "") if shape is not None else ""
    return Port(name, name, shape, "float32", letters if axes is None else axes)


def network(*layers: tuple[str, str, Port], inputs: tuple[Port, ...] = ()) -> Model:
    """Layers as (name, names of their sources in one word each, output)."""
    ports = {one.value: one for one in inputs} | {one.value: one for *_, one in layers}
    made = tuple(
        Layer(name, "Op", tuple(ports[source] for source in sources.split()), (out,), (), {}, 0, None)
        for name, sources, out in layers
    )
    ir = cast(Any, SimpleNamespace())
    return Model(Path("m.onnx"), "onnx", "", ir, inputs, (), made)


IMAGE = port("image", (1, 3, 8, 8))
#                    ┌ mean ─ weigh ┐
#  image ─ conv ─┬─ relu ───────── scale ─┬─ add ─ flat ─ dense
#                └────────────────────────┘
NETWORK = network(
    ("conv", "image", port("conv", (1, 4, 8, 8))),
    ("relu", "conv", port("relu", (1, 4, 8, 8))),
    ("mean", "relu", port("mean", (1, 4, 1, 1))),
    ("weigh", "mean", port("weigh", (1, 4, 1, 1))),
    ("scale", "weigh relu", port("scale", (1, 4, 8, 8))),
    ("add", "conv scale", port("add", (1, 4, 8, 8))),
    ("flat", "add", port("flat", (1, 256))),
    ("dense", "flat", port("dense", (1, 10))),
    inputs=(IMAGE,),
)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (None, "image conv relu scale add"),
        ("dense", "image conv relu scale add"),
        ("scale", "image conv relu scale"),
        ("mean", "image conv relu"),
        ("conv", "image conv"),
        ("image", "image"),
        ("nobody", ""),
    ],
)
def test_the_way_to_a_layer(end: str | None, expected: str) -> None:
    assert " ".join(stop.name for stop in main_path(NETWORK, end)) == expected


def test_pictures_made_from_numbers() -> None:
    generator = network(
        ("dense", "z", port("dense", (1, 64))),
        ("reshape", "dense", port("reshape", (1, 4, 4, 4))),
        ("grow", "reshape", port("grow", (1, 3, 8, 8))),
        inputs=(port("z", (1, 16)),),
    )
    assert [stop.name for stop in main_path(generator)] == ["reshape", "grow"]


def test_sizes_left_open_may_be_pictures_and_what_is_unknown_is_none() -> None:
    model = network(
        ("open", "image", port("open", (None, 4, None, None))),
        ("unknown", "open", port("unknown", None)),
        ("line", "unknown", port("line", (1, 4, 1, 8))),
        inputs=(IMAGE,),
    )
    assert [stop.name for stop in main_path(model)] == ["image", "open"]


def test_of_several_outputs_the_first_with_maps() -> None:
    two = Layer("two", "Op", (IMAGE,), (port("flat", (1, 5)), port("maps", (1, 2, 8, 8))), (), {}, 0, None)
    model = Model(Path("m.onnx"), "onnx", "", cast(Any, None), (IMAGE,), (), (two,))
    assert [stop.port.value for stop in main_path(model)] == ["image", "maps"]


def test_no_pictures_at_all() -> None:
    model = network(("dense", "x", port("dense", (1, 3))), inputs=(port("x", (1, 4)),))
    assert main_path(model) == ()
