"""The request to spell out how one number of a layer comes about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import onnx_ir as ir

from explorer3d.compute.arithmetic.layer import Place, Worked, checked, worked
from explorer3d.compute.arithmetic.operations import MOVING, OPERATIONS
from explorer3d.compute.arithmetic.parts import Activation, Explanation, Operand, Operation
from explorer3d.compute.arithmetic.recurrent import RECURRENT, spelled
from explorer3d.compute.arithmetic.rows import ROWS
from explorer3d.compute.arithmetic.weighing import WEIGHINGS, Cell
from explorer3d.compute.requests import runner
from explorer3d.errors import RequestError
from explorer3d.graph.receptive.field import receptive_field
from explorer3d.graph.receptive.indices import single
from explorer3d.graph.receptive.region import Block, Region
from explorer3d.graph.skeleton import constant
from explorer3d.progress import Progress, ignore

_BATCH_NORMALIZATION = ("x", "scale", "bias", "mean", "variance")

# More than these nobody reads; a layer of so many operators is no operation place by place.
_MOST_OPERATIONS = 64


@dataclass(frozen=True, eq=False)
class Explain:
    """Spell out how a layer comes to one number of its first output.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
    layer : str
    index : tuple of int
        A place in the output, in the author's order of axes, the batch's among them.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    layer: str
    index: tuple[int, ...]

    def __call__(self, progress: Progress = ignore) -> Explanation:
        work = worked(runner(self.key), self.feeds, self.layer, progress)
        index = checked(self.index, work.shapes[work.layer.outputs[0].value], self.layer)
        core = work.core()
        found = None if core is None else _weighed(work, core, index)
        return found or _reckoned(work, index)


def _weighed(work: Worked, core: ir.Node, index: Place) -> Explanation | None:
    behind = work.behind(core)
    place = work.place_in(core, index, behind)
    if place is None:
        return None
    try:
        weighing = WEIGHINGS[core.op_type](work.cell(core, place))
    except ValueError:
        # What the file says of its windows does not fit what they made.
        return None
    made = core.outputs[0]
    users = [node for node in behind if made in node.inputs]
    if len(users) == 1 and users[0].op_type == "Add" and weighing.kind == "sum":
        (added,) = users
        bias = _constant_beside(work, added, made, place)
        if bias is not None:
            weighing = replace(weighing, bias=weighing.bias + bias)
            made = added.outputs[0]
            behind.remove(added)
    applied = [node.op_type for node in behind if node.op_type not in MOVING and not work.is_change(node)]
    value, before = work.number(work.output, index), work.number(made, place)
    done = ", ".join(filter(None, [_activation_name(work, applied) if applied else "", work.done_to(index)]))
    activation = Activation(done, before, value) if done else None
    return Explanation(
        work.layer.name, core.op_type, index, value, before, weighing, (), activation,
        _seen(work, core.outputs[0], place),
        () if weighing.sliding is None else _space(work, core, len(weighing.sliding.windows)),
    )  # fmt: skip


def _space(work: Worked, core: ir.Node, rank: int) -> tuple[int, ...]:
    """Which axes of the output are the core's axes of space: those along which its place moves too."""
    if work.output in core.outputs:
        return tuple(range(2, 2 + rank))
    sizes = work.shapes[work.output.name or ""]
    behind = work.behind(core)
    axes: dict[int, int] = {}
    for axis, size in enumerate(sizes):
        place = work.place_in(core, tuple(int(at == axis and size > 1) for at in range(len(sizes))), behind)
        moved = [] if place is None else [at for at, one in enumerate(place) if one]
        if len(moved) == 1:
            axes[moved[0]] = axis
    # Along an axis of size one nothing moves; the author's order tells which that is.
    letters = work.layer.outputs[0].axes
    left = iter(
        axis for axis, size in enumerate(sizes) if size == 1 and axis and letters[axis : axis + 1] != "C"
    )
    return tuple(axes[at] if at in axes else next(left, at) for at in range(2, 2 + rank))


def _constant_beside(work: Worked, node: ir.Node, made: ir.Value, place: Place) -> float | None:
    """What is added to a product at a place of the same shape, if it is fixed."""
    at = 1 if node.inputs[0] is made else 0
    other = node.inputs[at]
    shapes = work.shapes
    same = shapes[made.name or ""] == shapes[node.outputs[0].name or ""]
    if other is None or constant(other) is None or not same:
        return None
    parts = [block for position, block in work.back(node, place) if position == at]
    return float(work.cell(node, place).numbers(at, parts[0].cell))


def _activation_name(work: Worked, operators: list[str]) -> str:
    """The author's word for it, if he gave one."""
    given = work.layer.attributes.get("activation")
    if isinstance(given, dict):
        config = given.get("config")
        given = config if isinstance(config, str) else given.get("class_name")
    return given if isinstance(given, str) and given != "linear" else " ".join(operators)


def _seen(work: Worked, value: ir.Value, place: Place) -> dict[str, Region]:
    """Part of each of the layer's inputs, in the author's order of axes."""
    field = receptive_field(work.model, value.name or "", place, work.shapes, within=work.nodes)
    ports = [port.value for port in work.layer.inputs]
    return {name: field.regions[name] for name in ports if name in field.regions}


def _reckoned(work: Worked, index: Place) -> Explanation:
    """One operation after the other, each of single numbers."""
    places: dict[ir.Value, Place] = {work.output: index}
    operations: list[Operation] = []
    operators: dict[str, None] = {}
    if len(work.nodes) > _MOST_OPERATIONS:
        raise _not_spelled_out(work)
    for node in reversed(work.nodes):
        if node.op_type in RECURRENT:
            # All steps, or the last one's.
            for made in node.outputs[:2]:
                if made in places:
                    operations += reversed(_recurrent(work, node, places[made]))
                    operators[node.op_type] = None
            continue
        place = places.get(node.outputs[0])
        if place is None:
            continue
        if node.op_type in ROWS:
            cell = work.cell(node, place)
            if not all(block.exact for at, block in cell.seen if at == 0):
                raise _not_spelled_out(work)
            operations += reversed(ROWS[node.op_type](cell, partial(_operand_name, work, node)))
            operators[node.op_type] = None
            source, made = node.inputs[0], node.outputs[0]
            # What a row becomes together has no place of its own in it.
            if source is not None and work.shapes.get(source.name or "") == work.shapes[made.name or ""]:
                places[source] = place
            continue
        if node.op_type not in OPERATIONS and node.op_type not in MOVING:
            raise _not_spelled_out(work)
        own = dict(work.back(node, place))
        own.update(_parameters(work, node, place))
        for at, block in own.items():
            source = node.inputs[at]
            if source is None or not block.is_single:
                raise _not_spelled_out(work)
            places[source] = block.cell
        if node.op_type in OPERATIONS:
            numbers = work.cell(node, place)
            operands = tuple(
                Operand(
                    _operand_name(work, node, at),
                    float(numbers.numbers(at, own[at].cell)),
                )
                for at in range(len(node.inputs))
                if at in own
            )
            result = OPERATIONS[node.op_type]([operand.value for operand in operands], node)
            operations.append(Operation(node.op_type, operands, float(result)))
            operators[node.op_type] = None
    value = work.number(work.output, index)
    if not operations:
        operations = [_copied(work, places, value)]
        operators[operations[0].operator] = None
    return Explanation(
        work.layer.name, " ".join(reversed(operators)), index, value, value, None,
        tuple(operations[::-1]), None, _seen(work, work.output, index),
    )  # fmt: skip


def _recurrent(work: Worked, node: ir.Node, place: Place) -> list[Operation]:
    try:
        return spelled(Cell(node, place, work.values, []))
    except (ValueError, KeyError):
        # Or what came before is not among what the network computes.
        raise _not_spelled_out(work) from None


def _copied(work: Worked, places: Mapping[ir.Value, Place], value: float) -> Operation:
    """Where a number comes from that is only taken elsewhere."""
    if not any(source is not work.output for source in places):
        # Padding, or what the file itself holds.
        return Operation(work.nodes[-1].op_type, (), value)
    ports = {port.value: port.source or port.value for port in work.layer.inputs}
    for source, place in places.items():
        if source.name in ports and source is not work.output:
            return Operation("Identity", (Operand(ports[source.name], work.number(source, place)),), value)
    raise _not_spelled_out(work)


def _parameters(work: Worked, node: ir.Node, place: Place) -> dict[int, Block]:
    """Places in what an operator shifts and scales by: one number for each channel, or for all."""
    if node.op_type not in ("QuantizeLinear", "DequantizeLinear"):
        return {}
    axis = node.attributes.get_int("axis", 1)
    cell = work.cell(node, place)
    found = {}
    for at in range(1, len(node.inputs)):
        if cell.given(at):
            shape = cell.shape(at)
            if len(shape) > 1:
                raise _not_spelled_out(work)
            own = 0 if shape in ((), (1,)) else place[axis % len(place)]
            found[at] = Block(tuple(single(own) for _ in shape))
    return found


def _operand_name(work: Worked, node: ir.Node, at: int) -> str:
    """Weights by their own names, what a layer made by the layer's."""
    value = node.inputs[at]
    name = (value.name or "") if value is not None else ""
    for weight in work.layer.weights:
        if weight.name == name:
            return weight.title
    if work.is_change(node):
        return "change" if at else work.layer.name
    if node.op_type == "BatchNormalization" and at:
        return _BATCH_NORMALIZATION[at]
    ports = {port.value: port.source for port in work.layer.inputs}
    # What is only turned round has the name of what it was before.
    while value is not None and value.name not in ports and (maker := value.producer()) in work.nodes:
        if maker is None or maker.op_type not in MOVING:
            break
        value = maker.inputs[0]
    source = ports.get(value.name or "") if value is not None else None
    return source or name.rsplit("/", 1)[-1]


def _not_spelled_out(work: Worked) -> RequestError:
    return RequestError(
        f"How '{work.layer.name}' ({work.layer.op}) comes to one number cannot be spelled out: it is no "
        "convolution, no pool, no product, and does not look at each place by itself."
    )
