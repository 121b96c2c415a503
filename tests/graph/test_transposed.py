"""Values behind those that only show them in another order."""

from __future__ import annotations

import onnx
import onnx_ir as ir
import pytest
from onnx.helper import make_graph, make_model, make_node, make_tensor_value_info

from explorer3d.graph.transposed import stored


def _value(name: str) -> ir.Value:
    nodes = [
        make_node("Relu", ["x"], ["r"]),
        make_node("Transpose", ["r"], ["t"], perm=[2, 0, 1]),
        make_node("Transpose", ["x"], ["of_input"], perm=[2, 0, 1]),
        make_node("Transpose", ["r"], ["turned"]),
        make_node("Transpose", ["r"], ["foreign"], perm=[2, 0, 1], domain="own"),
    ]
    graph = make_graph(
        nodes, "g", [make_tensor_value_info("x", 1, [1, 2, 3])], [onnx.ValueInfoProto(name="t")]
    )
    made = {value.name: value for node in ir.from_proto(make_model(graph)).graph for value in node.outputs}
    return made[name]


def test_behind_a_transpose() -> None:
    source, order = stored(_value("t"), ())
    assert (source.name, order) == ("r", (2, 0, 1))


@pytest.mark.parametrize(
    ("name", "known"), [("r", ()), ("t", ("r",)), ("of_input", ()), ("turned", ()), ("foreign", ())]
)
def test_what_is_itself(name: str, known: tuple[str, ...]) -> None:
    source, order = stored(_value(name), known)
    assert (source.name, order) == (name, None)
