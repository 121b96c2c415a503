"""Which map or kernel a number of an opened tensor belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from explorer3d.compute.channels import map_axis
from explorer3d.compute.edits import Edit
from explorer3d.compute.show import ShownTensor
from explorer3d.graph.model import Model
from explorer3d.qt.scene_marks import Spot
from explorer3d.scene.stage import Stage

_MOST_SLICES = 64
"""Of one kernel that are marked."""


def aim(model: Model, layer: str, tensor: ShownTensor, index: Sequence[int]) -> Edit | str:
    """What would be changed; why nothing, as a sentence.

    What a layer takes is changed where it is made.

    Parameters
    ----------
    model : Model
    layer : str
    tensor : ShownTensor
        Of that layer.
    index : sequence of int
        Of one of its numbers.
    """
    if not tensor.value:
        if not {"O", "I"} <= set(tensor.axes):
            return f"The {tensor.title} of {layer} has no kernels that could be changed."
        channel, taken = (index[tensor.axes.index(letter)] for letter in "OI")
        return Edit(layer, channel, weight=tensor.name, taken=taken)
    for maker in model.layers:
        for output, port in enumerate(maker.outputs):
            if port.value == tensor.value:
                axis = map_axis(tensor.array.shape, tensor.axes)
                if axis is None:
                    return f"What {maker.name} gives has no maps that could be changed."
                return Edit(maker.name, index[axis], output=output)
    return f"{tensor.value} goes into the network: change the input instead."


def changed_spots(edits: Iterable[Edit], stage: Stage) -> list[Spot]:
    """A number on each map and slice of a kernel that is laid open and changed."""
    found = []
    for edit in edits:
        opened = stage.opened.get(edit.layer)
        for panel in opened.panels if opened is not None else ():
            tensor = panel.tensor
            if edit.weight and not tensor.value and tensor.name == edit.weight:
                found += [Spot(edit.layer, tensor.name, index) for index in _slices(edit, tensor)]
            elif not edit.weight and tensor.name == ("output" + str(edit.output or "")) and tensor.value:
                index = [0] * tensor.array.ndim
                axis = map_axis(tensor.array.shape, tensor.axes)
                if axis is not None:
                    index[axis] = edit.channel
                    found.append(Spot(edit.layer, tensor.name, tuple(index)))
    return found


def _slices(edit: Edit, tensor: ShownTensor) -> list[tuple[int, ...]]:
    inputs = tensor.array.shape[tensor.axes.index("I")]
    slices = range(min(inputs, _MOST_SLICES)) if edit.taken is None else [edit.taken]
    found = []
    for taken in slices:
        place = {"O": edit.channel, "I": taken}
        found.append(tuple(place.get(letter, 0) for letter in tensor.axes))
    return found


def count(tensor: ShownTensor) -> int:
    """How many there are of what is changed: kernels, or maps."""
    axis = map_axis(tensor.array.shape, tensor.axes) if tensor.value else tensor.axes.index("O")
    return int(tensor.array.shape[axis or 0])
