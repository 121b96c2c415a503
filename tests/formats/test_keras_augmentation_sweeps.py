"""What happens at random in training only: nothing is left of it at inference, over drawn arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats import keras_files
from tests.formats.keras_referee import QUIET, our_outputs
from tests.formats.keras_sweep import drawn, sizes, sweep

pytestmark = QUIET

Settings = Callable[[np.random.Generator], dict[str, Any]]


def _share(noise: np.random.Generator) -> float:
    return float(noise.uniform(0.05, 0.95))


def _factor(noise: np.random.Generator) -> dict[str, Any]:
    return {"factor": _share(noise)}


def _ranges(noise: np.random.Generator) -> dict[str, Any]:
    return {"factor": _share(noise), "value_range": drawn(noise, (0, 255), (0, 1), (-1, 1))}


def _moved(noise: np.random.Generator) -> dict[str, Any]:
    return {
        "height_factor": _share(noise),
        "width_factor": (-_share(noise), _share(noise)),
        "fill_mode": drawn(noise, "constant", "nearest", "wrap", "reflect"),
        "interpolation": drawn(noise, "nearest", "bilinear"),
    }


PICTURES: dict[str, Settings] = {
    "AugMix": lambda noise: {"num_chains": drawn(noise, 2, 3), "chain_depth": drawn(noise, 1, 2)},
    "CutMix": _factor,
    "MaxNumBoundingBoxes": lambda noise: {"max_number": drawn(noise, 1, 5)},
    "MixUp": lambda noise: {"alpha": _share(noise)},
    "RandAugment": lambda noise: {"num_ops": drawn(noise, 1, 2), "factor": _share(noise)},
    "RandomBrightness": _ranges,
    "RandomColorDegeneration": _ranges,
    "RandomColorJitter": lambda noise: {"brightness_factor": _share(noise), "hue_factor": _share(noise)},
    "RandomContrast": _ranges,
    # Keras 3 cuts nothing at inference.
    "RandomCrop": lambda noise: {"height": drawn(noise, 2, 5, 20), "width": drawn(noise, 2, 5, 20)},
    "RandomElasticTransform": _ranges,
    "RandomErasing": _factor,
    "RandomFlip": lambda noise: {"mode": drawn(noise, "horizontal", "vertical", "horizontal_and_vertical")},
    "RandomGaussianBlur": _factor,
    "RandomGrayscale": _factor,
    "RandomHue": _ranges,
    "RandomInvert": _ranges,
    "RandomPerspective": _factor,
    "RandomPosterization": lambda noise: {"factor": drawn(noise, 1, 4, 8)},
    "RandomRotation": _factor,
    "RandomSaturation": _factor,
    "RandomSharpness": _factor,
    "RandomShear": lambda noise: {"x_factor": _share(noise), "y_factor": _share(noise)},
    "RandomTranslation": _moved,
    "RandomZoom": _moved,
    "Solarization": lambda noise: {"addition_factor": _share(noise), "threshold_factor": _share(noise)},
}

NOISE: dict[str, Settings] = {
    "ActivityRegularization": lambda noise: {"l1": _share(noise), "l2": _share(noise)},
    "AlphaDropout": lambda noise: {"rate": _share(noise)},
    "Dropout": lambda noise: {"rate": _share(noise), "seed": drawn(noise, None, 7)},
    "GaussianDropout": lambda noise: {"rate": _share(noise)},
    "GaussianNoise": lambda noise: {"stddev": _share(noise)},
    "SpatialDropout1D": lambda noise: {"rate": _share(noise)},
    "SpatialDropout2D": lambda noise: {"rate": _share(noise)},
    "SpatialDropout3D": lambda noise: {"rate": _share(noise)},
}

SWEPT = [*PICTURES, *NOISE]
# The settings of most others hold a live generator, which Keras cannot copy into such a file.
IN_H5 = ("AlphaDropout", "GaussianNoise", "RandomCrop", "RandomFlip", "RandomRotation", "SpatialDropout2D")


def _picture(class_name: str, noise: np.random.Generator) -> Any:
    source = keras.Input((*sizes(noise, 2, 3, 13), 3), dtype=drawn(noise, "float32", "uint8"))
    return getattr(k, class_name)(**PICTURES[class_name](noise))(source)


def _any(class_name: str, noise: np.random.Generator) -> Any:
    rank = int(class_name[-2]) + 1 if class_name.endswith("D") else int(noise.integers(1, 5))
    return getattr(k, class_name)(**NOISE[class_name](noise))(keras.Input(sizes(noise, rank, 2, 9)))


@pytest.mark.parametrize("class_name", SWEPT)
def test_nothing_is_left_at_inference(class_name: str, tmp_path: Path) -> None:
    seed = SWEPT.index(class_name)
    draw = _picture if class_name in PICTURES else _any
    path = tmp_path / f"sweep.{'h5' if class_name in IN_H5 else 'keras'}"
    sweep(lambda noise: draw(class_name, noise), path, seed=seed)


@pytest.mark.parametrize(
    ("class_name", "version", "kind"),
    [
        # Keras 3 cannot put it into a functional model: there it gives its very input.
        ("Equalization", "3.15.0", "uint8"),
        ("RandomHeight", "2.15.0", "uint8"),
        ("RandomWidth", "2.15.0", "uint8"),
        ("RandomBrightness", "2.15.0", "float32"),
        ("RandomFlip", "2.15.0", "float32"),
    ],
)
def test_in_files_by_hand(class_name: str, version: str, kind: str, tmp_path: Path) -> None:
    made = keras_files.layer(class_name, "made", factor=0.5, batch_input_shape=[None, 4, 5, 3], dtype="uint8")
    path = tmp_path / "model.h5"
    opened = read_model(keras_files.write_h5(path, keras_files.sequential(made), {}, version=version))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3)).astype(np.uint8)
    ours = our_outputs(opened, {opened.inputs[0].value: pixels})["made"]
    assert ours.dtype == kind
    np.testing.assert_array_equal(ours, pixels)
