"""A recurrent cell's weights: kernels whose columns stand gate by gate, in the layouts of Keras and cuDNN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer3d.formats.keras.emit import Scope, Tensor

Change = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class GateWeights:
    """What a cell has trained.

    Attributes
    ----------
    features, units, gates : int
        Kernel (features, gates · units), recurrent kernel (units, gates · units).
    has_bias : bool
    by_cudnn : bool
        Stored as ``CuDNNLSTM`` and ``CuDNNGRU`` of Keras 2 do: each gate's matrices transposed, and two
        biases in a row.

    References
    ----------
    `_convert_rnn_weights` in Keras 2's ``hdf5_format.py``.
    """

    scope: Scope
    features: int
    units: int
    gates: int
    has_bias: bool
    by_cudnn: bool

    def kernel(self) -> Tensor:
        return self.scope.weight("kernel", None, self._from_cudnn(_refilled))

    def recurrent_kernel(self, start: int = 0, stop: int | None = None) -> Tensor:
        """Columns of some gates, all by default: (units, (stop - start) · units)."""
        units, change = self.units, self._from_cudnn(np.transpose)
        if start == 0 and stop is None:
            return self.scope.weight("recurrent_kernel", None, change)
        end = self.gates if stop is None else stop
        return self.scope.weight(
            "recurrent_kernel",
            (units, (end - start) * units),
            lambda array: (array if change is None else change(array))[:, start * units : end * units],
            f"recurrent_kernel_{start}_{end}",
        )

    def bias(self) -> Tensor:
        """What is added whatever the state, with the recurrent bias: (gates · units,)."""
        return self._bias("bias", lambda rows: rows.sum(axis=0))

    def input_bias(self) -> Tensor:
        return self._bias("input_bias", lambda rows: rows[0])

    def recurrent_bias(self) -> Tensor:
        return self._bias("recurrent_bias", lambda rows: rows[1])

    def of_operator(self, order: Sequence[int]) -> list[Tensor | None]:
        """As ONNX wants them, with the gates in its order.

        Returns
        -------
        list of Tensor or None
            W (1, gates · units, features), R (1, gates · units, units), B (1, 2 · gates · units).
        """
        total = self.gates * self.units

        def ordered(array: np.ndarray) -> np.ndarray:
            """(rows, gates · units) → the same with the gates in ONNX' order"""
            parts = np.split(array, self.gates, axis=1)
            return np.concatenate([parts[gate] for gate in order], axis=1)

        def first(change: Change | None) -> Change:
            return lambda array: ordered(array if change is None else change(array)).T[None]

        w = self.scope.weight(
            "kernel", (1, total, self.features), first(self._from_cudnn(_refilled)), "kernel_by_gate"
        )
        r = self.scope.weight(
            "recurrent_kernel",
            (1, total, self.units),
            first(self._from_cudnn(np.transpose)),
            "recurrent_kernel_by_gate",
        )
        if not self.has_bias:
            return [w, r, None]
        b = self.scope.weight(
            "bias", (1, 2 * total), lambda array: ordered(self._rows(array)).reshape(1, -1), "biases_by_gate"
        )
        return [w, r, b]

    def _bias(self, key: str, choose: Change) -> Tensor:
        shape = (self.gates * self.units,)
        return self.scope.weight("bias", shape, lambda array: choose(self._rows(array)), key)

    def _rows(self, bias: np.ndarray) -> np.ndarray:
        """(2, gates · units): the input's bias and the state's."""
        if bias.size == self.gates * self.units:
            return np.stack([bias, np.zeros_like(bias)])
        return bias.reshape(2, -1)

    def _from_cudnn(self, change: Change) -> Change | None:
        if not self.by_cudnn:
            return None
        return lambda array: np.hstack([change(gate) for gate in np.hsplit(array, self.gates)])


def gate_weights(
    scope: Scope, features: int, units: int, gates: int, *, two_biases: bool = False
) -> GateWeights:
    """Declare a cell's weights.

    Parameters
    ----------
    two_biases : bool
        The input and the state have a bias each: (2, gates · units).

    Raises
    ------
    Unsupported
        The file's weights are others.
    """
    total = gates * units
    scope.declare(kernel=(features, total), recurrent_kernel=(units, total))
    has_bias = scope.settings.flag("use_bias", True)
    by_cudnn = has_bias and gates > 1 and scope.stored_shape("bias") == (2 * total,)
    if has_bias:
        scope.declare(bias=(2 * total,) if by_cudnn else (2, total) if two_biases else (total,))
    return GateWeights(scope, features, units, gates, has_bias, by_cudnn)


def _refilled(kernel: np.ndarray) -> np.ndarray:
    """The same numbers, column by column instead of row by row."""
    return kernel.ravel().reshape(kernel.shape, order="F")
