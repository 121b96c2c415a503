"""Name scopes as exporters write them down, and what damaged ones come to."""

from __future__ import annotations

import onnx_ir as ir
import pytest

from explorer3d.formats.onnx_scopes import scope

SCOPES = "pkg.torch.onnx.name_scopes"


@pytest.mark.parametrize(
    ("metadata", "name", "expected"),
    [
        ({}, "/layer1/layer1.0/conv1/Conv", "layer1/layer1.0/conv1"),
        ({}, "node_relu_1", ""),
        ({SCOPES: "['', 'layers', 'layers.0', 'add_45']"}, "node_add_45", "layers/layers.0"),
        # Written down counts more than what a name looks like.
        ({SCOPES: "['', 'stem', 'relu']"}, "/a/b/Relu", "stem"),
        (
            {"namespace": ": __main__.Net/layers: torch.nn.Sequential/layers.0: Blk/add_45: aten.add.Tensor"},
            "node_add",
            "layers/layers.0",
        ),
        ({SCOPES: "['', 'add_45']"}, "node_add_45", ""),
        ({SCOPES: "['', 'a/b', 'add']"}, "n", "a_b"),
        ({SCOPES: "[1, 2]"}, "/a/Relu", "a"),
        ({SCOPES: "{'a': 1}"}, "/a/Relu", "a"),
        ({SCOPES: "["}, "/a/Relu", "a"),
        ({SCOPES: "[" * 3000}, "/a/Relu", "a"),
        ({SCOPES: "['" + "a" * 5000 + "', 'b']"}, "/a/Relu", "a"),
        ({SCOPES: "__import__('os')"}, "/a/Relu", "a"),
    ],
)
def test_scopes(metadata: dict[str, str], name: str, expected: str) -> None:
    node = ir.Node("", "Relu", [], name=name)
    node.metadata_props.update(metadata)
    assert scope(node, name) == expected
