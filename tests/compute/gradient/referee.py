"""Gradients found without any rule: by what onnxruntime, or a formula, answers to other inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.helper import np_dtype_to_tensor_dtype as element

from explorer3d.compute.gradient import gradients
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model

TOLERANCE = 1e-5
"""Largest difference by the largest amount, as `relative_error` gives it."""

Arrays = Mapping[str, np.ndarray]


def one_node(
    folder: Path,
    operator: str,
    feeds: Arrays,
    opset: int,
    constants: Sequence[str] = (),
    outputs: int = 1,
    **attributes: Any,
) -> Path:
    """Write a network of a single operator.

    Parameters
    ----------
    folder : Path
    operator : str
    feeds : mapping of str to array
        Its inputs in their order; of a name that begins with "-", the input is left out.
    opset : int
    constants : sequence of str
        The inputs that the file holds.
    outputs : int
        The first is called y.
    **attributes
    """
    names = ["" if name.startswith("-") else name for name in feeds]
    held = {name: array for name, array in feeds.items() if name in constants}
    node = make_node(operator, names, ["y", "z", "further"][:outputs], **attributes)
    graph = make_graph(
        [node],
        "g",
        [
            make_tensor_value_info(name, element(array.dtype), array.shape)
            for name, array in feeds.items()
            if name in names and name not in held
        ],
        [onnx.ValueInfoProto(name="y")],
        [onnx.numpy_helper.from_array(array, name) for name, array in held.items()],
    )
    path = folder / "one.onnx"
    imports = [make_opsetid("", opset)]
    path.write_bytes(make_model(graph, opset_imports=imports, ir_version=9).SerializeToString())
    return path


def ours(path: Path, feeds: Arrays, seed: np.ndarray, wrt: Sequence[str]) -> dict[str, np.ndarray]:
    """What the rules make of a network with an output called y."""
    runner = Runner(read_model(path))
    fed = {port.value: feeds[port.value] for port in runner.model.inputs}
    return dict(gradients(runner, fed, "y", seed, wrt).gradients)


def forward(path: Path) -> Callable[[Arrays], np.ndarray]:
    """A network as onnxruntime computes it, node by node."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = ort.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    return lambda feeds: np.asarray(session.run(["y"], {name: feeds[name] for name in names})[0])


def by_unit_inputs(
    function: Callable[[Arrays], np.ndarray], feeds: Arrays, name: str, seed: np.ndarray
) -> np.ndarray:
    """The gradient by an input in which the function is linear: what each of its places alone gives."""
    unit = np.zeros_like(feeds[name])
    without = function({**feeds, name: unit}).astype(np.float64)
    found = np.zeros(unit.shape)
    for place in np.ndindex(unit.shape):
        unit[place] = 1
        found[place] = np.sum(seed * (function({**feeds, name: unit}) - without))
        unit[place] = 0
    return found


def check_by_unit_inputs(path: Path, feeds: Arrays, wrt: Sequence[str], told: object = "") -> None:
    """See that the rules make of a network, linear in some of its inputs, what `by_unit_inputs` does."""
    run = forward(path)
    # Mostly of one sign: where a sum vanishes, a relative error says nothing.
    seed = np.asarray(1 + noise(5, *run(feeds).shape))
    found = ours(path, feeds, seed, wrt)
    for name in wrt:
        expected = by_unit_inputs(run, feeds, name, seed)
        assert relative_error(found[name], expected) <= TOLERANCE, (name, told)


def by_central_differences(
    function: Callable[..., np.ndarray], feeds: Arrays, name: str, seed: np.ndarray, step: float = 1e-5
) -> np.ndarray:
    """The gradient of a formula by one of its arguments, in float64."""
    wide = {
        given: array.astype(np.float64) if array.dtype.kind == "f" else array
        for given, array in feeds.items()
    }
    found = np.zeros(wide[name].shape)
    for place in np.ndindex(found.shape):
        ends = []
        for away in (step, -step):
            moved = wide[name].copy()
            moved[place] += away
            ends.append(np.sum(seed * function(**{**wide, name: moved})))
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    assert found.shape == expected.shape
    return float(np.max(np.abs(found - expected)) / max(float(np.max(np.abs(expected))), 1e-12))


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)
