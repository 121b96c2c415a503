"""How high activation maximisation climbs in some steps, ours and tf-keras-vis', for filters of a layer.

    python tests/benchmarks/ascents.py MODEL.h5 PICTURE LAYER [--filters 16] [--steps 128]

Both start at noise within the range of what is fed, and take as many steps; the activation of a filter, its
mean over the map, is then Keras' own, of the pictures as they are. ``bare`` is without what holds pictures
back (smoothing, decay, total variation, norm). Needs `pip install tf-keras-vis`, and TensorFlow.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from explorer3d.attribution import attribute
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.inputs import adjusted, feeds_for
from tests.benchmarks.processes import clock

BARE = {"smoothing": 0, "decay": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("layer")
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--steps", type=int, default=128)
    options = parser.parse_args()
    model = read_model(options.model)
    feeds = dict(feeds_for(model, options.picture, adjusted(model, {})).arrays)
    (fed,) = feeds.values()
    limits = float(fed.min()), float(fed.max())
    runner = Runner(model)
    pictures, seconds = {}, {}
    for name, further in (("ours", {}), ("ours_bare", BARE)):
        settings = {"channels": f"first {options.filters}", "steps": options.steps, **further}
        began = clock()
        found = attribute(runner, feeds, "layer_maximisation", layer=options.layer, settings=settings)
        pictures[name], seconds[name] = found.array, clock() - began
    keras_model, peers = _peer(options, fed.shape[1:], limits, len(pictures["ours"]))
    for name, (grown, taken) in peers.items():
        pictures[name], seconds[name] = grown, taken
    reached = {name: _reached(keras_model, one) for name, one in pictures.items()}
    noise = np.random.default_rng(0).normal(
        sum(limits) / 2, 0.1 * (limits[1] - limits[0]), (1, *fed.shape[1:])
    )
    start = keras_model(noise.astype(np.float32)).numpy().mean(axis=(0, 1, 2))[: len(pictures["ours"])]
    table = {
        name: {
            "mean": float(one.mean()),
            "higher_than_peer": int((one > reached["peer"]).sum()),
            "higher_than_peer_bare": int((one > reached["peer_bare"]).sum()),
            "seconds": round(seconds[name], 2),
        }
        for name, one in reached.items()
    }
    said = {
        "layer": options.layer,
        "filters": len(start),
        "steps": options.steps,
        "noise": float(start.mean()),
    }
    print(json.dumps({**said, **table}, indent=1))


def _peer(
    options: argparse.Namespace, shape: tuple[int, ...], limits: tuple[float, float], filters: int
) -> tuple[Any, dict[str, tuple[np.ndarray, float]]]:
    import keras
    import tensorflow as tf
    from tf_keras_vis.activation_maximization import ActivationMaximization
    from tf_keras_vis.activation_maximization.input_modifiers import Jitter, Rotate2D
    from tf_keras_vis.activation_maximization.regularizers import Norm, TotalVariation2D
    from tf_keras_vis.utils.scores import CategoricalScore

    whole = keras.models.load_model(options.model, compile=False)
    part = keras.Model(whole.inputs, whole.get_layer(options.layer).output)
    start = tf.random.stateless_uniform((filters, *shape), (0, 0), *limits)
    size = limits[1] - limits[0]
    usual = [TotalVariation2D(weight=1.0), Norm(weight=0.3, p=1)]
    found = {}
    for name, regularizers in (("peer", usual), ("peer_bare", [])):
        began = clock()
        grown = ActivationMaximization(part, clone=False)(
            CategoricalScore(list(range(filters))),
            seed_input=start,
            input_range=limits,
            # Its usual ones are made for pictures of 224 pixels and numbers up to 255.
            input_modifiers=[Jitter(jitter=max(round(4 * shape[0] / 224), 1)), Rotate2D(degree=1)],
            regularizers=regularizers,
            optimizer=keras.optimizers.RMSprop(size / 255, rho=0.999),
            steps=options.steps,
        )
        found[name] = np.clip(np.asarray(grown), *limits), clock() - began
    return part, found


def _reached(part: Any, pictures: np.ndarray) -> np.ndarray:
    """(filters,) array: what each filter says of its own picture."""
    given = np.asarray(part(pictures.astype(np.float32))).mean(axis=(1, 2))
    return np.asarray(given[np.arange(len(pictures)), np.arange(len(pictures))])


if __name__ == "__main__":
    main()
