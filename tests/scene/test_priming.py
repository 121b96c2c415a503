"""What is compiled in advance leaves nothing behind."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor

from explorer3d.document import ALL_ROLES
from explorer3d.scene.priming import primed, primed_for_more
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


def test_more_is_prepared_beside_a_network(stage: Stage, lenet: Ran) -> None:
    stage.show_model(lenet.network.model, lenet.network.layout)
    before, props = stage.draw(smooth=False).copy(), stage.canvas.props()
    drawn: list[int] = []
    compile = stage.canvas.compile

    def noting(actor: vtkActor) -> None:
        compile(actor)
        drawn.append(stage.canvas._renderer.GetNumberOfPropsRendered())

    stage.canvas.compile = noting  # type: ignore[method-assign]
    for _ in primed_for_more(stage):
        assert stage.canvas.props() == props
    assert drawn == [1, 1]
    np.testing.assert_array_equal(stage.draw(smooth=False), before)


def program(stage: Stage, actor: vtkActor) -> str:
    """The source of what draws something."""
    props = [prop for part in stage.parts.props.values() for prop in part if prop.GetVisibility()]
    for prop in props:
        prop.VisibilityOff()
    known = actor in props
    if known:
        actor.VisibilityOn()
    else:
        stage.canvas.add(actor)
    window, bounds = stage.canvas._window, actor.GetUseBounds()
    actor.UseBoundsOff()  # what is out of sight is not drawn
    window.Render()
    drawn = stage.canvas._renderer.GetNumberOfPropsRendered()
    found = window.GetShaderCache().GetLastShaderBound()
    actor.SetUseBounds(bounds)
    if not known:
        stage.canvas.remove(actor)
    for prop in props:
        prop.VisibilityOn()
    return found.GetVertexShader().GetSource() + found.GetFragmentShader().GetSource() if drawn else ""


def test_whatever_is_done_needs_no_other_programs(stage: Stage, lenet: Ran) -> None:
    """Each would hold up the window for a tenth of a second, when it is first drawn."""
    prepared: set[str] = set()
    stage.canvas.compile = lambda actor: prepared.add(program(stage, actor))  # type: ignore[method-assign]
    for _ in primed(stage):
        pass
    assert len(prepared - {""}) == 4
    stage.show_model(lenet.network.model, lenet.network.layout)
    stage.draw(smooth=False)
    for _ in primed_for_more(stage):
        pass
    assert len(prepared - {""}) == 6
    stage.show_faces(lenet.faces.faces, lenet.best)
    names = [layer.name for layer in lenet.network.model.layers]
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    stage.select("conv1")
    stage.keep_bright(frozenset(names[:2]))
    stage.select("fc1", "conv1")
    stage.settle()
    stage.draw(smooth=False)
    needed = set()
    for part in (
        *("blocks", "edges", "labels", "handles", "faces", "veil", "words"),
        *("lit edges", "tensors", "frames", "predictions"),
    ):
        seen = [prop for prop in stage.parts.props[part] if prop.GetVisibility()]
        assert seen, part
        needed |= {program(stage, prop) for prop in seen}
        # For colours of cells VTK makes textures, and the driver a program for each kind of size they have.
        assert all(prop.GetMapper().GetInput().GetCellData().GetScalars() is None for prop in seen)
    assert len(needed) > 4
    assert needed <= prepared
