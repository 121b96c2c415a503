"""Opens a Keras file as the program does, and holds each layer to what `keras_truth.py` wrote. Prints JSON.

    python tests/benchmarks/keras_compare.py FILE

First the file is opened, a plain session made and run, under the clock and before anything else takes
memory.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from processes import clock, peak_mb

import explorer3d.compute.runner
import explorer3d.formats.keras.reader  # noqa: F401
from explorer3d.compute.runner import Runner
from explorer3d.compute.sessions import SharedWeights, create_session
from explorer3d.graph.model import Layer, Model
from explorer3d.graph.skeleton import skeleton
from explorer3d.opening import OpenNetwork

# Bytes of results at a time.
_BUDGET = 1_500_000_000


def opened(file: Path, picture: np.ndarray, source: str) -> tuple[Model, dict[str, Any]]:
    """Open a file and run it once, under the clock."""
    before = clock()
    model = OpenNetwork(file)().model
    read = clock()
    weights = SharedWeights()
    session = create_session(skeleton(model.ir, model.ir.graph.outputs), weights, optimised=True)
    ready = clock()
    session.run(None, {source: picture})
    return model, {
        "file_mb": round(file.stat().st_size / 1e6, 1),
        "read_s": round(read - before, 3),
        "open_s": round(ready - before, 3),
        "run_s": round(clock() - ready, 3),
        "peak_mb": round(peak_mb()),
    }


def compare(model: Model, folder: Path, truth: dict[str, Any]) -> dict[str, Any]:
    """Hold all layers to their truth: names, weights, numbers of parameters, results."""
    ours, faults = model.layer_by_name, []
    expected = {_name(call): (at, call) for at, call in enumerate(truth["calls"])}
    faults += [f"no layer {name}" for name in expected.keys() - ours.keys()]
    faults += [f"layer {name}, which Keras has not" for name in ours.keys() - expected.keys()]
    faults += [*model.notes]
    for name in expected.keys() & ours.keys():
        faults += _faults(ours[name], expected[name][1])
    parameters = sum(layer.parameters for layer in model.layers if "#" not in layer.name)
    if parameters != truth["parameters"]:
        faults.append(f"{parameters} parameters instead of {truth['parameters']}")
    values = {ours[name].outputs[0].value: name for name in expected if name in ours and ours[name].runnable}
    runner = Runner(model, _BUDGET)
    feeds = {truth["input"]: np.load(folder / "input.npy")}
    worst, worst_layer = 0.0, ""
    for group in runner.passes(list(values)):
        for value, result in runner.run(feeds, group).items():
            name = values[value]
            error = _error(result, np.load(folder / f"{expected[name][0]}.npy", mmap_mode="r"))
            if not error <= worst:
                worst, worst_layer = error, name
    deviations = [
        (call["deviation"], _name(call))
        for call in truth["calls"]
        if not call["softmax"] and call["deviation"]
    ]
    return {
        "compared": len(values),
        "layers": len(expected),
        "worst": worst,
        "worst_layer": worst_layer,
        "parameters": parameters,
        "deviations": [min(deviations), max(deviations)],
        "faults": faults,
    }


def _name(call: dict[str, Any]) -> str:
    return str(call["layer"]) if call["call"] == 1 else f"{call['layer']}#{call['call']}"


def _faults(layer: Layer, call: dict[str, Any]) -> list[str]:
    if layer.op != call["class"]:
        return [f"{layer.name} is a {layer.op}, not a {call['class']}"]
    if not layer.runnable:
        return [str(layer.reason)]
    found = [[weight.name, zlib.crc32(np.ascontiguousarray(weight.numpy()))] for weight in layer.weights]
    if found != call["weights"]:
        return [f"the weights of {layer.name} are {found}, not {call['weights']}"]
    if layer.parameters != call["parameters"]:
        return [f"{layer.name} has {layer.parameters} parameters, not {call['parameters']}"]
    return []


def _error(ours: np.ndarray, theirs: np.ndarray) -> float:
    if ours.shape != theirs.shape or not np.isfinite(theirs).all():
        return float("inf")
    return float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-30))


def main(file: Path) -> None:
    truth = json.loads((file.parent / "truth.json").read_text())
    model, answer = opened(file, np.load(file.parent / "input.npy"), truth["input"])
    json.dump({**answer, **compare(model, file.parent, truth)}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
