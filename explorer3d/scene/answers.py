"""The most probable classes, as bars beside the blocks that make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer3d.labels import Guess
from explorer3d.scene import predictions
from explorer3d.scene.look import Look
from explorer3d.scene.network import Network
from explorer3d.scene.parts import Parts
from explorer3d.scene.predictions import PredictionBars
from explorer3d.scene.text import Label


class Answers:
    """The bars of all outputs that are probabilities.

    Attributes
    ----------
    best : mapping of str to sequence of Guess
        By output layer.
    bars : dict of str to PredictionBars
        By the layer in `best`.
    """

    def __init__(self, parts: Parts) -> None:
        self.best: Mapping[str, Sequence[Guess]] = {}
        self.bars: dict[str, PredictionBars] = {}
        self._parts = parts
        self._behind = False

    def build(self, network: Network, look: Look) -> None:
        self.bars = {
            name: PredictionBars(
                best, *self._corner(network, name, look.text), look.theme, look.text, self._behind
            )
            for name, best in self.best.items()
            if name in network.node_of and best
        }
        self._parts.replace("predictions", [bars.quads.actor for bars in self.bars.values()])

    def turn(self, behind: bool, network: Network, look: Look) -> bool:
        """Let them be read from before or from behind; say whether they were written anew."""
        turned, self._behind = behind != self._behind and bool(self.bars), behind
        if turned:
            self.build(network, look)
        return turned

    def follow(self, network: Network, look: Look) -> None:
        """Move along with the blocks."""
        for name, bars in self.bars.items():
            bars.move(*self._corner(network, name, look.text))

    def _corner(self, network: Network, name: str, text: float) -> tuple[float, float]:
        return _beside(network, network.node_of[name], len(self.best[name]), text)

    def hide(self) -> None:
        self.bars = {}
        self._parts.replace("predictions", [])

    def labels(self) -> list[Label]:
        return [label for bars in self.bars.values() for label in bars.labels]

    def bounds(self) -> list[np.ndarray]:
        """(2, 3) float arrays: opposite corners of the bars of each output."""
        return [bars.bounds() for bars in self.bars.values()]


def _beside(network: Network, index: int, lines: int, text: float) -> tuple[float, float]:
    """Corner for the bars of a block: above it if the network is one line, else right of it."""
    placement = network.placement
    x, y, _ = placement.centres[index]
    width, height, _ = placement.sizes[index]
    if len(placement.row_floors) == 1 and not network.layout.lane.any():
        return float(x + placement.pitch / 2 - predictions.WIDTH * text), float(
            y + height / 2 + predictions.GAP
        )
    return float(x + width / 2 + predictions.GAP), float(y + height / 2 - lines * predictions.PITCH * text)
