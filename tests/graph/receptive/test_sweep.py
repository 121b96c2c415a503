"""Receptive fields of random networks against trying each number of the input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.graph.receptive.brute_force import Net, check, measured_shapes


def drawn(noise: np.random.Generator, *choices):
    return choices[int(noise.integers(len(choices)))]


def padding(noise: np.random.Generator, kernel: tuple[int, int]) -> dict[str, object]:
    way = drawn(noise, "pads", "pads", "SAME_UPPER", "SAME_LOWER", "VALID")
    if way != "pads":
        return {"auto_pad": way}
    return {"pads": [int(noise.integers(size)) for size in (*kernel, *kernel)]}


def pair(noise: np.random.Generator, low: int, high: int) -> tuple[int, int]:
    return int(noise.integers(low, high)), int(noise.integers(low, high))


def convolve(net: Net, x: str, channels: int) -> tuple[str, int]:
    noise = net.noise
    kernel, groups = pair(noise, 1, 4), drawn(noise, 1, 2) if channels % 2 == 0 else 1
    made = groups * int(noise.integers(1, 3))
    settings = padding(noise, kernel)
    dilated = settings.get("auto_pad", "VALID") == "VALID"
    return net.add(
        "Conv", x, net.kernel(made, channels // groups, *kernel), group=groups, strides=pair(noise, 1, 3),
        dilations=pair(noise, 1, 3) if dilated else (1, 1), **settings,
    ), made  # fmt: skip


def transposed(net: Net, x: str, channels: int) -> tuple[str, int]:
    noise = net.noise
    kernel, groups = pair(noise, 1, 4), drawn(noise, 1, 2) if channels % 2 == 0 else 1
    per_group = int(noise.integers(1, 3))
    strides = pair(noise, 1, 3)
    settings: dict[str, object] = drawn(
        noise,
        {"pads": [int(noise.integers(size)) for size in (*kernel, *kernel)]},
        {"output_padding": [int(noise.integers(step)) for step in strides]},
        {},
    )
    return net.add(
        "ConvTranspose", x, net.kernel(channels, per_group, *kernel), group=groups, strides=strides,
        dilations=pair(noise, 1, 3), **settings,
    ), groups * per_group  # fmt: skip


def pooled(net: Net, x: str, channels: int) -> tuple[str, int]:
    noise = net.noise
    kernel = pair(noise, 1, 4)
    settings: dict[str, object] = padding(noise, kernel)
    if "pads" in settings:
        settings["ceil_mode"] = drawn(noise, 0, 1)
    op = drawn(noise, "MaxPool", "AveragePool")
    if op == "MaxPool" and "pads" in settings:
        settings["dilations"] = pair(noise, 1, 3)
    return net.add(op, x, kernel_shape=kernel, strides=pair(noise, 1, 3), **settings), channels


def resized(net: Net, x: str, channels: int) -> tuple[str, int]:
    noise = net.noise
    scales = np.array([1, 1, *(drawn(noise, 0.6, 1.5, 2, 3) for _ in range(2))], np.float32)
    mode = drawn(noise, "nearest", "linear")
    way = drawn(noise, "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
    settings = {"nearest_mode": drawn(noise, "floor", "ceil", "round_prefer_floor", "round_prefer_ceil")}
    return net.add(
        "Resize", x, None, scales, mode=mode, coordinate_transformation_mode=way,
        **(settings if mode == "nearest" else {}),
    ), channels  # fmt: skip


def skipped(net: Net, x: str, channels: int) -> tuple[str, int]:
    """Two ways side by side that meet again."""
    noise = net.noise
    kernel = drawn(noise, 1, 3, 5)
    branch = net.add("Conv", x, net.kernel(channels, channels, kernel, kernel), pads=[kernel // 2] * 4)
    if drawn(noise, True, False):
        branch = net.add("LeakyRelu", branch)
    return net.add("Add", branch, x), channels


def joined(net: Net, x: str, channels: int) -> tuple[str, int]:
    """The second half of the channels is seen through another window than the first."""
    wide = net.add("MaxPool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    return net.add("Concat", x, wide, axis=1), 2 * channels


def padded(net: Net, x: str, channels: int) -> tuple[str, int]:
    mode = drawn(net.noise, "constant", "reflect", "edge")
    pads = np.array([0, 0, *pair(net.noise, 0, 2), 0, 0, *pair(net.noise, 0, 2)], np.int64)
    return net.add("Pad", x, pads, mode=mode), channels


def cut(net: Net, x: str, channels: int) -> tuple[str, int]:
    steps = np.array([drawn(net.noise, 1, 2, -1), 1], np.int64)
    starts = np.array([0 if steps[0] > 0 else -1, 1], np.int64)
    ends = np.array([2**31 if steps[0] > 0 else -(2**31), 2**31], np.int64)
    return net.add("Slice", x, starts, ends, np.array([2, 3], np.int64), steps), channels


PARTS = (convolve, convolve, convolve, transposed, pooled, pooled, resized, skipped, joined, padded, cut)


@pytest.mark.parametrize("seed", range(48))
def test_fields_of_random_networks_are_those_found_by_trying(tmp_path: Path, seed: int) -> None:
    noise = np.random.default_rng(seed)
    channels = int(noise.integers(1, 4))
    net = Net((channels, 7 + int(noise.integers(3)), 8 + int(noise.integers(3))), noise)
    x, made = "x", channels
    for _ in range(int(noise.integers(2, 5))):
        count = len(net.nodes), len(net.weights)
        value, after = drawn(noise, *PARTS)(net, x, made)
        shape = _shape(net, value)
        if shape is None or min(shape[2:]) < 4 or shape[1] > 8 or max(shape[2:]) > 24:
            # Too small to go on with, or too large to try: without this part.
            del net.nodes[count[0] :]
            for name in list(net.weights)[count[1] :]:
                del net.weights[name]
        else:
            x, made = value, after
    net.last = x
    model = net.read(tmp_path)
    check(model, x, cells=25)


def _shape(net: Net, value: str) -> tuple[int, ...] | None:
    """What onnxruntime makes of it; None if it refuses the arguments."""
    try:
        return measured_shapes(net.proto(), (1, *net.shape))[value]
    except Exception:  # onnxruntime's exceptions share no base class
        return None
