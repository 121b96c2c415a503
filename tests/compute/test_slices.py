"""Every type × rank × layout against a place worked out by hand for each layout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer3d.compute.picture import FIRST, NAN, NEGATIVE_INFINITY, POSITIVE_INFINITY, picture_of
from explorer3d.compute.slices import guessed_axes, slices_of, weight_axes
from explorer3d.compute.statistics import summarise

DTYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
DTYPES += ["float16", "float32", "float64"]

# Layout: axes that tell tiles apart, those down a tile, those across it; slowest first.
LAYOUTS = {
    "C": ("vector", "C", "", ""),
    "NC": ("vector", "C", "", ""),
    "TC": ("matrix", "", "T", "C"),
    "NTC": ("matrix", "", "T", "C"),
    "TNC": ("matrix", "", "T", "C"),
    "NCT": ("matrix", "", "T", "C"),
    "NCW": ("matrix", "", "W", "C"),
    "NWC": ("matrix", "", "W", "C"),
    "CW": ("matrix", "", "W", "C"),
    "IO": ("matrix", "", "I", "O"),
    "OI": ("matrix", "", "O", "I"),
    "HW": ("matrix", "", "H", "W"),
    "NHW": ("matrix", "", "H", "W"),
    "NCHW": ("maps", "C", "H", "W"),
    "NHWC": ("maps", "C", "H", "W"),
    "CHW": ("maps", "C", "H", "W"),
    "HWC": ("maps", "C", "H", "W"),
    "HNWC": ("maps", "C", "H", "W"),
    "NCDHW": ("maps", "CD", "H", "W"),
    "NDHWC": ("maps", "CD", "H", "W"),
    "TDNC": ("maps", "D", "T", "C"),
    "NTDC": ("maps", "D", "T", "C"),
    "NTHWC": ("maps", "CT", "H", "W"),
    "OIW": ("kernels", "O", "", "W"),
    "WIO": ("kernels", "O", "", "W"),
    "OIHW": ("kernels", "O", "H", "W"),
    "HWIO": ("kernels", "O", "H", "W"),
    "IOHW": ("kernels", "O", "H", "W"),
    "OIDHW": ("kernels", "O", "H", "W"),
    "DHWIO": ("kernels", "O", "H", "W"),
    # Unknown axes fold until two are left.
    "ab": ("matrix", "", "a", "b"),
    "abc": ("maps", "a", "b", "c"),
    "Nabc": ("maps", "a", "b", "c"),
    "abcd": ("maps", "ab", "c", "d"),
    "abcde": ("maps", "abc", "d", "e"),
    "abcdef": ("maps", "abcd", "e", "f"),
}


def values(dtype: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    high = 2 if dtype == "bool" else 127 if dtype == "int8" else 250
    array = np.array(random.integers(0, high, shape)).astype(dtype)
    if array.dtype.kind == "f":
        for odd in (np.nan, np.inf, -np.inf):
            array[tuple(random.integers(0, size) for size in shape)] = odd
    return array


def colour_index(value: np.generic) -> int:
    number = float(value)
    if np.isnan(number):
        return NAN
    if np.isinf(number):
        return POSITIVE_INFINITY if number > 0 else NEGATIVE_INFINITY
    return int(number) + FIRST


def folded(place: dict[str, int], sizes: dict[str, int], axes: str) -> int:
    """Number of a place counted along some axes, the last of them fastest."""
    number = 0
    for axis in axes:
        number = number * sizes[axis] + place[axis]
    return number


@given(st.sampled_from(sorted(LAYOUTS)), st.sampled_from(DTYPES), st.data())
def test_every_value_is_in_its_place(axes: str, dtype: str, data: st.DataObject) -> None:
    # Sides of one axis would be another layout; see below.
    shape = tuple(data.draw(st.integers(1 if axis == "N" else 2, 5)) for axis in axes)
    array = values(dtype, shape, sum(shape))
    found = picture_of(array, axes, replace(summarise(array), limits=(0.0, 249.0)))
    kind, tiles, down, across = LAYOUTS[axes]
    sizes = dict(zip(axes, shape, strict=True))
    count = int(np.prod([sizes[axis] for axis in tiles], dtype=int))
    assert (found.kind, found.count, found.total, found.full) == (kind, count, count, None)
    place = {axis: 0 if axis == "N" else data.draw(st.integers(0, sizes[axis] - 1)) for axis in axes}
    left, top, right, bottom = found.cells()[folded(place, sizes, tiles)]
    y, x = folded(place, sizes, down), folded(place, sizes, across)
    if kind == "kernels":
        # Input channels (and depth) side by side and down, a texel apart.
        inside = "I" + ("D" if "D" in axes else "")
        inputs = int(np.prod([sizes[axis] for axis in inside]))
        columns = int(np.ceil(np.sqrt(inputs)))
        row, column = divmod(folded(place, sizes, inside), columns)
        height = sizes[down] if down else 1
        y, x = row * (height + 1) + y, column * (sizes[across] + 1) + x
    assert (left + x < right) and (top + y < bottom)
    assert found.texels[top + y, left + x] == colour_index(array[tuple(place[axis] for axis in axes)])


@pytest.mark.parametrize(
    ("shape", "axes", "kind", "drawn"),
    [
        # One axis that is longer than one is a chart, whatever the others are called.
        ((1, 64, 1, 1), "NCHW", "vector", (64,)),
        ((1, 48000, 1), "NWC", "vector", (48000,)),
        ((64, 1), "IO", "vector", (64,)),
        ((1, 1, 1, 9), "OIHW", "vector", (9,)),
        # A series in the clothes of a picture.
        ((1, 36, 1, 172), "NCHW", "matrix", (1, 172, 36)),
        ((1, 172, 1, 36), "NHWC", "matrix", (1, 172, 36)),
        ((1, 1, 172, 264), "NCHW", "maps", (1, 172, 264)),
        # Nobody knows the axes.
        ((1, 10), "", "vector", (10,)),
        ((4, 10), "", "matrix", (1, 4, 10)),
        ((1, 197, 96), "", "matrix", (1, 197, 96)),
        ((20, 1, 96), "", "matrix", (1, 20, 96)),
        ((3, 197, 197), "", "maps", (3, 197, 197)),
        ((1, 3, 197, 197), "", "maps", (3, 197, 197)),
        ((1, 3, 224, 224), "", "maps", (3, 224, 224)),
        ((1, 224, 224, 3), "", "maps", (3, 224, 224)),
        ((1, 172, 36, 2), "", "maps", (2, 172, 36)),
        ((3, 1, 6, 197, 32), "", "maps", (18, 197, 32)),
        ((1, 2, 3, 4, 5, 6), "", "maps", (24, 5, 6)),
        ((1, 3, 8), "NCHW", "matrix", (1, 3, 8)),
    ],
)
def test_shapes_as_networks_have_them(
    shape: tuple[int, ...], axes: str, kind: str, drawn: tuple[int, ...]
) -> None:
    found = slices_of(np.zeros(shape, np.float32), axes)
    assert (found.kind, found.array.shape) == (kind, drawn)


def test_the_first_of_a_batch() -> None:
    array = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    np.testing.assert_array_equal(slices_of(array, "NCHW").array, array[0])


def test_slices_are_views() -> None:
    array = np.zeros((1, 8, 9, 7), np.float32)
    assert np.shares_memory(slices_of(array, "NHWC").array, array)
    assert np.shares_memory(slices_of(array[0], "HWIO").array, array)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((5,), "a"), ((4, 5), "ab"), ((3, 4, 5), "abc"), ((8, 3, 5, 5), "OIHW"), ((8, 3, 3, 5, 5), "OIDHW"),
     ((1, 6, 197, 197), "abcd")],
)  # fmt: skip
def test_weights_of_unknown_axes_are_kernels_if_small(shape: tuple[int, ...], axes: str) -> None:
    assert weight_axes(shape) == axes


def test_guesses() -> None:
    assert [guessed_axes(shape) for shape in ((), (3,), (1, 3), (2, 3), (8, 2, 2, 2))] == [
        "", "C", "Na", "ab", "abcd"
    ]  # fmt: skip
