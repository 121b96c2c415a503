"""Names in letters that no font here has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from pytestqt.qtbot import QtBot

from explorer3d.qt.window import Window
from explorer3d.scene import typefaces
from tests.qt.driving import finish


def relu(path: Path, name: str) -> Path:
    x, y = (helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, 3, 8, 8]) for value in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"], name=name)], "g", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def test_they_are_named_once(
    qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typefaces, "FALLBACKS", ())
    typefaces.lacking.clear()
    # Letters of a script that nothing else here is written in.
    window = open_window(relu(tmp_path / "one.onnx", "\U00010330\U00010331_1"))
    assert window.banner.isVisible()
    assert "has 2 of the letters in names here (U+10330, U+10331)" in window.banner.text.text()
    window.open_model(relu(tmp_path / "other.onnx", "\U00010331_plain"))
    finish(qtbot, window)
    assert window.document.model.layers[0].name == "\U00010331_plain"
    assert not window.banner.isVisible()
    window.close()
    again = open_window(relu(tmp_path / "third.onnx", "plain"))
    assert not again.banner.isVisible()
