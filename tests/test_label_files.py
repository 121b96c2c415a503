"""Class names from files that people have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer3d.label_files import names_in

ANIMALS = ("cat", "wild dog", "Ürgetier")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "cat\nwild dog\nÜrgetier\n\n"),
        ("a.names", "0 cat\n1 wild dog\n2 Ürgetier"),
        ("a.txt", "2: Ürgetier\n0: cat\n1: wild dog\n"),
        ("a.txt", "1, cat\n2, wild dog\n3, Ürgetier\n"),
        ("a.json", json.dumps(ANIMALS)),
        ("a.json", json.dumps({"0": "cat", "2": "Ürgetier", "1": "wild dog"})),
        ("a.json", json.dumps({"wild dog": 1, "cat": 0, "Ürgetier": 2})),
        ("config.json", json.dumps({"id2label": {"0": "cat", "1": "wild dog", "2": "Ürgetier"}, "x": 1})),
        ("a.json", json.dumps({"0": ["n1", "cat"], "1": ["n2", "wild dog"], "2": ["n3", "Ürgetier"]})),
        ("a.csv", "cat\nwild dog\nÜrgetier\n"),
        ("a.csv", "id,label\n0,cat\n1,wild dog\n2,Ürgetier\n"),
        ("a.csv", "cat;0;4.5\nÜrgetier;2;1\nwild dog;1;7\n"),
        ("a.tsv", "0\tcat\n1\twild dog\n2\tÜrgetier\n"),
    ],
)
def test_names(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8-sig")
    assert names_in(tmp_path / name) == ANIMALS


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"cat\ndog\n"),
        ("a.txt", b"cat\n"),
        ("a.txt", b""),
        ("a.txt", b"1.5\n2\n"),
        ("a.txt", b"cat\0dog\ncow"),
        ("a.txt", b"\xff\xfe\nx"),
        ("a.csv", b"1,2\n3,4\n"),
        ("a.csv", b"width,height\n3,4\n5,6\n"),
        ("a.csv", b"0,cat\n2,dog\n"),
        ("a.json", b'{"class_name": "Sequential", "config": {}}'),
        ("a.json", b'{"0": "cat", "1": 5}'),
        ("a.json", b'{"0": "cat", "5": "dog"}'),
        ("a.json", b"[" * 100_000),
        ("a.json", b'["cat"'),
        ("a.json", b"[1, 2]"),
        ("a.txt", b"cat\ndog\n" * 2**20),
    ],
)
def test_what_holds_no_names(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert names_in(tmp_path / name) is None


def test_what_is_not_there(tmp_path: Path) -> None:
    assert names_in(tmp_path / "nothing.txt") is None
    (tmp_path / "folder.txt").mkdir()
    assert names_in(tmp_path / "folder.txt") is None
