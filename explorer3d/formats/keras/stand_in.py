"""What may take the place of a layer whose own code is not to be had, and must not be run."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import onnx_ir as ir

from explorer3d.formats.keras.arguments import is_shape
from explorer3d.formats.keras.config import Call, Network
from explorer3d.formats.keras.emit import Scope, Tensor, described
from explorer3d.formats.keras.settings import Unsupported
from explorer3d.graph.stand_in import StandIn

# As many numbers as fit into a gigabyte.
_LARGEST = 1 << 28


def stand_in(
    given: StandIn, scope: Scope, inputs: Sequence[Tensor], name: str
) -> tuple[Tensor, Tensor | None]:
    """The result that a person has chosen, and the new model input it comes from, if any.

    Parameters
    ----------
    inputs : sequence of Tensor
        What the layer is called with.
    name : str
        Of its result.

    Raises
    ------
    Unsupported
        It does not fit.
    """
    if given.shape is None:
        if len(inputs) != 1:
            raise Unsupported(f"it has {len(inputs)} inputs, so it cannot be taken as passing one on")
        return scope.op("Identity", inputs), None
    if not all(0 < size < 2**31 for size in given.shape) or prod(given.shape) > _LARGEST:
        raise Unsupported(f"a result of shape {given.shape} cannot be fed")
    value = ir.Value(name=scope.free_name(f"{name}/result"), type=ir.TensorType(ir.DataType.FLOAT))
    source = described(value, (None, *given.shape))
    return scope.op("Identity", [source]), source


def note(layer: str, given: StandIn, source: str) -> str:
    """What a person should know of it, as a sentence."""
    if given.shape is None:
        return f"Layer {layer} is taken as passing its input on, as you chose: its own code is not run."
    size = "×".join(map(str, given.shape))
    return (
        f"The result of layer {layer} is the model input {source} of shape {size}, as you chose: "
        "its own code is not run."
    )


def likely_shape(call: Call, network: Network) -> tuple[int, ...] | None:
    """Shape of a call's result without the batch, if the file tells it all."""
    later = (one for other in network.calls for one in other.inputs)
    for reference in later:
        if (reference.layer, reference.call, reference.tensor) == (call.layer.name, call.index, 0):
            shape = reference.shape
            if shape is not None:
                return _whole(shape[1:])
    given = call.layer.config.get("output_shape")
    return _whole(tuple(given)) if is_shape(given) else None


def _whole(shape: tuple[int | None, ...]) -> tuple[int, ...] | None:
    known = tuple(size for size in shape if size is not None)
    return known if len(known) == len(shape) else None
