"""Layers that enlarge, shrink or cut out pictures against Keras, over drawn arguments."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats.keras_referee import QUIET, our_outputs
from tests.formats.keras_sweep import drawn, each, sizes, sweep

pytestmark = QUIET

WAYS = ("area", "bicubic", "bilinear", "lanczos3", "lanczos5", "nearest")


def _source(noise: np.random.Generator, space: tuple[int | None, ...], order: str, kind: str) -> Any:
    channels = int(noise.integers(1, 4))
    return keras.Input((channels, *space) if order == "channels_first" else (*space, channels), dtype=kind)


def _upsampling(rank: int, noise: np.random.Generator) -> Any:
    order = "channels_last" if rank == 1 else drawn(noise, "channels_first", "channels_last")
    way = drawn(noise, *WAYS) if rank == 2 else "nearest"
    kinds = ["float32", "int32"] if way == "nearest" else ["float32"]
    # Only what keeps places as they are, or weighs two neighbours, can do without the size.
    space = drawn(
        noise, sizes(noise, rank, 3, 9), (None,) * rank if way in ("nearest", "bilinear") else (5,) * rank
    )
    source = _source(noise, space, order, drawn(noise, *kinds))
    settings = {} if rank == 1 else {"data_format": order}
    if rank == 2:
        settings["interpolation"] = way
    factors = each(noise, rank, 1, 5)
    return getattr(k, f"UpSampling{rank}D")(factors[0] if rank == 1 else factors, **settings)(source)


def _resizing(noise: np.random.Generator) -> Any:
    order = drawn(noise, "channels_first", "channels_last")
    way = drawn(noise, *WAYS)
    keep = drawn(noise, "", "", "crop", "pad")
    layer = k.Resizing(
        *each(noise, 2, 3, 24),
        interpolation=way,
        antialias=bool(noise.integers(2)),
        crop_to_aspect_ratio=keep == "crop",
        pad_to_aspect_ratio=keep == "pad",
        fill_value=drawn(noise, 0.0, 2.0),
        data_format=order,
    )
    # Keras cannot pad pictures of whole numbers.
    kinds = ["float32", "int32", "uint8"] if way == "nearest" and keep != "pad" else ["float32"]
    space = sizes(noise, 2, 3, 24)
    if not keep and not layer.antialias and way in ("nearest", "bilinear") and noise.integers(2):
        space = (None, None)
    return layer(_source(noise, space, order, drawn(noise, *kinds)))


def _center_crop(noise: np.random.Generator) -> Any:
    order = drawn(noise, "channels_first", "channels_last")
    target = each(noise, 2, 3, 16)
    # With open sizes the input has 9 rows and more.
    space = (None, None) if max(target) < 9 and noise.integers(2) else sizes(noise, 2, 3, 24)
    return k.CenterCrop(*target, data_format=order)(
        _source(noise, space, order, drawn(noise, "float32", "uint8"))
    )


SWEPT = {
    "CenterCrop": _center_crop,
    "Resizing": _resizing,
    **{f"UpSampling{rank}D": partial(_upsampling, rank) for rank in (1, 2, 3)},
}


@pytest.mark.parametrize("class_name", SWEPT)
def test_layers(class_name: str, tmp_path: Path) -> None:
    seed = list(SWEPT).index(class_name)
    sweep(SWEPT[class_name], tmp_path / f"sweep.{'h5' if seed % 2 else 'keras'}", seed=seed, count=60)


@pytest.mark.parametrize("way", ["area", "bicubic", "bilinear", "lanczos3"])
def test_whole_numbers_stay_whole(way: str, tmp_path: Path) -> None:
    """What lies half-way between two numbers may be rounded either way."""
    source = keras.Input((17, 13, 3), dtype="uint8")
    model = keras.Model(source, k.Resizing(29, 8, interpolation=way, name="resized")(source))
    model.save(tmp_path / "model.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 17, 13, 3)).astype(np.uint8)
    opened = read_model(tmp_path / "model.keras")
    ours = our_outputs(opened, {opened.inputs[0].value: pixels})["resized"]
    theirs = np.asarray(model(pixels))
    assert ours.dtype == theirs.dtype == np.uint8
    apart = np.abs(ours.astype(int) - theirs)
    assert apart.max() <= 1 and apart.mean() < 0.05
