"""Writing at the nodes: three lines where these can be read, else some names, apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer3d.scene.blueprint import Blueprint
from explorer3d.scene.camera import Projection
from explorer3d.scene.crowding import kept
from explorer3d.scene.fading import STRONG, ground
from explorer3d.scene.glyphs import Line
from explorer3d.scene.look import Look, magnified
from explorer3d.scene.palette import FAMILIES
from explorer3d.scene.placement import LABEL_ROOM
from explorer3d.scene.seen import Spots, pixel_scale
from explorer3d.scene.spread import spread
from explorer3d.scene.text import Lines, Type, Writing, set_in

NAME_HEIGHT, SMALL_HEIGHT = 0.36, 0.28
_HEIGHTS, _DROPS = (NAME_HEIGHT, SMALL_HEIGHT, SMALL_HEIGHT), (0.3, 0.68, 1.03)
_EXTENTS = ((0.12, 0.48), (0.54, 1.17))  # of a name and of the lines below it, from their anchor down
READABLE = 8.0  # pixels of a name's em below which only some names are written, larger
FIXED = 11.0  # pixels of an em of these
_LONGEST = 16.0  # ems of these
_DROP = 0.7  # ems that their middle stands below the room for labels
_TIGHT = 1.2  # ems of that room which a line needs
_ASIDE, _APART = (0.8, 0.2), (7.0, 4.5)  # ems between names that stand below blocks, and on blocks
_PLATE = 190  # opacity of what lies behind names on blocks
_SMALL = 0.85  # share of its size below which the second line is rather shortened
_ALL = 400  # nodes up to which all three lines of all are written at once
_MARGIN, _SMALLER = 0.3, 0.8  # share of the picture around it, and of the size, that are written in advance


class NodeLabels:
    """The labels of all nodes, by level of detail.

    Parameters
    ----------
    plan : Blueprint
    look : Look
    type : Type

    Attributes
    ----------
    near : (k,) int array
        Nodes whose three lines are written, if they can be read and lie over no others.
    named, whole : (n,) bool array
        Which of all nodes have the room for a name there, and for the two lines below it.
    far : (m,) int array
        Nodes whose names are written larger than they would be.
    rectangles : (m, 4) float array
        Where these are: left, top, right, bottom in pixels.
    """

    def __init__(self, plan: Blueprint, look: Look, type: Type) -> None:
        self._look, theme = look, look.theme
        self._place(plan)
        accents = np.array([theme.accent(family) for family in FAMILIES], np.uint8)[plan.families]
        faint = plan.faint[:, None]
        self._colours = [
            np.where(faint, theme.faint, theme.text),
            np.where(faint, theme.faint, accents),
            np.where(faint, theme.faint, theme.dim),
        ]
        self._fading: tuple[np.ndarray, float] | None = None
        self._seen: tuple[object, ...] = ()
        self._prominent: tuple[int, ...] = ()
        self._lines: list[Lines] = []
        self._names: list[Lines] = []
        self._dense, self._em = np.zeros(0, bool), 0.0
        self.near = self.far = np.zeros(0, np.intp)
        self.named = self.whole = np.ones(len(plan.texts), bool)
        self._rooms = np.full((len(plan.texts), 2), np.nan)
        self.rectangles = np.zeros((0, 4))
        self.writing = Writing(READABLE, type)

    def _place(self, plan: Blueprint) -> None:
        self._plan = plan
        placement, text = plan.placement, self._look.text
        self._anchors = placement.centres * [1.0, 0.0, 0.0]
        self._anchors[:, 1] = placement.floors + LABEL_ROOM * text
        room = placement.label_room / 2
        self._spots = Spots(self._anchors - [room, LABEL_ROOM * text, 0.0], self._anchors + [room, 0.0, 0.0])

    def stand(self, plan: Blueprint) -> None:
        """Move along with the nodes."""
        self._place(plan)
        self._lines, self._names = (
            [replace(part, anchors=self._anchors[part.nodes]) for part in parts]
            for parts in (self._lines, self._names)
        )
        anchors = [part.anchors for part in self._lines + self._names]
        self.writing.stand(np.concatenate([*anchors, np.zeros((0, 3))]))
        self._seen = ()

    def tell(self, plan: Blueprint) -> None:
        """Write other words."""
        self._plan, self._seen = plan, ()
        self._rooms[:] = np.nan
        # The lines that are written stay until others are: they may have to be moved before.
        self.near = np.zeros(0, np.intp)

    def emphasise(self, nodes: Sequence[int]) -> None:
        """Name some nodes before all others."""
        self._prominent = tuple(nodes)

    def fade(self, which: np.ndarray, share: float) -> None:
        """Let the labels of some nodes fade.

        Parameters
        ----------
        which : (n,) bool array
        share : float
            As in `fading.faded`.
        """
        self._fading, self._seen = (which, share), ()
        self.writing.fade(which, self._look.theme, share)

    def see(self, projection: Projection, scale: float, taken: np.ndarray, still: bool) -> None:
        """Write what can be read from somewhere.

        Parameters
        ----------
        projection : Projection
        scale : float
            Pixels per logical pixel.
        taken : (m, 4) float array
            Parts of the picture, in pixels, where no large names are written.
        still : bool
            Nothing moves: choose anew which names to write.
        """
        larger = magnified(scale, projection.size[1])
        pixels = pixel_scale(projection)
        # Who wants larger text cannot read smaller text.
        least = READABLE * larger * self._look.text
        # Never both: what is only just too small for one way may be just too large for the other.
        self.writing.legible = 1.002 * least
        self.writing.face(projection.pose.axes(), pixels)
        pose = projection.pose
        depths = np.maximum((self._anchors - pose.position()) @ pose.axes()[2], 1e-3)
        ems = NAME_HEIGHT * self._look.text * pixels / depths
        readable = ems >= least
        spots = self._spots.depths(projection)
        inside = self._spots.inside(projection, spots)
        changed = self._write_near(projection, spots, ems, readable & inside, least)
        seen = (projection, larger, taken.tobytes(), self._prominent)
        if still and seen != self._seen:
            self._seen = seen
            changed |= self._thin_out(projection, spots, readable & inside)
            near = readable & inside & self.named
            changed |= self._write_far(projection, ems, inside & ~readable, near, larger, taken)
        if changed:
            self.writing.write(self._lines + self._names)
            if self._fading is not None:
                self.writing.fade(self._fading[0], self._look.theme, self._fading[1])

    def _write_near(
        self, projection: Projection, depths: np.ndarray, ems: np.ndarray, wanted: np.ndarray, limit: float
    ) -> bool:
        written = np.zeros(len(wanted), bool)
        written[self.near] = True
        if not (wanted & ~written).any():
            return False
        if len(wanted) <= _ALL:
            self.near = np.arange(len(wanted))
        else:
            around = self._spots.inside(projection, depths, _MARGIN) & (ems >= _SMALLER * limit)
            self.near = np.flatnonzero(around | wanted)
        self._lines = self._three_lines(self.near)
        return True

    def _thin_out(self, projection: Projection, depths: np.ndarray, seen: np.ndarray) -> bool:
        """Choose which of the labels that can be read have room; say whether others than before."""
        nodes = np.flatnonzero(seen)
        # What is marked, then what has not faded; of these the nearest.
        rank = np.ones(len(seen), int) if self._fading is None else 1 + self._fading[0]
        rank[list(self._prominent)] = 0
        nodes = nodes[np.lexsort((depths[nodes], rank[nodes]))]
        text, rooms = self._look.text, self._half_widths(nodes)
        anchors = self._anchors[nodes]
        named, whole = np.ones(len(seen), bool), np.ones(len(seen), bool)
        extents = [
            np.stack([half, np.full(len(nodes), begin * text), np.full(len(nodes), end * text)], axis=1)
            for half, (begin, end) in zip(rooms.T, _EXTENTS, strict=True)
        ]
        named[nodes], whole[nodes] = kept(projection, anchors, *extents)
        same = np.array_equal(named, self.named) and np.array_equal(whole, self.whole)
        if not same:
            self.named, self.whole = named, whole
            self._lines = self._three_lines(self.near)
        return not same

    def _half_widths(self, nodes: np.ndarray) -> np.ndarray:
        """(k, 2) float array: of a name, and of the lines below it, in world units."""
        unknown = nodes[np.isnan(self._rooms[nodes, 0])]
        widths = [
            [line.length * share * height * self._look.text / 2 for line, share in self._line(unknown, place)]
            for place, height in enumerate(_HEIGHTS)
        ]
        self._rooms[unknown] = np.stack([widths[0], np.maximum(widths[1], widths[2])], axis=1)
        return np.asarray(self._rooms[nodes])

    def _line(self, nodes: np.ndarray, place: int) -> list[tuple[Line, float]]:
        """One of the three lines of some nodes as it is written, and what share of its size it takes."""
        texts = [self._plan.texts[node] for node in nodes.tolist()]
        words = [(one.name, one.about or one.op, one.shape)[place] for one in texts]
        room = self._plan.placement.label_room / (_HEIGHTS[place] * self._look.text)
        return [about_in(word, room) if place == 1 else set_in(word, room, place == 0) for word in words]

    def _three_lines(self, nodes: np.ndarray) -> list[Lines]:
        text, found = self._look.text, []
        for place, (height, drop) in enumerate(zip(_HEIGHTS, _DROPS, strict=True)):
            nodes = nodes[(self.whole if place else self.named)[nodes]]
            settings = self._line(nodes, place)
            count = len(nodes)
            found.append(
                Lines(
                    [line for line, _ in settings],
                    self._anchors[nodes],
                    height * text * np.array([share for _, share in settings]),
                    np.full(count, drop * text),
                    self._colours[place][nodes],
                    limits=np.full(count, NAME_HEIGHT * text),
                    nodes=nodes,
                )
            )
        return found

    def _write_far(
        self,
        projection: Projection,
        ems: np.ndarray,
        wanted: np.ndarray,
        near: np.ndarray,
        larger: float,
        taken: np.ndarray,
    ) -> bool:
        """Choose the names to write larger than they would be; say whether others than before."""
        em = FIXED * larger * self._look.text
        candidates = self._candidates(wanted)
        points = projection.pixels(self._anchors[candidates])
        wide = np.minimum(self._plan.lengths[candidates], _LONGEST) * em
        band = (LABEL_ROOM / NAME_HEIGHT) * ems[candidates]
        # Where a line is higher than the room below most blocks, names stand on blocks, and wide apart.
        dense = np.full(len(candidates), 2 * np.count_nonzero(band < _TIGHT * em) > len(candidates))
        half = np.stack([wide / 2, np.full(len(wide), 0.65 * em)], axis=1)
        middle = points + [0.0, _DROP * em]
        apart = np.where(dense[:, None], _APART, _ASIDE) * em / 2
        chosen = spread(
            np.concatenate([middle - half, middle + half], axis=1),
            apart,
            projection.size,
            np.concatenate([taken, self._boxes(projection, np.flatnonzero(near))]),
        )
        far, dense = candidates[chosen], dense[chosen]
        same = em == self._em and np.array_equal(far, self.far) and np.array_equal(dense, self._dense)
        self.far, self._dense, self._em = far, dense, em
        self.rectangles = np.concatenate([middle - half, middle + half], axis=1)[chosen]
        red, green, blue = (round(float(value)) for value in ground(self._look.theme))
        self._names = [
            self._some_names(far[~dense], None),
            self._some_names(far[dense], (red, green, blue, _PLATE)),
        ]
        return not same

    def _candidates(self, wanted: np.ndarray) -> np.ndarray:
        """Nodes to name, the most telling first: what is marked, then what has not faded."""
        order = self._plan.order[wanted[self._plan.order]]
        if self._fading is not None:
            faded, share = self._fading
            back = faded[order]
            order = order[~back] if share >= STRONG else np.concatenate([order[~back], order[back]])
        ahead = [node for node in self._prominent if wanted[node]]
        return np.concatenate([np.array(ahead, np.intp), order])

    def _boxes(self, projection: Projection, nodes: np.ndarray) -> np.ndarray:
        """(k, 4) float array: what the three lines of some nodes take of the picture, in pixels."""
        room, text = self._plan.placement.label_room / 2, self._look.text
        right, up, _ = projection.pose.axes()
        anchors = self._anchors[nodes]
        low = projection.pixels(anchors - right * room - up * LABEL_ROOM * text)
        high = projection.pixels(anchors + right * room)
        return np.concatenate([np.minimum(low, high), np.maximum(low, high)], axis=1)

    def _some_names(self, nodes: np.ndarray, plate: tuple[int, int, int, int] | None) -> Lines:
        texts = [self._plan.texts[node].name for node in nodes.tolist()]
        lines = [set_in(text, _LONGEST, True)[0] for text in texts]
        # They are shortened, never written smaller.
        return Lines(
            lines,
            self._anchors[nodes],
            np.full(len(nodes), self._em),
            np.full(len(nodes), _DROP * self._em),
            self._colours[0][nodes],
            fixed=True,
            nodes=nodes,
            plate=plate,
        )


def about_in(about: str, room: float) -> tuple[Line, float]:
    """The second line as it is written in so many ems, and the share of its size that it takes.

    How many layers are in a block is to be read from afar; what they weigh is left out before that.
    """
    line, share = set_in(about, room, False)
    first, between, _ = about.partition(" · ")
    return set_in(first, room, False) if between and share < _SMALL else (line, share)
