"""What an input can be made of: patterns, folders, the clipboard, what is dropped; by clicks and keys."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent, QImage
from qtpy.QtWidgets import QApplication

from explorer3d.inputs import Generated, Transform
from explorer3d.qt.input.entrance import is_model
from explorer3d.qt.window import Window
from tests.qt.driving import Opener, bring_forward, drop, finish


def fed(window: Window) -> np.ndarray:
    assert window.document.feeds is not None
    return np.asarray(window.document.feeds.arrays["image"])


@pytest.fixture
def clothes(tmp_path: Path, samples: Path) -> Path:
    """Four files in this order: a bag, one that is damaged, a sandal, an ankle boot."""
    folder = tmp_path / "clothes"
    folder.mkdir()
    for place, name in ((1, "8_bag"), (3, "5_sandal"), (10, "9_ankle_boot")):
        source = samples / "pictures" / f"fashion_{name}.png"
        (folder / f"{place} {name}.png").write_bytes(source.read_bytes())
    (folder / "2 broken.png").write_bytes(b"\x89PNG\r\n\x1a\n, and no more")
    return folder


def test_patterns_by_menu_and_their_numbers(qtbot: QtBot, lenet: Window) -> None:
    panel = bring_forward(qtbot, lenet)
    assert not panel.pattern.isVisible()
    menu = panel.sources.menu
    assert [action.text() for action in menu.actions()] == [
        "Zeros",
        "Ones",
        "Noise",
        "Checkerboard",
        "Gradient",
        "Impulse",
    ]
    menu.popup(panel.sources.make.mapToGlobal(QPoint(0, 0)))
    ones = menu.actions()[1]
    qtbot.mouseClick(menu, Qt.LeftButton, pos=menu.actionGeometry(ones).center())
    finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), np.ones((1, 28, 28, 1), np.float32))
    assert not panel.pattern.isVisible()
    menu.actions()[5].trigger()
    finish(qtbot, lenet)
    assert panel.pattern.isVisible() and panel.pattern.title.text() == "Place"
    qtbot.keyClicks(panel.pattern.field, "3, 40")
    finish(qtbot, lenet)
    assert panel.fault.isVisible() and "(3, 40)" in panel.fault.text()
    qtbot.keyClick(panel.pattern.field, Qt.Key_Backspace)
    finish(qtbot, lenet)
    expected = np.zeros((1, 28, 28, 1), np.float32)
    expected[0, 3, 4] = 1
    np.testing.assert_array_equal(fed(lenet), expected)
    assert panel.pattern.field.text() == "3, 4" and not panel.fault.isVisible()
    menu.actions()[2].trigger()
    finish(qtbot, lenet)
    first = fed(lenet)
    panel.pattern.another.setFocus()
    qtbot.keyClick(panel.pattern.another, Qt.Key_Space)
    finish(qtbot, lenet)
    assert lenet.document.input_path == Generated("noise", (1,))
    assert panel.pattern.field.text() == "1"
    assert np.abs(fed(lenet) - first).max() > 0.5


def test_a_file_of_many_is_gone_through_by_keys(
    qtbot: QtBot, lenet: Window, samples: Path, tmp_path: Path
) -> None:
    """As data sets keep them: bytes, one picture after another."""
    names = ("8_bag", "5_sandal", "9_ankle_boot")
    pictures = [np.asarray(Image.open(samples / "pictures" / f"fashion_{name}.png")) for name in names]
    path = tmp_path / "test.npy"
    np.save(path, np.stack(pictures))
    drop(lenet, path)
    finish(qtbot, lenet)
    assert "holds 3 inputs: Page Down" in lenet.banner.text.text()
    panel = bring_forward(qtbot, lenet)
    bar = panel.playlist
    assert bar.isVisible() and bar.title.text() == "1 of 3"
    # It has been answered before the panel was looked at.
    assert bar.rows.index(0, 1).data().startswith("Bag")
    assert lenet.document.best_guess.name == "Bag" and not panel.fields.rows.step.isVisible()
    for key, place in ((Qt.Key_PageDown, 1), (Qt.Key_PageDown, 2), (Qt.Key_PageDown, 0), (Qt.Key_PageUp, 2)):
        qtbot.keyClick(lenet.view, key)
        finish(qtbot, lenet)
        np.testing.assert_allclose(fed(lenet)[0, :, :, 0], pictures[place] / 255, atol=1e-6)
        assert bar.title.text() == f"{place + 1} of 3" and bar.table.currentIndex().row() == place
        assert f"test.npy, {place + 1} of 3, " in panel.about.text()
    answers = [bar.rows.index(row, 1).data().rpartition("  ")[0] for row in range(3)]
    assert answers == ["Bag", "Sandal", "Ankle boot"]
    # They are pictures, to be moved like any other.
    lenet.document.transform_input(Transform(mirror=True))
    finish(qtbot, lenet)
    np.testing.assert_allclose(fed(lenet)[0, :, ::-1, 0], pictures[2] / 255, atol=1e-6)
    assert bar.title.text() == "3 of 3"
    # One more of the same folder is no longer one of them.
    np.save(tmp_path / "one.npy", pictures[1])
    drop(lenet, tmp_path / "one.npy")
    finish(qtbot, lenet)
    assert lenet.document.best_guess.name == "Sandal" and bar.table.selectedIndexes() == []
    path.write_bytes(b"nothing")
    qtbot.keyClick(lenet.view, Qt.Key_PageDown)
    finish(qtbot, lenet)
    # Nor is what comes after it tried.
    assert bar.rows.index(1, 1).data().startswith("Sandal")
    assert bar.rows.index(0, 1).data() == "skipped" and lenet.document.best_guess.name == "Sandal"


def test_rows_of_a_table_are_gone_through(qtbot: QtBot, open_window: Opener, tmp_path: Path) -> None:
    """Networks that take any number of samples get a few as they are, of many one after another."""
    nodes = [helper.make_node("ReduceSum", ["x", "axes"], ["sum"], keepdims=0)]
    graph = helper.make_graph(
        nodes,
        "sums",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])],
        [helper.make_tensor_value_info("sum", TensorProto.FLOAT, ["N"])],
        [numpy_helper.from_array(np.int64([1]), "axes")],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), tmp_path / "sums.onnx")
    table = np.arange(200.0).reshape(100, 2)
    np.savetxt(tmp_path / "few.csv", table[:64], delimiter=",")
    np.savetxt(tmp_path / "many.csv", table, delimiter=",")
    window = open_window(tmp_path / "sums.onnx", tmp_path / "few.csv")
    panel = bring_forward(qtbot, window)
    np.testing.assert_array_equal(window.document.feeds.arrays["x"], table[:64])
    assert not panel.playlist.isVisible()
    drop(window, tmp_path / "many.csv")
    finish(qtbot, window)
    qtbot.keyClick(window.view, Qt.Key_PageUp)
    finish(qtbot, window)
    np.testing.assert_array_equal(window.document.feeds.arrays["x"], table[99:])
    assert panel.playlist.title.text() == "100 of 100" and window.document.numbers == {"sum": 198 + 199}
    assert panel.playlist.rows.index(99, 1).data() == "sum  397"
    assert panel.playlist.isVisible() and not panel.fields.rows.step.isVisible()


def test_a_folder_is_gone_through_by_keys(qtbot: QtBot, lenet: Window, clothes: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(clothes))])
    lenet.dropEvent(QDropEvent(QPointF(200, 200), Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier))
    finish(qtbot, lenet)
    bar = lenet.input_panel.playlist
    qtbot.waitUntil(lambda: bar.isVisible())
    assert bar.title.text() == "1 of 4"
    lenet.resize(1200, 3000)
    QApplication.processEvents()
    assert bar.height() < 250
    for key, title, name in (
        (Qt.Key_PageDown, "3 of 4", "3 5_sandal.png"),
        (Qt.Key_PageDown, "4 of 4", "10 9_ankle_boot.png"),
        (Qt.Key_PageUp, "3 of 4", "3 5_sandal.png"),
        (Qt.Key_PageUp, "1 of 4", "1 8_bag.png"),
    ):
        qtbot.keyClick(lenet.view, key)
        finish(qtbot, lenet)
        assert lenet.document.input_path == clothes / name
        assert bar.title.text() == title
        assert bar.table.currentIndex().data() == name
    answers = [bar.rows.index(row, 1).data().rpartition("  ")[0] for row in range(4)]
    assert answers == ["Bag", "", "Sandal", "Ankle boot"]
    assert bar.rows.index(1, 1).data() == "skipped"
    # Going back it was passed over too, and said again.
    assert "2 broken.png" in lenet.banner.text.text()
    last = bar.table.visualRect(bar.rows.index(3, 0)).center()
    qtbot.mouseClick(bar.table.viewport(), Qt.LeftButton, pos=last)
    finish(qtbot, lenet)
    assert lenet.document.input_path == clothes / "10 9_ankle_boot.png"
    qtbot.mouseClick(bar.on, Qt.LeftButton)
    finish(qtbot, lenet)
    assert lenet.document.input_path == clothes / "1 8_bag.png"
    # What is come back to is marked; something else is not in the list.
    lenet.document.load_input(clothes / "3 5_sandal.png")
    finish(qtbot, lenet)
    assert bar.title.text() == "3 of 4" and bar.table.selectionModel().selectedRows()[0].row() == 2
    lenet.document.load_input(Generated("ones"))
    finish(qtbot, lenet)
    assert not bar.table.selectionModel().hasSelection()
    qtbot.keyClick(lenet.view, Qt.Key_PageDown)
    finish(qtbot, lenet)
    assert lenet.document.input_path == clothes / "10 9_ankle_boot.png"
    qtbot.keyClick(lenet.view, Qt.Key_PageDown)
    finish(qtbot, lenet)
    qtbot.mouseClick(bar.away, Qt.LeftButton)
    assert not bar.isVisible()
    # Without a list the folder of what is shown is gone through.
    qtbot.keyClick(lenet.view, Qt.Key_PageUp)
    finish(qtbot, lenet)
    assert lenet.document.input_path == clothes / "10 9_ankle_boot.png"
    assert bar.isVisible()
    before = lenet.document.feeds
    for name in ("a.npy", "b.npy"):
        np.save(clothes.parent / name, np.zeros((2, 3)))
    lenet.entrance.play(clothes.parent)
    finish(qtbot, lenet)
    assert "None of these files fits" in lenet.banner.text.text()
    assert lenet.document.feeds is before
    lenet.open_model(lenet.document.model.path, clothes)
    finish(qtbot, lenet)
    assert lenet.document.input_path == clothes / "1 8_bag.png" and bar.isVisible()
    empty = clothes.parent / "empty"
    empty.mkdir()
    lenet.entrance.play(empty)
    finish(qtbot, lenet)
    assert "no picture, array or table in empty" in lenet.banner.text.text()


def test_paste(qtbot: QtBot, lenet: Window, samples: Path) -> None:
    clipboard = QApplication.clipboard()
    pixels = np.random.default_rng(5).integers(0, 256, (28, 28), np.uint8)
    clipboard.setImage(QImage(pixels.tobytes(), 28, 28, 28, QImage.Format_Grayscale8))
    qtbot.keyClick(lenet.view, Qt.Key_V, Qt.ControlModifier)
    finish(qtbot, lenet)
    np.testing.assert_allclose(fed(lenet)[0, :, :, 0], pixels / 255, atol=1e-6)
    assert lenet.document.feeds is not None
    assert lenet.document.feeds.description.startswith("pasted picture, 28×28")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(samples / "pictures" / "fashion_8_bag.png"))])
    clipboard.setMimeData(data)
    panel = bring_forward(qtbot, lenet)
    qtbot.mouseClick(panel.sources.paste, Qt.LeftButton)
    finish(qtbot, lenet)
    assert lenet.document.best_guess is not None and lenet.document.best_guess.name == "Bag"
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(samples / "lenet_fashion.onnx"))])
    clipboard.setMimeData(data)
    qtbot.keyClick(lenet.view, Qt.Key_V, Qt.ControlModifier)
    finish(qtbot, lenet)
    assert lenet.windowTitle().startswith("lenet_fashion.onnx")
    clipboard.setText("no picture")
    qtbot.mouseClick(panel.sources.paste, Qt.LeftButton)
    assert lenet.banner.isVisible() and "clipboard" in lenet.banner.text.text()


def test_class_names_are_dropped(qtbot: QtBot, lenet: Window, tmp_path: Path) -> None:
    for count, though in ((10, ""), (7, ", though the network tells 10 apart")):
        names = tmp_path / f"{count}.txt"
        names.write_text("\n".join(f"kind {place}" for place in range(count)))
        lenet.banner.hide()
        drop(lenet, names)
        finish(qtbot, lenet)
        assert lenet.banner.text.text() == f"{count} classes are called as in {count}.txt{though}."
        # A pair of trousers, the second class.
        assert lenet.document.best_guess is not None and lenet.document.best_guess.name == "kind 1"
    qtbot.mouseClick(lenet.banner.remedy, Qt.LeftButton)
    drop(lenet, tmp_path / "10.txt")
    finish(qtbot, lenet)
    qtbot.mouseClick(lenet.banner.remedy, Qt.LeftButton)
    assert lenet.document.best_guess is not None and lenet.document.best_guess.name == "kind 1"


def test_what_is_dropped_is_told_apart(tmp_path: Path) -> None:
    np.savez(tmp_path / "arrays.npz", image=np.zeros(3))
    Image.new("L", (4, 4)).save(tmp_path / "dot.png")
    assert not is_model(tmp_path / "arrays.npz") and not is_model(tmp_path / "dot.png")
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("metadata.json", "{}")
    assert is_model(tmp_path / "model.keras")
    assert not is_model(tmp_path, is_open=True) and is_model(tmp_path)
    (tmp_path / "saved_model.pb").touch()
    assert is_model(tmp_path, is_open=True)
