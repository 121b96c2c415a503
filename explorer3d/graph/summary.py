"""A model described in words and numbers: as JSON values, and as a table to read."""

from __future__ import annotations

from typing import Any

from explorer3d.errors import printable
from explorer3d.graph.model import Layer, Model, Port, Shape


def describe(model: Model) -> dict[str, Any]:
    """Give a model's layers, shapes, weights and costs as plain JSON values.

    Scripts depend on the keys. ``notes`` and a layer's ``reason`` are there only if there is something
    to say.
    """
    summary: dict[str, Any] = {
        "format": model.format,
        "producer": model.producer,
        "inputs": [_end(port) for port in model.inputs],
        "outputs": [_end(port) for port in model.outputs],
        "layers": [_layer(layer) for layer in model.layers],
        "totals": {
            "layers": len(model.layers),
            "nodes": model.node_count,
            "parameters": model.parameters,
            "macs": sum(layer.macs or 0 for layer in model.layers),
        },
    }
    if model.notes:
        summary["notes"] = list(model.notes)
    return summary


def table(model: Model) -> str:
    """Lay the same out for reading, one layer a line."""
    header = ("layer", "operator", "output", "parameters", "multiply-adds")
    rows = [
        (
            printable(layer.name),
            printable(layer.op),
            ", ".join(shape_text(port.shape) for port in layer.outputs) or "–",
            f"{layer.parameters:,}",
            "?" if layer.macs is None else f"{layer.macs:,}",
        )
        for layer in model.layers
    ]
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [f"{model.path.name}  ({', '.join(filter(None, (model.format, model.producer)))})"]
    lines += [f"input   {_end_text(port)}" for port in model.inputs]
    lines += [f"output  {_end_text(port)}" for port in model.outputs]
    lines += ["", _line(header, widths), "  ".join("─" * width for width in widths)]
    lines += [_line(row, widths) for row in rows]
    lines += ["", totals_text(model), *model.notes]
    return "\n".join(map(printable, lines))


def totals_text(model: Model) -> str:
    """Give the size of a model in one line."""
    macs = sum(layer.macs or 0 for layer in model.layers)
    open_count = any(layer.macs is None for layer in model.layers)
    return (
        f"{counted(len(model.layers), 'layer')}, {counted(model.node_count, 'ONNX node')}, "
        f"{counted(model.parameters, 'parameter')}, "
        f"{'at least ' if open_count else ''}{macs:,} multiply-adds a run"
    )


def counted(count: int, noun: str) -> str:
    """Write a count with what is counted: ``1 layer``, ``61,706 layers``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shape_text(shape: Shape | None, between: str = " × ") -> str:
    """Write a shape as ``1 × 28 × 28 × 6``, with ``?`` for each size left open."""
    if shape is None:
        return "?"
    return between.join("?" if size is None else str(size) for size in shape) or "scalar"


def tuple_text(shape: Shape) -> str:
    """Write a shape as numpy does, ``(?, 28, 28, 1)``, for whoever is to make an array of it."""
    return repr(tuple(shape)).replace("None", "?")


def _end(port: Port) -> dict[str, Any]:
    return {"name": port.value, "shape": _shape(port.shape), "dtype": port.dtype}


def _layer(layer: Layer) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": layer.name,
        "op": layer.op,
        "block": layer.block,
        "inputs": [
            {"value": port.value, "from": port.source, "shape": _shape(port.shape), "dtype": port.dtype}
            for port in layer.inputs
        ],
        "outputs": [
            {"value": port.value, "shape": _shape(port.shape), "dtype": port.dtype} for port in layer.outputs
        ],
        "weights": [
            {"name": weight.name, "shape": list(weight.shape), "dtype": weight.dtype}
            for weight in layer.weights
        ],
        "attributes": dict(layer.attributes),
        "parameters": layer.parameters,
        "macs": layer.macs,
        "runnable": layer.runnable,
    }
    if layer.reason is not None:
        entry["reason"] = layer.reason
    return entry


def _shape(shape: Shape | None) -> list[int | None] | None:
    return None if shape is None else list(shape)


def _end_text(port: Port) -> str:
    return f"{port.value}  {shape_text(port.shape)}  {port.dtype}"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    """Names to the left, numbers to the right."""
    numbers = {len(cells) - 2, len(cells) - 1}
    return "  ".join(
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()
