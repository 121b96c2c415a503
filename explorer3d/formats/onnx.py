"""ONNX files, with their weights inside or beside them.

Nothing in a file is trusted: sizes and places of tensors are checked before anything is mapped, and all
that is wrong is said in one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from explorer3d.collecting import uncollected
from explorer3d.errors import Cancelled, ModelError
from explorer3d.formats.onnx_attributes import plain, plain_tensor
from explorer3d.formats.onnx_bodies import bodies_of, body, inner_weights, meaning
from explorer3d.formats.onnx_constants import fold_constants
from explorer3d.formats.onnx_functions import inline_functions
from explorer3d.formats.onnx_scopes import scope
from explorer3d.formats.onnx_tensors import check_tensors
from explorer3d.formats.onnx_weights import formal_name, is_setting
from explorer3d.formats.onnx_wire import lighten
from explorer3d.graph.build import build_model, unique
from explorer3d.graph.inference import infer
from explorer3d.graph.model import LayerSpec, Model, Weight
from explorer3d.graph.skeleton import constant, is_constant, read_values
from explorer3d.progress import Progress

_PROTOBUF_LIMIT = 2**31


def read(path: Path, progress: Progress) -> Model:
    """Open an ONNX file.

    Parameters
    ----------
    path : Path
    progress : Progress

    Returns
    -------
    Model
        One layer per node, those excepted that no input reaches; weights under their initialisers' names.

    Raises
    ------
    ModelError
        The file is damaged, inconsistent, or its weights are not where they may be.

    References
    ----------
    https://github.com/onnx/onnx/blob/main/docs/IR.md
    """
    path = path.absolute()
    try:
        return _read(path, progress)
    except (ModelError, Cancelled):
        raise
    except Exception as error:
        # What a damaged message can set off inside the libraries has no end; it must not end the program.
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        raise ModelError(f"{path.name} is not a valid ONNX model: {_sentence(cause)}") from error


@uncollected()
def _read(path: Path, progress: Progress) -> Model:
    progress(0.0, "Reading the graph")
    proto, data = _parse(path)
    progress(0.3, "Checking the graph")
    _check_graph(path, proto.graph)
    outside = check_tensors(path, proto, data)
    progress(0.4, "Building the graph")
    model = _deserialize(proto)
    if outside:
        ir.external_data.set_base_dir(model.graph, path.parent)
    _attach(model.graph, data)
    # Where functions take the place of their calls, what is around them changes too.
    written = {} if model.functions else dict(zip(model.graph, proto.graph.node, strict=True))
    inline_functions(path, model)
    sort(path, model)
    types = infer(model, written=written, progress=lambda share, text: progress(0.6 + 0.2 * share, text))
    fold_constants(model, types)
    progress(0.8, "Building the layers")
    return build_model(
        path,
        "onnx",
        f"{proto.producer_name} {proto.producer_version}".strip(),
        model,
        list(layers(model)),
        metadata={entry.key: entry.value for entry in proto.metadata_props},
        types=types,
    )


def _parse(path: Path) -> tuple[onnx.ModelProto, Mapping[str, np.ndarray]]:
    if path.stat().st_size >= _PROTOBUF_LIMIT:
        raise ModelError(
            f"{path.name} is larger than 2 GB, more than one ONNX file may hold. "
            "Save it again with its weights as external data."
        )
    proto = onnx.ModelProto()
    try:
        light = lighten(path.read_bytes())
        proto.ParseFromString(light.message)
    except DecodeError as error:
        reason = (
            "its graphs are nested too deeply"
            if "depth" in str(error).lower()
            else "it is damaged or cut short"
        )
        raise ModelError(f"{path.name} looks like an ONNX model but cannot be parsed: {reason}.") from error
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    if not proto.HasField("graph"):
        raise ModelError(f"{path.name} is an ONNX file without a graph: there is nothing to show.")
    return proto, light.data


def _check_graph(path: Path, graph: onnx.GraphProto) -> None:
    """Each value is made once, and all that is read is made: later code relies on both."""
    weights = [tensor.name for tensor in graph.initializer]
    if len(weights) != len(set(weights)):
        twice = next(name for name in weights if weights.count(name) > 1)
        raise ModelError(f"{path.name} is not a valid ONNX model: it has two weights named '{twice}'.")
    made = {info.name for info in graph.input} | set(weights)
    made |= {tensor.values.name for tensor in graph.sparse_initializer}
    for node in graph.node:
        for name in filter(None, node.output):
            if name in made:
                raise ModelError(
                    f"{path.name} is not a valid ONNX model: the value '{name}' is made more than once."
                )
            made.add(name)
    for node in graph.node:
        for name in filter(None, node.input):
            if name not in made:
                raise ModelError(
                    f"{path.name} is not a valid ONNX model: "
                    f"{node.op_type} '{node.name or 'without a name'}' reads '{name}', which nothing makes."
                )
    for info in graph.output:
        if info.name not in made:
            raise ModelError(
                f"{path.name} is not a valid ONNX model: nothing makes its output '{info.name}'."
            )


def _deserialize(proto: onnx.ModelProto) -> ir.Model:
    try:
        return ir.serde.deserialize_model(proto)
    except ir.serde.SerdeError:
        # Sequences and maps, which scikit-learn's converters return, are types onnx_ir does not know;
        # without a declared type it takes them as they come.
        for info in (*proto.graph.output, *proto.graph.value_info, *proto.graph.input):
            if info.type.WhichOneof("value") not in (None, "tensor_type"):
                info.ClearField("type")
        return ir.serde.deserialize_model(proto)


def _attach(graph: ir.Graph, data: Mapping[str, np.ndarray]) -> None:
    for name, array in data.items():
        value = graph.initializers[name]
        header = value.const_value
        assert header is not None
        shape = header.shape.numpy()
        value.const_value = ir.Tensor(array.reshape(shape), dtype=header.dtype, name=name)


def sort(path: Path, model: ir.Model) -> None:
    """Put nodes into an order in which they can run."""
    made: set[ir.Value] = set()
    for node in model.graph:
        for value in read_values(node):
            if value.producer() is not None and value not in made:
                break
        else:
            made.update(node.outputs)
            continue
        try:
            model.graph.sort()
        except ValueError as error:
            raise ModelError(
                f"{path.name} is not a valid ONNX model: its graph has a cycle through '{value.name}'."
            ) from error
        return


def layers(model: ir.Model) -> Iterator[LayerSpec]:
    """Describe the nodes of a graph, and give each a name of its own."""
    graph = model.graph
    _name_nodes(graph)
    for node in graph:
        if is_constant(node):
            continue
        layer_name = node.name or ""
        attributes = {attribute.name: plain(attribute) for attribute in node.attributes.values()}
        function = model.functions.get(node.op_identifier()) if model.functions else None
        if function is not None:
            attributes["body"] = body(function)
        weights: list[Weight] = []
        inputs: list[str] = []
        for value in read_values(node):
            tensor = constant(value)
            name = value.name or ""
            if tensor is None:
                inputs.append(name)
                continue
            # What only a body inside takes is named by the operator in there that takes it.
            user = node if value in node.inputs else None
            if value.is_initializer() or not is_setting(tensor):
                weights.append(Weight(name, tensor, *meaning(value, tensor, user)))
            elif user is not None:
                attributes.setdefault(formal_name(node, node.inputs.index(value)), plain_tensor(tensor))
        bodies = bodies_of(node, model.functions)
        if bodies:
            weights += inner_weights(node, model.functions)
        yield LayerSpec(
            name=layer_name,
            op=node.op_type,
            inputs=tuple(inputs),
            outputs=tuple(value.name for value in node.outputs if value.name),
            weights=tuple({weight.name: weight for weight in weights}.values()),
            attributes=attributes,
            nodes=(node,),
            block=scope(node, layer_name),
            bodies=tuple(bodies),
        )


def _name_nodes(graph: ir.Graph) -> None:
    """Give each node a name of its own: onnxruntime names them in its messages and refuses equal ones."""
    layers = {node: index for index, node in enumerate(graph) if not is_constant(node)}
    names = unique(node.name or f"{node.op_type}_{index}" for node, index in layers.items())
    for node in graph:
        node.name = None
    for node, name in zip(layers, names, strict=True):
        node.name = name


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return (text if len(text) <= 200 else text[:199] + "…").rstrip(".") + "."
