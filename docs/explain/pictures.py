#!/usr/bin/env python3
"""Draw the pictures of these pages: one for each method, as the program draws them.

    python docs/explain/pictures.py SUBJECT MODEL PICTURE LAYER [METHOD ...]

SUBJECT ends the names of the files. LAYER is whose features are ranked; deconvnet projects
the best of them, channel surgery mutes it. Beside
MODEL may lie what says how a picture is prepared (``.input.json``) and what classes are called
(``.labels.txt``). What the pages show was made so; the networks of others do not come along:

    python docs/explain/pictures.py sample sample_models/lenet_fashion.h5 \
        sample_models/pictures/fashion_1_trouser.png conv2
    python docs/explain/pictures.py photo sample_models/efficientnet_lite0.onnx \
        sample_models/pictures/chelsea.png /_blocks.5/_swish_1/Clip
    python docs/explain/pictures.py photo sample_models/efficientnet_lite0.onnx \
        sample_models/pictures/chelsea.png /_blocks.6/_project_conv/Conv layer_maximisation
    python docs/explain/pictures.py face emotions.hdf5 face.png separable_conv2d_4
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from PIL import Image

from explorer3d import open_model
from explorer3d.attribution import METHODS
from explorer3d.inputs import fed_picture
from explorer3d.scene.explained import picture_of
from explorer3d.scene.resizing import enlarged

SIDE = 320
COLOURS = 256
WIDE = ("ranked_activations", "invariance", "channel_surgery", "layer_maximisation")
"""Methods whose picture has text in it, which has to stay readable, or many pictures."""
OF_LAYER = ("layer_cam", "layer_maximisation", "ranked_activations", "deconvnet", "channel_surgery")


def save(pixels: np.ndarray, path: Path, side: int) -> None:
    """Write a small file: no side is longer than `side`, and there are few colours."""
    picture = Image.fromarray(pixels)
    scale = side / max(picture.size)
    if scale < 1:
        picture = picture.resize([round(scale * one) for one in picture.size], Image.Resampling.LANCZOS)
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main(subject: str, model_path: str, picture: str, layer: str, *methods: str) -> None:
    model = open_model(model_path)
    run = model.run(picture)
    opened = run.network.model
    port = opened.inputs[0]
    shown = fed_picture(run.feeds.arrays[port.value], port, run.feeds.preprocessing)
    folder = Path(__file__).parent
    if shown is not None:
        save(enlarged(shown.pixels), folder / f"{subject}.png", SIDE)
    best = int(run.explain("ranked_activations", layer=layer).further["order"][0])
    settings: dict[str, dict[str, Any]] = {
        "layer_maximisation": {"channels": "strongest 15"},
        "deconvnet": {"channel": best},
        "channel_surgery": {"channel": best},
    }
    for name in methods or METHODS:
        found = run.explain(name, layer=layer if name in OF_LAYER else None, **settings.get(name, {}))
        print(found.title)
        pixels = picture_of(found, opened, run.feeds)
        save(pixels, folder / f"{name}_{subject}.png", 2 * SIDE if name in WIDE else SIDE)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
