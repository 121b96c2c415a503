"""Places in a network: where somebody has been, and where he wants to come back to."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.overview import middle_of

LONGEST_HISTORY = 200
BOOKMARKS = range(1, 10)
_NEARER = 2.5  # times, at which another view is another place


@dataclass(frozen=True)
class Place:
    """What is selected and from where it is looked at.

    Attributes
    ----------
    node : str or None
    pose : Pose
    within : tuple of (str, str)
        Layer and body of each body that it is in, from the outermost.
    around : str or None
        The node that stands in the middle, where the camera alone was moved here.
    unfolded : frozenset of str or None
        The blocks that are unfolded there; None: whichever are.
    lost : bool
        What was laid open there has been closed since: the pose may look at nothing.
    """

    node: str | None
    pose: Pose
    within: tuple[tuple[str, str], ...] = ()
    around: str | None = None
    unfolded: frozenset[str] | None = None
    lost: bool = False

    @property
    def scenery(self) -> tuple[object, ...]:
        """What stands there: poses of another scenery mean nothing in this one."""
        return self.within, self.unfolded


class History:
    """The places visited, in order, and which of them one is at.

    Parameters
    ----------
    here : Place
        Where it begins.
    """

    def __init__(self, here: Place) -> None:
        self._places = [here]
        self._at = 0
        self._arrived = False

    def visit(self, place: Place) -> None:
        """Go on to a place, seen from where the one before was looked at last; what was ahead is forgotten.

        Blocks folded or unfolded on the way to a node, without a rest, are no place of their own.
        """
        here = self._places[self._at]
        if (place.node, place.scenery) == (here.node, here.scenery):
            return
        if place.scenery != here.scenery:
            self._add(place)
        elif self._on_the_way(place):
            self._places[self._at] = place
        else:
            self.leave(place.pose)
            self._add(place)
        self._arrived = False

    def _on_the_way(self, place: Place) -> bool:
        if self._arrived or not self._at:
            return False
        before, here = self._places[self._at - 1 : self._at + 1]
        return before.node == here.node and before.within == here.within and before.scenery != here.scenery

    def rest(self, place: Place, size: tuple[int, int]) -> None:
        """Remember where the camera has come to rest, if that is another place than the last.

        Parameters
        ----------
        place : Place
        size : (int, int)
            Of the picture, in pixels.
        """
        here = self._places[self._at]
        if (place.node, place.scenery) != (here.node, here.scenery):
            return
        if not self._arrived:
            self.leave(place.pose)
            self._arrived = True
        elif apart(here.pose, place.pose, size):
            self._add(place)

    def go(self, by: int, leaving: Pose, there: Callable[[Place], bool]) -> Place | None:
        """Go back (-1) or forward (1), over places that are not there any more.

        Returns
        -------
        Place or None
            None: there is none that way, one stays.
        """
        at = self._at + by
        while 0 <= at < len(self._places):
            place = self._places[at]
            if there(place):
                self.leave(leaving)
                self._at, self._arrived = at, False
                return place
            at += by
        return None

    def leave(self, pose: Pose) -> None:
        """Remember from where the place one is at was looked at last."""
        self._places[self._at] = replace(self._places[self._at], pose=pose, lost=False)

    def lose(self, node: str, within: tuple[tuple[str, str], ...]) -> None:
        """A layer that was laid open has been closed: what other places saw of it is gone."""
        self._places = [
            replace(place, lost=True)
            if at != self._at and (place.node, place.within) == (node, within)
            else place
            for at, place in enumerate(self._places)
        ]

    def _add(self, place: Place) -> None:
        self._places = [*self._places[: self._at + 1], place][-LONGEST_HISTORY:]
        self._at = len(self._places) - 1


def apart(one: Pose, other: Pose, size: tuple[int, int]) -> bool:
    """Whether two views show different places: half a picture away, or much nearer or further.

    Parameters
    ----------
    one, other : Pose
    size : (int, int)
        Of the picture, in pixels.
    """
    distances = sorted((one.distance, other.distance))
    if distances[1] > _NEARER * distances[0]:
        return True
    wider = max(size[0] / Projection(pose, size).pixels_per_unit for pose in (one, other))
    return math.dist(middle_of(one), middle_of(other)) > wider / 2


def to_text(places: dict[int, Place]) -> str:
    """JSON of places by number."""
    return json.dumps(
        {
            number: [
                place.node,
                place.pose.focus,
                place.pose.azimuth,
                place.pose.elevation,
                place.pose.distance,
            ]
            for number, place in places.items()
        }
    )


def from_text(text: str) -> dict[int, Place]:
    """What `to_text` was given; nothing if the text was damaged since."""
    try:
        places = {}
        for number, (node, focus, azimuth, elevation, distance) in json.loads(text).items():
            numbers = [float(value) for value in (*focus, azimuth, elevation, distance)]
            whole = len(focus) == 3 and all(map(math.isfinite, numbers)) and numbers[-1] > 0
            if not whole or int(number) not in BOOKMARKS or not isinstance(node, str | None):
                return {}
            x, y, z, *direction = numbers
            places[int(number)] = Place(node, Pose((x, y, z), *direction))
        return places
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return {}
