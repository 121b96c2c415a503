"""Which map or kernel a number of an opened tensor belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from explorer3d.compute.channels import map_axis
from explorer3d.compute.edits import Edit
from explorer3d.compute.show import ShownTensor
from explorer3d.graph.model import Model


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


def count(tensor: ShownTensor) -> int:
    """How many there are of what is changed: kernels, or maps."""
    axis = map_axis(tensor.array.shape, tensor.axes) if tensor.value else tensor.axes.index("O")
    return int(tensor.array.shape[axis or 0])
