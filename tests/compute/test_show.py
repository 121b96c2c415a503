"""What is shown of a layer against onnx.reference, and what is shown when something is at fault."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

from explorer3d.compute import requests
from explorer3d.compute.faces import FACE_MAPS, FACE_SIDE, ShowFaces, face_of
from explorer3d.compute.picture import EMPTY
from explorer3d.compute.show import ShowLayer, ShownLayer
from explorer3d.compute.statistics import summarise
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model

Make = Callable[..., Model]


@pytest.fixture
def keys() -> Iterator[Callable[[Model], str]]:
    """Register models for requests, and free them."""
    registered: list[str] = []

    def register(model: Model) -> str:
        registered.append(requests.register(model))
        return registered[-1]

    yield register
    for key in registered:
        requests.close(key)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def relative_error(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def by_name(shown: ShownLayer) -> dict[str, np.ndarray]:
    return {tensor.name: tensor.array for tensor in shown.tensors}


@pytest.fixture
def branched(make: Make) -> Model:
    """Conv of a colour picture, two branches that are concatenated, and an embedding-like constant."""
    nodes = [
        make_node("Conv", ["x", "kernel", "bias"], ["conv"], name="conv"),
        make_node("Relu", ["conv"], ["relu"], name="relu"),
        make_node("Neg", ["conv"], ["neg"], name="neg"),
        make_node("Concat", ["relu", "neg"], ["joined"], name="joined", axis=1),
        make_node("GlobalAveragePool", ["joined"], ["pooled"], name="pool"),
        make_node("Flatten", ["pooled"], ["flat"], name="flat"),
        make_node("Add", ["flat", "table"], ["scores"], name="add"),
    ]
    return make(
        nodes,
        {"x": ["N", 3, 12, 9]},
        ["scores"],
        kernel=noise(5, 3, 3, 2, seed=1),
        bias=noise(5, seed=2),
        table=noise(4, 10, seed=3),
    )


def test_every_tensor_of_every_layer_is_the_referees(branched: Model, keys: Callable[[Model], str]) -> None:
    proto = onnx.load(branched.path)
    names = ["conv", "relu", "neg", "joined", "pooled", "flat", "scores"]
    del proto.graph.output[:]
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    feeds = {"x": noise(1, 3, 12, 9)}
    expected = dict(zip(names, ReferenceEvaluator(proto).run(None, feeds), strict=True)) | feeds
    key = keys(branched)
    for layer in branched.layers:
        shown = ShowLayer(key, feeds, layer.name)()
        found = by_name(shown)
        assert shown.fault is None
        for place, port in enumerate(layer.inputs):
            assert relative_error(found[f"input{place or ''}"], expected[port.value]) < 1e-5
        assert relative_error(found["output"], expected[layer.outputs[0].value]) < 1e-5
        for tensor in shown.tensors:
            assert (tensor.shape, tensor.dtype) == (tensor.array.shape, "float32")
            assert tensor.statistics.maximum == tensor.array.max()


def test_order_and_kinds(branched: Model, keys: Callable[[Model], str]) -> None:
    shown = ShowLayer(keys(branched), {"x": noise(1, 3, 12, 9)}, "conv")()
    assert [(tensor.role, tensor.name, tensor.picture.kind) for tensor in shown.tensors] == [
        ("input", "input", "colour"),
        ("weights", "kernel", "colour"),
        ("bias", "bias", "vector"),
        ("output", "output", "maps"),
    ]


def test_which_channels_are_dead(branched: Model, keys: Callable[[Model], str]) -> None:
    key, feeds = keys(branched), {"x": np.zeros((1, 3, 12, 9), np.float32)}
    positive = noise(5, seed=2) > 0
    assert 0 < positive.sum() < 5
    # of nothing only the biases are left, and of those the positive ones
    dead = {tensor.role: tensor.dead for tensor in ShowLayer(key, feeds, "relu")().tensors}
    assert dead["input"].tolist() == [False] * 5
    assert dead["output"].tolist() == (~positive).tolist()
    weights = {tensor.role: tensor.dead for tensor in ShowLayer(key, feeds, "conv")().tensors}
    assert weights["input"].tolist() == [True] * 3
    assert weights["weights"].tolist() == [False] * 5


def test_only_the_first_layer_sees_colours(branched: Model, keys: Callable[[Model], str]) -> None:
    shown = ShowLayer(keys(branched), {"x": noise(1, 3, 12, 9)}, "joined")()
    assert [(tensor.name, tensor.picture.kind, tensor.picture.count) for tensor in shown.tensors] == [
        ("input", "maps", 5),
        ("input1", "maps", 5),
        ("output", "maps", 10),
    ]


def test_a_weight_of_unknown_axes_is_drawn_whole(branched: Model, keys: Callable[[Model], str]) -> None:
    shown = ShowLayer(keys(branched), {"x": noise(1, 3, 12, 9)}, "add")()
    table = next(tensor for tensor in shown.tensors if tensor.name == "table")
    assert (table.picture.kind, table.picture.tile) == ("matrix", (4, 10))


@pytest.mark.parametrize(
    ("shape", "kind", "count"), [((3, 4, 5), "maps", 3), ((2, 3, 4, 5), "kernels", 2), ((6,), "vector", 6)]
)
def test_a_constant_of_any_rank_is_drawn_whole(
    make: Make, keys: Callable[[Model], str], shape: tuple[int, ...], kind: str, count: int
) -> None:
    nodes = [make_node("Neg", ["x"], ["n"], name="n"), make_node("Add", ["n", "c"], ["y"], name="add")]
    model = make(nodes, {"x": [*shape]}, ["y"], c=noise(*shape))
    shown = ShowLayer(keys(model), {"x": noise(*shape)}, "add")()
    constant = next(tensor for tensor in shown.tensors if tensor.name == "c")
    assert (constant.picture.kind, constant.picture.count) == (kind, count)


def test_model_input(branched: Model, keys: Callable[[Model], str]) -> None:
    feeds = {"x": noise(1, 3, 12, 9)}
    shown = ShowLayer(keys(branched), feeds, "x")()
    assert [(tensor.role, tensor.name, tensor.picture.kind) for tensor in shown.tensors] == [
        ("output", "output", "colour")
    ]
    assert shown.tensors[0].array is feeds["x"]


def test_sample_against_onnxruntime_without_optimisation(samples: Path, keys: Callable[[Model], str]) -> None:
    model = read_model(samples / "lenet_fashion.onnx")
    feeds = {"image": np.random.default_rng(0).random((1, 28, 28, 1)).astype(np.float32)}
    key = keys(model)
    for layer in model.layers:
        proto = onnx.load(model.path)
        del proto.graph.output[:]
        proto.graph.output.append(onnx.ValueInfoProto(name=layer.outputs[0].value))
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
        expected = session.run(None, feeds)[0]
        found = by_name(ShowLayer(key, feeds, layer.name)())["output"]
        assert found.shape == expected.shape
        assert relative_error(found, expected) < 1e-5, layer.name


@pytest.fixture
def mysterious(samples: Path, tmp_path: Path) -> Model:
    """The sample network with a layer of a class nobody knows before the end."""
    path = tmp_path / "mysterious.h5"
    shutil.copy(samples / "lenet_fashion.h5", path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layer = next(one for one in config["config"]["layers"] if one["config"]["name"] == "fc2")
        layer["class_name"] = "Mystery"
        file.attrs["model_config"] = json.dumps(config)
    return read_model(path)


def test_a_layer_that_cannot_run_shows_its_weights_and_says_why(
    mysterious: Model, samples: Path, keys: Callable[[Model], str]
) -> None:
    key = keys(mysterious)
    feeds = {"image": noise(1, 28, 28, 1)}
    shown = ShowLayer(key, feeds, "fc2")()
    with h5py.File(samples / "lenet_fashion.h5") as file:
        stored: list[np.ndarray] = []
        file["model_weights/fc2"].visititems(
            lambda _, item: stored.append(item[()]) if isinstance(item, h5py.Dataset) else None
        )
    assert {tensor.role for tensor in shown.tensors} == {"weights", "bias"}
    for tensor in shown.tensors:
        assert any(np.array_equal(tensor.array, array) for array in stored)
    assert shown.fault is not None
    assert "fc2" in shown.fault
    assert "Mystery" in shown.fault


def test_a_layer_behind_one_that_cannot_run(mysterious: Model, keys: Callable[[Model], str]) -> None:
    shown = ShowLayer(keys(mysterious), {"image": noise(1, 28, 28, 1)}, "classes")()
    assert sorted(tensor.name for tensor in shown.tensors) == ["bias", "kernel"]
    assert shown.fault is not None
    assert "fc2" in shown.fault


def test_faces_up_to_the_layer_that_cannot_run(mysterious: Model, keys: Callable[[Model], str]) -> None:
    found = ShowFaces(keys(mysterious), {"image": noise(1, 28, 28, 1)})()
    assert set(found.faces) == {"image", "conv1", "pool1", "conv2", "pool2", "flatten", "fc1"}
    assert found.answers.scores == {}
    assert found.fault is not None
    assert "fc2" in found.fault


def test_a_run_that_fails_shows_what_came_before(make: Make, keys: Callable[[Model], str]) -> None:
    nodes = [
        make_node("Relu", ["x"], ["r"], name="r"),
        make_node("Gather", ["r", "where"], ["g"], name="g"),
    ]
    model = make(nodes, {"x": ["N", 3]}, ["g"], where=np.array([7], np.int64))
    key = keys(model)
    feeds = {"x": noise(1, 3)}
    shown = ShowLayer(key, feeds, "g")()
    assert [tensor.name for tensor in shown.tensors] == ["input", "where"]
    assert shown.fault is not None
    assert "g" in shown.fault
    faces = ShowFaces(key, feeds)()
    assert set(faces.faces) == {"x", "r"}
    assert faces.fault == shown.fault
    assert by_name(ShowLayer(key, feeds, "r")())["output"].shape == (1, 3)


def test_scores_are_found_by_the_layer_that_makes_them(
    branched: Model, make: Make, keys: Callable[[Model], str]
) -> None:
    model = make(
        [make_node("Softmax", ["x"], ["s"], name="soft"), make_node("Relu", ["m"], ["r"], name="maps")],
        {"x": ["N", 4], "m": ["N", 2, 3, 3]},
        ["s", "r"],
    )
    feeds = {"x": np.array([[1, 2, 3, 4]], np.float32), "m": noise(1, 2, 3, 3)}
    found = ShowFaces(keys(model), feeds)()
    assert set(found.answers.scores) == {"soft"}
    powers = np.exp(np.arange(4.0))
    assert found.answers.scores["soft"] == pytest.approx(powers / powers.sum())
    assert set(found.faces) == {"x", "m", "soft", "maps"}
    assert found.fault is None


def test_the_state_of_a_recurrent_layer_is_no_answer(make: Make, keys: Callable[[Model], str]) -> None:
    model = make(
        [
            make_node("Relu", ["h"], ["state"], name="state"),
            make_node("Relu", ["p"], ["pooled"], name="pooled"),
        ],
        {"h": [2, 1, 8], "p": ["N", 5, 1, 1]},
        ["state", "pooled"],
    )
    found = ShowFaces(keys(model), {"h": noise(2, 1, 8), "p": noise(1, 5, 1, 1)})()
    assert {name: scores.shape for name, scores in found.answers.scores.items()} == {"pooled": (5,)}


def test_a_closed_model_is_refused(branched: Model) -> None:
    key = requests.register(branched)
    requests.close(key)
    with pytest.raises(RequestError, match="closed"):
        ShowLayer(key, {}, "conv")()


def test_face_of_maps() -> None:
    values = np.arange(6, dtype=np.float32).reshape(1, 6, 1, 1) * np.ones((1, 6, 2, 2), np.float32)
    face = face_of(values, "NCHW")
    # Two rows of three tiles: 72 × 48 texels each, one of them the gap.
    assert face.texels.shape == (143, 143)
    assert face.diverging is False
    limits = summarise(values).limits
    for index in range(6):
        top, left = 72 * (index // 3), 48 * (index % 3)
        found = np.unique(face.texels[top : top + 71, left : left + 47])
        if 0 < index < 5:
            expected = 1 + (index - limits[0]) * 249 / (limits[1] - limits[0])
            assert abs(float(found[0]) - expected) <= 0.5
        assert len(found) == 1
    assert (face.texels[71] == EMPTY).all()


def test_face_shows_the_first_maps_only() -> None:
    values = np.zeros((1, FACE_MAPS + 30, 5, 4), np.float32)
    values[:, FACE_MAPS:] = 100.0
    values[:, 0, 0, 0] = -1.0
    face = face_of(values, "NCHW")
    limit = summarise(values).limits
    zero = round(1 + (0 - limit[0]) * 249 / (limit[1] - limit[0]))
    assert set(np.unique(face.texels)) <= {0, zero, EMPTY}


def test_face_of_a_picture_is_in_colour() -> None:
    values = np.zeros((1, 8, 8, 3), np.float32)
    values[0, :, :4, 0] = 1.0
    face = face_of(values, "NHWC", is_picture=True)
    assert face.texels.shape == (FACE_SIDE, FACE_SIDE, 3)
    assert face.texels[:, : FACE_SIDE // 2].reshape(-1, 3).tolist() == [[255, 0, 0]] * (FACE_SIDE**2 // 2)
    assert (face.texels[:, FACE_SIDE // 2 :] == 0).all()


@pytest.mark.parametrize("shape", [(1, 0, 3, 3), (0, 4), (1, 4, 0, 3)])
def test_face_of_nothing(shape: tuple[int, ...]) -> None:
    face = face_of(np.zeros(shape, np.float32), "")
    assert (face.texels == EMPTY).all()


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((1, 1000), "NC"), ((1, 2000), "NC"), ((1, 300, 7), "NWC"), ((1, 49, 1, 900), "NCHW"), ((1, 2), "NC")],
)
def test_any_face_fits(shape: tuple[int, ...], axes: str) -> None:
    face = face_of(noise(*shape), axes)
    assert max(face.texels.shape) <= FACE_SIDE
    assert min(face.texels.shape) > FACE_SIDE * 0.6
    assert (face.texels != EMPTY).mean() > 0.25


def test_faces_of_a_great_many_layers_are_small(make: Make, keys: Callable[[Model], str]) -> None:
    count = 2001
    nodes = [make_node("Relu", [f"t{i}" if i else "x"], [f"t{i + 1}"], name=f"r{i}") for i in range(count)]
    model = make(nodes, {"x": ["N", 1030]}, [f"t{count}"])
    faces = ShowFaces(keys(model), {"x": noise(1, 1030)})().faces
    assert len(faces) == count + 1
    # 32 million texels are shared out: 126² · 2001.
    assert all(60 < min(face.texels.shape) <= max(face.texels.shape) <= 126 for face in faces.values())
    assert face_of(noise(1, 1030), "NC", side=32).texels.shape == (32, 32)


def test_weights_are_the_faces_of_a_file_that_holds_nothing_else(
    tmp_path: Path, keys: Callable[[Model], str]
) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["data/conv/0"] = noise(4, 3, 5, 5)
        file["data/conv/1"] = noise(4)
        file.create_group("data/relu")
    model = read_model(tmp_path / "w.h5")
    key = keys(model)
    faces = ShowFaces(key, {})()
    assert set(faces.faces) == {"conv"}
    assert faces.fault is None
    shown = ShowLayer(key, {}, "conv")()
    assert shown.fault is not None and "weights only" in shown.fault
    assert [(tensor.role, tensor.title) for tensor in shown.tensors] == [
        ("weights", "kernel"),
        ("bias", "bias"),
    ]
    assert ShowLayer(key, {}, "relu")().tensors == ()


def test_an_input_that_is_not_there(make: Make, keys: Callable[[Model], str]) -> None:
    nodes = [make_node("Relu", ["x"], ["r"], name="r"), make_node("Neg", ["z"], ["n"], name="n")]
    key = keys(make(nodes, {"x": ["N", 3], "z": None}, ["r", "n"]))
    feeds = {"x": noise(1, 3)}
    for name in ("z", "n"):
        shown = ShowLayer(key, feeds, name)()
        assert shown.tensors == ()
        assert shown.fault is not None and "'z' is missing" in shown.fault
    faces = ShowFaces(key, feeds)()
    assert set(faces.faces) == {"x", "r"}
    assert faces.fault is not None and "'z' is missing" in faces.fault
