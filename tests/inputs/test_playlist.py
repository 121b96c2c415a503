"""A folder of inputs, one after another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer3d.errors import Cancelled, InputError
from explorer3d.inputs import ListInputs, playlist


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b10.png", "b2.PNG", "B1.jpeg", "a.png", "photo", ".hidden.png"):
        Image.new("L", (8, 8)).save(tmp_path / name, "png")
    np.save(tmp_path / "c.npy", np.zeros(3))
    (tmp_path / "c.csv").write_text("1,2\n")
    (tmp_path / "notes.txt").write_text("nothing to see")
    (tmp_path / "fake.png").write_text("nothing to see")
    (tmp_path / "empty.png").touch()
    (tmp_path / "below").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "below" / "d.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    return tmp_path


def test_inputs_by_their_content_in_natural_order(folder: Path) -> None:
    found = playlist(folder)
    names = ["a.png", "B1.jpeg", "b2.PNG", "b10.png", "c.csv", "c.npy", "photo"]
    assert [path.name for path in found.paths] == names
    assert (found.current, len(found)) == (folder / "a.png", 7)
    assert str(found) == "a.png, 1 of 7"


def test_onwards_and_back_without_end(folder: Path) -> None:
    found = playlist(folder / "b10.png")
    assert found.current == folder / "b10.png"
    assert found.moved(1).current == folder / "c.csv"
    assert found.moved(-1).current == folder / "b2.PNG"
    assert found.moved(4).current == folder / "a.png"
    assert found.moved(-4).current == folder / "photo"
    assert found.moved(1).moved(-1) == found
    assert found.current == folder / "b10.png"


def test_no_inputs(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="no picture, array or table in none"):
        playlist(tmp_path / "none")
    with pytest.raises(InputError, match=r"notes\.txt is no picture"):
        playlist(folder / "notes.txt")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        playlist(tmp_path / "missing" / "a.png")


def test_reading_a_large_folder_can_be_given_up(tmp_path: Path) -> None:
    for number in range(250):
        (tmp_path / f"{number}.csv").write_text("1,2\n")
    told: list[float] = []

    def progress(fraction: float, message: str, /) -> None:
        told.append(fraction)
        if len(told) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        ListInputs(tmp_path)(progress)
    assert told == [0, 0.4, 0.8]
