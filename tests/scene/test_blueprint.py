"""A network whose rows have moved apart stands as if it had been worked out anew; nothing of it is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from explorer3d.compute.faces import Face
from explorer3d.document import ALL_ROLES
from explorer3d.graph.layout import arrange
from explorer3d.graph.model import Model
from explorer3d.scene import blueprint as blueprints
from explorer3d.scene.blueprint import Blueprint, blueprint
from explorer3d.scene.courses import FINEST
from explorer3d.scene.palette import LIGHT
from explorer3d.scene.stage import Stage
from tests.scene.conftest import Ran
from tests.scene.networks import branching, chain, network, residual

OPENED = ({0: 3.0}, {1: 0.5, 2: 7.0}, {0: 1.0, 3: 2.5})
# Some that all rows read from the first, and some from the row before.
FANNED = {name: [*sources, "x", "n1"] for name, sources in chain(40).items() if name not in ("n0", "n1")}
NETWORKS = [chain(40), {**chain(2), **FANNED}, residual(12), branching(8, 3)]


def sized(layers: Mapping[str, list[str]]) -> Model:
    return network(layers, {name: (1, 3, 8 * (1 + at % 4), 8) for at, name in enumerate(layers)})


def same(one: Blueprint, other: Blueprint) -> None:
    assert one.heights == other.heights
    for name in ("centres", "sizes", "floors", "row_tops", "row_floors", "bands"):
        np.testing.assert_allclose(getattr(one.placement, name), getattr(other.placement, name), atol=1e-9)
    np.testing.assert_allclose(one.placement.box, other.placement.box, atol=1e-9)
    np.testing.assert_allclose(one.courses, other.courses, atol=1e-9)
    np.testing.assert_allclose(one.extents, other.extents, atol=1e-9)
    # Of points that weigh the same either may be the one that is kept.
    weights = [np.sort(np.where(plan.weights > FINEST, plan.weights, 0.0), axis=1) for plan in (one, other)]
    np.testing.assert_allclose(*weights, rtol=1e-3, atol=FINEST)
    for rays in (("spots", "_middles"), ("spots", "_radii"), ("enclosures", "_low"), ("enclosures", "_high")):
        found = [getattr(getattr(plan, rays[0]), rays[1]) for plan in (one, other)]
        np.testing.assert_allclose(*found, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("layers", NETWORKS)
@pytest.mark.parametrize("text", [1.0, 1.6])
def test_rows_moved_apart_stand_as_if_worked_out_anew(layers: dict[str, list[str]], text: float) -> None:
    model = sized(layers)
    layout = arrange(model, columns=6)
    level = blueprint(model, layout, text=text)
    assert len(layout.row_center) > 4
    for heights in OPENED:
        same(level.placed(heights, text), blueprint(model, layout, heights, text))
        same(level.placed({2: 9.0}, text).placed(heights, text), blueprint(model, layout, heights, text))
        same(level.placed(heights, text).placed({}, text), level)


def test_larger_writing_is_worked_out_anew() -> None:
    model = sized(residual(12))
    layout = arrange(model, columns=6)
    level = blueprint(model, layout)
    same(level.placed({1: 2.0}, 1.5), blueprint(model, layout, {1: 2.0}, 1.5))


def test_nothing_is_worked_out_anew_for_opened_layers_and_looks(
    stage: Stage, rows: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    folding = rows.network.folding
    stage.show_model(folding.model, folding.layout)
    monkeypatch.setattr(blueprints, "routes", None)
    monkeypatch.setattr(blueprints, "place", None)
    weighed: list[int] = []
    real = blueprints.weights

    def noting(courses: np.ndarray) -> np.ndarray:
        weighed.append(len(courses))
        return real(courses)

    monkeypatch.setattr(blueprints, "weights", noting)
    first = folding.model.layers[0].name
    assert stage.placement is not None
    before = stage.placement.row_tops.copy()
    stage.open_layer(rows.layer(first), ALL_ROLES)
    opened = stage.placement.row_tops.copy()
    assert (opened < before).sum() == len(before) - 1
    stage.set_spread(2.5)
    stage.set_look(LIGHT, 1.0)
    stage.close_layer(first)
    np.testing.assert_allclose(stage.placement.row_tops, before, atol=1e-9)
    # Only the one edge out of the row that is open: it is longer then.
    assert set(weighed) <= {0, 1}


def test_a_run_tells_the_sizes_that_the_model_leaves_open() -> None:
    shapes = {"x": (None, 3, None, None), "n0": (None, 16, None, None), "n1": (1, 16, 4, 6)}
    model = network(chain(4), shapes)
    plan = blueprint(model, arrange(model))
    assert [text.shape for text in plan.texts] == ["3×?×?", "16×?×?", "16×4×6", "", ""]
    texels = np.zeros((2, 2), np.uint8)
    sizes = {"x": (1, 3, 8, 9), "n0": (1, 16, 7, 5), "n1": (1, 1, 1, 1), "n2": (2, 10, 3)}
    faces = {name: Face(texels, False, shape) for name, shape in sizes.items()}
    measured = plan.measured(faces)
    assert [text.shape for text in measured.texts] == ["3×8×9", "16×7×5", "16×4×6", "10×3", ""]
    assert [text.name for text in measured.texts] == ["x", "n0", "n1", "n2", "n3"]
    # Another input, other sizes; of another rank than was promised they are not believed.
    again = measured.measured({"n0": Face(texels, False, (1, 16, 2, 2)), "x": Face(texels, False, (1, 3))})
    assert [text.shape for text in again.texts[:2]] == ["3×8×9", "16×2×2"]


def test_what_a_run_tells_is_written_in_the_scene() -> None:
    model = network(chain(2), {"x": (None, 3, None, None), "n0": (None, 1, None, None)})
    stage = Stage((800, 500))
    stage.show_model(model, arrange(model))
    black = np.zeros((2, 2), np.uint8)
    stage.show_faces({"n0": Face(black, False, (1, 1, 11, 11))}, {})
    before = stage.draw().copy()
    stage.show_faces({"n0": Face(black, False, (1, 1, 88, 88))}, {})
    after = stage.draw()
    changed = np.argwhere((before != after).any(axis=-1))
    x, y = stage.where("n0")
    # Only below that block.
    assert len(changed) and (changed[:, 0] > y).all() and (np.abs(changed[:, 1] - x) < 100).all()
    stage.close()
