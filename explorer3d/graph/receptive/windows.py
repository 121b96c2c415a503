"""Receptive fields of operators that slide windows over maps."""

from __future__ import annotations

from explorer3d.graph.receptive.indices import Indices, array, indices
from explorer3d.graph.receptive.region import Block
from explorer3d.graph.receptive.step import Rule, Seen, Step, Unmapped, axes_of, replaced
from explorer3d.graph.receptive.window import Window, windows_of


def _windows(step: Step, data: int, weights: int | None) -> tuple[Window, ...]:
    try:
        return windows_of(
            step.node, step.shape(data), step.result(), () if weights is None else step.shape(weights)
        )
    except ValueError as error:
        raise Unmapped from error


def _convolution(data: int, weights: int) -> Rule:
    """Whose positions among the inputs are these."""

    def rule(step: Step, block: Block, output: int) -> Seen:
        axes = axes_of(block)
        before, after = step.shape(data), step.result()
        groups = step.node.attributes.get_int("group", 1)
        channels = _whole_groups(axes[1], after[1] // groups, before[1] // groups, before[1])
        windows = _windows(step, data, weights)
        places = (window.seen(one) for window, one in zip(windows, axes[2:], strict=True))
        yield data, Block((axes[0], channels, *places), block.exact)
        kernel = step.shape(weights)
        # Weights that are computed from the input count as well; fixed ones are left out by the caller.
        yield weights, Block(tuple(map(range, kernel)), exact=False)

    return rule


def _whole_groups(channels: Indices, made: int, taken: int, count: int) -> Indices:
    """All input channels of those groups that make these output channels."""
    if taken == count:
        return range(count)
    groups = indices(array(channels) // made)
    if isinstance(groups, range) and groups.step == 1:
        return range(groups.start * taken, groups.stop * taken)
    return indices((array(groups)[:, None] * taken + range(taken)).reshape(-1))


def _pool(step: Step, block: Block, output: int) -> Seen:
    axes = axes_of(block)
    places = (window.seen(one) for window, one in zip(_windows(step, 0, None), axes[2:], strict=True))
    yield 0, Block((*axes[:2], *places), block.exact)


def _global_pool(step: Step, block: Block, output: int) -> Seen:
    yield 0, Block((*axes_of(block)[:2], *map(range, step.shape()[2:])), block.exact)


def _local_response(step: Step, block: Block, output: int) -> Seen:
    """Channels around each, https://onnx.ai/onnx/operators/onnx__LRN.html"""
    size, channels = step.node.attributes.get_int("size", 1), step.shape()[1]
    window = Window(size, 1, 1, (size - 1) // 2, size // 2, channels, channels)
    yield 0, replaced(block, {1: window.seen(axes_of(block)[1])})


WINDOWS: dict[str, Rule] = {
    "Conv": _convolution(0, 1),
    "ConvTranspose": _convolution(0, 1),
    "ConvInteger": _convolution(0, 1),
    "QLinearConv": _convolution(0, 3),
    "MaxPool": _pool,
    "AveragePool": _pool,
    "LpPool": _pool,
    "QLinearAveragePool": _pool,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "GlobalLpPool": _global_pool,
    "QLinearGlobalAveragePool": _global_pool,
    "LRN": _local_response,
}
