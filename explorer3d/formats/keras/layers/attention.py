"""Attention of one sequence to another: Luong's products and Bahdanau's sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.conditions import (
    all_of,
    broadcast,
    chosen,
    condition,
    with_axes,
)
from explorer3d.formats.keras.layers.masked import require_steps
from explorer3d.formats.keras.layers.scores import asked, causal
from explorer3d.formats.keras.settings import Unsupported

_Scores = Callable[[Scope, Tensor, Tensor], Tensor]

# What Keras takes from the scores of places that do not count.
_FAR = 1e9


def attention(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``Attention``: scores are scalar products, or with score_mode "concat" sums of tanh(q + k)."""
    mode = scope.settings.text("score_mode", "dot")
    if mode not in ("dot", "concat"):
        raise Unsupported(f"its score_mode {mode!r} is not known")
    scaled = scope.settings.flag("use_scale", False)
    names = ["scale"] * scaled + ["concat_score_weight"] * (mode == "concat")
    scope.declare(**dict.fromkeys(names, ()))
    return _attended(scope, inputs, _products if mode == "dot" else _sums)


def _products(scope: Scope, query: Tensor, key: Tensor) -> Tensor:
    order = [*range(key.rank - 2), key.rank - 1, key.rank - 2]
    shape = (*query.shape[:-1], key.shape[-2])
    scores = scope.op("MatMul", [query, scope.transpose(key, order)], shape)
    return scope.op("Mul", [scores, scope.weight("scale")]) if _is_scaled(scope, False) else scores


def _sums(scope: Scope, query: Tensor, key: Tensor) -> Tensor:
    pairs = _pairs(scope, query, key)
    if _is_scaled(scope, False):
        pairs = scope.op("Mul", [pairs, scope.weight("scale")])
    return scope.op("Mul", [_summed(scope, scope.op("Tanh", [pairs])), scope.weight("concat_score_weight")])


def additive_attention(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``AdditiveAttention``: scores are sums of scale · tanh(q + k), https://arxiv.org/abs/1409.0473"""
    if _is_scaled(scope, True):
        scope.declare(scale=(inputs[0].known(-1),))
    else:
        scope.declare()
    return _attended(scope, inputs, _scaled_sums)


def _scaled_sums(scope: Scope, query: Tensor, key: Tensor) -> Tensor:
    terms = scope.op("Tanh", [_pairs(scope, query, key)])
    return _summed(
        scope, scope.op("Mul", [terms, scope.weight("scale")]) if _is_scaled(scope, True) else terms
    )


def _is_scaled(scope: Scope, default: bool) -> bool:
    return scope.settings.flag("use_scale", default)


def _pairs(scope: Scope, query: Tensor, key: Tensor) -> Tensor:
    """(N, T, S, C): each step of the query plus each of the key."""
    queries, keys = with_axes(scope, query, (-2,)), with_axes(scope, key, (-3,))
    return scope.op("Add", [queries, keys], broadcast(queries.shape, keys.shape))


def _summed(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("ReduceSum", [x, scope.integers([-1], "channels")], x.shape[:-1], keepdims=0)


def _attended(scope: Scope, inputs: Sequence[Tensor], score: _Scores) -> tuple[Tensor, ...]:
    if not 2 <= len(inputs) <= 3:
        raise Unsupported(f"it has {len(inputs)} inputs, but a query, a value and perhaps a key are needed")
    query_mask, value_mask = _masks(scope, inputs)
    query, value, key = (scope.floating(x) for x in (*inputs, inputs[1])[:3])
    _require_fitting(query, value, key)
    scores = score(scope, query, key)
    limits = [] if value_mask is None else [with_axes(scope, value_mask, (1,))]
    # Keras 2 had it among the settings at first.
    if asked(scope, "use_causal_mask") or scope.settings.flag("causal", False):
        if query.rank != 3:
            raise Unsupported("its use_causal_mask is for inputs of 3 axes only")
        limits.append(causal(scope, query, value))
    limit = all_of(scope, limits)
    if limit is not None:
        far = scope.op("Sub", [scores, scope.constant(_FAR, "far")])
        scores = chosen(scope, limit, scores, far)
    weights = scope.op("Softmax", [scores], axis=-1)
    y = scope.op("MatMul", [weights, value], (*query.shape[:-1], value.shape[-1]))
    if query_mask is not None:
        counted = with_axes(scope, query_mask, (-1,))
        y = replace(chosen(scope, counted, y, scope.constant(0, "zero")), mask=query_mask)
    return (y, weights) if asked(scope, "return_attention_scores") else (y,)


def _masks(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor | None, Tensor | None]:
    """Of the query and the value."""
    given = scope.keywords.get("mask")
    if given is None:
        given = [x.mask for x in inputs]
    if not isinstance(given, (list, tuple)) or not 2 <= len(given) <= 3:
        raise Unsupported("its mask is no list of a query's and a value's")
    masks: list[Tensor | None] = []
    for x, mask in zip(inputs[:2], given, strict=False):
        if mask is not None and not isinstance(mask, Tensor):
            raise Unsupported("its mask is no tensor")
        if mask is not None:
            mask = condition(scope, mask)
            if x.rank != 3:
                raise Unsupported("its masks are for inputs of 3 axes only")
            require_steps(mask, x)
        masks.append(mask)
    return masks[0], masks[1]


def _require_fitting(query: Tensor, value: Tensor, key: Tensor) -> None:
    if query.rank < 3 or query.rank != value.rank or query.rank != key.rank:
        raise Unsupported("its inputs have different, or fewer than 3, axes")
    for one, other in (
        (query.shape[-1], key.shape[-1]),
        (key.shape[-2], value.shape[-2]),
        *zip(query.shape[1:-2], value.shape[1:-2], strict=True),
        *zip(query.shape[1:-2], key.shape[1:-2], strict=True),
    ):
        if None not in (one, other) and one != other:
            raise Unsupported(f"its inputs do not fit: {query.shape}, {value.shape} and {key.shape}")
