"""One tensor that is laid open: where it stands, and how its numbers are coloured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from explorer3d.compute.colour_range import AUTOMATIC, MAP, ColourRange
from explorer3d.compute.picture import Limits, TensorPicture, TileLimits, colours_of, indices_of
from explorer3d.compute.redraw import MANY, DrawBetween, Redrawn
from explorer3d.compute.refine import Crop, Detail, RefineTensor
from explorer3d.compute.show import ShownTensor
from explorer3d.compute.slices import slices_of
from explorer3d.manners import MANNERS, TILES, Manner
from explorer3d.scene.camera import Projection
from explorer3d.scene.cells import Cells
from explorer3d.scene.detail import crops, parts, placed
from explorer3d.scene.legible import Patch, legible
from explorer3d.scene.palette import DARK, Theme
from explorer3d.scene.picking import Met, nearest_quad
from explorer3d.scene.quads import Quads, rectangle
from explorer3d.scene.setting import Setting, setting_of
from explorer3d.scene.shade import Shade, remapped, shade_of
from explorer3d.scene.unfold import Unfolding

# Slices of a stack that can be told apart; more would only hide each other, at the cost of drawing them.
MOST_SLICES = 48
# Stacks of more slices show little of any but the first.
FEW_SLICES = 8
# What is drawn finer stands this far in front of what it covers, in world units; and no more than a share of
# the distance it is seen from, or it would not be seen at the place that is pointed at.
LIFT = 0.002
_ASIDE = 0.001
# Narrower limits than this share of those drawn leave too few colours to tell numbers apart.
_NARROW = 0.6
# How much of its colours is taken away where numbers stand alone, but are seen too small to be read.
_PALE = 0.6


@dataclass(eq=False)
class Panel:
    """A tensor and where it stands, relative to the frame's top left corner.

    Attributes
    ----------
    left, top : float
        Of the tensor.
    room : float
        Width, of the tensor and of its title.
    title : float
        Top of the title.
    wanted : ColourRange
        What its colours are to span.
    asked : tuple of Crop
        Parts that have been asked for at a finer resolution.
    detail : Quads or None
        Those parts, once they are there.
    readable : bool
        Whether numbers are written in cells of it.
    """

    tensor: ShownTensor
    quads: Quads
    unfolding: Unfolding
    left: float
    top: float
    room: float
    title: float
    wanted: ColourRange = AUTOMATIC
    asked: tuple[Crop, ...] = ()
    detail: Quads | None = None
    readable: bool = False
    _fine: bool = True
    _lift: float = LIFT
    _manner: Manner = MANNERS[TILES]
    _theme: Theme = DARK
    _cells: Cells | None = None
    _cells_of: ShownTensor | None = None
    _setting: Setting | None = None
    _shown: tuple[Crop, ...] = ()
    _stacked: bool = False
    _corner: np.ndarray = field(default_factory=lambda: np.zeros(3))
    _shade: Shade | None = None
    _redrawn: Redrawn | None = None
    _asked_redrawn: DrawBetween | None = None
    _asked_limits: TileLimits = (0.0, 0.0)
    _detail_limits: TileLimits = (0.0, 0.0)

    @property
    def picture(self) -> TensorPicture:
        """What is drawn of the tensor: its own picture, or one between other limits."""
        return self._redrawn.picture if self._redrawn is not None else self.tensor.picture

    def stand(self, corner: np.ndarray, share: float) -> None:
        """Put the tiles somewhere.

        Parameters
        ----------
        corner : (3,) float array
            What their own coordinates are counted from, in world units.
        share : float
            Part of the way from the stack (0) to the tiles (1).
        """
        self._corner = corner
        self._stacked = share <= 0.0 and self.unfolding.stack is not self.unfolding.tiles
        self.quads.move(self.unfolding.at(share) + corner)
        if self.picture.kind != "vector":
            # The further they have parted, the less they hide each other.
            self.quads.draw_some(int(MOST_SLICES / max(1.0 - share, 1e-3) ** 2))
        if self.detail is not None:
            self.detail.move(self._in_front(self._shown))

    # Its numbers

    @property
    def cells(self) -> Cells | None:
        """Its numbers, cell by cell; None if it is writing itself."""
        tensor = self.tensor
        if tensor.picture.kind == "text" or not tensor.picture.count:
            return None
        if self._cells is None or self._cells_of is not tensor:
            self._cells_of = tensor
            self._cells = Cells(slices_of(tensor.array, tensor.axes, tensor.colour), tensor.picture)
            self._setting = setting_of(self._cells, tensor.statistics, self.unfolding.tiles[0])
        return self._cells

    @property
    def setting(self) -> Setting | None:
        """How large its numbers are written, if it has any."""
        return self._setting if self.cells is not None else None

    @property
    def stamp(self) -> tuple[object, ...]:
        """What its numbers, where they stand and their colours depend on."""
        return self.cells, self._shade, self._redrawn, tuple(self._corner.tolist())

    def legible(self, projection: Projection, least: float) -> tuple[Patch, ...]:
        """Cells that are seen so large that an em of their numbers takes some pixels, or more."""
        cells, setting = self.cells, self.setting
        if cells is None or setting is None:
            return ()
        return legible(self.standing_at, cells.grid, setting.em, least, projection)

    def written(self, projection: Projection, least: float) -> list[Patch]:
        """Those of them that are drawn as cells by now, not several as one."""
        patches = list(self.legible(projection, least))
        if self.picture.full is None or not patches:
            return patches
        crops = self._shown if self.detail is not None and self._fine else ()
        found = [patch.within(crop) for crop in crops for patch in patches]
        return [patch for patch in found if patch is not None]

    @property
    def standing_at(self) -> np.ndarray:
        """(n, 4, 3) float array: where its tiles stand, or are about to, as a wall."""
        return np.asarray(self.unfolding.tiles + self._corner)

    def seen_together(self, tile: int, across: float, down: float) -> tuple[np.ndarray, float, float]:
        """Corners ((4, 3) float array) of a tile and a place in it; of tiles of one cell those of all.

        Parameters
        ----------
        tile : int
        across, down : float
            The place, as shares of the tile's sides from its top left.
        """
        tiles = self.standing_at
        if self.cells is None or self.cells.grid != (1, 1):
            return tiles[tile], across, down
        low, high = tiles.min(axis=(0, 1)), tiles.max(axis=(0, 1))
        wide, tall = high[:2] - low[:2]
        x, y = tiles[tile].mean(axis=0)[:2] - low[:2]
        return rectangle(low[0], low[1], wide, tall, low[2]), float(x / wide), float(1 - y / tall)

    def colours_of(self, numbers: np.ndarray, tiles: np.ndarray) -> np.ndarray:
        """(m, …, 3) uint8 array: how numbers of some tiles are coloured; as `Cells.numbers` gives them."""
        drawn = self._drawn
        limits = drawn if isinstance(drawn, tuple) else drawn[tiles]
        if self.picture.kind == "colour":
            return colours_of(numbers, limits)
        return np.asarray(self._table(drawn)[indices_of(numbers, limits)])

    def see(self, manner: Manner, theme: Theme, readable: bool) -> None:
        """Draw it in one of the five manners.

        Parameters
        ----------
        manner : Manner
        theme : Theme
        readable : bool
            Whether its numbers are written; as long as they cannot be read, numbers alone show a shade.
        """
        if (manner, theme, readable) != (self._manner, self._theme, self.readable):
            self._manner, self._theme, self.readable = manner, theme, readable
            self._dress(self.quads, self.picture.full is None)
            if self.detail is not None:
                self._dress(self.detail, self._fine)

    def _dress(self, quads: Quads, fine: bool) -> None:
        manner = self._manner
        smooth = manner.smooth and self.cells is not None and self.cells.passages(fine)
        quads.look(smooth, self._theme.bottom, 0.0 if manner.colour else 1.0 if self.readable else _PALE)

    # What is pointed at

    def met(self, origin: np.ndarray, direction: np.ndarray) -> Met | None:
        """Where a ray first meets a tile; of a bar chart the bar above or below which it passes.

        Parameters
        ----------
        origin, direction : (3,) float array
            World units.
        """
        corners = self.quads.corners
        if self._stacked and self.picture.kind == "vector":
            low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
            chart = rectangle(low[0], self._corner[1] - self.unfolding.height, high[0] - low[0], 0.0, low[2])
            chart[2:, 1] = self._corner[1]
            met = nearest_quad(origin, direction, chart[None])
            if met is None:
                return None
            x = low[0] + met.across * (high[0] - low[0])
            bar = int(np.argmin(np.abs(corners[:, :2, 0].mean(axis=1) - x)))
            return Met(bar, met.distance, 0.5, 0.5)
        met = nearest_quad(origin, direction, corners[self.quads.seen])
        return None if met is None else met._replace(place=int(self.quads.seen[met.place]))

    def parts(self, tiles: np.ndarray, share: tuple[float, float, float, float]) -> np.ndarray:
        """(m, 4, 3) float array: where the same part of some tiles stands; share as of `detail.parts`."""
        return parts(self.quads.corners[tiles], share)

    @property
    def facing(self) -> np.ndarray:
        """(m,) int array: the tiles of which all can be seen; of a stack only the one in front."""
        return self.quads.seen[:1] if self._stacked and self.picture.kind != "vector" else self.quads.seen

    # Colours

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

    # Finer where it is seen large

    def coarse(self, projection: Projection) -> RefineTensor | None:
        """How to draw finer what is seen larger than it is drawn; None if that is known or not needed."""
        hidden = self._stacked and self.picture.count > FEW_SLICES
        wanted = crops(self.picture, self.quads.corners[: 1 if hidden else None], projection)
        drawn = self._drawn
        limits = self._shade.limits if self._shade is not None and isinstance(drawn, tuple) else drawn
        changed = wanted != self.asked or not _same(limits, self._asked_limits)
        self.asked, self._asked_limits = wanted, limits
        if not wanted:
            self.detail = None
            return None
        if not changed:
            return None
        tensor, self._lift = self.tensor, min(LIFT, _ASIDE * projection.pose.distance)
        return RefineTensor(tensor.array, tensor.axes, tensor.colour, limits, wanted)

    def sharpen(self, detail: Detail, theme: Theme) -> bool:
        """Cover parts of the tiles with a finer picture of them, if these are the parts asked for."""
        if detail.crops != self.asked or not _same(detail.limits, self._asked_limits):
            return False
        full = self.picture.full
        assert full is not None
        self._shown, self._detail_limits = detail.crops, detail.limits
        shares = np.array([[crop.left, crop.top, crop.right, crop.bottom] for crop in detail.crops])
        self.detail = Quads(
            detail.texels, detail.cells, self._in_front(detail.crops), theme.rim,
            shares=shares / [full[1], full[0], full[1], full[0]], ground=theme.bottom,
        )  # fmt: skip
        elements = [(crop.right - crop.left, crop.bottom - crop.top) for crop in detail.crops]
        self._fine = bool((detail.cells[:, 2:] - detail.cells[:, :2] == elements).all())
        self._dress(self.detail, self._fine)
        return True

    def _in_front(self, shown: tuple[Crop, ...]) -> np.ndarray:
        full, tiles = self.picture.full, self.quads.corners
        assert full is not None
        lift = lift_before(tiles, self._lift, 1 / 3)
        return np.array([placed(crop, full, tiles[crop.tile]) for crop in shown]) + [0.0, 0.0, lift]


def lift_before(tiles: np.ndarray, most: float, share: float) -> float:
    """How far something stands before the slices of a stack, yet behind the next one.

    Parameters
    ----------
    tiles : (n, 4, 3) float array
        Corners of the slices, in world units.
    most : float
        Where there is no next one.
    share : float
        Of the way to it at the most.
    """
    apart = abs(float(tiles[1, 0, 2] - tiles[0, 0, 2])) if len(tiles) > 1 else 0.0
    return min(most, apart * share) if apart else most


def _same(one: TileLimits, other: TileLimits) -> bool:
    return one is other or (isinstance(one, tuple) and isinstance(other, tuple) and one == other)
