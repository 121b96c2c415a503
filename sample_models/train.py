"""Train the sample network on Fashion-MNIST and write everything that is shipped of it.

``python sample_models/train.py`` needs the extra ``keras`` and the Debian package
``dataset-fashion-mnist`` (or its four ``idx`` files in another folder, see ``--data``).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import shutil
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
DATA = Path("/usr/share/datasets/fashion-mnist")
SEED = 2026
EPOCHS = 12
BATCH = 128
CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


def read_idx(path: Path) -> np.ndarray:
    """Read a gzipped idx file of bytes.

    Parameters
    ----------
    path : Path

    Returns
    -------
    uint8 array
        Of the shape the file states, such as (60000, 28, 28).

    References
    ----------
    http://yann.lecun.com/exdb/mnist/, "the idx file format"
    """
    with gzip.open(path) as file:
        raw = file.read()
    if raw[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path.name} is not an idx file of bytes.")
    rank = raw[3]
    shape = np.frombuffer(raw, dtype=">u4", count=rank, offset=4)
    return np.frombuffer(raw, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_split(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (N, 28, 28) and classes (N,), both uint8; `split` is ``train`` or ``t10k``."""
    return (
        read_idx(folder / f"{split}-images-idx3-ubyte.gz"),
        read_idx(folder / f"{split}-labels-idx1-ubyte.gz"),
    )


def scaled(pictures: np.ndarray) -> np.ndarray:
    """(N, 28, 28) bytes to (N, 28, 28, 1) floats in 0..1."""
    return pictures[..., np.newaxis].astype(np.float32) / np.float32(255)


def lenet():  # type: ignore[no-untyped-def]
    """LeNet-5 (LeCun et al. 1998) with the ReLU and max pooling of today."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(6, 5, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(16, 5, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="relu", name="fc1"),
            layers.Dense(84, activation="relu", name="fc2"),
            layers.Dense(10, activation="softmax", name="classes"),
        ],
        name="lenet_fashion",
    )


def alexnet():  # type: ignore[no-untyped-def]
    """AlexNet (Krizhevsky et al. 2012) in one column, under the layer names Keras gives by itself."""
    import keras
    from keras import layers

    keras.backend.clear_session()
    return keras.Sequential(
        [
            keras.Input((224, 224, 3), name="image"),
            layers.Conv2D(96, 11, strides=4, activation="relu"),
            layers.MaxPooling2D(3, strides=2),
            layers.Conv2D(256, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(3, strides=2),
            layers.Conv2D(384, 3, padding="same", activation="relu"),
            layers.Conv2D(384, 3, padding="same", activation="relu"),
            layers.Conv2D(256, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(3, strides=2),
            layers.Flatten(),
            layers.Dense(4096, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(4096, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10),
        ],
        name="alexnet",
    )


def train_lenet(data: Path, out: Path) -> None:
    """Train for `EPOCHS` epochs; the accuracy written down is the last epoch's, not the best one's."""
    import keras

    keras.utils.set_random_seed(SEED)
    keras.config.disable_interactive_logging()
    x, y = read_split(data, "train")
    x_test, y_test = read_split(data, "t10k")
    model = lenet()
    # An uncompiled twin does the saving: the optimiser's moments would triple every file.
    shipped = lenet()
    steps = EPOCHS * math.ceil(len(x) / BATCH)
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    epochs = out / "lenet_fashion.epochs"
    shutil.rmtree(epochs, ignore_errors=True)
    epochs.mkdir(parents=True)
    history = []

    def keep(epoch: int) -> None:
        loss, accuracy = model.evaluate(scaled(x_test), y_test, batch_size=1000)
        shipped.set_weights(model.get_weights())
        shipped.save_weights(epochs / f"epoch_{epoch:02d}.weights.h5")
        history.append({"epoch": epoch, "test_loss": round(loss, 4), "test_accuracy": round(accuracy, 4)})
        print(history[-1], flush=True)

    keep(0)
    model.fit(
        scaled(x),
        y,
        batch_size=BATCH,
        epochs=EPOCHS,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: keep(epoch + 1))],
    )
    (epochs / "history.json").write_text(
        "[\n" + ",\n".join("  " + json.dumps(row) for row in history) + "\n]\n", encoding="utf-8"
    )
    shipped.save(out / "lenet_fashion.h5")
    shipped.save(out / "lenet_fashion.keras")
    (out / "lenet_fashion.labels.txt").write_text("\n".join(CLASSES) + "\n", encoding="utf-8")
    write_pictures(x_test, y_test, out / "pictures")


def write_pictures(pictures: np.ndarray, classes: np.ndarray, folder: Path) -> None:
    """Write the first test picture of every class, whether the network recognises it or not."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(CLASSES):
        first = int(np.flatnonzero(classes == index)[0])
        short = name.split("/")[0].lower().replace(" ", "_")
        Image.fromarray(pictures[first]).save(folder / f"fashion_{index}_{short}.png", optimize=True)


def write_onnx(keras_file: Path, out: Path) -> None:
    """Save what this project's own Keras reader makes of the file, in ONNX' channels-first order.

    The reader puts a Transpose on either side of every convolution and pooling; onnxruntime's basic
    optimisation takes all but the first and the last away.
    """
    import onnx
    import onnx_ir as ir
    import onnxruntime

    from explorer3d.formats import read_model

    ir.save(read_model(keras_file).ir, out)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(out)
    onnxruntime.InferenceSession(out.read_bytes(), options)
    model = onnx.load(out)
    standard = [opset for opset in model.opset_import if opset.domain == ""]
    del model.opset_import[:]
    model.opset_import.extend(standard)
    model.producer_name = "explorer3d"
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, out)


def write_alexnet(out: Path, data: Path | None) -> None:
    """Write AlexNet, trained for a moment on enlarged Fashion-MNIST pictures if `data` is given."""
    import keras

    keras.utils.set_random_seed(SEED)
    model = alexnet()
    if data is not None:
        import tensorflow as tf

        x, y = read_split(data, "train")

        def enlarge(picture, label):  # type: ignore[no-untyped-def]
            return tf.repeat(tf.image.resize(picture, (224, 224)), 3, axis=-1), label

        rows = tf.data.Dataset.from_tensor_slices((scaled(x[:6400]), y[:6400])).map(enlarge).batch(32)
        model.compile(
            keras.optimizers.SGD(0.01, momentum=0.9),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        model.fit(rows, epochs=1)
    model.save(out, include_optimizer=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder with the idx files")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    parser.add_argument(
        "--onnx", action="store_true", help="only write lenet_fashion.onnx from lenet_fashion.h5"
    )
    parser.add_argument("--alexnet", type=Path, metavar="OUT.h5", help="only write AlexNet (190 MB)")
    parser.add_argument("--train", action="store_true", help="train AlexNet for a moment first")
    options = parser.parse_args()
    if options.alexnet:
        write_alexnet(options.alexnet, options.data if options.train else None)
        return
    if not options.onnx:
        train_lenet(options.data, options.out)
    write_onnx(options.out / "lenet_fashion.h5", options.out / "lenet_fashion.onnx")


if __name__ == "__main__":
    main()
