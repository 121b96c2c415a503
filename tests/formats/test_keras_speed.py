"""What makes the graph of a Keras file open and run as fast as it does."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from explorer3d.errors import ModelError
from explorer3d.formats import read_model
from explorer3d.graph.inference import infer
from explorer3d.graph.model import Model
from explorer3d.graph.shapes import declared
from explorer3d.graph.skeleton import skeleton
from tests.formats.keras_files import layer, sequential, write_h5

SAMPLE = Path(__file__).parents[2] / "sample_models" / "lenet_fashion.h5"


def _convolutions(path: Path) -> Model:
    config = sequential(
        layer("InputLayer", "input", batch_input_shape=[None, 9, 11, 3]),
        layer("Conv2D", "one", filters=5, kernel_size=[3, 3]),
        layer("BatchNormalization", "normalised", axis=[3]),
        layer("MaxPooling2D", "smaller", pool_size=[2, 2]),
        layer("Conv2D", "other", filters=4, kernel_size=[2, 2]),
    )
    ones = np.ones(5, np.float32)
    moments = dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), ones)
    weights = {
        "one": {"kernel": np.ones((3, 3, 3, 5), np.float32), "bias": ones},
        "normalised": moments,
        "other": {"kernel": np.ones((2, 2, 5, 4), np.float32), "bias": np.ones(4, np.float32)},
    }
    return read_model(write_h5(path / "model.h5", config, weights))


def _operators(proto: onnx.ModelProto) -> Counter[str]:
    return Counter(node.op_type for node in proto.graph.node)


def test_layers_that_want_channels_second_hand_them_on(tmp_path: Path) -> None:
    model = _convolutions(tmp_path)
    found = _operators(skeleton(model.ir, model.ir.graph.outputs).proto)
    assert found == {"Transpose": 2, "Conv": 2, "BatchNormalization": 1, "MaxPool": 1}
    # Each layer's own result is there for those who ask, in Keras' order.
    assert [one.outputs[0].shape for one in model.layers] == [
        (1, 7, 9, 5),
        (1, 7, 9, 5),
        (1, 3, 4, 5),
        (1, 2, 3, 4),
    ]


def test_onnxruntime_makes_one_operator_of_gelu(tmp_path: Path) -> None:
    config = sequential(
        layer("InputLayer", "input", batch_input_shape=[None, 6]),
        layer("Activation", "gelu", activation="gelu"),
    )
    model = read_model(write_h5(tmp_path / "model.h5", config, {}, "3.0.0"))
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    proto = skeleton(model.ir, model.ir.graph.outputs).proto
    ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    assert _operators(onnx.load(tmp_path / "optimised.onnx")) == {"Gelu": 1}


def test_the_file_says_all_shapes_that_inference_would_find() -> None:
    model = read_model(SAMPLE)
    said = declared(model.ir.graph)
    assert said is not None
    inferred = infer(model.ir)
    assert said == {name: inferred[name] for name in said}
    assert {value.name for node in model.ir.graph for value in node.outputs} <= said.keys()


def test_garbage_is_collected_again_afterwards(tmp_path: Path) -> None:
    assert gc.isenabled()
    read_model(SAMPLE)
    assert gc.isenabled()
    config = sequential(layer("InputLayer", "input", batch_input_shape=[None, -6]), layer("Dense", "one"))
    with pytest.raises(ModelError):
        read_model(write_h5(tmp_path / "model.h5", config, {}))
    assert gc.isenabled()
