"""Files appear whole, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from explorer3d.compute.whole_file import whole_file
from explorer3d.errors import RequestError


def test_takes_the_place_of_the_old_one_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.bin"
    path.write_bytes(b"old")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.bin"]
    assert path.stat().st_mode & 0o077 == 0o666 & ~_umask() & 0o077


def test_link_stays_a_link(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    with whole_file(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
def test_what_breaks_off_leaves_the_old_one(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "out.bin"
    path.write_bytes(b"old")
    with pytest.raises(type(error)), whole_file(path) as file:
        file.write(b"new")
        raise error
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("out.bin", b"old")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no/such/out.bin", "No such file or directory"),
        ("folder", "it is a folder"),
        ("pipe", "no regular file"),
    ],
)
def test_places_that_take_no_file_are_known_before_the_work(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RequestError) as raised, whole_file(tmp_path / name):
        raise AssertionError("the work was begun")
    text = str(raised.value)
    assert reason in text
    assert text.count(str(tmp_path)) == 1
    assert "Errno" not in text


def test_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(RequestError, match="cannot be written: No space left on device"),
        whole_file(tmp_path / "out"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
