"""Titles over the scene that are long, or many: they keep within the room there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from explorer3d.qt.window import Window
from tests.qt.driving import finish

DEPTH = 6
SCOPES = [f"a_rather_long_name_of_a_scope_{level}_&_more" for level in range(DEPTH)]


@pytest.fixture
def nested(open_window: Callable[..., Window], tmp_path: Path) -> Window:
    """Scopes within scopes, each with two layers of its own, so that each is a block."""
    nodes, last = [], "x"
    for level in range(DEPTH):
        for operator in ("Relu", "Tanh", "Sigmoid"):
            name = "/".join(["", *SCOPES[: level + 1], operator])
            nodes.append(helper.make_node(operator, [last], [name], name=name))
            last = name
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in ("x", last)]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:])
    path = tmp_path / "nested.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    window = open_window(path)
    window.document.select(nodes[-1].name)
    return window


def test_many_long_titles_keep_within_the_view(qtbot: QtBot, nested: Window) -> None:
    finish(qtbot, nested)
    crumb = nested.breadcrumb
    blocks = [name for name in crumb.steps if name]
    assert len(blocks) >= 4
    widths = []
    for width in (2400, 1200, 800):
        nested.resize(width, 700)
        finish(qtbot, nested)
        assert crumb.geometry().right() < nested.view.width()
        widths.append([step.width() for step in crumb.steps.values() if step.isVisible()])
        # Nothing is squeezed, nor over another.
        shown = sorted(
            (step.geometry() for step, _ in crumb._titles if step.isVisible()), key=lambda box: box.left()
        )
        assert all(one.right() < other.left() for one, other in zip(shown, shown[1:], strict=False))
        assert all(step.width() >= step.sizeHint().width() for step, _ in crumb._titles if step.isVisible())
    assert len(widths[0]) == len(crumb.steps) and widths[0] != widths[1]
    # The first and the last are always there.
    assert crumb.steps[""].isVisible() and crumb._titles[-1][0].isVisible()
    hidden = [name for name in blocks if not crumb.steps[name].isVisible()]
    assert hidden and crumb.more.isVisible()
    titles = [action.text() for action in crumb.more.menu().actions()]
    assert titles == [name.rstrip("/").rpartition("/")[2].replace("&", "&&") for name in hidden]
    nested.resize(2400, 700)
    finish(qtbot, nested)
    assert not crumb.more.isVisible() and all(step.isVisible() for step in crumb.steps.values())


def test_what_lies_between_is_gone_up_to_from_a_menu(qtbot: QtBot, nested: Window) -> None:
    nested.resize(800, 700)
    finish(qtbot, nested)
    crumb = nested.breadcrumb
    hidden = next(name for name in crumb.steps if name and not crumb.steps[name].isVisible())
    crumb.more.menu().actions()[0].trigger()
    finish(qtbot, nested)
    assert nested.document.selected == hidden
    qtbot.keyClick(nested.view, Qt.Key_Return)
    finish(qtbot, nested)
    assert hidden in nested.document.unfolded


def test_the_search_is_beside_it(qtbot: QtBot, nested: Window) -> None:
    nested.resize(1300, 700)
    finish(qtbot, nested)
    crumb, alone = nested.breadcrumb, nested.breadcrumb.width()
    qtbot.keyClick(nested.view, Qt.Key_F, Qt.ControlModifier)
    finish(qtbot, nested)
    assert crumb.geometry().right() < nested.find_bar.geometry().left()
    assert crumb.more.isVisible()
    qtbot.keyClick(nested.find_bar.field, Qt.Key_Escape)
    finish(qtbot, nested)
    assert crumb.width() == alone
