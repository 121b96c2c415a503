"""Every layer class against Keras itself, over its settings, in both file formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from explorer3d.formats.keras.layers import KERAS_LAYERS
from explorer3d.formats.keras.layers.aliases import ALIASES
from tests.formats.keras_referee import (
    QUIET,
    TOLERANCE,
    check,
    difference,
    noise_for,
    our_outputs,
    randomise,
)
from tests.formats.keras_sweep import swept

pytestmark = QUIET


def maps(shape: tuple[int | None, ...], *made: Any) -> Any:
    """A model that applies each layer to the same input."""
    source = keras.Input(shape, name="source")
    return keras.Model(source, [layer(source) for layer in made])


def convolutions_2d() -> Any:
    return maps(
        (11, 14, 6),
        k.Conv2D(5, 3),
        k.Conv2D(5, (3, 2), padding="same", activation="relu"),
        k.Conv2D(5, (4, 3), strides=(2, 3), padding="same", use_bias=False),
        k.Conv2D(5, (4, 5), strides=(3, 2), padding="valid", activation="tanh"),
        k.Conv2D(5, 1, strides=3, padding="same"),
        k.Conv2D(5, (2, 3), dilation_rate=(3, 2), padding="same"),
        k.Conv2D(5, (2, 3), dilation_rate=2),
        k.Conv2D(9, (3, 2), groups=3, padding="same"),
        k.DepthwiseConv2D((3, 2)),
        k.DepthwiseConv2D((3, 2), strides=2, padding="same", depth_multiplier=3, use_bias=False),
        k.DepthwiseConv2D(4, dilation_rate=2, padding="same", depth_multiplier=2, activation="elu"),
        k.SeparableConv2D(5, (3, 2)),
        k.SeparableConv2D(5, (2, 5), strides=2, padding="same", depth_multiplier=3, activation="selu"),
        k.SeparableConv2D(5, 3, padding="same", dilation_rate=2, use_bias=False),
    )


def convolutions_1d() -> Any:
    return maps(
        (13, 6),
        k.Conv1D(5, 3),
        k.Conv1D(5, 4, padding="same", activation="sigmoid"),
        k.Conv1D(5, 4, strides=3, padding="same", use_bias=False),
        k.Conv1D(5, 3, padding="causal", dilation_rate=2),
        k.Conv1D(4, 2, groups=2, dilation_rate=3),
        k.DepthwiseConv1D(4, strides=2, padding="same", depth_multiplier=3),
        k.SeparableConv1D(5, 4, padding="same", strides=3, depth_multiplier=2),
    )


def convolutions_3d() -> Any:
    return maps(
        (7, 8, 9, 4),
        k.Conv3D(5, (2, 3, 4), padding="same", strides=(3, 2, 1)),
        k.MaxPooling3D((2, 3, 2), padding="same"),
        k.AveragePooling3D((3, 2, 2), strides=2, padding="same"),
        k.GlobalAveragePooling3D(),
        k.GlobalMaxPooling3D(keepdims=True),
        k.ZeroPadding3D(((1, 2), (0, 3), (2, 0))),
        k.Cropping3D(((1, 2), (0, 3), (2, 0))),
        k.UpSampling3D((2, 1, 3)),
        k.SpatialDropout3D(0.5),
    )


def open_sizes() -> Any:
    """Height and width are not in the file."""
    source = keras.Input((None, None, 3), name="source")
    made = [
        k.Conv2D(5, (4, 3), strides=(2, 3), padding="same"),
        k.Conv2D(5, (4, 2), padding="same"),
        k.MaxPooling2D((3, 2), padding="same"),
        k.AveragePooling2D(3, strides=2, padding="same"),
        k.ZeroPadding2D(2),
        k.UpSampling2D(2),
        k.UpSampling2D(3, interpolation="bilinear"),
        k.Cropping2D(1),
        k.Reshape((-1, 3)),
        k.GlobalAveragePooling2D(),
    ]
    return keras.Model(source, [layer(source) for layer in made])


def pools() -> Any:
    return maps(
        (11, 14, 3),
        k.MaxPooling2D(),
        k.MaxPooling2D((3, 2), strides=(1, 3), padding="same"),
        k.MaxPooling2D(3, strides=2),
        k.AveragePooling2D((2, 3)),
        k.AveragePooling2D((4, 3), strides=(3, 2), padding="same"),
        k.GlobalAveragePooling2D(),
        k.GlobalAveragePooling2D(keepdims=True),
        k.GlobalMaxPooling2D(),
        k.GlobalMaxPooling2D(keepdims=True),
    )


def sequences() -> Any:
    return maps(
        (13, 5),
        k.MaxPooling1D(3, padding="same"),
        k.AveragePooling1D(3, strides=2, padding="same"),
        k.GlobalAveragePooling1D(),
        k.GlobalMaxPooling1D(),
        k.ZeroPadding1D((1, 4)),
        k.Cropping1D((2, 3)),
        k.UpSampling1D(3),
        k.SpatialDropout1D(0.5),
    )


def normalizations() -> Any:
    shape = (5, 7, 4)
    mean = np.array([[0.5], [-1], [2], [0], [1]], np.float32)
    return maps(
        shape,
        k.BatchNormalization(),
        k.BatchNormalization(axis=1, epsilon=0.1),
        k.BatchNormalization(axis=2, scale=False),
        k.BatchNormalization(axis=-2, center=False),
        k.BatchNormalization(scale=False, center=False),
        k.Rescaling(1 / 127.5, offset=-1),
        k.Rescaling([0.5, 1.0, 2.0, 3.0], offset=[1.0, 2.0, 3.0, 4.0]),
        k.Normalization(),
        k.Normalization(axis=(1, 3)),
        k.Normalization(axis=None, mean=0.5, variance=4.0),
        k.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[0.5, 1.0, 2.0, 0.0001]),
        k.Normalization(
            axis=(1, 2), mean=mean * np.ones(7, np.float32), variance=4 + mean * np.ones(7, np.float32)
        ),
        k.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[0.5, 1.0, 2.0, 4.0], invert=True),
    )


def dense() -> Any:
    source = keras.Input((6,), name="source")
    sequence = keras.Input((5, 6), name="sequence")
    return keras.Model(
        [source, sequence],
        [
            k.Dense(4)(source),
            k.Dense(4, use_bias=False, activation="softmax")(source),
            k.BatchNormalization()(source),
            k.RepeatVector(3)(source),
            k.Dense(3, activation="gelu")(sequence),
            k.Dense(3, use_bias=False)(sequence),
            k.Flatten()(sequence),
            k.Permute((2, 1))(sequence),
        ],
    )


def shapes() -> Any:
    return maps(
        (5, 6, 4),
        k.Flatten(),
        k.Reshape((10, 12)),
        k.Reshape((-1, 2, 3)),
        k.Permute((3, 1, 2)),
        k.ZeroPadding2D(),
        k.ZeroPadding2D((2, 1)),
        k.ZeroPadding2D(((1, 2), (3, 0))),
        k.Cropping2D(((1, 2), (3, 0))),
        k.UpSampling2D(),
        k.UpSampling2D((3, 2)),
        k.UpSampling2D((3, 2), interpolation="bilinear"),
    )


def nothing() -> Any:
    return maps(
        (5, 6, 4),
        k.Dropout(0.9),
        k.SpatialDropout2D(0.9),
        k.GaussianNoise(0.9),
        k.GaussianDropout(0.5),
        k.AlphaDropout(0.5),
        k.ActivityRegularization(l1=1.0),
        k.Activation("linear"),
    )


def activation_layers() -> Any:
    source = keras.Input((3, 5, 4), name="source")
    # Beyond the largest max_value.
    wide = k.Rescaling(4.0)(source)
    made = [
        k.ReLU(),
        k.ReLU(max_value=1.5),
        k.ReLU(max_value=6),
        k.ReLU(negative_slope=0.3),
        k.ReLU(max_value=0.8, negative_slope=0.1, threshold=0.4),
        k.ReLU(threshold=0.5),
        k.LeakyReLU(),
        k.LeakyReLU(negative_slope=0.05),
        k.PReLU(),
        k.PReLU(shared_axes=[1, 2]),
        k.ELU(0.7),
        k.Softmax(),
        k.Softmax(axis=1),
        k.Softmax(axis=(1, 2)),
        k.Conv2D(2, 2, activation=k.LeakyReLU(negative_slope=0.4)),
    ]
    return keras.Model(source, [layer(wide) for layer in made])


def activations() -> Any:
    source = keras.Input((4, 9), name="source")
    names = (
        "celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear "
        "log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign "
        "squareplus swish tanh tanh_shrink"
    )
    # Beyond 6 and below -3, where some functions have their corners.
    wide = k.Rescaling(4.0)(source)
    return keras.Model(source, [k.Activation(name, name=f"{name}_")(wide) for name in names.split()])


def merges() -> Any:
    sources = [keras.Input((5, 6, 3), name=name) for name in ("first", "second", "third")]
    one, other, third = (k.Conv2D(4, 3, padding="same")(source) for source in sources)
    narrow = k.Conv2D(3, 1)(one)
    vector = k.GlobalAveragePooling2D()(other)
    single = k.Reshape((1, 1, 4))(vector)
    return keras.Model(
        sources,
        [
            k.Add()([one, other]),
            k.Add()([one, other, third]),
            k.Multiply()([one, other, third]),
            k.Multiply()([one, single]),
            k.Multiply()([vector, one]),
            k.Subtract()([one, other]),
            k.Average()([one, other, third]),
            k.Maximum()([one, other, third]),
            k.Minimum()([one, other]),
            k.Concatenate()([one, narrow, other]),
            k.Concatenate(axis=1)([one, other]),
        ],
    )


def channels_first() -> Any:
    return maps(
        (6, 11, 14),
        k.Conv2D(5, (4, 3), padding="same", data_format="channels_first", activation="relu"),
        k.Conv2D(5, (4, 3), strides=(2, 3), data_format="channels_first"),
        k.SeparableConv2D(5, (2, 5), depth_multiplier=3, data_format="channels_first"),
        k.DepthwiseConv2D((2, 5), depth_multiplier=2, padding="same", data_format="channels_first"),
        k.MaxPooling2D((3, 2), padding="same", data_format="channels_first"),
        k.AveragePooling2D((3, 2), padding="same", data_format="channels_first"),
        k.GlobalAveragePooling2D(data_format="channels_first"),
        k.GlobalMaxPooling2D(data_format="channels_first", keepdims=True),
        k.ZeroPadding2D(((1, 2), (3, 0)), data_format="channels_first"),
        k.Cropping2D(((1, 2), (3, 0)), data_format="channels_first"),
        k.UpSampling2D((3, 2), data_format="channels_first"),
        k.UpSampling2D((3, 2), data_format="channels_first", interpolation="bilinear"),
        k.Flatten(data_format="channels_first"),
        k.BatchNormalization(axis=1),
    )


MODELS: list[Callable[[], Any]] = [
    activation_layers,
    activations,
    channels_first,
    convolutions_1d,
    convolutions_2d,
    convolutions_3d,
    dense,
    merges,
    normalizations,
    nothing,
    open_sizes,
    pools,
    sequences,
    shapes,
]


@pytest.mark.parametrize("make", MODELS)
def test_every_layer_gives_what_keras_gives(make: Callable[[], Any], tmp_path: Path) -> None:
    model = make()
    randomise(model)
    for name in ("model.h5", "model.keras"):
        check(model, tmp_path / name)


@pytest.mark.parametrize("layer", [k.Conv2D, k.SeparableConv2D])
def test_channels_first_means_the_same_as_channels_last(layer: Any, tmp_path: Path) -> None:
    """TensorFlow itself miscounts its padding for NCHW on a CPU when strides meet "same"."""
    first, last = keras.Input((6, 11, 14)), keras.Input((11, 14, 6))
    settings = {"filters": 5, "kernel_size": (4, 3), "strides": 2, "padding": "same", "name": "conv"}
    model = keras.Model(first, layer(**settings, data_format="channels_first")(first))
    twin = keras.Model(last, layer(**settings)(last))
    randomise(model)
    twin.set_weights(model.get_weights())
    model.save(tmp_path / "model.keras")
    ((name, array),) = noise_for(model).items()
    ours = our_outputs(read_model(tmp_path / "model.keras"), {name: array})["conv"]
    theirs = np.asarray(twin(array.transpose(0, 2, 3, 1))).transpose(0, 3, 1, 2)
    assert difference(ours, theirs) <= TOLERANCE


def test_every_class_is_tried() -> None:
    tried = {type(layer).__name__ for make in MODELS for layer in make().layers}
    only_keras_2 = {
        "CuDNNGRU",
        "CuDNNLSTM",
        "RandomHeight",
        "RandomWidth",
        "ThresholdedReLU",
        "Addons>GroupNormalization",
        "Addons>InstanceNormalization",
        "Addons>SpectralNormalization",
    }
    # Keras 3 cannot put it into a functional model.
    apart = {"Equalization"}
    assert (tried | swept()) - {"InputLayer"} == set(KERAS_LAYERS) - only_keras_2 - apart - set(ALIASES)


def test_other_names_mean_what_they_mean_in_keras() -> None:
    in_keras = {name: of.__name__ for name, of in vars(k).items() if isinstance(of, type)}
    assert {alias: in_keras[alias] for alias in ALIASES if alias in in_keras}.items() <= ALIASES.items()
    others = {alias for alias, name in in_keras.items() if alias != name and name in KERAS_LAYERS}
    assert others <= set(ALIASES) | {"GroupQueryAttention"}
