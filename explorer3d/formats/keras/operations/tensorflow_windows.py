"""Windows over maps and pictures as TensorFlow has them: steps for the batch and the channels too."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations import images, windows
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.elementary import rsqrt
from explorer3d.formats.keras.operations.like_tensorflow import alike
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import dtype_of
from explorer3d.formats.keras.operations.promotion import D
from explorer3d.formats.keras.operations.shaping import flipped
from explorer3d.formats.keras.settings import Unsupported


def local_response(m: Maths, call: Called) -> Tensor:
    """``tf.nn.local_response_normalization``; ONNX divides alpha by the number of channels that count."""
    x = m.cast(call.tensor("input"), D.FLOAT)
    if x.rank != 4:
        raise Unsupported(f"its input has {x.rank} axes, but 4 are needed")
    size = 2 * call.integer("depth_radius", 5) + 1
    y = m.op(
        "LRN",
        m.transpose(x, (0, 3, 1, 2)),
        size=size,
        bias=call.number("bias", 1),
        alpha=call.number("alpha", 1) * size,
        beta=call.number("beta", 0.5),
    )
    return m.transpose(y, (0, 2, 3, 1))


def any_convolution(m: Maths, call: Called) -> Tensor:
    """``tf.nn.convolution``: any number of axes, each with its own steps."""
    x = call.tensor("inputs")
    given = call.only("inputs kernel strides padding data_format")
    return convolution(windows.convolution, x.rank - 2)(
        m, Called(m, {**given, "dilations": call.raw("dilations")})
    )


def convolution(compute: Callable[[Maths, Called], Tensor], rank: int) -> Callable[[Maths, Called], Tensor]:
    """With steps for the batch and the channels too, and a name for the order of axes."""

    def emit(m: Maths, call: Called) -> Tensor:
        first = _is_channels_first(call)
        given = {
            "strides": _of_space(call, "strides", rank, first),
            "dilation_rate": _of_space(call, "dilations", rank, first),
            "padding": _padding(call),
            "data_format": "channels_first" if first else "channels_last",
        }
        tensors = call.only("inputs kernel depthwise_kernel pointwise_kernel")
        return compute(m, Called(m, {**given, **tensors}))

    return emit


def pool(op: str, rank: int | None = None) -> Emit:
    def emit(m: Maths, call: Called) -> Tensor:
        first = _is_channels_first(call)
        space = rank or call.tensor("inputs").rank - 2
        given = {
            "pool_size": _of_space(call, "ksize", space, first),
            "strides": _of_space(call, "strides", space, first),
            "padding": _padding(call),
            "data_format": "channels_first" if first else "channels_last",
        }
        return windows.pool(op)(m, Called(m, {**given, "inputs": call.raw("inputs")}))

    return emit


def _padding(call: Called) -> str:
    found = call.text("padding", "valid")
    if found not in ("valid", "same"):
        raise Unsupported(f"its padding {found} is not known here")
    return found


def _is_channels_first(call: Called) -> bool:
    return str(call.raw("data_format") or "").upper().startswith("NC")


def _of_space(call: Called, key: str, rank: int, first: bool) -> list[int]:
    """One number for each axis of space, of one for all, each, or each axis there is."""
    if not call.has(key):
        return [1] * rank
    numbers = list(call.wholes(key))
    if len(numbers) == 1:
        return numbers * rank
    if len(numbers) == rank + 2:
        numbers = numbers[2:] if first else numbers[1:-1]
    if len(numbers) != rank:
        raise Unsupported(f"its {key} {numbers} do not fit {rank} axes")
    return numbers


def blocks(compute: Emit) -> Emit:
    """``depth_to_space`` and ``space_to_depth``."""

    def emit(m: Maths, call: Called) -> Any:
        order = "channels_first" if _is_channels_first(call) else "channels_last"
        return compute(m, Called(m, {**call.only("x block_size"), "data_format": order}))

    return emit


def patches(m: Maths, call: Called) -> Tensor:
    """``tf.image.extract_patches``."""
    given = {
        "images": call.raw("images"),
        "size": _of_space(call, "sizes", 2, False),
        "strides": _of_space(call, "strides", 2, False),
        "dilation_rate": _of_space(call, "rates", 2, False),
        "padding": _padding(call),
    }
    return windows.patches(m, Called(m, given))


def bias_add(m: Maths, call: Called) -> Tensor:
    x, bias = alike(m, call.operand("value"), call.operand("bias"))
    first = str(call.raw("data_format") or "").upper().startswith("NC")
    return m.add(x, m.reshape(bias, [-1, *(1,) * (x.rank - 2)]) if first else bias)


def batch_normalization(m: Maths, call: Called) -> Tensor:
    """Everything has shapes that fit."""
    x = m.real(call.tensor("x"))
    mean, variance = (call.tensor(key, dtype_of(x)) for key in ("mean", "variance"))
    inverse = rsqrt(m, m.add(variance, call.number("variance_epsilon", 1e-3)))
    if call.has("scale"):
        inverse = m.mul(inverse, call.tensor("scale", dtype_of(x)))
    y = m.mul(m.sub(x, mean), inverse)
    return m.add(y, call.tensor("offset", dtype_of(x))) if call.has("offset") else y


def fused_normalization(m: Maths, call: Called) -> Tensor:
    """Along the channels, with the statistics it is given; the results for training are left out."""
    if call.flag("is_training", True):
        raise Unsupported("it takes the statistics of its input, as in training")
    x = m.real(call.tensor("x"))
    channels = [-1, *(1,) * (x.rank - 2)] if _is_channels_first(call) else [-1]
    given = {
        key: m.reshape(call.tensor(key, dtype_of(x)), channels)
        for key in ("scale", "offset", "mean", "variance")
    }
    epsilon = call.number("epsilon", 1e-4)
    return batch_normalization(m, Called(m, {**given, "x": x, "variance_epsilon": epsilon}))


def central_crop(m: Maths, call: Called) -> Tensor:
    """The middle part of a picture."""
    x = call.tensor("image")
    share = call.number("central_fraction", 1.0)
    if x.rank not in (3, 4) or not 0 < share <= 1:
        raise Unsupported(f"it cuts a part of {share} out of an input of {x.rank} axes")
    for axis in (x.rank - 3, x.rank - 2):
        size = x.known(axis)
        start = int((size - size * share) / 2)
        x = m.slice(x, axis, start, size - start)
    return x


def crop_to_box(m: Maths, call: Called) -> Tensor:
    given = call.only("images target_height target_width")
    corners = {"top_cropping": call.raw("offset_height"), "left_cropping": call.raw("offset_width")}
    return images.crop_images(m, Called(m, {**given, **corners}))


def pad_to_box(m: Maths, call: Called) -> Tensor:
    given = call.only("images target_height target_width")
    corners = {"top_padding": call.raw("offset_height"), "left_padding": call.raw("offset_width")}
    return images.pad_images(m, Called(m, {**given, **corners}))


def standardized(m: Maths, call: Called) -> Tensor:
    """``tf.image.per_image_standardization``."""
    x = m.cast(call.tensor("image"), D.FLOAT)
    axes = range(x.rank - 3, x.rank)
    count = math.prod(x.known(axis) for axis in axes)
    centred = m.sub(x, m.mean(x, axes, True))
    spread = m.sqrt(m.mean(m.square(centred), axes, True))
    return m.div(centred, m.maximum(spread, 1 / math.sqrt(count)))


def flip_along(axis: int) -> Emit:
    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("image")
        return flipped(m, x, [x.axis(axis)])

    return emit
