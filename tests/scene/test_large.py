"""A network of ten thousand nodes: where everything stands, what is written, and how much is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer3d.graph.layout import arrange
from explorer3d.scene.blueprint import Blueprint, blueprint
from explorer3d.scene.camera import Projection
from explorer3d.scene.palette import DARK
from explorer3d.scene.placement import HANDLE_SIDE
from explorer3d.scene.seen import pixel_scale
from explorer3d.scene.stage import Stage
from tests.scene.conftest import SIZE
from tests.scene.networks import branching, network, residual


@pytest.fixture(scope="module")
def plan() -> Blueprint:
    """3,000 residual units, and blocks of branches behind them."""
    layers = residual(3000)
    last = "c2999"
    for name, sources in branching(100, 4).items():
        layers[name] = [last if one == "x" else one for one in sources]
    model = network(layers, {name: (1, 8 + 8 * (place % 5), 9, 9) for place, name in enumerate(layers)})
    return blueprint(model, arrange(model, 1.75))


@pytest.fixture
def large(stage: Stage, plan: Blueprint) -> Stage:
    stage.show(plan)
    return stage


def test_no_two_bodies_overlap(plan: Blueprint) -> None:
    assert len(plan.index) > 10_000
    low = plan.placement.centres - plan.placement.sizes * [0.5, 0.5, 1.0]
    high = plan.placement.centres + plan.placement.sizes * [0.5, 0.5, 0.0]
    order = np.argsort(low[:, 0])
    low, high = low[order], high[order]
    # Those further along than one reaches cannot meet it.
    last = np.searchsorted(low[:, 0], high[:, 0])
    for node in range(len(low)):
        others = slice(node + 1, last[node])
        meet = (low[others, 1] < high[node, 1]) & (high[others, 1] > low[node, 1])
        assert not meet.any()


def test_every_edge_goes_from_block_to_block(plan: Blueprint) -> None:
    for edge, course in zip(plan.layout.edges, plan.courses, strict=True):
        for node, end, side in ((edge.source, course[0], 0.5), (edge.target, course[-1], -0.5)):
            away = end - plan.placement.centres[node] - [side * plan.placement.sizes[node, 0], 0, 0]
            assert np.abs(away).max() <= HANDLE_SIDE


def poses(stage: Stage) -> list[Projection]:
    """From where all is seen to where a single block fills the picture."""
    found = []
    for steps in range(9):
        name = stage.layout.names[5000] if stage.layout else ""
        stage.fit(animated=False)
        fit = stage.pose
        stage.frame_node(name, animated=False)
        near = stage.pose
        stage.move_camera(fit.towards(near, steps / 8))
        found.append(stage.projection)
    return found


def test_names_are_legible_from_everywhere_and_never_overlap(large: Stage) -> None:
    assert large.network is not None
    for projection in poses(large):
        large.move_camera(projection.pose)
        large.draw(smooth=False)
        labels = large.network.labels
        assert labels is not None
        boxes = labels.rectangles
        low, high = boxes[:, :2], boxes[:, 2:]
        meet = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
        assert int(meet.sum()) == len(boxes)
        assert (low >= 0).all() and (high <= SIZE).all()
        assert len(boxes) == 0 or (high - low)[:, 1].min() >= 10
        # Either there are names that are written larger, or some whose own size can be read.
        depths = (labels._anchors[labels.near] - projection.pose.position()) @ projection.pose.axes()[2]
        readable = 0.36 * pixel_scale(projection) / depths >= 8.02
        assert len(boxes) >= 8 or readable.sum() >= 1


@pytest.mark.parametrize("text", [1.0, 1.6])
def test_near_names_are_never_much_smaller_than_far_ones(large: Stage, text: float) -> None:
    large.set_look(DARK, text)
    assert large.network is not None
    together = 0
    far, near = poses(large)[0].pose, poses(large)[-1].pose
    for share in np.linspace(0.4, 0.9, 26):
        large.move_camera(far.towards(near, float(share)))
        large.draw(smooth=False)
        labels = large.network.labels
        assert labels is not None
        projection = large.projection
        depths = (labels._anchors[labels.near] - projection.pose.position()) @ projection.pose.axes()[2]
        ems = 0.36 * text * pixel_scale(projection) / depths
        written = ems[(depths > 0) & (ems >= labels.writing.legible)]
        if len(written) and len(labels.far):
            together += 1
            # A far name is 11 pixels of an em high where text is as designed.
            assert written.min() >= 0.7 * 11 * text
    assert together >= 1


def test_what_is_written_is_seen(large: Stage) -> None:
    """Bright ink in the rectangles of the chosen names, far out and further in."""
    assert large.network is not None and large.network.labels is not None
    for projection in poses(large)[:5]:
        large.move_camera(projection.pose)
        picture = large.draw(smooth=False)[:, :, :3]
        boxes = large.network.labels.rectangles
        assert len(boxes) >= 8
        for left, top, right, bottom in boxes.astype(int).tolist():
            assert (picture[top:bottom, left:right].min(axis=2) > 150).sum() >= 8


def test_as_many_things_are_drawn_as_of_a_small_network(large: Stage) -> None:
    large.draw(smooth=False)
    many = large.canvas.props()
    small = network(residual(3))
    large.show_model(small, arrange(small))
    large.draw(smooth=False)
    assert large.canvas.props() == many


def test_what_is_selected_is_named(large: Stage) -> None:
    assert large.network is not None and large.network.labels is not None
    labels, names = large.network.labels, large.network.layout.names
    large.draw(smooth=False)
    node = next(node for node in range(4001, 9000) if node not in labels.far)
    large.select(names[node])
    large.draw(smooth=False)
    assert labels.far[0] == node
    large.select(None)
    large.draw(smooth=False)
    assert node not in labels.far


def test_of_what_is_looked_for_the_rest_has_no_names(large: Stage) -> None:
    assert large.network is not None and large.network.labels is not None
    names = large.network.layout.names
    wanted = frozenset(names[2000:6000:40])
    large.keep_bright(wanted)
    large.draw(smooth=False)
    found = {names[node] for node in large.network.labels.far}
    assert len(found) >= 8
    assert found <= wanted


def test_names_stay_while_the_camera_flies(large: Stage) -> None:
    assert large.network is not None and large.network.labels is not None
    large.draw(smooth=False)
    before = large.network.labels.far.copy()
    large.fly(replace(large.pose, distance=large.pose.distance / 3))
    large.advance(0.2)
    large.draw(smooth=False)
    np.testing.assert_array_equal(large.network.labels.far, before)
    large.settle()
    large.draw(smooth=False)
    assert not np.array_equal(large.network.labels.far, before)


def test_a_few_names_are_written_with_few_letters(large: Stage) -> None:
    """What is written costs what is seen of it, not what there is."""
    assert large.network is not None and large.network.labels is not None
    for projection in poses(large):
        large.move_camera(projection.pose)
        large.draw(smooth=False)
        written = large.network.labels.writing.actor.GetMapper().GetInput().GetNumberOfPoints()
        assert 0 < written < 60_000
