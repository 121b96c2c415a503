"""Operations that read or write some places of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called
from explorer3d.formats.keras.operations.joining import parts
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import (
    Size,
    broadcast,
    check_table,
    dtype_of,
    has_batch,
    prod_of,
)
from explorer3d.formats.keras.operations.promotion import D, is_float
from explorer3d.formats.keras.operations.shaping import padded
from explorer3d.formats.keras.settings import Unsupported

_FIRST, _LAST = -(2**31), 2**31 - 1


def get_item(m: Maths, call: Called) -> Tensor:
    """``x[key]``: numbers, slices, ``None`` and ``...``, as in numpy's basic indexing."""
    x, key = call.tensor("x"), call.raw("key")
    return item(m, x, key if isinstance(key, list) else [key])


def item(m: Maths, x: Tensor, keys: Sequence[Any]) -> Tensor:
    """``x[keys]``.

    Parameters
    ----------
    keys : sequence of int, slice, None, ..., or scalar Tensor
    """
    axis = 0
    taken = sum(1 for key in keys if key is not None and key is not ...)
    if taken > x.rank or sum(1 for key in keys if key is ...) > 1:
        raise Unsupported(f"its {taken} indices do not fit an input of rank {x.rank}")
    slices: list[tuple[int, Size, Size, int]] = []
    shape, dropped, gathered = list(x.shape), [], []
    # Where axes of size one come in: counted in the result.
    new, result = [], 0
    for key in keys:
        if key is None:
            new.append(result)
            result += 1
        elif key is ...:
            axis += x.rank - taken
            result += x.rank - taken
        elif isinstance(key, slice):
            cut = _cut(m, key, x.shape[axis])
            if cut is not None:
                slices.append((axis, *cut[:3]))
                shape[axis] = cut[3]
            axis, result = axis + 1, result + 1
        elif type(key) is int:
            size = x.shape[axis]
            if size is not None and not -size <= key < size:
                raise Unsupported(f"it takes place {key} of an axis of {size}")
            slices.append((axis, key, _LAST if key == -1 else key + 1, 1))
            shape[axis] = 1
            dropped.append(axis)
            axis += 1
        elif isinstance(key, Tensor) and key.rank == 0 and dtype_of(key).is_integer():
            gathered.append((axis, key))
            dropped.append(axis)
            axis += 1
        else:
            raise Unsupported("it takes places that an input names")
    y = x
    if slices:
        starts, ends = (m.vector([one[at] for one in slices]) for at in (1, 2))
        axes, steps = m.whole([one[0] for one in slices]), m.whole([one[3] for one in slices])
        batch = has_batch(x) and all(one[0] for one in slices)
        y = m.op("Slice", x, starts, ends, axes, steps, shape=tuple(shape), batch=batch)
    for axis, place in gathered:
        y = m.gather(y, m.unsqueeze(m.cast(place, D.INT64), 0), axis)
    y = m.squeeze(y, *dropped) if dropped else y
    y = m.unsqueeze(y, *new) if new else y
    _remember(m, x, y, keys)
    return y


def _cut(m: Maths, key: slice, size: int | None) -> tuple[Size, Size, int, int | None] | None:
    """Start, end, step and length for ONNX; None if all is taken."""
    start, stop, step = key.start, key.stop, key.step
    step = 1 if step is None else step
    if not all(
        one is None or type(one) is int or (isinstance(one, Tensor) and one.rank == 0)
        for one in (start, stop)
    ):
        raise Unsupported("its slice is not made of whole numbers")
    if type(step) is not int or step == 0:
        raise Unsupported("the step of its slice is no whole number")
    if start is None and stop is None and step == 1:
        return None
    ends: list[Size] = []
    for end, default in ((start, _FIRST if step > 0 else _LAST), (stop, _LAST if step > 0 else _FIRST)):
        if end is None:
            ends.append(default)
        elif isinstance(end, Tensor):
            ends.append(m.reshape(m.cast(end, D.INT64), [1]))
        else:
            ends.append(max(min(end, _LAST), _FIRST))
    first, last = (_number(m, one) for one in (start, stop))
    length = None
    if size is not None and (start is None) == (first is None) and (stop is None) == (last is None):
        length = len(range(*slice(first, last, step).indices(size)))
    return ends[0], ends[1], step, length


def _number(m: Maths, end: Any) -> int | None:
    if isinstance(end, Tensor):
        found = m.known(end)
        return found.item() if found is not None and isinstance(found.item(), int) else None
    return None if end is None else int(end)


def _remember(m: Maths, x: Tensor, y: Tensor, keys: Sequence[Any]) -> None:
    """Of a shape, the sizes that are taken are known as well."""
    known = m.known(x)
    plain = [key for key in keys if key is ... or key is None or type(key) is int or _is_plain(key)]
    if known is None or y.rank > 1 or len(plain) != len(keys):
        return
    taken = known[tuple(plain)]
    m.remember(y, np.array(taken, dtype=object))


def _is_plain(key: Any) -> bool:
    return isinstance(key, slice) and not any(
        isinstance(one, Tensor) for one in (key.start, key.stop, key.step)
    )


def take(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    places = _places(m, call.tensor("indices"))
    if call.raw("axis") is None:
        return m.gather(m.flat(x), places, 0)
    axis, shared = call.axis("axis", x), call.integer("batch_dims", 0)
    return taken_for_each(m, x, places, axis, shared)


def taken_for_each(m: Maths, x: Tensor, places: Tensor, axis: int, shared: int) -> Tensor:
    """``tf.gather``: the first `shared` axes of both go along with one another."""
    if shared < 0:
        shared += places.rank
    if shared == 0:
        return m.gather(x, places, axis)
    if not 0 < shared <= min(axis, places.rank):
        raise Unsupported(f"it shares {shared} axes")
    if shared < axis:
        order = [*range(shared), axis, *(one for one in range(shared, x.rank) if one != axis)]
        x = m.transpose(x, order)
    y = _gather_nd(m, x, m.unsqueeze(places, places.rank), shared)
    if shared < axis:
        inner = places.rank - shared
        middle = range(shared + inner, shared + inner + axis - shared)
        y = m.transpose(
            y, [*range(shared), *middle, *range(shared, shared + inner), *range(middle.stop, y.rank)]
        )
    return y


def gather_nd(m: Maths, call: Called) -> Tensor:
    """``tf.gather_nd``: places given by all their coordinates."""
    x, places = call.tensor("x"), _places(m, call.tensor("indices"))
    return _gather_nd(m, x, places, call.integer("batch_dims", 0))


def _gather_nd(m: Maths, x: Tensor, places: Tensor, shared: int) -> Tensor:
    depth = places.known(-1)
    if not 0 <= shared < places.rank or shared + depth > x.rank:
        raise Unsupported(f"its places of {depth} coordinates do not fit an input of rank {x.rank}")
    shape = (*places.shape[:-1], *x.shape[shared + depth :])
    places = m.cast(places, D.INT64)
    return m.op("GatherND", x, places, shape=shape, batch=has_batch(places), batch_dims=shared)


def take_along_axis(m: Maths, call: Called) -> Tensor:
    x, places = call.tensor("x"), _places(m, call.tensor("indices"))
    if call.raw("axis") is None:
        x, axis = m.flat(x), 0
    else:
        axis = call.axis("axis", x)
    if places.rank != x.rank:
        raise Unsupported(f"its places have {places.rank} axes, but {x.rank} are needed")
    one = [tuple(1 if at == axis else size for at, size in enumerate(t.shape)) for t in (x, places)]
    common = broadcast(*one)
    return m.op(
        "GatherElements",
        _stretched(m, x, places, common, axis),
        _stretched(m, places, x, common, axis),
        shape=tuple(places.shape[axis] if at == axis else size for at, size in enumerate(common)),
        batch=axis > 0 and has_batch(places) and has_batch(x),
        axis=axis,
    )


def _stretched(m: Maths, x: Tensor, other: Tensor, common: Sequence[int | None], axis: int) -> Tensor:
    """Along axes of size one, to what the other has there."""
    stretch = [at != axis and size == 1 and common[at] != 1 for at, size in enumerate(x.shape)]
    if not any(stretch):
        return x
    sizes = [m.size(other if wide else x, at) for at, wide in enumerate(stretch)]
    return m.broadcast_to(x, sizes)


def _places(m: Maths, places: Tensor) -> Tensor:
    return places if dtype_of(places) in (D.INT32, D.INT64) else m.cast(places, D.INT64)


def scatter(m: Maths, call: Called) -> Tensor:
    """Zeros, to which values are added at places given by their coordinates."""
    places = m.cast(_places(m, call.tensor("indices")), D.INT64)
    values, sizes = call.tensor("values"), call.shape("shape")
    shape = [size if isinstance(size, int) else None for size in sizes]
    check_table(prod_of(tuple(shape)))
    if any(size is not None and size < 0 for size in shape):
        raise Unsupported("its shape leaves a size open")
    zeros = m.op("Expand", m.tensor(0, dtype_of(values)), m.vector(sizes), shape=tuple(shape), batch=False)
    return _scattered(m, zeros, places, values, "add")


def scatter_update(m: Maths, call: Called) -> Tensor:
    x = call.tensor("inputs")
    places = m.cast(_places(m, call.tensor("indices")), D.INT64)
    values = call.tensor("updates", dtype_of(x))
    way = call.text("reduction", "none")
    if way not in ("none", "add", "max", "min", "mul"):
        raise Unsupported(f"its reduction {way} is not known here")
    return _scattered(m, x, places, values, way)


def _scattered(m: Maths, x: Tensor, places: Tensor, values: Tensor, way: str) -> Tensor:
    depth = places.known(-1)
    if depth > x.rank or values.rank != places.rank - 1 + x.rank - depth:
        raise Unsupported("its values do not fit its places")
    return m.op("ScatterND", x, places, values, reduction=way)


def slice_(m: Maths, call: Called) -> Tensor:
    """A block from some place on; a size of -1 reaches to the end."""
    x = call.tensor("inputs")
    starts, sizes = call.shape("start_indices"), call.shape("shape")
    if len(starts) != x.rank or len(sizes) != x.rank:
        raise Unsupported(f"it takes a block of {len(sizes)} axes of an input of rank {x.rank}")
    keys: list[slice] = []
    shape: list[int | None] = []
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        own = x.shape[axis]
        if isinstance(start, int) and start < 0:
            start = 0
        if isinstance(size, int) and size == -1:
            keys.append(slice(_scalar(m, start), None))
            shape.append(None if own is None or isinstance(start, Tensor) else own - start)
            continue
        if isinstance(start, int) and isinstance(size, int) and own is not None and start + size > own:
            raise Unsupported(f"it takes places {start} to {start + size} of an axis of {own}")
        end = start + size if isinstance(start, int) and isinstance(size, int) else m.add(start, size)
        keys.append(slice(_scalar(m, start), _scalar(m, end)))
        shape.append(size if isinstance(size, int) else None)
    y = item(m, x, keys)
    # A start that only the run tells leaves the length as it is.
    return m.reshape(y, [m.size(y, at) if size is None else size for at, size in enumerate(shape)])


def _scalar(m: Maths, size: Size) -> int | Tensor:
    return size if isinstance(size, int) else m.reshape(size, [])


def slice_update(m: Maths, call: Called) -> Tensor:
    """A block is written over; where it stands is in the file."""
    x, updates = call.tensor("inputs"), call.tensor("updates")
    starts = call.wholes("start_indices")
    if len(starts) != x.rank or updates.rank != x.rank:
        raise Unsupported(f"its block does not fit an input of rank {x.rank}")
    margins, sizes = [], []
    for axis, start in enumerate(starts):
        own, size = x.shape[axis], updates.shape[axis]
        if own is None and size is None and start == 0:
            margins.append((0, 0))
            sizes.append(1)
            continue
        if own is None or size is None:
            raise Unsupported("the size of its block is not in the file")
        # As in TensorFlow, a block that reaches over the end is moved back.
        start = max(min(start, own - size), 0)
        if size > own:
            raise Unsupported(f"its block of {size} does not fit an axis of {own}")
        margins.append((start, own - size - start))
        sizes.append(size)
    wide = tuple(before + size + after for (before, after), size in zip(margins, sizes, strict=True))
    check_table(prod_of(wide))
    mask = np.zeros(wide, bool)
    mask[tuple(slice(before, before + size) for (before, _), size in zip(margins, sizes, strict=True))] = True
    return m.where(m.array(mask, D.BOOL), padded(m, m.cast(updates, dtype_of(x)), margins), x)


def unravel_index(m: Maths, call: Called) -> list[Tensor]:
    """Coordinates of places counted through a shape."""
    places, shape = call.tensor("indices"), call.wholes("shape")
    if not shape or min(shape) < 1 or len(shape) > 64:
        raise Unsupported(f"its shape {shape} is not valid")
    coordinates = []
    for size in shape[::-1]:
        coordinates.append(m.mod(places, size))
        places = m.floor_div(places, size)
    return coordinates[::-1]


def segment(way: str) -> Any:
    """``segment_sum`` and the like: rows of one number go together."""

    def emit(m: Maths, call: Called) -> Tensor:
        data, owners = call.tensor("data"), _places(m, call.tensor("segment_ids"))
        if not call.has("num_segments"):
            raise Unsupported("how many segments there are depends on its input")
        count = call.size("num_segments")
        if owners.rank != 1:
            raise Unsupported(f"its segments have {owners.rank} axes, but 1 is needed")
        check_table(count * prod_of(data.shape[1:]))
        sizes = [count + 1, *m.sizes(data)[1:]]
        empty = m.tensor(_empty(way, data), dtype_of(data))
        shape = (count + 1, *data.shape[1:])
        start = m.op("Expand", empty, m.vector(sizes), shape=shape)
        # Rows of no segment are dropped: they go to one more, which is cut off.
        owners = m.cast(owners, D.INT64)
        outside = m.either(m.less(owners, 0), m.binary("GreaterOrEqual", owners, count))
        owners = m.where(outside, count, owners)
        y = _scattered(m, start, m.unsqueeze(owners, 1), data, way)
        return m.slice(y, 0, 0, count)

    return emit


def _empty(way: str, data: Tensor) -> int | float:
    dtype = dtype_of(data)
    if way in ("add", "mul"):
        return 0 if way == "add" else 1
    if is_float(dtype):
        limits = np.finfo(dtype.numpy())
        return float(limits.min if way == "max" else limits.max)
    whole = np.iinfo(dtype.numpy())
    return int(whole.min if way == "max" else whole.max)


def split_at(m: Maths, x: Tensor, axis: int, sizes: Sequence[int]) -> list[Tensor]:
    """Parts of given sizes, of which one may be -1."""
    total = x.known(axis)
    rest = total - sum(size for size in sizes if size >= 0)
    return parts(m, x, axis, [rest if size == -1 else size for size in sizes])
