"""What is compiled in advance leaves nothing behind."""

from __future__ import annotations

import numpy as np

from explorer3d.scene.priming import primed
from explorer3d.scene.stage import Stage
from tests.scene.conftest import Ran


def test_it_goes_in_steps_and_leaves_nothing(stage: Stage) -> None:
    stage.fit(animated=False)
    before, props = stage.draw(smooth=False).copy(), stage.canvas.props()
    steps = 0
    for _ in primed(stage):
        steps += 1
        assert stage.canvas.props() == props
    assert steps >= 6
    np.testing.assert_array_equal(stage.draw(smooth=False), before)


def test_each_kind_is_drawn(stage: Stage) -> None:
    """What is out of sight the driver would not compile."""
    stage.fit(animated=False)
    empty = stage.draw(smooth=False)[:, :, :3].copy()
    draw, pictures = stage.draw, []

    def noting(smooth: bool = True) -> np.ndarray:
        pictures.append(draw(smooth)[:, :, :3].copy())
        return pictures[-1]

    stage.draw = noting  # type: ignore[method-assign]
    for _ in primed(stage):
        pass
    assert len(pictures) >= 6
    assert all((picture != empty).any() for picture in pictures)


def test_it_ends_when_a_network_comes(stage: Stage, lenet: Ran) -> None:
    steps = primed(stage)
    next(steps)
    next(steps)
    stage.show_model(lenet.network.model, lenet.network.layout)
    assert list(steps) == []
    assert "priming" not in stage.parts.props
