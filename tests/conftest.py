"""What holds for all tests: with or without a display, the sample files, quiet libraries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from vtkmodules.vtkCommonCore import vtkOutputWindow, vtkStringOutputWindow

from explorer3d import bootstrap

if not bootstrap.display_answers():
    bootstrap.draw_without_display()
os.environ.setdefault("QT_API", "pyqt5")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of the sample models; pictures lie in ``pictures`` below it."""
    return bootstrap.ROOT / "sample_models"


@pytest.fixture(autouse=True)
def _vtk_does_not_complain() -> Iterator[None]:
    """What VTK says of a broken shader or a lost texture goes to a log that nobody reads."""
    listening = vtkStringOutputWindow()
    vtkOutputWindow.SetInstance(listening)
    yield
    said = listening.GetOutput()
    now = vtkOutputWindow.GetInstance()
    # pyvista puts its own in place when it is imported.
    if now is not listening and isinstance(now, vtkStringOutputWindow):
        said += now.GetOutput()
    assert not said, f"VTK complained:\n{said}"
