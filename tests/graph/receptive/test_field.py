"""Receptive fields worked out by hand, and of one operator at a time by trying."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer3d.formats import read_model
from explorer3d.graph.receptive.field import receptive_field
from explorer3d.graph.receptive.indices import array
from tests.formats.keras_files import layer, sequential, write_h5
from tests.graph.receptive.brute_force import RISE, Net, check

SEEN = np.nan
"""Spreads through operators that compare or normalise, where a rise might be hidden."""


def net_of(shape: tuple[int, ...], opset: int = 18) -> Net:
    return Net(shape, np.random.default_rng(0), opset)


def axes(field, value: str) -> list[list[int]]:
    return [array(places).tolist() for places in field.regions[value].axes]


def test_two_convolutions_and_a_pool(tmp_path: Path) -> None:
    net = net_of((3, 20, 20))
    first = net.add("Conv", "x", net.kernel(4, 3, 3, 3), pads=[1, 1, 1, 1], strides=[2, 2])  # 10 x 10
    second = net.add("Conv", first, net.kernel(5, 4, 3, 3), dilations=[2, 1])  # 6 x 8
    third = net.add("MaxPool", second, kernel_shape=[2, 2], strides=[2, 2])  # 3 x 4
    field = receptive_field(net.read(tmp_path), third, (0, 2, 1, 3))
    assert axes(field, second) == [[0], [2], [2, 3], [6, 7]]
    assert axes(field, first) == [[0], [0, 1, 2, 3], [2, 3, 4, 5, 6, 7], [6, 7, 8, 9]]
    # rows 2*2-1 .. 2*7+1, columns 2*6-1 .. 2*9+1
    assert axes(field, "x") == [[0], [0, 1, 2], list(range(3, 16)), list(range(11, 20))]
    assert field.exact and not field.beyond


def test_dilation_and_stride_leave_gaps(tmp_path: Path) -> None:
    net = net_of((1, 30, 30))
    first = net.add("Conv", "x", net.kernel(1, 1, 1, 2), strides=[5, 1], dilations=[1, 4])  # 6 x 26
    second = net.add("Conv", first, net.kernel(1, 1, 2, 1), dilations=[3, 1])
    field = receptive_field(net.read(tmp_path), second, (0, 0, 1, 7))
    assert axes(field, "x") == [[0], [0], [5, 20], [7, 11]]
    assert field.regions["x"].box == (range(1), range(1), range(5, 21), range(7, 12))


def test_groups_see_their_own_channels_and_a_skip_connection_unites_paths(tmp_path: Path) -> None:
    net = net_of((6, 9, 9))
    grouped = net.add("Conv", "x", net.kernel(6, 2, 3, 3), group=3, pads=[1, 1, 1, 1])
    total = net.add("Add", grouped, "x")
    field = receptive_field(net.read(tmp_path), total, (0, 3, 4, 4))
    assert axes(field, "x") == [[0], [2, 3], [3, 4, 5], [3, 4, 5]]
    assert field.regions["x"].mask().sum() == 2 * 3 * 3


def test_paths_that_are_no_box_together_stay_apart(tmp_path: Path) -> None:
    """A long row and a long column: a cross."""
    net = net_of((1, 9, 9))
    row = net.add("Conv", "x", net.kernel(1, 1, 1, 5), pads=[0, 2, 0, 2])
    column = net.add("Conv", "x", net.kernel(1, 1, 5, 1), pads=[2, 0, 2, 0])
    total = net.add("Add", row, column)
    field = receptive_field(net.read(tmp_path), total, (0, 0, 4, 4))
    mask = field.regions["x"].mask()[0, 0]
    expected = np.zeros((9, 9), bool)
    expected[4, 2:7] = expected[2:7, 4] = True
    assert np.array_equal(mask, expected)
    assert field.regions["x"].box == (range(1), range(1), range(2, 7), range(2, 7))


def test_padding_is_not_seen(tmp_path: Path) -> None:
    net = net_of((1, 5, 5))
    value = net.add("Conv", "x", net.kernel(1, 1, 3, 3), pads=[1, 1, 1, 1])
    field = receptive_field(net.read(tmp_path), value, (0, 0, 0, -1))
    assert axes(field, "x") == [[0], [0], [0, 1], [3, 4]]
    assert field.index == (0, 0, 0, 4)


def test_what_is_not_known_is_an_upper_bound_and_says_so(tmp_path: Path) -> None:
    net = net_of((2, 6, 6))
    first = net.add("Conv", "x", net.kernel(2, 2, 3, 3))
    unique = net.add("GridSample", first, net.kernel(1, 4, 4, 2))
    last = net.add("Relu", unique)
    field = receptive_field(net.read(tmp_path), last, (0, 1, 2, 2))
    assert field.regions["x"].is_everything and not field.regions["x"].exact
    assert not field.exact and field.beyond == ("n1",)


def test_no_such_place(tmp_path: Path) -> None:
    net = net_of((1, 5, 5))
    value = net.add("Relu", "x")
    model = net.read(tmp_path)
    with pytest.raises(IndexError):
        receptive_field(model, value, (0, 0, 5, 0))
    with pytest.raises(IndexError):
        receptive_field(model, value, (0, 0))


def test_the_layers_of_keras_are_seen_in_their_own_order_of_axes(samples: Path) -> None:
    """conv1 pads 5 x 5 windows on 28 x 28, pool1 halves, conv2 has 5 x 5 windows: (5 + 1) * 2 + 4 wide."""
    model = read_model(samples / "lenet_fashion.keras")
    layers = model.layer_by_name
    field = receptive_field(model, layers["conv2"].outputs[0].value, (0, 3, 4, 7))
    assert axes(field, layers["pool1"].outputs[0].value) == [
        [0],
        [3, 4, 5, 6, 7],
        [4, 5, 6, 7, 8],
        list(range(6)),
    ]
    # The operators of conv2 read what pool1's make, before it is turned into Keras' order; both are told.
    assert axes(field, layers["conv1"].outputs[0].value) == [
        [0], list(range(6, 16)), list(range(8, 18)), list(range(6))
    ]  # fmt: skip
    assert axes(field, model.inputs[0].value) == [[0], list(range(4, 18)), list(range(6, 20)), [0]]


def test_a_network_of_keras_by_trying(tmp_path: Path) -> None:
    """Channels last, padding on the far side only, two ways that meet again."""
    noise = np.random.default_rng(0)

    def kernel(*shape: int) -> dict[str, np.ndarray]:
        return {"kernel": noise.uniform(0.5, 1.5, shape).astype(np.float32)}

    window = {"use_bias": False, "padding": "same"}
    path = write_h5(
        tmp_path / "m.h5",
        sequential(
            layer("Conv2D", "a", filters=3, kernel_size=[3, 2], strides=[2, 1], activation="relu",
                  batch_input_shape=[None, 9, 7, 2], **window),
            layer("MaxPooling2D", "b", pool_size=[2, 3], strides=[1, 2], padding="same"),
            layer("Conv2D", "c", filters=4, kernel_size=[2, 2], dilation_rate=[1, 2], groups=1, **window),
            layer("UpSampling2D", "d", size=[2, 1]),
            layer("Conv2DTranspose", "e", filters=2, kernel_size=[3, 3], strides=[1, 2], **window),
        ),
        {"a": kernel(3, 2, 2, 3), "c": kernel(2, 2, 3, 4), "e": kernel(3, 3, 2, 4)},
    )  # fmt: skip
    model = read_model(path)
    assert not model.notes
    for name in "abcde":
        check(model, model.layer_by_name[name].outputs[0].value, cells=25)


@pytest.mark.parametrize("size", [2**31, 2**62])
def test_a_window_of_absurd_size_costs_nothing(tmp_path: Path, size: int) -> None:
    net = net_of((1, 6, 6))
    net.add(
        "MaxPool", net.add("Relu", "x"), kernel_shape=[size, 2], dilations=[3, 1], pads=[size, 0, size, 0]
    )
    model = net.read(tmp_path)
    shapes = {"x": (1, 1, 6, 6), "v0_0": (1, 1, 6, 6), "v1_0": (1, 1, 9, 5)}
    field = receptive_field(model, "v1_0", (0, 0, 3, 2), shapes)
    assert field.regions["x"].mask().any()


def _cases() -> dict[str, Callable[[Net], str]]:
    ints = lambda *numbers: np.array(numbers, np.int64)  # noqa: E731
    return {
        "flatten": lambda n: n.add("Flatten", n.add("MaxPool", "x", kernel_shape=[2, 2])),
        "gemm": lambda n: n.add("Gemm", n.add("Flatten", "x"), n.kernel(120, 3), n.kernel(3)),
        "matmul": lambda n: n.add("MatMul", "x", n.kernel(6, 4)),
        "matmul_batched": lambda n: n.add("MatMul", n.kernel(4, 1, 3, 5), "x"),
        "matmul_vector": lambda n: n.add("MatMul", "x", n.kernel(6)),
        "self_attention": lambda n: n.add(
            "MatMul",
            n.add("Softmax", n.add("MatMul", "x", n.add("Transpose", "x", perm=[0, 1, 3, 2])), axis=-1),
            "x",
        ),
        "transpose": lambda n: n.add("ReduceSum", n.add("Transpose", "x", perm=[0, 2, 3, 1]), ints(2)),
        "shuffle": lambda n: n.add(
            "Reshape",
            n.add("Transpose", n.add("Reshape", "x", ints(0, 2, 2, 5, 6)), perm=[0, 2, 1, 3, 4]),
            ints(0, -1, 5, 6),
        ),
        "reshape_across": lambda n: n.add(
            "ReduceMax", n.add("Reshape", "x", ints(0, 5, 4, 6)), ints(2), keepdims=0
        ),
        "squeeze": lambda n: n.add("Squeeze", n.add("ReduceMean", "x", ints(1)), ints(1)),
        "unsqueeze": lambda n: n.add("Unsqueeze", n.add("Relu", "x"), ints(2, 0)),
        "reduce_all": lambda n: n.add("ReduceMean", "x", keepdims=0),
        "split": lambda n: n.add(
            "Concat", *_both(n, n.add("Split", "x", ints(1, 3), outputs=2, axis=1)), axis=2
        ),
        "gather": lambda n: n.add("Gather", "x", np.array([[3, 0], [-1, 3]], np.int64), axis=2),
        "tile": lambda n: n.add("Tile", "x", ints(1, 1, 2, 3)),
        "slice_steps": lambda n: n.add("Slice", "x", ints(-1, 1), ints(-100, 5), ints(3, 2), ints(-2, 2)),
        "pad_reflect": lambda n: n.add("Pad", "x", ints(0, 0, 2, 1, 0, 0, 1, 3), mode="reflect"),
        "pad_wrap": lambda n: n.add("Pad", "x", ints(0, 0, 2, 1, 0, 0, 1, 3), mode="wrap"),
        "pad_cropping": lambda n: n.add("Pad", "x", ints(0, 0, -2, 1, 0, 0, 1, -3)),
        "pad_axes": lambda n: n.add("Pad", "x", ints(2, 1), None, ints(-1), mode="edge"),
        "depth_to_space": lambda n: n.add("DepthToSpace", "x", blocksize=2),
        "depth_to_space_by_column": lambda n: n.add("DepthToSpace", "x", blocksize=2, mode="CRD"),
        "subpixel": lambda n: n.add(
            "MaxPool", n.add("DepthToSpace", "x", blocksize=2), kernel_shape=[3, 3], strides=[2, 2]
        ),
        "space_to_depth": lambda n: n.add(
            "SpaceToDepth", n.add("MaxPool", "x", kernel_shape=[2, 1], strides=[1, 1]), blocksize=2
        ),
        "broadcast": lambda n: n.add("Mul", n.add("GlobalAveragePool", "x"), "x"),
        "broadcast_less_axes": lambda n: n.add("Add", n.add("ReduceSum", "x", ints(0, 1), keepdims=0), "x"),
        "expand": lambda n: n.add("Expand", n.add("ReduceMax", "x", ints(2)), ints(1, 4, 5, 6)),
        "where": lambda n: n.add("Where", n.add("Greater", "x", np.float32([1])), "x", "x"),
        "batch_normalization": lambda n: n.add("BatchNormalization", "x", *(n.kernel(4) for _ in range(4))),
        "global_pools": lambda n: n.add("Add", n.add("GlobalMaxPool", "x"), n.add("GlobalAveragePool", "x")),
        "power_pool": lambda n: n.add("LpPool", "x", kernel_shape=[3, 2], strides=[2, 1], p=2),
        "einsum": lambda n: n.add("Einsum", "x", n.kernel(6, 3), equation="bchw,wk->bkh"),
        "prelu": lambda n: n.add("PRelu", "x", n.kernel(4, 1, 1)),
        "one_dimension": lambda n: n.add(
            "Conv", n.add("Reshape", "x", ints(0, 4, 30)), n.kernel(2, 4, 3), strides=[2],
            auto_pad="SAME_LOWER",
        ),
        "three_dimensions": lambda n: n.add(
            "AveragePool", n.add("Unsqueeze", "x", ints(1)), kernel_shape=[2, 3, 2], strides=[2, 1, 2],
            pads=[0, 1, 0, 1, 1, 0], ceil_mode=1,
        ),
        "cumulated": lambda n: n.add("CumSum", "x", ints(2)),
        "cumulated_backwards": lambda n: n.add("CumSum", "x", ints(-1), reverse=1, exclusive=1),
        "upsampled_to_sizes": lambda n: n.add("Resize", "x", None, None, ints(1, 4, 8, 7), mode="linear"),
        "cubic": lambda n: n.add("Resize", "x", None, np.float32([1, 1, 2, 1.5]), mode="cubic"),
        "resized_axes": lambda n: n.add(
            "Resize", "x", None, np.float32([2, 3]), axes=[3, 2], mode="nearest", nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        ),
        "transposed_same": lambda n: n.add(
            "ConvTranspose", "x", n.kernel(4, 2, 3, 3), strides=[2, 2], auto_pad="SAME_UPPER"
        ),
        "transposed_lower": lambda n: n.add(
            "ConvTranspose", "x", n.kernel(4, 2, 4, 2), strides=[3, 2], auto_pad="SAME_LOWER"
        ),
        "transposed_to_shape": lambda n: n.add(
            "ConvTranspose", "x", n.kernel(4, 2, 3, 3), strides=[2, 2], output_shape=[10, 12]
        ),
    }  # fmt: skip


def _both(net: Net, first: str) -> tuple[str, str]:
    """The two halves of a Split: unequal, so that what is joined is made equal."""
    second = first[:-1] + "1"
    return first, net.add("ReduceMax", second, np.array([1], np.int64))


NORMALISING: dict[str, Callable[[Net], str]] = {
    "softmax": lambda n: n.add("Softmax", "x", axis=1),
    "instance": lambda n: n.add("InstanceNormalization", "x", n.kernel(4), n.kernel(4)),
    "layer": lambda n: n.add("LayerNormalization", "x", n.kernel(5, 6), n.kernel(5, 6), axis=2),
    "of_length_one": lambda n: n.add("LpNormalization", "x", axis=2),
    "mean_variance": lambda n: n.add("MeanVarianceNormalization", "x", axes=[0, 2, 3]),
    "recurrent": lambda n: _recurrent(n, "forward"),
    "recurrent_backwards": lambda n: _recurrent(n, "reverse"),
}


def _recurrent(net: Net, direction: str) -> str:
    """Time first: the 5 x 6 maps of 4 channels are 5 steps of 24 numbers."""
    turned = net.add("Transpose", "x", perm=[2, 0, 1, 3])
    steps = net.add("Reshape", turned, np.array([5, -1, 24], np.int64))
    return net.add(
        "GRU", steps, net.kernel(1, 6, 24), net.kernel(1, 6, 2), hidden_size=2, direction=direction
    )


@pytest.mark.parametrize("name", _cases())
def test_an_operator_by_trying(tmp_path: Path, name: str) -> None:
    net = net_of((4, 5, 6))
    net.last = _cases()[name](net)
    check(net.read(tmp_path), net.last, SEEN if name == "self_attention" else RISE, cells=40)


@pytest.mark.parametrize("name", NORMALISING)
def test_a_normalising_operator_by_trying(tmp_path: Path, name: str) -> None:
    net = net_of((4, 5, 6))
    value = NORMALISING[name](net)
    check(net.read(tmp_path), value, SEEN, cells=40)


@pytest.mark.parametrize(("channel", "expected"), [(0, [0, 1]), (2, [1, 2, 3]), (4, [3, 4])])
def test_local_response_normalisation(tmp_path: Path, channel: int, expected: list[int]) -> None:
    net = net_of((5, 2, 3))
    value = net.add("LRN", "x", size=3)
    # Not by trying: onnxruntime's running sums leave traces of what they have passed.
    field = receptive_field(net.read(tmp_path), value, (0, channel, 1, 2))
    assert axes(field, "x") == [[0], expected, [1], [2]]


def test_softmax_took_all_further_axes_together_before_opset_13(tmp_path: Path) -> None:
    net = net_of((3, 2, 4), opset=11)
    value = net.add("Softmax", "x", axis=2)
    check(net.read(tmp_path), value, SEEN)


def test_upsample_of_old(tmp_path: Path) -> None:
    net = net_of((2, 3, 4), opset=9)
    value = net.add("Upsample", "x", np.float32([1, 1, 2, 3]), mode="nearest")
    check(net.read(tmp_path), value)
