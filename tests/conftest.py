"""What holds for all tests: with or without a display, the sample files, quiet libraries."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from explorer3d import bootstrap

if not bootstrap.display_answers():
    bootstrap.draw_without_display()
os.environ.setdefault("QT_API", "pyqt5")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of the sample models; pictures lie in ``pictures`` below it."""
    return bootstrap.ROOT / "sample_models"
