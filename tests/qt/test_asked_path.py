"""Names of files that a person types, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from qtpy.QtWidgets import QFileDialog, QMessageBox

from explorer3d.qt.asked_path import ask_where

KINDS = ("JPEG (*.jpg *.jpeg)", "Numbers (*.npz)")
Type = Callable[[str, str], None]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Type:
    """Somebody types a name and chooses a kind."""

    def type_(name: str, kind: str) -> None:
        answer = str(tmp_path / name) if name else "", kind
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: answer)

    return type_


@pytest.mark.parametrize(
    ("name", "kind", "exact", "wanted"),
    [
        ("a", "", False, "a.jpg"),
        ("a", KINDS[1], False, "a.npz"),
        ("a.JPEG", KINDS[1], False, "a.JPEG"),
        ("a.jpeg", KINDS[1], True, "a.jpeg.npz"),
        ("v1.2", KINDS[0], False, "v1.2.jpg"),
    ],
)
def test_endings(typed: Type, tmp_path: Path, name: str, kind: str, exact: bool, wanted: str) -> None:
    typed(name, kind)
    assert ask_where(None, "Save", "a.jpg", KINDS, exact=exact) == (tmp_path / wanted, kind or KINDS[0])


def test_a_file_that_the_dialog_has_not_asked_about(
    typed: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jpg").touch()
    asked = []
    for answer, found in ((QMessageBox.No, None), (QMessageBox.Yes, (tmp_path / "a.jpg", KINDS[0]))):
        monkeypatch.setattr(
            QMessageBox, "question", lambda *told, answer=answer: asked.append(told[2]) or answer
        )
        typed("a", KINDS[0])
        assert ask_where(None, "Save", "", KINDS) == found
    assert asked == ["a.jpg is there already. Replace it?"] * 2
    # About this one it has.
    typed("a.jpg", KINDS[0])
    assert ask_where(None, "Save", "", KINDS) == (tmp_path / "a.jpg", KINDS[0])
    typed("", "")
    assert ask_where(None, "Save", "", KINDS) is None
    assert len(asked) == 2
