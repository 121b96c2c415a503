"""VGG-16 as ONNX, its 138 million weights noise: the usual large network of few layers.

python tests/benchmarks/vgg.py OUT.onnx
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

CHANNELS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)  # 0: pooling
WIDTHS = (4096, 4096, 1000)


def vgg16() -> onnx.ModelProto:
    random = np.random.default_rng(0)
    nodes, weights = [], []

    def weight(name: str, *shape: int) -> str:
        scale = np.float32(np.sqrt(2 / np.prod(shape[1:]))) if len(shape) > 1 else np.float32(0.01)
        values = random.standard_normal(shape, np.float32) * scale
        weights.append(helper.make_tensor(name, TensorProto.FLOAT, shape, values.tobytes(), raw=True))
        return name

    value, channels = "image", 3
    for index, width in enumerate(CHANNELS, 1):
        if width:
            names = weight(f"conv{index}.weight", width, channels, 3, 3), weight(f"conv{index}.bias", width)
            nodes.append(
                helper.make_node("Conv", [value, *names], [f"c{index}"], f"conv{index}", pads=[1] * 4)
            )
            nodes.append(helper.make_node("Relu", [f"c{index}"], [f"r{index}"], f"relu{index}"))
            value, channels = f"r{index}", width
        else:
            pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
            nodes.append(helper.make_node("MaxPool", [value], [f"p{index}"], f"pool{index}", **pool))
            value = f"p{index}"
    nodes.append(helper.make_node("Flatten", [value], ["flat"], "flatten"))
    value, taken = "flat", 512 * 7 * 7
    for place, width in enumerate(WIDTHS, 1):
        names = weight(f"dense{place}.weight", width, taken), weight(f"dense{place}.bias", width)
        made = f"d{place}"
        nodes.append(helper.make_node("Gemm", [value, *names], [made], f"dense{place}", transB=1))
        after = "Relu" if place < len(WIDTHS) else "Softmax"
        nodes.append(helper.make_node(after, [made], [f"a{place}"], f"{after.lower()}_{place}"))
        value, taken = f"a{place}", width
    graph = helper.make_graph(
        nodes,
        "vgg16",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 224, 224])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, 1000])],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(vgg16().SerializeToString())
