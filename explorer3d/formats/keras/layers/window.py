"""Windows that slide over maps: kernels and pools, padded as TensorFlow does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from explorer3d.formats.keras.emit import Shape
from explorer3d.formats.keras.settings import Unsupported


@dataclass(frozen=True)
class Window:
    """One number per axis of space."""

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str

    def __post_init__(self) -> None:
        if self.padding not in ("valid", "same", "causal"):
            raise Unsupported(f"its padding {self.padding!r} is not known")

    @property
    def reach(self) -> list[int]:
        """From a window's first place to its last, both counted."""
        return [(size - 1) * step + 1 for size, step in zip(self.size, self.dilation, strict=True)]

    def is_open(self, sizes: Sequence[int | None]) -> bool:
        """Whether the padding depends on sizes that are not known."""
        return self.padding == "same" and any(
            size is None and stride > 1 and reach > 1
            for size, stride, reach in zip(sizes, self.strides, self.reach, strict=True)
        )

    def output(self, sizes: Sequence[int | None]) -> Shape:
        """Sizes of the result for given sizes of the input."""
        out: list[int | None] = []
        for size, reach, stride in zip(sizes, self.reach, self.strides, strict=True):
            if size is None:
                out.append(None)
            elif self.padding == "valid":
                if size < reach:
                    raise Unsupported(f"its window of {reach} is larger than its input of {size}")
                out.append((size - reach) // stride + 1)
            else:
                out.append(-(-size // stride))
        return tuple(out)

    def attributes(self, sizes: Sequence[int | None]) -> dict[str, Any]:
        """ONNX' strides, kernel_shape and padding (all sizes before, then all after).

        TensorFlow pads so that the result has ceil(size / stride) places, the odd one at the end.

        References
        ----------
        https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
        """
        found: dict[str, Any] = {"kernel_shape": self.size, "strides": self.strides}
        if self.padding == "valid":
            return found
        if self.is_open(sizes):
            return found | {"auto_pad": "SAME_UPPER"}
        before, after = [], []
        for size, reach, stride in zip(sizes, self.reach, self.strides, strict=True):
            if self.padding == "causal" or size is None:
                total = reach - 1
            else:
                total = max((-(-size // stride) - 1) * stride + reach - size, 0)
            before.append(total if self.padding == "causal" else total // 2)
            after.append(total - before[-1])
        return found | {"pads": (*before, *after)}
