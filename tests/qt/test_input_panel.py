"""The panel about the input, by clicks and keys: what it shows is what the network gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, QRect, QSettings, Qt
from qtpy.QtGui import QImage, QWheelEvent
from qtpy.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from explorer3d.compute.runner import Runner
from explorer3d.qt.appearance import TEXT_SIZES
from explorer3d.qt.input_panel import InputPanel
from explorer3d.qt.memory import Memory
from explorer3d.qt.panels import in_sight
from explorer3d.qt.style import dress
from explorer3d.qt.window import Window
from explorer3d.scene.palette import DARK
from tests.qt.driving import Opener, bring_forward, choose, click, finish, settle


def type_over(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    qtbot.mouseClick(field, Qt.LeftButton)
    qtbot.keyClick(field, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClick(field, Qt.Key_Delete)
    qtbot.keyClicks(field, text)


def tick(qtbot: QtBot, box: QWidget) -> None:
    box.setFocus()
    qtbot.keyClick(box, Qt.Key_Space)


def _place(panel: InputPanel, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(panel.viewport(), QPoint(0, 0)), widget.size())


def drawn(image: QImage | None) -> np.ndarray:
    """(H, W, 3) uint8 array."""
    assert image is not None
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def got(window: Window, name: str) -> np.ndarray:
    """What the network itself says came in at its input."""
    document = window.document
    assert document.model is not None and document.feeds is not None
    consumer = next(
        layer for layer in document.model.layers if any(port.value == name for port in layer.inputs)
    )
    window.document.show(consumer.name)
    return next(
        tensor.array for tensor in window.document.shown[consumer.name].tensors if tensor.name == "input"
    )


@pytest.fixture
def colour_model(tmp_path: Path) -> Path:
    """Adds nothing to a picture of any size, three channels first."""
    shape = ["N", 3, "H", "W"]
    graph = helper.make_graph(
        [
            helper.make_node("Relu", ["image"], ["kept"], name="keep"),
            helper.make_node("GlobalAveragePool", ["kept"], ["mean"], name="average"),
        ],
        "colours",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["N", 3, 1, 1])],
    )
    path = tmp_path / "colours.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(3).integers(0, 256, (64, 96, 3), np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def test_the_pictures_shown_are_what_the_network_gets(
    qtbot: QtBot, open_window: Opener, colour_model: Path, photo: Path
) -> None:
    window = open_window(colour_model, photo)
    panel = bring_forward(qtbot, window)
    pixels = np.asarray(Image.open(photo))
    np.testing.assert_array_equal(drawn(panel.pictures.picture.image), pixels)
    np.testing.assert_array_equal(drawn(panel.pictures.fed.image), pixels)
    choose(qtbot, panel.fields.form.preset, "ImageNet mean, BGR")
    settle(qtbot, window)
    window.document.show("keep")
    finish(qtbot, window)
    array = got(window, "image")
    expected = (pixels.astype(float) - [123.68, 116.779, 103.939])[..., ::-1].transpose(2, 0, 1)
    np.testing.assert_allclose(array[0], expected, rtol=1e-5)
    span = np.float64([-123.68, 255 - 103.939])
    values = (array[0].transpose(1, 2, 0) - span[0]) / (span[1] - span[0]) * 255
    assert np.abs(drawn(panel.pictures.fed.image) - values).max() <= 0.51
    np.testing.assert_array_equal(drawn(panel.pictures.picture.image), pixels)
    assert "−124" in panel.pictures.about_fed.text()
    assert (panel.fields.form.bgr.isChecked(), panel.fields.form.mean.text()) == (
        True,
        "123.68, 116.779, 103.939",
    )
    assert panel.reason.text() == "Set by you. The guess: x/255."


def test_invert_by_mouse_runs_again(qtbot: QtBot, lenet: Window) -> None:
    panel = bring_forward(qtbot, lenet)
    before = drawn(panel.pictures.fed.image)
    assert not panel.reset.isEnabled()
    qtbot.mouseClick(
        panel.fields.form.invert, Qt.LeftButton, pos=panel.fields.form.invert.rect().center() / 4
    )
    settle(qtbot, lenet)
    assert lenet.document.preprocessing == {"invert": True}
    np.testing.assert_array_equal(drawn(panel.pictures.fed.image), 255 - before)
    np.testing.assert_array_equal(drawn(panel.pictures.picture.image), 255 - before)
    model = lenet.document.model
    feeds = lenet.document.feeds
    assert model is not None and feeds is not None
    scores = Runner(model).predict(feeds.arrays)["classes"][0]
    best = lenet.document.rankings["classes"].guesses[0]
    assert best.probability == pytest.approx(float(scores.max()), rel=1e-5)
    qtbot.mouseClick(panel.reset, Qt.LeftButton)
    settle(qtbot, lenet)
    assert lenet.document.preprocessing == {}
    assert not panel.fields.form.invert.isChecked()
    np.testing.assert_array_equal(drawn(panel.pictures.fed.image), before)


def test_many_changes_are_one_run(qtbot: QtBot, lenet: Window) -> None:
    panel = bring_forward(qtbot, lenet)
    tickets: list[str] = []
    lenet.document.requested.connect(
        lambda ticket: ticket.topic in ("input", "faces") and tickets.append(ticket.topic)
    )
    type_over(qtbot, panel.fields.form.mean, "0.25")
    tick(qtbot, panel.fields.form.invert)
    choose(qtbot, panel.fields.form.fit, "Crop")
    assert tickets == []
    settle(qtbot, lenet)
    assert tickets == ["input", "faces"]
    assert lenet.document.preprocessing == {"mean": (0.25,), "invert": True, "fit": "crop"}
    # What means the same runs nothing.
    type_over(qtbot, panel.fields.form.mean, "0.250")
    settle(qtbot, lenet)
    assert tickets == ["input", "faces"]
    assert panel.fields.form.mean.text() == "0.250"


def test_wrong_values_are_said_beside_them(qtbot: QtBot, lenet: Window) -> None:
    panel = bring_forward(qtbot, lenet)
    feeds = lenet.document.feeds
    for field, text, said in (
        (panel.fields.form.mean, "0.3, dark", "mean"),
        (panel.fields.form.mean, "0.1 0.2 0.3", "3 values"),
        (panel.fields.form.std, "0", "std"),
        (panel.fields.form.std, "nan", "std"),
        (panel.fields.form.mean, "1, 2", "mean"),
    ):
        type_over(qtbot, field, text)
        settle(qtbot, lenet)
        assert panel.fault.isVisible() and said in panel.fault.text(), text
        qtbot.waitUntil(lambda: panel.viewport().rect().intersects(_place(panel, panel.fault)))
        assert not lenet.banner.isVisible()
        assert lenet.document.feeds is feeds
        type_over(qtbot, field, "")
        settle(qtbot, lenet)
        assert not panel.fault.isVisible()


def test_late_answers_are_dropped(qtbot: QtBot, lenet: Window) -> None:
    panel = bring_forward(qtbot, lenet)
    buttons = list(panel.samples.buttons.values())
    for button in buttons:
        qtbot.mouseClick(button, Qt.LeftButton)
    finish(qtbot, lenet)
    assert lenet.document.input_path == list(panel.samples.buttons)[-1]
    assert "ankle_boot" in panel.about.text()
    assert [button.isChecked() for button in buttons] == [False] * 9 + [True]
    assert lenet.document.rankings["classes"].guesses[0].name == "Ankle boot"


def test_a_sample_keeps_what_was_set(qtbot: QtBot, lenet: Window) -> None:
    panel = bring_forward(qtbot, lenet)
    tick(qtbot, panel.fields.form.invert)
    button = next(button for path, button in panel.samples.buttons.items() if "sandal" in path.name)
    assert button.accessibleName() == "Sample picture: sandal"
    button.setFocus()
    qtbot.keyClick(button, Qt.Key_Space)
    settle(qtbot, lenet)
    assert lenet.document.feeds is not None
    assert lenet.document.feeds.description == "fashion_5_sandal.png, 28×28 stretch, x/255, inverted"


def test_what_is_set_is_remembered_for_the_model(
    qtbot: QtBot, open_window: Opener, samples: Path, settings: QSettings, colour_model: Path
) -> None:
    window = open_window(samples / "lenet_fashion.h5")
    panel = bring_forward(qtbot, window)
    choose(qtbot, panel.fields.form.fit, "Letterbox")
    type_over(qtbot, panel.fields.form.std, "0.5")
    settle(qtbot, window)
    window.open_model(colour_model)
    finish(qtbot, window)
    assert window.document.preprocessing == {}
    window.close()
    settings.sync()
    again = open_window(samples / "lenet_fashion.h5")
    assert again.document.preprocessing == {"std": (0.5,), "fit": "letterbox"}
    panel = again.input_panel
    if not in_sight(again._input_dock):
        bring_forward(qtbot, again)
    assert (panel.fields.form.fit.currentText(), panel.fields.form.std.text()) == ("Letterbox", "0.5")
    assert panel.reset.isEnabled()


def test_sizes_left_open(qtbot: QtBot, open_window: Opener, colour_model: Path, photo: Path) -> None:
    window = open_window(colour_model, photo)
    panel = bring_forward(qtbot, window)
    field = panel.fields.sizes.fields["image"]
    assert (field.text(), field.placeholderText()) == ("", "1 × 3 × 64 × 96")
    type_over(qtbot, field, "1, 3, 40, 48")
    settle(qtbot, window)
    assert window.document.sizes == {"image": (1, 3, 40, 48)}
    assert drawn(panel.pictures.picture.image).shape == (40, 48, 3)
    feeds = window.document.feeds
    assert feeds is not None
    assert feeds.arrays["image"].shape == (1, 3, 40, 48)
    for text, said in (("1, 4, 40, 48", "1, 3|1 × 3|3"), ("1, 3, 0, 48", "1 or more"), ("wide", "whole")):
        type_over(qtbot, field, text)
        settle(qtbot, window)
        assert panel.fault.isVisible() and any(part in panel.fault.text() for part in said.split("|"))
        assert window.document.feeds is feeds
    type_over(qtbot, field, "1 x 3 x 99999 x 99999")
    settle(qtbot, window)
    assert panel.fault.isVisible() and "too large" in panel.fault.text()
    assert window.document.feeds is feeds
    qtbot.mouseClick(panel.reset, Qt.LeftButton)
    settle(qtbot, window)
    assert not panel.fault.isVisible()
    assert (field.text(), window.document.sizes) == ("", {})
    assert drawn(panel.pictures.picture.image).shape == (64, 96, 3)


def test_models_with_fixed_sizes_have_no_field_for_them(qtbot: QtBot, lenet: Window) -> None:
    assert bring_forward(qtbot, lenet).fields.sizes.fields == {}


def test_an_array_goes_in_as_it_is(
    qtbot: QtBot, open_window: Opener, colour_model: Path, tmp_path: Path
) -> None:
    array = np.random.default_rng(0).standard_normal((1, 3, 32, 40)).astype(np.float32)
    np.save(tmp_path / "x.npy", array)
    window = open_window(colour_model, tmp_path / "x.npy")
    panel = bring_forward(qtbot, window)
    assert panel.pictures.picture.image is None
    values = (array[0] - array.min()) / (array.max() - array.min()) * 255
    assert np.abs(drawn(panel.pictures.fed.image) - values.transpose(1, 2, 0)).max() <= 0.51
    assert not panel.fields.form.isEnabled() and not panel.fields.sizes.isEnabled()
    assert "as it is" in panel.reason.text()
    qtbot.mouseClick(list(panel.samples.buttons.values())[0], Qt.LeftButton)
    finish(qtbot, window)
    assert panel.fields.form.isEnabled()
    assert panel.pictures.picture.image is not None


def test_a_network_without_pictures(qtbot: QtBot, open_window: Opener, tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["sequence"], ["y"], name="keep")],
        "numbers",
        [helper.make_tensor_value_info("sequence", TensorProto.FLOAT, ["time", 7])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["time", 7])],
    )
    path = tmp_path / "numbers.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    window = open_window(path)
    panel = bring_forward(qtbot, window)
    assert not (panel.fields.form.isVisible() or panel.pictures.isVisible() or panel.samples.isVisible())
    assert "noise" in panel.about.text() and ".npy" in panel.reason.text()
    type_over(qtbot, panel.fields.sizes.fields["sequence"], "5, 7")
    settle(qtbot, window)
    assert window.document.feeds is not None
    assert window.document.feeds.arrays["sequence"].shape == (5, 7)


def test_selecting_brings_the_fitting_panel_forward(qtbot: QtBot, lenet: Window) -> None:
    assert in_sight(lenet._dock) and not in_sight(lenet._input_dock)
    click(qtbot, lenet, "image")
    finish(qtbot, lenet)
    qtbot.waitUntil(lambda: in_sight(lenet._input_dock))
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    qtbot.waitUntil(lambda: in_sight(lenet._dock))


def test_one_key_opens_and_closes_the_panel(qtbot: QtBot, lenet: Window) -> None:
    qtbot.keyClick(lenet.view, Qt.Key_P)
    qtbot.waitUntil(lambda: in_sight(lenet._input_dock))
    qtbot.keyClick(lenet.view, Qt.Key_P)
    qtbot.waitUntil(lambda: not lenet._input_dock.isVisible())
    qtbot.keyClick(lenet.view, Qt.Key_P)
    qtbot.waitUntil(lambda: in_sight(lenet._input_dock))


def test_everything_has_a_name_a_tip_and_a_place_in_the_row_of_tabs(qtbot: QtBot, lenet: Window) -> None:
    panel = bring_forward(qtbot, lenet)
    form = panel.fields.form
    controls = [form.preset, form.fit, form.scale, form.mean, form.std, form.invert, form.bgr]
    for widget in (*controls, *panel.samples.buttons.values(), panel.sources.file, panel.reset):
        assert widget.accessibleName() or widget.text()
        assert widget.toolTip()
        assert widget.focusPolicy() == Qt.StrongFocus
    assert panel.pictures.picture.accessibleDescription() == "28 × 28"


def test_the_wheel_scrolls_and_changes_nothing(qtbot: QtBot, lenet: Window) -> None:
    panel = bring_forward(qtbot, lenet)
    lenet.view.setFocus()
    for box in (panel.fields.form.fit, panel.fields.form.preset):
        before = box.currentIndex()
        place = QPointF(box.rect().center())
        QApplication.sendEvent(
            box,
            QWheelEvent(
                place, place, QPoint(), QPoint(0, -120), Qt.NoButton, Qt.NoModifier, Qt.NoScrollPhase, False
            ),
        )
        assert box.currentIndex() == before


@pytest.mark.parametrize("text", TEXT_SIZES.values())
def test_nothing_is_cut_off_sideways(
    qtbot: QtBot, qapp: QApplication, open_window: Opener, colour_model: Path, photo: Path, text: float
) -> None:
    dress(qapp, DARK, text)
    window = open_window(colour_model, photo)
    window.resize(800, 600)
    panel = bring_forward(qtbot, window)
    choose(qtbot, panel.fields.form.preset, "ImageNet mean and std")
    settle(qtbot, window)
    panel.moves.button.setChecked(True)
    for drawing in (False, True):
        panel.drawing.want(drawing)
        finish(qtbot, window)
        inside = panel.viewport().rect()
        shown = [widget for widget in panel.widget().findChildren(QWidget) if widget.isVisible()]
        assert len(shown) > 40
        for widget in shown:
            place = _place(panel, widget)
            assert inside.left() <= place.left() and place.right() <= inside.right(), widget
            if isinstance(widget, QAbstractButton):
                assert widget.width() >= widget.minimumSizeHint().width(), widget.text()
        for label in () if drawing else (panel.pictures.about_picture, panel.pictures.about_fed):
            assert label.height() >= label.sizeHint().height()


def test_memory_is_a_mapping_that_outlives_its_settings(tmp_path: Path) -> None:
    path = str(tmp_path / "settings.ini")
    memory = Memory(QSettings(path, QSettings.IniFormat), "inputs")
    memory["a"], memory["b"] = '{"x": "=;, ü"}', "2"
    del memory["b"]
    memory._settings.sync()
    again = Memory(QSettings(path, QSettings.IniFormat), "inputs")
    assert dict(again) == {"a": '{"x": "=;, ü"}'}
    assert len(again) == 1
    for missing in ("b", "c"):
        with pytest.raises(KeyError):
            del again[missing]
