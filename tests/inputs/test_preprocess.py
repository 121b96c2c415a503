"""Pictures to arrays, against numbers by hand and Pillow's own operations."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from explorer3d.errors import InputError
from explorer3d.inputs import Preprocessing, prepare


def gradient(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (height, width, channels), np.uint8)


def picture(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def test_scaled_to_one_in_both_orders(net: SimpleNamespace) -> None:
    pixels = gradient(8, 10)
    last, _ = prepare(picture(pixels), Preprocessing(), net.port("x", (None, 8, 10, 3)))
    first, _ = prepare(picture(pixels), Preprocessing(), net.port("x", (None, 3, 8, 10)))
    assert last.dtype == first.dtype == np.float32
    np.testing.assert_array_equal(last, (pixels / 255).astype(np.float32)[np.newaxis])
    np.testing.assert_array_equal(first, last.transpose(0, 3, 1, 2))
    assert first.flags.c_contiguous


def test_axes_of_the_port_win(net: SimpleNamespace) -> None:
    pixels = gradient(16, 9)
    array, _ = prepare(picture(pixels), Preprocessing(scale=1.0), net.port("x", (16, 1, 9, 3), axes="HNWC"))
    np.testing.assert_array_equal(array[:, 0], pixels)


def test_mean_std_invert_and_bgr_by_hand(net: SimpleNamespace) -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[..., :] = (51, 102, 204)  # 0.2, 0.4, 0.8
    preprocessing = Preprocessing(mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 2.0), bgr=True, invert=True)
    array, shown = prepare(picture(pixels), preprocessing, net.port("x", (1, 8, 8, 3)))
    # Inverted 0.8, 0.6, 0.2; normalised 1.4, 1.6, −0.05; then blue first.
    np.testing.assert_allclose(array[0, 0, 0], [-0.05, 1.6, 1.4], rtol=1e-6)
    assert shown[0, 0].tolist() == [204, 153, 51]


def test_one_value_counts_for_all_channels(net: SimpleNamespace) -> None:
    array, _ = prepare(
        picture(np.full((8, 8, 3), 255, np.uint8)),
        Preprocessing(mean=(0.5,), std=(0.5,)),
        net.port("x", (1, 3, 8, 8)),
    )
    assert np.unique(array).tolist() == [1.0]


@pytest.mark.parametrize("dtype", ["float16", "float64", "uint8", "int32"])
def test_type_of_the_input_is_kept(net: SimpleNamespace, dtype: str) -> None:
    pixels = gradient(8, 8)
    array, _ = prepare(picture(pixels), Preprocessing(), net.port("x", (1, 8, 8, 3), dtype))
    assert array.dtype == dtype
    expected = (pixels / 255).astype(dtype) if dtype.startswith("float") else pixels
    np.testing.assert_allclose(array[0], expected, rtol=1e-15)


def test_whole_pixels_are_not_normalised(net: SimpleNamespace) -> None:
    with pytest.raises(InputError, match="mean and std"):
        prepare(picture(gradient(8, 8)), Preprocessing(mean=(0.5,)), net.port("x", (1, 8, 8, 3), "uint8"))


def test_grey_input(net: SimpleNamespace) -> None:
    pixels = gradient(8, 8)
    array, shown = prepare(picture(pixels), Preprocessing(scale=1.0), net.port("x", (None, 8, 8, 1)))
    # ITU-R 601-2 luma.
    luma = pixels @ np.array([299, 587, 114]) / 1000
    np.testing.assert_allclose(array[0, ..., 0], luma, atol=1)
    assert shown.shape == (8, 8, 3)
    np.testing.assert_array_equal(shown[..., 0], array[0, ..., 0])


def test_opacity_is_kept_for_four_channels_and_never_inverted(net: SimpleNamespace) -> None:
    pixels = gradient(8, 8, 4)
    array, shown = prepare(
        picture(pixels), Preprocessing(scale=1.0, invert=True, bgr=True), net.port("x", (1, 4, 8, 8))
    )
    np.testing.assert_array_equal(array[0, 3], pixels[..., 3])
    np.testing.assert_array_equal(array[0, 0], 255 - pixels[..., 2])
    assert shown.shape == (8, 8, 3)


@pytest.mark.parametrize("fit", ["stretch", "crop", "letterbox"])
def test_fit(net: SimpleNamespace, fit: Any) -> None:
    source = picture(gradient(60, 90))
    array, shown = prepare(source, Preprocessing(scale=1.0, fit=fit), net.port("x", (1, 20, 16, 3)))
    if fit == "stretch":
        expected = source.resize((16, 20), Image.Resampling.BILINEAR)
    elif fit == "crop":
        # 16:20 of the height 60 is 48 wide, in the middle of 90.
        expected = source.crop((21, 0, 69, 60)).resize((16, 20), Image.Resampling.BILINEAR)
    else:
        # 90×60 in 16×20: factor 16/90, so 16×11, below (20 − 11) // 2 = 4 rows of bar.
        expected = Image.new("RGB", (16, 20), (114, 114, 114))
        expected.paste(source.resize((16, 11), Image.Resampling.BILINEAR), (0, 4))
    np.testing.assert_array_equal(array[0], np.asarray(expected))
    np.testing.assert_array_equal(shown, np.asarray(expected))


def test_photograph_is_turned_upright(net: SimpleNamespace) -> None:
    source = picture(gradient(12, 8))
    source.getexif()[0x0112] = 6  # turned a quarter
    array, _ = prepare(source, Preprocessing(scale=1.0), net.port("x", (1, 8, 12, 3)))
    np.testing.assert_array_equal(array[0], np.rot90(gradient(12, 8), k=-1))
    assert ImageOps.exif_transpose(source).size == (12, 8)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr", "I", "F"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_kind_of_picture(net: SimpleNamespace, mode: str, channels: int) -> None:
    source = Image.new("L", (8, 9), 200).convert("P" if mode == "PA" else mode)
    if mode == "P":
        source.info["transparency"] = bytes(range(256))
    array, _ = prepare(source, Preprocessing(scale=1.0), net.port("x", (1, 9, 8, channels)))
    assert array.shape == (1, 9, 8, channels)
    assert np.isfinite(array).all()


def test_sixteen_bit_grey_is_scaled(net: SimpleNamespace) -> None:
    source = Image.fromarray(np.full((8, 8), 128 * 257, np.uint16))
    array, _ = prepare(source, Preprocessing(scale=1.0), net.port("x", (1, 8, 8, 1)))
    assert np.unique(array).tolist() == [128.0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.float32([0, 0.5, 1, np.nan]), [0, 128, 255, 0]),
        (np.float32([-3, 51, 255, np.inf]), [0, 51, 255, 0]),
        (np.float32([0, 257 * 51, 65_535, 1]), [0, 51, 255, 0]),
        (np.int32([0, 51, 255, 1]), [0, 51, 255, 1]),
        (np.int32([0, 257 * 51, 60_000, 1]), [0, 51, 233, 0]),
        (np.int32([0, 200_000, 1_000_000, 1]), [0, 51, 255, 0]),
    ],
)
def test_greys_of_32_bits(net: SimpleNamespace, values: np.ndarray, expected: list[int]) -> None:
    source = Image.fromarray(np.repeat(np.repeat(values.reshape(2, 2), 4, 0), 4, 1))
    assert source.mode in ("F", "I")
    array, _ = prepare(source, Preprocessing(scale=1.0), net.port("x", (1, 8, 8, 3)))
    np.testing.assert_array_equal(array[0, ::4, ::4].reshape(4, 3), np.repeat(expected, 3).reshape(4, 3))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_colours_of_printers_and_of_light(net: SimpleNamespace, channels: int) -> None:
    """White in CMYK, of which zeros are no ink, and in LAB, of which 128 is neither red nor green."""
    for source in (Image.new("CMYK", (8, 8)), Image.new("LAB", (8, 8), (255, 128, 128))):
        array, _ = prepare(source, Preprocessing(scale=1.0), net.port("x", (1, 8, 8, channels)))
        assert array.min() >= 254


def test_batch_of_two_repeats_the_picture(net: SimpleNamespace) -> None:
    array, _ = prepare(picture(gradient(8, 8)), Preprocessing(), net.port("x", (2, 3, 8, 8)))
    assert array.shape == (2, 3, 8, 8)
    np.testing.assert_array_equal(array[0], array[1])


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        # Both open: own size in steps of 32, the longer side at most 512.
        ((None, 3, None, None), (100, 70), (64, 96)),
        ((None, 3, None, None), (2000, 1000), (256, 512)),
        ((None, 3, None, None), (5, 5), (32, 32)),
        # One open: the other gives the factor.
        ((None, 3, 64, None), (300, 150), (64, 128)),
        ((None, 3, None, 48), (300, 600), (96, 48)),
    ],
)
def test_open_sizes(
    net: SimpleNamespace,
    shape: tuple[int | None, ...],
    size: tuple[int, int],
    expected: tuple[int, int],
) -> None:
    array, _ = prepare(Image.new("RGB", size), Preprocessing(), net.port("x", shape))
    assert array.shape == (1, 3, *expected)


def test_too_large_or_no_picture_input(net: SimpleNamespace) -> None:
    with pytest.raises(InputError, match="too large"):
        prepare(Image.new("RGB", (8, 8)), Preprocessing(), net.port("x", (1, 3, 30_000, 30_000)))
    with pytest.raises(InputError, match="no picture"):
        prepare(Image.new("RGB", (8, 8)), Preprocessing(), net.port("x", (1, 10)))
    with pytest.raises(InputError, match="no picture"):
        prepare(Image.new("RGB", (8, 8)), Preprocessing(), net.port("x", None))


@pytest.mark.parametrize(
    "values",
    [
        {"mean": (0.1, 0.2)},
        {"mean": (float("nan"),)},
        {"std": (0.5, 0.0, 0.5)},
        {"std": ()},
        {"fit": "zoom"},
        {"scale": 0.0},
        {"scale": float("inf")},
    ],
)
def test_senseless_values_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Preprocessing(**values)


def test_three_means_do_not_fit_one_channel(net: SimpleNamespace) -> None:
    with pytest.raises(InputError, match="3 values.*1 channel"):
        prepare(Image.new("L", (8, 8)), Preprocessing(mean=(0.1, 0.2, 0.3)), net.port("x", (1, 1, 8, 8)))


@pytest.mark.parametrize(
    ("preprocessing", "text"),
    [
        (Preprocessing(), "x/255"),
        (Preprocessing(scale=1.0, mean=(104, 117, 124), bgr=True), "(x−[104 117 124]), BGR"),
        (Preprocessing(mean=(0.498,), std=(0.502,)), "(x/255−0.498)/0.502"),
        (Preprocessing(mean=(0.5,) * 3, std=(0.5,) * 3, invert=True), "(x/255−0.5)/0.5, inverted"),
        (Preprocessing(scale=1 / 127.5, mean=(1,)), "(0.00784314·x−1)"),
        (Preprocessing(mean=(-1,)), "(x/255−(-1))"),
    ],
)
def test_formula(preprocessing: Preprocessing, text: str) -> None:
    assert str(preprocessing) == text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"std": (float("nan"),)}, "The std must be a finite number, not nan."),
        ({"mean": (0.0, float("inf"), 0.0)}, "The mean must be a finite number, not inf."),
        ({"mean": (0.0, 0.0)}, "The mean must be one number, or one for each colour channel."),
    ],
)
def test_what_is_wrong_with_a_number_is_said(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        Preprocessing(**values)
    assert str(raised.value) == sentence
