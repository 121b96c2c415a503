"""The request for an explanation as it is seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event

import numpy as np

from explorer3d.attribution import METHODS, Attribution
from explorer3d.attribution.method import Follow, Found
from explorer3d.attribution.request import Attribute
from explorer3d.attribution.target import class_output
from explorer3d.attribution.way import way_to
from explorer3d.compute.requests import runner
from explorer3d.compute.slices import guessed_axes
from explorer3d.errors import ExplorerError, GradientError, RequestError
from explorer3d.graph.model import Model
from explorer3d.inputs import Feeds, fed_picture, is_image_like
from explorer3d.progress import Progress, ignore
from explorer3d.qt.explain.offered import OFFERS
from explorer3d.scene.explained import grown_of, is_chart, picture_of
from explorer3d.scene.grown import Growing, Grown, mosaic
from explorer3d.scene.heat import Heat, heat_of

_PACE = 0.2  # seconds between two pictures of what is on its way


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
    swept : tuple of (h, w, 3) uint8 arrays
        What was shown to the network on the way, where curves tell what became of it.
    grown : Grown or None
        Pictures that have grown, or are about to: what lies in the scene then.
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
    swept: tuple[np.ndarray, ...] = ()
    grown: Grown | None = None
    fault: str = ""
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Explain:
    """Explain, and prepare what is drawn of it.

    Attributes
    ----------
    asked : Attribute
    feeds : Feeds
    sketched : callable
        Takes the request, and what is to be seen before the end, on the thread it runs on.
    enough : Event
        Set, a method that goes step by step ends with what it has come to.
    """

    asked: Attribute
    feeds: Feeds
    sketched: Callable[[Explain, Explained], None]
    enough: Event = field(default_factory=Event)

    def __call__(self, progress: Progress = ignore) -> Explained:
        method, found, heat, pixels, grown = self.asked.method, None, None, None, None
        model = runner(self.asked.key).model
        try:
            found = replace(self.asked, follow=self._follower(model))(progress)
            heat = heat_of(found, model, self.feeds)
            grown = grown_of(found, model, self.feeds)
            if grown is not None:
                pixels = _made(grown)
            elif heat is None and not is_chart(found):
                pixels = picture_of(found, model, self.feeds)
        except ExplorerError as error:
            instead = self._instead(model) if isinstance(error, GradientError) else ()
            return Explained(method, self.feeds, found, fault=str(error), instead=instead)
        return Explained(method, self.feeds, found, heat, pixels, self._swept(found, model), grown)

    def _instead(self, model: Model) -> tuple[str, ...]:
        """Methods that may do without a gradient with what goes into this network, and what lies in it."""
        shapes = (np.shape(self.feeds.arrays.get(port.value, 0)) for port in model.inputs)
        pictures = any({"H", "W"} <= set(guessed_axes(shape)) for shape in shapes)
        try:
            maps = way_to(runner(self.asked.key), class_output(model).value).maps is not None
        except RequestError:
            maps = False
        return tuple(
            name
            for name, one in METHODS.items()
            if not one.gradient
            and name != self.asked.method
            and (pictures or not one.picture)
            and (maps or not OFFERS[name].layer)
        )

    def _swept(self, found: Attribution, model: Model) -> tuple[np.ndarray, ...]:
        port = next((port for port in model.inputs if port.value == found.input), None)
        pictures = found.further.get("pictures")
        if port is None or pictures is None:
            return ()
        shown = (fed_picture(one[None], port, self.feeds.preprocessing) for one in pictures)
        return tuple(one.pixels for one in shown if one is not None)

    def _follower(self, model: Model) -> Follow:
        """Shows what has grown so far, as often as anybody sees it."""
        growing = Growing(model, self.feeds.preprocessing)
        port = next((port for port in model.inputs if is_image_like(port)), None)
        told = -_PACE
        # Of every filter the last one, however few are seen on their way.
        due: dict[tuple[int, ...], Found] = {}

        def follow(found: Found) -> bool:
            nonlocal told
            due[tuple(found.further.get("channels", np.zeros(0)).tolist())] = found
            if port is not None and time.monotonic() - told >= _PACE:
                grown = [growing.take(one, port.value) for one in due.values()][-1]
                due.clear()
                if grown is not None:
                    sketch = Explained(self.asked.method, self.feeds, pixels=_made(grown), grown=grown)
                    self.sketched(self, sketch)
                # What takes long to draw leaves time to climb.
                told = time.monotonic()
            return not self.enough.is_set()

        return follow


def _made(grown: Grown) -> np.ndarray:
    """(H, W, 3) uint8 array for the panel; the atlas for the scene is made here too, not by the window."""
    _ = grown.atlas
    return mosaic(grown)
