"""Convolution and pooling with the kernel as an argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.layers.adaptive import adaptive_pooling
from explorer3d.formats.keras.layers.fitting import padded
from explorer3d.formats.keras.layers.pooling import pooling
from explorer3d.formats.keras.layers.transposed import transposed_surplus
from explorer3d.formats.keras.layers.window import Window
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import dtype_of
from explorer3d.formats.keras.operations.promotion import D
from explorer3d.formats.keras.settings import Unsupported


def channels_second(m: Maths, x: Tensor, first: bool) -> Tensor:
    return x if first else m.moved(x, x.rank - 1, 1)


def channels_back(m: Maths, x: Tensor, first: bool) -> Tensor:
    return x if first else m.moved(x, 1, x.rank - 1)


def _maps(call: Called, key: str = "inputs") -> tuple[Tensor, int]:
    x = call.tensor(key)
    if not 3 <= x.rank <= 5:
        raise Unsupported(f"its input has {x.rank} axes, but 3 to 5 are needed")
    return x, x.rank - 2


def _window(call: Called, size: Sequence[int], rank: int) -> Window:
    return Window(
        tuple(size),
        call.sizes("strides", rank, 1),
        call.sizes("dilation_rate", rank, 1),
        call.text("padding", "valid"),
    )


def _kernel(call: Called, key: str, rank: int) -> tuple[Tensor, tuple[int, ...]]:
    kernel = call.tensor(key, D.FLOAT)
    if kernel.rank != rank + 2:
        raise Unsupported(f"its kernel has {kernel.rank} axes, but {rank + 2} are needed")
    return kernel, tuple(kernel.known(axis) for axis in range(kernel.rank))


def convolution(m: Maths, call: Called) -> Tensor:
    x, rank = _maps(call)
    kernel, sizes = _kernel(call, "kernel", rank)
    first = call.channels_first()
    y = channels_second(m, x, first)
    channels = y.known(1)
    if channels % sizes[-2] or sizes[-1] % (channels // sizes[-2]):
        raise Unsupported(f"its kernel of shape {sizes} does not fit {channels} channels")
    kernel = m.transpose(kernel, (rank + 1, rank, *range(rank)))
    y = _convolved(m, y, kernel, _window(call, sizes[:rank], rank), channels // sizes[-2])
    return channels_back(m, y, first)


def depthwise_convolution(m: Maths, call: Called) -> Tensor:
    x, rank = _maps(call)
    first = call.channels_first()
    y = _depthwise(m, call, channels_second(m, x, first), "kernel", rank)
    return channels_back(m, y, first)


def separable_convolution(m: Maths, call: Called) -> Tensor:
    x, rank = _maps(call)
    first = call.channels_first()
    y = _depthwise(m, call, channels_second(m, x, first), "depthwise_kernel", rank)
    kernel, sizes = _kernel(call, "pointwise_kernel", rank)
    if sizes[-2] != y.known(1):
        raise Unsupported(f"its kernel of shape {sizes} does not fit {y.known(1)} channels")
    ones = (1,) * rank
    kernel = m.transpose(kernel, (rank + 1, rank, *range(rank)))
    return channels_back(m, _convolved(m, y, kernel, Window(ones, ones, ones, "valid"), 1), first)


def _depthwise(m: Maths, call: Called, x: Tensor, key: str, rank: int) -> Tensor:
    kernel, sizes = _kernel(call, key, rank)
    channels = x.known(1)
    if sizes[-2] != channels:
        raise Unsupported(f"its kernel of shape {sizes} does not fit {channels} channels")
    kernel = m.transpose(kernel, (rank, rank + 1, *range(rank)))
    kernel = m.reshape(kernel, [channels * sizes[-1], 1, *sizes[:rank]])
    return _convolved(m, x, kernel, _window(call, sizes[:rank], rank), channels)


def _convolved(m: Maths, x: Tensor, kernel: Tensor, window: Window, groups: int) -> Tensor:
    dtype = dtype_of(x)
    x = m.cast(x, D.FLOAT)
    sizes = x.shape[2:]
    shape = (x.shape[0], kernel.shape[0], *window.output(sizes))
    if window.is_open(sizes) and max(window.dilation) > 1:
        x, window = padded(m.scope, x, window), replace(window, padding="valid")
    attributes = window.attributes(sizes)
    return m.cast(
        m.op("Conv", x, kernel, shape=shape, group=groups, dilations=window.dilation, **attributes), dtype
    )


def transposed_convolution(m: Maths, call: Called) -> Tensor:
    """The kernel is (space…, out, in)."""
    x, rank = _maps(call)
    kernel, sizes = _kernel(call, "kernel", rank)
    first = call.channels_first()
    y = m.cast(channels_second(m, x, first), D.FLOAT)
    if y.known(1) != sizes[-1]:
        raise Unsupported(f"its kernel of shape {sizes} does not fit {y.known(1)} channels")
    strides, dilation = call.sizes("strides", rank, 1), call.sizes("dilation_rate", rank, 1)
    reach = [(size - 1) * step + 1 for size, step in zip(sizes, dilation, strict=False)]
    more = transposed_surplus(call, reach, strides)
    out = tuple(
        None if size is None else (size - 1) * stride + extent - cut
        for size, stride, extent, cut in zip(y.shape[2:], strides, reach, more, strict=True)
    )
    if any(size is not None and size < 1 for size in out):
        raise Unsupported("nothing is left of its result within its padding")
    before = [max(cut, 0) // 2 for cut in more]
    after = [max(cut, 0) - head for cut, head in zip(more, before, strict=True)]
    y = m.op(
        "ConvTranspose",
        y,
        m.transpose(kernel, (rank + 1, rank, *range(rank))),
        shape=(y.shape[0], sizes[-2], *out),
        kernel_shape=sizes[:rank],
        strides=strides,
        dilations=dilation,
        pads=(*before, *after),
        output_padding=[max(-cut, 0) for cut in more],
    )
    return m.cast(channels_back(m, y, first), dtype_of(x))


def pool(op: str) -> Callable[[Maths, Called], Tensor]:
    def emit(m: Maths, call: Called) -> Tensor:
        x, rank = _maps(call)
        scope = m.scope.of(call.only("pool_size strides padding data_format"))
        return m.cast(pooling(op, rank, scope, m.cast(x, D.FLOAT)), dtype_of(x))

    return emit


def adaptive_pool(op: str) -> Emit:
    def emit(m: Maths, call: Called) -> Tensor:
        x, rank = _maps(call)
        scope = m.scope.of(call.only("output_size data_format"))
        return m.cast(adaptive_pooling(op, rank, scope, m.cast(x, D.FLOAT)), dtype_of(x))

    return emit


def patches(m: Maths, call: Called) -> Tensor:
    """``extract_patches``: what lies under a sliding window, as channels."""
    images = call.tensor("images")
    size = call.wholes("size")
    size = size * 2 if len(size) == 1 else size
    rank = len(size)
    single = images.rank == rank + 1
    x = m.unsqueeze(images, 0) if single else images
    if x.rank != rank + 2 or not 2 <= rank <= 3 or min(size) < 1:
        raise Unsupported(f"its windows of {size} do not fit an input of {images.rank} axes")
    first = call.channels_first()
    strides = call.sizes("strides", rank) if call.has("strides") else size
    window = Window(size, strides, call.sizes("dilation_rate", rank, 1), call.text("padding", "valid"))
    y = unfolded(m, channels_second(m, x, first), window)
    # (N, C, windows…, places…): the places of a window come before its channels.
    n, channels, places = m.size(y, 0), y.known(1), m.sizes(y)[2 : 2 + rank]
    order = (0, *range(2 + rank, 2 + 2 * rank), 1, *range(2, 2 + rank))
    depth = channels
    for one in size:
        depth *= one
    y = channels_back(m, m.reshape(m.transpose(y, order), [n, depth, *places]), first)
    return m.squeeze(y, 0) if single else y


def unfolded(m: Maths, x: Tensor, window: Window) -> Tensor:
    """What lies under each window.

    Returns
    -------
    (N, C, windows…, places of a window…) tensor
    """
    dtype, rank = dtype_of(x), len(window.size)
    if None in x.shape[2:]:
        raise Unsupported("the size of its maps is not in the file")
    pads = window.attributes(x.shape[2:]).get("pads", (0,) * 2 * rank)
    counts = [size for size in window.output(x.shape[2:]) if size is not None]
    if any(pads):
        margins = m.whole([0, 0, *pads[:rank], 0, 0, *pads[rank:]])
        wide = [size + pads[at] + pads[at + rank] for at, size in enumerate(x.shape[2:]) if size is not None]
        x = m.op("Pad", x, margins, shape=(*x.shape[:2], *wide))
    for at in range(rank):
        axis = 2 + 2 * at
        places = [
            [one * window.strides[at] + tap * window.dilation[at] for tap in range(window.size[at])]
            for one in range(counts[at])
        ]
        x = m.gather(x, m.scope.constant(places, "places", D.INT64.numpy()), axis)
    order = [0, 1, *range(2, 2 + 2 * rank, 2), *range(3, 2 + 2 * rank, 2)]
    return m.cast(m.transpose(x, order), dtype)


def unfold(m: Maths, call: Called) -> Tensor:
    """Channels first; a window's numbers become one axis, the windows the other."""
    x = call.tensor("x")
    if x.rank != 4:
        raise Unsupported(f"its input has {x.rank} axes, but 4 are needed")
    margins = call.sizes("padding", 2, 0, least=0)
    if any(margins):
        ends = m.whole([0, 0, *margins, 0, 0, *margins])
        wide = [
            None if size is None else size + 2 * more for size, more in zip(x.shape[2:], margins, strict=True)
        ]
        x = m.op("Pad", x, ends, shape=(*x.shape[:2], *wide))
    window = Window(
        call.sizes("kernel_size", 2), call.sizes("stride", 2, 1), call.sizes("dilation", 2, 1), "valid"
    )
    y = m.transpose(unfolded(m, x, window), (0, 1, 4, 5, 2, 3))
    sizes = m.sizes(y)
    return m.reshape(y, [sizes[0], m.product(sizes[1:4]), m.product(sizes[4:])])


def fold(m: Maths, call: Called) -> Tensor:
    """Windows added up to a map."""
    x = m.cast(call.tensor("x"), D.FLOAT)
    if x.rank != 3:
        raise Unsupported(f"its input has {x.rank} axes, but 3 are needed")
    size, block = call.sizes("output_size", 2), call.sizes("kernel_size", 2)
    margins = call.sizes("padding", 2, 0, least=0)
    depth = block[0] * block[1]
    if x.known(1) % depth:
        raise Unsupported(f"its {x.known(1)} channels are no windows of {block}")
    y = m.op(
        "Col2Im",
        x,
        m.whole(size),
        m.whole(block),
        shape=(x.shape[0], x.known(1) // depth, *size),
        batch=None if x.shape[0] is not None else True,
        strides=call.sizes("stride", 2, 1),
        dilations=call.sizes("dilation", 2, 1),
        pads=(*margins, *margins),
    )
    return m.cast(y, dtype_of(call.tensor("x")))
