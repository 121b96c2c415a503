"""Channel surgery: what every later layer, and the answer, become when a channel or kernel is changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import automatic, between, choice, of_choices
from explorer3d.compute.distance import distance
from explorer3d.compute.edited import edited
from explorer3d.compute.edits import Edit
from explorer3d.errors import RequestError
from explorer3d.graph.model import Layer


@dataclass(frozen=True)
class ChannelSurgery:
    """What is done to which channel, or kernel.

    Attributes
    ----------
    channel : int
    action : str
        ``mute``, ``boost`` or ``replace``.
    factor : float
        By which it is boosted.
    by : int
        The channel, or kernel, that stands in for it.
    kernel : bool
        The kernel is changed that makes the channel, instead of the channel itself.
    slice : int
        Of the kernel only what it takes from this input channel is changed; −1: all of it.
    """

    channel: int = 0
    action: str = choice("mute", "boost", "replace")
    factor: float = 2.0
    by: int = 0
    kernel: bool = False
    slice: int = automatic(-1, "all of it")

    def __post_init__(self) -> None:
        between("channel", self.channel, 0, 1e9)
        of_choices(self)
        between("by", self.by, 0, 1e9)
        between("slice", self.slice, -1, 1e9)

    def edit(self, layer: Layer, output: int) -> Edit:
        """The same for a layer, one of whose outputs is explained."""
        factor = {"mute": 0.0, "boost": self.factor, "replace": 1.0}[self.action]
        source = self.by if self.action == "replace" else None
        if not (self.kernel or self.slice >= 0):
            return Edit(layer.name, self.channel, factor, source, output=output)
        weight = next((weight for weight in layer.weights if {"O", "I"} <= set(weight.axes)), None)
        if weight is None:
            raise RequestError(f"The layer '{layer.name}' has no kernels. Choose a convolution.")
        taken = self.slice if self.slice >= 0 else None
        return Edit(layer.name, self.channel, factor, source, weight.name, taken)


def _explain(case: Case, settings: ChannelSurgery) -> Found:
    name, port, _ = case.maps
    model = case.runner.model
    output = case.target.output
    if not output:
        raise RequestError("Channel surgery is judged by a class: choose one as the target.")
    later = [
        (layer.name, one.value)
        for layer in model.layers[model.layers.index(model.layer_by_name[name]) :]
        if layer.runnable
        for one in layer.outputs[:1]
        if one.readable and one.dtype.startswith("float")
    ]
    values = list(dict.fromkeys([*(value for _, value in later), case.target.value, output]))
    case.progress(0.0, "Running the network as it is")
    before = case.runner.run(case.feeds, values)
    case.progress(0.5, "Running the changed network")
    layer = model.layer_by_name[name]
    edit = settings.edit(layer, layer.outputs.index(port))
    after = edited(case.runner, [edit], case.feeds).run(case.feeds, values)
    kept = [(layer, value) for layer, value in later if before[value].shape == after[value].shape]
    changes = [distance(before[value], after[value]) for _, value in kept]
    score = float(case.target.of(after[case.target.value])[0])
    logits = case.target.value
    change = np.asarray(after[logits][:1], np.float64) - before[logits][:1]
    return Found(
        change.reshape(-1),
        "C",
        name,
        {
            "before": before[output],
            "after": after[output],
            "layers": np.asarray([layer for layer, _ in kept]),
            "changes": np.asarray(changes),
        },
        note=f"score then {score:.4g}",
    )


METHOD = Method(
    "channel_surgery",
    "Channel surgery",
    "What the answer becomes when a channel, or the kernel behind it, is muted, boosted or replaced.",
    _explain,
    ChannelSurgery,
    gradient=False,
)
