"""A configuration and its weights: dropped together, chosen together, opened again from the list."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QFileDialog

from explorer3d.qt.window import Window
from tests.qt.driving import Opener, click, drop, finish


@pytest.fixture
def pair(samples: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The bundled LeNet, its structure and its weights in different folders under different names."""
    structure, weights = tmp_path / "structure" / "lenet.json", tmp_path / "weights" / "epoch_9.h5"
    structure.parent.mkdir()
    weights.parent.mkdir()
    with h5py.File(samples / "lenet_fashion.h5") as whole, h5py.File(weights, "w") as alone:
        config = json.loads(whole.attrs["model_config"])
        structure.write_text(json.dumps(config))
        for key, value in whole["model_weights"].attrs.items():
            alone.attrs[key] = value
        for name in whole["model_weights"]:
            whole.copy(f"model_weights/{name}", alone)
    return structure, weights


def shows_trousers(window: Window, pair: tuple[Path, Path]) -> bool:
    model = window.document.model
    assert model is not None
    assert (model.path, model.weights_path) == pair
    assert window.windowTitle().startswith("lenet.json")
    (ranking,) = window.document.rankings.values()
    return ranking.guesses[0].index == 1


@pytest.mark.parametrize("turned", [False, True])
def test_two_files_dropped_together(
    qtbot: QtBot, open_window: Opener, samples: Path, pair: tuple[Path, Path], turned: bool
) -> None:
    window = open_window(samples / "lenet_fashion.onnx")
    drop(window, *(reversed(pair) if turned else pair), samples / "pictures" / "fashion_1_trouser.png")
    finish(qtbot, window)
    assert not window.banner.isVisible()
    assert shows_trousers(window, pair)
    click(qtbot, window, "conv1")
    finish(qtbot, window)
    assert [panel.tensor.name for panel in window.stage.opened["conv1"].panels][1] == "kernel"


def test_structure_first_then_both(
    qtbot: QtBot, open_window: Opener, samples: Path, pair: tuple[Path, Path]
) -> None:
    window = open_window(samples / "lenet_fashion.onnx")
    drop(window, pair[0])
    finish(qtbot, window)
    assert window.banner.isVisible() and "structure only" in window.banner.text.text()
    drop(window, *pair, samples / "pictures" / "fashion_1_trouser.png")
    finish(qtbot, window)
    assert not window.banner.isVisible()
    assert shows_trousers(window, pair)


def test_two_files_chosen_together_are_offered_again(
    qtbot: QtBot,
    open_window: Opener,
    samples: Path,
    pair: tuple[Path, Path],
    settings: QSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = open_window(samples / "lenet_fashion.onnx")
    chosen = [str(path) for path in reversed(pair)]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (chosen, ""))
    window.files.choose_model()
    finish(qtbot, window)
    assert window.document.model.weights_path == pair[1]
    window.close()

    second = open_window(samples / "lenet_fashion.onnx")
    entry = next(one for one in second.files.recent._menu.actions() if "lenet.json" in one.text())
    assert entry.text() == "lenet.json + epoch_9.h5"
    entry.trigger()
    finish(qtbot, second)
    second.open_input(samples / "pictures" / "fashion_1_trouser.png")
    finish(qtbot, second)
    assert shows_trousers(second, pair)
    assert second.files.recent.models[0] == pair


def test_two_models_are_no_pair(qtbot: QtBot, open_window: Opener, samples: Path) -> None:
    window = open_window(samples / "lenet_fashion.onnx")
    drop(window, samples / "lenet_fashion.h5", samples / "lenet_fashion.keras")
    finish(qtbot, window)
    assert window.document.model.path.name == "lenet_fashion.h5"
    assert window.document.model.weights_path is None
