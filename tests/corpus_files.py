"""Small model files of every kind that strangers bring, made on the spot."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
from onnx import AttributeProto, TensorProto
from onnx.external_data_helper import set_external_data
from onnx.helper import (
    make_function,
    make_graph,
    make_map_type_proto,
    make_model,
    make_node,
    make_opsetid,
    make_sequence_type_proto,
    make_tensor,
    make_tensor_type_proto,
    make_tensor_value_info,
    make_value_info,
)
from onnx.numpy_helper import from_array

from tests.formats.keras_files import layer, sequential, write_h5, write_keras

FLOAT, FLOAT16, BFLOAT16 = TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16
INT64, BOOL, STRING = TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING
Maker = Callable[[Path], Path]
Info = onnx.ValueInfoProto


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(0, 0.5, shape).astype(np.float32)


def info(name: str, shape: Sequence[int | str | None] | None = None, kind: int = FLOAT) -> Info:
    return make_tensor_value_info(name, kind, shape)


def onnx_file(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[Info],
    outputs: Sequence[Info | str],
    weights: dict[str, np.ndarray] | None = None,
    domains: Sequence[str] = (),
    opset: int = 19,
    ir_version: int = 9,
    **options: Any,
) -> Maker:
    graph = make_graph(
        nodes,
        "g",
        list(inputs),
        [info(output) if isinstance(output, str) else output for output in outputs],
        [from_array(array, name) for name, array in (weights or {}).items()],
    )
    imports = [make_opsetid("", opset), *(make_opsetid(domain, 3) for domain in domains)]
    proto = make_model(graph, opset_imports=imports, ir_version=ir_version, **options)
    return raw_bytes("m.onnx", proto.SerializeToString())


def raw_bytes(name: str, content: bytes) -> Maker:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def renamed(make: Maker, name: str) -> Maker:
    return lambda folder: make(folder).rename(folder / name)


def cut(make: Maker, share: float = 0.5) -> Maker:
    def short(folder: Path) -> Path:
        path = make(folder)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        return path

    return short


def picture_network(kind: int = FLOAT, size: Sequence[int | str] = (12, 10)) -> Maker:
    """Conv, Relu, pool, Softmax on a colour picture."""
    dtype = {FLOAT: np.float32, FLOAT16: np.float16}[kind]
    nodes = [
        make_node("Conv", ["image", "kernel"], ["maps"], name="conv"),
        make_node("Relu", ["maps"], ["bright"], name="relu"),
        make_node("GlobalAveragePool", ["bright"], ["mean"], name="pool"),
        make_node("Flatten", ["mean"], ["flat"], name="flat"),
        make_node("Softmax", ["flat"], ["y"], name="soft"),
    ]
    image = info("image", ["N", 3, *size], kind)
    return onnx_file(nodes, [image], [info("y", kind=kind)], {"kernel": _noise(4, 3, 3, 3).astype(dtype)})


def conditional_and_loop() -> Maker:
    def branch(op: str) -> onnx.GraphProto:
        constant = make_node("Constant", [], [f"{op}_w"], value=from_array(_noise(4)))
        return make_graph([constant, make_node(op, ["x", f"{op}_w"], [op])], op, [], [info(op)])

    body = make_graph(
        [make_node("Identity", ["go"], ["on"]), make_node("Relu", ["state"], ["next"])],
        "body",
        [info("i", [], INT64), info("go", [], BOOL), info("state")],
        [info("on", [], BOOL), info("next")],
    )
    nodes = [
        make_node("If", ["flag"], ["v"], name="if", then_branch=branch("Mul"), else_branch=branch("Add")),
        make_node("Loop", ["n", "", "v"], ["y"], name="loop", body=body),
    ]
    return onnx_file(nodes, [info("x", [2, 4]), info("flag", [], BOOL), info("n", [], INT64)], ["y"])


def nested_conditions(depth: int = 20) -> Maker:
    graph = make_graph([make_node("Neg", ["x"], ["r"])], "deepest", [], [info("r")])
    for _ in range(depth - 1):
        other = make_graph([make_node("Identity", ["x"], ["r"])], "other", [], [info("r")])
        node = make_node("If", ["c"], ["r"], then_branch=graph, else_branch=other)
        graph = make_graph([node], "inner", [], [info("r")])
    other = make_graph([make_node("Identity", ["x"], ["r"])], "other", [], [info("r")])
    return onnx_file(
        [make_node("If", ["c"], ["r"], name="if", then_branch=graph, else_branch=other)],
        [info("x", [3]), info("c", [], BOOL)],
        ["r"],
    )


def own_function() -> Maker:
    leaky = make_node("LeakyRelu", ["a"], ["b"])
    leaky.attribute.add(name="alpha", ref_attr_name="slope", type=AttributeProto.FLOAT)
    function = make_function("mine", "Kink", ["a"], ["b"], [leaky], [make_opsetid("", 19)], ["slope"])
    node = make_node("Kink", ["x"], ["y"], name="kink", domain="mine", slope=0.1)
    return onnx_file([node], [info("x", ["N", 3])], ["y"], domains=["mine"], functions=[function])


def quantised(operators: str) -> Maker:
    """A matrix product in 8 bits, as QDQ pairs or as the quantised operator itself."""
    weights = {
        "s": np.array(0.05, np.float32),
        "z": np.array(3, np.uint8),
        "w": np.arange(12, dtype=np.uint8).reshape(4, 3),
    }
    quantise = make_node("QuantizeLinear", ["x", "s", "z"], ["q"], name="quantise")
    if operators == "QDQ":
        nodes = [
            quantise,
            make_node("DequantizeLinear", ["q", "s", "z"], ["d"], name="dequantise"),
            make_node("DequantizeLinear", ["w", "s", "z"], ["wd"], name="weights"),
            make_node("MatMul", ["d", "wd"], ["y"], name="product"),
        ]
    else:
        nodes = [
            quantise,
            make_node("QLinearMatMul", ["q", "s", "z", "w", "s", "z", "s", "z"], ["p"], name="product"),
            make_node("DequantizeLinear", ["p", "s", "z"], ["y"], name="dequantise"),
        ]
    return onnx_file(nodes, [info("x", ["N", 4])], ["y"], weights)


def stops(op: str, domain: str = "", at: str = "odd", **options: Any) -> Maker:
    """Runs up to a node that onnxruntime lacks, and beside it."""
    nodes = [
        make_node("Relu", ["x"], ["r"], name="relu"),
        make_node(op, ["r"], ["o"], name=at, domain=domain),
        make_node("Add", ["o", "n"], ["y"], name="sum"),
        make_node("Neg", ["r"], ["n"], name="beside"),
    ]
    return onnx_file(nodes, [info("x", ["N", 3])], ["y"], domains=[domain] if domain else [], **options)


def stops_while_running() -> Maker:
    nodes = [
        make_node("Relu", ["x"], ["r"], name="relu"),
        make_node("Gather", ["r", "far"], ["g"], name="far"),
        make_node("Neg", ["g"], ["y"], name="after"),
    ]
    return onnx_file(nodes, [info("x", [3])], ["y"], {"far": np.array([7], np.int64)})


def half_precision() -> Maker:
    """bfloat16 throughout; this processor's onnxruntime can convert, but not multiply it."""
    nodes = [
        make_node("Cast", ["x"], ["b"], name="narrow", to=BFLOAT16),
        make_node("Cast", ["b"], ["y"], name="wide", to=FLOAT),
    ]
    return onnx_file(nodes, [info("x", ["N", 3])], ["y"])


def every_type() -> Maker:
    kinds = [
        FLOAT16, BFLOAT16, TensorProto.DOUBLE, TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16,
        TensorProto.UINT16, TensorProto.INT32, TensorProto.UINT32, INT64, TensorProto.UINT64, BOOL,
        TensorProto.FLOAT8E4M3FN, TensorProto.FLOAT8E5M2,
    ]  # fmt: skip
    nodes = [make_node("Cast", ["x"], [f"o{kind}"], name=f"to{kind}", to=kind) for kind in kinds]
    return onnx_file(nodes, [info("x", [2])], [info(f"o{kind}", [2], kind) for kind in kinds])


def classifier_with_a_map() -> Maker:
    """As scikit-learn's converter writes it: labels, and probabilities as a list of maps."""
    nodes = [
        make_node("MatMul", ["x", "w"], ["scores"], name="scores"),
        make_node("Softmax", ["scores"], ["p"], name="soft"),
        make_node("ZipMap", ["p"], ["maps"], name="zip", domain="ai.onnx.ml", classlabels_int64s=[0, 1, 2]),
    ]
    maps = make_sequence_type_proto(make_map_type_proto(INT64, make_tensor_type_proto(FLOAT, None)))
    outputs = [info("p"), make_value_info("maps", maps)]
    return onnx_file(nodes, [info("x", ["N", 4])], outputs, {"w": _noise(4, 3)}, ["ai.onnx.ml"])


def several_inputs() -> Maker:
    nodes = [
        make_node("GlobalAveragePool", ["image"], ["mean"], name="pool"),
        make_node("Flatten", ["mean"], ["flat"], name="flat"),
        make_node("Gather", ["table", "token"], ["word"], name="lookup"),
        make_node("Flatten", ["word"], ["words"], name="words"),
        make_node("Concat", ["flat", "words", "meta"], ["y"], name="join", axis=1),
    ]
    inputs = [info("image", ["N", 3, 16, 12]), info("token", ["N", 2], INT64), info("meta", ["N", 5])]
    return onnx_file(nodes, inputs, ["y"], {"table": _noise(9, 4)})


def recurrent() -> Maker:
    """Numbers of words in, a state beside them, all lengths open."""
    nodes = [
        make_node("Gather", ["table", "ids"], ["words"], name="embed"),
        make_node("Transpose", ["words"], ["steps"], name="turn", perm=[1, 0, 2]),
        make_node("LSTM", ["steps", "w", "r", "", "", "h"], ["all", "last"], name="lstm", hidden_size=5),
    ]
    weights = {"table": _noise(30, 4), "w": _noise(1, 20, 4), "r": _noise(1, 20, 5)}
    inputs = [info("ids", ["batch", "seq"], INT64), info("h", [1, "batch", 5])]
    return onnx_file(nodes, inputs, ["all", "last"], weights)


def texts() -> Maker:
    node = make_node(
        "LabelEncoder", ["s"], ["y"], name="encode", domain="ai.onnx.ml",
        keys_strings=["", "cat"], values_int64s=[3, 4],
    )  # fmt: skip
    return onnx_file([node], [info("s", ["N"], STRING)], [info("y", ["N"], INT64)], domains=["ai.onnx.ml"])


def one_node(
    op: str = "Relu", shape: Sequence[int | str] | None = ("N", 3), name: str = "only", **options: Any
) -> Maker:
    return onnx_file([make_node(op, ["x"], ["y"], name=name)], [info("x", shape)], ["y"], **options)


def scalars() -> Maker:
    nodes = [make_node("Mul", ["x", "w"], ["m"], name="mul"), make_node("Exp", ["m"], ["y"], name="exp")]
    return onnx_file(nodes, [info("x", [])], ["y"], {"w": np.array(0.5, np.float32)})


def empty_tensors() -> Maker:
    nodes = [
        make_node("Slice", ["x", "zero", "zero"], ["none"], name="none"),
        make_node("ReduceSum", ["none"], ["y"], name="sum", keepdims=0),
    ]
    return onnx_file(nodes, [info("x", [2, 3])], ["y"], {"zero": np.array([0], np.int64)})


def nothing(inputs: Sequence[str] = ("x",)) -> Maker:
    return onnx_file([], [info(name, [1, 3]) for name in inputs], [info(name, [1, 3]) for name in inputs])


def chain(length: int = 1500) -> Maker:
    nodes = [make_node("Neg", [f"t{i}"], [f"t{i + 1}"], name=f"n{i}") for i in range(length)]
    return onnx_file(nodes, [info("t0", [1, 4])], [f"t{length}"])


def fan(width: int = 800) -> Maker:
    nodes = [make_node("Neg", ["x"], [f"t{i}"], name=f"n{i}") for i in range(width)]
    nodes.append(make_node("Sum", [f"t{i}" for i in range(width)], ["y"], name="sum"))
    return onnx_file(nodes, [info("x", [1, 4])], ["y"])


def external(location: str, present: bool = True) -> Maker:
    """A weight of sixteen bytes kept at `location`."""

    def make(folder: Path) -> Path:
        if present:
            (folder / "inner").mkdir()
            (folder / "inner" / "w.bin").write_bytes(np.arange(4, dtype=np.float32).tobytes())
        weight = TensorProto(name="w", data_type=FLOAT, dims=[4], raw_data=b"")
        set_external_data(weight, location, 0, 16)
        weight.ClearField("raw_data")
        node = make_node("Add", ["x", "w"], ["y"], name="add")
        graph = make_graph([node], "g", [info("x", [4])], [info("y")], [weight])
        proto = make_model(graph, opset_imports=[make_opsetid("", 19)], ir_version=9)
        (folder / "m.onnx").write_bytes(proto.SerializeToString())
        return folder / "m.onnx"

    return make


def bad_weight(kind: int, dims: Sequence[int]) -> Maker:
    weight = make_tensor("w", FLOAT, [4], [1.0] * 4)
    weight.data_type = kind
    del weight.dims[:]
    weight.dims.extend(dims)
    graph = make_graph([make_node("Add", ["x", "w"], ["y"])], "g", [info("x", [4])], [info("y")], [weight])
    return raw_bytes("m.onnx", make_model(graph, ir_version=9).SerializeToString())


def circle() -> Maker:
    nodes = [make_node("Add", ["x", "b"], ["a"]), make_node("Neg", ["a"], ["b"])]
    return onnx_file(nodes, [info("x", [3])], ["a"])


def nested_without_end(depth: int = 5000) -> Maker:
    """Written as bytes, since no library nests that deep."""

    def varint(number: int) -> bytes:
        low = number & 127
        return bytes([low]) if number < 128 else bytes([low | 128]) + varint(number >> 7)

    # Appended backwards, since copying at every level would take long.
    parts: list[bytes] = []
    size = 0
    for _ in range(depth):
        for tag in (b"\x32", b"\x2a", b"\x0a"):
            head = tag + varint(size)
            parts.append(head)
            size += len(head)
    return raw_bytes("m.onnx", b"\x08\x09\x3a" + varint(size) + b"".join(reversed(parts)))


KERNEL = _noise(6, 3)
DENSE = sequential(
    layer("InputLayer", "x", batch_shape=[None, 6], dtype="float32"),
    layer("Dense", "one", units=3, activation="relu", use_bias=False),
)
UNKNOWN = sequential(
    layer("InputLayer", "x", batch_shape=[None, 6], dtype="float32"),
    layer("Dense", "one", units=3, activation="relu", use_bias=False),
    layer("Lambda", "code", function=["4wEAAAAAAAAA", None, None], function_type="lambda"),
)


def keras_h5(config: Any = DENSE) -> Maker:
    return lambda folder: write_h5(folder / "m.h5", config, {"one": {"kernel": KERNEL}})


def keras_zip(config: Any = DENSE) -> Maker:
    return lambda folder: write_keras(folder / "m.keras", config, {"dense": [KERNEL]})


def archive(members: dict[str, bytes]) -> Maker:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "m.keras", "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in members.items():
                file.writestr(name, content)
        return folder / "m.keras"

    return make


def hdf5(fill: Callable[[h5py.File], None]) -> Maker:
    def make(folder: Path) -> Path:
        with h5py.File(folder / "m.h5", "w") as file:
            fill(file)
        return folder / "m.h5"

    return make


def caffe(file: h5py.File) -> None:
    file["data/conv1/0"], file["data/conv1/1"] = _noise(4, 3, 5, 5), _noise(4)
    file["data/ip2/0"] = _noise(7, 12)
    file.create_group("data/relu1")


def keras_2_weights(file: h5py.File) -> None:
    file.attrs["layer_names"] = [b"conv", b"flat"]
    file.create_group("flat").attrs["weight_names"] = []
    file.create_group("conv").attrs["weight_names"] = [b"conv/kernel:0"]
    file["conv/conv/kernel:0"] = _noise(3, 3, 2, 4)


def keras_3_weights(file: h5py.File) -> None:
    file["layers/conv2d/vars/0"] = _noise(3, 3, 2, 4)
    file["layers/dense/vars/0"] = _noise(8, 5)
    file["optimizer/vars/0"] = _noise(2)


def linked_weights(file: h5py.File) -> None:
    keras_2_weights(file)
    del file["conv/conv/kernel:0"]
    file["conv/conv/kernel:0"] = h5py.ExternalLink("/etc/hostname", "/x")


def circular_groups(file: h5py.File) -> None:
    file.attrs["model_config"] = json.dumps(DENSE)
    file.create_group("model_weights").attrs["layer_names"] = [b"one"]
    file["model_weights/one"] = file["model_weights"]
    file["model_weights"].attrs["weight_names"] = [b"one/one/kernel:0"]
