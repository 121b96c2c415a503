"""Products of two inputs, summed over one axis of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.settings import Unsupported

# Keras' own guard against division by zero (keras.backend.epsilon).
_EPSILON = np.float32(1e-7)


def dot(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Dot``: the other axes of the first input, then those of the second; vectors give (N, 1)."""
    if len(inputs) != 2:
        raise Unsupported(f"it has {len(inputs)} inputs, but 2 are needed")
    x, y = (scope.floating(one) for one in inputs)
    one, other = _axes(scope, x, y)
    if scope.settings.flag("normalize", False):
        x, y = _normalized(scope, x, one), _normalized(scope, y, other)
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    batch, summed = next(letters), next(letters)
    first = [batch] + [summed if at == one else next(letters) for at in range(1, x.rank)]
    second = [batch] + [summed if at == other else next(letters) for at in range(1, y.rank)]
    kept = [letter for letter in first + second[1:] if letter != summed]
    shape = tuple(size for at, size in enumerate(x.shape) if at != one) + tuple(
        size for at, size in enumerate(y.shape) if at not in (0, other)
    )
    result = scope.op(
        "Einsum", [x, y], shape, equation=f"{''.join(first)},{''.join(second)}->{''.join(kept)}"
    )
    if result.rank > 1:
        return result
    return scope.op("Unsqueeze", [result, scope.integers([1], "vector")], (*result.shape, 1))


def _axes(scope: Scope, x: Tensor, y: Tensor) -> tuple[int, int]:
    settings = scope.settings
    given = (
        settings.integers("axes")
        if isinstance(settings.raw("axes"), list)
        else (settings.integer("axes"),) * 2
    )
    if len(given) != 2:
        raise Unsupported("its setting axes is not made of 2 axes")
    if max(x.rank, y.rank) > _HIGHEST_RANK:
        raise Unsupported("its inputs have too many axes")
    one, other = x.axis(given[0]), y.axis(given[1])
    if 0 in (one, other):
        raise Unsupported("it sums over the batch")
    sizes = {x.shape[one], y.shape[other]} - {None}
    if len(sizes) > 1:
        raise Unsupported(f"its inputs do not fit: {x.shape[one]} and {y.shape[other]} places are summed")
    return one, other


# More than any layer gives; the equation has a letter for each axis.
_HIGHEST_RANK = 12


def _normalized(scope: Scope, x: Tensor, axis: int) -> Tensor:
    """Divided by its length along an axis."""
    shape = tuple(1 if at == axis else size for at, size in enumerate(x.shape))
    length = scope.op("ReduceL2", [x, scope.integers([axis], f"axis_{axis}")], shape)
    return scope.op("Div", [x, scope.op("Max", [length, scope.constant(_EPSILON, "epsilon")])])
