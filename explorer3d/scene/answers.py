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
        corners = self._corners(network, look.text)
        self.bars = {
            name: PredictionBars(self.best[name], *corner, look.theme, look.text, self._behind)
            for name, corner in corners.items()
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
        corners = self._corners(network, look.text)
        for name, bars in self.bars.items():
            bars.move(*corners[name])

    def _corners(self, network: Network, text: float) -> dict[str, tuple[float, float]]:
        """Where the lower left corners of the bars are, so that none lie over each other or over a block."""
        lines = {name: len(best) for name, best in self.best.items() if name in network.node_of and best}
        taken, found = _blocks(network), {}
        # The last one has most room beside it.
        for name in sorted(lines, key=lambda name: -network.placement.centres[network.node_of[name], 0]):
            index = network.node_of[name]
            size = predictions.size_of(lines[name], text)
            others, places = np.delete(taken, index, axis=0), _places(network, index, size)
            free = (place for place in places if not _met(others, place, size).any())
            corner = next(free, places[-1])
            while (met := _met(others, corner, size)).any():
                corner = np.array([corner[0], others[met, 1, 1].max() + predictions.GAP])
            taken = np.concatenate([taken, np.stack([corner, corner + size])[None]])
            found[name] = float(corner[0]), float(corner[1])
        return found

    def hide(self) -> None:
        self.bars = {}
        self._parts.replace("predictions", [])

    def labels(self) -> list[Label]:
        return [label for bars in self.bars.values() for label in bars.labels]

    def bounds(self) -> list[np.ndarray]:
        """(2, 3) float arrays: opposite corners of the bars of each output."""
        return [bars.bounds() for bars in self.bars.values()]


def _blocks(network: Network) -> np.ndarray:
    """(n, 2, 2) float array: lower left and upper right corner of each block and what is written below it."""
    placement = network.placement
    reach = np.maximum(placement.sizes[:, 0], 0.8 * placement.pitch) / 2
    x, top = placement.centres[:, 0], placement.centres[:, 1] + placement.sizes[:, 1] / 2
    return np.stack([np.stack([x - reach, placement.floors], axis=1), np.stack([x + reach, top], axis=1)], 1)


def _met(boxes: np.ndarray, corner: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(n,) bool array: which boxes share a place with one more."""
    return np.asarray(((boxes[:, 0] < corner + size) & (boxes[:, 1] > corner)).all(axis=1))


def _places(network: Network, index: int, size: np.ndarray) -> list[np.ndarray]:
    """Corners that suit the bars of a block: above it if the network is one line, else beside it or above."""
    placement = network.placement
    x, y, _ = placement.centres[index]
    width, height, _ = placement.sizes[index]
    above = y + height / 2 + predictions.GAP
    if len(placement.row_floors) == 1 and not network.layout.lane.any():
        return [np.array([x + placement.pitch / 2 - size[0], above])]
    beside = np.array([x + width / 2 + predictions.GAP, y + height / 2 - size[1]])
    return [beside, np.array([x - width / 2, above])]
