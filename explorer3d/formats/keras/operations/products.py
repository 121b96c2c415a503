"""Matrix products and their kin."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence

from explorer3d.formats.keras.emit import Shape, Tensor
from explorer3d.formats.keras.operations.called import Called
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import Size, broadcast, dtype_of, has_batch
from explorer3d.formats.keras.operations.promotion import D, is_float, with_float
from explorer3d.formats.keras.operations.shaping import moved
from explorer3d.formats.keras.settings import Unsupported


def matmul(m: Maths, call: Called) -> Tensor:
    """Of the last two axes, the ones before go along with one another."""
    x, y = (m.tensor(call.operand(key)) for key in ("x1", "x2"))
    narrow = dtype_of(x) == dtype_of(y) == D.INT8 and min(x.rank, y.rank) > 1
    x, y = m.promoted(x, y)
    dtype = D.INT32 if narrow else dtype_of(x)
    x, y = (
        m.real(_flipped(m, one, call.flag(key, False)))
        for one, key in ((x, "transpose_a"), (y, "transpose_b"))
    )
    return m.cast(multiplied(m, x, y), dtype)


def _flipped(m: Maths, x: Tensor, flip: bool) -> Tensor:
    return m.transpose(x, [*range(x.rank - 2), x.rank - 1, x.rank - 2]) if flip and x.rank > 1 else x


def multiplied(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.op("MatMul", x, y, shape=matmul_shape(x.shape, y.shape))


def matmul_shape(x: Shape, y: Shape) -> Shape:
    if not x or not y:
        raise Unsupported("it multiplies matrices, but is given a number")
    inner = x[-1], y[-2 if len(y) > 1 else 0]
    if None not in inner and inner[0] != inner[1]:
        raise Unsupported(f"its inputs do not fit: {x} and {y}")
    ends = (*x[-2:-1], *(y[-1:] if len(y) > 1 else ()))
    return (*broadcast(x[:-2], y[:-2]), *ends)


def dot(m: Maths, call: Called) -> Tensor:
    return _product(m, call, lambda x, y: (x.rank - 1, max(y.rank - 2, 0)))


def inner(m: Maths, call: Called) -> Tensor:
    return _product(m, call, lambda x, y: (x.rank - 1, y.rank - 1))


def vdot(m: Maths, call: Called) -> Tensor:
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    dtype = dtype_of(x)
    x, y = (m.flat(m.real(one)) for one in (x, y))
    return m.cast(multiplied(m, x, y), dtype)


def _product(m: Maths, call: Called, axes: Callable[[Tensor, Tensor], tuple[int, int]]) -> Tensor:
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    dtype = dtype_of(x)
    x, y = m.real(x), m.real(y)
    if x.rank == 0 or y.rank == 0:
        return m.cast(m.mul(x, y), dtype)
    own, other = axes(x, y)
    return m.cast(contracted(m, x, y, [own], [other]), dtype)


def tensordot(m: Maths, call: Called) -> Tensor:
    """Summed over the last axes of one and the first of the other, or over pairs of axes."""
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    dtype = dtype_of(x)
    given = call.raw("axes")
    if given is None or type(given) is int:
        count = call.integer("axes", 2)
        if not 0 <= count <= min(x.rank, y.rank):
            raise Unsupported(f"it sums over {count} axes")
        own, other = list(range(x.rank - count, x.rank)), list(range(count))
    else:
        pair = given.tolist() if hasattr(given, "tolist") else given
        if not isinstance(pair, list) or len(pair) != 2:
            raise Unsupported("its axes are no two lists")
        own, other = (
            list(Called(m, {"axes": one}).axes("axes", x)) for one, x in zip(pair, (x, y), strict=True)
        )
    if dtype not in (D.INT32, D.INT64):
        x, y = (m.cast(one, with_float(dtype)) for one in (x, y))
    return m.cast(contracted(m, x, y, own, other), dtype)


def contracted(m: Maths, x: Tensor, y: Tensor, own: Sequence[int], other: Sequence[int]) -> Tensor:
    """The sum of the products along pairs of axes; the other axes of both follow one another."""
    if len(own) != len(other):
        raise Unsupported(f"it pairs {len(own)} axes with {len(other)}")
    for one, two in zip(own, other, strict=True):
        if None not in (x.shape[one], y.shape[two]) and x.shape[one] != y.shape[two]:
            raise Unsupported(f"its inputs do not fit: {x.shape} and {y.shape}")
    rows, columns = (
        [axis for axis in range(t.rank) if axis not in axes] for t, axes in ((x, own), (y, other))
    )
    left = [m.size(x, axis) for axis in rows]
    right = [m.size(y, axis) for axis in columns]
    shared = [
        m.size(y if x.shape[a] is None else x, b if x.shape[a] is None else a)
        for a, b in zip(own, other, strict=True)
    ]
    depth, width = m.product(shared), m.product(right)
    height = m.product(left)
    a = m.reshape(m.transpose(x, [*rows, *own]), [height, depth])
    b = m.reshape(m.transpose(y, [*other, *columns]), [depth, width])
    return m.reshape(multiplied(m, a, b), [*left, *right])


def outer(m: Maths, call: Called) -> Tensor:
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    return m.mul(m.unsqueeze(m.flat(x), 1), m.flat(y))


def kron(m: Maths, call: Called) -> Tensor:
    """Each number of one, times the whole of the other."""
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    rank = max(x.rank, y.rank)
    x, y = (m.unsqueeze(one, *range(rank - one.rank)) if one.rank < rank else one for one in (x, y))
    product = m.mul(m.unsqueeze(x, *range(1, 2 * rank, 2)), m.unsqueeze(y, *range(0, 2 * rank, 2)))
    sizes: list[Size] = [m.product([a, b]) for a, b in zip(m.sizes(x), m.sizes(y), strict=True)]
    return m.reshape(product, sizes)


def cross(m: Maths, call: Called) -> Tensor:
    """Of vectors of three numbers, or two, whose third is zero."""
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    keys = ("axis",) * 3 if call.has("axis") else ("axisa", "axisb", "axisc")
    vectors = [
        moved(m, one, [call.axis(key, one, -1)], [one.rank - 1]) for one, key in ((x, keys[0]), (y, keys[1]))
    ]
    sizes = [one.known(-1) for one in vectors]
    if any(size not in (2, 3) for size in sizes):
        raise Unsupported(f"its vectors have {sizes} numbers, but 2 or 3 are needed")
    (a0, a1, a2), (b0, b1, b2) = (
        [_part(m, one, at) if at < one.known(-1) else None for at in range(3)] for one in vectors
    )
    assert a0 is not None and a1 is not None and b0 is not None and b1 is not None
    last = m.sub(m.mul(a0, b1), m.mul(a1, b0))
    if sizes == [2, 2]:
        return last
    first = _minus(m, _times(m, a1, b2), _times(m, a2, b1), last)
    second = _minus(m, _times(m, a2, b0), _times(m, a0, b2), last)
    y = m.concat([m.unsqueeze(one, one.rank) for one in (first, second, last)], last.rank)
    return moved(m, y, [y.rank - 1], [y.axis(call.integer(keys[2], -1))])


def _part(m: Maths, x: Tensor, at: int) -> Tensor:
    return m.squeeze(m.slice(x, x.rank - 1, at, at + 1), x.rank - 1)


def _times(m: Maths, x: Tensor | None, y: Tensor | None) -> Tensor | None:
    return None if x is None or y is None else m.mul(x, y)


def _minus(m: Maths, x: Tensor | None, y: Tensor | None, like: Tensor) -> Tensor:
    if y is None:
        return m.filled(like, 0) if x is None else x
    return m.neg(y) if x is None else m.sub(x, y)


def einsum(m: Maths, call: Called) -> Tensor:
    """Einstein's sum, computed in floats.

    Without a result in the subscripts its axes come in the order of the letters in the alphabet; Keras 3
    names the letters anew first, in the order in which they come.
    """
    tensors = [m.tensor(one) for one in call.operands("operands")]
    narrow = all(dtype_of(one) == D.INT8 for one in tensors)
    tensors = m.promoted(*tensors)
    dtype = D.INT32 if narrow else dtype_of(tensors[0])
    if not is_float(dtype_of(tensors[0])):
        tensors = [m.cast(one, D.FLOAT) for one in tensors]
    return m.cast(summed(m, call.raw("subscripts"), tensors), dtype)


def summed(m: Maths, subscripts: object, tensors: Sequence[Tensor]) -> Tensor:
    """With all axes spelled out, and their sizes checked."""
    terms, result = _spelled_out(subscripts, [one.rank for one in tensors])
    sizes: dict[str, int | None] = {}
    for term, x in zip(terms, tensors, strict=True):
        for letter, size in zip(term, x.shape, strict=True):
            known = sizes.get(letter)
            if known is not None and size not in (None, 1, known) and known != 1:
                raise Unsupported(f"its inputs do not fit: {letter} is {known} and {size}")
            sizes[letter] = size if known in (None, 1) and size is not None else known
    if any(letter not in sizes for letter in result) or len(set(result)) != len(result):
        raise Unsupported(f"its subscripts {subscripts} are not valid")
    shape = tuple(sizes[letter] for letter in result)
    return m.op(
        "Einsum",
        *tensors,
        shape=shape,
        batch=_keeps_batch(terms, result, tensors),
        equation=f"{','.join(terms)}->{result}",
    )


def _keeps_batch(terms: Sequence[str], result: str, tensors: Sequence[Tensor]) -> bool:
    return any(
        has_batch(x) and term[:1] == result[:1]
        for term, x in zip(terms, tensors, strict=True)
        if term and result
    )


def _spelled_out(subscripts: object, ranks: Sequence[int]) -> tuple[list[str], str]:
    """Letters for every axis of every input, and of the result."""
    if not isinstance(subscripts, str) or len(subscripts) > 256:
        raise Unsupported("its subscripts are no word")
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks) or set(subscripts) - set(string.ascii_letters + ",->. "):
        raise Unsupported(f"its subscripts {subscripts} do not fit {len(ranks)} inputs")
    unused = [letter for letter in string.ascii_letters if letter not in subscripts]
    hidden = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True)]
    if any(count < 0 or (count and "..." not in term) for term, count in zip(terms, hidden, strict=True)):
        raise Unsupported(f"its subscripts {subscripts} do not fit inputs of {list(ranks)} axes")
    most = max(hidden)
    if most > len(unused):
        raise Unsupported(f"its subscripts {subscripts} name too many axes")
    spare = "".join(unused[:most])
    terms = [term.replace("...", spare[most - count :]) for term, count in zip(terms, hidden, strict=True)]
    if not arrow:
        seen = "".join(terms)
        result = spare + "".join(letter for letter in seen if seen.count(letter) == 1 and letter not in spare)
    return terms, result.replace("...", spare)


def correlate(m: Maths, call: Called) -> Tensor:
    """Of two rows of numbers, the second slid along the first."""
    x, y = (m.tensor(call.operand(key)) for key in ("x1", "x2"))
    if x.rank != 1 or y.rank != 1:
        raise Unsupported("it compares rows of numbers, but is given more axes")
    wide = m.promoted(x, y)[0]
    dtype = D.DOUBLE if dtype_of(wide) in (D.INT64, D.DOUBLE) else D.FLOAT
    size, length = x.known(0), y.known(0)
    mode = call.text("mode", "valid")
    pads = {"valid": 0, "full": length - 1, "same": length - 1}.get(mode)
    if pads is None:
        raise Unsupported(f"its mode {mode} is not known here")
    if mode == "valid" and length > size:
        raise Unsupported(f"its row of {length} does not fit into one of {size}")
    a, b = (m.reshape(m.cast(one, D.FLOAT), [1, 1, count]) for one, count in ((x, size), (y, length)))
    count = size + 2 * pads - length + 1
    z = m.reshape(m.op("Conv", a, b, shape=(1, 1, count), pads=(pads, pads)), [count])
    if mode == "same":
        wanted = max(size, length)
        start = (count - wanted) // 2
        z = m.slice(z, 0, start, start + wanted)
    return m.cast(z, dtype)


def correlation_of_rows(m: Maths, call: Called) -> Tensor:
    """``corrcoef``: between any two rows, from -1 to 1."""
    x = m.real(call.tensor("x"))
    if x.rank < 2:
        raise Unsupported(f"its input has {x.rank} axes, but 2 are needed")
    centred = m.sub(x, m.mean(x, [x.rank - 1], True))
    products = multiplied(m, centred, m.transpose(centred, [*range(x.rank - 2), x.rank - 1, x.rank - 2]))
    sizes = m.sqrt(m.sum(m.square(centred), [x.rank - 1], True))
    if x.rank != 2:
        raise Unsupported(f"its input has {x.rank} axes, but 2 are needed")
    both = m.mul(sizes, m.transpose(sizes, (1, 0)))
    return m.minimum(m.maximum(m.div(products, both), -1.0), 1.0)


def distances(m: Maths, call: Called) -> Tensor:
    """``cdist``: from every row of one to every row of the other."""
    x, y = m.settled(call.operand("x"), call.operand("y"))
    if min(x.rank, y.rank) < 2:
        raise Unsupported("it needs rows of numbers")
    gaps = m.sub(m.unsqueeze(x, x.rank - 1), m.unsqueeze(y, y.rank - 2))
    return m.sqrt(m.sum(m.square(gaps), [gaps.rank - 1]))


def determinant(m: Maths, x: Tensor) -> Tensor:
    if x.rank < 2 or (None not in x.shape[-2:] and x.shape[-1] != x.shape[-2]):
        raise Unsupported(f"its input of shape {x.shape} is no square matrix")
    return m.op("Det", x, shape=x.shape[:-2])


def log_determinant(m: Maths, x: Tensor) -> Tensor:
    return m.log(determinant(m, x))


def signed_log_determinant(m: Maths, call: Called) -> list[Tensor]:
    found = determinant(m, call.tensor("x"))
    return [m.op("Sign", found), m.log(m.abs(found))]


def norm(m: Maths, call: Called) -> Tensor:
    """Of vectors along one axis, or of matrices along two."""
    x = m.real(call.tensor("x"))
    axes = call.axes("axis", x)
    keepdims = call.flag("keepdims", False)
    order = call.raw("ord")
    if order is None or (order == "fro" and len(axes) == 2) or (order == 2 and len(axes) == 1):
        if len(axes) > 2:
            raise Unsupported(f"it measures along {len(axes)} axes, but only 1 or 2 make sense")
        return m.sqrt(m.sum(m.square(x), axes, keepdims))
    if isinstance(order, str) and order not in ("inf", "-inf"):
        raise Unsupported(f"its norm {order} needs singular values, which ONNX cannot compute")
    power = float(order) if isinstance(order, str) else call.number("ord", 2)
    if len(axes) == 1:
        return _vector_norm(m, x, axes, power, keepdims)
    if len(axes) != 2 or abs(power) not in (1, float("inf")):
        raise Unsupported(f"its norm {order} is not computed here")
    # Sums along one axis, their extreme along the other.
    down, along = axes if abs(power) == 1 else axes[::-1]
    sums = m.sum(m.abs(x), [down], True)
    y = m.reduce("ReduceMax" if power > 0 else "ReduceMin", sums, [along], True)
    return y if keepdims else m.squeeze(y, *axes)


def _vector_norm(m: Maths, x: Tensor, axes: Sequence[int], power: float, keepdims: bool) -> Tensor:
    if power == float("inf"):
        return m.reduce("ReduceMax", m.abs(x), axes, keepdims)
    if power == float("-inf"):
        return m.reduce("ReduceMin", m.abs(x), axes, keepdims)
    if power == 0:
        return m.sum(m.cast(m.negated(m.equal(x, 0.0)), dtype_of(x)), axes, keepdims)
    return m.power(m.sum(m.power(m.abs(x), power), axes, keepdims), 1 / power)
