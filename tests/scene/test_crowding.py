"""Labels of neighbours where these are seen from the side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer3d.graph.layout import arrange
from explorer3d.scene.blueprint import blueprint
from explorer3d.scene.node_labels import NAME_HEIGHT, SMALL_HEIGHT, NodeLabels
from explorer3d.scene.seen import pixel_scale
from explorer3d.scene.stage import Stage
from explorer3d.scene.text import length
from tests.scene.networks import network, residual


@pytest.fixture
def labels(stage: Stage) -> NodeLabels:
    def long(name: str) -> str:
        return name if name == "x" else f"block_{name}"

    layers = {long(name): [long(one) for one in sources] for name, sources in residual(8).items()}
    model = network(layers, dict.fromkeys(layers, (1, 8, 9, 9)))
    stage.show(blueprint(model, arrange(model, 1.75)))
    stage.fit(animated=False)
    stage.draw(smooth=False)
    assert stage.network is not None and stage.network.labels is not None
    return stage.network.labels


def turned(stage: Stage, azimuth: float) -> None:
    stage.move_camera(replace(stage.pose, azimuth=azimuth, distance=stage.pose.distance * 0.7))
    stage.draw(smooth=False)


def written(stage: Stage, labels: NodeLabels) -> np.ndarray:
    """(k, 4) float array: middles of the lines that are written, half their widths and half their heights."""
    assert stage.network is not None
    projection = stage.projection
    depths = (labels._anchors - projection.pose.position()) @ projection.pose.axes()[2]
    scales = pixel_scale(projection) / depths
    found = []
    for node, (text, scale) in enumerate(zip(stage.network.plan.texts, scales, strict=True)):
        if NAME_HEIGHT * scale < labels.writing.legible:
            continue
        x, y = projection.pixels(labels._anchors[node][None])[0]
        lines = [(text.name, NAME_HEIGHT, 0.3, True)] if labels.named[node] else []
        if labels.named[node] and labels.whole[node]:
            lines += [(text.op, SMALL_HEIGHT, 0.68, False), (text.shape, SMALL_HEIGHT, 1.03, False)]
        found += [
            (x, y + drop * scale, length(words, bold) * height * scale / 2, 0.45 * height * scale)
            for words, height, drop, bold in lines
        ]
    return np.array(found)


def overlaps(lines: np.ndarray) -> int:
    """How many pairs lie over each other by more than a few pixels."""
    apart = np.abs(lines[:, None, :2] - lines[None, :, :2])
    both = lines[:, None, 2:] + lines[None, :, 2:]
    return int(np.triu((apart < both - 6.0).all(axis=-1), 1).sum())


def test_from_before_everything_is_written(stage: Stage, labels: NodeLabels) -> None:
    assert labels.named.all() and labels.whole.all()
    assert overlaps(written(stage, labels)) == 0


@pytest.mark.parametrize("azimuth", [62.0, 75.0, -70.0])
def test_from_the_side_no_label_lies_over_another(stage: Stage, labels: NodeLabels, azimuth: float) -> None:
    turned(stage, azimuth)
    assert len(written(stage, labels)) >= 6
    assert overlaps(written(stage, labels)) == 0
    labels.named[:], labels.whole[:] = True, True
    assert overlaps(written(stage, labels)) > 3  # there would be many


def test_what_is_selected_keeps_its_name(stage: Stage, labels: NodeLabels) -> None:
    turned(stage, 75.0)
    hidden = np.flatnonzero(~labels.named)
    assert len(hidden) and stage.network is not None
    stage.select(stage.network.plan.layout.names[hidden[0]])
    stage.draw(smooth=False)
    assert labels.named[hidden[0]]


def test_fewer_letters_are_drawn(stage: Stage, labels: NodeLabels) -> None:
    before = labels.writing.actor.GetMapper().GetInput().GetNumberOfPoints()
    turned(stage, 75.0)
    assert labels.writing.actor.GetMapper().GetInput().GetNumberOfPoints() < before
    stage.fit(animated=False)
    stage.draw(smooth=False)
    assert labels.writing.actor.GetMapper().GetInput().GetNumberOfPoints() == before
