"""How layers come to their numbers where somebody has changed their channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute import requests
from explorer3d.compute.arithmetic.explain import Explain
from explorer3d.compute.arithmetic.trace import TraceBack
from explorer3d.compute.edit_model import EditModel
from explorer3d.compute.edits import Edit
from explorer3d.graph.model import Model

# 1×1 kernels: the channels summed, their difference, and ten times the second: 8, -2, 50.
KERNEL = np.array([[1, 1], [1, -1], [0, 10]], np.float32).reshape(3, 2, 1, 1)
FEEDS = {"x": np.array([3, 5], np.float32).reshape(1, 2, 1, 1)}


@pytest.fixture
def key(make: Callable[..., Model]) -> Iterator[str]:
    nodes = [
        make_node("Conv", ["x", "kernel"], ["c"], name="conv"),
        make_node("Relu", ["c"], ["y"], name="relu"),
    ]
    key = requests.register(make(nodes, {"x": [1, 2, 1, 1]}, ["y"], kernel=KERNEL))
    yield key
    requests.close(key)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (Edit("conv", 0, 2.0), ([3, 5], "×2", 8, 16)),
        (Edit("conv", 0), ([3, 5], "muted", 8, 0)),
        # It is the other channel that is spelled out.
        (Edit("conv", 0, 1.0, 2), ([0, 50], "replaced by 2", 50, 50)),
        (Edit("conv", 0, 1.0), ([3, 5], None, 8, 8)),
        (Edit("conv", 1), ([3, 5], None, 8, 8)),
    ],
)
def test_what_is_weighed_and_what_has_been_done_to_it(
    key: str, edit: Edit, told: tuple[list[float], str | None, float, float]
) -> None:
    changed = EditModel(key, (edit,), FEEDS)().key
    found = Explain(changed, FEEDS, "conv", (0, 0, 0, 0))()
    assert found.weighing is not None
    done = found.activation.name if found.activation else None
    assert (found.weighing.partial.tolist(), done, found.before, found.value) == told


def test_step_by_step(key: str) -> None:
    changed = EditModel(key, (Edit("relu", 1, 3.0, 2),), FEEDS)().key
    found = Explain(changed, FEEDS, "relu", (0, 1, 0, 0))()
    steps = [
        (step.operator, [(one.name, one.value) for one in step.operands], step.result)
        for step in found.operations
    ]
    assert steps == [("Relu", [("conv", 50)], 50), ("Mul", [("relu", 50), ("change", 3)], 150)]


def test_what_it_depends_on(key: str) -> None:
    changed = EditModel(key, (Edit("relu", 1, 1.0, 2),), FEEDS)().key
    regions = TraceBack(changed, FEEDS, "y", (0, 1, 0, 0))().regions
    assert regions["c"].box is not None
    assert (regions["c"].box[1].start, regions["c"].box[1].stop) == (2, 3)
