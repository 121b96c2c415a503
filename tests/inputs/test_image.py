"""Picture files, and which picture is shown when none is given."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.inputs import Preprocessing, bundled_pictures, feeds_for


def test_file_formats(net: SimpleNamespace, tmp_path: Path) -> None:
    model = net.model(net.port("x", (None, 12, 16, 3)))
    for suffix in ("png", "jpg", "bmp", "gif", "tif", "webp", "ppm"):
        path = tmp_path / f"red.{suffix}"
        Image.new("RGB", (32, 24), (255, 0, 0)).save(path)
        array = feeds_for(model, path).arrays["x"]
        np.testing.assert_allclose(array[0], np.broadcast_to([1.0, 0.0, 0.0], (12, 16, 3)), atol=0.02)


def test_description_and_picture(net: SimpleNamespace, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), (10, 20, 30)).save(tmp_path / "cat.png")
    feeds = feeds_for(
        net.model(net.port("x", (None, 3, 12, 16))),
        tmp_path / "cat.png",
        Preprocessing(mean=(0.498,), std=(0.502,), fit="crop"),
    )
    assert feeds.description == "cat.png, 16×12 crop, (x/255−0.498)/0.502"
    assert feeds.reason == ""
    assert feeds.preprocessing == Preprocessing(mean=(0.498,), std=(0.502,), fit="crop")
    assert feeds.picture is not None
    np.testing.assert_array_equal(feeds.picture, np.broadcast_to(np.uint8([10, 20, 30]), (12, 16, 3)))


def test_guess_is_explained(net: SimpleNamespace) -> None:
    feeds = feeds_for(net.model(net.port("x", (None, 3, 12, 16), "uint8")), Image.new("L", (4, 4)))
    assert feeds.description == "picture, 16×12 stretch, bytes"
    assert feeds.reason.endswith(".")


def test_bundled_pictures(net: SimpleNamespace) -> None:
    for shape, name in (
        ((None, 3, 224, 224), "chelsea.png"),
        ((None, None, None, 3), "chelsea.png"),
        ((None, 32, 32, 3), "fashion_1_trouser.png"),
        ((None, 28, 28, 1), "fashion_1_trouser.png"),
        ((None, 1, 64, 64), "fashion_1_trouser.png"),
    ):
        feeds = feeds_for(net.model(net.port("x", shape)))
        assert feeds.description.startswith(name)
        assert feeds.arrays["x"].std() > 0.05


def test_bundled_pictures_suit_the_input(net: SimpleNamespace) -> None:
    for shape, first, count in (
        ((None, 3, 224, 224), "chelsea.png", 3),
        ((None, None, None, 3), "chelsea.png", 3),
        ((None, 32, 32, 3), "fashion_0_t-shirt.png", 10),
        ((None, 28, 28, 1), "fashion_0_t-shirt.png", 10),
        ((None, 1, 64, 64), "fashion_0_t-shirt.png", 13),
        ((None, 1, None, None), "fashion_0_t-shirt.png", 13),
    ):
        paths = bundled_pictures(net.port("x", shape))
        assert (paths[0].name, len(paths)) == (first, count), shape


def test_other_inputs_get_noise(net: SimpleNamespace) -> None:
    model = net.model(
        net.port("meta", (2, 10)), net.port("image", (2, 3, 32, 32)), net.port("ids", (2, 5), "int64")
    )
    feeds = feeds_for(model, Image.new("RGB", (9, 9), (255, 255, 255)), seed=4)
    assert set(feeds.arrays) == {"meta", "image", "ids"}
    assert feeds.arrays["image"].min() == 1
    np.testing.assert_array_equal(feeds.arrays["meta"], feeds_for(model, seed=4).arrays["meta"])
    assert feeds.description.endswith("; noise (4) for meta, ids")


def test_frame_is_a_picture_and_an_exact_array_is_not(net: SimpleNamespace) -> None:
    model = net.model(net.port("x", (None, 3, 8, 8)))
    frame = np.full((20, 30, 3), 255, np.uint8)
    assert feeds_for(model, frame).arrays["x"].max() == 1
    assert feeds_for(model, frame[..., :1]).arrays["x"].max() == 1
    assert feeds_for(model, frame[..., 0]).arrays["x"].max() == 1
    exact = np.full((1, 3, 8, 8), 255, np.uint8)
    assert feeds_for(model, exact).arrays["x"].max() == 255
    with pytest.raises(InputError, match="shape"):
        feeds_for(model, frame.astype(np.float32))


def test_no_input_for_a_picture(net: SimpleNamespace) -> None:
    image = Image.new("RGB", (9, 9))
    with pytest.raises(InputError, match="no input that could take a picture"):
        feeds_for(net.model(net.port("x", (None, 10))), image)
    two = net.model(net.port("left", (1, 3, 16, 16)), net.port("right", (1, 3, 16, 16)))
    with pytest.raises(InputError, match="several inputs"):
        feeds_for(two, image)


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_001), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_decompression_bombs(net: SimpleNamespace, tmp_path: Path, width: int, height: int) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(width, height))
    with pytest.raises(InputError, match=r"bomb\.png has more than 100 million pixels"):
        feeds_for(net.model(net.port("x", (None, 3, 16, 16))), tmp_path / "bomb.png")


def test_bad_files(net: SimpleNamespace, tmp_path: Path) -> None:
    model = net.model(net.port("x", (None, 3, 16, 16)))
    Image.effect_noise((64, 64), 50).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:900])
    (tmp_path / "zero.png").write_bytes(png_header(0, 5))
    (tmp_path / "cut.webp").write_bytes(b"RIFF\0\0\0\0WEBPVP8 ")
    for name in ("cut.png", "zero.png", "cut.webp"):
        with pytest.raises(InputError, match=f"{name} cannot be read as a picture"):
            feeds_for(model, tmp_path / name)
    for content in (b"", b"hello", b"%PDF-1.4", b"%!PS-Adobe"):
        (tmp_path / "other.png").write_bytes(content)
        with pytest.raises(InputError, match="neither a picture nor"):
            feeds_for(model, tmp_path / "other.png")
    with pytest.raises(InputError, match="No such file"):
        feeds_for(model, tmp_path / "missing.png")
    with pytest.raises(InputError, match="Is a directory"):
        feeds_for(model, tmp_path)
