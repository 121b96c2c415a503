"""The camera before what stands there: what it frames, and what the cursor points at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from explorer3d.manners import MANNERS
from explorer3d.scene import pointing
from explorer3d.scene.approach import approach
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.flight import Flight, free_depth, seen_from
from explorer3d.scene.numerals import least
from explorer3d.scene.opened import TITLE
from explorer3d.scene.panel import Panel
from explorer3d.scene.placement import OPENED_GAP
from explorer3d.scene.pointing import Hit
from explorer3d.scene.scenery import Scenery
from explorer3d.scene.seen import pixel_scale

# Directions to look from: at tiles, at stacks and rows of blocks, and along a single row, which so
# fills more of the picture.
STRAIGHT, ASIDE, ALONG = Pose(), Pose(azimuth=14.0, elevation=12.0), Pose(azimuth=28.0, elevation=18.0)
FOREGROUND = 8.0  # world units before the blocks in which opened tensors may stand
LONGEST_STEM = 6.0  # world units from a block to its opened tensors that a view of both may span


class Camerawork(Scenery):
    """A scenery that is looked at."""

    def __init__(self, size: tuple[int, int], scale: float = 1.0, on_screen: bool = True) -> None:
        super().__init__(size, scale, on_screen)
        self._flight = Flight()
        self._next: str | None = None

    @property
    def pose(self) -> Pose:
        """Where the camera stands."""
        return self._flight.pose

    @property
    def goal(self) -> Pose:
        """Where the camera stands, or is about to."""
        return self._flight.goal

    @property
    def projection(self) -> Projection:
        return Projection(self.pose, self.canvas.size)

    def fly(self, goal: Pose, animated: bool = True) -> None:
        self._flight.fly(goal, animated)

    def move_camera(self, pose: Pose) -> None:
        """Put the camera by hand; ends a flight."""
        self._flight.move(pose)

    def _aim(self, projection: Projection) -> None:
        """Let everything be drawn as it is seen in a picture of that size."""
        if self.network is not None and self.answers.turn(
            bool(self.pose.axes()[0, 0] < 0), self.network, self._look
        ):
            self._build_words()
        self._words.face(self.pose.axes(), pixel_scale(self.projection))
        low, high = self._box()
        # To the furthest corner.
        reach = float(np.linalg.norm(np.maximum(high - self.pose.focus, self.pose.focus - low))) + FOREGROUND
        self.canvas.look(self.pose, reach, free_depth(self.projection, float(high[2]) + FOREGROUND))
        if self.network is not None:
            self.network.see(projection)

    # Framing

    def fit(self, animated: bool = True) -> None:
        """Frame the whole network and whatever is open."""
        self._frame(self.whole, animated)

    def frame_node(self, name: str, animated: bool = True) -> None:
        """Frame one block, or the tensors opened below it; what is on its way, when it is there."""
        self._next = name if self._regrouping is not None else None
        if self._next is not None:
            return
        if name in self.opened:
            self.frame_layers([name], animated)
        elif self.network is not None and name in self.network.index:
            self._frame(lambda: self._around(name), animated)

    def frame_layers(self, names: Sequence[str], animated: bool = True) -> None:
        """Frame opened layers, together with their blocks unless these stand far above or aside."""

        def points() -> np.ndarray:
            assert self.network is not None
            found = []
            for name in names:
                block = self.network.surroundings(self.network.index[name])
                opened = self.opened.get(name)
                if opened is None:
                    found.append(block)
                    continue
                bounds = opened.bounds()
                found.append(bounds)
                below = block.min(axis=0) - bounds.max(axis=0)
                gaps = np.maximum(below, bounds.min(axis=0) - block.max(axis=0))
                if (gaps < np.maximum(LONGEST_STEM, np.ptp(bounds, axis=0)))[:2].all():
                    found.append(block)
            return np.concatenate(found)

        self._frame(points, animated)

    def seen_from(self, pose: Pose, name: str) -> bool:
        """Whether a node stands inside the picture that is seen from a pose."""
        point = self._middle(name)
        return point is not None and seen_from(pose, self.canvas.size, point)

    def reveal(self, name: str) -> None:
        """Move the camera sideways until a node is well inside the picture."""
        point = self._middle(name)
        if point is not None:
            self._flight.reveal(point, self.canvas.size)

    # Numbers

    @property
    def readable(self) -> bool:
        """Whether any number is, or is about to be, seen so large that it is written."""
        projection = Projection(self.goal, self.canvas.size)
        return any(panel.legible(projection, self._least) for panel in self._standing.panels)

    def too_small(self, hit: Hit) -> bool:
        """Whether what the cursor points at shows numbers when it is nearer."""
        panel = self._panel(hit)
        if panel is None or not MANNERS[self.mode].numbers:
            return False
        return not panel.legible(self.projection, self._least)

    def approach(self, hit: Hit) -> None:
        """Fly to a map, or to a place in it, until its numbers can be read."""
        panel = self._panel(hit)
        if panel is not None and panel.setting is not None and hit.tile is not None:
            corners, across, down = panel.seen_together(hit.tile, hit.across, hit.down)
            self.fly(approach(corners, panel.setting.em, self._least, self.canvas.size, across, down))

    @property
    def _least(self) -> float:
        return least(self.parts.scale, self.canvas.size, self._look)

    def _panel(self, hit: Hit) -> Panel | None:
        opened = self.opened.get(hit.node) if hit.tile is not None else None
        panels = opened.panels if opened is not None else []
        return next((one for one in panels if one.tensor.name == hit.tensor and one.cells is not None), None)

    def _frame(self, points: Callable[[], np.ndarray], animated: bool) -> None:
        self._flight.frame(points, self._direction, self.canvas.size, animated)

    def _direction(self) -> Pose:
        if self.opened:
            return ASIDE if MANNERS[self.mode].stack else STRAIGHT
        return ALONG if self.layout is not None and len(self.layout.row_center) == 1 else ASIDE

    def _middle(self, name: str) -> np.ndarray | None:
        if self.network is None or name not in self.network.index:
            return None
        return np.asarray(self.network.placement.centres[self.network.index[name]])

    def _around(self, name: str) -> np.ndarray:
        """(4, 3) float array: around a block, and where its tensors begin once they are laid open."""
        assert self.network is not None
        index, placement = self.network.index[name], self.network.placement
        points = self.network.surroundings(index)
        middle = points.mean(axis=0)
        below = middle.copy()
        below[1] = placement.row_floors[placement.bands[index]] - OPENED_GAP - 2 * TITLE
        return np.concatenate([middle + (points - middle) * 1.6, [below]])

    def whole(self) -> np.ndarray:
        """(n, 3) float array: points that enclose all that stands there."""
        if self.network is None or not self.network.index:
            return np.array([[-1.0, -1.0, 0.0], [1.0, 1.0, 0.0]])
        blocks = self.network.placement.bounds(self._direction().axes()[0].tolist())
        return np.concatenate([blocks, *self.answers.bounds(), *self._standing.frames])

    def _box(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest coordinates ((3,) float arrays) of all that stands there."""
        if self.network is None or not self.network.index:
            points = self.whole()
        else:
            # Of the network they are known: looked at for each frame, thousands of points would take long.
            known = self.network.placement.box
            points = np.concatenate([known, *self.answers.bounds(), *self._standing.frames])
        return points.min(axis=0), points.max(axis=0)

    # What the cursor points at

    def pick(self, x: float, y: float) -> Hit | None:
        """The nearest thing under a pixel; None while the nodes move.

        Parameters
        ----------
        x, y : float
            Pixels from the left and the top.
        """
        if self.network is None or self._regrouping is not None:
            return None
        return pointing.pick(self.network, self.opened, self.projection, x, y)

    def describe(self, hit: Hit) -> str:
        """One line on what the cursor points at."""
        assert self.network is not None
        return pointing.describe(self.network, hit)

    def describe_edge(self, x: float, y: float) -> str:
        """One line on the tensor that travels along the edge under a pixel; empty where there is none."""
        if self.network is None:
            return ""
        return pointing.describe_edge(self.network, self.projection, self.parts.scale, x, y)

    def where(self, node: str, role: str | None = None) -> tuple[float, float]:
        """Pixel (from the left and the top) in the middle of a block's face or of a handle.

        Raises
        ------
        KeyError
            There is no such node or handle.
        """
        point = self._middle(node)
        if point is not None and role is not None and self.network is not None:
            handles = self.network.handles
            point = handles.place(self.network.index[node], role) if handles else None
        if point is None:
            raise KeyError(role or node)
        x, y = self.projection.pixels(point[None])[0]
        return float(x), float(y)
