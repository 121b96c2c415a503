"""Which number of an output looks at which place of a map before it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute.arithmetic.centre import Centre
from explorer3d.errors import RequestError
from explorer3d.graph.model import Model, Port

Make = Callable[..., Model]

# Kernel, stride, dilation and padding before and behind, of rows and of columns, layer by layer.
STACKS = [
    [((3, 2), (2, 1), (1, 1), (1, 0, 1, 1)), ((2, 3), (1, 2), (2, 1), (0, 1, 0, 1))],
    [((5, 5), (1, 1), (1, 1), (2, 2, 2, 2)), ((3, 3), (2, 2), (1, 1), (1, 1, 1, 1))],
    [((3, 3), (1, 1), (1, 1), (0, 0, 0, 0)), ((1, 1), (3, 2), (1, 1), (0, 0, 0, 0))],
]


def _port(model: Model, layer: str) -> Port:
    return model.layer_by_name[layer].outputs[0]


@pytest.mark.parametrize("stack", STACKS)
def test_windows_over_windows(make: Make, key: Callable[[Model], str], stack: list) -> None:
    nodes, weights = [], {}
    for at, (kernel, strides, dilations, pads) in enumerate(stack):
        weights[f"w{at}"] = np.ones((1, 1, *kernel), np.float32)
        nodes.append(
            make_node(
                "Conv", [f"v{at}", f"w{at}"], [f"v{at + 1}"], f"conv{at}", strides=strides,
                dilations=dilations, pads=pads,
            )
        )  # fmt: skip
    last = f"conv{len(stack) - 1}"
    model = make(nodes, {"v0": [1, 1, 23, 29]}, [f"v{len(stack)}"], **weights)
    feeds, output = {"v0": np.zeros((1, 1, 23, 29), np.float32)}, _port(model, last)
    found = Centre(key(model), feeds, output, (0, 0, 0, 0), model.inputs[0])()
    for axis, (one, size) in enumerate(((found.rows, 23), (found.columns, 29))):
        middles = np.arange(one.outputs, dtype=float)
        for kernel, strides, dilations, pads in reversed(stack):
            middles = middles * strides[axis] - pads[axis] + (kernel[axis] - 1) * dilations[axis] / 2
        assert output.shape is not None and one.outputs == output.shape[2 + axis]
        for place in range(size):
            away = np.abs(middles - place)
            assert away[one.nearest(place)] == pytest.approx(away.min())


def test_along_its_own_map_a_number_looks_at_itself_and_not_at_what_comes_later(
    make: Make, key: Callable[[Model], str]
) -> None:
    nodes = [make_node("Relu", ["x"], ["y"], "relu"), make_node("Neg", ["x"], ["z"], "other")]
    model = make(nodes, {"x": [1, 2, 4, 5]}, ["y", "z"])
    feeds, own = {"x": np.zeros((1, 2, 4, 5), np.float32)}, key(model)
    nchw = [Port(one, None, (1, 2, 4, 5), "float32", "NCHW") for one in "xyz"]
    for port in nchw[:2]:
        found = Centre(own, feeds, nchw[1], (0, 1, 0, 0), port)()
        assert [found.nearest(at, at) for at in range(5)] == [(0, 0), (1, 1), (2, 2), (3, 3), (3, 4)]
    with pytest.raises(RequestError, match="does not depend"):
        Centre(own, feeds, nchw[1], (0, 1, 0, 0), nchw[2])()
