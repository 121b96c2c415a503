"""What the ONNX standard says of a layer: its operator in words, the attributes a file leaves at default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from explorer3d.graph.find import attribute_text
from explorer3d.graph.model import Layer, Model


@dataclass(frozen=True)
class Attribute:
    """One attribute of a layer.

    Attributes
    ----------
    name : str
    text : str
        Its value, or what holds where the file says nothing.
    given : bool
        Whether the file says it.
    type : str
        ``int``, ``floats``, ``string``; empty if unknown.
    about : str
        What the standard says of it; Markdown.
    """

    name: str
    text: str
    given: bool = True
    type: str = ""
    about: str = ""


@dataclass(frozen=True)
class Operator:
    """An operator of the standard.

    Attributes
    ----------
    name, domain : str
        The domain is ``ai.onnx`` for the ordinary ones.
    since : int
        Version of the operator set in which it became what it is here.
    about : str
        Markdown.
    attributes : tuple of Attribute
        With their defaults.
    """

    name: str
    domain: str
    since: int
    about: str
    attributes: tuple[Attribute, ...]


def operator_of(model: Model, layer: Layer) -> Operator | None:
    """Look a layer's operator up in the version that the model asks for.

    Parameters
    ----------
    model : Model
    layer : Layer

    Returns
    -------
    Operator or None
        None for Keras layers, for functions of the model, and for operators that are in no standard.
    """
    if model.format != "onnx":
        return None
    node = next((node for node in model.ir.graph if node.name == layer.name), None)
    if node is None or node.op_identifier() in model.ir.functions:
        return None
    # Here, since the window must not wait for it; whoever has opened an ONNX file has it already.
    import onnx

    version = node.version or model.ir.opset_imports.get(node.domain)
    if version is None:
        return None
    try:
        schema = onnx.defs.get_schema(node.op_type, version, node.domain)
    except onnx.defs.SchemaError:
        return None
    return Operator(
        schema.name,
        schema.domain or "ai.onnx",
        schema.since_version,
        (schema.doc or "").strip(),
        tuple(_attribute(entry) for entry in schema.attributes.values()),
    )


def attributes_of(layer: Layer, operator: Operator | None) -> tuple[Attribute, ...]:
    """All attributes of a layer: those that its file gives, then those that it leaves at default."""
    known = {attribute.name: attribute for attribute in operator.attributes} if operator else {}
    given = tuple(
        Attribute(
            name,
            attribute_text(value),
            type=known[name].type if name in known else "",
            about=known[name].about if name in known else "",
        )
        for name, value in layer.attributes.items()
    )
    return given + tuple(attribute for attribute in known.values() if attribute.name not in layer.attributes)


def opsets(model: Model) -> str:
    """Versions of the operator sets that a model asks for: ``ai.onnx 17, ai.onnx.ml 3``."""
    return ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in model.ir.opset_imports.items())


def _attribute(entry: Any) -> Attribute:
    import onnx

    default = entry.default_value
    if entry.required:
        text = "missing"
    elif default.type == onnx.AttributeProto.UNDEFINED:
        text = "none"
    else:
        value = onnx.helper.get_attribute_value(default)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        text = attribute_text(round(value, 7) if isinstance(value, float) else value)
    return Attribute(entry.name, text, False, entry.type.name.lower(), entry.description.strip())
