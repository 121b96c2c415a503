"""What holds for all tests: with or without a display, the sample files, quiet libraries."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from vtkmodules.vtkCommonCore import vtkOutputWindow, vtkStringOutputWindow

from explorer3d import bootstrap
from explorer3d.conversion.cache import cache_folder
from tests.keras_made import make

if not bootstrap.display_answers():
    bootstrap.draw_without_display()
os.environ.setdefault("QT_API", "pyqt5")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# How long an example takes depends on what else the machine does.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of the sample models; pictures lie in ``pictures`` below it."""
    return bootstrap.ROOT / "sample_models"


@pytest.fixture(scope="session")
def keras_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of files that Keras wrote; see ``tests/conversion/made_by_keras.py``."""
    base = tmp_path_factory.getbasetemp()
    # The processes that share the tests have their folders in one folder.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "keras_made"
    made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def _results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shared_results(_results: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep results of TensorFlow's conversions for the tests that come after."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_results))
    return cache_folder()


@pytest.fixture
def no_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let there be no results of conversions yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache_folder()


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
