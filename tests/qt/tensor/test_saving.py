"""What is written to a file is what the array holds, at the index that is said."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QFileDialog

from explorer3d.compute.arrangement import Arrangement
from explorer3d.compute.picture import index_of
from explorer3d.errors import RequestError
from explorer3d.qt.tensor.keeping import ARRAY, TABLE, ask_where_to_keep
from explorer3d.qt.tensor.readout import number_text
from explorer3d.qt.tensor.saving import SaveArray, SaveArrays, SaveMosaic, SaveTable, table_text
from explorer3d.qt.tensor.seen import Cell, Seen, first_arrangement
from explorer3d.scene.colormaps import lookup
from explorer3d.scene.shade import Shade


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.sampled_from([np.float32, np.float64, np.float16, np.int64, np.uint8, np.bool_]),
)
def test_every_line_of_a_table_tells_its_index(shape: list[int], dtype: type) -> None:
    array = (np.random.default_rng(0).normal(size=shape) * 50).astype(dtype)
    with tempfile.TemporaryDirectory() as folder:
        path = SaveTable(array, "NCHW"[: len(shape)], Path(folder) / "a.csv")()
        with path.open(newline="") as file:
            heading, *lines = csv.reader(file)
    fixed = max(len(shape) - 1, 1)
    assert len(heading) == fixed + (shape[-1] if len(shape) > 1 else 1)
    assert len(lines) == np.prod(shape[:fixed])
    for line in lines:
        index = tuple(map(int, line[:fixed]))
        read = np.array([value == "True" if dtype is np.bool_ else value for value in line[fixed:]]).astype(
            dtype
        )
        assert np.array_equal(read, np.atleast_1d(array[index]))


def test_arrays_of_every_kind_come_back(tmp_path: Path) -> None:
    words = np.array(["a cat", "", "<b>dog</b>"], object)
    halves = np.arange(6, dtype=np.float16).reshape(2, 3).T
    assert np.array_equal(np.load(SaveArray(halves, tmp_path / "a.npy")()), halves)
    assert np.load(SaveArray(words, tmp_path / "b.npy")()).tolist() == words.tolist()
    names = {"/conv/output": halves, "words": words}
    with np.load(SaveArrays(names, tmp_path / "c.npz")()) as arrays:
        assert sorted(arrays) == sorted(names)
        assert np.array_equal(arrays["/conv/output"], halves)


def test_a_picture_of_all_maps_in_the_order_they_are_seen(tmp_path: Path) -> None:
    array = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32)
    flipped = Arrangement((0, 0, 0), rows=1, columns=2, stack=(0,), flipped=frozenset({2}))
    seen = Seen(array, flipped, np.array([2, 0]))
    shade = Shade((-1.0, 1.0), "viridis")
    picture = np.asarray(Image.open(SaveMosaic(seen, shade, 3, tmp_path / "a.png")()))
    one = lookup("viridis")[index_of(array[2, :, ::-1], (-1.0, 1.0))]
    assert np.array_equal(picture[1:12:3, 1:15:3, :3], one)
    assert (picture[..., 3] == 0).any()  # between the maps
    assert table_text(seen, 1, 0).split("\n")[2].split("\t") == [str(value) for value in array[0, 2, ::-1]]
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (20_000, 20_000), (0, 0))
    with pytest.raises(RequestError, match="too large"):
        SaveMosaic(Seen(huge, first_arrangement(huge.shape, "ab")), shade, 1, tmp_path / "b.png")()
    assert not (tmp_path / "b.png").exists()


def test_a_name_with_points_and_slashes_is_a_file_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = QSettings(str(tmp_path / "s.ini"), QSettings.IniFormat)
    kept.setValue("tensor/folder", str(tmp_path))
    told: list[tuple] = []

    def choose(*given: object) -> tuple[str, str]:
        told.append(given)
        return str(tmp_path / "mine"), TABLE

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    for _ in range(2):
        assert ask_where_to_keep(None, "/_blocks.3/Conv · output", kept, True) == (
            tmp_path / "mine.csv",
            TABLE,
        )
    # The kind chosen last comes first next time.
    assert [(Path(one[2]).name, one[4]) for one in told] == [
        ("blocks_3_Conv_output.npy", ARRAY),
        ("blocks_3_Conv_output.csv", TABLE),
    ]


def test_what_is_said_of_a_number_has_no_more_digits_than_it() -> None:
    array = np.array([[0.1, 0.2, 0.3]], np.float32)
    seen = Seen(array, first_arrangement((1, 3), "NC"))
    assert number_text(seen, Cell(1, 0, 0, 0)) == "[0, 1] = 0.2"
    colours = Seen(
        np.array([[[0.1]], [[0.2]], [[0.3]]], np.float32), Arrangement((0, 0, 0), 1, 2, (0,)), None, True
    )
    assert number_text(colours, Cell(0, 0, 0, 0)) == "[:, 0, 0] = R 0.1  G 0.2  B 0.3"
