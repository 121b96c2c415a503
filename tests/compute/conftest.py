"""Small models, written to files and read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_opsetid, make_tensor_value_info

from explorer3d.formats import read_model
from explorer3d.graph.model import Model

Make = Callable[..., Model]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Build a model of nodes and initialisers; inputs are name → shape, or (dtype, shape)."""

    def build(
        nodes: Sequence[onnx.NodeProto],
        inputs: Mapping[str, Any],
        outputs: Sequence[str],
        opset: int = 17,
        domains: Sequence[str] = (),
        ir_version: int = 9,
        **initializers: np.ndarray,
    ) -> Model:
        typed = {
            name: given if isinstance(given, tuple) else (onnx.TensorProto.FLOAT, given)
            for name, given in inputs.items()
        }
        graph = make_graph(
            nodes,
            "g",
            [make_tensor_value_info(name, dtype, shape) for name, (dtype, shape) in typed.items()],
            [onnx.ValueInfoProto(name=name) for name in outputs],
            [onnx.numpy_helper.from_array(array, name) for name, array in initializers.items()],
        )
        imports = [make_opsetid("", opset), *(make_opsetid(domain, 1) for domain in domains)]
        path = tmp_path / "m.onnx"
        path.write_bytes(make_model(graph, opset_imports=imports, ir_version=ir_version).SerializeToString())
        return read_model(path)

    return build
