"""Writes files with Keras into the folder ``argv[1]``; a process of its own, since TensorFlow and OpenGL
get in each other's way. What Keras itself computes lies beside each as ``.npz``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def spectrogram() -> Any:
    """Sound to three scores, through a layer that only Keras has."""
    sound = keras.Input((400, 1), name="sound")
    x = layers.STFTSpectrogram(frame_length=64, frame_step=32, fft_length=64, expand_dims=True, name="stft")(
        sound
    )
    x = layers.Conv2D(4, (3, 5), name="conv")(x)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.Dense(3, name="scores")(layers.Flatten(name="flat")(x))
    model = keras.Model(sound, x)
    noise = np.random.default_rng(5)
    for weight in model.get_layer("bn").weights:
        weight.assign(noise.uniform(0.5, 2.0, weight.shape))
    return model


def words() -> Any:
    """Words to vectors, through a table."""
    lookup = layers.StringLookup(vocabulary=["cat", "dog", "eel"], name="lookup")
    vectors = layers.Embedding(8, 5, name="vectors")
    return keras.Sequential([keras.Input((3,), dtype="string", name="word"), lookup, vectors])


def with_code(canary: Path) -> Any:
    """A Lambda layer whose code leaves a file behind when it is run."""
    x = keras.Input((3,), name="x")
    model = keras.Model(x, layers.Lambda(lambda x, name=str(canary): (open(name, "w").close(), x)[1])(x))
    canary.unlink()
    return model


class Writer(tf.Module):
    """A SavedModel that writes a file when it is run."""

    def __init__(self, canary: Path) -> None:
        super().__init__()
        self.canary = str(canary)
        self.factor = tf.Variable([2.0, 3.0])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])
    def serve(self, x: Any) -> Any:
        tf.io.write_file(self.canary, tf.constant("written"))
        return {"y": x * self.factor}


def main(folder: Path) -> None:
    keras.utils.set_random_seed(3)
    noise = np.random.default_rng(4)
    model, sound = spectrogram(), noise.normal(0, 1, (2, 400, 1)).astype(np.float32)
    model.save(folder / "sound.h5")
    model.save(folder / "sound.keras")
    model.export(folder / "sound_saved", verbose=False)
    np.savez(folder / "sound.npz", x=sound, y=model.predict(sound, verbose=0))

    model, text = words(), np.array([["cat", "eel", "yak"], ["dog", "cat", "dog"]])
    model.save(folder / "words.keras")
    np.savez(folder / "words.npz", x=text, y=model.predict(tf.constant(text), verbose=0))

    number = keras.Input((3,), dtype="int64", name="number")
    keras.Model(number, layers.Hashing(5, name="hash")(number)).save(folder / "hash.keras")
    for name in ("code.h5", "code.keras"):
        with_code(folder / "canary").save(folder / name)
    writer = Writer(folder / "canary")
    tf.saved_model.save(writer, folder / "writes", signatures=writer.serve)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
