"""The names that Keras 1 gave to layers and settings, turned into those of Keras 2.

References
----------
https://github.com/keras-team/keras/blob/2.2.4/keras/legacy/interfaces.py, which does the same while
a model is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Config = dict[str, Any]

_EVERYWHERE = {
    "border_mode": "padding",
    "bias": "use_bias",
    "input_dtype": "dtype",
    "dim_ordering": "data_format",
    "subsample": "strides",
    "atrous_rate": "dilation_rate",
}
_DATA_FORMATS = {"tf": "channels_last", "th": "channels_first"}


@dataclass(frozen=True)
class _Class:
    """What a layer class of Keras 1 became.

    Attributes
    ----------
    name : str
    renamed : mapping of str to str
        Settings, besides those of `_EVERYWHERE`.
    joined : tuple of str
        Settings that became the list ``kernel_size``.
    """

    name: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    joined: tuple[str, ...] = ()


_CONVOLUTION = {"nb_filter": "filters"}
_POOLING_1D = {"pool_length": "pool_size", "stride": "strides"}
_RECURRENT = {"output_dim": "units", "inner_activation": "recurrent_activation"}
_RATE = {"p": "rate"}

_CLASSES: dict[str, _Class] = {
    "AtrousConvolution1D": _Class(
        "Conv1D", {**_CONVOLUTION, "subsample_length": "strides"}, ("filter_length",)
    ),
    "AtrousConvolution2D": _Class("Conv2D", _CONVOLUTION, ("nb_row", "nb_col")),
    "AveragePooling1D": _Class("AveragePooling1D", _POOLING_1D),
    "Convolution1D": _Class("Conv1D", {**_CONVOLUTION, "subsample_length": "strides"}, ("filter_length",)),
    "Convolution2D": _Class("Conv2D", _CONVOLUTION, ("nb_row", "nb_col")),
    "Convolution3D": _Class("Conv3D", _CONVOLUTION, ("kernel_dim1", "kernel_dim2", "kernel_dim3")),
    "Deconvolution2D": _Class("Conv2DTranspose", _CONVOLUTION, ("nb_row", "nb_col")),
    "Dense": _Class("Dense", {"output_dim": "units"}),
    "Dropout": _Class("Dropout", _RATE),
    "GRU": _Class("GRU", _RECURRENT),
    "GaussianDropout": _Class("GaussianDropout", _RATE),
    "GaussianNoise": _Class("GaussianNoise", {"sigma": "stddev"}),
    "LSTM": _Class("LSTM", _RECURRENT),
    "MaxPooling1D": _Class("MaxPooling1D", _POOLING_1D),
    "SeparableConvolution2D": _Class("SeparableConv2D", _CONVOLUTION, ("nb_row", "nb_col")),
    "SimpleRNN": _Class("SimpleRNN", _RECURRENT),
    "SpatialDropout1D": _Class("SpatialDropout1D", _RATE),
    "SpatialDropout2D": _Class("SpatialDropout2D", _RATE),
    "SpatialDropout3D": _Class("SpatialDropout3D", _RATE),
    # It does what Dense does to every step anyway.
    "TimeDistributedDense": _Class("Dense", {"output_dim": "units"}),
    "UpSampling1D": _Class("UpSampling1D", {"length": "size"}),
}

_MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "concat": "Concatenate",
    "ave": "Average",
    "max": "Maximum",
    "dot": "Dot",
    "cos": "Dot",
}


def modern(entry: Any) -> Any:
    """A model's or a layer's entry, and all entries inside, under the names of Keras 2.

    Entries of later versions come back as they are.
    """
    if not isinstance(entry, dict):
        return entry
    name, config = entry.get("class_name"), entry.get("config")
    if isinstance(config, list):
        return {**entry, "config": [modern(inner) for inner in config]}
    if not isinstance(name, str) or not isinstance(config, dict):
        return entry
    config = dict(config)
    if isinstance(config.get("layers"), list):
        config["layers"] = [modern(inner) for inner in config["layers"]]
    if "layer" in config:
        config["layer"] = modern(config["layer"])
    # Whoever says where a class lives writes Keras 3.
    if not entry.get("module"):
        name, config = _layer(name, config)
    return {**entry, "class_name": name, "config": config}


def _layer(name: str, config: Config) -> tuple[str, Config]:
    known = _CLASSES.get(name, _Class(name))
    if known.joined and all(key in config for key in known.joined):
        config["kernel_size"] = [config.pop(key) for key in known.joined]
    for old, new in (*_EVERYWHERE.items(), *known.renamed.items()):
        if old in config and new not in config:
            config[new] = config.pop(old)
    order = config.get("data_format")
    if isinstance(order, str):
        config["data_format"] = _DATA_FORMATS.get(order, order)
    return _FURTHER[name](config) if name in _FURTHER else (known.name, config)


def _merge(config: Config) -> tuple[str, Config]:
    mode = config.get("mode")
    # Instead of a word it may hold a function's code.
    if config.get("mode_type", "raw") != "raw" or not isinstance(mode, str) or mode not in _MERGES:
        return "Merge", config
    settings: dict[str, Config] = {
        "concat": {"axis": config.get("concat_axis")},
        "dot": {"axes": config.get("dot_axes"), "normalize": False},
        "cos": {"axes": config.get("dot_axes"), "normalize": True},
    }
    return _MERGES[mode], {"name": config.get("name"), **settings.get(mode, {})}


def _zero_padding_2d(config: Config) -> tuple[str, Config]:
    """Two sizes, or four: above, below, left, right."""
    padding = config.get("padding")
    if isinstance(padding, dict) and {"top_pad", "bottom_pad", "left_pad", "right_pad"} & padding.keys():
        padding = [padding.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right")]
    if isinstance(padding, list) and len(padding) == 4:
        config["padding"] = [padding[:2], padding[2:]]
    return "ZeroPadding2D", config


def _batch_normalization(config: Config) -> tuple[str, Config]:
    """Only mode 0 survived; the others take statistics of what they are given."""
    mode = config.pop("mode", 0)
    return "BatchNormalization" if mode == 0 else f"BatchNormalization(mode={mode})", config


_FURTHER: dict[str, Callable[[Config], tuple[str, Config]]] = {
    "BatchNormalization": _batch_normalization,
    "Merge": _merge,
    "ZeroPadding2D": _zero_padding_2d,
}
