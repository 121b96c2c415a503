"""Layers that look words or numbers up in a vocabulary.

See `IndexLookup` in Keras' ``index_lookup.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.categories import encoded
from explorer3d.formats.keras.settings import Unsupported
from explorer3d.formats.keras.stored import weight_shape

Token = int | str


@dataclass(frozen=True)
class _Vocabulary:
    """The tokens, and where they stand: behind the places for masked and for unknown ones."""

    tokens: Sequence[Token]
    has_special: bool
    mask: Token | None
    unknown_at: int
    unknown: int

    @property
    def start(self) -> int:
        return self.unknown_at + self.unknown


def integer_lookup(scope: Scope, x: Tensor) -> Tensor:
    """``IntegerLookup``."""
    return _looked_up(scope, scope.cast(x, ir.DataType.INT64), int)


def string_lookup(scope: Scope, x: Tensor) -> Tensor:
    """``StringLookup``."""
    return _looked_up(scope, x, str)


def _looked_up(scope: Scope, x: Tensor, kind: type[Token]) -> Tensor:
    mode = scope.settings.text("output_mode", "int")
    mode = {"binary": "multi_hot", "tf-idf": "tf_idf"}.get(mode, mode)
    vocabulary = _vocabulary(scope, kind, mode)
    if scope.settings.flag("invert", False):
        if mode != "int":
            raise Unsupported(f"its output_mode {mode} does not fit its setting invert")
        return _token(scope, x, vocabulary, kind)
    places = _place(scope, x, vocabulary, kind, mode)
    if mode == "int":
        return places
    depth = (
        scope.settings.size("max_tokens")
        if scope.settings.flag("pad_to_max_tokens", False)
        else vocabulary.start + len(vocabulary.tokens)
    )
    y = encoded(scope, places, depth, "count" if mode == "tf_idf" else mode)
    if mode == "tf_idf":
        return scope.op("Mul", [y, scope.constant(_rarity(scope, vocabulary, depth), "idf_weights")])
    return scope.cast(y, ir.DataType.INT64) if scope.keras >= 3 else y


def _vocabulary(scope: Scope, kind: type[Token], mode: str) -> _Vocabulary:
    settings = scope.settings
    given = settings.raw("vocabulary")
    if given is None:
        given = _learnt(scope, kind)
    if isinstance(given, str):
        raise Unsupported("its vocabulary is in a file of its own, which does not belong to the model's")
    if not isinstance(given, list) or not all(type(token) is kind for token in given):
        raise Unsupported(f"its vocabulary is not made of {'words' if kind is str else 'whole numbers'}")
    mask = settings.raw("mask_token")
    if mask is not None and type(mask) is not kind:
        raise Unsupported("its mask_token is none of its tokens' type")
    unknown = settings.integer("num_oov_indices", 1)
    if not 0 <= unknown < 2**20:
        raise Unsupported(f"its num_oov_indices is {unknown}")
    masked = mask is not None and mode == "int"
    special = [mask] * masked + [settings.raw("oov_token")] * unknown
    has_special = given[: len(special)] == special
    tokens = given[len(special) :] if has_special else given
    if not tokens:
        raise Unsupported("its vocabulary is empty: it has not been told any")
    if len(set(tokens)) != len(tokens):
        raise Unsupported("its vocabulary names a token twice")
    return _Vocabulary(tokens, has_special, mask, int(masked), unknown)


def _learnt(scope: Scope, kind: type[Token]) -> list[Token]:
    """What the layer was told after it was made, or found by itself in examples: a token each line."""
    text = scope.asset("vocabulary.txt")
    if text is None:
        raise Unsupported(
            "its vocabulary is not in the file; only a .keras file keeps what adapt or set_vocabulary gave it"
        )
    lines = text.splitlines()
    while lines and not lines[-1]:
        lines.pop()
    try:
        return [kind(line) for line in lines]
    except ValueError as error:
        raise Unsupported("its vocabulary is not made of whole numbers") from error


def _place(scope: Scope, x: Tensor, vocabulary: _Vocabulary, kind: type[Token], mode: str) -> Tensor:
    table = dict(zip(vocabulary.tokens, range(vocabulary.start, 2**31), strict=False))
    if vocabulary.mask is not None:
        # What is below zero is left out where places are encoded.
        table[vocabulary.mask] = 0 if mode == "int" else -1
    several = vocabulary.unknown > 1
    if several and (kind is str or scope.settings.text("oov_method", "floormod") != "floormod"):
        raise Unsupported("it spreads unknown tokens by a hash that ONNX has no operator for")
    # Keras itself stops where an unknown token has no place.
    unknown = -2 if several or not vocabulary.unknown else vocabulary.unknown_at
    found = _encoded_labels(scope, x, table, unknown, kind, int)
    if not several:
        return found
    spread = scope.op("Mod", [x, scope.integers([vocabulary.unknown], "num_oov_indices")])
    spread = scope.op("Add", [spread, scope.integers([vocabulary.unknown_at], "unknown_at")])
    is_unknown = scope.op("Equal", [found, scope.integers([unknown], "unknown")])
    is_unknown.value.type = ir.TensorType(ir.DataType.BOOL)
    y = scope.op("Where", [is_unknown, spread, found])
    y.value.type = found.value.type
    return y


def _token(scope: Scope, x: Tensor, vocabulary: _Vocabulary, kind: type[Token]) -> Tensor:
    unknown = scope.settings.raw("oov_token")
    if type(unknown) is not kind:
        raise Unsupported("its oov_token is none of its tokens' type")
    table: dict[Token, Token] = dict(zip(range(vocabulary.start, 2**31), vocabulary.tokens, strict=False))
    if vocabulary.mask is not None:
        table[0] = vocabulary.mask
    return _encoded_labels(scope, scope.cast(x, ir.DataType.INT64), table, unknown, int, kind)


_WORDS = {int: ("int64", ir.DataType.INT64), str: ("string", ir.DataType.STRING)}


def _encoded_labels(
    scope: Scope,
    x: Tensor,
    table: dict[Any, Any],
    default: Token,
    key: type[Token],
    value: type[Token],
) -> Tensor:
    """https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html"""
    if x.value.dtype != _WORDS[key][1]:
        raise Unsupported(f"its input is not made of {'words' if key is str else 'whole numbers'}")
    if any(type(token) is int and not -(2**63) <= token < 2**63 for pair in table.items() for token in pair):
        raise Unsupported("its vocabulary holds numbers that are too large")
    attributes: dict[str, Any] = {
        f"keys_{_WORDS[key][0]}s": list(table),
        f"values_{_WORDS[value][0]}s": list(table.values()),
        f"default_{_WORDS[value][0]}": default,
    }
    y = scope.op("LabelEncoder", [x], domain="ai.onnx.ml", **attributes)
    y.value.type = ir.TensorType(_WORDS[value][1])
    return y


def _rarity(scope: Scope, vocabulary: _Vocabulary, depth: int) -> np.ndarray:
    """(depth,) array: a weight for each place; the average of all for the places in front, none behind."""
    learnt = scope.stored("idf_weights")
    if learnt is not None:
        if weight_shape(learnt) != (depth,) or not learnt.dtype.is_floating_point():
            raise Unsupported(f"its idf_weights in the file are not {depth} numbers")
        return learnt.numpy()
    weights = scope.settings.array("idf_weights", 0.0)
    if (
        weights.ndim != 1
        or weights.size != len(vocabulary.tokens) + vocabulary.start * vocabulary.has_special
    ):
        raise Unsupported("its idf_weights are not in the file, one for each token")
    front = 0 if vocabulary.has_special else vocabulary.start
    if depth < front + weights.size:
        raise Unsupported("its vocabulary is larger than its max_tokens")
    padded = np.pad(weights, (front, depth - front - weights.size))
    padded[:front] = weights.mean()
    return padded
