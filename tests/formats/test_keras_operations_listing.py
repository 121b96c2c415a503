"""Every operation of Keras either runs, or is listed with the reason why it does not."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras.src.ops.operation import Operation

from explorer3d.errors import ModelError
from explorer3d.formats import read_model
from explorer3d.formats.keras.operations import KERAS_OPERATIONS
from explorer3d.formats.keras.operations.absent import ABSENT
from tests.formats.keras_referee import QUIET

pytestmark = QUIET

MODULES = (
    *(f"ops.{name}" for name in ("numpy", "nn", "core", "math", "linalg", "image", "einops")),
    "activations.activations",
    "quantizers.quantizers",
)
CLASSES = {
    name: found
    for module in MODULES
    for name, found in vars(importlib.import_module(f"keras.src.{module}")).items()
    if inspect.isclass(found) and issubclass(found, Operation) and found is not Operation
}

# Functions that leave no operation in a model: they make a tensor of sizes and numbers, or give none.
LEAVE_NONE = {
    *("bartlett", "blackman", "empty", "eye", "hamming", "hanning", "identity", "ones", "tri", "zeros"),
    *("convert_to_numpy", "custom_gradient", "dtype", "is_tensor", "shape", "vectorize"),
}
# Other names of functions.
SYNONYMS = {"abs": "absolute", "conj": "conjugate"}

# Operations that a model of Keras 3 cannot hold; functions of Keras 2 that come to the same are tried.
OF_KERAS_2 = {"Arange", "Shape"}


def test_every_class_runs_or_is_listed() -> None:
    known = set(KERAS_OPERATIONS) | set(ABSENT)
    # What the segments' operations share is none itself.
    assert set(CLASSES) - known == {"SegmentReduction"}
    assert known - set(CLASSES) == {"Shape"}
    assert not set(KERAS_OPERATIONS) & set(ABSENT)


def test_every_function_leads_to_such_a_class() -> None:
    spaces = [keras.ops, *(getattr(keras.ops, name) for name in ("numpy", "nn", "image", "linalg"))]
    functions = {
        name: found for one in spaces for name, found in vars(one).items() if inspect.isfunction(found)
    }
    assert len(functions) > 300
    lost = []
    for name in functions.keys() - LEAVE_NONE:
        source = inspect.getsource(functions[SYNONYMS.get(name, name)])
        if not any(word in CLASSES for word in re.findall(r"\b([A-Z]\w+)\(", source)):
            lost.append(name)
    assert not lost


def test_every_operation_is_tried() -> None:
    tried: set[str] = set()
    for file in sorted(Path(__file__).parent.glob("test_keras_operations_*.py")):
        module = importlib.import_module(f"tests.formats.{file.stem}")
        tried |= set(getattr(module, "DRAWS", {})) | set(getattr(module, "TRIED_APART", ()))
    assert set(KERAS_OPERATIONS) - tried == OF_KERAS_2


def _written(path: Path, class_name: str, args: list[Any], config: dict[str, Any], **more: Any) -> Path:
    """One operation on an input of (None, 4, 6), as Keras 3 writes it."""
    source = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4, 6], "dtype": "float32", "keras_history": ["x", 0, 0]},
    }
    layers = [
        {
            "class_name": "InputLayer",
            "name": "x",
            "config": {"batch_shape": [None, 4, 6], "dtype": "float32", "name": "x"},
            "inbound_nodes": [],
        },
        {
            "class_name": class_name,
            "name": "made",
            "module": "keras.src.ops.numpy",
            "config": {"name": "made", **config},
            "inbound_nodes": [{"args": [source, *args], "kwargs": more}],
        },
    ]
    config = {
        "class_name": "Functional",
        "config": {
            "name": "hand_made",
            "layers": layers,
            "input_layers": [["x", 0, 0]],
            "output_layers": [["made", 0, 0]],
        },
    }
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "3.10.0"
        file.create_group("model_weights").attrs["layer_names"] = np.array([], "S1")
    return path


def _reason(path: Path, class_name: str, args: list[Any], config: dict[str, Any], **more: Any) -> str:
    opened = read_model(_written(path / "made.h5", class_name, args, config, **more))
    assert not opened.layer_by_name["made"].runnable
    (note,) = opened.notes
    return note.removeprefix("Layer made cannot run: ").removesuffix(".")


@pytest.mark.parametrize("class_name", sorted(ABSENT))
def test_the_reason_is_said(class_name: str, tmp_path: Path) -> None:
    assert _reason(tmp_path, class_name, [], {}) == f"the operation {class_name} {ABSENT[class_name]}"


HUGE = 2**31 - 1

HOSTILE: list[tuple[str, list[Any], dict[str, Any], str]] = [
    ("Invented", [], {}, "the operation Invented is not known here"),
    ("Add", [], {}, "its argument x2 is no tensor"),
    ("Add", [1, 2], {}, "it is called with 3 arguments, but takes 2"),
    ("Add", ["one"], {}, "its argument x2 is no tensor"),
    ("Add", [["one"]], {}, "its argument x2 is not made of numbers"),
    ("Add", [[[1], [1, 2]]], {}, "its argument x2 is no tensor"),
    ("Add", [2**63], {}, "one of its arguments is too large"),
    ("Add", [[[0.0] * 5] * 4], {}, "its inputs do not fit: (None, 4, 6) and (4, 5)"),
    ("Mean", [], {"axis": 3}, "its axis 3 does not exist in an input of rank 3"),
    ("Mean", [], {"axis": [0, 0]}, "its setting axis names an axis twice"),
    ("Mean", [], {"axis": "all"}, "its setting axis is not a whole number"),
    ("Mean", [], {"axis": 1, "keepdims": 2}, "its setting keepdims is not yes or no"),
    (
        "Tile",
        [],
        {"repeats": [1, HUGE, HUGE]},
        "its result would be of shape (None, 8589934588, 12884901882)",
    ),
    ("Repeat", [], {"repeats": HUGE, "axis": 1}, f"it repeats ({HUGE},) times"),
    ("Repeat", [], {"repeats": 2**40}, "its setting repeats is not a list of whole numbers"),
    ("OneHot", [], {"num_classes": 2**31}, "its setting num_classes is not a whole number"),
    ("OneHot", [], {"num_classes": HUGE}, f"it needs a table of {HUGE} numbers"),
    ("OneHot", [], {"num_classes": -1}, "its setting num_classes is -1, but must be positive"),
    (
        "BroadcastTo",
        [],
        {"shape": [HUGE, HUGE, 4, 6]},
        f"its result would be of shape ({HUGE}, {HUGE}, 4, 6)",
    ),
    ("Reshape", [], {"newshape": [-1, -1]}, "its shape [-1, -1] is not valid"),
    ("Transpose", [], {"axes": [0, 1, 1]}, "its axes (0, 1, 1) do not fit an input of rank 3"),
    (
        "Pad",
        [],
        {"pad_width": [[0, 0], [HUGE, 0], [0, HUGE]]},
        f"its result would be of shape (None, {HUGE + 4}, {HUGE + 6})",
    ),
    (
        "Pad",
        [],
        {"pad_width": [[0, 0], [-1, 0], [0, 0]]},
        "its setting pad_width is not made of 3 pairs of sizes",
    ),
    ("Vander", [], {"N": HUGE}, f"it needs a table of {HUGE} numbers"),
    ("Diagflat", [], {"k": HUGE}, "the size of its input's axis -1 is not in the file"),
    ("GetItem", [[0, 9]], {}, "it takes place 9 of an axis of 4"),
    ("GetItem", [[0, 0, 0, 0]], {}, "its 4 indices do not fit an input of rank 3"),
    (
        "GetItem",
        [{"class_name": "__slice__", "config": {"start": 0, "stop": 1, "step": 0}}],
        {},
        "the step of its slice is no whole number",
    ),
    ("Take", [[2**40]], {"axis": 1}, "its argument indices is not made of numbers"),
    ("TopK", [], {"k": 7}, "it takes the 7 largest of 6"),
    ("Split", [], {"indices_or_sections": 5, "axis": 1}, "it splits 4 places into 5 parts"),
    ("Split", [], {"indices_or_sections": [3, 2], "axis": 1}, "it splits 4 places into [3, -1, 2]"),
    ("Einsum", [], {"subscripts": "ab->a"}, "its subscripts ab->a do not fit inputs of [3] axes"),
    ("Einsum", [], {"subscripts": 7}, "its subscripts are no word"),
    (
        "Cast",
        [],
        {"dtype": "complex64"},
        "it computes with numbers of type complex64, which cannot be done here",
    ),
    ("Linspace", [1], {"num": HUGE}, f"it makes {HUGE} points"),
    ("Quantile", [2.0], {"axis": 1}, "its quantiles are no numbers from 0 to 1"),
    ("ConvTranspose", [], {}, "its argument kernel is no tensor"),
    ("Conv", [[[[0.0]]]], {"strides": 0}, "its kernel of shape (1, 1, 1) does not fit 6 channels"),
    ("RFFT", [], {"fft_length": HUGE}, f"its result would be of shape {(None, 4, HUGE)}"),
    ("RFFT", [], {"fft_length": 5000}, "it transforms 5000 places, more than 4096"),
    ("Roll", [], {"shift": [1, 2], "axis": 1}, "it has 2 shifts for 1 axes"),
    (
        "Norm",
        [],
        {"ord": "nuc", "axis": [1, 2]},
        "its norm nuc needs singular values, which ONNX cannot compute",
    ),
    (
        "Fold",
        [],
        {"output_size": HUGE, "kernel_size": 2, "stride": 1},
        f"its result would be of shape (None, 1, {HUGE}, {HUGE})",
    ),
    ("Resize", [], {"size": [HUGE, HUGE]}, f"it needs a table of {HUGE * HUGE} numbers"),
]


@pytest.mark.parametrize(("class_name", "args", "config", "reason"), HOSTILE)
def test_what_does_not_fit(
    class_name: str, args: list[Any], config: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    found = _reason(tmp_path, class_name, args, config)
    assert found == reason


@pytest.mark.parametrize("depth", [65, 200, 400, 480, 490, 495, 500, 1000, 20_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nests_of_arguments(opening: str, closing: str, depth: int, tmp_path: Path) -> None:
    path = _written(tmp_path / "deep.h5", "Add", ["here"], {})
    with h5py.File(path, "r+") as file:
        text = file.attrs["model_config"].replace('"here"', opening * depth + "1.0" + closing * depth)
        file.attrs["model_config"] = text
    with pytest.raises(ModelError, match="nested too deeply"):
        read_model(path)


@pytest.mark.parametrize("dtype", ["S2000000000", "O", "V1000000000", "complex64", "M8[s]", None, 7, []])
def test_constants_of_odd_types(dtype: Any, tmp_path: Path) -> None:
    constant = {"class_name": "__numpy__", "config": {"value": [1], "dtype": dtype}}
    with pytest.raises(ModelError, match="constant that is no array"):
        read_model(_written(tmp_path / "odd.h5", "Add", [constant], {}))
