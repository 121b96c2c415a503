"""Attention as an operation."""

from __future__ import annotations

import math

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import broadcast, dtype_of
from explorer3d.formats.keras.operations.products import multiplied
from explorer3d.formats.keras.operations.promotion import D
from explorer3d.formats.keras.operations.shaping import repeated
from explorer3d.formats.keras.settings import Unsupported

# What TensorFlow's backend puts where a mask forbids to look.
_NEVER = -0.7 * 3.38953e38


def dot_product_attention(m: Maths, call: Called) -> Tensor:
    """``dot_product_attention``.

    query is (N, T, heads, H); key and value are (N, S, heads, H), or have fewer heads, shared by several of
    the query's. `attn_logits_soft_cap` and `flash_attention` have no effect in TensorFlow's backend.

    References
    ----------
    https://arxiv.org/abs/1706.03762, https://arxiv.org/abs/2305.13245
    """
    query, key, value = m.promoted(*(call.tensor(name) for name in ("query", "key", "value")))
    if any(x.rank != 4 for x in (query, key, value)):
        raise Unsupported("its inputs do not have 4 axes")
    heads, shared = query.known(2), key.known(2)
    if heads > shared > 1:
        if heads % shared:
            raise Unsupported(f"its {heads} heads do not share {shared}")
        key, value = (repeated(m, x, 2, heads // shared) for x in (key, value))
    scale = call.number("scale", 1 / math.sqrt(key.known(3)))
    logits = multiplied(m, m.transpose(query, (0, 2, 1, 3)), m.transpose(key, (0, 2, 3, 1)))
    logits = m.mul(logits, scale)
    if call.has("bias"):
        logits = m.add(logits, call.tensor("bias", dtype_of(logits)))
    mask = m.truth(call.operand("mask")) if call.has("mask") else None
    if call.flag("is_causal", False):
        causal = _not_later(m, logits)
        mask = causal if mask is None else m.both(mask, causal)
    if mask is not None:
        logits = m.where(mask, logits, _NEVER)
    weights = m.op("Softmax", logits, axis=3)
    return m.transpose(multiplied(m, weights, m.transpose(value, (0, 2, 1, 3))), (0, 2, 1, 3))


def _not_later(m: Maths, logits: Tensor) -> Tensor:
    """(T, S): whether a step lies not behind the one that looks."""
    sizes = m.sizes(logits)[2:]
    shape = broadcast(logits.shape[2:])
    ones = m.op("Expand", m.tensor(1, D.INT32), m.vector(sizes), shape=shape, batch=False)
    return m.cast(m.op("Trilu", ones, upper=0), D.BOOL)
