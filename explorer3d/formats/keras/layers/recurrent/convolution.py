"""Recurrent layers over maps: ConvLSTM."""

from __future__ import annotations

from collections.abc import Sequence

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.layers.convolution import bias_shape, outputs_first, own_bias
from explorer3d.formats.keras.layers.layout import channels_back, channels_second, space
from explorer3d.formats.keras.layers.recurrent.cells import lstm_step
from explorer3d.formats.keras.layers.recurrent.recurrence import Cell
from explorer3d.formats.keras.layers.window import Window
from explorer3d.formats.keras.settings import Unsupported


def conv_lstm_cell(rank: int, scope: Scope, shape: Shape) -> Cell:
    """An LSTM whose sums are convolutions.

    Raises
    ------
    Unsupported
        A size is not in the file: the state's follow from them.

    References
    ----------
    https://arxiv.org/abs/1506.04214
    """
    settings = scope.settings
    first = settings.channels_first()
    if len(shape) != rank + 2:
        raise Unsupported(f"its input has {len(shape) + 1} axes, but {rank + 3} are needed")
    if None in shape[1:]:
        raise Unsupported(f"some of its input's sizes {shape[1:]} are not in the file")
    sizes = [shape[axis] for axis in space(rank, first)]
    channels = shape[1] if first else shape[-1]
    assert channels is not None
    filters, kernel = settings.size("filters"), settings.sizes("kernel_size", rank)
    ones = (1,) * rank
    window = Window(
        kernel,
        settings.sizes("strides", rank, 1),
        settings.sizes("dilation_rate", rank, 1),
        settings.text("padding", "valid"),
    )
    inner = window.output(sizes)
    again = Window(kernel, ones, ones, "same")
    scope.declare(
        kernel=(*kernel, channels, 4 * filters),
        recurrent_kernel=(*kernel, filters, 4 * filters),
        **bias_shape(scope, 4 * filters),
    )
    state: Shape = (None, filters, *inner) if first else (None, *inner, filters)

    def sums(
        x: Tensor, weight: str, bias: Tensor | None, window: Window, sizes: Sequence[int | None]
    ) -> Tensor:
        full = scope.weight(weight, (4 * filters, x.known(1 if first else -1), *kernel), outputs_first)
        y = scope.op(
            "Conv",
            [x if first else channels_second(scope, x), full, *([] if bias is None else [bias])],
            (None, 4 * filters, *window.output(sizes)),
            dilations=window.dilation,
            **window.attributes(sizes),
        )
        return y if first else channels_back(scope, y)

    def step(x: Tensor, states: Sequence[Tensor]) -> Sequence[Tensor]:
        before, carry = states
        new = sums(x, "kernel", own_bias(scope), window, sizes)
        old = sums(before, "recurrent_kernel", None, again, inner)
        return lstm_step(scope, scope.op("Add", [new, old]), carry, 1 if first else -1)

    return Cell((state, state), 0, lambda x: x, step)
