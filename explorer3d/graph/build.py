"""Put a `Model` together from what a format knows about its layers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import onnx_ir as ir

from explorer3d.graph.axes import letters
from explorer3d.graph.costs import macs
from explorer3d.graph.inference import infer
from explorer3d.graph.model import Layer, LayerSpec, Model, Port, Shape
from explorer3d.graph.shapes import TensorType, tensor_type
from explorer3d.graph.skeleton import graph_inputs


def build_model(
    path: Path,
    format: str,
    producer: str,
    ir_model: ir.Model,
    specs: Sequence[LayerSpec],
    *,
    notes: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
    types: Mapping[str, TensorType] | None = None,
    axes: Mapping[str, str] | None = None,
    customary: Mapping[int, str] | None = None,
) -> Model:
    """Infer shapes at batch one, connect the layers, count, and make names unique.

    Parameters
    ----------
    path : Path
    format, producer : str
    ir_model : onnx_ir.Model
        Its graph's inputs and outputs become the model's.
    specs : sequence of LayerSpec
        In topological order. The values of a layer that cannot run need not exist in the graph.
    notes, metadata
        Passed on.
    types : mapping of value name to shape and dtype, optional
        At batch one; inferred where the format does not know them.
    axes : mapping of value name to axis letters, optional
        Read off the operators where the format does not know them.
    customary : mapping of rank to axis letters, optional
        For values of one example of which neither tells.
    """
    graph = ir_model.graph
    types = infer(ir_model) if types is None else types
    shapes: dict[str, Shape | None] = {name: shape for name, (shape, _) in types.items()}
    shapes.update((name, tuple(tensor.shape.numpy())) for name, tensor in _initializers(graph).items())
    axes = letters(graph, shapes) if axes is None else axes

    inputs = graph_inputs(graph)
    names = unique((spec.name for spec in specs), taken={value.name or "" for value in inputs})
    sources = {value.name or "": value.name or "" for value in inputs}
    for name, spec in zip(names, specs, strict=True):
        sources.update((value, name) for value in spec.outputs)

    def meaning(value: str, shape: Shape | None) -> str:
        if value in axes or not customary or not shape or shape[0] not in (None, 1):
            return axes.get(value, "")
        return customary.get(len(shape), "")

    @cache
    def port(value: str) -> Port:
        shape, dtype = types.get(value, (None, "unknown"))
        return Port(value, sources.get(value), shape, dtype, meaning(value, shape))

    def end(value: ir.Value, source: str | None) -> Port:
        name = value.name or ""
        shape, dtype = _merged(tensor_type(value), types.get(name))
        return Port(name, source, shape, dtype, meaning(name, shape))

    layers = []
    for name, spec in zip(names, specs, strict=True):
        counts = [macs(node, shapes) for node in spec.nodes]
        known = [count for count in counts if count is not None]
        layers.append(
            Layer(
                name=name,
                op=spec.op,
                inputs=tuple(port(value) for value in spec.inputs),
                outputs=tuple(port(value) for value in spec.outputs),
                weights=spec.weights,
                attributes=spec.attributes,
                parameters=sum(weight.size for weight in spec.weights),
                macs=sum(known) if spec.reason is None and len(known) == len(counts) else None,
                block=spec.block,
                reason=spec.reason,
                opaque=spec.opaque,
                bodies=spec.bodies,
            )
        )
    return Model(
        path=path,
        format=format,
        producer=producer,
        ir=ir_model,
        inputs=tuple(end(value, None) for value in inputs),
        outputs=tuple(end(value, sources.get(value.name or "")) for value in graph.outputs),
        layers=tuple(layers),
        notes=tuple(notes),
        metadata=dict(metadata or {}),
    )


def unique(names: Iterable[str], taken: Collection[str] = ()) -> list[str]:
    """Tell equal names apart: the second ``conv`` becomes ``conv#2``, the third ``conv#3``."""
    wanted = list(names)
    used = set(taken)
    reserved = set(wanted)
    counts: dict[str, int] = {}
    result = []
    for name in wanted:
        candidate = name
        while candidate in used or (candidate != name and candidate in reserved):
            counts[name] = counts.get(name, 1) + 1
            candidate = f"{name}#{counts[name]}"
        used.add(candidate)
        result.append(candidate)
    return result


def _initializers(graph: ir.Graph) -> dict[str, ir.TensorProtocol]:
    return {
        name: value.const_value for name, value in graph.initializers.items() if value.const_value is not None
    }


def _merged(declared: TensorType, inferred: TensorType | None) -> TensorType:
    """A model's own ports leave open what the file leaves open; inference only adds what the file omits."""
    if inferred is None:
        return declared
    shape, dtype = declared
    return (inferred[0] if shape is None else shape, inferred[1] if dtype == "unknown" else dtype)
