"""Containers that are damaged or made to do harm: each is refused with one sentence, or opens."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer3d.errors import ModelError
from explorer3d.formats import read_model, wire
from explorer3d.formats.keras.tensor_bundle import TensorBundle
from tests.formats.keras_files import layer, sequential
from tests.formats.tensorflow_files import bundle_header, entry, field, metadata, table

NETWORK = sequential(
    layer("InputLayer", "x", batch_input_shape=[None, 6], dtype="float32"),
    layer("Dense", "one", units=3, activation="linear", use_bias=False),
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    with zipfile.ZipFile(Path(__file__).with_name("tf_keras.zip")) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def refused(path: Path, said: str, weights: Path | None = None) -> None:
    with pytest.raises(ModelError) as caught:
        read_model(path, weights=weights)
    text = str(caught.value)
    assert said in text, text
    assert "\n" not in text


def opened_or_refused(path: Path, weights: Path | None = None) -> None:
    try:
        read_model(path, weights=weights)
    except ModelError as error:
        assert str(error)


INDEX = "saved/variables/variables.index"
DATA = "saved/variables/variables.data-00000-of-00001"
METADATA = "saved/keras_metadata.pb"


@pytest.mark.parametrize("kept", [0, 1, 10, 47, 48, 100, 700, 1300])
def test_an_index_cut_short(kept: int, files: Path) -> None:
    (files / INDEX).write_bytes((files / INDEX).read_bytes()[:kept])
    refused(files / "saved", "variables.index is damaged")


@pytest.mark.parametrize("at", range(0, 1394, 41))
def test_an_index_with_one_wrong_byte(at: int, files: Path) -> None:
    """Whatever is not covered by a checksum is looked at."""
    content = bytearray((files / INDEX).read_bytes())
    content[at] ^= 0xFF
    (files / INDEX).write_bytes(content)
    opened_or_refused(files / "saved")


@pytest.mark.parametrize("kept", [0, 1, 100, 3000])
def test_data_cut_short(kept: int, files: Path) -> None:
    (files / DATA).write_bytes((files / DATA).read_bytes()[:kept])
    refused(files / "saved", "damaged")


@pytest.mark.parametrize("at", range(0, 9127, 293))
def test_data_with_one_wrong_byte(at: int, files: Path) -> None:
    content = bytearray((files / DATA).read_bytes())
    content[at] ^= 0xFF
    (files / DATA).write_bytes(content)
    opened_or_refused(files / "saved")


@pytest.mark.parametrize("kept", [1, 100, 5000])
def test_metadata_cut_short(kept: int, files: Path) -> None:
    (files / METADATA).write_bytes((files / METADATA).read_bytes()[:kept])
    refused(files / "saved", "damaged")


@pytest.mark.parametrize("at", range(0, 19255, 811))
def test_metadata_with_one_wrong_byte(at: int, files: Path) -> None:
    content = bytearray((files / METADATA).read_bytes())
    content[at] ^= 0x20
    (files / METADATA).write_bytes(content)
    opened_or_refused(files / "saved")


def test_a_saved_model_without_its_variables(files: Path) -> None:
    (files / INDEX).unlink()
    refused(files / "saved", "copy the whole folder again")


def saved_model(folder: Path, graph: bytes, described: bytes | None = None) -> Path:
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(graph)
    if described is not None:
        (folder / "keras_metadata.pb").write_bytes(described)
    return folder


NO_GRAPH = field(1, 1) + field(2, b"")


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (None, "comes without a Keras configuration"),
        (metadata("root", "{}"), "comes without a Keras configuration"),
        (metadata("root.layer-0", json.dumps(NETWORK)), "comes without a Keras configuration"),
        (metadata("root", "[1, 2]"), "comes without a Keras configuration"),
        (metadata("root", "{oops"), "is damaged"),
        (metadata("root", '{"config":' * 100_000), "nested too deeply"),
        (
            metadata("root", json.dumps({"class_name": "Mine", "config": {"units": 3}})),
            "is of class Mine, written in Python code",
        ),
        (metadata("root", json.dumps({"class_name": "Model", "config": {"layers": 7}})), "written in Python"),
        (metadata("root", json.dumps({"config": {"layers": []}})), "comes without a Keras configuration"),
        (field(1, 7), "is damaged"),
    ],
)
def test_metadata_that_describe_nothing(described: bytes | None, said: str, tmp_path: Path) -> None:
    refused(saved_model(tmp_path / "saved", NO_GRAPH, described), said)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({}, "no count of data files"),
        ({b"": b"\xff"}, "cut short"),
        ({b"": field(1, 10**6)}, "no count of data files"),
        ({b"": field(1, 1) + field(2, 1)}, "big-endian"),
        ({b"": bundle_header(1), b"a": b"\x0a"}, "cut short"),
        ({b"": bundle_header(1), b"a": entry(1, (2**40, 3), 12)}, "a size of"),
        ({b"": bundle_header(1), b"a": field(2, 3)}, "a number in place of a message"),
    ],
)
def test_entries_that_make_no_sense(entries: dict[bytes, bytes], said: str, tmp_path: Path) -> None:
    (tmp_path / "w.index").write_bytes(table(entries))
    (tmp_path / "w.data-00000-of-00001").write_bytes(bytes(64))
    refused(tmp_path / "w.index", said)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (entry(1, (2, 3), 20), "its size does not fit its shape"),
        (entry(1, (2**39, 2**39), 24), "its size does not fit its shape"),
        (entry(1, (2**39,), 2**41), "reaches beyond the end"),
        (entry(1, (2, 3), 24, offset=2**62), "reaches beyond the end"),
        (entry(1, (2, 3), 24, shard=1), "w.data-00001-of-00001 is missing"),
        (entry(1, (2, 3), 24) + field(7, b""), "in slices"),
    ],
)
def test_variables_that_lie_nowhere(made: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "w.index").write_bytes(table({b"": bundle_header(1), b"a": made}))
    (tmp_path / "w.data-00000-of-00001").write_bytes(bytes(64))
    refused(tmp_path / "w.index", said)


def test_a_table_in_compressed_blocks(tmp_path: Path) -> None:
    """LevelDB knows them, TensorFlow's checkpoints do without."""
    (tmp_path / "w.index").write_bytes(table({b"": bundle_header(1)}, compression=1))
    refused(tmp_path / "w.index", "compressed")


def test_an_index_too_large_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "w.index"
    content = table({b"": bundle_header(1)})
    with path.open("wb") as file:
        file.write(content[:8])
        file.truncate(1 << 30)
        file.seek(0, 2)
        file.write(content[-48:])
    refused(path, "larger than the index of a checkpoint can be")


def test_objects_that_lead_round_in_circles(tmp_path: Path) -> None:
    """TrackableObjectGraph: the network holds layer-1, which holds itself."""
    child = field(1, 1) + field(2, b"layer-0")
    again = field(1, 1) + field(2, b"again")
    kernel = field(1, 2) + field(2, b"kernel")
    variable = field(1, b"VARIABLE_VALUE") + field(2, b"one/kernel") + field(3, b"k")
    graph = (
        field(1, field(1, child))
        + field(1, field(1, again) + field(1, kernel))
        + field(1, field(2, variable))
    )
    length = bytes([len(graph) & 0x7F | 0x80, len(graph) >> 7])
    text = length + bytes(4) + graph
    values = np.arange(18, dtype=np.float32)
    (tmp_path / "w.data-00000-of-00001").write_bytes(text + values.tobytes())
    (tmp_path / "w.index").write_bytes(
        table(
            {
                b"": bundle_header(1),
                b"_CHECKPOINTABLE_OBJECT_GRAPH": entry(7, (), len(text)),
                b"k": entry(1, (6, 3), 72, offset=len(text)),
            }
        )
    )
    (tmp_path / "net.json").write_text(json.dumps(NETWORK))
    model = read_model(tmp_path / "net.json", weights=tmp_path / "w.index")
    (weight,) = model.layers[0].weights
    np.testing.assert_array_equal(weight.numpy(), values.reshape(6, 3))


def test_objects_that_are_not_there(tmp_path: Path) -> None:
    graph = field(1, field(1, field(1, 9) + field(2, b"layer-0")))
    text = bytes([len(graph)]) + bytes(4) + graph
    (tmp_path / "w.data-00000-of-00001").write_bytes(text)
    found = {b"": bundle_header(1), b"_CHECKPOINTABLE_OBJECT_GRAPH": entry(7, (), len(text))}
    (tmp_path / "w.index").write_bytes(table(found))
    (tmp_path / "net.json").write_text(json.dumps(NETWORK))
    refused(tmp_path / "net.json", "contradicts itself", tmp_path / "w.index")
    (tmp_path / "w.index").write_bytes(table({b"": bundle_header(1), b"a": entry(1, (0,), 0)}))
    refused(tmp_path / "net.json", "holds no _CHECKPOINTABLE_OBJECT_GRAPH", tmp_path / "w.index")


def test_configurations_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    for text, said in [
        ('{"class_name": "Sequential", "config": ', "not valid JSON"),
        ('{"class_name": ' + "[" * 100_000, "nested too deeply"),
        ('{"class_name": 7}', "does not describe a Keras model"),
        ('"{\\"class_name\\": \\"Seq', "not valid JSON"),
        (
            '{"class_name": "Model", "config": {"layers": [{"class_name": "Dense", "config": 3}]}}',
            "without a name",
        ),
    ]:
        path.write_text(text)
        refused(path, said)


def test_a_configuration_too_large_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    with path.open("wb") as file:
        file.write(b'{"class_name": "Sequential"' + b" " * 1000)
        file.truncate(1 << 30)
    refused(path, "larger than a model's description can be")


def test_messages_are_read_with_care() -> None:
    for malformed in (b"\x0a", b"\x0a\x05abc", b"\x0b", b"\x80", b"\x09abc", b"\x08"):
        with pytest.raises(wire.Malformed):
            list(wire.fields(memoryview(malformed)))
    assert list(wire.fields(memoryview(b"\x08\x96\x01\x15abcd"))) == [(1, 150), (2, b"abcd")]


def test_a_bundle_of_every_type(tmp_path: Path) -> None:
    """Types by their numbers in TensorFlow's ``types.proto``; an odd number of bytes first."""
    arrays = {
        "a": (10, np.array([True, False, True])),
        "b": (1, np.array([[1.5, -2.0]], np.float32)),
        "c": (2, np.array(3.25)),
        "d": (9, np.array([-(2**40)], np.int64)),
        "e": (19, np.array([0.5], np.float16)),
        "f": (3, np.array([-7], np.int32)),
        "g": (4, np.array([200], np.uint8)),
    }
    content, entries = b"", {b"": bundle_header(1)}
    for name, (dtype, array) in arrays.items():
        entries[name.encode()] = entry(dtype, array.shape, array.nbytes, offset=len(content))
        content += array.tobytes()
    entries[b"h"] = entry(14, (2,), 4, offset=len(content))
    # bfloat16 is the upper half of a float32.
    content += np.array([1.5, -2.0], np.float32).view(np.uint16)[1::2].tobytes()
    (tmp_path / "w.index").write_bytes(table(entries))
    (tmp_path / "w.data-00000-of-00001").write_bytes(content)
    bundle = TensorBundle(tmp_path / "w.index")
    for name, (_, array) in arrays.items():
        tensor = bundle.tensor(name)
        assert tensor is not None
        np.testing.assert_array_equal(tensor.numpy(), array)
    half = bundle.tensor("h")
    assert half is not None
    np.testing.assert_array_equal(half.numpy().astype(np.float32), [1.5, -2.0])
