"""Bundled files."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer3d import resources
from explorer3d.errors import ExplorerError
from explorer3d.resources import resource


def test_source_tree() -> None:
    assert resource("assets", "labels", "fashion_mnist.txt").read_text().startswith("T-shirt/top")


def test_installed_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for root in ("inside", "beside"):
        (tmp_path / root / "assets").mkdir(parents=True)
    monkeypatch.setattr(resources, "_ROOTS", (tmp_path / "inside", tmp_path / "beside"))
    assert resource("assets") == tmp_path / "inside" / "assets"
    (tmp_path / "beside" / "sample_models").mkdir()
    assert resource("sample_models") == tmp_path / "beside" / "sample_models"


def test_missing() -> None:
    with pytest.raises(ExplorerError, match="assets/none.txt is missing"):
        resource("assets", "none.txt")
