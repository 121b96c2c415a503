"""Masks: which steps of a sequence count. Keras hands them on from layer to layer beside the values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.aliases import ALIASES
from explorer3d.formats.keras.layers.conditions import all_of, any_of, condition
from explorer3d.formats.keras.settings import Unsupported

MaskRule = Callable[[Scope, Sequence[Tensor]], "Tensor | None"]
"""The mask of a layer's (first) result, from its inputs, of which at least one has a mask."""


def given_mask(scope: Scope, x: Tensor, key: str = "mask") -> Tensor | None:
    """The mask a layer is called with, or else the one that came with its input."""
    given = scope.keywords.get(key)
    if given is None:
        return x.mask
    if not isinstance(given, Tensor):
        raise Unsupported(f"its {key} is no tensor")
    return condition(scope, given)


def obeyed_mask(scope: Scope, x: Tensor, others: Sequence[Tensor]) -> Tensor | None:
    """What a layer that is called with a sequence, and perhaps with other tensors, does with the mask.

    Since Keras 3 the mask that came with the sequence does not reach it beside other tensors, though it
    goes on from its result (``Layer.__call__`` in keras/src/layers/layer.py).
    """
    if scope.keras >= 3 and others and scope.keywords.get("mask") is None:
        return None
    return given_mask(scope, x)


def first(scope: Scope, inputs: Sequence[Tensor]) -> Tensor | None:
    """Keras' ``supports_masking``."""
    return inputs[0].mask


def merged(scope: Scope, inputs: Sequence[Tensor]) -> Tensor | None:
    """``_Merge.compute_mask``: since Keras 3 a step counts if it does in one input, before if in all."""
    masks = _masks(inputs)
    if scope.keras < 3:
        return all_of(scope, masks)
    return any_of(scope, masks) if len(masks) == len(inputs) else None


def concatenated(scope: Scope, inputs: Sequence[Tensor]) -> Tensor | None:
    """``Concatenate.compute_mask``: along the last axis as `merged`, along the steps one behind the other."""
    rank = inputs[0].rank
    axis = inputs[0].axis(scope.settings.integer("axis", -1))
    if axis == rank - 1:
        return merged(scope, inputs)
    if rank != 3 or axis != 1:
        return None
    masks = [_all_steps(scope, x) if x.mask is None else x.mask for x in inputs]
    sizes = [mask.shape[1] for mask in masks]
    steps = None if None in sizes else sum(size for size in sizes if size is not None)
    return scope.op("Concat", masks, (None, steps), axis=1)


def _masks(inputs: Sequence[Tensor]) -> list[Tensor]:
    return [x.mask for x in inputs if x.mask is not None]


def _all_steps(scope: Scope, x: Tensor) -> Tensor:
    """(N, T) bool: yes everywhere."""
    sizes = scope.op("Shape", [x], (2,), end=2)
    sizes.value.type = ir.TensorType(ir.DataType.INT64)
    return scope.op("Expand", [scope.constant(True, "yes", bool), sizes], x.shape[:2])


MASKS: dict[str, MaskRule] = {
    **dict.fromkeys(
        (
            "Activation",
            "ActivityRegularization",
            "AlphaDropout",
            "BatchNormalization",
            "Dense",
            "Dropout",
            "ELU",
            "FixedDropout",
            "GaussianDropout",
            "GaussianNoise",
            "GroupNormalization",
            "Identity",
            "LayerNormalization",
            "LeakyReLU",
            "Normalization",
            "PReLU",
            "ReLU",
            "Rescaling",
            "Softmax",
            "SpatialDropout1D",
            "SpatialDropout2D",
            "SpatialDropout3D",
            "ThresholdedReLU",
            "TimeDistributed",
            "UnitNormalization",
        ),
        first,
    ),
    "Add": merged,
    "Average": merged,
    "Concatenate": concatenated,
    "Maximum": merged,
    "Minimum": merged,
    "Multiply": merged,
    "Subtract": merged,
}
MASKS |= {alias: MASKS[name] for alias, name in ALIASES.items() if name in MASKS}
"""How a layer class hands masks on. Those not listed do not, or their emitters see to it."""

TAKES_MASKS_AWAY = frozenset({"MultiHeadAttention"})
"""Classes that, in Keras 3, take the masks of their inputs away from all layers that come later."""
