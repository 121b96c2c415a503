"""Numbers in rows of text."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from explorer3d.errors import InputError
from explorer3d.inputs import feeds_for


@pytest.mark.parametrize(
    "text",
    [
        "1,2.5,-3\n4,5e1,6\n",
        "1;2.5;-3\r\n4;5e1;6\r\n",
        "1\t2.5\t-3\n4\t5e1\t6",
        "1 2.5  -3\n\n4 5e1 6\n",
        "width,height,depth\n1,2.5,-3\n4,5e1,6\n",
        '# a b\n"1", "2.5", "-3",\n4,5e1,6,\n',
        "\ufeffa,b,c\n1,2.5,-3\n4,5e1,6\n",
    ],
)
def test_ways_to_write_a_table(net: SimpleNamespace, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.csv").write_text(text, "utf-8", newline="")
    feeds = feeds_for(net.model(net.port("x", (None, 3))), tmp_path / "x.csv")
    np.testing.assert_array_equal(feeds.arrays["x"], np.float32([[1, 2.5, -3], [4, 50, 6]]))
    assert feeds.arrays["x"].dtype == np.float32
    assert feeds.description == "x.csv, 2×3 float32"


@pytest.mark.parametrize(
    ("rows", "columns", "wanted", "expected"),
    [
        (2, 3, (2, 3), (2, 3)),
        (2, 3, (None, None), (2, 3)),
        (1, 6, (6,), (6,)),
        (6, 1, (None, 6), (1, 6)),
        (6, 1, (None, 1), (6, 1)),
        (5, 12, (None, 3, 4), (5, 3, 4)),
        (5, 12, (None, None, 4), (5, 3, 4)),
        (5, 4, (1, None, 4), (1, 5, 4)),
        (5, 12, (1, 5, 12, 1), (1, 5, 12, 1)),
        (1, 60, (None, 5, 12, 1), (1, 5, 12, 1)),
        (1, 1, (), ()),
    ],
)
def test_rows_are_samples_or_follow_one_another(
    net: SimpleNamespace,
    tmp_path: Path,
    rows: int,
    columns: int,
    wanted: tuple[int | None, ...],
    expected: tuple[int, ...],
) -> None:
    table = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    np.savetxt(tmp_path / "x.csv", table, delimiter=",")
    array = feeds_for(net.model(net.port("x", wanted)), tmp_path / "x.csv").arrays["x"]
    np.testing.assert_array_equal(array, table.reshape(expected), strict=True)


def test_rows_longer_than_what_is_looked_at(net: SimpleNamespace, tmp_path: Path) -> None:
    model = net.model(net.port("x", (None, 28, 28, 1)))
    pixels = np.arange(784) % 256
    rows = [",".join(f"pixel{number}" for number in range(784)), ",".join(map(str, pixels))]
    for text in (rows[1], "\n".join(rows)):
        (tmp_path / "digit.csv").write_text(text)
        np.testing.assert_array_equal(
            feeds_for(model, tmp_path / "digit.csv").arrays["x"], pixels.reshape(1, 28, 28, 1)
        )


def test_whole_numbers(net: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "ids.csv").write_text("101,7592,102\n")
    for dtype in ("int64", "int32", "uint16"):
        array = feeds_for(net.model(net.port("x", (1, None), dtype)), tmp_path / "ids.csv").arrays["x"]
        np.testing.assert_array_equal(array, np.array([[101, 7592, 102]], dtype), strict=True)
    with pytest.raises(InputError, match="cannot hold"):
        feeds_for(net.model(net.port("x", (1, None), "int8")), tmp_path / "ids.csv")
    (tmp_path / "mask.csv").write_text("1,0,1\n")
    array = feeds_for(net.model(net.port("x", (1, 3), "bool")), tmp_path / "mask.csv").arrays["x"]
    np.testing.assert_array_equal(array, [[True, False, True]], strict=True)
    for text in ("0.5,1\n", "nan,1\n", "1e18,1\n"):
        (tmp_path / "x.csv").write_text(text)
        with pytest.raises(InputError, match=r"not whole, but input 'x' takes int64"):
            feeds_for(net.model(net.port("x", (1, 2), "int64")), tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n3,x\n", r"x\.csv, line 3: column 2 holds 'x', which is no number\."),
        ("a,b\n1,2\n\n,4\n", r"line 4: column 1 holds nothing\."),
        ("1,2\n3,4,5\n", r"line 2 has 3 numbers, the lines before have 2\."),
        ("1,2\n3\n", r"line 2 has 1 number, the lines before have 2\."),
        ("1,b\n3,4\n", r"line 1: column 2 holds 'b'"),
        ("a,b\nc,1_0\n1,2\n", "neither a picture nor"),
        ("1,1_0\n1,2\n", r"line 1: column 2 holds '1_0'"),
        ("1,2,3\n", r"holds 1 row of 3, but input 'x' takes \(\?, 2\)"),
    ],
)
def test_what_is_wrong_is_said(net: SimpleNamespace, tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=sentence):
        feeds_for(net.model(net.port("x", (None, 2))), tmp_path / "x.csv")


def test_no_table(net: SimpleNamespace, tmp_path: Path) -> None:
    model = net.model(net.port("x", (None, 2)))
    for content in (b'{"class_name": "Sequential", "config": [1, 2]}', b"layer: 1, 2", b"1,2\n\xff\xfe" * 9):
        (tmp_path / "x.csv").write_bytes(content)
        with pytest.raises(InputError, match="neither a picture nor"):
            feeds_for(model, tmp_path / "x.csv")
    (tmp_path / "x.csv").write_bytes(b"1,2\n" * 200 + "3,½".encode("latin-1"))
    with pytest.raises(InputError, match="no text in UTF-8"):
        feeds_for(model, tmp_path / "x.csv")
    with (tmp_path / "x.csv").open("r+b") as file:
        file.truncate(2**26 + 1)
    with pytest.raises(InputError, match="larger than 64 MiB"):
        feeds_for(model, tmp_path / "x.csv")
    (tmp_path / "x.csv").write_text("1,2\n")
    with pytest.raises(InputError, match="the model has 2 inputs"):
        feeds_for(net.model(net.port("x", (2,)), net.port("y", (2,))), tmp_path / "x.csv")


def test_a_cell_without_end_names_its_line(net: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("1,2\n3," + "4" * 200_000 + "\n")
    with pytest.raises(InputError, match=r"x\.csv, line 2 cannot be read: field larger"):
        feeds_for(net.model(net.port("x", (None, 2))), tmp_path / "x.csv")
