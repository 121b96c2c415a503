"""ONNX graphs run by TensorFlow, whose GradientTape knows nothing of our rules.

Only what the light networks of the onnx package are made of: NCHW convolutions and pools in two dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"

Arrays = dict[str, np.ndarray]
Attributes = Mapping[str, Any]


class Network:
    """A light network with noise for weights.

    Parameters
    ----------
    name : str
        As in ``light_<name>.onnx``, whose weights are all alike.
    size : tuple of int
        Height and width of the input.
    smooth : bool
        Softplus in the place of Relu, averages in the place of largest values.

    Attributes
    ----------
    proto : onnx.ModelProto
        With these weights.
    image : (1, 3, H, W) float32 array
    logits : str
        The value in front of the softmax.
    """

    def __init__(self, name: str, size: tuple[int, int] = (224, 224), *, smooth: bool = False) -> None:
        self.proto = onnx.load(LIGHT / f"light_{name}.onnx")
        graph = self.proto.graph
        weights, self._nodes = _noise(graph)
        if smooth:
            for node in self._nodes:
                _smooth(node)
        self.image = np.random.default_rng(6).normal(size=(1, 3, *size)).astype(np.float32)
        read = {name for node in self._nodes for name in node.input}
        (self.input,) = [entry.name for entry in graph.input if entry.name in read - weights.keys()]
        last = self._nodes[-1]
        self.logits = last.input[0] if last.op_type == "Softmax" else last.output[0]
        self._weights: Mapping[str, np.ndarray] = weights
        self._calibrate(weights)
        del graph.node[:], graph.initializer[:], graph.input[:], graph.output[:], graph.value_info[:]
        graph.node.extend(self._nodes)
        graph.initializer.extend(onnx.numpy_helper.from_array(array, name) for name, array in weights.items())
        graph.input.append(onnx.helper.make_tensor_value_info(self.input, 1, self.image.shape))
        graph.output.append(onnx.ValueInfoProto(name=self._nodes[-1].output[0]))
        self.proto.ir_version = 8

    def gradient(self, seed: np.ndarray, kind: type[np.floating]) -> np.ndarray:
        """The gradient of Σ seed · logits by the image, reckoned in float32 or float64."""
        import tensorflow as tf

        weights = {
            name: tf.constant(array.astype(kind)) if array.dtype == np.float32 else array
            for name, array in self._weights.items()
        }
        image = tf.constant(self.image.astype(kind))
        with tf.GradientTape() as tape:
            tape.watch(image)
            values = {**weights, self.input: image}
            for node in self._nodes:
                if self.logits in values:
                    break
                values[node.output[0]] = _run(node, values)
            total = tf.reduce_sum(values[self.logits] * seed.astype(kind))
        return np.asarray(tape.gradient(total, image))

    def _calibrate(self, weights: Arrays) -> None:
        """Scale the weights of each product so that what comes out deviates by one."""
        values: dict[str, Any] = {**weights, self.input: self.image}
        for node in self._nodes:
            result = np.asarray(_run(node, values))
            if node.op_type in ("Conv", "Gemm"):
                deviation = result.std()
                for name in node.input[1:]:
                    weights[name] = values[name] = (weights[name] / deviation).astype(np.float32)
                result = result / deviation
            values[node.output[0]] = result


def _noise(graph: onnx.GraphProto) -> tuple[Arrays, list[onnx.NodeProto]]:
    """Other weights for a network, and its nodes but for those that make weights of weights."""
    random = np.random.default_rng(5)
    found = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights: Arrays = {}
    nodes = []
    for node in graph.node:
        given = [found.get(name) for name in node.input]
        if all(array is not None for array in given):
            found[node.output[0]] = _OF_WEIGHTS[node.op_type](node, *given)
            continue
        nodes.append(node)
        for at, (name, array) in enumerate(zip(node.input, given, strict=True)):
            if array is None:
                continue
            if array.dtype == np.float32:
                factor = node.op_type == "Mul" or (node.op_type == "BatchNormalization" and at in (1, 4))
                deviation = 0.2 if max(array.shape) == array.size else 1
                noise = random.normal(0, deviation, array.shape)
                array = (1 + noise.clip(-0.5, 0.5) if factor else noise).astype(np.float32)
            weights[name] = array
    return weights, nodes


_OF_WEIGHTS: dict[str, Callable[..., np.ndarray]] = {
    "ConstantOfShape": lambda node, shape: np.zeros(shape, np.float32),
    "Reshape": lambda node, array, shape: array.reshape(shape),
    "Unsqueeze": lambda node, array: np.expand_dims(array, tuple(node.attribute[0].ints)),
}
"""Shapes count only: all is noise in the end."""


def _smooth(node: onnx.NodeProto) -> None:
    if node.op_type == "Relu":
        node.op_type = "Softplus"
    elif node.op_type == "MaxPool":
        node.op_type = "AveragePool"


def _run(node: onnx.NodeProto, values: Mapping[str, Any]) -> Any:
    attributes = {entry.name: onnx.helper.get_attribute_value(entry) for entry in node.attribute}
    return _OPERATORS[node.op_type](attributes, *(values[name] for name in node.input if name))


def _last(value: Any) -> Any:
    import tensorflow as tf

    return tf.transpose(value, [0, 2, 3, 1])


def _first(value: Any) -> Any:
    import tensorflow as tf

    return tf.transpose(value, [0, 3, 1, 2])


def _around(attributes: Attributes) -> list[list[int]]:
    top, left, bottom, right = attributes.get("pads", [0] * 4)
    return [[0, 0], [top, bottom], [left, right], [0, 0]]


def _conv(attributes: Attributes, x: Any, weights: Any, bias: Any = None) -> Any:
    import tensorflow as tf

    groups = attributes.get("group", 1)
    data = tf.pad(_last(x), _around(attributes))
    kernel = tf.transpose(weights, [2, 3, 1, 0])
    parts = zip(tf.split(data, groups, -1), tf.split(kernel, groups, -1), strict=True)
    strides = list(attributes.get("strides", [1, 1]))
    made = _first(tf.concat([tf.nn.conv2d(part, own, strides, "VALID") for part, own in parts], -1))
    return made if bias is None else made + tf.reshape(bias, [1, -1, 1, 1])


def _pool(attributes: Attributes, x: Any, *, largest: bool) -> Any:
    import tensorflow as tf

    size, strides = list(attributes["kernel_shape"]), list(attributes.get("strides", [1, 1]))
    data, around = _last(x), _around(attributes)
    if largest:
        return _first(tf.nn.max_pool2d(tf.pad(data, around, constant_values=-1e30), size, strides, "VALID"))
    inside = tf.pad(tf.ones_like(data), around, constant_values=attributes.get("count_include_pad", 0))
    sums = [tf.nn.avg_pool2d(part, size, strides, "VALID") for part in (tf.pad(data, around), inside)]
    return _first(sums[0] / sums[1])


def _normalised(attributes: Attributes, x: Any, scale: Any, bias: Any, mean: Any, variance: Any) -> Any:
    import tensorflow as tf

    scale, bias, mean, variance = (tf.reshape(each, [1, -1, 1, 1]) for each in (scale, bias, mean, variance))
    return (x - mean) * tf.math.rsqrt(variance + attributes.get("epsilon", 1e-5)) * scale + bias


def _local(attributes: Attributes, x: Any) -> Any:
    import tensorflow as tf

    size, channels = attributes["size"], x.shape[1]
    wide = tf.pad(x * x, [[0, 0], [size // 2, size // 2], [0, 0], [0, 0]])
    sums = sum(wide[:, at : at + channels] for at in range(size))
    return x / (attributes.get("bias", 1.0) + attributes["alpha"] / size * sums) ** attributes["beta"]


def _gemm(attributes: Attributes, a: Any, b: Any, c: Any) -> Any:
    import tensorflow as tf

    turned = [bool(attributes.get(name, 0)) for name in ("transA", "transB")]
    return tf.matmul(a, b, transpose_a=turned[0], transpose_b=turned[1]) + c


def _reshape(attributes: Attributes, x: Any, shape: np.ndarray) -> Any:
    import tensorflow as tf

    return tf.reshape(x, [size or x.shape[at] for at, size in enumerate(shape)])


def _softmax(attributes: Attributes, x: Any) -> Any:
    import tensorflow as tf

    return tf.reshape(tf.nn.softmax(tf.reshape(x, [x.shape[0], -1])), x.shape)


def _called(name: str) -> Callable[..., Any]:
    def run(attributes: Attributes, *inputs: Any) -> Any:
        import tensorflow as tf

        return getattr(tf.nn if hasattr(tf.nn, name) else tf.math, name)(*inputs)

    return run


def _joined(attributes: Attributes, *inputs: Any) -> Any:
    import tensorflow as tf

    return tf.concat(inputs, attributes["axis"])


def _moved(attributes: Attributes, x: Any) -> Any:
    import tensorflow as tf

    return tf.transpose(x, attributes["perm"])


def _whole(attributes: Attributes, x: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_mean(x, [2, 3], keepdims=True)


_OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": lambda attributes, a, b: a + b,
    "AveragePool": lambda attributes, x: _pool(attributes, x, largest=False),
    "BatchNormalization": _normalised,
    "Concat": _joined,
    "Conv": _conv,
    "Dropout": lambda attributes, x: x,
    "Gemm": _gemm,
    "GlobalAveragePool": _whole,
    "LRN": _local,
    "MaxPool": lambda attributes, x: _pool(attributes, x, largest=True),
    "Mul": lambda attributes, a, b: a * b,
    "Relu": _called("relu"),
    "Reshape": _reshape,
    "Softmax": _softmax,
    "Softplus": _called("softplus"),
    "Sum": lambda attributes, *inputs: sum(inputs[1:], inputs[0]),
    "Transpose": _moved,
}
