"""Dense layers between any axes, told by an equation."""

from __future__ import annotations

import re
from string import ascii_letters

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.layers.activation import activated
from explorer3d.formats.keras.settings import Unsupported

# Keras' three forms: no "...", one in front, or one behind.
_EQUATION = re.compile(
    r"(?P<x>[a-zA-Z]+),(?P<kernel>[a-zA-Z]+)->(?P<y>[a-zA-Z]+)"
    r"|\.\.\.(?P<x_front>[a-zA-Z]+),(?P<kernel_front>[a-zA-Z]+)->\.\.\.(?P<y_front>[a-zA-Z]+)"
    r"|(?P<x_behind>[a-zA-Z]{2,})\.\.\.,(?P<kernel_behind>[a-zA-Z]+)->(?P<y_behind>[a-zA-Z]+)\.\.\."
)


def einsum_dense(scope: Scope, x: Tensor) -> Tensor:
    """``EinsumDense``.

    See `_analyze_einsum_string` in Keras' ``einsum_dense.py``.
    """
    found = _EQUATION.fullmatch(_letters(scope, "equation"))
    if found is None:
        raise Unsupported("its equation is none of Keras'")
    ours, kernel, result = (letters for letters in found.groups() if letters is not None)
    elided = x.rank - len(ours)
    if elided < 0 or (elided and found["x"] is not None):
        raise Unsupported(f"its equation does not fit an input of rank {x.rank}")
    # Axes that the equation leaves out get letters it does not use.
    free = [letter for letter in ascii_letters if letter not in ours + kernel + result]
    if elided > len(free):
        raise Unsupported(f"its input has {x.rank} axes")
    others = "".join(free[:elided])
    if found["x_front"] is not None:
        ours, y_axes = others + ours, others + result
    else:
        ours, y_axes = ours + others, result + others
    sizes = _sizes(scope, x, ours, y_axes, result, others)
    shape = tuple(sizes.get(letter) for letter in y_axes)
    if y_axes[0] != ours[0]:
        raise Unsupported("its equation moves the batch")
    weights: dict[str, Shape] = {"kernel": tuple(_known(sizes, letter) for letter in kernel)}
    if scope.settings.has("bias_axes"):
        weights["bias"] = _bias_shape(_letters(scope, "bias_axes"), result, y_axes, sizes)
    scope.declare(**weights)
    y = scope.op(
        "Einsum", [scope.floating(x), scope.weight("kernel")], shape, equation=f"{ours},{kernel}->{y_axes}"
    )
    return activated(scope, scope.op("Add", [y, scope.weight("bias")]) if "bias" in weights else y)


def _letters(scope: Scope, key: str) -> str:
    """As they are: capitals are axes of their own."""
    given = scope.settings.raw(key)
    if not isinstance(given, str):
        raise Unsupported(f"its setting {key} is not a word")
    return "".join(given.split())


def _sizes(
    scope: Scope, x: Tensor, ours: str, y_axes: str, result: str, others: str
) -> dict[str, int | None]:
    """The size behind each letter, from the input and from the setting ``output_shape``."""
    if len(set(ours)) != len(ours) or len(set(result)) != len(result):
        raise Unsupported("its equation names an axis twice")
    sizes: dict[str, int | None] = dict(zip(ours, x.shape, strict=True))
    # The batch and what the equation leaves out are not repeated there.
    named = y_axes[1:] if not others else [letter for letter in y_axes[1:] if letter not in others]
    given = scope.settings.raw("output_shape")
    given = given if isinstance(given, list) else [given]
    if len(given) != len(named):
        raise Unsupported("its output_shape does not fit its equation")
    for letter, size in zip(named, given, strict=True):
        if size is not None and (type(size) is not int or not 0 < size < 2**31):
            raise Unsupported("its output_shape is not made of sizes")
        if size is not None and sizes.get(letter) not in (None, size):
            raise Unsupported(f"its equation asks for {size} places where its input has {sizes[letter]}")
        sizes[letter] = sizes.get(letter) or size
    return sizes


def _known(sizes: dict[str, int | None], letter: str) -> int:
    size = sizes.get(letter)
    if size is None:
        raise Unsupported(f"the size of its axis {letter} is not in the file")
    return size


def _bias_shape(axes: str, result: str, y_axes: str, sizes: dict[str, int | None]) -> Shape:
    """From its first axis on; 1 where it is the same for all places."""
    if not axes or not set(axes) <= set(result):
        raise Unsupported("its bias_axes are not in its equation")
    start = min(y_axes.index(letter) for letter in axes)
    return tuple(_known(sizes, letter) if letter in axes else 1 for letter in y_axes[start:])
