"""Costs as colour: one perceptual scale for all nodes, and its legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw

from explorer3d.compute.costs import Cost
from explorer3d.compute.picture import FIRST, LAST
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Model
from explorer3d.scene.colormaps import lookup
from explorer3d.scene.palette import Theme
from explorer3d.scene.typefaces import REGULAR, font

COLORMAP = "viridis"
UNKNOWN = (88, 91, 104)
"""Grey, which the scale does not pass."""


@dataclass(frozen=True, eq=False)
class Paint:
    """Values of layers, and how they become colours.

    Attributes
    ----------
    cost : Cost
    values : mapping of str to float
        By layer.
    """

    cost: Cost
    values: Mapping[str, float]

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Ends of the scale; of a logarithmic one both are positive.

        From the cheapest layer to all layers together, so that a colour means the same however the network
        is folded; a share is never above that of the layer with the largest.
        """
        if self.cost.unit == "%":
            return 0.0, max([*self.values.values(), 1e-9])
        shown = [value for value in self.values.values() if value > 0]
        low = min(shown, default=1.0) if self.cost.logarithmic else 0.0
        return low, max(sum(shown), low, 1e-9)

    def of_nodes(self, model: Model) -> dict[str, float]:
        """Value of every node that has one; a folded block costs what its layers do together, or the last."""
        found = {}
        for layer in model.layers:
            inside = layer.layers if isinstance(layer, FoldedBlock) else (layer,)
            known = [one for one in inside if one.name in self.values]
            if not known:
                continue
            if self.cost.of_end:
                found[layer.name] = self.values[known[-1].name]
            elif self.cost.unit == "%":
                total = sum(one.parameters for one in known)
                share = sum(self.values[one.name] * one.parameters for one in known)
                found[layer.name] = share / total if total else self.values[known[0].name]
            else:
                found[layer.name] = sum(self.values[one.name] for one in known)
        return found

    def colours(self, model: Model, names: tuple[str, ...]) -> np.ndarray:
        """(n, 3) uint8 array: RGB of nodes; grey where there is no value."""
        values = self.of_nodes(model)
        numbers = np.array([values.get(name, np.nan) for name in names], float)
        low, high = self.limits
        if self.cost.logarithmic:
            span = max(np.log(high / low), 1e-9)
            shares = np.log(np.maximum(numbers, low) / low) / span
        else:
            shares = (numbers - low) / (high - low)
        unknown = np.isnan(shares)
        indices = FIRST + np.rint(np.clip(np.where(unknown, 0, shares), 0, 1) * (LAST - FIRST)).astype(int)
        return np.asarray(np.where(unknown[:, None], UNKNOWN, lookup(COLORMAP)[indices]), np.uint8)

    def legend(self, model: Model, scale: float, width: int, theme: Theme) -> np.ndarray:
        """Draw the scale with its ends; what grey means, if some node is. In as few lines as fit.

        Parameters
        ----------
        model : Model
            What is seen.
        scale : float
            Pixels per logical pixel.
        width : int
            Room in pixels.
        theme : Theme

        Returns
        -------
        (H, W, 3) uint8 array
            RGB.
        """
        size = round(13 * scale)
        low, high = (self.cost.brief(limit) for limit in self.limits)
        if self.cost.unit != "%":
            high += " in all"
        steps = lookup(COLORMAP)[np.linspace(FIRST, LAST, size * 13).astype(int)]
        bar = Image.fromarray(np.broadcast_to(steps[None], (size, *steps.shape)).copy())
        pieces = [
            _line([f"{self.cost.title} of each node"], size, theme),
            _line([low, bar, high], size, theme),
        ]
        if model.inputs or len(self.of_nodes(model)) < len(model.layers):
            grey = Image.new("RGB", (size, size), UNKNOWN)
            pieces.append(_line([grey, "not known"], size, theme))
        places, x, row = [], 0, 0
        for piece in pieces:
            if x and x + piece.width > width:
                x, row = 0, row + 1
            places.append((x, row * piece.height))
            x += piece.width
        longest = max(left + piece.width for piece, (left, _) in zip(pieces, places, strict=True))
        image = Image.new("RGB", (longest, (row + 1) * pieces[0].height), theme.bottom)
        for piece, place in zip(pieces, places, strict=True):
            image.paste(piece, place)
        return np.asarray(image)


def _line(parts: Sequence[str | Image.Image], size: int, theme: Theme) -> Image.Image:
    """Words and pictures side by side, in letters of a size in pixels."""
    letters, gap = font(REGULAR, size), round(size * 0.7)
    widths = [round(letters.getlength(part)) if isinstance(part, str) else part.width for part in parts]
    image = Image.new("RGB", (sum(widths) + gap * (len(parts) + 1), round(size * 1.9)), theme.bottom)
    draw, x = ImageDraw.Draw(image), gap
    for part, width in zip(parts, widths, strict=True):
        if isinstance(part, str):
            draw.text((x, image.height / 2), part, fill=theme.dim, font=letters, anchor="lm")
        else:
            image.paste(part, (x, (image.height - part.height) // 2))
        x += width + gap
    return image
