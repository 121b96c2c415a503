"""Queries by hand on a network of six nodes, each made to be told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from explorer3d.graph.find import Index, Term, parse
from explorer3d.graph.model import Layer, Model, Port, Weight


def layer(
    name: str,
    op: str,
    shape: tuple[int | None, ...] | None,
    attributes: dict[str, object] | None = None,
    weights: tuple[Weight, ...] = (),
    dtype: str = "float32",
) -> Layer:
    out = Port(f"{name}:0", name, shape, dtype)
    return Layer(name, op, (), (out,), weights, attributes or {}, 0, None)


def weight(name: str, shape: tuple[int, ...], kind: type = np.float32, label: str = "") -> Weight:
    return Weight(name, ir.tensor(np.zeros(shape, kind), name=name), label=label)


@pytest.fixture(scope="module")
def index() -> Index:
    layers = (
        layer("/stem/conv1/Conv", "Conv", (1, 256, 14, 14), {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
              (weight("stem.kernel", (256, 3, 7, 7)), weight("stem.bias", (256,)))),
        layer("/stem/relu", "Relu", (1, 256, 14, 14)),
        layer("Up Sample", "ConvTranspose", (1, 64, 28, 28), {"strides": [1, 1]},
              (weight("onnx::W_7", (256, 64, 2, 2), np.float16, label="kernel"),)),
        layer("shape", "Shape", (4,), dtype="int64"),
        layer("a*b", "Custom.Op", None),
    )  # fmt: skip
    picture = Port("image", None, (None, 3, 28, 28), "uint8")
    graph = ir.Model(ir.Graph([], [], nodes=[]), ir_version=10)
    return Index(Model(Path("net.onnx"), "onnx", "", graph, (picture,), (), layers))


IMAGE, CONV, RELU, UP, SHAPE, ODD = "image", "/stem/conv1/Conv", "/stem/relu", "Up Sample", "shape", "a*b"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # Anywhere, whatever the case.
        ("relu", [RELU]),
        ("CONV", [CONV, UP]),
        ("stem", [CONV, RELU]),
        # All terms.
        ("conv stem", [CONV]),
        ("conv sample 64", [UP]),
        ("conv relu", []),
        # One field.
        ("op:conv", [CONV, UP]),
        ("OP:Conv", [CONV, UP]),
        ("op:input", [IMAGE]),
        ("op:.", [ODD]),
        ("name:conv", [CONV]),
        ("name:shape", [SHAPE]),
        ("attr:strides", [CONV, UP]),
        ("attr:strides=[2,2]", [CONV]),
        ("attr:same", [CONV]),
        ("weight:kernel", [CONV, UP]),
        ("weight:bias", [CONV]),
        ("weight:w_7", [UP]),
        ("dtype:uint8", [IMAGE]),
        ("dtype:float16", [UP]),
        ("dtype:int64", [SHAPE]),
        ("shape:28x28", [IMAGE, UP]),
        ("shape:?", [IMAGE]),
        # Stars: the whole entry; weights have shapes too.
        ("shape:*x256x*", [CONV, RELU]),
        ("shape:256x*", [CONV, RELU, UP]),
        ("shape:*x7", [CONV]),
        ("shape:1×256×14×14", [CONV, RELU]),
        ("op:conv*", [CONV, UP]),
        ("op:*conv", [CONV]),
        ("op:*o*v", [CONV]),
        ("*sample", [UP]),
        # Quotes: the whole entry, spaces and stars as they are.
        ('"conv"', [CONV]),
        ('op:"conv"', [CONV]),
        ('op:"onv"', []),
        ('"Up Sample"', [UP]),
        ('name:"sample"', []),
        ('"a*b"', [ODD]),
        ('"a*c"', []),
        ('shape:"256x14x14"', [CONV, RELU]),
        ('shape:"4"', [SHAPE]),
        # On the way to something.
        ("", []),
        ("  ", []),
        ("op:", []),
        ("op: relu", [RELU]),
        ('"up sam', [UP]),
        ('op:"', []),
        ("*", []),
        # What is no field is part of a name; what means something elsewhere means nothing here.
        ("w_7:0", []),
        ("onnx::w", [UP]),
        ("[", [CONV, UP]),
        ("(.*", []),
        ("\\", []),
    ],
)
def test_queries(index: Index, query: str, found: list[str]) -> None:
    assert list(index.find(query)) == found


def test_terms() -> None:
    assert parse('op:Conv shape:*x256x* "a b" dtype:"f" ab:c') == (
        Term("op", "conv"),
        Term("shape", "*x256x*", "pattern"),
        Term("", "a b", "whole"),
        Term("dtype", "f", "whole"),
        Term("", "ab:c"),
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("cnov", "Nothing is called 'cnov'; did you mean 'conv'?"),
        ("op:rleu", "Nothing is the operator 'rleu'; did you mean 'relu'?"),
        ("op:kernel", "Nothing is the operator 'kernel'."),
        ("weight:krenel", "Nothing has a weight called 'krenel'; did you mean 'kernel'?"),
        ("zzzz", "Nothing is called 'zzzz'."),
        ("conv dtype:string", "Nothing is of type 'string'."),
        ("conv relu", "No layer has all of: 'conv', 'relu'."),
    ],
)
def test_why_nothing(index: Index, query: str, said: str) -> None:
    assert index.find(query) == ()
    assert index.why_nothing(query) == said
