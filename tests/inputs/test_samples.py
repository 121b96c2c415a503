"""The bundled pictures, prepared as the bundled network's file asks for, are recognised."""

from __future__ import annotations

import onnxruntime
import pytest

from explorer3d.formats import read_model
from explorer3d.inputs import feeds_for
from explorer3d.labels import class_names, top_k
from explorer3d.resources import resource


@pytest.mark.parametrize(
    ("picture", "classes", "name"),
    [
        # ImageNet's tabby, tiger cat and Egyptian cat; espresso; missile and projectile.
        (None, {281, 282, 285}, "tabby cat"),
        ("chelsea.png", {281, 282, 285}, "tabby cat"),
        ("coffee.png", {967}, "espresso"),
        ("rocket.png", {657, 744}, "missile"),
    ],
)
def test_photographs_are_recognised(picture: str | None, classes: set[int], name: str) -> None:
    path = resource("sample_models", "efficientnet_lite0.onnx")
    model = read_model(path)
    feeds = feeds_for(model, resource("sample_models", "pictures", picture) if picture else None)
    assert feeds.description.endswith("224×224 crop, (x/255−0.498)/0.502")
    scores = onnxruntime.InferenceSession(path).run(None, dict(feeds.arrays))[0][0]
    ranking = top_k(scores, class_names(model))
    assert ranking.softmaxed
    assert ranking.guesses[0].index in classes
    assert name in [guess.name for guess in ranking.guesses]
    assert sum(guess.probability for guess in ranking.guesses if guess.index in classes) > 0.4
