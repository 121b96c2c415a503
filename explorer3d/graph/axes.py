"""What each axis of a value means, read off the operators that fix it.

A convolution's input is batch, channels, space: from there the letters travel, with and against the flow,
through every operator that keeps or permutes axes. Recurrent layers fix time in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import onnx_ir as ir

from explorer3d.graph.model import Shape

CHANNELS_FIRST = {2: "NC", 3: "NCW", 4: "NCHW", 5: "NCDHW"}
"""Axis letters of ONNX's image operators by rank."""

_SEED_NAMES = (
    "Conv ConvTranspose ConvInteger QLinearConv MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool "
    "GlobalLpPool BatchNormalization InstanceNormalization LRN DepthToSpace SpaceToDepth"
)
_SEEDS = frozenset(_SEED_NAMES.split())

_RECURRENT = frozenset(("LSTM", "GRU", "RNN"))

_KEEPING_NAMES = (
    "Relu LeakyRelu PRelu Elu Selu Celu ThresholdedRelu Clip Sigmoid HardSigmoid HardSwish Tanh Softplus "
    "Softsign Gelu Mish Swish Exp Log Sqrt Abs Neg Reciprocal Floor Ceil Round Erf Sign Pow Not Identity "
    "Cast Dropout Softmax LogSoftmax Add Sub Mul Div Min Max Sum Mean Where QuantizeLinear DequantizeLinear "
    "Pad Resize Upsample Slice Concat Split LpNormalization LayerNormalization MeanVarianceNormalization"
)
_KEEPING = frozenset(_KEEPING_NAMES.split())

Shapes = Mapping[str, Shape | None]


def letters(graph: ir.Graph, shapes: Shapes) -> dict[str, str]:
    """Find the axis letters of a graph's values.

    Parameters
    ----------
    graph : onnx_ir.Graph
    shapes : mapping of value name to tuple of int or None, or None

    Returns
    -------
    dict of str to str
        For each value whose axes are known, one letter per axis as in `Port.axes`.
    """
    found: dict[str, str] = {}
    nodes = list(graph)

    def learn(value: ir.Value | None, axes: str | None) -> bool:
        name = value.name if value is not None else None
        if not name or axes is None or name in found:
            return False
        shape = shapes.get(name)
        if shape is None or len(shape) != len(axes):
            return False
        found[name] = axes
        return True

    batches = {1, None, *(shape[0] for value in graph.inputs if (shape := shapes.get(value.name or "")))}
    for node in nodes:
        if node.op_type in _RECURRENT:
            for value, fixed in _recurrent(node):
                learn(value, fixed)
        elif node.op_type in _SEEDS:
            for value in (node.inputs[0] if node.inputs else None, node.outputs[0]):
                rank = _rank(value, shapes)
                learn(value, CHANNELS_FIRST.get(rank) if rank is not None else None)
        elif node.op_type == "Flatten":
            learn(node.outputs[0], "NC")
        elif node.op_type == "Gemm" and (shapes.get(node.outputs[0].name or "") or (0,))[0] in batches:
            # Otherwise its rows are something else, such as the words of a text.
            learn(node.outputs[0], "NC")
    # Each sweep carries letters through any number of nodes in its direction; turns need another pair.
    nodes = [node for node in nodes if node.op_type in _KEEPING or node.op_type in _ONE_TO_ONE]
    changed = True
    while changed:
        changed = False
        for node in nodes:
            if all(value.name in found for value in node.outputs):
                continue
            for value, axes in _forward(node, found, shapes):
                changed |= learn(value, axes)
        for node in reversed(nodes):
            if all(value is None or value.name in found for value in node.inputs):
                continue
            for value, axes in _backward(node, found, shapes):
                changed |= learn(value, axes)
    return found


Learned = list[tuple[ir.Value | None, str | None]]


def _forward(node: ir.Node, found: Mapping[str, str], shapes: Shapes) -> Learned:
    if node.op_type in _KEEPING:
        known = next(
            (found[v.name] for v in node.inputs if v is not None and v.name and v.name in found), None
        )
        return [(value, known) for value in node.outputs]
    rule = _ONE_TO_ONE.get(node.op_type)
    source = node.inputs[0] if node.inputs else None
    if rule is None or source is None or source.name not in found:
        return []
    return [(node.outputs[0], rule(node, found[source.name or ""], source, node.outputs[0], shapes, False))]


def _backward(node: ir.Node, found: Mapping[str, str], shapes: Shapes) -> Learned:
    if not node.outputs:
        return []
    target = node.outputs[0]
    if target.name not in found:
        return []
    axes = found[target.name or ""]
    if node.op_type in _KEEPING:
        return [(value, axes) for value in node.inputs]
    rule = _ONE_TO_ONE.get(node.op_type)
    source = node.inputs[0] if node.inputs else None
    if rule is None or source is None:
        return []
    return [(source, rule(node, axes, target, source, shapes, True))]


def _transpose(
    node: ir.Node, axes: str, known: ir.Value, wanted: ir.Value, shapes: Shapes, back: bool
) -> str | None:
    order = list(node.attributes.get_ints("perm", range(len(axes) - 1, -1, -1)))
    if sorted(order) != list(range(len(axes))):
        return None
    if not back:
        return "".join(axes[axis] for axis in order)
    return "".join(axes[order.index(axis)] for axis in range(len(axes)))


def _reshape(
    node: ir.Node, axes: str, known: ir.Value, wanted: ir.Value, shapes: Shapes, back: bool
) -> str | None:
    """Follow a change of shape that only moves, drops or makes axes of size one, as converters write them."""
    before, after = shapes.get(known.name or ""), shapes.get(wanted.name or "")
    if not before or not after or before[0] != after[0] or None in (*before[1:], *after[1:]):
        return None
    inner = list(zip(axes[1:], before[1:], strict=True))
    moving = [letter for letter, size in inner if size != 1]
    if [size for size in after[1:] if size != 1] != [size for _, size in inner if size != 1]:
        return None
    single = [letter for letter, size in inner if size == 1]
    places = sum(size == 1 for size in after[1:])
    if places < len(single):
        single.sort(key=lambda letter: letter != "C")
    if places > len(single) and "C" not in axes:
        single.append("C")
    if places > len(single):
        return None  # what a further axis will hold, nobody knows yet
    large, small = iter(moving), iter(single)
    return axes[0] + "".join(next(small) if size == 1 else next(large) for size in after[1:])


def _squeeze(
    node: ir.Node, axes: str, known: ir.Value, wanted: ir.Value, shapes: Shapes, back: bool
) -> str | None:
    """Which axes go is written in the file from opset 13 on as a constant, before as an attribute."""
    constant = node.inputs[1].const_value if len(node.inputs) > 1 and node.inputs[1] is not None else None
    gone = node.attributes.get_ints("axes", ()) if constant is None else constant.numpy().tolist()
    if back or not gone:
        return _reshape(node, axes, known, wanted, shapes, back)
    places = {axis % len(axes) for axis in gone}
    return "".join(letter for place, letter in enumerate(axes) if place not in places)


def _matmul(
    node: ir.Node, axes: str, known: ir.Value, wanted: ir.Value, shapes: Shapes, back: bool
) -> str | None:
    """A matrix from the right mixes the last axis and leaves the others."""
    right = node.inputs[1] if len(node.inputs) > 1 else None
    same = _rank(known, shapes) == _rank(wanted, shapes)
    return axes if same and _rank(right, shapes) == 2 else None


def _recurrent(node: ir.Node) -> list[tuple[ir.Value | None, str]]:
    """Axes of LSTM, GRU and RNN; D are the directions (https://onnx.ai/onnx/operators/onnx__LSTM.html)."""
    batch_first = node.attributes.get_int("layout", 0) == 1
    taken, given, last = ("NTC", "NTDC", "NDC") if batch_first else ("TNC", "TDNC", "DNC")
    return [(node.inputs[0], taken), *zip(node.outputs, (given, last, last), strict=False)]


def _reduction(
    node: ir.Node, axes: str, known: ir.Value, wanted: ir.Value, shapes: Shapes, back: bool
) -> str | None:
    return axes if _rank(known, shapes) == _rank(wanted, shapes) else None


_ONE_TO_ONE: dict[str, Callable[[ir.Node, str, ir.Value, ir.Value, Shapes, bool], str | None]] = {
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _reshape,
    "MatMul": _matmul,
    "ReduceMean": _reduction,
    "ReduceMax": _reduction,
    "ReduceSum": _reduction,
    "ReduceMin": _reduction,
}


def _rank(value: ir.Value | None, shapes: Shapes) -> int | None:
    shape = None if value is None else shapes.get(value.name or "")
    return None if shape is None else len(shape)
