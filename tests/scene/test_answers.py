"""Bars of several outputs: none over another, none over a block."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from explorer3d.scene.answers import Answers
from explorer3d.scene.palette import DARK
from explorer3d.scene.stage import Stage
from tests.scene.conftest import Ran


def answering(folder: Path, layers: int, outputs: tuple[int, ...], branch: bool) -> Path:
    """A chain of which some layers give classes; with a branch it has lanes."""
    nodes = [helper.make_node("Softmax", ["x"], ["v0"], "layer0")]
    for place in range(1, layers):
        way = [f"v{place - 1}"] * 2 if not (branch and place > 1) else [f"v{place - 1}", f"v{place - 2}"]
        nodes.append(helper.make_node("Add", way, [f"v{place}"], f"layer{place}"))
    names = ["x", *(f"v{place}" for place in outputs)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 8]) for name in names]
    graph = helper.make_graph(nodes, "answering", ends[:1], ends[1:])
    path = folder / "answering.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def boxes(answers: Answers, stage: Stage) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(2, 2) arrays, lower left and upper right corners: of the bars, and of the blocks."""
    assert stage.network is not None
    placement = stage.network.placement
    half = placement.sizes[:, :2] / 2
    blocks = np.stack([placement.centres[:, :2] - half, placement.centres[:, :2] + half], axis=1)
    return [bars.bounds()[:, :2] for bars in answers.bars.values()], list(blocks)


def overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(((one[0] < other[1] - 1e-6) & (one[1] > other[0] + 1e-6)).all())


@pytest.mark.parametrize("text", [1.0, 1.6])
@pytest.mark.parametrize(
    ("layers", "outputs", "branch"),
    [(3, (1, 2), False), (4, (2, 3), True), (5, (0, 1, 2, 4), True), (30, (3, 17, 29), False)],
)
def test_bars_of_several_outputs_share_no_place(
    stage: Stage, run: Callable[..., Ran], tmp_path: Path, layers: int, outputs: tuple[int, ...],
    branch: bool, text: float,
) -> None:  # fmt: skip
    ran = run(answering(tmp_path, layers, outputs, branch))
    stage.set_look(DARK, text)
    stage.show_model(ran.network.model, ran.network.layout)
    stage.show_faces(ran.faces.faces, ran.best)
    stage.settle()
    bars, blocks = boxes(stage.answers, stage)
    assert len(bars) == len(outputs)
    assert not any(overlap(one, other) for one, other in combinations(bars, 2))
    assert not any(overlap(one, block) for one in bars for block in blocks)


def test_bars_move_along_with_their_blocks(stage: Stage, run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run(answering(tmp_path, 30, (3, 29), False))
    stage.show_model(ran.network.model, ran.network.layout)
    stage.show_faces(ran.faces.faces, ran.best)
    stage.settle()
    before = {name: bars.bounds() for name, bars in stage.answers.bars.items()}
    stage.open_layer(ran.layer("layer0"), frozenset({"output"}))
    stage.settle()
    assert stage.network is not None
    first = stage.network.placement.bands[stage.network.index["layer0"]]
    for name, bars in stage.answers.bars.items():
        lower = stage.network.placement.bands[stage.network.index[name]] > first
        # Those in rows below what was laid open have gone down.
        assert (bars.bounds()[0, 1] < before[name][0, 1] - 0.1) == lower
