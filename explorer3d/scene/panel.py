"""One tensor that is laid open: where it stands, its numbers, and what of it is drawn finer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from explorer3d.compute.picture import TileLimits
from explorer3d.compute.refine import Crop, Detail, RefineTensor
from explorer3d.compute.show import ShownTensor
from explorer3d.compute.slices import slices_of
from explorer3d.manners import MANNERS, TILES, Manner
from explorer3d.scene.camera import Projection
from explorer3d.scene.cells import Cells
from explorer3d.scene.coloured_tensor import ColouredTensor
from explorer3d.scene.detail import crops, parts, placed
from explorer3d.scene.legible import Patch, legible
from explorer3d.scene.palette import DARK, Theme
from explorer3d.scene.picking import Met, nearest_quad
from explorer3d.scene.quads import Quads, rectangle
from explorer3d.scene.setting import Setting, setting_of
from explorer3d.scene.unfold import Unfolding

# Slices of a stack that can be told apart; more would only hide each other, at the cost of drawing them.
MOST_SLICES = 48
# Stacks of more slices show little of any but the first.
FEW_SLICES = 8
# What is drawn finer stands this far in front of what it covers, in world units; and no more than a share of
# the distance it is seen from, or it would not be seen at the place that is pointed at.
LIFT = 0.002
_ASIDE = 0.001
# How much of its colours is taken away where numbers stand alone, but are seen too small to be read.
_PALE = 0.6


@dataclass(eq=False)
class Panel(ColouredTensor):
    """A tensor and where it stands, relative to the frame's top left corner.

    Attributes
    ----------
    left, top : float
        Of the tensor.
    room : float
        Width, of the tensor and of its title.
    title : float
        Top of the title.
    asked : tuple of Crop
        Parts that have been asked for at a finer resolution; `detail` shows them once they are there.
    readable : bool
        Whether numbers are written in cells of it.
    """

    unfolding: Unfolding
    left: float
    top: float
    room: float
    title: float
    asked: tuple[Crop, ...] = ()
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
    _asked_limits: TileLimits = (0.0, 0.0)

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
