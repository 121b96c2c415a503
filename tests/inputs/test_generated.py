"""Inputs that are made: as a picture where the model takes one, else as an array of any shape and type."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.inputs import GENERATORS, Generated, Preprocessing, feeds_for, generated_from

BYTES = Preprocessing(scale=1.0)


def made(net: SimpleNamespace, text: str, *ports: object) -> NDArray[np.float32]:
    (array,) = feeds_for(net.model(*ports), text, BYTES).arrays.values()
    return array


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "uint8", "int8", "int64", "bool"])
def test_any_shape_and_type(net: SimpleNamespace, name: str, dtype: str) -> None:
    for shape in ((), (7,), (None, 5), (2, 3, 4), (None, None, 6), (2, 1, 3, 4, 5), (0, 3)):
        model = net.model(net.port("x", shape, dtype))
        feeds = feeds_for(model, f"generator:{name}")
        array = feeds.arrays["x"]
        assert array.dtype == dtype
        assert array.shape == feeds_for(model).arrays["x"].shape
        assert feeds.preprocessing is None
        assert feeds.description.startswith(f"{name}: x")
        if array.size:
            assert 0 <= array.min() <= array.max() <= 1


def test_arrays_by_hand(net: SimpleNamespace) -> None:
    port = net.port("x", (2, 3, 4))
    assert (made(net, "generator:zeros", port) == 0).all()
    assert (made(net, "generator:ones", port) == 1).all()
    board = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    np.testing.assert_array_equal(made(net, "generator:checkerboard", port), [board, board])
    wide = [[0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]]
    np.testing.assert_array_equal(made(net, "generator:checkerboard:2", port), [wide, wide])
    row = [0, 1 / 3, 2 / 3, 1]
    np.testing.assert_allclose(made(net, "generator:gradient", port), [[row] * 3] * 2, rtol=1e-6)
    for text, places in (
        ("", [[0, 1, 2], [1, 1, 2]]),
        (":2,0", [[0, 2, 0], [1, 2, 0]]),
        (":1,0,3", [[1, 0, 3]]),
    ):
        found = made(net, f"generator:impulse{text}", port)
        np.testing.assert_array_equal(np.argwhere(found), places)
        assert found.max() == 1
    np.testing.assert_array_equal(made(net, "generator:impulse:4", net.port("x", (None, 6))), np.eye(6)[4:5])
    np.testing.assert_array_equal(made(net, "generator:checkerboard", net.port("x", (1, 4))), [[0, 1, 0, 1]])


def test_pictures_by_hand(net: SimpleNamespace) -> None:
    port = net.port("x", (None, 3, 16, 24))
    board = made(net, "generator:checkerboard:4", port)
    assert set(np.unique(board)) == {0, 255}
    for row, column in ((0, 0), (3, 3), (0, 4), (4, 0), (7, 5), (15, 23)):
        assert (board[0, :, row, column] == 255 * ((row // 4 + column // 4) % 2)).all()
    assert np.abs(np.diff(made(net, "generator:checkerboard", port)[0, 0, 0])).nonzero()[0].tolist() == list(
        range(1, 23, 2)
    )
    gradient = made(net, "generator:gradient", port)
    np.testing.assert_array_equal(gradient[0, 1, 9], np.rint(np.arange(24) * 255 / 23))
    np.testing.assert_array_equal(
        np.argwhere(made(net, "generator:impulse:3,20", port)), [[0, c, 3, 20] for c in range(3)]
    )
    np.testing.assert_array_equal(
        np.argwhere(made(net, "generator:impulse", net.port("x", (1, 16, 24, 1)))), [[0, 8, 12, 0]]
    )
    noise = made(net, "generator:noise", port)
    assert 120 < noise.mean() < 135 and (noise[0, 0] != noise[0, 1]).mean() > 0.9
    np.testing.assert_array_equal(noise, made(net, "generator:noise:0", port))
    assert (noise != made(net, "generator:noise:1", port)).mean() > 0.9


def test_a_pattern_is_preprocessed_and_numbers_are_not(net: SimpleNamespace) -> None:
    model = net.model(net.port("x", (1, 3, 8, 8)), net.port("other", (4,)))
    preprocessing = Preprocessing(mean=(0.5,), std=(0.5,))
    feeds = feeds_for(model, Generated("checkerboard", (4,)), preprocessing, seed=5)
    assert set(np.unique(feeds.arrays["x"])) == {-1, 1}
    assert feeds.preprocessing == preprocessing
    assert feeds.description == "checkerboard (4), 8×8 stretch, (x/255−0.5)/0.5; noise (5) for other"
    np.testing.assert_array_equal(feeds.arrays["other"], feeds_for(model, seed=5).arrays["other"])
    for name, number in (("zeros", 0), ("ones", 1)):
        arrays = feeds_for(model, Generated(name), preprocessing).arrays
        assert all((array == number).all() for array in arrays.values())


def test_several_pictures(net: SimpleNamespace) -> None:
    model = net.model(
        net.port("left", (1, 3, 16, 24)),
        net.port("right", (1, 16, 24, 3), axes="NHWC"),
        net.port("lying", (1, 24, 16, 3), axes="NWHC"),
    )
    for name in ("checkerboard:4", "gradient", "impulse:3,20"):
        arrays = feeds_for(model, f"generator:{name}").arrays
        assert arrays["left"][0, 0].max() == 1
        np.testing.assert_array_equal(arrays["left"].transpose(0, 2, 3, 1), arrays["right"])
        np.testing.assert_array_equal(arrays["left"].transpose(0, 3, 2, 1), arrays["lying"])


def test_sizes_left_open_are_chosen(net: SimpleNamespace) -> None:
    model = net.model(net.port("x", (None, 3, None, None)))
    assert feeds_for(model, "generator:noise").arrays["x"].shape == (1, 3, 224, 224)
    sizes = {"x": (2, 3, 64, 96)}
    array = feeds_for(model, "generator:impulse:63,95", BYTES, sizes=sizes).arrays["x"]
    np.testing.assert_array_equal(np.argwhere(array[1]), [[c, 63, 95] for c in range(3)])
    assert array.shape == (2, 3, 64, 96)


def test_spelling() -> None:
    assert generated_from("generator:impulse:3,4") == Generated("impulse", (3, 4))
    assert generated_from("generator:noise:7") == Generated("noise", (7,))
    assert generated_from("generator:zeros") == Generated("zeros")
    for text in ("./generator:zeros", "zeros", "generators/zeros", ""):
        assert generated_from(text) is None
    for one in (Generated("impulse", (3, 4)), Generated("ones")):
        assert generated_from(str(one)) == one


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("generator:", "no generator such as"),
        ("generator:Zeros", "no generator such as"),
        ("generator:impulse:1,", "no generator such as"),
        ("generator:impulse:-1", "no generator such as"),
        ("generator:plaid", "There is no generator 'plaid'. Use zeros, ones, noise,"),
        ("generator:zeros:1", "takes nothing behind its name"),
        ("generator:noise:1,2", "takes one number: the seed"),
        ("generator:impulse:16,0", r"no place \(16, 0\) in an input of shape \(16, 24\)"),
        ("generator:impulse:1", r"its row and its column, counted from 0, not \(1,\)"),
        ("generator:impulse:0,0,0", r"its row and its column, counted from 0, not \(0, 0, 0\)"),
    ],
)
def test_what_is_wrong_is_said(net: SimpleNamespace, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        feeds_for(net.model(net.port("x", (None, 3, 16, 24))), text)


def test_what_no_generator_can_fill(net: SimpleNamespace) -> None:
    with pytest.raises(InputError, match="is not known"):
        feeds_for(net.model(net.port("x", None)), "generator:ones")
    with pytest.raises(InputError, match="too large to be filled"):
        feeds_for(net.model(net.port("x", (1, 3, 30_000, 30_000))), "generator:gradient")
    with pytest.raises(InputError, match="too large to be filled"):
        feeds_for(net.model(net.port("x", (10**6, 10**6))), "generator:impulse")
    with pytest.raises(InputError, match=r"There is no place \(4,\) in an input of shape \(2, 4\)"):
        feeds_for(net.model(net.port("x", (2, 4))), "generator:impulse:4")
    with pytest.raises(InputError, match=r"one number for each axis, .* not \(1, 2, 3\)"):
        feeds_for(net.model(net.port("x", (2, 4))), "generator:impulse:1,2,3")


def test_a_picture_of_that_name_is_a_file(
    net: SimpleNamespace, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    Image.new("L", (8, 8), 51).save("generator:zeros", "png")
    model = net.model(net.port("x", (1, 8, 8, 1)))
    assert (feeds_for(model, "./generator:zeros", BYTES).arrays["x"] == 51).all()
    assert (feeds_for(model, "generator:zeros", BYTES).arrays["x"] == 0).all()
