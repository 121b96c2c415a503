"""Attention with several heads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.conditions import (
    all_of,
    chosen,
    condition,
    with_axes,
)
from explorer3d.formats.keras.layers.masking import given_mask
from explorer3d.formats.keras.layers.places import as_scores, back, flat, unfolded
from explorer3d.formats.keras.layers.scores import asked, causal, given_tensors, window
from explorer3d.formats.keras.settings import Unsupported


@dataclass(frozen=True)
class _Heads:
    """How many heads of which sizes there are, and which axes attend to one another.

    Attributes
    ----------
    own, shared : int
        Heads of the query; of key and value, each shared by own / shared of them.
    places : tuple of int
        Axes of the inputs that attend to one another.
    output : tuple of int
        Sizes of the result behind its places.
    """

    own: int
    shared: int
    key_size: int
    value_size: int
    places: tuple[int, ...]
    output: tuple[int, ...]


def multi_head_attention(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``MultiHeadAttention``, https://arxiv.org/abs/1706.03762

    Whatever ``query_mask`` it is called with, Keras takes the mask that came with the query.
    """
    settings = scope.settings
    query, value, key = given_tensors(scope, inputs)
    count, size = settings.size("num_heads"), settings.size("key_dim")
    if not settings.raw("output_shape"):
        output: tuple[int, ...] = (query.known(-1),)
    elif isinstance(settings.raw("output_shape"), list):
        output = settings.sizes("output_shape", len(settings.raw("output_shape")))
    else:
        output = (settings.size("output_shape"),)
    value_size = settings.size("value_dim", size)
    heads = _Heads(count, count, size, value_size, _places(scope, query), output)
    return _attended(scope, heads, query, value, key, query.mask)


def _places(scope: Scope, query: Tensor) -> tuple[int, ...]:
    settings = scope.settings
    if not settings.has("attention_axes"):
        return tuple(range(1, query.rank - 1))
    one = not isinstance(settings.raw("attention_axes"), list)
    given = (settings.integer("attention_axes"),) if one else settings.integers("attention_axes")
    # Keras counts from the back of its input with the heads' axis.
    places = tuple(axis if axis >= 0 else query.rank + axis for axis in given)
    if not given or len(set(places)) != len(places) or not set(places) <= set(range(1, query.rank - 1)):
        raise Unsupported(f"its attention_axes {list(given)} are not axes of places in its input")
    return places


def group_query_attention(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``GroupQueryAttention``: several heads share a key and a value, https://arxiv.org/abs/2305.13245"""
    settings = scope.settings
    query, value, key = given_tensors(scope, inputs)
    size, own = settings.size("head_dim"), settings.size("num_query_heads")
    shared = settings.size("num_key_value_heads")
    if own % shared:
        raise Unsupported(f"its {own} heads cannot share {shared} keys")
    if query.rank != 3:
        raise Unsupported(f"its input has {query.rank} axes, but 3 are needed")
    heads = _Heads(own, shared, size, size, (1,), (query.known(-1),))
    return _attended(scope, heads, query, value, key, given_mask(scope, query, "query_mask"))


def _attended(
    scope: Scope,
    heads: _Heads,
    query: Tensor,
    value: Tensor,
    given_key: Tensor | None,
    query_mask: Tensor | None,
) -> tuple[Tensor, ...]:
    key = value if given_key is None else given_key
    if not query.rank == value.rank == key.rank or query.rank < 3:
        raise Unsupported("its inputs have different, or fewer than 3, axes")
    _require_fitting(heads, query, value, key)
    limit = _limits(scope, query, value, given_key, query_mask)
    gated = scope.settings.flag("use_gate", False)

    queries = _projected(scope, "query", query, heads.own, heads.key_size)
    keys = _projected(scope, "key", key, heads.shared, heads.key_size)
    gate = _projected(scope, "gate", query, heads.own, heads.value_size) if gated else None
    values = _projected(scope, "value", value, heads.shared, heads.value_size)

    queries = scope.op("Mul", [queries, scope.constant(1 / math.sqrt(heads.key_size), "scale")])
    queries = flat(scope, heads.places, queries)
    keys = flat(scope, heads.places, _repeated(scope, heads, keys), swapped=True)
    values = flat(scope, heads.places, _repeated(scope, heads, values))
    scores = scope.op("MatMul", [queries, keys], (*queries.shape[:-1], keys.shape[-1]))
    weights = _weights(scope, heads, scores, limit, query, value)
    y = scope.op("MatMul", [weights, values], (*queries.shape[:-1], heads.value_size))
    y = back(scope, heads.places, y, query)
    if gate is not None:
        y = scope.op("Mul", [y, scope.op("Sigmoid", [gate])])
    y = _output(scope, heads, y, query)
    y = replace(y, mask=query.mask)
    if not asked(scope, "return_attention_scores"):
        return (y,)
    return y, unfolded(scope, heads.places, weights, query, value)


def _require_fitting(heads: _Heads, query: Tensor, value: Tensor, key: Tensor) -> None:
    pairs = list(zip(value.shape[1:-1], key.shape[1:-1], strict=True))
    pairs += [
        (query.shape[axis], value.shape[axis])
        for axis in range(1, query.rank - 1)
        if axis not in heads.places
    ]
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise Unsupported(f"its inputs do not fit: {query.shape}, {value.shape} and {key.shape}")


def _limits(
    scope: Scope, query: Tensor, value: Tensor, key: Tensor | None, query_mask: Tensor | None
) -> Tensor | None:
    """Which places may look at which, as its inputs' masks, the call and the settings say together.

    See `_compute_attention_mask` in Keras' ``multi_head_attention.py``.
    """
    limits = [] if query_mask is None else [with_axes(scope, query_mask, (-1,))]
    for name, x in (("value", value), ("key", key)):
        mask = None if x is None else given_mask(scope, x, f"{name}_mask")
        if mask is not None:
            limits.append(with_axes(scope, mask, (-2,)))
    if asked(scope, "use_causal_mask"):
        limits.append(causal(scope, query, value))
    if scope.settings.has("sliding_window"):
        limits.append(window(scope, query, value, scope.settings.size("sliding_window")))
    given = scope.keywords.get("attention_mask")
    if given is not None:
        if not isinstance(given, Tensor):
            raise Unsupported("its attention_mask is no tensor")
        limits.append(condition(scope, given))
    return all_of(scope, limits)


def _projected(scope: Scope, name: str, x: Tensor, heads: int, size: int) -> Tensor:
    """(N, places…, heads, size)"""
    part = scope.part(f"{name}_dense", name)
    biased = scope.settings.flag("use_bias", True)
    channels = x.known(-1)
    # No kernel of a convolution, in spite of its three axes.
    part.declare(
        {"kernel": ""}, kernel=(channels, heads, size), **({"bias": (heads, size)} if biased else {})
    )
    width = heads * size
    kernel = part.weight("kernel", (channels, width), lambda array: array.reshape(channels, width))
    y = part.op("MatMul", [scope.floating(x), kernel], (*x.shape[:-1], width))
    if biased:
        bias = part.weight("bias", (width,), lambda array: array.reshape(width))
        y = part.op("Add", [y, bias])
    target = part.integers([*(0 for _ in x.shape[:-1]), heads, size], "heads")
    return part.op("Reshape", [y, target], (*x.shape[:-1], heads, size))


def _repeated(scope: Scope, heads: _Heads, x: Tensor) -> Tensor:
    """Each shared head as often as it is used, one behind the other."""
    times = heads.own // heads.shared
    if times == 1:
        return x
    x = with_axes(scope, x, (-2,))
    *outer, size = x.shape
    repeats = scope.integers([1] * (x.rank - 2) + [times, 1], "repeats")
    x = scope.op("Expand", [x, repeats], (*outer[:-1], times, size))
    target = scope.integers([*(0 for _ in outer[:-2]), heads.own, size or 0], "repeated")
    return scope.op("Reshape", [x, target], (*outer[:-2], heads.own, size))


def _weights(
    scope: Scope, heads: _Heads, scores: Tensor, limit: Tensor | None, query: Tensor, value: Tensor
) -> Tensor:
    """Scores as weights that add up to one over the places that count."""
    if limit is None:
        return scope.op("Softmax", [scores], axis=-1)
    limit = as_scores(scope, heads.places, limit, scores, query, value)
    far = scope.constant(-1e9, "far_below")
    weights = scope.op("Softmax", [chosen(scope, limit, scores, far)], axis=-1)
    # Keras' faster road, taken where nobody asks for the weights, gives all places the same weight where
    # none counts; its other one gives none.
    fast = (
        query.rank == 3
        and not scope.settings.number("dropout", 0) > 0
        and not asked(scope, "return_attention_scores")
    )
    if fast or scope.keras < 3:
        return weights
    return chosen(scope, limit, weights, scope.constant(0, "zero"))


def _output(scope: Scope, heads: _Heads, x: Tensor, query: Tensor) -> Tensor:
    """All heads together to the result's channels."""
    part = scope.part("output_dense", "attention_output")
    biased = scope.settings.flag("use_bias", True)
    kernel_shape = (heads.own, heads.value_size, *heads.output)
    part.declare({"kernel": ""}, kernel=kernel_shape, **({"bias": heads.output} if biased else {}))
    into, out = heads.own * heads.value_size, math.prod(heads.output)
    outer = query.shape[:-1]
    joined = part.integers([*(0 for _ in outer), into], "joined")
    x = part.op("Reshape", [x, joined], (*outer, into))
    kernel = part.weight("kernel", (into, out), lambda array: array.reshape(into, out))
    y = part.op("MatMul", [x, kernel], (*outer, out))
    if biased:
        y = part.op("Add", [y, part.weight("bias", (out,), lambda array: array.reshape(out))])
    if len(heads.output) == 1:
        return y
    target = part.integers([*(0 for _ in outer), *heads.output], "output")
    return part.op("Reshape", [y, target], (*outer, *heads.output))
