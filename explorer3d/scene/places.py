"""Places in a network: where somebody has been, and where he wants to come back to."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from explorer3d.scene.camera import Pose

LONGEST_HISTORY = 200
BOOKMARKS = range(1, 10)


@dataclass(frozen=True)
class Place:
    """What is selected and from where it is looked at.

    Attributes
    ----------
    node : str or None
    pose : Pose
    within : tuple of (str, str)
        Layer and body of each body that it is in, from the outermost.
    """

    node: str | None
    pose: Pose
    within: tuple[tuple[str, str], ...] = ()


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

    def visit(self, node: str | None, leaving: Pose, within: tuple[tuple[str, str], ...] = ()) -> None:
        """Go on to a node; what was ahead is forgotten.

        Parameters
        ----------
        node : str or None
        leaving : Pose
            From where the place left was looked at last.
        within : tuple of (str, str)
            As in `Place`.
        """
        here = self._places[self._at]
        if (node, within) == (here.node, here.within):
            return
        if within == here.within:
            self.leave(leaving)
        self._places = [*self._places[: self._at + 1], Place(node, leaving, within)][-LONGEST_HISTORY:]
        self._at = len(self._places) - 1

    def go(self, by: int, leaving: Pose, there: Callable[[str], bool]) -> Place | None:
        """Go back (-1) or forward (1), over places whose node is not there any more.

        Returns
        -------
        Place or None
            None: there is none that way, one stays.
        """
        at, here = self._at + by, self._places[self._at].within
        while 0 <= at < len(self._places):
            place = self._places[at]
            if place.node is None or place.within != here or there(place.node):
                self.leave(leaving)
                self._at = at
                return place
            at += by
        return None

    def leave(self, pose: Pose) -> None:
        """Remember from where the place one is at was looked at last."""
        self._places[self._at] = replace(self._places[self._at], pose=pose)


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
