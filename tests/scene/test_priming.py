"""What is compiled in advance leaves nothing behind."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor

from explorer3d.scene.priming import prime_maps, primed
from explorer3d.scene.stage import Stage
from tests.scene.conftest import Ran


def test_it_goes_in_steps_and_leaves_nothing(stage: Stage) -> None:
    stage.fit(animated=False)
    before, props = stage.draw(smooth=False).copy(), stage.canvas.props()
    steps = 0
    for _ in primed(stage):
        steps += 1
        assert stage.canvas.props() == props
    assert steps >= 4
    np.testing.assert_array_equal(stage.draw(smooth=False), before)


def test_each_kind_is_drawn(stage: Stage) -> None:
    """What is out of sight the driver would not compile."""
    stage.fit(animated=False)
    empty = stage.draw(smooth=False)[:, :, :3].copy()
    pictures = []

    def drawing(actor: vtkActor) -> None:
        stage.canvas.add(actor)
        pictures.append(stage.draw(smooth=False)[:, :, :3].copy())
        stage.canvas.remove(actor)

    stage.canvas.compile = drawing  # type: ignore[method-assign]
    seen = []
    for _ in primed(stage):
        seen.append(any((picture != empty).any() for picture in pictures))
        pictures.clear()
    assert seen == [True] * 4


def test_it_ends_when_a_network_comes(stage: Stage, lenet: Ran) -> None:
    steps = primed(stage)
    next(steps)
    next(steps)
    stage.show_model(lenet.network.model, lenet.network.layout)
    assert list(steps) == []
    assert "priming" not in stage.parts.props


def test_maps_are_compiled_beside_a_network(stage: Stage, lenet: Ran) -> None:
    stage.show_model(lenet.network.model, lenet.network.layout)
    before, props = stage.draw(smooth=False).copy(), stage.canvas.props()
    drawn: list[int] = []
    compile = stage.canvas.compile

    def noting(actor: vtkActor) -> None:
        compile(actor)
        drawn.append(stage.canvas._renderer.GetNumberOfPropsRendered())

    stage.canvas.compile = noting  # type: ignore[method-assign]
    prime_maps(stage)
    assert drawn == [1]
    assert stage.canvas.props() == props
    np.testing.assert_array_equal(stage.draw(smooth=False), before)
