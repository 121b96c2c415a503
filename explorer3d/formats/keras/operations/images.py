"""Operations on pictures: (N, H, W, C), (H, W, C), or with the channels before the height."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.layers.resizing import extent, interpolated, resizing
from explorer3d.formats.keras.layers.window import Window
from explorer3d.formats.keras.operations.called import Called
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import check_table, dtype_of
from explorer3d.formats.keras.operations.promotion import D, is_float
from explorer3d.formats.keras.operations.shaping import padded
from explorer3d.formats.keras.settings import Unsupported


def _pictures(call: Called, key: str = "images") -> tuple[Tensor, bool]:
    """The pictures, and whether there is only one, without a batch."""
    x = call.tensor(key)
    if x.rank not in (3, 4):
        raise Unsupported(f"its pictures have {x.rank} axes, but 3 or 4 are needed")
    return x, x.rank == 3


def _channel_axis(call: Called, x: Tensor) -> int:
    return x.axis(-3 if call.channels_first() else -1)


def resize(m: Maths, call: Called) -> Tensor:
    x, single = _pictures(call)
    size = call.sizes("size", 2)
    check_table(size[0] * size[1])
    way = call.text("interpolation", "bilinear")
    if call.text("fill_mode", "constant") != "constant":
        raise Unsupported("it fills margins otherwise than with one colour, which Keras cannot do either")
    own = dtype_of(x)
    x = m.unsqueeze(x, 0) if single else x
    x = m.cast(x, D.FLOAT) if own == D.DOUBLE else x
    settings = call.only("crop_to_aspect_ratio pad_to_aspect_ratio fill_value data_format antialias")
    inner = m.scope.of({**settings, "height": size[0], "width": size[1], "interpolation": way})
    y = m.cast(resizing(inner, x), own)
    return m.squeeze(y, 0) if single else y


def resize_as_tensorflow(m: Maths, call: Called) -> Tensor:
    """``tf.image.resize``."""
    x, single = _pictures(call)
    size = call.wholes("size")
    if len(size) != 2 or min(size) < 1:
        raise Unsupported(f"its size {size} is not valid")
    check_table(size[0] * size[1])
    if call.flag("preserve_aspect_ratio", False):
        raise Unsupported("it keeps the proportions of pictures, which is not done here")
    way = call.text("method", "bilinear")
    own = dtype_of(x)
    x = m.cast(m.unsqueeze(x, 0) if single else x, D.FLOAT)
    y = interpolated(m.scope, x, False, size, way, call.flag("antialias", False))
    y = m.cast(y, own) if way == "nearest" else y
    return m.squeeze(y, 0) if single else y


def old_resize(way: str) -> Callable[[Maths, Called], Tensor]:
    """The operators behind ``tf.image.resize`` of TensorFlow 1 and 2, with their settings of corners."""

    def emit(m: Maths, call: Called) -> Tensor:
        if call.flag("half_pixel_centers", False):
            return resize_as_tensorflow(m, Called(m, {**call.only("images size"), "method": way}))
        x = call.tensor("images")
        size = call.wholes("size")
        if x.rank != 4 or len(size) != 2 or min(size) < 1:
            raise Unsupported(f"its size {size} does not fit an input of {x.rank} axes")
        y = m.transpose(m.cast(x, D.FLOAT), (0, 3, 1, 2))
        if way not in ("bilinear", "nearest"):
            raise Unsupported(f"its interpolation {way} between corners is not done here")
        corners = call.flag("align_corners", False)
        attributes: dict[str, Any] = {"mode": {"bilinear": "linear", "nearest": "nearest"}[way]}
        if way == "nearest":
            attributes["nearest_mode"] = "round_prefer_ceil" if corners else "floor"
        attributes["coordinate_transformation_mode"] = "align_corners" if corners else "asymmetric"
        shape = (*y.shape[:2], *size)
        y = m.scope.op("Resize", [y, *extent(m.scope, y, size)], shape, **attributes)
        y = m.transpose(y, (0, 2, 3, 1))
        return m.cast(y, dtype_of(x)) if way == "nearest" else y

    return emit


def grayscale(m: Maths, call: Called) -> Tensor:
    x, _ = _pictures(call)
    axis = _channel_axis(call, x)
    if x.known(axis) == 1:
        return x
    if x.known(axis) != 3:
        raise Unsupported(f"its pictures have {x.known(axis)} channels, but 3 are needed")
    weights = np.array([0.2989, 0.5870, 0.1140], np.float32)
    y = m.real(x)
    y = m.mul(y, _along(m, y, axis, weights))
    return m.cast(m.sum(y, [axis], True), dtype_of(x))


def _along(m: Maths, x: Tensor, axis: int, values: np.ndarray) -> Tensor:
    return m.array(values.reshape([-1 if at == axis else 1 for at in range(x.rank)]), dtype_of(x))


def _channels(m: Maths, call: Called) -> tuple[Tensor, list[Tensor], int]:
    x, _ = _pictures(call)
    axis = _channel_axis(call, x)
    if x.known(axis) != 3 or not is_float(dtype_of(x)):
        raise Unsupported("its pictures are not made of 3 channels of floats")
    return x, [m.slice(x, axis, at, at + 1) for at in range(3)], axis


def rgb_to_hsv(m: Maths, call: Called) -> Tensor:
    """Hue (0 … 1), saturation, value."""
    _, (red, green, blue), axis = _channels(m, call)
    value = m.maximum(m.maximum(red, green), blue)
    span = m.sub(value, m.minimum(m.minimum(red, green), blue))
    saturation = m.where(m.greater(value, 0.0), m.div(span, m.where(m.greater(value, 0.0), value, 1.0)), 0.0)
    grey = m.negated(m.greater(span, 0.0))
    unit = m.mul(m.op("Reciprocal", m.where(grey, 1.0, span)), 1 / 6)
    to_red = m.mul(unit, m.sub(green, blue))
    to_green = m.add(m.mul(unit, m.sub(blue, red)), 2 / 6)
    to_blue = m.add(m.mul(unit, m.sub(red, green)), 4 / 6)
    hue = m.where(m.equal(value, red), to_red, m.where(m.equal(value, green), to_green, to_blue))
    hue = m.where(grey, 0.0, hue)
    hue = m.where(m.less(hue, 0.0), m.add(hue, 1.0), hue)
    return m.concat([hue, saturation, value], axis)


def hsv_to_rgb(m: Maths, call: Called) -> Tensor:
    _, (hue, saturation, value), axis = _channels(m, call)
    turn = m.mul(hue, 6.0)
    shares = (
        m.sub(m.abs(m.sub(turn, 3.0)), 1.0),
        m.sub(2.0, m.abs(m.sub(turn, 2.0))),
        m.sub(2.0, m.abs(m.sub(turn, 4.0))),
    )
    pale = m.sub(1.0, saturation)
    colours = [
        m.mul(m.add(pale, m.mul(saturation, m.minimum(m.maximum(share, 0.0), 1.0))), value)
        for share in shares
    ]
    return m.concat(colours, axis)


def _sides(call: Called, x: Tensor, word: str) -> list[tuple[int, int | None, int | None, int | None, int]]:
    """For height and width: axis, before, after, target, own size."""
    first = call.channels_first()
    found = []
    for at, names in enumerate((("top", "bottom", "height"), ("left", "right", "width"))):
        axis = x.axis((-2 if first else -3) + at)
        keys = (f"{names[0]}_{word}", f"{names[1]}_{word}", f"target_{names[2]}")
        before, after, target = (call.integer(key) if call.has(key) else None for key in keys)
        found.append((axis, before, after, target, x.known(axis)))
    return found


def pad_images(m: Maths, call: Called) -> Tensor:
    """Margins of zeros, or what is missing to a target size."""
    x, _ = _pictures(call)
    margins = [(0, 0)] * x.rank
    for axis, before, after, target, size in _sides(call, x, "padding"):
        if before is None and after is not None and target is not None:
            before = target - after - size
        elif after is None and before is not None and target is not None:
            after = target - before - size
        if before is None or after is None or min(before, after) < 0:
            raise Unsupported(f"its margins {before} and {after} are not valid")
        margins[axis] = (before, after)
    return padded(m, x, margins)


def crop_images(m: Maths, call: Called) -> Tensor:
    x, _ = _pictures(call)
    for axis, before, after, target, size in _sides(call, x, "cropping"):
        if before is None and after is not None and target is not None:
            before = size - target - after
        elif target is None and before is not None and after is not None:
            target = size - before - after
        if before is None or target is None or before < 0 or target < 1 or before + target > size:
            raise Unsupported(f"it cuts {target} places from place {before} on out of {size}")
        x = m.slice(x, axis, before, before + target)
    return x


def _blurred(m: Maths, x: Tensor, kernel: np.ndarray, padding: str) -> Tensor:
    """Each channel on its own; channels second."""
    window = Window((kernel.shape[0], kernel.shape[1]), (1, 1), (1, 1), padding)
    channels = x.known(1)
    table = np.broadcast_to(kernel, (channels, 1, *kernel.shape))
    return m.op(
        "Conv",
        x,
        m.array(table, D.FLOAT),
        shape=(*x.shape[:2], *window.output(x.shape[2:])),
        group=channels,
        **window.attributes(x.shape[2:]),
    )


def _bell(size: int, sigma: float) -> np.ndarray:
    if size > 1 << 10 or not sigma:
        raise Unsupported(f"its blur of {size} places and width {sigma} is not valid")
    places = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    bell = np.exp(-0.5 * (places / np.float32(sigma)) ** 2)
    return np.asarray(bell / bell.sum())


def gaussian_blur(m: Maths, call: Called) -> Tensor:
    x, single = _pictures(call)
    first = call.channels_first()
    size = call.sizes("kernel_size", 2, 3)
    given = call.raw("sigma")
    sigma = (
        [call.number("sigma", 1.0)] * 2 if not isinstance(given, list) else call.array("sigma", 1.0).tolist()
    )
    if len(sigma) != 2:
        raise Unsupported("its widths are not two numbers")
    # TensorFlow's backend lays out a window that is not square in the other order.
    kernel = np.outer(_bell(size[1], sigma[1]), _bell(size[0], sigma[0])).reshape(size)
    y = m.cast(m.unsqueeze(x, 0) if single else x, D.FLOAT)
    y = y if first else m.transpose(y, (0, 3, 1, 2))
    y = _blurred(m, y, kernel, "same")
    y = m.cast(y if first else m.transpose(y, (0, 2, 3, 1)), dtype_of(x))
    return m.squeeze(y, 0) if single else y


def sobel_edges(m: Maths, call: Called) -> Tensor:
    """How much it gets brighter downwards, and to the right."""
    x, _ = _pictures(call)
    if x.rank != 4:
        raise Unsupported("it needs a batch of pictures")
    first = call.channels_first()
    y = m.cast(x if first else m.transpose(x, (0, 3, 1, 2)), D.FLOAT)
    y = padded(m, y, [(0, 0), (0, 0), (1, 1), (1, 1)], "reflect")
    down = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], np.float32)
    edges = [m.unsqueeze(_blurred(m, y, kernel, "valid"), 4) for kernel in (down, down.T)]
    z = m.cast(m.concat(edges, 4), dtype_of(x))
    return z if first else m.transpose(z, (0, 2, 3, 1, 4))


def structural_similarity(m: Maths, call: Called) -> Tensor:
    """``ssim``, https://doi.org/10.1109/TIP.2003.819861"""
    own = dtype_of(call.tensor("image1"))
    size, sigma = call.size("filter_size", 11), call.number("filter_sigma", 1.5)
    bell = _bell(size, sigma)
    kernel = np.outer(bell, bell)
    pictures = []
    single = False
    for key in ("image1", "image2"):
        x, single = _pictures(call, key)
        x = m.cast(m.unsqueeze(x, 0) if single else x, D.FLOAT)
        pictures.append(x if call.channels_first() else m.transpose(x, (0, 3, 1, 2)))
    first, second = pictures

    def local(x: Tensor) -> Tensor:
        return _blurred(m, x, kernel, "valid")

    means = local(first), local(second)
    squares = m.square(means[0]), m.square(means[1])
    product = m.mul(*means)
    spreads = m.sub(local(m.square(first)), squares[0]), m.sub(local(m.square(second)), squares[1])
    together = m.sub(local(m.mul(first, second)), product)
    top = call.number("max_val", 1.0)
    c1, c2 = ((call.number(key, default) * top) ** 2 for key, default in (("k1", 0.01), ("k2", 0.03)))
    above = m.mul(m.add(m.mul(product, 2.0), c1), m.add(m.mul(together, 2.0), c2))
    below = m.mul(m.add(m.add(*squares), c1), m.add(m.add(*spreads), c2))
    y = m.mean(m.mean(m.div(above, below), [2, 3]), [1])
    return m.cast(m.squeeze(y, 0) if single else y, own)


def peak_ratio(m: Maths, call: Called) -> Tensor:
    """``psnr``: 20·log₁₀ of the largest value, less 10·log₁₀ of the mean squared error."""
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    error = m.mean(m.square(m.sub(x, y)), range(x.rank))
    top = call.number("max_val", 1.0)
    if top <= 0:
        raise Unsupported(f"its max_val {top} is not positive")
    return m.sub(20 * math.log10(top), m.mul(m.log(error), 10 / math.log(10)))
