"""Files that are damaged, or made to do harm: each is refused with a sentence, quickly."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from explorer3d.errors import Cancelled, ModelError
from explorer3d.formats import read_model
from explorer3d.formats.keras.layers import KERAS_LAYERS
from tests.formats.keras_files import layer, sequential, write_h5, write_keras

DENSE = sequential(
    layer("InputLayer", "x", batch_shape=[None, 6], dtype="float32"),
    layer("Dense", "one", units=3, activation="linear", use_bias=False),
)
KERNEL = np.arange(18, dtype=np.float32).reshape(6, 3)


def refused(path: Path, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        read_model(path)
    text = str(caught.value)
    assert said in text
    assert "\n" not in text
    assert text.count(path.name) == 1
    # What the libraries say of their own inner workings helps nobody.
    assert not any(word in text for word in ("eof", "superblock", "h5py", "Errno", "b-tree", "decompressing"))


@pytest.mark.parametrize("kept", [100, 700, 2500])
def test_a_file_cut_short(kept: int, tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5", DENSE, {"one": {"kernel": KERNEL}})
    path.write_bytes(path.read_bytes()[:kept])
    refused(path, "damaged or incomplete")


@pytest.mark.parametrize("kept", [100, 700, 2500])
def test_an_archive_cut_short(kept: int, tmp_path: Path) -> None:
    path = write_keras(tmp_path / "m.keras", DENSE, {"dense": [KERNEL]})
    path.write_bytes(path.read_bytes()[:kept])
    refused(path, "damaged or incomplete")


@pytest.mark.parametrize("at", range(8, 6000, 97))
def test_a_file_with_one_wrong_byte_opens_or_is_refused(at: int, tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5", DENSE, {"one": {"kernel": KERNEL}})
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 0xFF
    path.write_bytes(content)
    try:
        read_model(path)
    except ModelError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{oops", "not valid JSON"),
        ("[1]", "does not describe a Keras model"),
        ("{}", "does not describe a Keras model"),
        ("[" * 100_000, "nested too deeply"),
        ('{"class_name": "MyModel", "config": {"units": 3}}', "class MyModel"),
        ('{"class_name": "Sequential", "config": {"layers": [3]}}', "without a class"),
        ('{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}}', "without a name"),
        ('{"class_name": "Sequential", "config": {"layers": []}}', "shape of its input"),
    ],
)
def test_a_configuration_that_is_none(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    refused(write_keras(path, text, {}), said)


def functional(layers: list[dict[str, Any]], inputs: Any, outputs: Any) -> dict[str, Any]:
    body = {"name": "m", "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return {"class_name": "Functional", "config": body}


def test_layers_in_a_circle(tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, 3]) | {"inbound_nodes": []}
    one = layer("Add", "one") | {"inbound_nodes": [[["x", 0, 0, {}], ["two", 0, 0, {}]]]}
    two = layer("ReLU", "two") | {"inbound_nodes": [[["one", 0, 0, {}]]]}
    circle = functional([source, one, two], [["x", 0, 0]], [["two", 0, 0]])
    refused(write_h5(tmp_path / "m.h5", circle, {}), "in a circle")


@pytest.mark.parametrize(
    ("inputs", "outputs", "said"),
    [
        ([["x", 0, 0]], [["ghost", 0, 0]], "output 'ghost'"),
        ([["ghost", 0, 0]], [["one", 0, 0]], "input 'ghost'"),
    ],
)
def test_ends_that_are_not_there(inputs: Any, outputs: Any, said: str, tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, 3]) | {"inbound_nodes": []}
    one = layer("ReLU", "one") | {"inbound_nodes": [[["x", 0, 0, {}]]]}
    refused(write_h5(tmp_path / "m.h5", functional([source, one], inputs, outputs), {}), said)


def test_a_number_of_results_no_layer_has(tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, 3]) | {"inbound_nodes": []}
    one = layer("Unknown", "one") | {"inbound_nodes": [[["x", 0, 0, {}]]]}
    many = functional([source, one], [["x", 0, 0]], [["one", 0, 10**12]])
    refused(write_h5(tmp_path / "m.h5", many, {}), "result 1000000000000")


def test_a_bomb_in_place_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (40 << 20))
    refused(path, "claims to unpack")


def test_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (40 << 20))
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<I", 40 << 20), struct.pack("<I", 100)))
    refused(path, "damaged")


def test_weights_that_unpack_to_far_more_than_they_are(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps(DENSE))
        archive.writestr("model.weights.h5", b"\0" * (80 << 20))
    refused(path, "claims to unpack")


def test_an_array_that_claims_to_be_huge(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5", DENSE, {"one": {"kernel": KERNEL}})
    with h5py.File(path, "r+") as file:
        del file["model_weights/one/one/kernel:0"]
        file["model_weights/one/one"].create_dataset("kernel:0", (10**7, 10**7), "f4", chunks=(1000, 1000))
    refused(path, "claims to unpack")


def external_link(file: h5py.File, outside: Path) -> None:
    file["model_weights"] = h5py.ExternalLink(str(outside), "/weights")


def soft_circle(file: h5py.File, outside: Path) -> None:
    file["model_weights"] = h5py.SoftLink("/model_weights")


def soft_link(file: h5py.File, outside: Path) -> None:
    file.create_group("model_weights/one").attrs["weight_names"] = ["kernel:0"]
    file["model_weights/one/kernel:0"] = h5py.SoftLink("/elsewhere")


def external_storage(file: h5py.File, outside: Path) -> None:
    file.create_group("model_weights/one").attrs["weight_names"] = ["kernel:0"]
    file["model_weights/one"].create_dataset("kernel:0", (6, 3), "f4", external=str(outside))


def virtual_dataset(file: h5py.File, outside: Path) -> None:
    file.create_group("model_weights/one").attrs["weight_names"] = ["kernel:0"]
    layout = h5py.VirtualLayout((6, 3), "f4")
    layout[:] = h5py.VirtualSource(str(outside), "weights", (6, 3))
    file["model_weights/one"].create_virtual_dataset("kernel:0", layout)


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (external_link, "link to somewhere else"),
        (soft_circle, "link to somewhere else"),
        (soft_link, "link to somewhere else"),
        (external_storage, "another file"),
        (virtual_dataset, "another file"),
    ],
)
def test_weights_that_lead_out_of_the_file(
    plant: Callable[[h5py.File, Path], None], said: str, tmp_path: Path
) -> None:
    outside = tmp_path / "secret.h5"
    with h5py.File(outside, "w") as file:
        file["weights"] = KERNEL
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(DENSE)
        plant(file, outside)
    refused(path, said)


def test_groups_that_hold_themselves(tmp_path: Path) -> None:
    """An unknown layer's weights are searched through all its groups."""
    unknown = sequential(layer("InputLayer", "x", batch_shape=[None, 6]), layer("Riddle", "one"))
    path = write_keras(tmp_path / "m.keras", unknown, {"riddle": [KERNEL]})
    inner = tmp_path / "m.weights.h5"
    with h5py.File(inner, "r+") as file:
        for name in "abcdefghij":
            file[f"layers/riddle/{name}"] = file["layers/riddle"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(unknown))
        archive.write(inner, "model.weights.h5")
    model = read_model(path)
    assert [weight.name for weight in model.layers[0].weights] == ["0"]


@pytest.mark.parametrize("content", [{"name": "x"}, {"data/images": 1.0}, {"layers/0/x": 1.0}])
def test_an_hdf5_file_without_a_model(content: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        for name, value in content.items():
            file[name] = value
    refused(path, "HDF5 file without a Keras model")


def test_nothing_is_written_for_member_names_that_climb(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    path = write_keras(inside / "m.keras", DENSE, {"dense": [KERNEL]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../climbed.txt", "x")
    before = sorted(tmp_path.rglob("*"))
    assert read_model(path).layers[0].runnable
    assert sorted(tmp_path.rglob("*")) == before


def test_opening_can_be_given_up(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5", DENSE, {"one": {"kernel": KERNEL}})

    def give_up(fraction: float, message: str, /) -> None:
        if "layer one" in message:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_model(path, give_up)


WORDS = ["x", "one", "relu", "same", "Dense", "Add", "valid", "channels_first", "__keras_tensor__", "uint8"]
NUMBERS = st.integers(-3, 5) | st.integers() | st.floats()
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["class_name", "config", "value", "keras_history"]), inner)
    ),
    max_leaves=6,
)
KEYS = [
    *(
        "activation",
        "alpha",
        "axis",
        "center",
        "cropping",
        "data_format",
        "depth_multiplier",
        "dims",
        "dtype",
    ),
    *("dilation_rate", "epsilon", "filters", "groups", "interpolation", "keepdims", "kernel_size"),
    *("layer", "max_value", "mean", "n", "negative_slope", "offset", "output_padding", "output_size"),
    *("padding", "pool_size", "renorm", "rms_scaling", "scale", "shared_axes", "size", "strides"),
    *("cell", "cells", "mask_value", "merge_mode", "reset_after", "return_sequences", "return_state"),
    *("target_shape", "theta", "threshold", "units", "use_bias", "variance"),
    *("antialias", "axes", "bias_axes", "bin_boundaries", "crop_to_aspect_ratio", "equation", "fft_length"),
    *("frame_length", "height", "idf_weights", "implementation", "layers", "mask_token", "max_tokens"),
    *("mode", "num_oov_indices", "num_tokens", "output_mode", "output_shape", "pad_to_aspect_ratio"),
    *("tile_grid_size", "value_range", "vocabulary", "width", "window"),
]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(KERAS_LAYERS)),
    shape=st.lists(st.none() | st.integers(1, 9), max_size=4) | VALUES,
    config=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6),
)
def test_any_settings_open_or_are_refused(
    name: str, shape: Any, config: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    batch = [None, *shape] if isinstance(shape, list) else shape
    model = sequential(layer("InputLayer", "x", batch_shape=batch), layer(name, "one", **config))
    opened_or_refused(write_h5(tmp_path_factory.getbasetemp() / "settings.h5", model, {}))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(nodes=VALUES | st.lists(st.lists(VALUES)), inputs=VALUES, outputs=VALUES)
def test_any_connections_open_or_are_refused(
    nodes: Any, inputs: Any, outputs: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, 3]) | {"inbound_nodes": []}
    one = layer("Add", "one") | {"inbound_nodes": nodes}
    for first, last in ((inputs, outputs), ([["x", 0, 0]], [["one", 0, 0]])):
        model = functional([source, one], first, last)
        opened_or_refused(write_h5(tmp_path_factory.getbasetemp() / "connections.h5", model, {}))


def opened_or_refused(path: Path) -> None:
    try:
        model = read_model(path)
    except ModelError as error:
        assert str(error)
    else:
        assert all(one.runnable or one.name in str(one.reason) for one in model.layers)
