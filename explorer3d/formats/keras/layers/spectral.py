"""Spectral normalisation."""

from __future__ import annotations

from collections.abc import Sequence

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.inner import inner_layer
from explorer3d.formats.keras.settings import Unsupported


def spectral_normalization(vector: str, scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """``SpectralNormalization``: at inference the layer it wraps, whose kernel training has divided.

    Parameters
    ----------
    vector : str
        What training keeps its estimate of the kernel's first singular vector under.

    References
    ----------
    https://arxiv.org/abs/1802.05957
    """
    results = scope.apply("layer", inner_layer(scope.settings.raw("layer"), "layer"), inputs)
    # Keras 3 counts the wrapped layer's kernel among the wrapper's own tensors, too.
    scope.pass_over("kernel")
    shape = scope.stored_shape(vector)
    if shape is None or len(shape) != 2:
        raise Unsupported(f"its weight {vector} is not in the file")
    scope.declare(**{vector: shape})
    return results
