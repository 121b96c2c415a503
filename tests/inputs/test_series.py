"""Files that hold more inputs than a network takes at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.inputs import Parts, Preprocessing, Row, Series, feeds_for

AT_ONCE = 4


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    ("given", "wanted", "count", "shape"),
    [
        # Each place along the first axis is an input.
        ((10, 4), (1, 4), 10, (1, 4)),
        ((10, 28, 28), (1, 28, 28, 1), 10, (1, 28, 28, 1)),
        ((10, 28, 28), (None, 28, 28, 1), 10, (1, 28, 28, 1)),
        ((10, 1, 28, 28), (1, 1, 28, 28), 10, (1, 1, 28, 28)),
        ((10, 5, 4), (1, None, 4), 10, (1, 5, 4)),
        ((10, 8, 4), (8, 4), 10, (8, 4)),
        ((10,), (1,), 10, (1,)),
        ((10,), (), 10, ()),
        # More samples than go in together.
        ((5, 4), (None, 4), 5, (1, 4)),
        # Several places together are one; what is left over at the end is none.
        ((10, 4), (1, 5, 4), 2, (1, 5, 4)),
        ((11, 4), (2, 4), 5, (2, 4)),
        ((70, 3, 8), (2, 3, 8), 35, (2, 3, 8)),
        ((1000,), (1, 300), 3, (1, 300)),
        # One, without its axes of size 1.
        ((28, 28), (1, 28, 28, 1), 1, (1, 28, 28, 1)),
    ],
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_in_pieces(
    net: SimpleNamespace,
    tmp_path: Path,
    given: tuple[int, ...],
    wanted: tuple[int | None, ...],
    count: int,
    shape: tuple[int, ...],
    order: Any,
) -> None:
    array, path = numbers(*given), tmp_path / "x.npy"
    np.save(path, np.asarray(array, order=order))
    model = net.model(net.port("x", wanted))
    length = int(np.prod(shape)) // max(int(np.prod(given[1:])), 1)
    first = feeds_for(model, path, at_once=AT_ONCE)
    np.testing.assert_array_equal(first.arrays["x"], array[:length].reshape(shape), strict=True)
    if count == 1:
        assert first.series is None and first.following is None
        return
    assert first.series == Series(path, count) and first.following == Row(path, 1)
    assert first.description.startswith(f"x.npy, 1 of {count}, ")
    last = feeds_for(model, Row(path, count - 1), at_once=AT_ONCE)
    expected = array[(count - 1) * length : count * length].reshape(shape)
    np.testing.assert_array_equal(last.arrays["x"], expected, strict=True)
    assert last.following is None and last.series == first.series
    with pytest.raises(InputError, match=rf"holds {count} inputs: there is none with number {count + 1}\."):
        feeds_for(model, Row(path, count), at_once=AT_ONCE)


@pytest.mark.parametrize(
    ("given", "wanted"), [((4, 4), (None, 4)), ((4,), (1, 4)), ((1, 4), (1, 4)), ((9, 4), (1, None, 4))]
)
def test_what_fits_goes_in_whole(
    net: SimpleNamespace, tmp_path: Path, given: tuple[int, ...], wanted: tuple[int | None, ...]
) -> None:
    np.save(tmp_path / "x.npy", numbers(*given))
    feeds = feeds_for(net.model(net.port("x", wanted)), tmp_path / "x.npy", at_once=AT_ONCE)
    assert feeds.series is None and feeds.arrays["x"].size == np.prod(given)


@pytest.mark.parametrize(("given", "wanted"), [((10, 5), (1, 4)), ((3, 4), (5, 4)), ((2, 2, 4), (1, 4))])
def test_what_fits_in_no_way_is_refused(
    net: SimpleNamespace, tmp_path: Path, given: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    np.save(tmp_path / "x.npy", numbers(*given))
    with pytest.raises(InputError, match="has shape"):
        feeds_for(net.model(net.port("x", wanted)), tmp_path / "x.npy", at_once=AT_ONCE)


def test_scripts_get_all_or_nothing(net: SimpleNamespace, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", numbers(500, 4))
    assert feeds_for(net.model(net.port("x", (None, 4))), tmp_path / "x.npy").arrays["x"].shape == (500, 4)
    with pytest.raises(InputError, match="has shape"):
        feeds_for(net.model(net.port("x", (1, 4))), tmp_path / "x.npy")


def test_only_the_piece_is_read(net: SimpleNamespace, tmp_path: Path) -> None:
    """A file of 4 GB, nearly all of it a hole."""
    path = tmp_path / "x.npy"
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (10**6, 1000)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 4 * 10**9)
    with path.open("r+b") as file:
        file.seek(-4, 2)
        file.write(np.float32(5).tobytes())
    model = net.model(net.port("x", (1, 1000)))
    feeds = feeds_for(model, Row(path, 10**6 - 1), at_once=AT_ONCE)
    assert feeds.arrays["x"].sum() == 5 and feeds.description.startswith("x.npy, 1,000,000 of 1,000,000, ")


@pytest.mark.parametrize(
    ("rows", "columns", "wanted", "count", "shape"),
    [
        (10, 4, (1, 4), 10, (1, 4)),
        (10, 4, (None, 4), 10, (1, 4)),
        (10, 12, (1, 3, 4), 10, (1, 3, 4)),
        (10, 12, (1, 3, 4, 1), 10, (1, 3, 4, 1)),
        (10, 4, (1, 5, 4), 2, (1, 5, 4)),
    ],
)
def test_tables_in_pieces(
    net: SimpleNamespace,
    tmp_path: Path,
    rows: int,
    columns: int,
    wanted: tuple[int | None, ...],
    count: int,
    shape: tuple[int, ...],
) -> None:
    table, path = numbers(rows, columns), tmp_path / "x.csv"
    np.savetxt(path, table, delimiter=",", header=",".join("abcdefghijkl"[:columns]), comments="")
    model = net.model(net.port("x", wanted))
    parts = table.reshape(count, *shape)
    for place in (0, 1, count - 1):
        feeds = feeds_for(model, Row(path, place), at_once=AT_ONCE)
        np.testing.assert_allclose(feeds.arrays["x"], parts[place], rtol=1e-6)
        assert feeds.series == Series(path, count)


def test_what_was_written_since_is_read(net: SimpleNamespace, tmp_path: Path) -> None:
    path, model = tmp_path / "x.csv", net.model(net.port("x", (1, 2)))
    for number in (1, 2):
        path.write_text(f"{number},3\n4,5\n")
        assert feeds_for(model, path, at_once=AT_ONCE).arrays["x"].tolist() == [[number, 3]]
    path = tmp_path / "x.png"
    for grey in (10, 20):
        Image.new("L", (8, 8), grey).save(path)
        image = net.model(net.port("x", (1, 8, 8, 1)))
        assert (feeds_for(image, path, Preprocessing(scale=1.0)).arrays["x"] == grey).all()


def test_bytes_are_pictures(net: SimpleNamespace, tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 12, 16, 3), np.uint8)
    colour = net.model(net.port("x", (1, 3, 12, 16)))
    np.save(tmp_path / "many.npy", pixels)
    halves = Preprocessing(mean=(0.5,), std=(0.5,))
    for place in (0, 5):
        feeds = feeds_for(colour, Row(tmp_path / "many.npy", place), halves, at_once=AT_ONCE)
        expected = pixels[place].transpose(2, 0, 1) / 127.5 - 1
        np.testing.assert_allclose(feeds.arrays["x"][0], expected, atol=1e-6)
        assert feeds.series == Series(tmp_path / "many.npy", 6) and feeds.picture is not None
        assert feeds.description.startswith(f"many.npy, {place + 1} of 6, 16×12")
    # Greys of a data set; one picture, which scripts get as well.
    np.save(tmp_path / "greys.npy", pixels[..., 0])
    grey = net.model(net.port("x", (1, 12, 16, 1)))
    feeds = feeds_for(grey, Row(tmp_path / "greys.npy", 2), at_once=AT_ONCE)
    np.testing.assert_allclose(feeds.arrays["x"][0, ..., 0], pixels[2, ..., 0] / 255, atol=1e-6)
    np.save(tmp_path / "one.npy", pixels[4])
    feeds = feeds_for(colour, tmp_path / "one.npy")
    np.testing.assert_allclose(feeds.arrays["x"][0], pixels[4].transpose(2, 0, 1) / 255, atol=1e-6)
    assert feeds.series is None
    # What is of the input's own shape goes in unchanged.
    np.save(tmp_path / "raw.npy", pixels[:1].transpose(0, 3, 1, 2))
    array = feeds_for(colour, tmp_path / "raw.npy", at_once=AT_ONCE).arrays["x"]
    np.testing.assert_array_equal(array, pixels[:1].transpose(0, 3, 1, 2))


def test_one_input_of_several_goes_through_a_file(net: SimpleNamespace, tmp_path: Path) -> None:
    """As the steps of a recurrent network do."""
    table = numbers(3, 4)
    np.save(tmp_path / "x.npy", table)
    model = net.model(net.port("x", (1, 4)), net.port("h", (1, 2)))
    feeds = feeds_for(model, Parts({"x": tmp_path / "x.npy"}), at_once=AT_ONCE)
    for place in range(3):
        np.testing.assert_array_equal(feeds.arrays["x"][0], table[place])
        assert feeds.series is None and set(feeds.arrays) == {"x", "h"}
        if place < 2:
            assert feeds.following == Parts({"x": Row(tmp_path / "x.npy", place + 1)})
            feeds = feeds_for(model, feeds.following, at_once=AT_ONCE)
    assert feeds.following is None


def test_a_series_is_a_sequence(tmp_path: Path) -> None:
    series = Series(tmp_path / "x.npy", 5)
    assert list(series) == [Row(tmp_path / "x.npy", place) for place in range(5)] == series[:]
    assert series[-1].name == "x.npy, 5" and series[-1] in series and len(series) == 5
    assert series.index(series[3]) == 3
    for stranger in (Row(tmp_path / "x.npy", 5), Row(tmp_path / "y.npy", 0), tmp_path / "x.npy"):
        assert stranger not in series
        with pytest.raises(ValueError, match="not in the series"):
            series.index(stranger)
    with pytest.raises(IndexError):
        series[5]
