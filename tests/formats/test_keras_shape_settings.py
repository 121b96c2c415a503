"""Activations, shapes and preprocessing: forms that only old files have, and settings that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer3d.formats import read_model
from explorer3d.formats.keras.layers import interpolation
from explorer3d.graph.model import Model
from tests.formats.keras_files import layer, sequential, write_h5
from tests.formats.keras_referee import difference, our_outputs

HUGE = 2**30
PICTURE = [7, 9, 3]


def opened(
    path: Path, class_name: str, config: dict[str, Any], shape: list[Any], dtype: str, version: str
) -> Model:
    source = layer("InputLayer", "x", batch_shape=[None, *shape], dtype=dtype)
    return read_model(
        write_h5(path / "m.h5", sequential(source, layer(class_name, "one", **config)), {}, version=version)
    )


def function(name: str, **keys: Any) -> dict[str, Any]:
    return {"class_name": "function", "config": name, "registered_name": "function"} | keys


@pytest.mark.parametrize(
    ("given", "version", "expected"),
    [
        (function("relu", module="builtins"), "3.15.0", [0, 0, 2]),
        (function("relu", module="keras.activations"), "3.15.0", [0, 0, 2]),
        ({"class_name": "LeakyReLU", "config": {"alpha": 0.5}}, "2.9.0", [-0.5, 0, 2]),
        (
            {"class_name": "LeakyReLU", "config": {"negative_slope": 0.25}, "module": "keras.layers"},
            "3",
            [-0.25, 0, 2],
        ),
        ({"class_name": "ReLU", "config": {"max_value": 1.0}}, "2.9.0", [0, 0, 1]),
        (None, "2.9.0", [-1, 0, 2]),
        ("hard_sigmoid", "2.9.0", [0.3, 0.5, 0.9]),
        ("hard_sigmoid", "3.15.0", [1 / 3, 0.5, 5 / 6]),
    ],
)
def test_forms_of_an_activation(given: Any, version: str, expected: list[float], tmp_path: Path) -> None:
    model = opened(tmp_path, "Activation", {"activation": given}, [3], "float32", version)
    x = np.array([[-1, 0, 2]], np.float32)
    assert difference(our_outputs(model, {"x": x})["one"], np.array([expected])) <= 1e-6


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (function("relu", module="their_own_code"), "activation relu is not known"),
        (function("Custom>swish"), "activation Custom>swish is not known"),
        ({"class_name": "__lambda__", "config": {"value": "4wEA"}}, "Python code hidden in the file"),
        ({"class_name": "PReLU", "config": {}}, "activation PReLU is not known"),
        ("glu", "halves 3 channels"),
        (7, "activation 7 is not known"),
    ],
)
def test_activations_that_are_not_keras_own(given: Any, said: str, tmp_path: Path) -> None:
    model = opened(tmp_path, "Activation", {"activation": given}, [3], "float32", "3.15.0")
    assert said in str(model.layers[0].reason)


@pytest.mark.parametrize(
    ("class_name", "config", "shape", "said"),
    [
        ("Resizing", {"height": 3, "width": 4}, [7, 9], "input has 3 axes, but 4 are needed"),
        ("Resizing", {"height": 0, "width": 4}, PICTURE, "must be positive"),
        ("Resizing", {"height": HUGE, "width": 4, "interpolation": "nearest"}, PICTURE, "too large a table"),
        ("Resizing", {"height": HUGE, "width": 4, "interpolation": "lanczos5"}, PICTURE, "too large a table"),
        ("Resizing", {"height": 3, "width": 4, "interpolation": "spline"}, PICTURE, "spline is not known"),
        (
            "Resizing",
            {"height": 3, "width": 4, "interpolation": "bicubic"},
            [None, None, 3],
            "needs the size",
        ),
        (
            "Resizing",
            {"height": 3, "width": 4, "crop_to_aspect_ratio": True},
            [None, None, 3],
            "size of its input",
        ),
        (
            "Resizing",
            {"height": 3, "width": 4, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
            PICTURE,
            "both crops and pads",
        ),
        ("CenterCrop", {"height": 3}, PICTURE, "width is not a whole number"),
        ("UpSampling2D", {"size": HUGE}, PICTURE, "would be of shape"),
        ("UpSampling2D", {"interpolation": "lanczos3"}, [None, None, 3], "needs the size"),
        ("Dot", {"axes": 1}, [4], "has 1 inputs"),
        ("Reshape", {"target_shape": [5, 5]}, PICTURE, "does not fit"),
        ("Reshape", {"target_shape": [-1, -1]}, PICTURE, "is not valid"),
        ("Permute", {"dims": [1, 2]}, PICTURE, "do not fit"),
        ("Cropping2D", {"cropping": 4}, PICTURE, "crops 8 off"),
        ("EinsumDense", {"equation": "ab,bc", "output_shape": 3}, [4], "none of Keras'"),
        (
            "EinsumDense",
            {"equation": "abc,cd->abd", "output_shape": [3]},
            [4],
            "does not fit an input of rank 2",
        ),
        ("EinsumDense", {"equation": "ab,bc->ca", "output_shape": 3}, [4], "moves the batch"),
        ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": [3, 4]}, [4], "does not fit its equation"),
        ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": HUGE}, [4], "kernel is not in the file"),
        ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "z"}, [4], "bias_axes"),
        ("CategoryEncoding", {"num_tokens": HUGE}, [4], "too much memory"),
        ("CategoryEncoding", {"num_tokens": 4}, PICTURE, "to encode rows"),
        ("CategoryEncoding", {"num_tokens": 4, "output_mode": "ragged"}, [4], "output_mode ragged"),
        ("Discretization", {"num_bins": 4}, [4], "bin_boundaries are not in the file"),
        ("Discretization", {"bin_boundaries": [1e300]}, [4], "not made of numbers"),
        ("IntegerLookup", {}, [4], "vocabulary is not in the file"),
        ("IntegerLookup", {"vocabulary": ["a"]}, [4], "not made of whole numbers"),
        ("IntegerLookup", {"vocabulary": [2**70]}, [4], "too large"),
        ("IntegerLookup", {"vocabulary": [1, 1]}, [4], "a token twice"),
        ("StringLookup", {"vocabulary": ["a"]}, [4], "not made of words"),
        ("AutoContrast", {"value_range": [3, 3]}, PICTURE, "value_range"),
        ("STFTSpectrogram", {"frame_length": 4}, [40, 2], "real_kernel is not in the file"),
        ("MelSpectrogram", {"fft_length": HUGE}, [40], "too much memory"),
        ("MelSpectrogram", {"fft_length": 16, "window": "kaiser"}, [40], "window kaiser"),
        ("Pipeline", {"layers": 3}, PICTURE, "not a list of layers"),
        (
            "LocallyConnected2D",
            {"filters": HUGE, "kernel_size": 2, "implementation": 2},
            PICTURE,
            "too many places",
        ),
    ],
)
def test_settings_that_cannot_be(
    class_name: str, config: dict[str, Any], shape: list[Any], said: str, tmp_path: Path
) -> None:
    model = opened(tmp_path, class_name, config, shape, "float32", "3.15.0")
    assert said in str(model.layers[0].reason)


def test_words_where_numbers_are_needed(tmp_path: Path) -> None:
    for class_name in ("ReLU", "ZeroPadding2D", "UpSampling2D", "Rescaling"):
        model = opened(tmp_path, class_name, {"padding": 1}, PICTURE, "string", "3.15.0")
        assert "made of words" in str(model.layers[0].reason)


def test_interpolations_of_keras_2_only() -> None:
    """The neighbours' weights by hand, of places a whole step apart."""
    far = np.exp(-2.0)
    np.testing.assert_allclose(
        interpolation.weights("gaussian", 2, 2), np.array([[1, far], [far, 1]]) / (1 + far), atol=1e-6
    )
    # 8/9 in the middle and 1/18 a step away.
    mitchell = np.array([[16, 1], [1, 16]]) / 17
    np.testing.assert_allclose(interpolation.weights("mitchellcubic", 2, 2), mitchell, atol=1e-6)


def test_a_random_crop_of_keras_2_cuts_and_resizes(tmp_path: Path) -> None:
    model = opened(tmp_path, "RandomCrop", {"height": 2, "width": 4}, [4, 4, 1], "float32", "2.15.0")
    x = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    # Of the same proportions as the result, out of the middle: the two rows there.
    np.testing.assert_array_equal(our_outputs(model, {"x": x})["one"], x[:, 1:3])
