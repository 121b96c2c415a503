"""The scene of one model: what stands in it, where the camera is, and what the cursor points at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from explorer3d.compute.colour_range import Ranges
from explorer3d.compute.faces import Face
from explorer3d.compute.redraw import DrawBetween, Redrawn
from explorer3d.compute.refine import Detail, RefineTensor
from explorer3d.compute.show import ShownLayer
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model
from explorer3d.labels import Guess
from explorer3d.manners import MANNERS
from explorer3d.scene.answers import Answers
from explorer3d.scene.blueprint import Blueprint, blueprint
from explorer3d.scene.camera import Projection
from explorer3d.scene.camerawork import Camerawork
from explorer3d.scene.canvas import halved
from explorer3d.scene.emphasis import Emphasis
from explorer3d.scene.flight import eased
from explorer3d.scene.look import Look
from explorer3d.scene.mosaics import Mosaics, Painted
from explorer3d.scene.network import Network
from explorer3d.scene.numerals import Numerals
from explorer3d.scene.palette import Theme
from explorer3d.scene.panel import Panel
from explorer3d.scene.regrouping import regrouping, shifted
from explorer3d.scene.seen import pixel_scale
from explorer3d.scene.smoothing import Smooth

REGROUPING = 0.4  # seconds
MOST_MOVING = 300  # nodes whose way to other places is shown


class Stage(Camerawork):
    """A scene that can be drawn into a picture.

    Parameters and attributes as of `Scenery`.
    """

    # What is shown

    def show_model(self, model: Model | None, layout: Layout | None) -> None:
        """Put another network on the stage and frame it."""
        self.show(blueprint(model, layout, text=self.text) if model and layout else None)

    def show(self, plan: Blueprint | None) -> None:
        """Put another network on the stage, or none, and frame it."""
        self.parts.clear()
        self.canvas.overlay = None
        self.mosaics, self.answers = Mosaics(self.parts), Answers(self.parts)
        self._emphasis, self._numerals = Emphasis(self.parts), Numerals(self.parts)
        self.lay(None)
        self._standing.keep({})
        self._regrouping, self._next, self._paint = None, None, None
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
        network.tell(network.plan.measured(self.mosaics.faces))
        self._emphasis.trace(network)
        self.mosaics.colour(plan, self.colormap, painted)
        self.answers.build(network, self._look)
        if anchor:
            self._flight.stop()
        else:
            self.fit(animated)
        if animated and len(plan.index) <= MOST_MOVING:
            # What is written could not be read on its way.
            network.hide_writing()
            self.answers.hide()
            self.parts.show("words", [self._words.actor], shown=False)
            self._regrouping = regrouping(before, earlier, network.plan, anchor)
            self.mosaics.build(network, self._paint is not None)
            network.build_blocks(self._paint)
            if self._emphasis.fades:
                self._fade(network)
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
        self.mosaics.faces = faces
        self._show_mosaics(painted)
        if self.network is not None:
            self.network.tell(self.network.plan.measured(faces))
        self.show_answers(best)

    def show_answers(self, best: Mapping[str, Sequence[Guess]]) -> None:
        """Show the bars of the most probable classes.

        Parameters
        ----------
        best : mapping of str to sequence of Guess
            By output layer.
        """
        before, at_home = len(self.whole()), self._flight.at_home
        self.answers.best = {name: tuple(guesses) for name, guesses in best.items()}
        if self.network is not None and self._regrouping is None:
            self.answers.build(self.network, self._look)
        self._build_words()
        if at_home and len(self.whole()) != before:
            self._flight.reframe(self.canvas.size, animated=True)

    def open_layer(self, shown: ShownLayer, roles: frozenset[str]) -> None:
        """Lay a layer's tensors open below its block."""
        if not self._standing.renew(shown, roles):
            self._standing.open(shown, roles, self._look)
            self._rebuild()

    def close_layer(self, name: str) -> None:
        """Fold an opened layer away."""
        at_home = self._flight.at_home
        if self._standing.close(name):
            self._rebuild()
            if at_home:
                # What the camera was framed on is gone.
                self.frame_layers(list(self.opened)) if self.opened else self.fit()

    # How it is shown

    def set_mode(self, mode: str, animated: bool = True) -> None:
        """Show the opened tensors in another manner.

        Tiles are looked at straight, stacks from the side, unless the camera was moved by hand.

        Parameters
        ----------
        mode : str
            Key in `MANNERS`.
        animated : bool
        """
        at_home = self._flight.at_home and MANNERS[mode].stack != MANNERS[self.mode].stack
        self._standing.mode = mode
        if at_home and self.opened:
            self._flight.reframe(self.canvas.size, animated)
        if not animated:
            self._standing.arrive()
            if self.network is not None:
                self._standing.stand(self.network)

    def set_spread(self, spread: float) -> None:
        """Change the distance between the slices of a stack."""
        self._standing.spread = float(np.clip(spread, 0.0, 3.0))
        self._standing.lay_again(self._look)
        self._rebuild()

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
            # What a run told may have come meanwhile.
            self.network.plan = replace(placed, texts=self.network.plan.texts)
        self._rebuild(anew=True)
        if at_home:
            self._flight.reframe(self.canvas.size, animated=False)

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

    # Finer where it is seen large

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
        for _, panel, wider in self.outdated():
            self.redraw(panel, wider, wider())
        for _, panel, request in self.coarse():
            self.sharpen(panel, request())

    # Between other limits

    @property
    def ranges(self) -> Ranges:
        """What the colours of each opened tensor span, as far as somebody has chosen that."""
        return self._standing.ranges

    def set_ranges(self, ranges: Ranges) -> None:
        """Let the colours of opened tensors span something else, as well as what is drawn allows."""
        self._standing.set_ranges(ranges)
        self._build_words()

    def outdated(self, at_once: bool = False) -> list[tuple[str, Panel, DrawBetween]]:
        """Opened tensors that are to be drawn anew for their colours to be right, and how.

        Parameters
        ----------
        at_once : bool
            Those only that are in wrong colours until then: others are nearly right.

        Returns
        -------
        list of (str, Panel, DrawBetween)
            The layer, and its tensor; each is named once, until something else is wanted.
        """
        return self._standing.outdated(at_once)

    def redraw(self, panel: Panel, request: DrawBetween, redrawn: Redrawn) -> None:
        """Show a tensor drawn anew, unless it is gone or something else is wanted by now."""
        self._standing.redraw(panel, request, redrawn)

    # Time

    def advance(self, seconds: float) -> bool:
        """Let animations go on.

        Returns
        -------
        bool
            Whether anything still moves.
        """
        # Who flies elsewhere is not taken along.
        carried = not self._flight.moving
        self._flight.advance(seconds)
        if self._standing.moving:
            self._standing.advance(seconds)
            if self.network is not None:
                self._standing.stand(self.network)
        if self._regrouping is not None and self.network is not None:
            self._move_on(self.network, seconds / REGROUPING, carried)
            if self._regrouping is None and self._next is not None:
                self.frame_node(self._next)
        return self.moving

    @property
    def moving(self) -> bool:
        return self._flight.moving or self._standing.moving or self._regrouping is not None

    def _move_on(self, network: Network, step: float, carried: bool = True) -> None:
        """Bring nodes nearer to where they will stand, and perhaps the camera with them."""
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
            network.follow()
            self.mosaics.follow(network)
            self._emphasis.rim(network, self.theme)
            self._build_edges(network)
            self._standing.stand(network)
            self._standing.build_frames(network, self._emphasis.selected, self.theme)
        if carried:
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
        self.parts.resize(scale or self.parts.scale)
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
            RGBA, the top row first.
        """
        self._aim(self.projection)
        if self.network is not None:
            self.mosaics.see(self.network, self.projection, not self.moving)
            self._follow(self.network)
            if self.network.labels is not None:
                labels = self.network.labels
                labels.emphasise(self._emphasis.ends(self.network))
                labels.see(self.projection, self.parts.scale, self.taken(self.projection), not self.moving)
        return self.canvas.draw(smooth)

    def smoothing(self) -> Smooth:
        """What makes of the frame drawn last, if it was no draft, one without jagged edges."""
        return self.canvas.smoothing()

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
            self._follow(self.network)
            if self.network.labels is not None:
                # What is written stays: to choose anew would take longer than to draw.
                self.network.labels.writing.face(self.pose.axes(), pixel_scale(self.projection))
        return self.canvas.draft()

    def _follow(self, network: Network) -> None:
        """Lay over opened tensors what lies over them now."""
        self._overlaid.follow(network, self.mosaics, self._standing)
        # What is on its way to another place could not be read there.
        seen = self.projection if self._regrouping is None else None
        self._numerals.follow(self._standing, seen, self._look, self._least)

    def taken(self, projection: Projection) -> np.ndarray:
        """(m, 4) float array: left, top, right, bottom in pixels of what nothing should cover."""
        width, height = self.legend_size
        margin, bottom = round(10 * self.parts.scale), self.canvas.size[1]
        found = [np.array([[0.0, bottom - 2 * margin - height, width + 2 * margin, bottom]])] if width else []
        for corners in (*self._standing.frames, *self.answers.bounds()):
            seen = projection.pixels(corners)
            found.append(np.concatenate([seen.min(axis=0), seen.max(axis=0)])[None])
        return np.concatenate([*found, np.zeros((0, 4))])
