"""What the ONNX standard says of a layer: its operator in words, the attributes a file leaves at default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer3d.graph.find import attribute_text
from explorer3d.graph.model import Layer, Model

if TYPE_CHECKING:
    import onnx_ir as ir


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
class Parameter:
    """What an operator calls one of its inputs or outputs.

    Attributes
    ----------
    name : str
        ``X``, ``W``, ``B``.
    about : str
        What the standard says of it; Markdown.
    variadic : bool
        It stands for any number of tensors.
    """

    name: str
    about: str = ""
    variadic: bool = False


@dataclass(frozen=True)
class Operator:
    """An operator of the standard, or a function of the model.

    Attributes
    ----------
    name, domain : str
        The domain is ``ai.onnx`` for the ordinary ones.
    since : int or None
        Version of the operator set in which it became what it is here; None for a function of the model.
    about : str
        Markdown.
    attributes : tuple of Attribute
        With their defaults.
    inputs, outputs : tuple of Parameter
    """

    name: str
    domain: str
    since: int | None
    about: str
    attributes: tuple[Attribute, ...]
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()


def operator_of(model: Model, layer: Layer) -> Operator | None:
    """Look a layer's operator up in the version that the model asks for.

    Parameters
    ----------
    model : Model
    layer : Layer

    Returns
    -------
    Operator or None
        None for Keras layers, and for operators that are in no standard.
    """
    node = node_of(model, layer)
    if node is None:
        return None
    function = model.ir.functions.get(node.op_identifier())
    if function is not None:
        return Operator(
            function.name,
            function.domain,
            None,
            (function.doc_string or "").strip(),
            (),
            tuple(Parameter(value.name or "") for value in function.inputs),
            tuple(Parameter(value.name or "") for value in function.outputs),
        )
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
        tuple(_parameter(entry) for entry in schema.inputs),
        tuple(_parameter(entry) for entry in schema.outputs),
    )


def node_of(model: Model, layer: Layer) -> ir.Node | None:
    """The ONNX node that a layer is; None for a Keras layer, which may be any number of them."""
    return model.node_by_name.get(layer.name) if model.format == "onnx" else None


def parameters_of(model: Model, layer: Layer, operator: Operator | None) -> Mapping[str, Parameter]:
    """What a layer's operator calls the tensors that it takes and makes, by the name of the tensor.

    One that is taken twice has both names: ``A, B``.
    """
    node = node_of(model, layer)
    if node is None or operator is None:
        return {}
    found: dict[str, Parameter] = {}
    for values, parameters in ((node.inputs, operator.inputs), (node.outputs, operator.outputs)):
        for place, value in enumerate(values):
            parameter = _parameter_at(parameters, place)
            if value is None or not value.name or parameter is None:
                continue
            before = found.get(value.name)
            if before is not None:
                name = f"{before.name}, {parameter.name}"
                parameter = Parameter(name, f"{before.about}\n\n{parameter.about}".strip())
            found[value.name] = parameter
    return found


def _parameter_at(parameters: Sequence[Parameter], place: int) -> Parameter | None:
    """The parameter of a place; of several tensors under one name, each has its number."""
    if not parameters:
        return None
    last = len(parameters) - 1
    if place < last or not parameters[last].variadic:
        return parameters[place] if place <= last else None
    return Parameter(f"{parameters[last].name}[{place - last}]", parameters[last].about)


def attributes_of(model: Model, layer: Layer, operator: Operator | None) -> tuple[Attribute, ...]:
    """All attributes of a layer: those that its file gives, then those that it leaves at default."""
    node = node_of(model, layer)
    types = {name: one.type.name.lower() for name, one in node.attributes.items()} if node is not None else {}
    known = {attribute.name: attribute for attribute in operator.attributes} if operator else {}
    given = tuple(
        Attribute(
            name,
            attribute_text(value),
            type=known[name].type if name in known else types.get(name, ""),
            about=known[name].about if name in known else "",
        )
        for name, value in layer.attributes.items()
    )
    return given + tuple(attribute for attribute in known.values() if attribute.name not in layer.attributes)


def opsets(model: Model) -> str:
    """Versions of the operator sets that a model asks for: ``ai.onnx 17, ai.onnx.ml 3``."""
    return ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in model.ir.opset_imports.items())


def _parameter(entry: Any) -> Parameter:
    import onnx

    variadic = entry.option == onnx.defs.OpSchema.FormalParameterOption.Variadic
    return Parameter(entry.name, entry.description.strip(), variadic)


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
