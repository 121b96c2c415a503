"""What onnxruntime's errors mean, in a sentence that names the layer."""

from __future__ import annotations

import re
from collections.abc import Callable

import onnx_ir as ir

from explorer3d.errors import RunError
from explorer3d.graph.model import Model


class NodeError(RunError):
    """A node that cannot run, or has failed.

    Attributes
    ----------
    values : frozenset of str
        What it would have made; so cannot be had, nor anything made of it.
    """

    def __init__(self, message: str, values: frozenset[str]) -> None:
        super().__init__(message)
        self.values = values


def explain(error: Exception, model: Model) -> RunError:
    """Translate an exception of onnxruntime.

    Parameters
    ----------
    error : Exception
        Raised while a session was created or run.
    model : Model

    Returns
    -------
    RunError
        A `NodeError` where onnxruntime tells which node is at fault.
    """
    text = " ".join(str(error).split())
    for pattern, sentence in _SENTENCES:
        match = pattern.search(text)
        if match:
            return NodeError(sentence(match, model), _made_in_vain(match, model))
    return RunError(f"onnxruntime cannot run {model.path.name}: {_cleaned(text)}")


def _unregistered(match: re.Match[str], model: Model) -> str:
    return (
        f"{_place(model, match['op'], match['name'])} cannot run: "
        f"onnxruntime knows no operator {match['op']} in opset {match['opset']}."
    )


def _foreign(match: re.Match[str], model: Model) -> str:
    return (
        f"{_place(model, match['op'])} cannot run: the operator {match['op']} of the domain "
        f"'{match['domain']}' is an extension that onnxruntime does not have."
    )


def _unimplemented(match: re.Match[str], model: Model) -> str:
    return (
        f"{_place(model, match['op'], match['name'])} cannot run: "
        f"onnxruntime has no {match['op']} for its element types on this machine."
    )


def _failed(match: re.Match[str], model: Model) -> str:
    return f"{_place(model, match['op'], match['name'])} failed: {_cleaned(match['status'])}"


def _invalid_node(match: re.Match[str], model: Model) -> str:
    return f"{_place(model, match['op'], match['name'])} cannot run: {_cleaned(match['status'])}"


def _opset(match: re.Match[str], model: Model) -> str:
    return (
        f"{model.path.name} cannot run: it is written for opset {match['opset']}, "
        f"the newest this version of onnxruntime knows is {match['newest']}."
    )


def _ir_version(match: re.Match[str], model: Model) -> str:
    return (
        f"{model.path.name} cannot run: it is written for version {match['version']} of the ONNX format, "
        f"the newest this version of onnxruntime knows is {match['newest']}."
    )


def _no_locale(match: re.Match[str], model: Model) -> str:
    return (
        f"{_place(model, match['op'])} cannot run: it compares texts by the rules of the locale "
        f"'{match['locale']}', which this system does not have. Install that locale and start again."
    )


_SENTENCES: list[tuple[re.Pattern[str], Callable[[re.Match[str], Model], str]]] = [
    (
        re.compile(
            r'In Node, \("(?P<name>.*?)", \w+, .*No Op registered for (?P<op>\w+) with domain_version '
            r"of (?P<opset>\d+)"
        ),
        _unregistered,
    ),
    (re.compile(r"Fatal error: (?P<domain>[^ :]*):(?P<op>\w+)\(-?\d+\) is not a registered"), _foreign),
    (
        re.compile(r"Could not find an implementation for (?P<op>\w+)\(\d+\) node with name '(?P<name>.*?)'"),
        _unimplemented,
    ),
    (
        re.compile(r"while running (?P<op>\w+) node\. Name:'(?P<name>.*?)' Status Message: (?P<status>.*)"),
        _failed,
    ),
    (
        re.compile(r"(?P<status>.*operator \((?P<op>\w+)\) in node \((?P<name>.*?)\) is invalid.*)"),
        _invalid_node,
    ),
    (re.compile(r"Node \((?P<name>.*?)\) Op \((?P<op>\w+)\) (?P<status>.*)"), _invalid_node),
    (
        re.compile(r"::(?P<op>\w+)::Locale::.*Failed to construct locale with name: ?(?P<locale>[\w.@-]+\w)"),
        _no_locale,
    ),
    (
        re.compile(r'In Node, \("(?P<name>.*?)", (?P<op>\w+), .* , Error (?P<status>.*)'),
        _invalid_node,
    ),
    (re.compile(r"Opset (?P<opset>\d+) is under development.*till opset (?P<newest>\d+)"), _opset),
    (
        re.compile(
            r"Unsupported model IR version: (?P<version>\d+), max supported IR version: (?P<newest>\d+)"
        ),
        _ir_version,
    ),
]


# File, line and signature: "/a/b.cc:235 onnxruntime::C::f(const std::string&)::<lambda()> "
_SOURCE = re.compile(
    r"\S+\.(?:h|cc|cpp):\d+ [^()]*\([^()]*(?:\([^()]*\)[^()]*)*\)(?:::<lambda\(.*?\)>)?(?: const)? "
)


def _place(model: Model, op: str, name: str = "") -> str:
    """Name the layer a node belongs to."""
    for node in _nodes(model, op, name)[:1]:
        outputs = {value.name for value in node.outputs}
        for layer in model.layers:
            if outputs & {port.value for port in layer.outputs}:
                return f"The layer '{layer.name}' ({layer.op})"
        name = name or node.name or ""
    return f"The node '{name}' ({op})" if name else f"The operator {op}"


def _made_in_vain(match: re.Match[str], model: Model) -> frozenset[str]:
    """Values of the node at fault; where onnxruntime lacks the operator, of all nodes of that operator."""
    parts = match.groupdict()
    lacking = "domain" in parts or "opset" in parts
    nodes = _nodes(model, parts["op"], "" if lacking else parts.get("name", "")) if "op" in parts else []
    return frozenset(value.name for node in nodes for value in node.outputs if value.name)


def _nodes(model: Model, op: str, name: str) -> list[ir.Node]:
    return [node for node in model.ir.graph if node.op_type == op and (not name or node.name == name)]


def _cleaned(text: str) -> str:
    """Leave out where in onnxruntime's own source something was noticed."""
    text = re.sub(
        r"Non-zero status code .*? running (\w+) node\. Name:'(.*?)' Status Message: ", r"\1 '\2': ", text
    )
    text = re.sub(r"\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)
    text = re.sub(r"/?\S*\.(?:h|cc|cpp):\d+ .*? was false\. ", "", text)
    text = _SOURCE.sub("", text)
    text = text.strip().rstrip(".")
    return (text if len(text) <= 240 else text[:239] + "…") + "."
