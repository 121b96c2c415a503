"""Many calls of ``keras.ops`` in one model, each result against Keras itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx_ir as ir
import onnxruntime

from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from tests.formats.keras_referee import TOLERANCE

COUNT = 30
BATCH = 3

FLOATS = ("float32", "float64")
WHOLE = ("int8", "int16", "int32", "int64", "uint8", "uint16")
TYPES = ("float32", "float32", "float64", *WHOLE, "bool")


class Draw:
    """Draws arguments, and keeps what its inputs are to be fed with."""

    def __init__(self, seed: object) -> None:
        self.noise = np.random.default_rng(seed)
        self.feeds: dict[str, np.ndarray] = {}

    def source(
        self,
        *shape: int,
        dtype: str = "float32",
        low: float = -3.0,
        high: float = 3.0,
        batch: int | None = BATCH,
    ) -> Any:
        """An input of the model; its values lie between the bounds."""
        noise = self.noise
        source = keras.Input(shape, dtype=dtype, name=f"x{len(self.feeds)}")
        full = (batch, *shape)
        if dtype == "bool":
            values = noise.integers(0, 2, full)
        elif "int" in dtype:
            start = 0 if dtype.startswith("u") else int(np.ceil(low))
            values = noise.integers(max(start, int(np.ceil(low))), max(int(high), start) + 1, full)
        else:
            values = noise.uniform(low, high, full)
        self.feeds[source.name] = values.astype(dtype)
        return source

    def shape(self, least: int = 0, most: int = 3) -> tuple[int, ...]:
        """Sizes that differ from one another and from the batch, which is left out."""
        rank = self.number(least, most + 1)
        sizes = self.noise.choice([size for size in range(2, 9) if size != BATCH], rank, replace=False)
        return tuple(int(size) for size in sizes)

    def number(self, low: int, high: int) -> int:
        return int(self.noise.integers(low, high))

    def of(self, *choices: Any) -> Any:
        return choices[self.number(0, len(choices))]

    def maybe(self) -> bool:
        return bool(self.noise.integers(2))

    def axis(self, rank: int, first: int = 0) -> int:
        """One axis, at times counted from the back."""
        return self.number(first, rank) - rank * self.number(0, 2)

    def axes(self, rank: int) -> Any:
        """None, one axis or several."""
        kind = self.number(0, 3)
        if kind == 0:
            return None
        if kind == 1:
            return self.axis(rank)
        chosen = self.noise.permutation(rank)[: self.number(1, rank + 1)]
        return tuple(int(axis) - rank * self.number(0, 2) for axis in chosen)


def sweep(
    draws: dict[str, Callable[[Draw], Any]],
    path: Path,
    seed: int,
    count: int = COUNT,
    long: frozenset[str] = frozenset(),
) -> Model:
    """Compare `count` results of each draw, all in one model, saved as the path's suffix says.

    Of those in `long`, which become hundreds of operators, a third.
    """
    draw = Draw((seed, count))
    results = [
        make(draw) for name, make in draws.items() for _ in range(count // 3 if name in long else count)
    ]
    return compare(results, draw.feeds, path)


def compare(
    results: list[Any], feeds: dict[str, np.ndarray], path: Path, expected: list[np.ndarray] | None = None
) -> Model:
    """Values, types and shapes of results, which may be lists, against Keras' or what is expected."""
    flat = keras.tree.flatten(results)
    used = {id(source): source for result in flat for source in keras.utils.get_source_inputs(result)}
    model = keras.Model(list(used.values()), flat)
    model.save(path)
    opened = read_model(path)
    assert not opened.notes, opened.notes[:20]
    feeds = {source.name: feeds[source.name] for source in model.inputs}
    if expected is None:
        expected = [np.asarray(one) for one in keras.tree.flatten(model(list(feeds.values())))]
    named = [_our_name(opened, tensor) for tensor in model.outputs]
    ours = run(opened, list(dict.fromkeys(name for name, _, _ in named)), feeds)
    wrong = [
        (name, problem)
        for (name, shape, dtype), tensor, theirs in zip(named, model.outputs, expected, strict=True)
        if (problem := _problem(ours[name], theirs, tensor.shape, shape, dtype))
    ]
    assert not wrong, (len(wrong), wrong[:40])
    return opened


def _our_name(opened: Model, tensor: Any) -> tuple[str, Any, str]:
    layer, call, place = tensor._keras_history
    name = layer.name if call == 0 else f"{layer.name}#{call + 1}"
    found = opened.layer_by_name[name].outputs[place]
    return found.value, found.shape, found.dtype


def run(opened: Model, names: list[str], feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    proto = ir.to_proto(opened.ir)
    del proto.graph.output[:]
    for name in names:
        proto.graph.output.add().name = name
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, ["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, feeds), strict=True))


def _problem(ours: np.ndarray, theirs: np.ndarray, symbolic: Any, shape: Any, dtype: str) -> str:
    if ours.shape != theirs.shape or str(ours.dtype) != str(theirs.dtype) or dtype != str(theirs.dtype):
        return f"{ours.shape} {ours.dtype} ({dtype}), expected {theirs.shape} {theirs.dtype}"
    if len(shape) != len(theirs.shape):
        return f"shape {shape}, expected {symbolic}"
    if len(symbolic) != len(shape) or any(
        a not in (None, b) for a, b in zip(symbolic, theirs.shape, strict=True)
    ):
        # Keras' own rule for the shape is wrong.
        symbolic = (None,) * len(shape)
    # What Keras leaves open is known here for a batch of one.
    if any(wanted not in (None, known) for known, wanted in zip(shape, symbolic, strict=True)):
        return f"shape {shape}, expected {symbolic}"
    if theirs.dtype.kind != "f":
        return "" if np.array_equal(ours, theirs) else f"{ours.ravel()[:6]}, expected {theirs.ravel()[:6]}"
    if any(not np.array_equal(test(ours), test(theirs)) for test in (np.isnan, np.isposinf, np.isneginf)):
        return f"{ours.ravel()[:6]}, expected {theirs.ravel()[:6]}"
    finite = np.isfinite(theirs)
    if not finite.any():
        return "" if np.array_equal(ours, theirs, equal_nan=True) else "other infinities"
    gap = float(np.abs(ours[finite].astype(np.float64) - theirs[finite]).max())
    largest = max(float(np.abs(theirs[finite]).max()), 1e-6)
    return "" if gap <= TOLERANCE * largest else f"{gap / largest:.2g} off"
