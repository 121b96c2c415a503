"""What a file says of a model and of its layers beside what they compute: as titles and texts."""

from __future__ import annotations

from collections.abc import Iterator

from explorer3d.graph.model import Layer, Model
from explorer3d.graph.operators import node_of, opsets
from explorer3d.graph.summary import shape_text

_LONGEST_SIZE = 12
Properties = list[tuple[str, str]]


def of_model(model: Model) -> Properties:
    """Where a model comes from and what it asks for; what its file leaves out is left out here."""
    found = [("Format", model.format), ("Written by", model.producer or "unknown")]
    if model.format == "onnx":
        ir, graph = model.ir, model.ir.graph
        found += [
            ("Operator sets", opsets(model)),
            ("IR version", str(ir.ir_version)),
            ("Graph", graph.name or ""),
            ("Domain", ir.domain or ""),
            ("Model version", str(ir.model_version) if ir.model_version else ""),
            ("About", (ir.doc_string or "").strip()),
            ("About the graph", (graph.doc_string or "").strip()),
            ("Functions", ", ".join(sorted({function.name for function in ir.functions.values()}))),
        ]
    notes = dict(model.metadata)
    if model.format == "onnx":
        # What both say is said once.
        notes.update((key, text) for key, text in model.ir.graph.metadata_props.items() if key not in notes)
    return [(title, text) for title, text in found if text] + list(notes.items())


def of_layer(model: Model, layer: Layer) -> Properties:
    """What its file says of one layer, for people or for the tool that wrote it."""
    node = node_of(model, layer)
    if node is None:
        return []
    domain = "" if node.domain in ("", "ai.onnx") else node.domain
    found = [("Domain", domain), ("Overload", node.overload), ("About", (node.doc_string or "").strip())]
    return [(title, text) for title, text in found if text] + list(node.metadata_props.items())


def open_sizes(model: Model) -> dict[str, str]:
    """Shapes of a model's ends with the names that it has for sizes it leaves open: ``batch × 3 × ?``."""
    graph = model.ir.graph
    return {
        value.name or "": _shape(value.shape)
        for value in (*graph.inputs, *graph.outputs)
        if model.format == "onnx" and value.shape is not None
    }


def _shape(shape: object) -> str:
    return " × ".join(_sizes(shape)) or shape_text(())


def _sizes(shape: object) -> Iterator[str]:
    for size in shape:  # type: ignore[attr-defined]
        name = None if isinstance(size, int) else getattr(size, "value", None)
        # A longer one was made up by a tool.
        yield str(size) if isinstance(size, int) else name if name and len(name) <= _LONGEST_SIZE else "?"
