"""Operations that read pictures at places between their pixels."""

from __future__ import annotations

from functools import reduce
from itertools import product

import numpy as np

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.layers.interpolation import KERNELS
from explorer3d.formats.keras.operations.called import Called
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import check_table, dtype_of
from explorer3d.formats.keras.operations.promotion import D, is_float
from explorer3d.formats.keras.settings import Unsupported


def map_coordinates(m: Maths, call: Called) -> Tensor:
    """The input at coordinates, of which there is one for each of its axes."""
    x, places = call.tensor("inputs"), call.tensor("coordinates")
    order, mode = call.integer("order"), call.text("fill_mode", "constant")
    if places.rank < 2 or places.known(0) != x.rank or order not in (0, 1):
        raise Unsupported(
            f"its coordinates do not fit an input of rank {x.rank}, or its order {order} is not 0 or 1"
        )
    along = [m.squeeze(m.slice(places, 0, axis, axis + 1), 0) for axis in range(x.rank)]
    corners = [_corners(m, one, order) for one in along]
    kind = dtype_of(corners[0][0][1])
    total: Tensor | None = None
    for chosen in product(*corners):
        settled = [_within(m, place, x, axis, mode) for axis, (place, _) in enumerate(chosen)]
        indices = m.concat([m.unsqueeze(place, place.rank) for place, _ in settled], settled[0][0].rank)
        value = m.op("GatherND", x, m.cast(indices, D.INT64), shape=indices.shape[:-1], batch=False)
        value = m.cast(value, kind)
        inside = [valid for _, valid in settled if valid is not None]
        if inside:
            value = m.where(reduce(m.both, inside), value, m.tensor(call.number("fill_value", 0.0), kind))
        value = reduce(m.mul, [weight for _, weight in chosen], value)
        total = value if total is None else m.add(total, value)
    assert total is not None
    return m.cast(total if is_float(dtype_of(x)) else m.op("Round", total), dtype_of(x))


def _corners(m: Maths, places: Tensor, order: int) -> list[tuple[Tensor, Tensor]]:
    """The pixels that count, and how much each does."""
    places = m.real(places)
    if order == 0:
        return [(m.cast(m.op("Round", places), D.INT64), m.filled(places, 1.0))]
    low = m.op("Floor", places)
    share = m.sub(places, low)
    start = m.cast(low, D.INT64)
    return [(start, m.sub(1.0, share)), (m.add(start, 1), share)]


def _within(m: Maths, place: Tensor, x: Tensor, axis: int, mode: str) -> tuple[Tensor, Tensor | None]:
    """A pixel that exists, and whether it is the one that was meant."""
    size = x.known(axis)
    clipped = m.minimum(m.maximum(place, 0), size - 1)
    if mode == "constant":
        return clipped, m.equal(clipped, place)
    if mode == "nearest":
        return clipped, None
    if mode == "wrap":
        return m.mod(place, size), None
    if mode not in ("mirror", "reflect"):
        raise Unsupported(f"its fill_mode {mode} is not known here")
    # As TensorFlow's backend does it: two widths back and forth.
    turn = m.mod(m.abs(place), 2 * size)
    back = m.sub(2 * size - (mode == "reflect"), turn)
    # Keras' "mirror" meets one place behind the last, where it fails; the last takes its place here.
    return m.minimum(m.where(m.less(turn, size), turn, back), size - 1), None


def affine_transform(m: Maths, call: Called) -> Tensor:
    """Each place of the result is read where a 3 × 3 matrix, without its last number, sends it."""
    x, transform = call.tensor("images"), call.tensor("transform", D.FLOAT)
    if x.rank not in (3, 4) or transform.rank not in (1, 2) or transform.known(-1) != 8:
        raise Unsupported("its pictures or its matrices do not have the right axes")
    way, mode = call.text("interpolation", "bilinear"), call.text("fill_mode", "constant")
    if way not in ("bilinear", "nearest"):
        raise Unsupported(f"its interpolation {way} is not known here")
    single, first = x.rank == 3, call.channels_first()
    own = dtype_of(x)
    y = m.cast(m.unsqueeze(x, 0) if single else x, D.FLOAT)
    y = m.transpose(y, (0, 2, 3, 1)) if first else y
    height, width = y.known(1), y.known(2)
    matrix = m.unsqueeze(transform, 0) if transform.rank == 1 else transform
    a = [m.unsqueeze(m.slice(matrix, 1, at, at + 1), 2) for at in range(8)]
    across = m.array(np.arange(width).reshape(1, 1, -1), D.FLOAT)
    down = m.array(np.arange(height).reshape(1, -1, 1), D.FLOAT)

    def line(at: int) -> Tensor:
        return m.add(m.mul(a[at], across), m.mul(a[at + 1], down))

    scale = m.add(line(6), 1.0)
    columns = _inside(m, m.div(m.add(line(0), a[2]), scale), width, mode)
    rows = _inside(m, m.div(m.add(line(3), a[5]), scale), height, mode)
    fill = call.number("fill_value", 0.0)
    z = _read(m, y, rows, columns, way, fill)
    z = m.cast(m.transpose(z, (0, 3, 1, 2)) if first else z, own)
    return m.squeeze(z, 0) if single else z


def _inside(m: Maths, place: Tensor, size: int, mode: str) -> Tensor:
    """Where a place beyond the edges is read: ``MapCoordinate`` in TensorFlow's ``image_ops.h``."""
    last = float(size - 1)
    if mode == "constant":
        return place
    if mode == "wrap" and last:
        before = m.add(place, m.mul(m.add(m.op("Floor", m.div(m.neg(place), last)), 1.0), float(size)))
        behind = m.sub(place, m.mul(m.op("Floor", m.div(place, last)), float(size)))
        place = m.where(m.less(place, 0.0), before, m.where(m.greater(place, last), behind, place))
    elif mode == "reflect":
        there_and_back = 2.0 * size
        turn = m.sub(place, m.mul(m.op("Floor", m.div(place, there_and_back)), there_and_back))
        place = m.where(m.less(turn, float(size)), turn, m.sub(there_and_back - 1, turn))
    elif mode not in ("nearest", "wrap"):
        raise Unsupported(f"its fill_mode {mode} is not known here")
    return m.minimum(m.maximum(place, 0.0), last)


def _read(m: Maths, x: Tensor, rows: Tensor, columns: Tensor, way: str, fill: float) -> Tensor:
    """(N, H, W, C) pictures at (N, H, W) rows and columns."""
    if way == "nearest":
        return _pixel(m, x, _rounded(m, rows), _rounded(m, columns), fill)
    top, left = m.op("Floor", rows), m.op("Floor", columns)
    bottom, right = m.add(top, 1.0), m.add(left, 1.0)

    def mixed(row: Tensor) -> Tensor:
        share = m.unsqueeze(m.sub(columns, left), 3)
        near, far = _pixel(m, x, row, left, fill), _pixel(m, x, row, right, fill)
        return m.add(m.mul(near, m.sub(1.0, share)), m.mul(far, share))

    share = m.unsqueeze(m.sub(rows, top), 3)
    return m.add(m.mul(mixed(top), m.sub(1.0, share)), m.mul(mixed(bottom), share))


def _rounded(m: Maths, x: Tensor) -> Tensor:
    """Halves away from zero."""
    return m.mul(m.op("Sign", x), m.op("Floor", m.add(m.abs(x), 0.5)))


def _pixel(m: Maths, x: Tensor, rows: Tensor, columns: Tensor, fill: float) -> Tensor:
    height, width = x.known(1), x.known(2)
    row = m.minimum(m.maximum(rows, 0.0), float(height - 1))
    column = m.minimum(m.maximum(columns, 0.0), float(width - 1))
    inside = m.both(m.equal(row, rows), m.equal(column, columns))
    places = m.cast(m.add(m.mul(row, float(width)), column), D.INT64)
    flat = m.reshape(x, [m.size(x, 0), height * width, x.known(3)])
    batch = m.reshape(places, [m.size(places, 0), height * width, 1])
    # One matrix for all pictures, or one for each.
    batch = m.broadcast_to(batch, [m.size(x, 0), height * width, 1]) if places.shape[0] == 1 else batch
    found = m.op("GatherND", flat, batch, shape=flat.shape, batch_dims=1)
    value = m.reshape(found, [m.size(x, 0), height, width, x.known(3)])
    return m.where(m.unsqueeze(inside, 3), value, fill)


def scale_and_translate(m: Maths, call: Called) -> Tensor:
    """Resized and shifted along some axes, by numbers in the file or computed."""
    x = call.tensor("images")
    shape, axes = call.wholes("output_shape"), call.axes("spatial_dims", x)
    method, antialias = call.text("method", "linear"), call.flag("antialias", True)
    scales, shifts = (_numbers(call, key, len(axes)) for key in ("scale", "translation"))
    if len(shape) != x.rank or min(shape) < 1:
        raise Unsupported(f"its shape {shape} does not fit an input of rank {x.rank}")
    y = m.real(x)
    for axis, scale, shift in zip(axes, scales, shifts, strict=True):
        table = _weights(y.known(axis), shape[axis], scale, shift, method, antialias)
        last = m.moved(y, axis, y.rank - 1)
        last = m.op("MatMul", last, m.array(table, dtype_of(y)), shape=(*last.shape[:-1], shape[axis]))
        y = m.moved(last, y.rank - 1, axis)
    if is_float(dtype_of(x)):
        return y
    everything = range(x.rank)
    low, high = (m.cast(m.reduce(op, x, everything), D.FLOAT) for op in ("ReduceMin", "ReduceMax"))
    return m.cast(m.minimum(m.maximum(m.op("Round", y), low), high), dtype_of(x))


def _numbers(call: Called, key: str, count: int) -> list[float]:
    given = call.operand(key)
    if not isinstance(given, np.ndarray) or given.shape != (count,):
        raise Unsupported(f"its {key} is not made of {count} numbers in the file")
    return [float(number) for number in given]


def _weights(size: int, result: int, scale: float, shift: float, method: str, antialias: bool) -> np.ndarray:
    """(size, result) array: what each place of the input gives to each of the result."""
    names = {"linear": "bilinear", "trilinear": "bilinear", "cubic": "bicubic", "tricubic": "bicubic"}
    name = names.get(method, method)
    if name not in KERNELS or not scale:
        raise Unsupported(f"its method {method} or scale {scale} is not known here")
    check_table(size * result)
    kernel, radius = KERNELS[name]
    width = max(1 / scale, 1.0) if antialias else 1.0
    centre = (np.arange(result) + 0.5 - shift) / scale - 0.5
    distance = np.abs(centre[None, :] - np.arange(size)[:, None]) / width
    table = np.where(distance < radius, kernel(distance), 0)
    total = table.sum(axis=0, keepdims=True)
    kept = np.abs(total) > 1000 * np.finfo(np.float32).eps
    table = np.where(kept, table / np.where(total == 0, 1, total), 0)
    return np.where((centre >= -0.5) & (centre <= size - 0.5), table, 0)
