"""Letting something take the place of a layer whose own code is never run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from explorer3d.graph.stand_in import StandIn
from explorer3d.qt.window import Window
from tests.qt.driving import click, finish


@pytest.fixture
def own_layer(tmp_path: Path) -> Path:
    """A Keras file: dense, a layer of code, dense."""

    def layer(kind: str, name: str, **settings: object) -> dict[str, object]:
        return {"class_name": kind, "config": {"name": name, **settings}}

    dense = {"units": 6, "activation": "linear", "use_bias": False}
    layers = [
        layer("InputLayer", "x", batch_input_shape=[None, 6], dtype="float32"),
        layer("Dense", "before", **dense),
        layer("Lambda", "own", function=["4wEAAAA", None, None], function_type="lambda"),
        layer("Dense", "behind", **dense),
    ]
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
        for at, name in enumerate(("before", "behind")):
            group = file.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = [b"kernel:0"]
            group["kernel:0"] = np.random.default_rng(at).normal(size=(6, 6)).astype(np.float32)
    return path


def opaque(window: Window) -> StandIn | None:
    model = window.document.model
    assert model is not None
    found = model.layer_by_name["own"].opaque
    assert found is not None
    return found.stand_in


def behind(window: Window) -> np.ndarray:
    shown = window.document.shown["behind"]
    return np.asarray(next(one for one in shown.tensors if one.name == "output").array)


def test_it_is_only_asked_about_the_layer_itself(
    qtbot: QtBot, open_window: Callable[..., Window], own_layer: Path
) -> None:
    window = open_window(own_layer)
    form = window.inspector.stand_in
    for name, asked in (("before", False), ("own", True), ("behind", False)):
        click(qtbot, window, name)
        finish(qtbot, window)
        assert form.isVisible() == asked, name


def test_passing_on_runs_what_lies_behind_and_is_undone(
    qtbot: QtBot, open_window: Callable[..., Window], own_layer: Path
) -> None:
    window = open_window(own_layer)
    window.stage.fly(window.stage.pose.orbited(20, 10), animated=False)
    window.document.select("own")
    pose = window.stage.pose
    form = window.inspector.stand_in
    qtbot.mouseClick(form.identity, Qt.LeftButton)
    finish(qtbot, window)
    assert opaque(window) == StandIn()
    assert "cannot run" not in window.banner.text.text()
    # Whoever chose still looks at the same layer from the same place.
    assert window.document.selected == "own"
    assert window.stage.pose == pose
    assert form.isVisible()
    assert not form.identity.isVisible()
    window.document.show("behind")
    finish(qtbot, window)
    feeds = window.document.feeds
    assert feeds is not None
    kernels = [np.random.default_rng(at).normal(size=(6, 6)).astype(np.float32) for at in (0, 1)]
    np.testing.assert_allclose(behind(window), feeds.arrays["x"] @ kernels[0] @ kernels[1], rtol=1e-5)
    click(qtbot, window, "own")
    qtbot.mouseClick(form.back, Qt.LeftButton)
    finish(qtbot, window)
    assert opaque(window) is None
    assert form.identity.isVisible()


def test_a_result_that_is_fed_by_keyboard_and_remembered(
    qtbot: QtBot, open_window: Callable[..., Window], own_layer: Path
) -> None:
    window = open_window(own_layer)
    click(qtbot, window, "own")
    finish(qtbot, window)
    form = window.inspector.stand_in
    form.shape.setFocus()
    qtbot.keyClicks(form.shape, "six")
    qtbot.keyClick(form.shape, Qt.Key_Return)
    assert form.fault.isVisible()
    assert opaque(window) is None
    form.shape.clear()
    qtbot.keyClicks(form.shape, "6")
    qtbot.keyClick(form.shape, Qt.Key_Return)
    finish(qtbot, window)
    assert opaque(window) == StandIn((6,))
    feeds = window.document.feeds
    assert feeds is not None
    assert feeds.arrays["own/result"].shape == (1, 6)
    window.document.show("behind")
    finish(qtbot, window)
    kernel = np.random.default_rng(1).normal(size=(6, 6)).astype(np.float32)
    np.testing.assert_allclose(behind(window), feeds.arrays["own/result"] @ kernel, rtol=1e-5)
    # Another window, with the same settings, opens it the same way.
    window.close()
    again = open_window(own_layer)
    assert opaque(again) == StandIn((6,))
    assert "own/result" in again.banner.text.text()


def test_opened_layers_stay_open(qtbot: QtBot, open_window: Callable[..., Window], own_layer: Path) -> None:
    window = open_window(own_layer)
    click(qtbot, window, "before")
    finish(qtbot, window)
    window.document.select("own")
    qtbot.mouseClick(window.inspector.stand_in.identity, Qt.LeftButton)
    finish(qtbot, window)
    assert list(window.document.shown) == ["before"]
    assert "before" in window.stage.opened
