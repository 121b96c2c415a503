"""The kinds of files strangers bring: each opens and shows what it holds, or is refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from explorer3d import cli
from explorer3d.compute import requests
from explorer3d.compute.export import export
from explorer3d.compute.faces import ShowFaces
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.inputs import feeds_for
from explorer3d.scene.handles import left_roles
from explorer3d.scene.render import render
from tests import corpus_files as files

Maker = Callable[[Path], Path]


@dataclass(frozen=True)
class Opens:
    """What a file shows.

    Attributes
    ----------
    layers : int
    dark : str
        Names of layers that show no values: no output, an empty one, or one that cannot be computed.
    said : str
        Words of the sentence a person is told; empty if all is well.
    """

    layers: int
    dark: str = ""
    said: str = ""


OPENS: dict[str, tuple[Maker, Opens]] = {
    "pictures": (files.picture_network(), Opens(5)),
    "float16": (files.picture_network(files.FLOAT16), Opens(5)),
    "open sizes": (files.picture_network(size=("height", "width")), Opens(5)),
    "if and loop": (files.conditional_and_loop(), Opens(2)),
    "nested if": (files.nested_conditions(), Opens(1)),
    "own function": (files.own_function(), Opens(1)),
    "QDQ": (files.quantised("QDQ"), Opens(3)),
    "QOperator": (files.quantised("QOperator"), Opens(3)),
    "bfloat16": (files.half_precision(), Opens(2)),
    "every type": (files.every_type(), Opens(14)),
    "unknown operator": (files.stops("Frobnicate"), Opens(4, "odd sum", "no operator Frobnicate")),
    "custom domain": (
        files.stops("Warp", "acme.corp"),
        Opens(4, "odd sum", "Warp of the domain 'acme.corp'"),
    ),
    "newer opset": (files.one_node(opset=999), Opens(1, "only", "opset 999")),
    "newer format": (files.one_node(ir_version=99), Opens(1, "only", "version 99")),
    "fails half-way": (files.stops_while_running(), Opens(3, "far after", "'far' (Gather) failed")),
    "sequence of maps": (files.classifier_with_a_map(), Opens(3, "zip")),
    "several inputs": (files.several_inputs(), Opens(5)),
    "recurrent": (files.recurrent(), Opens(3)),
    "texts": (files.texts(), Opens(1)),
    "no shapes": (files.one_node(shape=None), Opens(1, "only", "does not say its shape")),
    "scalars": (files.scalars(), Opens(2)),
    "empty tensors": (files.empty_tensors(), Opens(2, "none")),
    "no nodes": (files.nothing(), Opens(0, said="has no layers")),
    "no nodes, no ends": (files.nothing(()), Opens(0, said="has no layers")),
    "odd names": (files.one_node(name="<script>alert(1)</script> 猫\n\t"), Opens(1)),
    "chain": (files.chain(), Opens(1500)),
    "fan": (files.fan(), Opens(801)),
    "external data": (files.external("inner/w.bin"), Opens(1)),
    "ONNX named .h5": (files.renamed(files.one_node(), "m.h5"), Opens(1)),
    "Keras .h5": (files.keras_h5(), Opens(1)),
    "Keras .keras": (files.keras_zip(), Opens(1)),
    "Keras named .onnx": (files.renamed(files.keras_h5(), "m.onnx"), Opens(1)),
    "Keras with code": (files.keras_h5(files.UNKNOWN), Opens(2, "code", "Python code hidden")),
    "Caffe weights": (files.hdf5(files.caffe), Opens(3, "relu1", "weights only")),
    "Keras 2 weights": (files.hdf5(files.keras_2_weights), Opens(2, "flat", "weights only")),
    "Keras 3 weights": (files.hdf5(files.keras_3_weights), Opens(2, "", "weights only")),
}

REFUSED: dict[str, tuple[Maker, str]] = {
    "empty": (files.renamed(files.cut(files.one_node(), 0), "m.h5"), "is empty"),
    "text": (
        files.raw_bytes("m.onnx", b"Dear model, where are you? " * 99),
        "neither an ONNX nor a Keras model",
    ),
    "cut ONNX": (files.cut(files.picture_network()), "damaged or cut short"),
    "cut HDF5": (files.cut(files.keras_h5()), "damaged or incomplete"),
    "cut archive": (files.cut(files.keras_zip()), "damaged or incomplete"),
    "cycle": (files.circle(), "cycle"),
    "dangling": (
        files.onnx_file([files.make_node("Neg", ["nowhere"], ["y"])], [], ["y"]),
        "'nowhere', which nothing makes",
    ),
    "made twice": (
        files.onnx_file([files.make_node("Neg", ["x"], ["y"])] * 2, [files.info("x", [1])], ["y"]),
        "made more than once",
    ),
    "no graph": (files.raw_bytes("m.onnx", b"\x08\x09\x12\x01m"), "without a graph"),
    "nested without end": (files.nested_without_end(), "nested too deeply"),
    "data missing": (files.external("gone.bin", present=False), "which is missing"),
    "data above": (files.external("../../secret"), "outside its own folder"),
    "data is a device": (files.external("/dev/zero"), "outside its own folder"),
    "type that is none": (files.bad_weight(99, [4]), "element type 99"),
    "shape that lies": (files.bad_weight(1, [2**20, 2**20]), "holds 4 values"),
    "bomb": (files.archive({"config.json": b" " * 2**28}), "claims to unpack"),
    "no configuration": (files.archive({"metadata.json": b"{}"}), "no config.json"),
    "names that climb": (files.archive({"../../x": b"x", "/etc/x": b"x"}), "no config.json"),
    "configuration is not JSON": (files.keras_h5("{oops"), "not valid JSON"),
    "configuration is nothing": (files.keras_h5("{}"), "does not describe a Keras model"),
    "HDF5 of something else": (files.hdf5(lambda file: file.create_group("data")), "without a Keras model"),
    "external link": (files.hdf5(files.linked_weights), "link to somewhere else"),
}


@pytest.mark.parametrize("kind", OPENS)
def test_opens_and_shows_what_it_holds(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, expected = OPENS[kind]
    path = make(tmp_path)
    assert cli.main(["info", str(path)]) == 0
    assert capsys.readouterr().err == ""

    model = read_model(path)
    assert len(model.layers) == expected.layers
    key = requests.register(model)
    try:
        found = ShowFaces(key, feeds_for(model).arrays)()
    finally:
        requests.close(key)
    dark = [layer.name for layer in model.layers if layer.name not in found.faces]
    assert dark == expected.dark.split()

    sentences = render(path, tmp_path / "out.png", size=(320, 200))
    assert expected.said in " ".join(sentences)
    if not expected.said:
        assert set(sentences) <= {found.fault}
    if model.layers:
        with Image.open(tmp_path / "out.png") as picture:
            assert np.asarray(picture).std() > 1


@pytest.mark.parametrize("kind", REFUSED)
def test_is_refused_in_one_sentence(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, words = REFUSED[kind]
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    path = make(folder)
    for command in (["info", str(path)], ["render", str(path), "-o", str(tmp_path / "never.png")]):
        assert cli.main(command) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert words in captured.err
        assert captured.err.count("\n") == 1
        assert len(captured.err) < 400
    assert not (tmp_path / "never.png").exists()


def test_a_group_of_weights_that_holds_itself(tmp_path: Path) -> None:
    path = files.hdf5(files.circular_groups)(tmp_path)
    with h5py.File(path) as file:
        assert file["model_weights/one/one"].name
    assert len(read_model(path).layers) == 1


def test_weights_are_drawn_and_written_where_there_is_nothing_else(tmp_path: Path) -> None:
    path = files.hdf5(files.caffe)(tmp_path)
    faults = render(path, tmp_path / "out.png", layers=["conv1"], size=(320, 200))
    assert "weights only" in faults[0]
    model = read_model(path)
    export(Runner(model), {}, tmp_path / "out.npz", ["conv1"])
    with np.load(tmp_path / "out.npz") as archive:
        assert set(archive.files) == {"conv1/0", "conv1/1"}
        with h5py.File(path) as file:
            np.testing.assert_array_equal(archive["conv1/0"], file["data/conv1/0"])
    assert [left_roles(layer) for layer in model.layers] == [["bias", "weights"], ["weights"], []]
