"""A close look at a large tensor in the window becomes sharp once the camera rests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint

from explorer3d.qt.window import Window
from explorer3d.scene.colormaps import lookup
from tests.qt.driving import finish, pixels


def test_a_large_matrix_is_sharp_after_zooming_in(
    qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    weights = np.tile(np.array([[0.0, 1.0], [0.25, 0.75]], np.float32), (1000, 1000))
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="dense")],
        "wide",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2000])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2000])],
        [numpy_helper.from_array(weights, "w")],
    )
    path = tmp_path / "wide.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    window = open_window(path)
    window.document.show("dense", "weights")
    finish(qtbot, window)
    (panel,) = window.stage.opened["dense"].panels
    assert panel.detail is None
    middle = window.stage.projection.pixels(panel.quads.corners.reshape(-1, 3).mean(axis=0)[None])[0]
    window.view.zoom(300.0, QPoint(round(middle[0]), round(middle[1])))
    qtbot.waitUntil(lambda: panel.detail is not None, timeout=20_000)
    finish(qtbot, window)
    seen = {tuple(colour) for colour in pixels(window)[::2, ::2].reshape(-1, 3)}
    table = lookup("inferno")
    expected = {tuple(table[round(1 + 249 * value)]) for value in (0.0, 0.25, 0.75, 1.0)}
    assert len(expected & seen) == 4
    window.view.zoom(1 / 300.0, QPoint(round(middle[0]), round(middle[1])))
    qtbot.waitUntil(lambda: panel.detail is None, timeout=20_000)
