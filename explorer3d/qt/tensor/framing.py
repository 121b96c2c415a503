"""Which part of something flat is seen in a window, and how large."""

from __future__ import annotations

from dataclasses import dataclass, replace

Point = tuple[float, float]
_MARGIN = 0.97
_LARGEST_CELL = 240.0


@dataclass(frozen=True)
class Framing:
    """A part of what there is to see.

    Attributes
    ----------
    room : (float, float)
        Width and height of the window in logical pixels.
    extent : (float, float)
        Width and height of all there is, in its own units.
    least : float
        Pixels that a unit takes at least.
    scale : float
        Pixels of a unit.
    left, top : float
        What is in the window's corner, in units.
    """

    room: Point
    extent: Point
    least: float
    scale: float
    left: float
    top: float

    @property
    def fits(self) -> float:
        """Scale at which all is seen."""
        return _MARGIN * min(room / size for room, size in zip(self.room, self.extent, strict=True))

    def zoomed(self, factor: float, x: float, y: float) -> Framing:
        """Larger or smaller by a factor; what is at a pixel stays there."""
        lowest = max(self.fits, self.least)
        scale = min(max(self.scale * factor, lowest), max(_LARGEST_CELL, lowest))
        at = self.point(x, y)
        return replace(self, scale=scale, left=at[0] - x / scale, top=at[1] - y / scale)._within()

    def moved(self, x: float, y: float) -> Framing:
        """What is seen moves by some pixels to the right and down."""
        return replace(self, left=self.left - x / self.scale, top=self.top - y / self.scale)._within()

    def resized(self, room: Point, extent: Point) -> Framing:
        """In a window of another size: all, if all was seen, else the same middle at the same scale."""
        if self.scale <= max(self.fits, self.least) * 1.001:
            return fitted(room, extent, self.least)
        middle = self.point(self.room[0] / 2, self.room[1] / 2)
        share = [at / size for at, size in zip(middle, self.extent, strict=True)]
        new = replace(self, room=room, extent=extent)
        new = replace(new, scale=max(self.scale, new.fits))
        return replace(
            new,
            left=share[0] * extent[0] - room[0] / 2 / new.scale,
            top=share[1] * extent[1] - room[1] / 2 / new.scale,
        )._within()

    def showing(self, corners: list[Point], margin: float = 24.0) -> Framing:
        """Moved no more than it takes for some points to be seen."""
        moves = []
        for axis, room in enumerate(self.room):
            pixels = [self.pixel(point)[axis] for point in corners]
            low, high = min(pixels), max(pixels)
            edge = min(margin, max((room - (high - low)) / 2, 0))
            moves.append(edge - low if low < edge else min(room - edge - high, 0.0))
        return self.moved(*moves)

    def point(self, x: float, y: float) -> Point:
        """What is at a pixel, in units."""
        return self.left + x / self.scale, self.top + y / self.scale

    def pixel(self, point: Point) -> Point:
        return (point[0] - self.left) * self.scale, (point[1] - self.top) * self.scale

    def _within(self) -> Framing:
        """What is smaller than the window stands in its middle; what is larger leaves no edge bare."""
        corner = []
        for start, room, size in zip((self.left, self.top), self.room, self.extent, strict=True):
            seen = room / self.scale
            corner.append((size - seen) / 2 if size <= seen else min(max(start, 0.0), size - seen))
        return replace(self, left=corner[0], top=corner[1])


def fitted(room: Point, extent: Point, least: float = 0.0) -> Framing:
    """All there is, as large as a window allows; where that would be too small, its beginning."""
    whole = Framing(room, extent, least, 1.0, 0.0, 0.0)
    return replace(whole, scale=max(whole.fits, least))._within()
