"""What operators behind a layer read: not always the value that the layer shows."""

from __future__ import annotations

from explorer3d.compute.runner import Runner
from explorer3d.graph.model import Port
from explorer3d.graph.transposed import stored


def read_behind(runner: Runner, port: Port) -> tuple[str, tuple[int, ...]]:
    """What operators behind a layer depend on, and its axes in the order in which the layer has them.

    It is not always the layer's own: a layer of Keras shows what ONNX's operators make in another order.
    """
    maker = runner.model.layer_by_name.get(port.source or "")
    # Of a layer that only transposes, what it takes is another layer's.
    taken = {one.value for one in maker.inputs} if maker is not None else ()
    value, order = stored(runner.value(port.value), taken)
    if order is None:
        return port.value, tuple(range(len(port.shape or port.axes)))
    return value.name or "", order
