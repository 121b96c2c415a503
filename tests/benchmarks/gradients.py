#!/usr/bin/env python3
"""Time the way there and back through networks of keras.applications, in turns with TensorFlow.

    python tests/benchmarks/gradients.py [NETWORK ...] [--runs N]

The gradient of the largest logit by the input: ours, of the file as the program opens it, and that of
GradientTape under ``tf.function``, in the same process, with as many threads. Weights are random, as in
``keras_truth.py``. Prints JSON. Needs the extra `keras`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from explorer3d.compute.gradient import gradients
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.graph.logits import logits
from tests.benchmarks.processes import clock, start

NETWORKS = ("MobileNetV2", "ResNet50", "EfficientNetB0", "DenseNet121", "InceptionV3")
_TRUTH = Path(__file__).with_name("keras_truth.py")


def compare(name: str, runs: int) -> dict[str, Any]:
    """Median milliseconds, by the clock and of all processors, and how near both gradients are."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        start([str(_TRUTH), name, str(folder)])
        image = np.load(folder / "input.npy")
        runner = Runner(read_model(folder / "model.keras"))
        theirs = _in_tensorflow(folder / "model.keras", image)
    (port,), (output,) = runner.model.inputs, runner.model.outputs
    target, feeds = logits(runner.value(output.value)).value, {port.value: image}
    seed = _largest(runner.run(feeds, [target])[target])

    def ours() -> np.ndarray:
        return gradients(runner, feeds, target, seed, [port.value]).gradients[port.value]

    before = clock()
    found = ours().astype(np.float64)
    prepared = clock() - before
    expected = theirs(seed).astype(np.float64)
    kinds = {"forward": lambda: runner.predict(feeds), "ours": ours, "tensorflow": lambda: theirs(seed)}
    elapsed, busy = _in_turns(kinds, runs)
    lengths = np.linalg.norm(found) * np.linalg.norm(expected)
    return {
        **{f"{kind}_ms": round(1000 * seconds, 1) for kind, seconds in elapsed.items()},
        **{f"{kind}_cpu_ms": round(1000 * seconds, 1) for kind, seconds in busy.items()},
        "by_tensorflow": round(elapsed["ours"] / elapsed["tensorflow"], 2),
        "by_tensorflow_cpu": round(busy["ours"] / busy["tensorflow"], 2),
        "by_forward": round(elapsed["ours"] / elapsed["forward"], 2),
        "prepared_s": round(prepared, 2),
        "cosine": round(float(np.sum(found * expected) / lengths), 7),
        "l2": float(f"{np.linalg.norm(found - expected) / np.linalg.norm(expected):.1e}"),
    }


def _largest(values: np.ndarray) -> np.ndarray:
    seed = np.zeros(values.shape, np.float32)
    seed.flat[values.argmax()] = 1
    return seed


def _in_tensorflow(path: Path, image: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    import keras
    import tensorflow as tf

    model = keras.models.load_model(path, compile=False)
    model.layers[-1].activation = keras.activations.linear
    given = tf.constant(image)

    @tf.function
    def back(seed: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(given)
            total = tf.reduce_sum(model(given, training=False) * seed)
        return tape.gradient(total, given)

    return lambda seed: np.asarray(back(tf.constant(seed)))


def _in_turns(kinds: dict[str, Callable[[], Any]], runs: int) -> tuple[dict[str, float], dict[str, float]]:
    """Median seconds by the clock and of all processors."""
    times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for turn in range(runs + 1):
        for kind, run in kinds.items():
            before, busy = clock(), process_time()
            run()
            if turn:  # the first touches all memory for the first time
                times[kind].append((clock() - before, process_time() - busy))
    elapsed, busy_times = (
        {kind: median(one[at] for one in taken) for kind, taken in times.items()} for at in (0, 1)
    )
    return elapsed, busy_times


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    print(json.dumps({name: compare(name, options.runs) for name in options.networks}, indent=2))


if __name__ == "__main__":
    main()
