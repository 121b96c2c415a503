"""Blueprints made beforehand are taken once, and only for what they were made for."""

from __future__ import annotations

import pytest

from explorer3d.compute.faces import Faces
from explorer3d.scene import blueprints
from explorer3d.scene.blueprints import Blueprints
from explorer3d.scene.mosaics import Painted
from explorer3d.scene.palette import DARK
from explorer3d.scene.stage import Stage
from tests.scene.conftest import Ran


def test_what_was_prepared_is_not_made_again(
    stage: Stage, lenet: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    folding = lenet.network.folding
    store = Blueprints(stage)
    store.prepare(lenet.network)
    with monkeypatch.context() as forbidden:
        forbidden.setattr(blueprints, "blueprint", None)
        plan = store.take(folding.model, folding.layout)
    assert plan.layout is folding.layout
    # Taken, it is gone: what stands there is not held twice.
    assert store.take(folding.model, folding.layout) is not plan
    store.prepare("something else")
    store.prepare(folding)
    assert store.take(folding.model, folding.layout).model is folding.model


def test_another_size_of_text_in_the_meantime(stage: Stage, lenet: Ran) -> None:
    folding = lenet.network.folding
    store = Blueprints(stage)
    store.prepare(folding)
    stage.set_look(DARK, 1.5)
    stage.show(store.take(folding.model, folding.layout))
    assert stage.placement is not None
    assert stage.placement.text == 1.5


def test_mosaics_are_only_taken_for_what_they_were_coloured_for(stage: Stage, lenet: Ran) -> None:
    folding = lenet.network.folding
    store = Blueprints(stage)
    store.prepare(folding)
    stage.show(store.take(folding.model, folding.layout))
    store.prepare(Faces(lenet.faces.faces))
    painted = store.painted
    assert painted is not None and stage.network is not None
    plan, faces = stage.network.plan, lenet.faces.faces
    assert painted.fits(plan, faces, "")
    assert not painted.fits(plan, dict(faces), "")
    assert not painted.fits(plan, faces, "gray")
    assert not painted.fits(None, faces, "")
    stage.show_faces(faces, {}, painted)
    assert stage.mosaics.atlas is painted.atlas
    other = Painted(plan, {}, "")
    stage.show_faces(faces, {}, other)
    assert stage.mosaics.atlas is not other.atlas
