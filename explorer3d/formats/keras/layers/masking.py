"""Masks: which steps of a sequence count. Keras hands them on from layer to layer beside the values."""

from __future__ import annotations

PASSES_MASK = frozenset(
    {
        "Activation",
        "ActivityRegularization",
        "AlphaDropout",
        "BatchNormalization",
        "Dense",
        "Dropout",
        "GaussianDropout",
        "GaussianNoise",
        "Identity",
        "LayerNormalization",
        "Softmax",
    }
)
"""Layer classes whose (first) result has the mask of their (first) input: Keras' ``supports_masking``."""
