"""A layer's operators with all numbers around them: which of them does the work, and at which place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from explorer3d.compute.arithmetic.operations import MOVING
from explorer3d.compute.arithmetic.weighing import REDUCTIONS, WEIGHINGS, Cell
from explorer3d.compute.channels import map_axis
from explorer3d.compute.edits import Edit
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError, RunError
from explorer3d.graph.lookup import find_layer
from explorer3d.graph.model import Layer, Model
from explorer3d.graph.receptive.field import before
from explorer3d.graph.receptive.indices import single
from explorer3d.graph.receptive.layers import nodes_of
from explorer3d.graph.receptive.region import Block
from explorer3d.graph.receptive.step import constants
from explorer3d.graph.skeleton import constant
from explorer3d.progress import Progress

Place = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Worked:
    """A layer that has been run.

    Attributes
    ----------
    model : Model
    layer : Layer
    nodes : tuple of onnx_ir.Node
    values : dict of str to array
        All that these take and make, weights excepted.
    given : mapping of str to array
        What of these is fed to what somebody has changed; see `Runner.given`.
    changes : mapping of int to Edit
        What has been done to channels of the first output.
    """

    model: Model
    layer: Layer
    nodes: tuple[ir.Node, ...]
    values: dict[str, np.ndarray]
    given: Mapping[str, np.ndarray]
    changes: Mapping[int, Edit]

    @property
    def shapes(self) -> dict[str, Place]:
        return {name: array.shape for name, array in self.values.items()}

    @property
    def output(self) -> ir.Value:
        name = self.layer.outputs[0].value
        return next(value for node in self.nodes for value in node.outputs if value.name == name)

    def number(self, value: ir.Value, place: Place) -> float:
        return float(self.values[value.name or ""][place])

    def back(self, node: ir.Node, place: Place) -> list[tuple[int, Block]]:
        """What part of a node's inputs a place of its result depends on."""
        found = before(self.model, node, Block(tuple(map(single, place))), self.shapes, self._known)
        return [(at, block) for at, block in found if block.axes is None or block.size]

    def _known(self, value: ir.Value) -> np.ndarray | None:
        found = constants(value)
        return self.given.get(value.name or "") if found is None else found

    def is_change(self, node: ir.Node) -> bool:
        """Whether an operator is none of the layer's own, but exchanges or multiplies its channels."""
        return node.op_type in ("Gather", "Mul") and any(
            value is not None and value.name in self.given for value in node.inputs
        )

    def done_to(self, index: Place) -> str:
        """What has been done to the channel of a place of the output; empty: nothing."""
        axis = map_axis(self.shapes[self.output.name or ""], self.layer.outputs[0].axes)
        edit = None if axis is None else self.changes.get(index[axis])
        return "" if edit is None or (edit.factor, edit.source) == (1, None) else edit.done

    def cell(self, node: ir.Node, place: Place) -> Cell:
        return Cell(node, place, self.values, self.back(node, place))

    def core(self) -> ir.Node | None:
        """The operator that weighs a window or a row; None if the layer has none."""
        found = [node for node in self.nodes if node.op_type in WEIGHINGS]
        strong = [node for node in found if node.op_type not in REDUCTIONS]
        if strong:
            return strong[-1]
        others = [node for node in self.nodes if node not in found]
        return found[-1] if len(found) == 1 and all(node.op_type in MOVING for node in others) else None

    def behind(self, core: ir.Node) -> list[ir.Node]:
        """The nodes that take what it makes."""
        reached = set(core.outputs)
        found = []
        for node in self.nodes:
            if any(value in reached for value in node.inputs):
                found.append(node)
                reached.update(node.outputs)
        return found

    def place_in(self, core: ir.Node, index: Place, behind: Collection[ir.Node]) -> Place | None:
        """Follow a place of the layer's output back to the core's; None if it comes from many."""
        value, place = self.output, index
        while value not in core.outputs:
            node = value.producer()
            if node is None or node not in behind:
                return None
            at = next(
                at
                for at, source in enumerate(node.inputs)
                if source is not None and (source in core.outputs or source.producer() in behind)
            )
            source = node.inputs[at]
            assert source is not None
            parts = [block for position, block in self.back(node, place) if position == at]
            if len(parts) == 1 and parts[0].is_single:
                place = parts[0].cell
            elif self.shapes[source.name or ""] != self.shapes[value.name or ""]:
                return None
            # Else it depends on its neighbours too, as in a softmax.
            value = source
        return place


def worked(running: Runner, feeds: Mapping[str, np.ndarray], name: str, progress: Progress) -> Worked:
    """Run a network up to a layer.

    Raises
    ------
    RequestError
        There is no such layer.
    RunError
        It cannot run.
    """
    model = running.model
    layer = find_layer(model, name)
    if layer.reason is not None:
        raise RunError(layer.reason)
    nodes = nodes_of(model)[name]
    if not nodes or not layer.outputs:
        raise RequestError(f"'{name}' computes nothing that could be spelled out.")
    wanted: dict[str, None] = {}
    for node in nodes:
        for value in (*node.inputs, node.outputs[0]):
            if value is not None and value.name and constant(value) is None:
                wanted[value.name] = None
    own = (edit for edit in running.edits if edit.layer == name and not (edit.weight or edit.output))
    changes = {edit.channel: edit for edit in own}
    return Worked(model, layer, nodes, running.run(feeds, list(wanted), progress), running.given, changes)


def checked(index: Sequence[int], shape: Sequence[int], name: str) -> Place:
    """A place within a tensor, counted from the front.

    Raises
    ------
    RequestError
    """
    if len(index) != len(shape) or any(
        not -size <= place < size for place, size in zip(index, shape, strict=True)
    ):
        raise RequestError(f"The output of '{name}' is {list(shape)}: {list(index)} is no place in it.")
    return tuple(int(place) % size for place, size in zip(index, shape, strict=True))
