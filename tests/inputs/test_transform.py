"""Transforms of a picture, against Pillow's own and against bicubic interpolation written in numpy."""

from __future__ import annotations

import cmath
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from explorer3d.errors import InputError
from explorer3d.inputs import UNCHANGED, Preprocessing, Transform, feeds_for, transformed

BORDER = (200, 30, 90)


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """40 wide, 30 high, smooth but without any symmetry."""
    y, x = np.mgrid[:30, :40]
    channels = [128 + 100 * np.sin(x / 5 + y / 9), 3 * x + 4 * y, 250 - 5 * np.hypot(x - 10, y - 20)]
    return Image.fromarray(np.clip(np.stack(channels, -1), 0, 255).astype(np.uint8))


def bicubic(pixels: NDArray[np.uint8], x: float, y: float) -> NDArray[np.float64]:
    """Keys' interpolation with a = −1, edges repeated; pixel centres lie at halves."""

    def along(values: NDArray[np.float64], t: float) -> NDArray[np.float64]:
        a, b, c, d = values
        return b + t * (c - a) + t**2 * (2 * (a - b) + c - d) + t**3 * (b - a - c + d)

    column, row = math.floor(x - 0.5), math.floor(y - 0.5)
    rows = np.clip(np.arange(row - 1, row + 3), 0, pixels.shape[0] - 1)
    columns = np.clip(np.arange(column - 1, column + 3), 0, pixels.shape[1] - 1)
    patch = pixels[np.ix_(rows, columns)].astype(float)
    lines = np.stack([along(line, x - 0.5 - column) for line in patch])
    return along(lines, y - 0.5 - row)


@pytest.mark.parametrize(
    ("shift", "scale", "degrees"),
    [((0, 0), 1, 30), ((0, 0), 1.7, 0), ((0.11, -0.23), 1, 0), ((0.1, 0.2), 0.6, -50), ((0, 0.3), 2, 100)],
)
def test_moves(photo: Image.Image, shift: tuple[float, float], scale: float, degrees: float) -> None:
    found = np.asarray(
        transformed(photo, Transform(shift=shift, scale=scale, rotate=degrees, border=BORDER))
    ).astype(float)
    pixels = np.asarray(photo)
    centre = complex(20, 15)
    # In a picture y grows downwards, so counter-clockwise is the negative angle.
    turn = scale * cmath.exp(-1j * math.radians(degrees))
    outside = 0
    for row in range(30):
        for column in range(40):
            moved = complex(column + 0.5, row + 0.5)
            start = (moved - complex(shift[0] * 40, shift[1] * 30) - centre) / turn + centre
            inside = 0 <= start.real < 40 and 0 <= start.imag < 30
            outside += not inside
            wanted = np.clip(bicubic(pixels, start.real, start.imag), 0, 255) if inside else BORDER
            assert np.abs(found[row, column] - wanted).max() <= 1, (row, column)
    assert (outside > 100) == (scale <= 1)


def test_what_pillow_does_too(photo: Image.Image) -> None:
    pixels = np.asarray(photo)
    turned = photo.rotate(25, Image.Resampling.BICUBIC, fillcolor=BORDER)
    difference = np.asarray(transformed(photo, Transform(rotate=25, border=BORDER))).astype(int) - turned
    assert np.abs(difference).max() <= 1
    for transform, expected in (
        (Transform(mirror=True), pixels[:, ::-1]),
        (Transform(flip=True), pixels[::-1]),
        (Transform(mirror=True, flip=True), pixels[::-1, ::-1]),
        (Transform(rotate=180), pixels[::-1, ::-1]),
        (Transform(shift=(0.25, 0)), np.concatenate([np.zeros_like(pixels[:, :10]), pixels[:, :30]], 1)),
        (Transform(shift=(0, -0.5)), np.concatenate([pixels[15:], np.zeros_like(pixels[15:])])),
        (Transform(blur=0.1), np.asarray(photo.filter(ImageFilter.GaussianBlur(3)))),
    ):
        np.testing.assert_array_equal(np.asarray(transformed(photo, transform)), expected, str(transform))


def test_noise_is_the_same_for_the_same_seed(photo: Image.Image) -> None:
    grey = Image.new("RGB", (100, 100), (128, 128, 128))
    found = np.asarray(transformed(grey, Transform(noise=0.1, seed=4)))
    noise = np.random.default_rng(4).standard_normal((100, 100, 3), np.float32) * 25.5
    np.testing.assert_array_equal(found, np.rint(128 + noise).clip(0, 255))
    assert (found != np.asarray(transformed(grey, Transform(noise=0.1, seed=5)))).mean() > 0.9


def test_occlusion_lies_above_all_else(photo: Image.Image) -> None:
    found = np.asarray(
        transformed(photo, Transform(noise=0.2, occlude=(0.25, 0.5, 0.75, 0.8), border=BORDER))
    )
    covered = (found == BORDER).all(2)
    assert np.argwhere(covered).min(0).tolist() == [15, 10]
    assert np.argwhere(covered).max(0).tolist() == [23, 29]
    assert covered.sum() == 9 * 20


def test_identity_costs_nothing(photo: Image.Image) -> None:
    for transform in (UNCHANGED, Transform(rotate=360), Transform(seed=9, border=BORDER)):
        assert transformed(photo, transform) is photo
        assert str(transform) == ""


def test_every_kind_of_picture(photo: Image.Image) -> None:
    for mode, expected in (
        *(("1", "L"), ("L", "L"), ("I;16", "L"), ("P", "RGB"), ("CMYK", "RGB")),
        *(("LA", "RGBA"), ("RGBA", "RGBA"), ("PA", "RGBA"), ("YCbCr", "RGB")),
    ):
        picture = photo.convert("L").convert(mode) if mode in ("I;16", "LA", "PA") else photo.convert(mode)
        found = transformed(picture, Transform(rotate=20, blur=0.02, noise=0.1, occlude=(0, 0, 0.5, 0.5)))
        assert (found.mode, found.size) == (expected, photo.size), mode
    clear = Image.new("RGBA", (10, 10), (9, 9, 9, 100))
    assert set(np.unique(np.asarray(transformed(clear, Transform(noise=0.3)))[..., 3])) == {100}


def test_it_lies_between_reading_and_preprocessing(
    photo: Image.Image, net: SimpleNamespace, tmp_path: Any
) -> None:
    model = net.model(net.port("x", (1, 3, 30, 40)))
    turned = Image.new("RGB", (30, 40))
    turned.paste(photo.rotate(90, expand=True))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    turned.save(tmp_path / "turned.png", exif=exif)
    preprocessing, transform = Preprocessing(mean=(0.5,), std=(0.25,), bgr=True), Transform(mirror=True)
    expected = ((np.asarray(photo) / 255 - 0.5) / 0.25)[:, ::-1, ::-1].transpose(2, 0, 1)
    for source in (photo, np.asarray(photo), tmp_path / "turned.png"):
        feeds = feeds_for(model, source, preprocessing, transform=transform)
        np.testing.assert_allclose(feeds.arrays["x"][0], expected, rtol=1e-5, atol=1e-6)
        assert feeds.description.endswith(", mirrored, 40×30 stretch, (x/255−0.5)/0.25, BGR")
    # A white pixel of 40×30 in the middle of row 20, one quarter of the width to the right.
    dot = feeds_for(model, "generator:impulse:20,5", Preprocessing(), transform=Transform(shift=(0.25, 0)))
    np.testing.assert_array_equal(np.argwhere(dot.arrays["x"] == 1), [[0, c, 20, 15] for c in range(3)])
    array = np.ones((1, 3, 30, 40), np.float32)
    assert (feeds_for(model, array, transform=transform).arrays["x"] == 1).all()


def test_what_was_done_is_said() -> None:
    transform = Transform((0.1, 0), 1.5, -15, True, True, 0.1, 0.2, 0, (0, 0, 1, 1))
    said = (
        "mirrored, upside down, scaled 1.5×, rotated -15°, shifted, blurred, noise of 0.2 (seed 0), occluded"
    )
    assert str(transform) == said


@pytest.mark.parametrize(
    "values",
    [
        {"scale": 0},
        {"scale": 1000},
        {"rotate": math.nan},
        {"shift": (math.inf, 0)},
        {"shift": (0, 101)},
        {"blur": -0.1},
        {"blur": 1.1},
        {"noise": 2},
        {"seed": -1},
        {"occlude": (0.5, 0, 0.5, 1)},
        {"occlude": (0, -0.1, 1, 1)},
        {"occlude": (0, 0, 1, math.nan)},
        {"border": (0, 256, 0)},
    ],
)
def test_senseless_values_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Transform(**values)


def smooth(width: int, height: int) -> Image.Image:
    """Red rises to the right, green downwards."""
    right, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([right, down, 0 * right], -1).round().astype(np.uint8))


@pytest.mark.parametrize(
    ("finest", "scale", "size"), [(16, 1, (256, 128)), (16, 4, (1024, 512)), (3, 1, None)]
)
def test_large_pictures_are_reduced_first(finest: float, scale: float, size: tuple[int, int] | None) -> None:
    picture = smooth(2048, 1024)
    transform = Transform(rotate=20, scale=scale, shift=(0.1, 0), blur=0.01, occlude=(0.25, 0.25, 0.5, 0.5))
    found, whole = transformed(picture, transform, finest), transformed(picture, transform)
    assert found.size == (size or picture.size)
    small = (64, 32)
    one, other = (np.asarray(made.resize(small, Image.Resampling.BOX), float) for made in (found, whole))
    # But for the edges of what comes in from outside.
    assert np.quantile(np.abs(one - other), 0.95) < 4
    assert not one[9:15, 17:31].any()


def test_a_photograph_is_reduced_to_what_the_network_sees(net: SimpleNamespace) -> None:
    model = net.model(net.port("x", (1, 3, 32, 32)))
    picture = smooth(1600, 800)
    seen = feeds_for(model, picture, Preprocessing(fit="crop"), transform=Transform(mirror=True)).arrays["x"][
        0
    ]
    plain = feeds_for(model, picture, Preprocessing(fit="crop")).arrays["x"][0]
    np.testing.assert_allclose(seen, plain[:, :, ::-1], atol=0.01)
    # A square from the middle: a quarter of the width is cut off at each side.
    assert plain[0, 16, 0] == pytest.approx(0.25, abs=0.02)
