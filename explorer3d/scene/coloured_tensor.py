"""One tensor that is drawn: how its numbers are coloured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from explorer3d.compute.colour_range import AUTOMATIC, MAP, ColourRange
from explorer3d.compute.picture import Limits, TensorPicture, TileLimits, colours_of, indices_of
from explorer3d.compute.redraw import MANY, DrawBetween, Redrawn
from explorer3d.compute.show import ShownTensor
from explorer3d.scene.quads import Quads
from explorer3d.scene.shade import Shade, remapped, shade_of

# Narrower limits than this share of those drawn leave too few colours to tell numbers apart.
_NARROW = 0.6


@dataclass(eq=False)
class ColouredTensor:
    """A tensor, what is drawn of it, and between which limits.

    Attributes
    ----------
    tensor : ShownTensor
    quads : Quads
    wanted : ColourRange
        What its colours are to span.
    detail : Quads or None
        Parts of it that are drawn finer.
    """

    tensor: ShownTensor
    quads: Quads
    wanted: ColourRange = field(default=AUTOMATIC, init=False)
    detail: Quads | None = field(default=None, init=False)
    _shade: Shade | None = field(default=None, init=False)
    _redrawn: Redrawn | None = field(default=None, init=False)
    _asked_redrawn: DrawBetween | None = field(default=None, init=False)
    _detail_limits: TileLimits = field(default=(0.0, 0.0), init=False)

    @property
    def picture(self) -> TensorPicture:
        """What is drawn of the tensor: its own picture, or one between other limits."""
        return self._redrawn.picture if self._redrawn is not None else self.tensor.picture

    def colour(self, colormap: str) -> None:
        """Give the numbers the colours that are wanted, as well as what is drawn allows.

        Parameters
        ----------
        colormap : str
            Empty for the one that fits.
        """
        self._shade = shade_of(self.wanted, self.tensor.statistics, colormap)
        limits = self._shade.limits
        back = not isinstance(self._drawn, tuple) or limits == self.tensor.statistics.limits
        if self._redrawn is not None and self.wanted.kind != MAP and back:
            # Of maps that span each its own range no table makes ones that compare; and the tensor's own
            # picture is still there.
            self._redrawn = None
            self.quads.redraw(self.picture.texels, self.picture.cells())
        self.quads.recolour(self._table(self._drawn))
        if self.detail is not None:
            self.detail.recolour(self._table(self._detail_limits))

    @property
    def _drawn(self) -> TileLimits:
        """What the colour indices drawn lie between."""
        return self._redrawn.limits if self._redrawn is not None else self.tensor.statistics.limits

    def _table(self, drawn: TileLimits) -> np.ndarray:
        assert self._shade is not None
        return remapped(self._shade, drawn) if isinstance(drawn, tuple) else self._shade.table()[:, :3]

    @property
    def _each(self) -> bool:
        return self.wanted.kind == MAP and self.tensor.picture.kind in MANY

    @property
    def told(self) -> str:
        """What the colours span in words; empty if that is the usual."""
        return "" if self.wanted.kind == MAP and not self._each else str(self.wanted)

    @property
    def nearly_right(self) -> bool:
        """Whether a table gives what is drawn about the colours that are wanted."""
        return self.picture.kind != "colour" and not self._each

    def outdated(self) -> DrawBetween | None:
        """How to draw it for the colours that are wanted, if what is drawn or asked for will not do."""
        tensor, shade = self.tensor, self._shade
        if shade is None or tensor.picture.kind == "text" or self._suits(shade.limits):
            self._asked_redrawn = None
            return None
        request = DrawBetween(tensor.array, tensor.axes, tensor.colour, shade.limits, self._each, tensor.room)
        before, self._asked_redrawn = self._asked_redrawn, request
        if before is not None and (before.limits, before.each) == (request.limits, request.each):
            self._asked_redrawn = before
            return None
        return request

    def _suits(self, limits: Limits) -> bool:
        """Whether what is drawn shows all that colours between some limits can."""
        drawn, found = self._drawn, self.tensor.statistics
        if not isinstance(drawn, tuple) or self._each:
            centred = limits[0] == -limits[1]
            return not isinstance(drawn, tuple) and centred == bool((drawn[:, 0] == -drawn[:, 1]).all())
        if self.picture.kind == "colour" or drawn == limits:
            return drawn == limits
        hidden = (limits[0] < drawn[0] and found.minimum < drawn[0]) or (
            limits[1] > drawn[1] and found.maximum > drawn[1]
        )
        return not hidden and limits[1] - limits[0] >= _NARROW * (drawn[1] - drawn[0])

    def redraw(self, request: DrawBetween, redrawn: Redrawn) -> bool:
        """Show what was asked for, unless something else is wanted by now."""
        if request is not self._asked_redrawn:
            return False
        self._asked_redrawn, self._redrawn = None, redrawn
        self.quads.redraw(redrawn.picture.texels, redrawn.picture.cells())
        return True

    def colours_of(self, numbers: np.ndarray, tiles: np.ndarray) -> np.ndarray:
        """(m, …, 3) uint8 array: how numbers of some tiles are coloured; as `Cells.numbers` gives them."""
        drawn = self._drawn
        limits = drawn if isinstance(drawn, tuple) else drawn[tiles]
        if self.picture.kind == "colour":
            return colours_of(numbers, limits)
        return np.asarray(self._table(drawn)[indices_of(numbers, limits)])
