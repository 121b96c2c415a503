"""Requests that bring a network and its input in; see `Document.open` and `Document.load_input`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from explorer3d.collecting import undisturbed
from explorer3d.compute import requests
from explorer3d.errors import ConvertibleError, ModelError
from explorer3d.graph import folding, folding_text
from explorer3d.graph.folding import Folding
from explorer3d.graph.hierarchy import Hierarchy, hierarchy
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model, Port
from explorer3d.graph.stand_in import StandIns
from explorer3d.inputs import (
    UNCHANGED,
    FedPicture,
    Feeds,
    Given,
    Preprocessing,
    Sizes,
    Transform,
    adjusted,
    fed_picture,
    feeds_for,
    fingerprint,
    guess,
    is_image_like,
)
from explorer3d.labels import class_names
from explorer3d.progress import Progress, ignore

# Width to height of a usual view, over that of the place a node takes in it.
ASPECT = 1.75

_AT_ONCE = 64
"""Samples of an array that go in together where a model takes any number of them; more are gone through."""

GIVEN_UP = "Arranging was given up: more edges cross than need to. Fold or unfold a block to have it done."


@dataclass(frozen=True, eq=False)
class OpenedNetwork:
    """Answer to `OpenNetwork`.

    Attributes
    ----------
    folding : Folding
        What is seen of it at first.
    names : tuple of str or None
        Of its classes, by index.
    notes : tuple of str
        Sentences a person should see.
    stand_ins : mapping of layer name to StandIn
        What takes the place of layers that cannot run.
    convertible : bool
        Some of it cannot run, and TensorFlow may convert it.
    """

    key: str
    model: Model
    folding: Folding
    names: tuple[str, ...] | None
    fingerprint: str
    notes: tuple[str, ...]
    stand_ins: StandIns = field(default_factory=dict)
    convertible: bool = False

    @property
    def layout(self) -> Layout:
        """Of what is seen of it at first."""
        return self.folding.layout


@dataclass(frozen=True)
class OpenNetwork:
    """Read a model file, lay it out, find its class names.

    Attributes
    ----------
    path : Path
    stand_ins : mapping of layer name to StandIn
        What takes the place of layers that cannot run.
    weights : Path or None
        The second file, where structure and weights lie apart.
    foldings : mapping of fingerprint to str
        How models were left, see `folding_text`.

    Raises
    ------
    ModelError
    """

    path: Path
    stand_ins: StandIns = field(default_factory=dict)
    weights: Path | None = None
    foldings: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, progress: Progress = ignore) -> OpenedNetwork:
        with undisturbed():
            return self._opened(progress)

    def _opened(self, progress: Progress) -> OpenedNetwork:
        progress(0.0, f"Opening {self.path.name}")
        try:
            opened = requests.OpenModel(self.path, self.stand_ins, self.weights)(
                lambda share, text: progress(share * 0.8, text)
            )
        except ModelError as error:
            if _may_convert(self.path):
                raise ConvertibleError(str(error)) from error
            raise
        lacks = any(not (layer.runnable or layer.weights_only) for layer in opened.model.layers)
        network = arranged(opened, opened.model.path, progress, self.foldings)
        return replace(network, stand_ins=self.stand_ins, convertible=lacks and _may_convert(self.path))


def arranged(
    opened: requests.OpenedModel,
    file: Path,
    progress: Progress,
    foldings: Mapping[str, str],
    mark: str | None = None,
) -> OpenedNetwork:
    """Lay an opened model out and find its class names; closes it if that fails.

    Parameters
    ----------
    opened : OpenedModel
    file : Path
        What the model is recognised by.
    progress : Progress
    foldings : mapping of fingerprint to str
        How models were left.
    mark : str, optional
        What it is recognised by instead.
    """
    try:
        tree = hierarchy(opened.model, lambda share, text: progress(0.82 + share * 0.03, text))
        mark = mark or fingerprint(file)
        unfolded = folding_text.from_text(foldings.get(mark, ""), tree)
        if unfolded is None:
            unfolded = folding.default_unfolded(tree)
        seen = folding.arranged(
            tree, unfolded, ASPECT, lambda share, text: progress(0.85 + share * 0.15, text)
        )
        names, notes = None, opened.model.notes
        if not seen.layout.complete:
            notes = (*notes, GIVEN_UP)
        try:
            names = class_names(opened.model)
        except ModelError as error:
            # A network can be seen without the names of its classes.
            notes = (*notes, str(error))
        opened.model.find_ahead()
        return OpenedNetwork(opened.key, opened.model, seen, names, mark, notes)
    except BaseException:
        requests.close(opened.key)
        raise


def _may_convert(path: Path) -> bool:
    from explorer3d.conversion.suitable import refusal

    return refusal(path) is None


@dataclass(frozen=True, eq=False)
class Fold:
    """Fold and unfold blocks, and lay out what is then seen."""

    hierarchy: Hierarchy
    unfolded: frozenset[str]

    def __call__(self, progress: Progress = ignore) -> Folding:
        return folding.arranged(self.hierarchy, self.unfolded, ASPECT, progress)


@dataclass(frozen=True, eq=False)
class LoadedInput:
    """Answer to `LoadInput`.

    Attributes
    ----------
    feeds : Feeds
    guessed : Preprocessing or None
        What is done to a picture when nobody says otherwise; None where no picture was put in.
    port : Port or None
        The input for a picture, of the shape that is fed; None if there is no such input.
    fed : FedPicture or None
        What is fed there.
    """

    feeds: Feeds
    guessed: Preprocessing | None
    port: Port | None
    fed: FedPicture | None


@dataclass(frozen=True, eq=False)
class LoadInput:
    """Turn a file or pattern into what the model takes; without one, a bundled picture or noise.

    Attributes
    ----------
    key : str
    path : Path, Generated, Bitmap or None
    preprocessing : mapping
        Fields of `Preprocessing` that are given rather than guessed.
    sizes : mapping of str to tuple of int
        Shapes, by input name, where the model leaves them open.
    transform : Transform
        What is done to a picture before it is preprocessed.

    Raises
    ------
    InputError
    """

    key: str
    path: Given | None
    preprocessing: Mapping[str, Any]
    sizes: Sizes
    transform: Transform = UNCHANGED

    def changed(self, **changes: Any) -> LoadInput:
        """The same with other fields."""
        return replace(self, **changes)

    def __call__(self, progress: Progress = ignore) -> LoadedInput:
        progress(0.0, f"Reading {self.path.name}" if isinstance(self.path, Path) else "Preparing an input")
        model = requests.runner(self.key).model
        preprocessing = adjusted(model, self.preprocessing)
        feeds = feeds_for(
            model, self.path, preprocessing, sizes=self.sizes, transform=self.transform, at_once=_AT_ONCE
        )
        guessed = guess(model)[0] if feeds.preprocessing is not None else None
        for entry in model.inputs:
            if entry.value not in feeds.arrays:
                continue
            array = feeds.arrays[entry.value]
            port = replace(entry, shape=array.shape)
            if is_image_like(port):
                fed = fed_picture(array, port, feeds.preprocessing)
                return LoadedInput(feeds, guessed, port, fed)
        return LoadedInput(feeds, guessed, None, None)
