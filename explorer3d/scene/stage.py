"""The scene of one model: what stands in it, where the camera is, and what the cursor points at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor, vtkProp

from explorer3d.compute.refine import Detail, RefineTensor
from explorer3d.compute.show import Face, ShownLayer
from explorer3d.document import STACK, TILES
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model
from explorer3d.graph.paths import Flow
from explorer3d.graph.summary import shape_text
from explorer3d.labels import Guess
from explorer3d.scene import edges, fading, mesh, nodes, predictions
from explorer3d.scene.camera import Pose, Projection, framing
from explorer3d.scene.canvas import Canvas
from explorer3d.scene.colormaps import default_map, lookup
from explorer3d.scene.opened import OpenedLayer, Panel
from explorer3d.scene.overlay import flat, legend
from explorer3d.scene.paint import Paint
from explorer3d.scene.palette import DARK, FAMILIES, Colour, Theme, family_of
from explorer3d.scene.picking import nearest_box, nearest_quad
from explorer3d.scene.placement import OPENED_GAP, Placement, place
from explorer3d.scene.predictions import PredictionBars
from explorer3d.scene.quads import Quads
from explorer3d.scene.regrouping import Regrouping, members, regrouping
from explorer3d.scene.text import Labels

# Directions to look from: at tiles, at stacks and rows of blocks, and along a single row, which so
# fills more of the picture.
STRAIGHT, ASIDE, ALONG = Pose(), Pose(azimuth=14.0, elevation=12.0), Pose(azimuth=28.0, elevation=18.0)
MARGINS = (0.03, 0.05, 0.03, 0.075)
FOREGROUND = 8.0  # world units before the blocks in which opened tensors may stand
LONGEST_STEM = 6.0  # world units from a block to its opened tensors that a view of both may span
FLIGHT, MORPH, REGROUPING = 0.55, 0.6, 0.4  # seconds
MOST_MOVING = 300  # nodes whose way to other places is shown
EDGE_REACH = 6.0  # logical pixels from an edge within which the cursor points at it
_ABOVE = 0.006  # world units by which lit edges pass before the others


@dataclass(frozen=True)
class Hit:
    """What the cursor points at.

    Attributes
    ----------
    node : str
    role : str or None
        A handle or an opened tensor of the node; None for the block itself.
    tensor : str or None
        Name of the opened tensor.
    """

    node: str
    role: str | None = None
    tensor: str | None = None


class Stage:
    """A scene that can be drawn into a picture.

    Parameters
    ----------
    size : (int, int)
        Width and height in pixels.
    scale : float
        Pixels per logical pixel.
    on_screen : bool
        See `Canvas`.
    """

    def __init__(self, size: tuple[int, int], scale: float = 1.0, on_screen: bool = True) -> None:
        self.canvas = Canvas(size, on_screen)
        self.pose = Pose()
        self.mode = STACK
        self.spread = 1.0
        self.colormap = ""
        self.theme = DARK
        self.text = 1.0
        self._scale = scale
        self._model: Model | None = None
        self._layout: Layout | None = None
        self._placement: Placement | None = None
        self._texts: dict[str, nodes.NodeText] = {}
        self._faces: dict[str, Face] = {}
        self._images: dict[str, np.ndarray] = {}
        self._predictions: dict[str, tuple[Guess, ...]] = {}
        self._bars: list[PredictionBars] = []
        self._opened: dict[str, OpenedLayer] = {}
        self._selected: str | None = None
        self._start: str | None = None
        self._flow: Flow | None = None
        self._lit: np.ndarray | None = None
        self._ways = np.zeros(0, bool)
        self._bright: frozenset[str] | None = None
        self._paint: Paint | None = None
        self._blocks, self._cards = vtkActor(), vtkActor()
        self._folded = np.zeros(0, bool)
        self._handles: nodes.Handles | None = None
        self._index: dict[str, int] = {}
        self._parts: dict[str, list[vtkProp]] = {}
        self._heights: dict[int, float] = {}
        self._courses = np.zeros((0, edges.POINTS, 3))
        self._extents = edges.extents(self._courses)
        self._lines: list[vtkActor] = []
        self._labels: Labels | None = None
        self._words: Labels | None = None
        self._home: Pose | None = None
        self._subject: Callable[[], np.ndarray] | None = None
        self._flight: tuple[Pose, Pose, float] | None = None
        self._regrouping: Regrouping | None = None
        self._next: str | None = None
        self._faced: Quads | None = None
        self._coloured: dict[str, np.ndarray] = {}
        self._node_of: dict[str, str] = {}
        self._morph = 0.0  # 0 stacked, 1 tiled

    # What is shown

    def show_model(self, model: Model | None, layout: Layout | None) -> None:
        """Put another network on the stage and frame it."""
        for name in list(self._parts):
            self._replace(name, [])
        self._regrouping = None
        self._coloured = {}
        self._faces, self._images, self._predictions, self._opened, self._bars = {}, {}, {}, {}, []
        self._selected, self._placement, self._handles = None, None, None
        self._start, self._bright, self._next, self._paint = None, None, None, None
        self._heights = {}
        self._put(model, layout)
        self._rebuild()
        self.fit(animated=False)

    def refold(
        self, model: Model, layout: Layout, anchor: Collection[str] = (), animated: bool = True
    ) -> None:
        """Show the same network with other blocks folded.

        Parameters
        ----------
        model : Model
            With a `FoldedBlock` in the place of each folded block's layers.
        layout : Layout
        anchor : collection of str
            Layers whose middle stays where it is seen; none: the whole network is framed.
        animated : bool
        """
        assert self._model is not None and self._placement is not None
        before = self._model, self._placement
        self._put(model, layout)
        for name in self._opened.keys() - self._index.keys():
            del self._opened[name]
        self._regrouping = None
        self._heights = self._room_below()
        self._placement = place(model, layout, self._heights, self.text)
        way = regrouping(
            before, (model, self._placement), anchor, layout, edges.paths(layout, self._placement)
        )
        self._colour_faces(self._coloured)
        self._build_predictions()
        if anchor:
            self._flight = None
        else:
            self._frame(self._whole, animated)
        if animated and len(layout.names) <= MOST_MOVING:
            # What is written could not be read on its way.
            self._labels, self._words, self._bars = None, None, []
            for part in ("labels", "words", "predictions", "handles", "veil"):
                self._replace(part, [])
            self._regrouping = way
            self._move_on(0.0)
        else:
            self._build_nodes()
            self._build_opened()
            self._shift(way.shift)

    def _put(self, model: Model | None, layout: Layout | None) -> None:
        self._model, self._layout = model, layout
        self._index = {name: place for place, name in enumerate(layout.names)} if layout else {}
        self._flow = Flow(layout) if layout else None
        self._trace()
        self._texts = nodes.node_texts(model) if model else {}
        self._node_of = {}
        if model is not None:
            self._node_of = {layer: node for node, inside in members(model).items() for layer in inside}

    def show_faces(self, faces: Mapping[str, Face], best: Mapping[str, Sequence[Guess]]) -> None:
        """Show the mosaics of all layers, and the bars of the most probable classes."""
        before = len(self._whole())
        at_home = self._at_home()
        self._faces = dict(faces)
        self._predictions = {name: tuple(guesses) for name, guesses in best.items()}
        self._colour_faces()
        self._build_predictions()
        self._build_words()
        if at_home and self._subject is not None and len(self._whole()) != before:
            self._frame(self._subject, animated=True)

    def open_layer(self, shown: ShownLayer, roles: frozenset[str]) -> None:
        """Lay a layer's tensors open below its block."""
        self._opened[shown.name] = self._laid_open(shown, roles)
        self._rebuild()

    def close_layer(self, name: str) -> None:
        """Fold an opened layer away."""
        at_home = self._at_home()
        if self._opened.pop(name, None) is not None:
            self._rebuild()
            if at_home:
                # What the camera was framed on is gone.
                self.frame_layers(list(self._opened)) if self._opened else self.fit()

    @property
    def opened(self) -> Mapping[str, OpenedLayer]:
        """Opened layers by name."""
        return self._opened

    def select(self, name: str | None, start: str | None = None) -> None:
        """Mark a node; light the way of the data into and out of it, or all ways from another node to it.

        Parameters
        ----------
        name : str or None
        start : str, optional
            The other node.
        """
        if (name, start) != (self._selected, self._start):
            self._selected, self._start = name, start
            self._trace()
            self._light()
            self._build_selection()
            self._build_frames()
            self._fade()

    @property
    def layout(self) -> Layout | None:
        """Where everything stands."""
        return self._layout

    @property
    def flow(self) -> Flow:
        """The edges of what stands there."""
        assert self._flow is not None
        return self._flow

    @property
    def linked(self) -> bool:
        """Whether data flows between the two nodes that are selected."""
        return bool(self._ways.any())

    @property
    def lit(self) -> frozenset[str]:
        """The nodes on the lit ways, those at their ends included."""
        if self._layout is None or self._lit is None:
            return frozenset()
        return frozenset(self._layout.names[index] for index in np.flatnonzero(self._lit))

    @property
    def bright(self) -> frozenset[str] | None:
        """The nodes that alone have not faded; None: none has."""
        return self._bright

    def keep_bright(self, names: frozenset[str] | None) -> None:
        """Let all nodes but these fade; None: none."""
        if names != self._bright:
            self._bright = names
            self._fade()

    def paint(self, paint: Paint | None) -> None:
        """Colour the blocks by what their layers cost; None: by operator family, with their mosaics."""
        if paint != self._paint:
            self._paint = paint
            self._build_faces()
            self._fade()
            self._build_legend()

    def set_mode(self, mode: str, animated: bool = True) -> None:
        """Stack the opened tensors, or unfold them into tiles.

        Tiles are looked at straight, stacks from the side, unless the camera was moved by hand.
        """
        at_home = self._at_home()
        self.mode = mode
        if at_home and self._opened and self._subject is not None:
            self._frame(self._subject, animated)
        if not animated:
            self._morph = self._goal
            self._stand()

    def set_spread(self, spread: float) -> None:
        """Change the distance between the slices of a stack."""
        self.spread = float(np.clip(spread, 0.0, 3.0))
        for name, opened in list(self._opened.items()):
            self._opened[name] = self._laid_open(opened.shown, opened.roles)
        self._rebuild()

    def set_look(self, theme: Theme, text: float) -> None:
        """Change the colours of all but the data, and the size of all writing (1 as designed)."""
        at_home = self._at_home()
        self.theme, self.text = theme, text
        self.canvas.paint(theme)
        self._placement = None
        for name, opened in list(self._opened.items()):
            self._opened[name] = self._laid_open(opened.shown, opened.roles)
        self._rebuild()
        if at_home and self._subject is not None:
            self._frame(self._subject, animated=False)

    def set_colormap(self, name: str) -> None:
        """Colour all tensors by a map of that name; empty for the one that fits each tensor."""
        self.colormap = name
        self._colour()
        self._colour_faces()

    def coarse(self) -> list[tuple[str, Panel, RefineTensor]]:
        """Opened tensors of which parts are seen larger than they are drawn, and how to draw them finer.

        Returns
        -------
        list of (str, Panel, RefineTensor)
            The layer, and its tensor; each is named once, until other parts of it are seen.
        """
        if self.moving:
            return []
        found = []
        for name, opened in self._opened.items():
            for panel in opened.panels:
                if panel.coarse(self.projection) and panel.asked:
                    tensor = panel.tensor
                    request = RefineTensor(
                        tensor.array, tensor.axes, tensor.colour, tensor.statistics.limits, panel.asked
                    )
                    found.append((name, panel, request))
        self._build_details()
        return found

    def sharpen(self, panel: Panel, detail: Detail) -> None:
        """Show a tensor finer, unless it is gone or other parts of it are wanted by now."""
        if detail.crops == panel.asked and any(panel in opened.panels for opened in self._opened.values()):
            panel.sharpen(detail, self.theme)
            self._build_details()

    def refine(self) -> None:
        """Draw at once as fine as is seen; for pictures that nobody waits for in front of a window."""
        for _, panel, request in self.coarse():
            self.sharpen(panel, request())

    # The camera

    def fit(self, animated: bool = True) -> None:
        """Frame the whole network and whatever is open."""
        self._frame(self._whole, animated)

    def frame_node(self, name: str, animated: bool = True) -> None:
        """Frame one block, or the tensors opened below it; what is on its way, when it is there."""
        self._next = name if self._regrouping is not None else None
        if self._next is not None:
            return
        if name in self._opened:
            self.frame_layers([name], animated)
        elif name in self._index:
            self._frame(lambda: self._around(self._index[name]), animated)

    def seen_from(self, pose: Pose, name: str) -> bool:
        """Whether a node stands inside the picture that is seen from a pose."""
        if self._placement is None or name not in self._index:
            return False
        point = self._placement.centres[self._index[name]]
        if (point - pose.position()) @ pose.axes()[2] <= 0:
            return False
        seen = Projection(pose, self.canvas.size).pixels(point[None])[0] / self.canvas.size
        return bool((seen >= 0).all() and (seen <= 1).all())

    def reveal(self, name: str) -> None:
        """Move the camera sideways until a node is well inside the picture."""
        if self._placement is None or name not in self._index:
            return
        point = self._placement.centres[self._index[name]]
        depth = float((point - self.pose.position()) @ self.pose.axes()[2])
        if depth < 0.1 * self.pose.distance:
            # Beside or behind the eye no pixel tells where it lies.
            self.fly(replace(self.pose, focus=(float(point[0]), float(point[1]), float(point[2]))))
            return
        seen = self.projection.pixels(point[None])[0] / self.canvas.size
        inside = np.clip(seen, 0.12, 0.88)
        if not np.allclose(seen, inside):
            per_unit = self.projection.pixels_per_unit * self.pose.distance / depth
            step = (seen - inside) * self.canvas.size / per_unit
            self.fly(self.pose.panned(float(step[0]), -float(step[1])))

    def frame_layers(self, names: Sequence[str], animated: bool = True) -> None:
        """Frame opened layers, together with their blocks unless these stand far above."""

        def points() -> np.ndarray:
            parts = []
            for name in names:
                block, opened = self._node_points(self._index[name]), self._opened.get(name)
                if opened is not None:
                    parts.append(opened.bounds())
                if opened is None or block[:, 1].min() - opened.top < max(LONGEST_STEM, opened.height):
                    parts.append(block)
            return np.concatenate(parts)

        self._frame(points, animated)

    def fly(self, goal: Pose, animated: bool = True) -> None:
        if animated:
            self._flight = (self.pose, goal, 0.0)
        else:
            self._flight, self.pose = None, goal

    def move_camera(self, pose: Pose) -> None:
        """Put the camera by hand; ends a flight."""
        self._flight, self.pose = None, pose

    @property
    def goal(self) -> Pose:
        """Where the camera stands, or is about to."""
        return self._flight[1] if self._flight else self.pose

    @property
    def projection(self) -> Projection:
        return Projection(self.pose, self.canvas.size)

    # Time

    def advance(self, seconds: float) -> bool:
        """Let animations go on.

        Returns
        -------
        bool
            Whether anything still moves.
        """
        if self._flight is not None:
            start, goal, elapsed = self._flight
            elapsed = min(elapsed + seconds / FLIGHT, 1.0)
            self.pose = start.towards(goal, _eased(elapsed))
            self._flight = (start, goal, elapsed) if elapsed < 1.0 else None
        if self._morph != self._goal:
            step = seconds / MORPH
            way = self._goal - self._morph
            self._morph = self._goal if abs(way) <= step else self._morph + np.sign(way) * step
            self._stand()
        if self._regrouping is not None:
            self._move_on(seconds / REGROUPING)
            if self._regrouping is None and self._next is not None:
                self.frame_node(self._next)
        return self.moving

    @property
    def moving(self) -> bool:
        return self._flight is not None or self._morph != self._goal or self._regrouping is not None

    def _move_on(self, step: float) -> None:
        """Bring nodes nearer to where they will stand, and the camera with them."""
        way = self._regrouping
        assert way is not None
        elapsed = min(way.elapsed + step, 1.0)
        self._placement = way.at(_eased(elapsed))
        self._courses = way.courses_at(_eased(elapsed))
        self._regrouping = replace(way, elapsed=elapsed) if elapsed < 1.0 else None
        if self._regrouping is None:
            self._build_nodes()
            self._build_opened()
        else:
            self._build_blocks()
            self._replace("veil", [])
            if self._faced is not None:
                self._faced.move(nodes.face_corners(self._placement, self._images))
            self._build_selection()
            self._build_edges()
            self._stand()
            self._build_frames()
        self._shift(way.shift * (_eased(elapsed) - _eased(way.elapsed)))

    def _shift(self, by: np.ndarray) -> None:
        x, y, z = np.asarray(self.pose.focus) + by
        self.pose = replace(self.pose, focus=(float(x), float(y), float(z)))

    def settle(self) -> None:
        """Let all animations come to their end."""
        while self.advance(1.0):
            pass

    @property
    def _goal(self) -> float:
        return 1.0 if self.mode == TILES else 0.0

    # The picture

    def resize(self, size: tuple[int, int], scale: float | None = None) -> None:
        """Change the picture's size; a view that framed the network still does."""
        at_home = self._at_home()
        self.canvas.resize(size)
        self._scale = scale or self._scale
        self._build_legend()
        if at_home and self._subject is not None:
            self._frame(self._subject, animated=False)

    def draw(self, smooth: bool = True) -> np.ndarray:
        """Draw a frame.

        Parameters
        ----------
        smooth : bool
            See `Canvas.draw`.

        Returns
        -------
        (H, W, 4) uint8 array
            RGBA, the top row first; overwritten by the next frame.
        """
        axes = self.pose.axes()
        scale = self.projection.pixels_per_unit * self.pose.distance
        for labels in (self._labels, self._words):
            if labels is not None:
                labels.face(axes, scale)
        points = self._whole()
        reach = float(np.linalg.norm(points - np.asarray(self.pose.focus), axis=1).max()) + FOREGROUND
        self.canvas.look(self.pose, reach, self._free_depth(float(points[:, 2].max()) + FOREGROUND))
        return self.canvas.draw(smooth)

    def _free_depth(self, front: float) -> float:
        """Depth at which the view first meets the plane z = front; 0 if it stands behind it."""
        width, height = self.canvas.size
        forward = self.pose.axes()[2]
        depths = []
        for x, y in ((0, 0), (width, 0), (0, height), (width, height)):
            origin, direction = self.projection.ray(x, y)
            if origin[2] <= front:
                return 0.0
            if direction[2] < 0:
                depths.append((front - origin[2]) / direction[2] * float(direction @ forward))
        return float(min(depths, default=0.0))

    def close(self) -> None:
        """Free the graphics memory."""
        self.canvas.close()

    # What the cursor points at

    def pick(self, x: float, y: float) -> Hit | None:
        """The nearest thing under a pixel.

        Parameters
        ----------
        x, y : float
            Pixels from the left and the top.

        Returns
        -------
        Hit or None
        """
        if self._placement is None or self._handles is None or self._regrouping is not None:
            return None
        origin, direction = self.projection.ray(x, y)
        found: list[tuple[float, Hit]] = []
        half = self._placement.sizes * [0.5, 0.5, 1.0]
        box = nearest_box(
            origin, direction, self._placement.centres - half, self._placement.centres + half * [1, 1, 0]
        )
        if box:
            found.append((box[1], Hit(self._placement.names[box[0]])))
        handle = nearest_quad(origin, direction, self._handles.corners)
        if handle:
            key = self._handles.handles[handle[0]]
            found.append((handle[1], Hit(key.node, key.role)))
        for name, opened in self._opened.items():
            for panel in opened.panels:
                quad = nearest_quad(origin, direction, panel.quads.corners)
                if quad:
                    found.append((quad[1], Hit(name, panel.tensor.role, panel.tensor.name)))
        return min(found, key=lambda entry: entry[0])[1] if found else None

    def describe(self, hit: Hit) -> str:
        """One line on what the cursor points at."""
        text = self._texts[hit.node]
        if hit.tensor is not None:
            return f"{hit.node}: {hit.tensor}"
        if hit.role is not None:
            return f"{hit.role} of {hit.node}"
        return "  ·  ".join(
            part
            for part in (text.name if text.about else hit.node, text.about or text.op, text.shape)
            if part
        )

    def describe_edge(self, x: float, y: float) -> str:
        """One line on the tensor that travels along the edge under a pixel; empty where there is none."""
        index = self._edge_at(x, y)
        if index is None or self._layout is None or self._model is None:
            return ""
        edge = self._layout.edges[index]
        layer = self._model.layer_by_name.get(self._layout.names[edge.source])
        ports = layer.outputs if layer else self._model.inputs
        port = next((port for port in ports if port.value == edge.value), None)
        parts = [edge.value, f"{shape_text(port.shape)}  {port.dtype}" if port else ""]
        ends = " → ".join(self._texts[self._layout.names[end]].name for end in (edge.source, edge.target))
        return "  ·  ".join(part for part in (*parts, ends) if part)

    def _edge_at(self, x: float, y: float) -> int | None:
        origin, direction = self.projection.ray(x, y)
        if not len(self._courses) or not direction[2]:
            return None
        distance = (edges.BEHIND - origin[2]) / direction[2]
        if distance <= 0:
            return None
        point = origin + distance * direction
        depth = float((point - self.pose.position()) @ self.pose.axes()[2])
        per_unit = self.projection.pixels_per_unit * self.pose.distance / max(depth, 1e-6)
        return edges.nearest(self._courses, self._extents, point[:2], EDGE_REACH * self._scale / per_unit)

    def where(self, node: str, role: str | None = None) -> tuple[float, float]:
        """Pixel (from the left and the top) in the middle of a block's face or of a handle.

        Raises
        ------
        KeyError
            There is no such node or handle.
        """
        if self._placement is None or self._handles is None:
            raise KeyError(node)
        point = self._placement.centres[self._index[node]]
        if role is not None:
            found = self._handles.place(node, role)
            if found is None:
                raise KeyError(role)
            point = found
        x, y = self.projection.pixels(point[None])[0]
        return float(x), float(y)

    # Building

    def _frame(self, subject: Callable[[], np.ndarray], animated: bool) -> None:
        """Fly to where all points of a subject are seen, and remember it as home."""
        self._subject = subject
        one_line = self._layout is not None and len(self._layout.row_center) == 1
        if self._opened:
            direction = STRAIGHT if self.mode == TILES else ASIDE
        else:
            direction = ALONG if one_line else ASIDE
        self._home = framing(subject(), direction, self.canvas.size, MARGINS)
        self.fly(self._home, animated)

    def _at_home(self) -> bool:
        """Whether the camera still stands, or is about to, where the last framing put it."""
        return self.goal == self._home

    def _whole(self) -> np.ndarray:
        if self._placement is None or not len(self._placement.names):
            return np.array([[-1.0, -1.0, 0.0], [1.0, 1.0, 0.0]])
        points = [self._placement.bounds(), *(bars.bounds() for bars in self._bars)]
        points += [opened.bounds() for opened in self._opened.values()]
        return np.concatenate(points)

    def _node_points(self, index: int) -> np.ndarray:
        assert self._placement is not None
        x, y, _ = self._placement.centres[index]
        width, height, depth = self._placement.sizes[index]
        floor = self._placement.floors[index]
        return np.array(
            [[x - width, y + height / 2, -depth], [x + width, y + height / 2, 0], [x, floor, 0.0]]
        )

    def _around(self, index: int) -> np.ndarray:
        points = self._node_points(index)
        middle = points.mean(axis=0)
        return np.asarray(middle + (points - middle) * 1.6)

    def _laid_open(self, shown: ShownLayer, roles: frozenset[str]) -> OpenedLayer:
        return OpenedLayer(shown, roles, self.spread, self.theme, self.text)

    def _rebuild(self) -> None:
        """Place everything that stands in the scene."""
        if self._model is None or self._layout is None:
            self._placement = None
            self._labels, self._words = None, None
            return
        heights = self._room_below()
        if self._placement is None or heights != self._heights:
            self._heights, self._regrouping = heights, None
            self._placement = place(self._model, self._layout, heights, self.text)
            self._build_nodes()
        self._build_opened()

    def _room_below(self) -> dict[int, float]:
        """Height that opened layers take below each row."""
        assert self._layout is not None
        rows = len(self._layout.row_center)
        heights: dict[int, float] = {}
        for name, opened in self._opened.items():
            row = int(self._layout.row[self._index[name]])
            if row < rows - 1:
                # Below the last row there is room for anything.
                heights[row] = max(heights.get(row, 0.0), opened.height)
        return heights

    def _build_nodes(self) -> None:
        assert self._model is not None and self._layout is not None and self._placement is not None
        self._courses = edges.paths(self._layout, self._placement)
        self._extents = edges.extents(self._courses)
        self._build_blocks()
        self._handles = nodes.Handles(self._model, self._placement, self.theme)
        self._replace("handles", [self._handles.quads.actor])
        faint = frozenset(layer.name for layer in self._model.layers if not layer.runnable)
        self._labels = Labels(nodes.labels(self._placement, self._texts, faint, self.theme))
        self._replace("labels", [self._labels.actor])
        self._build_faces()
        if self._bright is not None or self._lit is not None:
            self._fade()
        self._build_selection()
        self._build_legend()
        self._build_predictions()

    def _build_blocks(self) -> None:
        assert self._model is not None and self._placement is not None
        self._blocks = nodes.blocks(self._placement, self._texts)
        self._replace("blocks", [self._blocks])
        folded = frozenset(layer.name for layer in self._model.layers if isinstance(layer, FoldedBlock))
        self._folded = np.array([name in folded for name in self._placement.names], bool)
        self._cards = nodes.cards(self._placement, self._texts, folded)
        self._replace("cards", [self._cards] if folded else [])
        if self._paint is not None:
            self._recolour(self._body_colours())

    def _body_colours(self) -> np.ndarray:
        assert self._placement is not None and self._model is not None
        if self._paint is not None:
            return self._paint.colours(self._model, self._placement.names)
        return nodes.body_colours(self._placement, self._texts)

    def _recolour(self, colours: np.ndarray) -> None:
        """Give all blocks other colours."""
        mesh.recolour(self._blocks, nodes.on_sides(colours))
        if self._folded.any():
            mesh.recolour(self._cards, nodes.on_sides(nodes.card_shades(colours[self._folded])))

    def _build_opened(self) -> None:
        assert self._handles is not None
        self._handles.activate(
            frozenset((name, role) for name, opened in self._opened.items() for role in opened.roles)
        )
        self._stand()
        panels = [panel for opened in self._opened.values() for panel in opened.panels]
        self._replace("tensors", [panel.quads.actor for panel in panels])
        self._build_details()
        self._colour()
        self._build_edges()
        self._build_frames()
        self._build_words()

    def _build_details(self) -> None:
        panels = [panel for opened in self._opened.values() for panel in opened.panels]
        details = [panel.detail for panel in panels if panel.detail is not None]
        if [detail.actor for detail in details] != self._parts.get("details", []):
            self._replace("details", [detail.actor for detail in details])
            self._colour()

    def _stand(self) -> None:
        """Put opened layers below their rows, side by side, and their tensors between stack and tiles."""
        if self._placement is None:
            return
        share = _eased(self._morph)
        right: dict[int, float] = {}
        for name, opened in sorted(self._opened.items(), key=lambda entry: self._index[entry[0]]):
            index = self._index[name]
            row = int(self._placement.bands[index])
            left = self._placement.centres[index, 0] - opened.width / 2
            left = max(left, right.get(row, -np.inf))
            right[row] = left + opened.width + 0.8
            opened.stand(float(left), float(self._placement.row_floors[row] - OPENED_GAP * 0.6), share)

    def _build_edges(self) -> None:
        if self._layout is None or self._placement is None:
            return
        frames = [opened.bounds() for opened in self._opened.values()]
        idle = np.zeros(len(self._courses), bool)
        self._lines = [edges.lines(self._courses, idle, frames, self.theme)] if len(idle) else []
        self._replace("edges", self._stroked(self._lines))
        self._light()

    def _trace(self) -> None:
        """Find the ways to light, and the nodes on them."""
        self._lit, self._ways = None, np.zeros(0, bool)
        chosen, start = self._index.get(self._selected or ""), self._index.get(self._start or "")
        if self._flow is None or chosen is None:
            return
        self._lit = np.zeros(len(self._index), bool)
        if start is None or start == chosen:
            self._ways = self._flow.touching(chosen)
            self._lit[self._flow.sources[self._ways]] = self._lit[self._flow.targets[self._ways]] = True
        else:
            self._lit = self._flow.between(start, chosen)
            self._ways = self._flow.inside(self._lit)
            self._lit[start] = True
        self._lit[chosen] = True

    def _light(self) -> None:
        """Light the edges of the flow; the others, drawn once for all, only change their colour."""
        if self._placement is None:
            return
        faded = np.array([self._lit is not None])
        for actor in self._lines:
            plain = np.array([self.theme.edge])
            colour = fading.faded(plain, faded, self.theme, fading.SLIGHT)[0]
            actor.GetMapper().SetScalarVisibility(False)
            actor.GetProperty().SetColor(*(colour / 255))
        frames = [opened.bounds() for opened in self._opened.values()]
        courses = self._courses[np.flatnonzero(self._ways)] + [0.0, 0.0, _ABOVE]
        lines = (
            [edges.lines(courses, np.ones(len(courses), bool), frames, self.theme)] if len(courses) else []
        )
        self._replace("lit edges", self._stroked(lines, 2.4))

    def _build_faces(self) -> None:
        if self._placement is None:
            return
        # Mosaics would hide the colours of the blocks.
        self._faced = nodes.faces(self._placement, {} if self._paint else self._images)
        self._replace("faces", [self._faced.actor] if self._faced else [])

    def _colour_faces(self, known: Mapping[str, np.ndarray] | None = None) -> None:
        """Colour the mosaics of all that is seen, except those known in the same colours."""
        tables = {signed: lookup(self.colormap or default_map(signed)) for signed in (False, True)}
        layers = self._model.layers if self._model else ()
        shown = {layer.name: layer.face for layer in layers if isinstance(layer, FoldedBlock)}
        coloured = dict(known or {})
        self._images = {}
        for node in self._index:
            name = shown.get(node, node)
            if name in self._faces and name not in coloured:
                face = self._faces[name]
                gray = face.texels.ndim == 2
                coloured[name] = tables[face.diverging][face.texels] if gray else face.texels
            if name in coloured:
                self._images[node] = coloured[name]
        self._coloured = coloured
        self._build_faces()
        if self._bright is not None or self._lit is not None:
            self._fade()

    def _build_predictions(self) -> None:
        if self._placement is None:
            return
        self._bars = []
        for name, best in self._predictions.items():
            if name in self._node_of and best:
                corner = self._beside(self._index[self._node_of[name]], len(best))
                self._bars.append(PredictionBars(best, *corner, self.theme, self.text))
        self._replace("predictions", [bars.quads.actor for bars in self._bars])

    def _beside(self, index: int, lines: int) -> tuple[float, float]:
        """Corner for the bars of a block: above it if the network is one line, else right of it."""
        assert self._placement is not None
        x, y, _ = self._placement.centres[index]
        width, height, _ = self._placement.sizes[index]
        if len(self._placement.row_floors) == 1 and self._layout is not None and not self._layout.lane.any():
            return float(x + self._placement.pitch / 2 - predictions.WIDTH * self.text), float(
                y + height / 2 + predictions.GAP
            )
        return float(x + width / 2 + predictions.GAP), float(
            y + height / 2 - lines * predictions.PITCH * self.text
        )

    def _build_words(self) -> None:
        """What is written on bars and opened layers."""
        labels = [label for bars in self._bars for label in bars.labels]
        labels += [label for opened in self._opened.values() for label in opened.labels()]
        self._words = Labels(labels) if labels else None
        self._replace("words", [self._words.actor] if self._words else [])

    def _build_frames(self) -> None:
        if self._placement is None:
            return
        frames: list[vtkActor] = []
        for name, opened in self._opened.items():
            index = self._index[name]
            x = self._placement.centres[index, 0]
            stem = np.array([x, self._placement.floors[index], -0.03])
            frames.append(opened.frame(stem, name == self._selected))
        self._replace("frames", self._stroked(frames))

    def _fade(self) -> None:
        if self._placement is None or self._labels is None:
            return
        bright, names = self._bright, self._placement.names
        if len(names) != len(self._folded):
            return  # other blocks are about to be built
        if bright is not None:
            seen = {self._node_of.get(name, name) for name in bright}
            which, share = np.array([name not in seen for name in names], bool), fading.STRONG
        elif self._lit is not None:
            which, share = ~self._lit, fading.SLIGHT
        else:
            which, share = np.zeros(len(names), bool), 0.0
        colours = fading.faded(self._body_colours(), which, self.theme, share)
        self._recolour(colours)
        self._labels.fade(which, self.theme, share)
        covered = which & np.array([not self._paint and name in self._images for name in names], bool)
        veils = [fading.veil(self._placement, covered, self.theme, share)] if covered.any() else []
        self._replace("veil", veils)

    def _build_selection(self) -> None:
        if self._placement is None or self._selected not in self._index:
            self._replace("selection", [])
            return
        ends = (self._selected, self._start)
        chosen = [self._index[name] for name in ends if name is not None and name in self._index]
        rims = [*self._stroked([self._rims(np.array(chosen), self.theme.selection)], 3.0)]
        others = np.setdiff1d(np.flatnonzero(self._lit), chosen) if self._lit is not None else np.array([])
        if len(others):
            rims = [*rims, *self._stroked([self._rims(others, self.theme.edge_active)], 2.0)]
        self._replace("selection", rims)

    def _rims(self, which: np.ndarray, colour: Colour) -> vtkActor:
        """Frames around the fronts of some blocks."""
        assert self._placement is not None
        half = (self._placement.sizes[which, None, :2] + 0.1) / 2
        corners = self._placement.centres[which, None, :2] + half * [[-1, -1], [1, -1], [1, 1], [-1, 1]]
        points = np.concatenate([corners, np.full((len(which), 4, 1), 0.02)], axis=2).reshape(-1, 3)
        around = 4 * np.arange(len(which))[:, None] + [0, 1, 2, 3, 0]
        return mesh.lines(points, around, np.array(colour))

    def _build_legend(self) -> None:
        if not self._texts:
            self._replace("legend", [])
            return
        present = {family_of(text.op) for text in self._texts.values()}
        width = self.canvas.size[0]
        margin = round(10 * self._scale)
        if self._paint is not None and self._model is not None:
            scale = self._paint.legend(self._model, self._scale * self.text, self.theme)
            self._replace("legend", [flat(scale, margin, margin)])
            return
        families = [family for family in FAMILIES if family in present]
        self._replace(
            "legend",
            [flat(legend(families, self._scale * self.text, width - 2 * margin, self.theme), margin, margin)],
        )

    def _colour(self) -> None:
        for opened in self._opened.values():
            for panel in opened.panels:
                signed = panel.tensor.statistics.diverging
                table = lookup(self.colormap or default_map(signed))
                panel.quads.recolour(table)
                if panel.detail is not None:
                    panel.detail.recolour(table)

    def _stroked(self, actors: Sequence[vtkActor], width: float = 1.6) -> Sequence[vtkActor]:
        """Give lines a width in logical pixels."""
        for actor in actors:
            actor.GetProperty().SetLineWidth(width * self._scale)
        return actors

    def _replace(self, part: str, props: Sequence[vtkProp]) -> None:
        for prop in self._parts.pop(part, []):
            self.canvas.remove(prop)
        for prop in props:
            self.canvas.add(prop)
        if props:
            self._parts[part] = list(props)


def _eased(share: float) -> float:
    return share * share * (3.0 - 2.0 * share)
