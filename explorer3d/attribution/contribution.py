"""The request that orders a layer's channels by what they add to the class a network believes in most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.grad_cam import layer_maps
from explorer3d.attribution.method import Case
from explorer3d.attribution.ranked_activations import ranked_activations
from explorer3d.attribution.target import find_target
from explorer3d.compute.channel_order import OrderedChannels
from explorer3d.compute.channels import SummariseChannels
from explorer3d.compute.requests import runner
from explorer3d.errors import ExplorerError
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True, eq=False)
class OrderByContribution:
    """Put the channels of a layer's output in order, those first that speak most for the first class.

    A channel adds the sum over its places of activation times gradient of the class score: to first order
    what the score would lose without it. Where that is not known the channels stay as they are numbered, and
    the answer says why.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
    layer : str or None
        None: the tensor is no layer's output.
    array : array
        That output.
    axis : int
        The channels'.
    active_only : bool
        Leave out those that are zero everywhere.

    References
    ----------
    https://arxiv.org/abs/1611.06440
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    layer: str | None
    array: np.ndarray
    axis: int
    active_only: bool = False

    def __call__(self, progress: Progress = ignore) -> OrderedChannels:
        table = SummariseChannels(self.array, self.axis)(progress)
        order, remark = np.arange(len(table)), "Only what a layer makes adds to a class."
        if self.layer is not None:
            try:
                title, axis, parts = contributions(self.key, self.feeds, self.layer, progress)
            except ExplorerError as error:
                remark = str(error)
            else:
                remark = "Another axis than the channels' has no contributions."
                if axis == self.axis and len(parts) == len(order):
                    order = np.argsort(-parts, kind="stable")
                    remark = f"What adds most to {title} comes first."
        kept = order[~table.dead[order]] if self.active_only else order
        return OrderedChannels(kept, table, remark)


def contributions(
    key: str, feeds: Mapping[str, np.ndarray], layer: str, progress: Progress = ignore
) -> tuple[str, int, np.ndarray]:
    """Find what each channel of a layer adds to the class the network believes in most.

    Returns
    -------
    title : str
        Of the class.
    axis : int
        Of the channels, in the layer's output.
    parts : (C,) float64 array

    Raises
    ------
    ExplorerError
        The network tells no classes apart, the layer gives no maps or is not on the way, or an operator's
        gradient is not known.
    """
    running = runner(key)
    target = find_target(running, feeds, None, progress)
    case = Case(running, feeds, target, layer, 0, progress)
    _, _, axes = case.maps
    activation, gradient, _, _ = layer_maps(case)
    return target.title, axes.index("C"), ranked_activations(activation.astype(np.float64), gradient)
