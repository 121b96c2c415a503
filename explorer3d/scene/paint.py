"""Costs as colour: one perceptual scale for all nodes, and its legend."""

from __future__ import annotations

from collections.abc import Mapping
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
        """Value of every node that has one; a folded block costs what its layers cost together."""
        found = {}
        for layer in model.layers:
            inside = layer.layers if isinstance(layer, FoldedBlock) else (layer,)
            known = [one for one in inside if one.name in self.values]
            if not known:
                continue
            if self.cost.unit == "%":
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

    def legend(self, model: Model, scale: float, theme: Theme) -> np.ndarray:
        """Draw the scale with its ends; what grey means, if some node is.

        Parameters
        ----------
        model : Model
            What is seen.
        scale : float
            Pixels per logical pixel.
        theme : Theme

        Returns
        -------
        (H, W, 3) uint8 array
            RGB.
        """
        size = round(13 * scale)
        letters = font(REGULAR, size)
        line, gap, bar = round(size * 1.9), round(size * 0.7), round(size * 13)
        low, high = self.limits
        title = f"{self.cost.title} of each node"
        ends = [self.cost.brief(low), self.cost.brief(high)]
        if self.cost.unit != "%":
            ends[1] += " in all"
        unknown = bool(model.inputs) or len(self.of_nodes(model)) < len(model.layers)
        words = (title, *ends, *(["not known"] if unknown else []))
        width = round(sum(letters.getlength(word) for word in words)) + bar + (size + 10 * gap)
        image = Image.new("RGB", (width, line), theme.bottom)
        draw = ImageDraw.Draw(image)
        x, top = gap, (line - size) // 2

        def write(word: str) -> None:
            nonlocal x
            draw.text((x, line / 2), word, fill=theme.dim, font=letters, anchor="lm")
            x += round(letters.getlength(word)) + gap

        write(title)
        x += gap
        write(ends[0])
        steps = lookup(COLORMAP)[np.linspace(FIRST, LAST, bar).astype(int)]
        image.paste(Image.fromarray(np.broadcast_to(steps[None], (size, bar, 3)).copy()), (x, top))
        x += bar + gap
        write(ends[1])
        if unknown:
            x += gap
            draw.rectangle((x, top, x + size, top + size), fill=UNKNOWN)
            x += size + gap
            write("not known")
        return np.asarray(image)
