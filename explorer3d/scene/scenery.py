"""What stands on a stage and how it is marked and coloured: its parts, built from what they show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from explorer3d.graph.layout import Layout
from explorer3d.graph.paths import Flow
from explorer3d.scene.answers import Answers
from explorer3d.scene.canvas import Canvas
from explorer3d.scene.emphasis import Emphasis
from explorer3d.scene.laid import Laid, Overlaid
from explorer3d.scene.look import Look, magnified
from explorer3d.scene.mosaics import Mosaics, Painted
from explorer3d.scene.network import Network
from explorer3d.scene.numerals import Numerals
from explorer3d.scene.opened import OpenedLayer
from explorer3d.scene.overlay import Overlay, legend
from explorer3d.scene.overview import Overview, cells
from explorer3d.scene.paint import Paint
from explorer3d.scene.palette import Theme
from explorer3d.scene.parts import Parts
from explorer3d.scene.placement import Placement
from explorer3d.scene.regrouping import Regrouping
from explorer3d.scene.standing import Standing
from explorer3d.scene.text import Labels

_CROWD = 1_000  # nodes
_LEGEND = 0.125  # share of the picture's height beyond which a legend would hide more than it explains


class Scenery:
    """A network with all that stands around it.

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
        self._overlaid = Overlaid(self.parts)
        self._numerals = Numerals(self.parts)
        self._look = Look()
        self._standing = Standing(self.parts)
        self._emphasis = Emphasis(self.parts)
        self._paint: Paint | None = None
        self._words = Labels(type=self.parts.type)
        self._regrouping: Regrouping | None = None

    @property
    def opened(self) -> Mapping[str, OpenedLayer]:
        """Opened layers by name."""
        return self._standing.layers

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
    def settled(self) -> Network | None:
        """What stands there; None on an empty stage, and while it is on its way to other places."""
        return None if self._regrouping is not None else self.network

    # Marks and colours

    @property
    def laid(self) -> Laid | None:
        """The explanation that lies over what it is about."""
        return self._overlaid.shown

    def lay(self, laid: Laid | None) -> None:
        """Lay an explanation over what it is about; None: nothing."""
        self._overlaid.show(laid)

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
                self._standing.build_frames(network, name, self.theme)
                self._fade(network)

    @property
    def crowded(self) -> bool:
        """Whether so much stands there that a first picture of it takes long."""
        return self.network is not None and len(self.network.index) > _CROWD

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
    def painted(self) -> Paint | None:
        """The cost by which the blocks are coloured."""
        return self._paint

    @property
    def mode(self) -> str:
        """How opened tensors are seen: key in `MANNERS`."""
        return self._standing.mode

    @property
    def spread(self) -> float:
        """Distance between the slices of a stack, 1 as designed."""
        return self._standing.spread

    @property
    def theme(self) -> Theme:
        """Colours of all but the data."""
        return self._look.theme

    @property
    def text(self) -> float:
        """Size of all writing, 1 as designed."""
        return self._look.text

    @property
    def colormap(self) -> str:
        """Name of the map that colours all tensors; empty for the one that fits each."""
        return self._standing.colormap

    def overview(self, network: Network) -> Overview:
        """What an overview map of a network shows."""
        bright = None if self.bright is None else ~self._emphasis.faded(network)[0]
        low, high = cells(network.placement)
        colours = network.body_colours(self._paint)
        theme = self.theme
        return Overview(low, high, colours, network.folded, bright, theme.bottom, theme.text)

    # Building

    def _rebuild(self, anew: bool = False) -> None:
        """Place everything that stands in the scene."""
        network = self.network
        if network is None:
            return
        heights = self._standing.heights(network.layout, network.index)
        if anew or heights != network.plan.heights:
            moved, self._regrouping = self._regrouping is not None, None
            network.place(heights, self._look)
            if anew or moved:
                self._build_nodes(network)
            else:
                network.follow()
                self.mosaics.follow(network)
                self._emphasis.rim(network, self.theme)
                self.answers.follow(network, self._look)
        self._build_opened(network)

    def _build_nodes(self, network: Network) -> None:
        # What is translucent is drawn in this order: names stand before mosaics that have faded.
        self.mosaics.build(network, self._paint is not None)
        network.build(self._paint)
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
        self._standing.build_frames(network, self._emphasis.selected, self.theme)
        self._build_words()

    def _build_edges(self, network: Network) -> None:
        frames = self._standing.frames
        network.build_edges(frames)
        self._emphasis.light(network, frames, self.theme)

    def _build_words(self) -> None:
        """What is written on bars and opened layers; nothing on its way, where it could not be read."""
        moves = self._regrouping is not None
        labels = [] if moves else [*self.answers.labels(), *self._standing.labels()]
        self._words.label(labels)
        self.parts.show("words", [self._words.actor], shown=bool(labels))

    def _show_mosaics(self, painted: Painted | None) -> None:
        plan = self.network.plan if self.network else None
        self.mosaics.colour(plan, self.colormap, painted)
        if self.network is not None:
            self.mosaics.build(self.network, self._paint is not None)
            if self._emphasis.fades:
                self._fade(self.network)

    def _fade(self, network: Network) -> None:
        which, share = self._emphasis.faded(network)
        network.fade(which, share, self._paint)
        self.mosaics.fade(network, which, share, self._paint is not None, self.theme)

    def _build_legend(self) -> None:
        if self.network is None:
            self.canvas.overlay = None
            return
        scale = magnified(self.parts.scale, self.canvas.size[1])
        margin = round(10 * self.parts.scale)
        room = self.canvas.size[0] - 2 * margin
        if self._paint is not None:
            drawn = self._paint.legend(self.network.model, scale * self.text, room, self.theme)
        else:
            drawn = legend(self.network.plan.present, scale * self.text, room, self.theme)
            if len(drawn) > _LEGEND * self.canvas.size[1]:
                self.canvas.overlay = None
                return
        self.canvas.overlay = Overlay(drawn, margin, margin)

    @property
    def legend(self) -> Overlay | None:
        """What of a drawn frame a draft lacks."""
        return self.canvas.overlay

    @property
    def legend_size(self) -> tuple[int, int]:
        """Width and height in pixels of what is written in the corner at the bottom left."""
        return self.legend.picture.shape[1::-1] if self.legend else (0, 0)

    def close(self) -> None:
        """Free the graphics memory."""
        self.canvas.close()
