"""Operations that order the same numbers otherwise, repeat them, or add and drop axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod

import numpy as np

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.nodes import BATCH
from explorer3d.formats.keras.operations.operands import Size, dtype_of, has_batch, prod_of
from explorer3d.formats.keras.operations.promotion import D
from explorer3d.formats.keras.settings import Unsupported


def shape_of(m: Maths, call: Called) -> Tensor:
    """``tf.shape``, as int32 if nothing else is asked for."""
    x = call.tensor("x")
    if x.rank == 0:
        return m.array(np.empty(0), D.INT32)
    sizes = m.op("Shape", x, shape=(x.rank,), dtype=D.INT64)
    known = [BATCH if axis == 0 and has_batch(x) else size for axis, size in enumerate(x.shape)]
    m.remember(sizes, np.array(known, dtype=object))
    return m.cast(sizes, call.dtype("out_type", D.INT32))


def size_of(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    y = m.op("Size", x, shape=(), dtype=D.INT64)
    m.remember(y, np.array(None if None in x.shape else prod_of(x.shape), dtype=object))
    return m.cast(y, call.dtype("out_type", D.INT32))


def rank_of(m: Maths, call: Called) -> Tensor:
    return m.tensor(call.tensor("x").rank, D.INT32)


def reshape(m: Maths, call: Called) -> Tensor:
    key = "newshape" if call.has("newshape") else "new_shape"
    return m.reshape(call.tensor("x"), call.shape(key))


def ravel(m: Maths, call: Called) -> Tensor:
    return m.flat(call.tensor("x"))


def transpose(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    if not call.has("axes"):
        return m.transpose(x, range(x.rank)[::-1])
    order = [x.axis(one) for one in call.wholes("axes")]
    if sorted(order) != list(range(x.rank)):
        raise Unsupported(f"its axes {call.wholes('axes')} do not fit an input of rank {x.rank}")
    return m.transpose(x, order)


def swap_axes(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    order = list(range(x.rank))
    one, other = call.axis("axis1", x), call.axis("axis2", x)
    order[one], order[other] = other, one
    return m.transpose(x, order)


def move_axis(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    return moved(m, x, call.axes("source", x), call.axes("destination", x))


def moved(m: Maths, x: Tensor, source: Sequence[int], target: Sequence[int]) -> Tensor:
    """Several axes at other positions, the rest in their order."""
    if len(source) != len(target):
        raise Unsupported(f"it moves {len(source)} axes to {len(target)} positions")
    order = [axis for axis in range(x.rank) if axis not in source]
    for to, axis in sorted(zip(target, source, strict=True)):
        order.insert(to, axis)
    return m.transpose(x, order)


def expand_dims(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    given = call.wholes("axis")
    rank = x.rank + len(given)
    axes = {axis % rank for axis in given if -rank <= axis < rank}
    if len(axes) != len(given):
        raise Unsupported(f"its axes {given} do not fit an input of rank {x.rank}")
    return m.unsqueeze(x, *axes)


def squeeze(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    if call.raw("axis") is None or call.raw("axis") == []:
        axes = tuple(axis for axis, size in enumerate(x.shape) if size == 1)
    else:
        axes = call.axes("axis", x)
    if any(x.shape[axis] not in (1, None) for axis in axes):
        raise Unsupported(f"it drops axes of its input of shape {x.shape} that are not of size 1")
    return m.squeeze(x, *axes) if axes else x


def broadcast_to(m: Maths, call: Called) -> Tensor:
    x, sizes = call.tensor("x"), call.shape("shape")
    if any(isinstance(size, int) and size < 0 for size in sizes):
        raise Unsupported("its shape leaves a size open")
    return m.broadcast_to(x, sizes)


def tile(m: Maths, call: Called) -> Tensor:
    """Repeated as a whole, along the last axes if there are fewer counts than axes."""
    x, counts = call.tensor("x"), call.shape("repeats")
    if any(isinstance(count, int) and count < 0 for count in counts):
        raise Unsupported("its counts are below zero")
    counts = [*(1,) * (x.rank - len(counts)), *counts]
    if len(counts) > x.rank:
        x = m.unsqueeze(x, *range(len(counts) - x.rank))
    if not counts:
        return x
    numbers = [count for count in counts if isinstance(count, int)]
    if len(numbers) == len(counts):
        return m.tile(x, numbers)
    shape = tuple(
        None if size is None or isinstance(count, Tensor) else size * count
        for size, count in zip(x.shape, counts, strict=True)
    )
    return m.op("Tile", x, m.vector(counts), shape=shape, batch=counts[0] == 1 and has_batch(x))


def repeat(m: Maths, call: Called) -> Tensor:
    """Each place so many times, or one count for each place."""
    x, counts = call.tensor("x"), call.wholes("repeats")
    if call.raw("axis") is None:
        x = m.flat(x)
    axis = call.axis("axis", x, 0)
    if min(counts, default=0) < 0 or sum(counts) > 1 << 22:
        raise Unsupported(f"it repeats {counts} times")
    if len(counts) == 1:
        return repeated(m, x, axis, counts[0])
    places = np.repeat(np.arange(x.known(axis)), _for_each(counts, x.known(axis)))
    return m.gather(x, m.array(places, D.INT64), axis)


def repeated(m: Maths, x: Tensor, axis: int, count: int) -> Tensor:
    """Each place of an axis so many times."""
    wide = m.unsqueeze(x, axis + 1)
    wide = m.tile(wide, [count if at == axis + 1 else 1 for at in range(wide.rank)])
    sizes: list[Size] = m.sizes(x)
    sizes[axis] = m.product([sizes[axis], count])
    return m.reshape(wide, sizes)


def _for_each(counts: Sequence[int], size: int) -> Sequence[int]:
    if len(counts) != size:
        raise Unsupported(f"it has {len(counts)} counts for {size} places")
    return counts


def flip(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    return flipped(m, x, call.axes("axis", x))


def flip_along(axis: int) -> Emit:
    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        return flipped(m, x, [x.axis(axis)])

    return emit


def flipped(m: Maths, x: Tensor, axes: Sequence[int]) -> Tensor:
    if not axes:
        return x
    ends = [[-1] * len(axes), [-(2**31)] * len(axes), list(axes), [-1] * len(axes)]
    return m.op("Slice", x, *(m.whole(one) for one in ends), batch=has_batch(x))


def rotate(m: Maths, call: Called) -> Tensor:
    """``rot90``: from the first axis towards the second."""
    x = call.tensor("array")
    count = call.integer("k", 1) % 4
    axes = call.axes("axes", x) if call.has("axes") else (x.axis(0), x.axis(1))
    if len(axes) != 2:
        raise Unsupported(f"it turns in {len(axes)} axes, but 2 are needed")
    for _ in range(count):
        order = list(range(x.rank))
        order[axes[0]], order[axes[1]] = axes[1], axes[0]
        x = m.transpose(flipped(m, x, [axes[1]]), order)
    return x


def roll(m: Maths, call: Called) -> Tensor:
    """Shifted along axes; what leaves at one end enters at the other."""
    x, shifts = call.tensor("x"), call.wholes("shift")
    if call.raw("axis") is None:
        return m.reshape(_rolled(m, m.flat(x), 0, sum(shifts)), m.sizes(x))
    axes = [x.axis(one) for one in call.wholes("axis")]
    shifts = shifts * len(axes) if len(shifts) == 1 else shifts
    if len(shifts) != len(axes):
        raise Unsupported(f"it has {len(shifts)} shifts for {len(axes)} axes")
    for axis, shift in zip(axes, shifts, strict=True):
        x = _rolled(m, x, axis, shift)
    return x


def _rolled(m: Maths, x: Tensor, axis: int, shift: int) -> Tensor:
    size = x.shape[axis]
    if size is not None:
        shift %= max(size, 1)
        if not shift:
            return x
        return m.concat([m.slice(x, axis, size - shift), m.slice(x, axis, 0, size - shift)], axis)
    length = m.size(x, axis)
    assert isinstance(length, Tensor)
    places = m.op("Range", m.tensor(0, D.INT64), m.reshape(length, []), m.tensor(1, D.INT64), shape=(None,))
    return m.gather(x, m.mod(m.sub(places, shift), m.reshape(length, [])), axis)


_PAD_MODES = {"constant": "constant", "reflect": "reflect", "symmetric": "symmetric", "edge": "edge"}


def pad(m: Maths, call: Called) -> Tensor:
    """A margin before and after each axis."""
    x = call.tensor("x")
    margins = _margins(m, call, x.rank)
    mode = call.text("mode", "constant")
    if mode not in _PAD_MODES:
        raise Unsupported(f"its padding {mode} is not known here")
    value = call.optional("constant_values")
    fill = None if value is None else m.tensor(value, dtype_of(x))
    return padded(m, x, margins, mode, fill)


def padded(
    m: Maths,
    x: Tensor,
    margins: Sequence[tuple[int, int]],
    mode: str = "constant",
    fill: Tensor | None = None,
) -> Tensor:
    """With so many places before and after each axis."""
    if mode == "symmetric":
        for axis, (before, after) in enumerate(margins):
            x = _mirrored(m, x, axis, before, after)
        return x
    shape = tuple(
        None if size is None else size + before + after
        for size, (before, after) in zip(x.shape, margins, strict=True)
    )
    if mode == "reflect":
        for size, both in zip(x.shape, margins, strict=True):
            if size is not None and max(both) >= max(size, 1):
                raise Unsupported(f"it mirrors {max(both)} places of an axis of {size}")
    pads = m.whole([pair[0] for pair in margins] + [pair[1] for pair in margins])
    inputs = [x, pads] if fill is None else [x, pads, fill]
    return m.op("Pad", *inputs, shape=shape, batch=not any(margins[0]) and has_batch(x), mode=mode)


def _mirrored(m: Maths, x: Tensor, axis: int, before: int, after: int) -> Tensor:
    """The places at the edge too, which ONNX' reflect leaves out."""
    parts = [x]
    size = x.shape[axis]
    if size is not None and max(before, after) > size:
        raise Unsupported(f"it mirrors {max(before, after)} places of an axis of {size}")
    if before:
        parts.insert(0, flipped(m, m.slice(x, axis, 0, before), [axis]))
    if after:
        parts.append(flipped(m, m.slice(x, axis, -after), [axis]))
    return m.concat(parts, axis) if len(parts) > 1 else x


def _margins(m: Maths, call: Called, rank: int) -> list[tuple[int, int]]:
    given = call.raw("pad_width")
    if isinstance(given, Tensor):
        raise Unsupported("its margins are not in the file")
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if type(given) is int:
        given = [given] * rank
    elif isinstance(given, list) and rank > 1 and len(given) == 1:
        given = given * rank
    elif isinstance(given, list) and all(type(one) is int for one in given) and len(given) == 2:
        given = [given] * rank
    return Called(m, {"pad_width": given}).margins("pad_width", rank)


def rearrange(m: Maths, call: Called) -> Tensor:
    """Axes split, ordered and joined as a pattern says: ``b (h p) c -> b h (p c)``.

    References
    ----------
    https://openreview.net/pdf?id=oapKSVM2bcj
    """
    x, pattern = call.tensor("tensor"), call.raw("pattern")
    if not isinstance(pattern, str) or pattern.count("->") != 1 or len(pattern) > 256:
        raise Unsupported(f"its pattern {pattern} is not valid")
    before, after = (
        [re.findall(r"\w+", group) for group in re.findall(r"\w+|\(.*?\)", side)]
        for side in pattern.split("->")
    )
    names, wanted = ([name for group in side for name in group] for side in (before, after))
    if len(before) != x.rank or sorted(names) != sorted(wanted) or len(set(names)) != len(names):
        raise Unsupported(f"its pattern {pattern} does not fit an input of rank {x.rank}")
    sizes: dict[str, Size] = {}
    for axis, group in enumerate(before):
        given = {name: call.size(name) for name in group if call.has(name)}
        missing = [name for name in group if name not in given]
        sizes.update(given)
        if len(group) == 1:
            sizes[group[0]] = m.size(x, axis)
        elif len(missing) > 1 or (missing and x.known(axis) % prod(given.values())):
            raise Unsupported(f"its pattern {pattern} does not fit an axis of {x.shape[axis]}")
        elif missing:
            sizes[missing[0]] = x.known(axis) // prod(given.values())
    y = m.transpose(m.reshape(x, [sizes[name] for name in names]), [names.index(name) for name in wanted])
    return m.reshape(y, [m.product([sizes[name] for name in group]) for group in after])


def depth_to_space(m: Maths, call: Called) -> Tensor:
    """Channels to blocks of places."""
    x, block, first = _blocks(call)
    x = x if first else m.transpose(x, (0, 3, 1, 2))
    channels, depth = x.known(1), block * block
    if channels % depth:
        raise Unsupported(f"its {channels} channels do not make blocks of {block}")
    n, _, h, w = m.sizes(x)
    y = m.reshape(x, [n, block, block, channels // depth, h, w])
    y = m.transpose(y, (0, 3, 4, 1, 5, 2))
    y = m.reshape(y, [n, channels // depth, m.product([h, block]), m.product([w, block])])
    return y if first else m.transpose(y, (0, 2, 3, 1))


def space_to_depth(m: Maths, call: Called) -> Tensor:
    """Blocks of places to channels."""
    x, block, first = _blocks(call)
    x = x if first else m.transpose(x, (0, 3, 1, 2))
    n, channels = m.size(x, 0), x.known(1)
    height, width = x.known(2), x.known(3)
    if height % block or width % block:
        raise Unsupported(f"its maps of {height} × {width} do not split into blocks of {block}")
    y = m.reshape(x, [n, channels, height // block, block, width // block, block])
    y = m.transpose(y, (0, 3, 5, 1, 2, 4))
    y = m.reshape(y, [n, channels * block * block, height // block, width // block])
    return y if first else m.transpose(y, (0, 2, 3, 1))


def _blocks(call: Called) -> tuple[Tensor, int, bool]:
    x = call.tensor("x")
    if x.rank != 4:
        raise Unsupported(f"its input has {x.rank} axes, but 4 are needed")
    return x, call.size("block_size"), call.channels_first()
