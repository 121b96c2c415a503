#!/usr/bin/env python3
"""How far gradients of the light networks of the onnx package are from TensorFlow's in float64.

    python tests/benchmarks/gradient_errors.py [NETWORK ...]

Of the largest logit by the picture, with noise for weights; ours and TensorFlow's in float32. Of each network
as it is, where float32 may decide otherwise at a ReLU or a largest value, and smoothed: Softplus in the place
of Relu, averages in the place of largest values. Prints JSON. Needs the extra `keras`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import onnx

from explorer3d.compute.gradient import gradients
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from tests.compute.gradient.in_tensorflow import LIGHT, Network


def errors(name: str, *, smooth: bool) -> dict[str, float]:
    """The largest difference by the largest amount, ours and theirs; and how near ours is as a whole."""
    network = Network(name, smooth=smooth)
    feeds = {network.input: network.image}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        onnx.save(network.proto, path)
        runner = Runner(read_model(path))
        values = runner.run(feeds, [network.logits])[network.logits]
        seed = np.zeros(values.shape, np.float32)
        seed.flat[values.argmax()] = 1
        answer = gradients(runner, feeds, network.logits, seed, [network.input])
    found = answer.gradients[network.input].astype(np.float64)
    exact, theirs = (network.gradient(seed, kind) for kind in (np.float64, np.float32))
    ours, other = (float(np.max(np.abs(one - exact)) / np.max(np.abs(exact))) for one in (found, theirs))
    lengths = np.linalg.norm(found) * np.linalg.norm(exact)
    return {
        "ours": float(f"{ours:.1e}"),
        "tensorflow": float(f"{other:.1e}"),
        "by_tensorflow": round(ours / other, 2),
        "cosine": round(float(np.sum(found * exact) / lengths), 7),
        "l2": float(f"{np.linalg.norm(found - exact) / np.linalg.norm(exact):.1e}"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = sorted(path.stem.removeprefix("light_") for path in LIGHT.glob("light_*.onnx"))
    parser.add_argument("networks", nargs="*", default=known)
    found = {}
    for name in parser.parse_args().networks:
        found[name] = {"smoothed": errors(name, smooth=True), "real": errors(name, smooth=False)}
        print(f"{name} {found[name]}", file=sys.stderr)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
