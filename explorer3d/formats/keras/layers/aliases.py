"""Other names under which files know Keras' classes."""

from __future__ import annotations

_POOLS = {
    f"{kind}{short}Pool{rank}D": f"{kind}{full}Pooling{rank}D"
    for kind in ("", "Global")
    for short, full in (("Avg", "Average"), ("Max", "Max"))
    for rank in (1, 2, 3)
}

ALIASES: dict[str, str] = _POOLS | {
    # TensorFlow 1.13 to 2.0 had two at the same time.
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    # Several machines train it together; it then is the plain one.
    "SyncBatchNormalization": "BatchNormalization",
    "Convolution1D": "Conv1D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3D": "Conv3D",
    "Convolution3DTranspose": "Conv3DTranspose",
    # What its class is called in Keras' source, and so in .h5 files.
    "GroupedQueryAttention": "GroupQueryAttention",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
}
"""Class name in the file: class in Keras."""
