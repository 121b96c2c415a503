"""Rows of the tables that whole numbers are looked up in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.inputs import feeds_for
from explorer3d.inputs.vocabulary import vocabularies


def opened(tmp_path: Path, *nodes: onnx.NodeProto, dtype: int = onnx.TensorProto.INT64) -> Model:
    """A model of `ids` (2, 50) with the tables `many` (300, 4) and `few` (9, 4)."""
    graph = make_graph(
        nodes,
        "words",
        [make_tensor_value_info("ids", dtype, [2, 50])],
        [make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        [from_array(np.zeros((rows, 4), np.float32), name) for name, rows in (("many", 300), ("few", 9))],
    )
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=8), tmp_path / "words.onnx")
    return read_model(tmp_path / "words.onnx")


def lookup(table: str, ids: str, result: str, **attributes: int) -> onnx.NodeProto:
    return make_node("Gather", [table, ids], [result], **attributes)


def test_all_rows_are_drawn(tmp_path: Path) -> None:
    model = opened(tmp_path, lookup("many", "ids", "y"))
    ids = feeds_for(model).arrays["ids"]
    assert ids.min() >= 0
    assert 280 < ids.max() < 300


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ((lookup("many", "ids", "a"), lookup("few", "ids", "b"), make_node("Add", ["a", "b"], ["y"])), 9),
        ((make_node("Cast", ["ids"], ["i"], to=6), lookup("many", "i", "y")), 300),
        ((lookup("many", "ids", "y", axis=1),), 4),
        ((lookup("many", "ids", "y"), make_node("Equal", ["ids", "ids"], ["e"])), 300),
        ((make_node("Cast", ["many"], ["t"], to=10), lookup("t", "ids", "y")), 300),
    ],
)  # fmt: skip
def test_the_smallest_table_counts(nodes: tuple[onnx.NodeProto, ...], expected: int, tmp_path: Path) -> None:
    assert vocabularies(opened(tmp_path, *nodes)) == {"ids": expected}


@pytest.mark.parametrize(
    "nodes",
    [
        (make_node("Cast", ["ids"], ["y"], to=1),),
        # They are numbers to count with as well.
        (lookup("many", "ids", "a"), make_node("Cast", ["ids"], ["b"], to=1), make_node("Neg", ["b"], ["y"])),
    ],
)
def test_other_uses_keep_zero_and_one(nodes: tuple[onnx.NodeProto, ...], tmp_path: Path) -> None:
    model = opened(tmp_path, *nodes)
    assert set(np.unique(feeds_for(model).arrays["ids"])) == {0, 1}


def test_a_small_type_holds_no_more(tmp_path: Path) -> None:
    model = opened(
        tmp_path,
        make_node("Cast", ["ids"], ["i"], to=7),
        lookup("many", "i", "y"),
        dtype=onnx.TensorProto.INT8,
    )
    ids = feeds_for(model).arrays["ids"]
    assert ids.dtype == np.int8
    assert ids.min() >= 0
