"""The scene of one model: what stands in it, where the camera is, and what the cursor points at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from explorer3d.compute.refine import Detail, RefineTensor
from explorer3d.compute.show import Face, ShownLayer
from explorer3d.document import TILES
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model
from explorer3d.graph.paths import Flow
from explorer3d.labels import Guess
from explorer3d.scene import pointing
from explorer3d.scene.answers import Answers
from explorer3d.scene.blueprint import Blueprint, blueprint
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.canvas import Canvas, halved
from explorer3d.scene.emphasis import Emphasis
from explorer3d.scene.flight import Flight, eased, free_depth, seen_from
from explorer3d.scene.look import Look, magnified
from explorer3d.scene.mosaics import Mosaics, Painted
from explorer3d.scene.network import Network
from explorer3d.scene.opened import OpenedLayer, Panel
from explorer3d.scene.overlay import Overlay, legend
from explorer3d.scene.overview import Overview, cells
from explorer3d.scene.paint import Paint
from explorer3d.scene.palette import Theme
from explorer3d.scene.parts import Parts
from explorer3d.scene.placement import Placement
from explorer3d.scene.pointing import Hit
from explorer3d.scene.regrouping import Regrouping, regrouping, shifted
from explorer3d.scene.seen import pixel_scale
from explorer3d.scene.standing import Standing
from explorer3d.scene.text import Labels

# Directions to look from: at tiles, at stacks and rows of blocks, and along a single row, which so
# fills more of the picture.
STRAIGHT, ASIDE, ALONG = Pose(), Pose(azimuth=14.0, elevation=12.0), Pose(azimuth=28.0, elevation=18.0)
FOREGROUND = 8.0  # world units before the blocks in which opened tensors may stand
LONGEST_STEM = 6.0  # world units from a block to its opened tensors that a view of both may span
REGROUPING = 0.4  # seconds
MOST_MOVING = 300  # nodes whose way to other places is shown


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

    Attributes
    ----------
    network : Network or None
        None on an empty stage.
    mosaics : Mosaics
    answers : Answers
    """

    def __init__(self, size: tuple[int, int], scale: float = 1.0, on_screen: bool = True) -> None:
        self.canvas = Canvas(size, on_screen)
        self.parts = Parts(self.canvas, scale)
        self.network: Network | None = None
        self.mosaics = Mosaics(self.parts)
        self.answers = Answers(self.parts)
        self._look = Look()
        self._flight = Flight()
        self._standing = Standing(self.parts)
        self._emphasis = Emphasis(self.parts)
        self._paint: Paint | None = None
        self._words: Labels | None = None
        self._regrouping: Regrouping | None = None
        self._next: str | None = None

    # What is shown

    def show_model(self, model: Model | None, layout: Layout | None) -> None:
        """Put another network on the stage and frame it."""
        self.show(blueprint(model, layout, text=self.text) if model and layout else None)

    def show(self, plan: Blueprint | None) -> None:
        """Put another network on the stage, or none, and frame it."""
        self.parts.clear()
        self.canvas.overlay = None
        self.mosaics, self.answers = Mosaics(self.parts), Answers(self.parts)
        self._emphasis = Emphasis(self.parts)
        self._standing.layers = {}
        self._regrouping, self._next, self._paint, self._words = None, None, None, None
        self.network = None
        if plan is not None:
            self.network = Network(self.parts, plan, {}, self._look)
            self._build_nodes(self.network)
            self._build_opened(self.network)
        self.fit(animated=False)

    def refold(
        self,
        plan: Blueprint,
        anchor: Collection[str] = (),
        animated: bool = True,
        painted: Painted | None = None,
    ) -> None:
        """Show the same network with other blocks folded.

        Parameters
        ----------
        plan : Blueprint
        anchor : collection of str
            Layers whose middle stays where it is seen; none: the whole network is framed.
        animated : bool
        painted : Painted, optional
            Its mosaics, if they have been coloured.
        """
        assert self.network is not None
        before, earlier = self.network.placement, self.network.node_of
        self._standing.keep(plan.index)
        heights = self._standing.heights(plan.layout, plan.index)
        network = self.network = Network(self.parts, plan, heights, self._look)
        self._emphasis.trace(network)
        self.mosaics.colour(plan, self.colormap, painted)
        self.mosaics.build(network, self._paint is not None)
        self.answers.build(network, self._look)
        if anchor:
            self._flight.stop()
        else:
            self.fit(animated)
        if animated and len(plan.index) <= MOST_MOVING:
            # What is written could not be read on its way.
            network.hide_writing()
            self.answers.hide()
            self._words = None
            self.parts.replace("words", [])
            self._regrouping = regrouping(before, earlier, network.plan, anchor)
            self._move_on(network, 0.0)
        else:
            self._regrouping = None
            self._build_nodes(network)
            self._build_opened(network)
            self._flight.shift(shifted(before, earlier, network.plan, anchor))

    def show_faces(
        self,
        faces: Mapping[str, Face],
        best: Mapping[str, Sequence[Guess]],
        painted: Painted | None = None,
    ) -> None:
        """Show the mosaics of all layers, and the bars of the most probable classes.

        Parameters
        ----------
        faces : mapping of str to Face
            By layer.
        best : mapping of str to sequence of Guess
            By output layer.
        painted : Painted, optional
            The mosaics of what is seen, if they have been coloured.
        """
        before, at_home = len(self.whole()), self._flight.at_home
        self.mosaics.faces = faces
        self.answers.best = {name: tuple(guesses) for name, guesses in best.items()}
        self._show_mosaics(painted)
        if self.network is not None:
            self.answers.build(self.network, self._look)
        self._build_words()
        if at_home and len(self.whole()) != before:
            self._flight.reframe(self.canvas.size, animated=True)

    def open_layer(self, shown: ShownLayer, roles: frozenset[str]) -> None:
        """Lay a layer's tensors open below its block."""
        self._standing.open(shown, roles, self._look)
        self._rebuild()

    def close_layer(self, name: str) -> None:
        """Fold an opened layer away."""
        at_home = self._flight.at_home
        if self._standing.layers.pop(name, None) is not None:
            self._rebuild()
            if at_home:
                # What the camera was framed on is gone.
                self.frame_layers(list(self.opened)) if self.opened else self.fit()

    @property
    def opened(self) -> Mapping[str, OpenedLayer]:
        """Opened layers by name."""
        return self._standing.layers

    def select(self, name: str | None, start: str | None = None) -> None:
        """Mark a node; light the way of the data into and out of it, or all ways from another node to it.

        Parameters
        ----------
        name : str or None
        start : str, optional
            The other node.
        """
        emphasis, network = self._emphasis, self.network
        if (name, start) != (emphasis.selected, emphasis.start):
            emphasis.selected, emphasis.start = name, start
            emphasis.trace(network)
            if network is not None:
                emphasis.light(network, self._standing.frames, self.theme)
                emphasis.rim(network, self.theme)
                self._standing.build_frames(network, name)
                self._fade(network)

    @property
    def layout(self) -> Layout | None:
        """Where everything stands."""
        return self.network.layout if self.network else None

    @property
    def placement(self) -> Placement | None:
        """Where everything stands, in world units."""
        return self.network.placement if self.network else None

    @property
    def flow(self) -> Flow:
        """The edges of what stands there."""
        assert self.network is not None
        return self.network.flow

    @property
    def linked(self) -> bool:
        """Whether data flows between the two nodes that are selected."""
        return bool(self._emphasis.ways.any())

    @property
    def lit(self) -> frozenset[str]:
        """The nodes on the lit ways, those at their ends included."""
        if self.network is None or self._emphasis.lit is None:
            return frozenset()
        names = self.network.layout.names
        return frozenset(names[index] for index in np.flatnonzero(self._emphasis.lit))

    @property
    def bright(self) -> frozenset[str] | None:
        """The nodes that alone have not faded; None: none has."""
        return self._emphasis.bright

    def keep_bright(self, names: frozenset[str] | None) -> None:
        """Let all nodes but these fade; None: none."""
        if names != self._emphasis.bright:
            self._emphasis.bright = names
            if self.network is not None:
                self._fade(self.network)

    def paint(self, paint: Paint | None) -> None:
        """Colour the blocks by what their layers cost; None: by operator family, with their mosaics."""
        if paint != self._paint:
            self._paint = paint
            if self.network is not None:
                self.mosaics.build(self.network, paint is not None)
                self._fade(self.network)
            self._build_legend()

    @property
    def mode(self) -> str:
        """Whether opened tensors are stacked, or unfolded into tiles."""
        return self._standing.mode

    def set_mode(self, mode: str, animated: bool = True) -> None:
        """Stack the opened tensors, or unfold them into tiles.

        Tiles are looked at straight, stacks from the side, unless the camera was moved by hand.
        """
        at_home = self._flight.at_home
        self._standing.mode = mode
        if at_home and self.opened:
            self._flight.reframe(self.canvas.size, animated)
        if not animated:
            self._standing.arrive()
            if self.network is not None:
                self._standing.stand(self.network)

    @property
    def spread(self) -> float:
        """Distance between the slices of a stack, 1 as designed."""
        return self._standing.spread

    def set_spread(self, spread: float) -> None:
        """Change the distance between the slices of a stack."""
        self._standing.spread = float(np.clip(spread, 0.0, 3.0))
        self._standing.lay_again(self._look)
        self._rebuild()

    @property
    def theme(self) -> Theme:
        """Colours of all but the data."""
        return self._look.theme

    @property
    def text(self) -> float:
        """Size of all writing, 1 as designed."""
        return self._look.text

    def set_look(self, theme: Theme, text: float, placed: Blueprint | None = None) -> None:
        """Change the colours of all but the data, and the size of all writing.

        Parameters
        ----------
        theme : Theme
        text : float
            1 as designed.
        placed : Blueprint, optional
            Of what stands there, with room for writing of that size, if it has been made.
        """
        at_home = self._flight.at_home
        self._look = Look(theme, text)
        self.canvas.paint(theme)
        self._standing.lay_again(self._look)
        if self.network is not None and placed is not None and placed.layout is self.network.layout:
            self.network.plan = placed
        self._rebuild(anew=True)
        if at_home:
            self._flight.reframe(self.canvas.size, animated=False)

    @property
    def colormap(self) -> str:
        """Name of the map that colours all tensors; empty for the one that fits each."""
        return self._standing.colormap

    def set_colormap(self, name: str, painted: Painted | None = None) -> None:
        """Colour all tensors by a map of that name; empty for the one that fits each tensor.

        Parameters
        ----------
        name : str
        painted : Painted, optional
            The mosaics of what is seen, if they have been coloured so.
        """
        self._standing.colormap = name
        self._standing.colour()
        self._show_mosaics(painted)

    def coarse(self) -> list[tuple[str, Panel, RefineTensor]]:
        """Opened tensors of which parts are seen larger than they are drawn, and how to draw them finer.

        Returns
        -------
        list of (str, Panel, RefineTensor)
            The layer, and its tensor; each is named once, until other parts of it are seen.
        """
        return [] if self.moving else self._standing.coarse(self.projection)

    def sharpen(self, panel: Panel, detail: Detail) -> None:
        """Show a tensor finer, unless it is gone or other parts of it are wanted by now."""
        self._standing.sharpen(panel, detail, self._look)

    def refine(self) -> None:
        """Draw at once as fine as is seen; for pictures that nobody waits for in front of a window."""
        for _, panel, request in self.coarse():
            self.sharpen(panel, request())

    # The camera

    @property
    def pose(self) -> Pose:
        """Where the camera stands."""
        return self._flight.pose

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

    def seen_from(self, pose: Pose, name: str) -> bool:
        """Whether a node stands inside the picture that is seen from a pose."""
        point = self._middle(name)
        return point is not None and seen_from(pose, self.canvas.size, point)

    def reveal(self, name: str) -> None:
        """Move the camera sideways until a node is well inside the picture."""
        point = self._middle(name)
        if point is not None:
            self._flight.reveal(point, self.canvas.size)

    def frame_layers(self, names: Sequence[str], animated: bool = True) -> None:
        """Frame opened layers, together with their blocks unless these stand far above."""

        def points() -> np.ndarray:
            assert self.network is not None
            found = []
            for name in names:
                block = self.network.surroundings(self.network.index[name])
                opened = self.opened.get(name)
                if opened is not None:
                    found.append(opened.bounds())
                if opened is None or block[:, 1].min() - opened.top < max(LONGEST_STEM, opened.height):
                    found.append(block)
            return np.concatenate(found)

        self._frame(points, animated)

    def fly(self, goal: Pose, animated: bool = True) -> None:
        self._flight.fly(goal, animated)

    def move_camera(self, pose: Pose) -> None:
        """Put the camera by hand; ends a flight."""
        self._flight.move(pose)

    @property
    def goal(self) -> Pose:
        """Where the camera stands, or is about to."""
        return self._flight.goal

    @property
    def projection(self) -> Projection:
        return Projection(self.pose, self.canvas.size)

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

    def _frame(self, points: Callable[[], np.ndarray], animated: bool) -> None:
        self._flight.frame(points, self._direction, self.canvas.size, animated)

    def _direction(self) -> Pose:
        if self.opened:
            return STRAIGHT if self.mode == TILES else ASIDE
        return ALONG if self.layout is not None and len(self.layout.row_center) == 1 else ASIDE

    def _middle(self, name: str) -> np.ndarray | None:
        if self.network is None or name not in self.network.index:
            return None
        return np.asarray(self.network.placement.centres[self.network.index[name]])

    def _around(self, name: str) -> np.ndarray:
        assert self.network is not None
        points = self.network.surroundings(self.network.index[name])
        middle = points.mean(axis=0)
        return np.asarray(middle + (points - middle) * 1.6)

    # Seen from above

    @property
    def settled(self) -> Network | None:
        """What stands there; None on an empty stage, and while it is on its way to other places."""
        return None if self._regrouping is not None else self.network

    @property
    def painted(self) -> Paint | None:
        """The cost by which the blocks are coloured."""
        return self._paint

    def overview(self, network: Network) -> Overview:
        """What an overview map of a network shows."""
        bright = None if self.bright is None else ~self._emphasis.faded(network)[0]
        low, high = cells(network.placement)
        colours = network.body_colours(self._paint)
        theme = self.theme
        return Overview(low, high, colours, network.folded, bright, theme.bottom, theme.text)

    @property
    def legend_size(self) -> tuple[int, int]:
        """Width and height in pixels of what is written in the corner at the bottom left."""
        return self.legend.picture.shape[1::-1] if self.legend else (0, 0)

    # Time

    def advance(self, seconds: float) -> bool:
        """Let animations go on.

        Returns
        -------
        bool
            Whether anything still moves.
        """
        self._flight.advance(seconds)
        if self._standing.moving:
            self._standing.advance(seconds)
            if self.network is not None:
                self._standing.stand(self.network)
        if self._regrouping is not None and self.network is not None:
            self._move_on(self.network, seconds / REGROUPING)
            if self._regrouping is None and self._next is not None:
                self.frame_node(self._next)
        return self.moving

    @property
    def moving(self) -> bool:
        return self._flight.moving or self._standing.moving or self._regrouping is not None

    def _move_on(self, network: Network, step: float) -> None:
        """Bring nodes nearer to where they will stand, and the camera with them."""
        way = self._regrouping
        assert way is not None
        elapsed = min(way.elapsed + step, 1.0)
        network.placement = way.at(eased(elapsed))
        network.courses = way.courses_at(eased(elapsed))
        self._regrouping = replace(way, elapsed=elapsed) if elapsed < 1.0 else None
        if self._regrouping is None:
            self._build_nodes(network)
            self._build_opened(network)
        else:
            network.build_blocks(self._paint)
            self.mosaics.follow(network)
            self._emphasis.rim(network, self.theme)
            self._build_edges(network)
            self._standing.stand(network)
            self._standing.build_frames(network, self._emphasis.selected)
        self._flight.shift(way.shift * (eased(elapsed) - eased(way.elapsed)))

    def settle(self) -> None:
        """Let all animations come to their end."""
        while self.advance(1.0):
            pass

    # The picture

    def resize(self, size: tuple[int, int], scale: float | None = None) -> None:
        """Change the picture's size; a view that framed the network still does."""
        at_home = self._flight.at_home
        self.canvas.resize(size)
        self.parts.scale = scale or self.parts.scale
        self._build_legend()
        if at_home:
            self._flight.reframe(size, animated=False)

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
        self._aim(self.projection)
        if self.network is not None:
            self.mosaics.see(self.network, self.projection, not self.moving)
            if self.network.labels is not None:
                labels = self.network.labels
                labels.emphasise(self._emphasis.ends(self.network))
                labels.see(self.projection, self.parts.scale, self.taken(self.projection), not self.moving)
        return self.canvas.draw(smooth)

    def draft(self) -> np.ndarray:
        """Draw a frame that takes little time: at half the resolution, without the legend.

        Returns
        -------
        (⌈H / 2⌉, ⌈W / 2⌉, 4) uint8 array
            As of `draw`.
        """
        projection = Projection(self.pose, halved(self.canvas.size))
        self._aim(projection)
        if self.network is not None:
            self.mosaics.see(self.network, projection, still=False)
            if self.network.labels is not None:
                # What is written stays: to choose anew would take longer than to draw.
                self.network.labels.writing.face(self.pose.axes(), pixel_scale(self.projection))
        return self.canvas.draft()

    @property
    def legend(self) -> Overlay | None:
        """What of a drawn frame a draft lacks."""
        return self.canvas.overlay

    def _aim(self, projection: Projection) -> None:
        """Let everything be drawn as it is seen in a picture of that size."""
        if self._words is not None:
            self._words.face(self.pose.axes(), pixel_scale(self.projection))
        low, high = self._box()
        # To the furthest corner.
        reach = float(np.linalg.norm(np.maximum(high - self.pose.focus, self.pose.focus - low))) + FOREGROUND
        self.canvas.look(self.pose, reach, free_depth(self.projection, float(high[2]) + FOREGROUND))
        if self.network is not None:
            self.network.see(projection)

    def taken(self, projection: Projection) -> np.ndarray:
        """(m, 4) float array: left, top, right, bottom in pixels of what nothing should cover."""
        width, height = self.legend_size
        margin, bottom = round(10 * self.parts.scale), self.canvas.size[1]
        found = [np.array([[0.0, bottom - 2 * margin - height, width + 2 * margin, bottom]])] if width else []
        for corners in (*self._standing.frames, *self.answers.bounds()):
            seen = projection.pixels(corners)
            found.append(np.concatenate([seen.min(axis=0), seen.max(axis=0)])[None])
        return np.concatenate([*found, np.zeros((0, 4))])

    def close(self) -> None:
        """Free the graphics memory."""
        self.canvas.close()

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

    # Building

    def _rebuild(self, anew: bool = False) -> None:
        """Place everything that stands in the scene."""
        network = self.network
        if network is None:
            return
        heights = self._standing.heights(network.layout, network.index)
        if anew or heights != network.plan.heights:
            self._regrouping = None
            network.place(heights, self._look)
            self._build_nodes(network)
        self._build_opened(network)

    def _build_nodes(self, network: Network) -> None:
        network.build(self._paint)
        self.mosaics.build(network, self._paint is not None)
        if self._emphasis.fades:
            self._fade(network)
        self._emphasis.rim(network, self.theme)
        self._build_legend()
        self.answers.build(network, self._look)

    def _build_opened(self, network: Network) -> None:
        if network.handles is not None:
            layers = self.opened.items()
            network.handles.activate(
                [(network.index[name], role) for name, opened in layers for role in opened.roles]
            )
        self._standing.stand(network)
        self._standing.build()
        self._build_edges(network)
        self._standing.build_frames(network, self._emphasis.selected)
        self._build_words()

    def _build_edges(self, network: Network) -> None:
        frames = self._standing.frames
        network.build_edges(frames)
        self._emphasis.light(network, frames, self.theme)

    def _build_words(self) -> None:
        """What is written on bars and opened layers."""
        labels = [*self.answers.labels(), *self._standing.labels()]
        self._words = Labels(labels) if labels else None
        self.parts.replace("words", [self._words.actor] if self._words else [])

    def _show_mosaics(self, painted: Painted | None) -> None:
        plan = self.network.plan if self.network else None
        self.mosaics.colour(plan, self.colormap, painted)
        if self.network is not None:
            self.mosaics.build(self.network, self._paint is not None)
            if self._emphasis.fades:
                self._fade(self.network)

    def _fade(self, network: Network) -> None:
        if self._regrouping is not None:
            return  # other blocks are about to be built
        which, share = self._emphasis.faded(network)
        network.fade(which, share, self._paint)
        self.mosaics.fade(network, which, share, self._paint is not None, self.theme)

    def _build_legend(self) -> None:
        if self.network is None:
            self.canvas.overlay = None
            return
        scale = magnified(self.parts.scale, self.canvas.size[1])
        margin = round(10 * self.parts.scale)
        if self._paint is not None:
            drawn = self._paint.legend(self.network.model, scale * self.text, self.theme)
        else:
            families = self.network.plan.present
            drawn = legend(families, scale * self.text, self.canvas.size[0] - 2 * margin, self.theme)
        self.canvas.overlay = Overlay(drawn, margin, margin)
