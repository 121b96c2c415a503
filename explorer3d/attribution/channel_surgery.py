"""Channel surgery: what every later layer, and the answer, become when one channel is changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.invariance import distance
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import between, one_of
from explorer3d.attribution.way import read_behind
from explorer3d.compute.channel_edits import ChannelEdit, run_edited
from explorer3d.errors import RequestError


@dataclass(frozen=True)
class ChannelSurgery:
    """What is done to which channel.

    Attributes
    ----------
    channel : int
    action : str
        ``mute``, ``boost`` or ``replace``.
    factor : float
        By which it is boosted.
    by : int
        The channel that stands in for it.
    """

    channel: int = 0
    action: str = "mute"
    factor: float = 2.0
    by: int = 0

    def __post_init__(self) -> None:
        between("channel", self.channel, 0, 1e9)
        one_of("action", self.action, ("mute", "boost", "replace"))
        between("by", self.by, 0, 1e9)

    def edit(self, value: str, axis: int) -> ChannelEdit:
        match self.action:
            case "mute":
                return ChannelEdit(value, axis, self.channel, 0.0)
            case "boost":
                return ChannelEdit(value, axis, self.channel, self.factor)
        return ChannelEdit(value, axis, self.channel, 1.0, self.by)


def _explain(case: Case, settings: ChannelSurgery) -> Found:
    name, port, axes = case.maps
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
    value, order = read_behind(case.runner, port)
    edit = settings.edit(value, order[axes.index("C")])
    after = run_edited(case.runner, case.feeds, edit, values)
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
    "What every later layer, and the answer, become when a channel is muted, boosted or replaced.",
    _explain,
    ChannelSurgery,
    gradient=False,
)
