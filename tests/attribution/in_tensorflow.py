"""Writes a Keras network, and what TensorFlow finds with gradients of its own for ReLU.

    python tests/attribution/in_tensorflow.py FOLDER

The folder then holds ``net.keras``, ``net.npz`` (its weights) and ``truth.npz``. In a process of its own:
where TensorFlow has derived a convolution and VTK has drawn, the end of the process is not a clean one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf
from keras import layers as k

CLASS = 2
HEIGHT, WIDTH = 20, 15
CHANNEL = 3


def network(chance: np.random.Generator) -> Any:
    """Give a network with noise for weights; there are no ties below its pooling."""
    model = keras.Sequential(
        [
            k.Input((HEIGHT, WIDTH, 2)),
            k.Conv2D(6, (3, 2), padding="same", name="first"),
            k.MaxPooling2D(3, 2, padding="same", name="pool"),
            k.ReLU(name="relu"),
            k.Conv2D(5, 3, name="middle"),
            k.BatchNormalization(name="norm"),
            k.ReLU(name="open"),
            k.Conv2D(7, 3, padding="same", activation="relu", name="last"),
            k.GlobalAveragePooling2D(name="mean"),
            k.Dense(4, activation="softmax", name="dense"),
        ]
    )
    for layer in model.layers:
        drawn = [chance.normal(0, 0.4, tuple(one.shape)).astype(np.float32) for one in layer.weights]
        if layer.name == "norm":
            drawn[3] = np.abs(drawn[3]) + 0.5
        layer.set_weights(drawn)
    return model


def rectifier(flow: str) -> Callable[[Any], Any]:
    @tf.custom_gradient
    def relu(x: Any) -> Any:
        def back(slope: Any) -> Any:
            open_ = tf.cast(x > 0, slope.dtype)
            match flow:
                case "gradient":
                    return slope * open_
                case "guided":
                    return tf.nn.relu(slope) * open_
            return tf.nn.relu(slope)

        return tf.nn.relu(x), back

    return relu  # type: ignore[no-any-return]


def run(held: Mapping[str, list[np.ndarray]], picture: Any, flow: str) -> dict[str, Any]:
    """The network once more, from TensorFlow's own operations."""
    relu = rectifier(flow)
    found = {"": picture, "first": tf.nn.conv2d(picture, held["first"][0], 1, "SAME") + held["first"][1]}
    found["relu"] = relu(tf.nn.max_pool2d(found["first"], 3, 2, "SAME"))
    found["middle"] = tf.nn.conv2d(found["relu"], held["middle"][0], 1, "VALID") + held["middle"][1]
    gamma, beta, mean, variance = held["norm"]
    found["open"] = relu((found["middle"] - mean) / np.sqrt(variance + 1e-3) * gamma + beta)
    found["last"] = relu(tf.nn.conv2d(found["open"], held["last"][0], 1, "SAME") + held["last"][1])
    found["logits"] = tf.reduce_mean(found["last"], (1, 2)) @ held["dense"][0] + held["dense"][1]
    return found


def truth(held: Mapping[str, list[np.ndarray]], picture: np.ndarray) -> dict[str, np.ndarray]:
    """``<flow>`` is the class derived by the picture; ``grad_cam/<layer>`` the map of that layer."""
    made: dict[str, Any] = {"picture": picture}
    fed = tf.constant(picture)
    for flow in ("gradient", "guided", "deconvnet"):
        with tf.GradientTape() as tape:
            tape.watch(fed)
            score = run(held, fed, flow)["logits"][0, CLASS]
        made[flow] = tape.gradient(score, fed)
    for layer in ("first", "open", "last"):
        with tf.GradientTape() as tape:
            tape.watch(fed)
            found = run(held, fed, "gradient")
            score = found["logits"][0, CLASS]
        slope = tape.gradient(score, found[layer])
        made[f"grad_cam/{layer}"] = tf.nn.relu(
            tf.reduce_sum(found[layer][0] * tf.reduce_mean(slope[0], (0, 1)), -1)
        )
    large = tf.image.resize(made["grad_cam/open"][..., None], (HEIGHT, WIDTH), "bilinear")
    made["guided_grad_cam"] = made["guided"] * large[None]
    made["score"] = score
    made["score_of_nothing"] = run(held, tf.zeros_like(fed), "gradient")["logits"][0, CLASS]
    with tf.GradientTape() as tape:
        tape.watch(fed)
        maps = run(held, fed, "deconvnet")["open"]
        peak = float(tf.reduce_max(maps[0, ..., CHANNEL]))
        alone = tf.cast((maps == peak) & (tf.range(5) == CHANNEL), tf.float32)
        # What goes back is the activation itself.
        score = tf.reduce_sum(maps * alone) * peak
    made["feature"] = tape.gradient(score, fed)
    made["feature_place"] = np.argwhere(alone.numpy()[0])[0]
    made["feature_peak"] = peak
    return {name: np.asarray(array) for name, array in made.items()}


def main(folder: Path) -> None:
    chance = np.random.default_rng(11)
    model = network(chance)
    model.save(folder / "net.keras")
    held = {layer.name: [np.array(one) for one in layer.get_weights()] for layer in model.layers}
    np.savez(
        folder / "net.npz",
        allow_pickle=False,
        **{f"{name}_{place}": array for name, arrays in held.items() for place, array in enumerate(arrays)},
    )
    picture = chance.normal(0, 1, (1, HEIGHT, WIDTH, 2)).astype(np.float32)
    np.savez(folder / "truth.npz", allow_pickle=False, **truth(held, picture))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
