"""The requests for the inputs that excite features most, and for what these have seen in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import numpy as np

from explorer3d.attribution.of_many import attribute_many
from explorer3d.attribution.ranking import Ranking, rank_inputs
from explorer3d.attribution.saving import write
from explorer3d.attribution.top_inputs import only_seen, project_input, sample
from explorer3d.compute.requests import runner
from explorer3d.compute.whole_file import whole_file
from explorer3d.errors import ExplorerError, GradientError
from explorer3d.inputs import InputSet
from explorer3d.progress import Progress, ignore
from explorer3d.scene.explained_many import write_picture_of_many
from explorer3d.scene.feature_tiles import Tile, tile

_PACE = 0.25  # seconds between two rankings that are told of while inputs are looked at

Pair = tuple[int, int]
"""A channel, and the number of an input."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """Answer to `RankInputs`: what was found, or why there is nothing."""

    ranking: Ranking | None
    fault: str = ""


@dataclass(frozen=True, eq=False)
class RankInputs:
    """Look at inputs one by one, and note for every channel of a layer those that excite it most.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    inputs : InputSet
    layer : str or None
    begun : Ranking or None
        As in `rank_inputs`.
    sketched : callable
        Takes the request and what is known so far, on the thread it runs on.
    enough : Event
        Set, it ends with what it has come to.
    """

    key: str
    inputs: InputSet
    layer: str | None
    begun: Ranking | None
    sketched: Callable[[RankInputs, Ranking], None]
    enough: Event = field(default_factory=Event)

    def __call__(self, progress: Progress = ignore) -> Ranked:
        running = runner(self.key)
        told = time.monotonic()

        def feeds(number: int) -> dict[str, np.ndarray]:
            return dict(self.inputs.feeds(running.model, number).arrays)

        def follow(ranking: Ranking) -> bool:
            nonlocal told
            if time.monotonic() - told >= _PACE:
                told = time.monotonic()
                self.sketched(self, ranking)
            return not self.enough.is_set()

        try:
            return Ranked(
                rank_inputs(
                    running,
                    len(self.inputs),
                    feeds,
                    self.layer,
                    progress=progress,
                    follow=follow,
                    begun=self.begun,
                )
            )
        except ExplorerError as error:
            return Ranked(self.begun, str(error))


@dataclass(frozen=True, eq=False)
class DrawTiles:
    """Project features' strongest activations in inputs, and draw them; the answer says what is at fault.

    Attributes
    ----------
    key : str
    inputs : InputSet
    ranking : Ranking
    wanted : sequence of (int, int)
        Channels and numbers of inputs.
    drawn : callable
        Takes the request, channel and number, and the tile, on the thread it runs on.
    """

    key: str
    inputs: InputSet
    ranking: Ranking
    wanted: Sequence[Pair]
    drawn: Callable[[DrawTiles, Pair, Tile], None]

    def __call__(self, progress: Progress = ignore) -> str:
        running, fault = runner(self.key), ""
        for place, (channel, number) in enumerate(self.wanted):
            progress(place / len(self.wanted), f"Projecting {place + 1} of {len(self.wanted)}")
            try:
                feeds = self.inputs.feeds(running.model, number)
                how = only_seen if fault else project_input
                try:
                    found = how(running, feeds.arrays, self.ranking, channel, number, progress)
                except GradientError as error:
                    fault = str(error)
                    found = only_seen(running, feeds.arrays, self.ranking, channel, number, progress)
                projection, window = sample(found)
                name = self.inputs.name(number)
                drawn = tile(running.model, feeds, found.input, window, projection, number, name, found.peak)
            except ExplorerError as error:
                return str(error)
            self.drawn(self, (channel, number), drawn)
        return fault


@dataclass(frozen=True, eq=False)
class SaveTopInputs:
    """Write features with their inputs to a file, as a picture or as numbers.

    Attributes
    ----------
    key : str
    inputs : InputSet
    ranking : Ranking
    channels : sequence of int
    path : Path
        ``.png`` or ``.npz``.

    Raises
    ------
    ExplorerError
        It cannot be written, or there is nothing.
    """

    key: str
    inputs: InputSet
    ranking: Ranking
    channels: Sequence[int]
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        running = runner(self.key)
        with whole_file(self.path) as file:
            found = attribute_many(
                running,
                self.inputs,
                "top_inputs",
                layer=self.ranking.layer,
                settings={"channel": ",".join(map(str, self.channels)), "most": self.ranking.most},
                ranking=self.ranking,
                progress=progress,
            )
            if self.path.suffix.lower() == ".npz":
                write(found, file)
            else:
                write_picture_of_many(found, running.model, self.inputs, file)
        return self.path
