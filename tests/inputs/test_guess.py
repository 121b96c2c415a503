"""What a model's beginning, or the file beside it, says about its pictures."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from explorer3d.errors import InputError
from explorer3d.inputs import Preprocessing, guess

BYTES = Preprocessing(scale=1.0)
UNIT = Preprocessing()


@pytest.mark.parametrize(
    ("op", "weights", "attributes", "expected"),
    [
        ("Rescaling", {}, {"scale": 1 / 255, "offset": 0.0}, BYTES),
        ("Rescaling", {}, {"scale": 1 / 127.5, "offset": -1}, BYTES),
        ("Rescaling", {}, {"scale": [1 / 255, 1 / 255, 1 / 255]}, BYTES),
        ("Rescaling", {}, {"scale": 2.0, "offset": -1.0}, UNIT),
        ("Normalization", {"mean": [120, 110, 100], "variance": [3600, 3000, 3500]}, {}, BYTES),
        ("Normalization", {"mean": [0.485], "variance": [0.05]}, {}, UNIT),
        ("Normalization", {}, {"mean": [120.0], "variance": [3600.0]}, BYTES),
        ("Sub", {"c": [123.68, 116.78, 103.94]}, {}, BYTES),
        ("Sub", {"c": [0.485, 0.456, 0.406]}, {}, UNIT),
        ("Add", {"c": [-127.5]}, {}, BYTES),
        ("Div", {"c": 255.0}, {}, BYTES),
        ("Div", {"c": [0.229, 0.224, 0.225]}, {}, UNIT),
        ("Mul", {"c": 1 / 255}, {}, BYTES),
        ("Mul", {"c": 2.0}, {}, UNIT),
        ("Conv", {"W": [0.001]}, {}, UNIT),
        ("Add", {}, {}, UNIT),
    ],
)
def test_first_layer(
    net: SimpleNamespace,
    op: str,
    weights: dict[str, Any],
    attributes: dict[str, Any],
    expected: Preprocessing,
) -> None:
    layer = net.layer("first", op, ["image"], weights=weights, attributes=attributes)
    preprocessing, reason = guess(net.model(net.port("image", (None, 32, 32, 3)), layers=[layer]))
    assert preprocessing == expected
    assert ("first" in reason) == (op != "Conv" and bool(weights or attributes))


def test_layers_that_only_move_pixels_are_passed(net: SimpleNamespace) -> None:
    layers = [
        net.layer("cast", "Cast", ["image"]),
        net.layer("turn", "Transpose", ["cast_out"]),
        net.layer("scale", "Div", ["turn_out"], weights={"c": 255.0}),
    ]
    preprocessing, reason = guess(net.model(net.port("image", (None, 32, 32, 3), "uint8"), layers=layers))
    assert preprocessing == BYTES
    assert "'scale'" in reason


def test_several_users_say_nothing(net: SimpleNamespace) -> None:
    layers = [
        net.layer("scale", "Div", ["image"], weights={"c": 255.0}),
        net.layer("other", "Conv", ["image"]),
    ]
    assert guess(net.model(net.port("image", (None, 32, 32, 3)), layers=layers))[0] == UNIT


def test_models_without_picture_or_layers(net: SimpleNamespace) -> None:
    assert guess(net.model(net.port("image", (None, 32, 32, 3))))[0] == UNIT
    assert guess(net.model(net.port("x", (None, 10))))[0] == UNIT


def beside(net: SimpleNamespace, folder: Path, text: str | bytes) -> Any:
    (folder / "net.v1.input.json").write_bytes(text.encode() if isinstance(text, str) else text)
    layer = net.layer("scale", "Div", ["image"], weights={"c": 255.0})
    return net.model(net.port("image", (None, 32, 32, 3)), layers=[layer], path=folder / "net.v1.onnx")


def test_file_beside_the_model_wins(net: SimpleNamespace, tmp_path: Path) -> None:
    content = {"mean": [0.1, 0.2, 0.3], "std": 0.5, "bgr": True, "fit": "crop", "reason": "As trained."}
    assert guess(beside(net, tmp_path, json.dumps(content))) == (
        Preprocessing(mean=(0.1, 0.2, 0.3), std=(0.5,), bgr=True, fit="crop"),
        "As trained.",
    )
    assert guess(beside(net, tmp_path, '{"scale": 1, "invert": true, "mean": null}')) == (
        Preprocessing(scale=1, invert=True),
        "From net.v1.input.json beside the model.",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[" * 50_000, "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"means": [1]}', "'means'"),
        ('{"mean": ["a"]}', "'mean'"),
        ('{"mean": [true]}', "'mean'"),
        ('{"mean": [1, 2]}', "mean"),
        ('{"std": [0]}', "std"),
        ('{"std": 1' + "0" * 400 + "}", "'std'"),
        ('{"bgr": 1}', "'bgr'"),
        ('{"scale": true}', "'scale'"),
        ('{"scale": NaN}', "scale"),
        ('{"fit": "zoom"}', "zoom"),
        ('{"fit": 3}', "'fit'"),
        ('{"reason": 3}', "'reason'"),
        (" " * 70_000 + "{}", "too large"),
    ],
)
def test_damaged_file_beside_the_model(
    net: SimpleNamespace, tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        guess(beside(net, tmp_path, text))
    assert "net.v1.input.json" in str(caught.value)
