"""A tensor as float32 with its axes in another order than the one it is stored in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir


class RearrangedTensor(ir.LazyTensor):
    """Computed each time it is read: the graph holds no second copy of a large kernel.

    Parameters
    ----------
    source : tensor
    order : sequence of int
        Which of its axes comes first, second, …
    shape : sequence of int
        Of the result, with as many numbers as the source: axes may be taken together afterwards.
    """

    def __init__(self, source: ir.TensorProtocol, order: Sequence[int], shape: Sequence[int]) -> None:
        super().__init__(self._read, dtype=ir.DataType.FLOAT, shape=ir.Shape(shape))
        self.source = source
        self.order = tuple(order)

    def _read(self) -> ir.TensorProtocol:
        moved = self.source.numpy().transpose(self.order)
        return ir.Tensor(np.ascontiguousarray(moved, dtype=np.float32).reshape(self.shape.numpy()))
