"""The request for an explanation as it is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.attribution import METHODS, Attribution
from explorer3d.attribution.request import Attribute
from explorer3d.compute.requests import runner
from explorer3d.errors import ExplorerError, GradientError
from explorer3d.inputs import Feeds
from explorer3d.progress import Progress, ignore
from explorer3d.scene.explained import picture_of
from explorer3d.scene.heat import Heat, heat_of


@dataclass(frozen=True, eq=False)
class Explained:
    """An explanation, or why there is none.

    Attributes
    ----------
    method : str
        Key in `METHODS`.
    feeds : Feeds
        What was explained.
    found : Attribution or None
    heat : Heat or None
        What lies over the picture.
    pixels : (H, W, 3) uint8 array or None
        What is drawn of it, if that is something else.
    fault : str
        A sentence; empty if nothing is at fault.
    instead : tuple of str
        Methods that may succeed where this one did not.
    """

    method: str
    feeds: Feeds
    found: Attribution | None = None
    heat: Heat | None = None
    pixels: np.ndarray | None = None
    fault: str = ""
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Explain:
    """Explain, and prepare what is drawn of it.

    Attributes
    ----------
    asked : Attribute
    feeds : Feeds
    """

    asked: Attribute
    feeds: Feeds

    def __call__(self, progress: Progress = ignore) -> Explained:
        method, found, heat, pixels = self.asked.method, None, None, None
        try:
            found = self.asked(progress)
            model = runner(self.asked.key).model
            heat = heat_of(found, model, self.feeds)
            if heat is None:
                pixels = picture_of(found, model, self.feeds)
        except ExplorerError as error:
            instead = ()
            if isinstance(error, GradientError):
                instead = tuple(name for name, one in METHODS.items() if not one.gradient and name != method)
            return Explained(method, self.feeds, found, fault=str(error), instead=instead)
        return Explained(method, self.feeds, found, heat, pixels)
