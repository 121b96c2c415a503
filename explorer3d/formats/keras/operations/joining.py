"""Operations that put tensors together and take them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import has_batch
from explorer3d.formats.keras.operations.promotion import D
from explorer3d.formats.keras.settings import Unsupported

# Results of one layer; a file may claim any number.
_MOST_PARTS = 1024


def concatenate(m: Maths, call: Called) -> Tensor:
    tensors = _tensors(m, call, "xs")
    return m.concat(tensors, tensors[0].axis(call.integer("axis", 0)))


def append(m: Maths, call: Called) -> Tensor:
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    if call.raw("axis") is None:
        return m.concat([m.flat(x), m.flat(y)], 0)
    return m.concat([x, y], call.axis("axis", x))


def stack(m: Maths, call: Called) -> Tensor:
    return stacked(m, m.promoted(*call.operands("x")), call.integer("axis", 0))


def stacked(m: Maths, tensors: Sequence[Tensor], axis: int) -> Tensor:
    """Along a new axis."""
    rank = tensors[0].rank + 1
    if not -rank <= axis < rank:
        raise Unsupported(f"its axis {axis} does not exist in a result of rank {rank}")
    return m.concat([m.unsqueeze(x, axis % rank) for x in tensors], axis % rank)


def stacked_rows(m: Maths, call: Called) -> Tensor:
    """``vstack`` as TensorFlow's backend has it: along the first axis there is."""
    return m.concat(_tensors(m, call, "xs"), 0)


def stacked_columns(m: Maths, call: Called) -> Tensor:
    """``hstack``."""
    tensors = _tensors(m, call, "xs")
    return m.concat(tensors, 0 if tensors[0].rank == 1 else 1)


def stacked_depth(m: Maths, call: Called) -> Tensor:
    """``dstack``: along the third axis, which is made where it is missing."""
    tensors = []
    for x in _tensors(m, call, "xs"):
        if x.rank < 3:
            x = m.unsqueeze(x, *((0, 1, 2), (0, 2), (2,))[x.rank])
        tensors.append(x)
    return m.concat(tensors, 2)


def _tensors(m: Maths, call: Called, key: str) -> list[Tensor]:
    return m.settled(*call.operands(key))


def split(m: Maths, call: Called) -> list[Tensor]:
    """Into equal parts, or at given places."""
    x = call.tensor("x")
    return _split(m, call, x, call.axis("axis", x, 0))


def split_along(axis: int) -> Emit:
    def emit(m: Maths, call: Called) -> list[Tensor]:
        x = call.tensor("x")
        return _split(m, call, x, x.axis(axis))

    return emit


def split_columns(m: Maths, call: Called) -> list[Tensor]:
    """``hsplit``."""
    x = call.tensor("x")
    return _split(m, call, x, 0 if x.rank == 1 else 1)


def _split(m: Maths, call: Called, x: Tensor, axis: int) -> list[Tensor]:
    size = x.known(axis)
    given = call.raw("indices_or_sections")
    if type(given) is int:
        if not 1 <= given <= _MOST_PARTS or size % given:
            raise Unsupported(f"it splits {size} places into {given} parts")
        return parts(m, x, axis, [size // given] * given)
    ends = [0, *call.wholes("indices_or_sections"), size]
    return parts(m, x, axis, [end - start for start, end in zip(ends, ends[1:], strict=False)])


def split_array(m: Maths, call: Called) -> list[Tensor]:
    """``array_split``: the first parts take what is left over."""
    x = call.tensor("x")
    axis = call.axis("axis", x, 0)
    size, count = x.known(axis), call.size("indices_or_sections")
    if count > _MOST_PARTS:
        raise Unsupported(f"it splits {size} places into {count} parts")
    return parts(m, x, axis, [size // count + (at < size % count) for at in range(count)])


def parts(m: Maths, x: Tensor, axis: int, sizes: Sequence[int]) -> list[Tensor]:
    if min(sizes) < 0 or sum(sizes) != x.known(axis) or len(sizes) > _MOST_PARTS:
        raise Unsupported(f"it splits {x.known(axis)} places into {list(sizes)}")
    if len(sizes) == 1:
        return [x]
    shapes = [(*x.shape[:axis], size, *x.shape[axis + 1 :]) for size in sizes]
    return m.ops("Split", [x, m.whole(sizes)], shapes, batch=axis > 0 and has_batch(x), axis=axis)


def unstack(m: Maths, call: Called) -> list[Tensor]:
    x = call.tensor("x")
    axis = call.axis("axis", x, 0)
    count = x.shape[axis]
    count = call.size("num") if count is None else count
    if count > _MOST_PARTS:
        raise Unsupported(f"it takes {count} parts")
    places = [m.array(np.asarray(at), D.INT64) for at in range(count)]
    return [m.gather(x, place, axis) for place in places]


def meshgrid(m: Maths, call: Called) -> list[Tensor]:
    """Each input along its own axis, repeated along the others'."""
    tensors = [m.tensor(one) for one in call.operands("x")]
    flat = [x if x.rank == 1 else m.flat(x) for x in tensors]
    order = list(range(len(flat)))
    if call.text("indexing", "xy") == "xy" and len(flat) > 1:
        order[:2] = [1, 0]
    sizes = [m.size(flat[at], 0) for at in order]
    return [
        m.broadcast_to(m.reshape(x, [-1 if place == at else 1 for place in order]), sizes)
        for at, x in enumerate(flat)
    ]
