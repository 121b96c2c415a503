"""A small classifier whose numbers can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute.runner import Runner
from explorer3d.graph.model import Model
from tests.compute.conftest import make

__all__ = ["make"]

X = np.array([[1, -2, 3], [0, 4, -1]], np.float32)
"""A picture of 2 × 3."""


@dataclass(frozen=True, eq=False)
class Small:
    """A network and what it is fed.

    The picture and −2 times it, ReLU, mean of each map, three classes, softmax.
    """

    runner: Runner
    feeds: dict[str, np.ndarray]


KERNEL = np.array([1, -2], np.float32).reshape(2, 1, 1, 1)
WEIGHTS = np.array([[1, 2, 0], [3, -1, 0]], np.float32)
BIAS = np.array([0, 0.5, 0], np.float32)
# Maps after ReLU: [[1, 0, 3], [0, 4, 0]] and [[0, 4, 0], [0, 0, 2]]; their means: 8/6 and 1.
LOGITS = np.array([8 / 6 + 3, 16 / 6 - 1 + 0.5, 0])


@pytest.fixture
def small(make: Callable[..., Model]) -> Small:
    nodes = [
        make_node("Conv", ["x", "kernel"], ["conv"], name="conv"),
        make_node("Relu", ["conv"], ["relu"], name="relu"),
        make_node("GlobalAveragePool", ["relu"], ["pool"], name="pool"),
        make_node("Flatten", ["pool"], ["flat"], name="flat"),
        make_node("Gemm", ["flat", "weights", "bias"], ["logits"], name="dense"),
        make_node("Softmax", ["logits"], ["y"], name="softmax"),
    ]
    model = make(nodes, {"x": ["N", 1, 2, 3]}, ["y"], kernel=KERNEL, weights=WEIGHTS, bias=BIAS)
    return Small(Runner(model), {"x": X[None, None]})
