"""Tables of vectors, looked up by number."""

from __future__ import annotations

from dataclasses import replace

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.conditions import differs
from explorer3d.formats.keras.settings import Unsupported


def embedding(scope: Scope, x: Tensor) -> Tensor:
    """``Embedding``: floats are cut off to whole numbers; with mask_zero, steps of 0 do not count."""
    rows, width = _size(scope)
    scope.declare(embeddings=(rows, width))
    return _looked_up(scope, x)


def reversible_embedding(scope: Scope, x: Tensor) -> Tensor:
    """``ReversibleEmbedding``: numbers to vectors, or, called with ``reverse=True``, vectors to scores."""
    settings = scope.settings
    rows, width = _size(scope)
    tied = settings.flag("tie_weights", True)
    weights = {"embeddings": (rows, width)} | ({} if tied else {"reverse_embeddings": (width, rows)})
    scope.declare(**weights)
    if scope.keywords.get("reverse") is not True:
        return _looked_up(scope, x)
    if x.known(-1) != width:
        raise Unsupported(f"its input has {x.shape[-1]} channels, but {width} are needed")
    kernel = (
        scope.transpose(scope.weight("embeddings"), (1, 0)) if tied else scope.weight("reverse_embeddings")
    )
    y = scope.op("MatMul", [scope.floating(x), kernel], (*x.shape[:-1], rows))
    if not settings.has("logit_soft_cap"):
        return y
    cap = scope.constant(settings.number("logit_soft_cap", 0), "logit_soft_cap")
    return scope.op("Mul", [scope.op("Tanh", [scope.op("Div", [y, cap])]), cap])


def _size(scope: Scope) -> tuple[int, int]:
    return scope.settings.size("input_dim"), scope.settings.size("output_dim")


def _looked_up(scope: Scope, x: Tensor) -> Tensor:
    places = x if x.value.dtype in _PLACES else scope.cast(x, ir.DataType.INT32)
    table = scope.weight("embeddings")
    y = scope.op("Gather", [table, places], (*x.shape, scope.settings.size("output_dim")), axis=0)
    return replace(y, mask=differs(scope, x, 0)) if scope.settings.flag("mask_zero", False) else y


_PLACES = (ir.DataType.INT32, ir.DataType.INT64)
