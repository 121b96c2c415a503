"""Networks of any size, in the two shapes that large ones have; small enough to be run.

python tests/benchmarks/graphs.py chain|transformer NODES OUT.onnx
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS, SIZE = 4, 6
TOKENS, WIDTH, HEADS = 5, 8, 2
LAYER = 100  # nodes of one layer of a transformer
UNIT = (5, 7)  # nodes of a residual unit, and of one whose shortcut is a branch with layers of its own


class _Graph:
    """Nodes that are written one after the other."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._random = np.random.default_rng(0)

    def op(self, op: str, *inputs: str, **attributes: object) -> str:
        name = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [f"{name}_out"], name, **attributes))
        return f"{name}_out"

    def weight(self, *shape: int, scale: float = 0.1) -> str:
        name = f"weight_{len(self.weights)}"
        values = self._random.normal(0, scale, shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def constant(self, values: Sequence[int]) -> str:
        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def model(self, inputs: dict[str, tuple[int, ...]], output: str) -> onnx.ModelProto:
        ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, inputs[name]) for name in inputs]
        shape = next(iter(inputs.values()))
        ends = [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)]
        graph = helper.make_graph(self.nodes, "generated", ports, ends, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def chain(nodes: int) -> onnx.ModelProto:
    """Residual units one after the other; every fourth one's shortcut is a branch."""
    graph = _Graph()
    value = "image"

    def convolution(taken: str, kernel: int) -> str:
        # Neither dying nor growing: the branches bound what the sums add.
        scale = 1.0 if kernel == 1 else 0.1
        kernels = graph.weight(CHANNELS, CHANNELS, kernel, kernel, scale=scale)
        return graph.op("Conv", taken, kernels, pads=[kernel // 2] * 4)

    unit = 0
    while len(graph.nodes) + UNIT[1] <= nodes:
        inner = convolution(graph.op("Relu", convolution(value, 3)), 3)
        if unit % 4 == 3:
            value = graph.op("Tanh", convolution(value, 1))
        value = graph.op("Relu", graph.op("Add", value, inner))
        unit += 1
    while len(graph.nodes) < nodes:
        value = graph.op("Relu", value)
    return graph.model({"image": (1, CHANNELS, SIZE, SIZE)}, value)


def transformer(nodes: int) -> onnx.ModelProto:
    """Layers of a hundred nodes, each of which also reads three tensors made at the beginning."""
    graph = _Graph()
    value = "tokens"
    shared = [graph.op(op, "tokens") for op in ("Sin", "Cos", "Sigmoid")]
    heads, flat = [1, TOKENS, HEADS, WIDTH // HEADS], [1, TOKENS, WIDTH]

    def dense(taken: str) -> str:
        return graph.op("Add", graph.op("MatMul", taken, graph.weight(WIDTH, WIDTH)), graph.weight(WIDTH))

    def normal(taken: str) -> str:
        centred = graph.op("Sub", taken, graph.op("ReduceMean", taken, axes=[-1]))
        spread = graph.op("Sqrt", graph.op("ReduceMean", graph.op("Mul", centred, centred), axes=[-1]))
        return graph.op("Mul", graph.op("Div", centred, spread), graph.weight(WIDTH, scale=1.0))

    def rotated(taken: str) -> str:
        turned = graph.op("Mul", graph.op("Neg", taken), shared[0])
        return graph.op("Add", graph.op("Mul", taken, shared[1]), turned)

    def split(taken: str, order: Sequence[int]) -> str:
        return graph.op("Transpose", graph.op("Reshape", taken, graph.constant(heads)), perm=order)

    while len(graph.nodes) + LAYER <= nodes:
        first = len(graph.nodes)
        taken = normal(value)
        query, key = (split(rotated(dense(taken)), order) for order in ([0, 2, 1, 3], [0, 2, 3, 1]))
        scores = graph.op("Softmax", graph.op("MatMul", query, key), axis=-1)
        mixed = graph.op("MatMul", scores, split(dense(taken), [0, 2, 1, 3]))
        joined = graph.op("Reshape", graph.op("Transpose", mixed, perm=[0, 2, 1, 3]), graph.constant(flat))
        value = graph.op("Add", value, dense(graph.op("Mul", joined, shared[2])))
        branches = []
        while len(graph.nodes) - first < LAYER - 14:
            gate = dense(normal(value))
            branches.append(graph.op("Mul", graph.op("Sigmoid", gate), gate))
        for branch in branches:
            value = graph.op("Add", value, branch)
        while len(graph.nodes) - first < LAYER:
            value = graph.op("Tanh", value)
    while len(graph.nodes) < nodes:
        value = graph.op("Relu", value)
    return graph.model({"tokens": (1, TOKENS, WIDTH)}, value)


SHAPES: dict[str, Callable[[int], onnx.ModelProto]] = {"chain": chain, "transformer": transformer}


def write(shape: str, nodes: int, folder: Path) -> Path:
    """Write such a network; its path."""
    path = folder / f"{shape}_{nodes}.onnx"
    onnx.save(SHAPES[shape](nodes), path)
    return path


if __name__ == "__main__":
    onnx.save(SHAPES[sys.argv[1]](int(sys.argv[2])), sys.argv[3])
