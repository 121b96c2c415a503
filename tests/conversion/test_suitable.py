"""What is refused before TensorFlow is started."""

from __future__ import annotations

import json
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from explorer3d.bootstrap import ROOT
from explorer3d.conversion.suitable import model_path, refusal
from explorer3d.conversion.versions import REQUIREMENTS


def keras_file(path: Path, *layers: dict[str, Any], **more: Any) -> Path:
    model = {"class_name": "Functional", "module": "keras", "config": {"layers": list(layers)}, **more}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(model))
    return path


def layer(name: str, module: str | None = "keras.layers", **config: Any) -> dict[str, Any]:
    return {"class_name": name, "module": module, "config": {"name": name.lower(), **config}}


def test_keras_own_layers_are_suitable(tmp_path: Path) -> None:
    layers = [layer("STFTSpectrogram"), layer("Dense", None, kernel_initializer=layer("Zeros"))]
    assert refusal(keras_file(tmp_path / "m.keras", *layers)) is None


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (layer("Lambda"), "its layer lambda of class Lambda is Python code hidden in the file"),
        (layer("TFSMLayer"), "its layer tfsmlayer of class TFSMLayer is a program in a folder outside"),
        (layer("TorchModuleWrapper"), "Python code hidden in the file"),
        ({"class_name": "__lambda__", "config": {"value": "x"}}, "a __lambda__ in it is Python code"),
        (layer("Mine", "mine.layers"), "Mine is code of its author"),
        (layer("Package>Mine", None), "Package>Mine is code of its author"),
        ({"class_name": "function", "module": "os", "config": "system"}, "system is code of its author"),
    ],
)
@pytest.mark.parametrize("depth", [0, 1, 7])
def test_code_is_refused_however_deep_it_hides(
    bad: dict[str, Any], reason: str, depth: int, tmp_path: Path
) -> None:
    for _ in range(depth):
        bad = layer("TimeDistributed", layers=[{"inner": bad}])
    said = refusal(keras_file(tmp_path / "m.keras", bad))
    assert said is not None and reason in said and said.startswith("m.keras is not converted: ")


def test_a_loss_of_the_author_s_is_not_loaded_and_so_no_obstacle(tmp_path: Path) -> None:
    loss = {"loss": layer("Mine", "mine.losses")}
    assert refusal(keras_file(tmp_path / "m.keras", layer("Dense"), compile_config=loss)) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"\x89HDF\r\n\x1a\n damaged", b"text"])
def test_a_damaged_file_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.h5").write_bytes(content)
    said = refusal(tmp_path / "m.h5")
    assert said is not None and said.endswith(".")


def test_a_configuration_nested_without_end_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", "[" * 200_000)
    assert refusal(tmp_path / "m.keras") == "The model configuration in m.keras is damaged."


def test_a_saved_model_is_its_folder(tmp_path: Path) -> None:
    said = refusal(tmp_path)
    assert said is not None and "is no SavedModel" in said
    inner = tmp_path / "saved_model.pb"
    inner.write_bytes(b"\x08\x01")
    assert model_path(inner) == tmp_path
    assert refusal(inner) is None
    assert refusal(tmp_path) is None


def test_the_extra_installs_what_the_message_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert tuple(project["optional-dependencies"]["keras"]) == REQUIREMENTS
