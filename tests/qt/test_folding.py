"""Blocks that fold and unfold, by real clicks and keys; places and pixels checked."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt

from explorer3d.graph.folded import FoldedBlock
from explorer3d.qt.window import Window
from explorer3d.scene import blueprints, mosaics
from explorer3d.scene.colormaps import default_map, lookup
from tests.qt.driving import Opener, click, finish, pixels, point_of

OPERATORS = ("Neg", "Abs", "Sigmoid", "Tanh", "Relu")
STAGES, BLOCKS = 4, 8


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four stages of eight blocks of five operators, and a convolution before them."""
    nodes = [helper.make_node("Conv", ["x", "w"], ["v"], name="stem")]
    last = "v"
    for stage in range(STAGES):
        for block in range(BLOCKS):
            for operator in OPERATORS:
                name = f"/stage{stage}/block{block}/{operator}"
                nodes.append(helper.make_node(operator, [last], [name], name=name))
                last = name
    weights = helper.make_tensor("w", TensorProto.FLOAT, [4, 3, 1, 1], np.linspace(-1, 1, 12))
    graph = helper.make_graph(
        nodes,
        "deep",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, 4, 8, 8])],
        [weights],
    )
    path = tmp_path_factory.mktemp("deep") / "deep.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.fixture
def folded(open_window: Opener, deep: Path) -> Window:
    return open_window(deep)


def nodes(window: Window) -> tuple[str, ...]:
    assert window.document.folding is not None
    return window.document.folding.layout.names


def double_click(qtbot: QtBot, window: Window, point: QPoint) -> None:
    qtbot.mouseClick(window.view, Qt.LeftButton, pos=point)
    qtbot.mouseDClick(window.view, Qt.LeftButton, pos=point)
    finish(qtbot, window)


def bodies_apart(window: Window) -> bool:
    """Whether no two blocks of the scene cover each other, seen from the front."""
    placement = window.stage.placement
    low = placement.centres[:, :2] - placement.sizes[:, :2] / 2
    high = placement.centres[:, :2] + placement.sizes[:, :2] / 2
    meet = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
    return int(meet.sum()) == len(placement.names)


def mosaic(window: Window, node: str) -> np.ndarray:
    """What is shown on the front of a node's block."""
    stage = window.stage
    assert stage.network is not None and stage.mosaics.atlas is not None
    found = stage.mosaics.atlas.image(stage.network.index[node])
    assert found is not None
    return found


def test_a_large_network_opens_folded_with_the_last_maps_on_each_block(folded: Window) -> None:
    assert nodes(folded) == (
        "x", "stem", *(f"stage{stage}/block{block}/" for stage in range(STAGES) for block in range(BLOCKS))
    )  # fmt: skip
    document = folded.document
    face = document.faces["/stage0/block0/Relu"]
    expected = lookup(default_map(face.diverging))[face.texels]
    np.testing.assert_array_equal(mosaic(folded, "stage0/block0/"), expected)
    assert bodies_apart(folded)
    assert document.model is not None and len(document.model.layers) == 161


def test_a_double_click_unfolds_where_one_looks(qtbot: QtBot, folded: Window) -> None:
    name = "stage1/block3/"
    before = point_of(folded, name)
    start = pixels(folded)
    double_click(qtbot, folded, before)
    inside = [f"/stage1/block3/{operator}" for operator in OPERATORS]
    assert set(inside) <= set(nodes(folded)) and name not in nodes(folded)
    assert len(nodes(folded)) == 2 + STAGES * BLOCKS - 1 + len(OPERATORS)
    assert bodies_apart(folded)
    # Their middle stands where the block stood, but for the perspective of so few pixels.
    placement = folded.stage.placement
    middle = placement.centres[[placement.names.index(one) for one in inside]].mean(axis=0)
    x, y = folded.stage.projection.pixels(middle[None])[0]
    assert (x, y) == pytest.approx((before.x(), before.y()), abs=2.0)
    assert (pixels(folded) != start).any(axis=-1).mean() > 0.01
    # Each edge ends at something that is seen, and follows the one before.
    edges = {(edge.source, edge.target) for edge in folded.document.folding.layout.edges}
    assert len(edges) == len(nodes(folded)) - 1


def test_the_way_is_animated_and_ends_exactly(qtbot: QtBot, folded: Window) -> None:
    folded.document.select("stage0/block0/")
    qtbot.keyClick(folded.view, Qt.Key_Return)
    qtbot.waitUntil(lambda: folded.stage._regrouping is not None, timeout=10_000)
    way = folded.stage._regrouping
    first = way.at(0.0).centres
    block = [way.goal.names.index(f"/stage0/block0/{operator}") for operator in OPERATORS]
    # All five come out of the one place of their block.
    assert np.ptp(first[block], axis=0).max() < 1e-9
    assert np.ptp(way.at(0.5).centres[block][:, 0]) > 0.5
    qtbot.waitUntil(lambda: not folded.stage.moving, timeout=10_000)
    np.testing.assert_array_equal(folded.stage.placement.centres, way.goal.centres)


def test_backspace_folds_up_level_by_level(qtbot: QtBot, folded: Window) -> None:
    folded.document.select("/stage2/block5/Tanh")  # unfolds what hides it
    finish(qtbot, folded)
    assert folded.document.selected == "/stage2/block5/Tanh"
    assert folded.breadcrumb.isVisible()
    assert [b.text() for b in folded.breadcrumb.steps.values()] == ["deep.onnx", "stage2", "block5"]
    qtbot.keyClick(folded.view, Qt.Key_Backspace)
    finish(qtbot, folded)
    assert folded.document.selected == "stage2/block5/"
    qtbot.keyClick(folded.view, Qt.Key_Backspace)
    finish(qtbot, folded)
    assert folded.document.selected == "stage2/"
    assert len(nodes(folded)) == 2 + 3 * BLOCKS + 1
    qtbot.keyClick(folded.view, Qt.Key_Backspace)  # nothing is around it
    finish(qtbot, folded)
    assert folded.document.selected == "stage2/"
    assert [b.text() for b in folded.breadcrumb.steps.values()] == ["deep.onnx"]


def test_what_one_has_unfolded_is_folded_again_by_a_key(qtbot: QtBot, folded: Window) -> None:
    before = nodes(folded)
    folded.document.select("stage1/block3/")
    qtbot.keyClick(folded.view, Qt.Key_Return)
    finish(qtbot, folded)
    assert len(nodes(folded)) > len(before)
    qtbot.keyClick(folded.view, Qt.Key_Backspace)
    finish(qtbot, folded)
    assert nodes(folded) == before
    assert folded.document.selected == "stage1/block3/"


def test_the_breadcrumb_goes_up_at_a_click(qtbot: QtBot, folded: Window) -> None:
    folded.document.select("/stage2/block5/Tanh")
    finish(qtbot, folded)
    qtbot.mouseClick(folded.breadcrumb.steps["stage2/"], Qt.LeftButton)
    finish(qtbot, folded)
    assert folded.document.selected == "stage2/"
    qtbot.mouseClick(folded.breadcrumb.steps[""], Qt.LeftButton)
    finish(qtbot, folded)
    assert folded.document.selected is None
    assert not folded.breadcrumb.isVisible()


def test_levels_from_the_menu_and_by_keys(qtbot: QtBot, folded: Window) -> None:
    assert [(a.text(), a.isChecked()) for a in folded.fold_menu.levels.actions()] == [
        ("Level 1: 5 nodes", False),
        ("Level 2: 33 nodes", True),
        ("Level 3: 161 nodes", False),
    ]
    qtbot.keyClick(folded.view, Qt.Key_E, Qt.ControlModifier)
    finish(qtbot, folded)
    assert len(nodes(folded)) == 162
    assert bodies_apart(folded)
    qtbot.keyClick(folded.view, Qt.Key_E, Qt.ControlModifier | Qt.ShiftModifier)
    finish(qtbot, folded)
    assert nodes(folded) == ("x", "stem", "stage0/", "stage1/", "stage2/", "stage3/")
    folded.fold_menu.levels.actions()[1].trigger()
    finish(qtbot, folded)
    assert len(nodes(folded)) == 2 + STAGES * BLOCKS


def test_an_opened_layer_goes_with_its_block_and_comes_back(qtbot: QtBot, folded: Window) -> None:
    folded.document.show("/stage1/block1/Abs")
    finish(qtbot, folded)
    assert set(folded.stage.opened) == {"/stage1/block1/Abs"}
    qtbot.keyClick(folded.view, Qt.Key_Backspace)
    finish(qtbot, folded)
    assert not folded.stage.opened and not folded.document.opened
    qtbot.keyClick(folded.view, Qt.Key_Z, Qt.ControlModifier)
    finish(qtbot, folded)
    assert set(folded.stage.opened) == {"/stage1/block1/Abs"}
    assert folded.document.selected == "/stage1/block1/Abs"


def test_a_click_on_a_block_tells_of_it_and_opens_nothing(qtbot: QtBot, folded: Window) -> None:
    click(qtbot, folded, "stage0/block2/")
    finish(qtbot, folded)
    assert folded.document.selected == "stage0/block2/"
    assert not folded.document.opened
    assert not folded.banner.isVisible()
    assert folded.inspector.name.text() == "block2"
    values = {title: label.text() for title, label in folded.inspector.values.items()}
    assert values["Layers"] == "5"
    assert values["Output"] == "1 × 4 × 8 × 8  float32"
    assert values["Last layer"] == "/stage0/block2/Relu"


def test_the_folding_is_remembered(qtbot: QtBot, folded: Window, open_window: Opener, deep: Path) -> None:
    folded.document.unfold("stage0/block0/")
    finish(qtbot, folded)
    seen = nodes(folded)
    assert nodes(open_window(deep)) == seen


def test_a_new_input_shows_on_blocks_too(qtbot: QtBot, folded: Window, tmp_path: Path) -> None:
    before = mosaic(folded, "stage0/block0/").copy()
    ramp = tmp_path / "ramp.npy"
    np.save(ramp, np.linspace(-3, 3, 192, dtype=np.float32).reshape(1, 3, 8, 8))
    folded.open_input(ramp)
    finish(qtbot, folded)
    assert (mosaic(folded, "stage0/block0/") != before).any()


def test_folding_in_a_hurry_ends_as_asked_last(qtbot: QtBot, folded: Window) -> None:
    document = folded.document
    for name in ("stage0/block0/", "stage1/block1/", "stage0/block2/"):
        document.unfold(name)
    finish(qtbot, folded)
    left = [layer.name for layer in document.folding.model.layers if isinstance(layer, FoldedBlock)]
    assert len(left) == STAGES * BLOCKS - 3
    assert set(folded.stage.network.index) == set(nodes(folded))


def test_what_is_drawn_is_worked_out_off_the_gui_thread(
    qtbot: QtBot, folded: Window, open_window: Opener, deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers: list[str] = []
    for module in (blueprints, mosaics):
        for name in {"blueprint", "atlas"} & vars(module).keys():
            make = getattr(module, name)

            def noting(*given: Any, make: Any = make, name: str = name, **named: Any) -> Any:
                if given[0]:
                    makers.append(f"{name} {threading.current_thread() is threading.main_thread()}")
                return make(*given, **named)

            monkeypatch.setattr(module, name, noting)
    folded.document.unfold("stage0/block0/")
    finish(qtbot, folded)
    assert set(makers) == {"blueprint False", "atlas False"}
    makers.clear()
    open_window(deep)
    assert set(makers) == {"blueprint False", "atlas False"}


def test_the_cursor_on_a_block_tells_what_it_does_to_shapes(folded: Window) -> None:
    first = next(node for node in nodes(folded) if folded.document.is_folded(node))
    hit = folded.stage.pick(*folded.stage.where(first))
    assert hit is not None and hit.node == first
    assert folded.stage.describe(hit).endswith("  ·  4×8×8 → 4×8×8")
