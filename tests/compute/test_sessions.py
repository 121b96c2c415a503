"""Sessions that share one copy of the weights."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx_ir as ir
from onnx.helper import make_node

from explorer3d.compute.runner import Runner
from explorer3d.compute.sessions import SharedWeights, create_session
from explorer3d.graph.model import Model
from explorer3d.graph.skeleton import skeleton

Make = Callable[..., Model]


def _own_bytes() -> int:
    """Memory of this process that no file backs."""
    resident, shared = Path("/proc/self/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _most_since(do: Callable[[], object]) -> int:
    """Bytes by which this process grew at most meanwhile."""
    Path("/proc/self/clear_refs").write_text("5")  # forgets how much it was at most
    before = _status("VmRSS")
    do()
    return _status("VmHWM") - before


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def test_making_such_a_session_copies_no_weights_for_a_moment_either(make: Make) -> None:
    weight = np.random.default_rng(0).normal(size=(4096, 6144)).astype(np.float32)
    model = make([make_node("MatMul", ["x", "w"], ["y"])], {"x": ["N", 4096]}, ["y"], w=weight)
    runner, feeds = Runner(model), {"x": np.ones((1, 4096), np.float32)}
    model.layers[0].weights[0].numpy().sum()  # all of it is in memory
    assert _most_since(lambda: runner.run(feeds, ["y"])) < weight.nbytes / 2


def test_weights_last_as_long_as_a_session_that_points_at_them(make: Make) -> None:
    model = make([make_node("Add", ["x", "w"], ["y"])], {"x": [300]}, ["y"], w=np.full(300, 7, np.float32))
    cut = skeleton(model.ir, [model.ir.graph.outputs[0]])
    cut.weights["w"] = ir.tensor(np.full(300, 5, np.float32))
    session = create_session(cut, SharedWeights(), optimised=False)
    del cut
    gc.collect()
    scribble = [np.full(300, 9, np.float32) for _ in range(100)]
    assert np.all(session.run(["y"], {"x": np.zeros(300, np.float32)})[0] == 5), len(scribble)


def test_sessions_to_look_into_layers_copy_no_weights(make: Make) -> None:
    nodes = [make_node("MatMul", ["x", "w"], ["v0"])]
    nodes += [make_node("Relu", [f"v{index}"], [f"v{index + 1}"]) for index in range(6)]
    weight = np.random.default_rng(0).normal(size=(4096, 4096)).astype(np.float32)
    model = make(nodes, {"x": ["N", 4096]}, ["v6"], w=weight)
    runner = Runner(model)
    feeds = {"x": np.ones((1, 4096), np.float32)}
    expected = weight.astype(np.float64).sum(axis=0)
    gc.collect()
    before = _own_bytes()
    for index in range(6):
        found = runner.run(feeds, [f"v{index}"])[f"v{index}"][0]
        wanted = np.maximum(expected, 0) if index else expected
        assert np.max(np.abs(found - wanted)) < 1e-4 * np.max(np.abs(expected))
    assert len(runner._sessions) == 6
    assert _own_bytes() - before < weight.nbytes
