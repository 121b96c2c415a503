"""What all methods have in common: a case to explain, and an explanation of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from explorer3d.attribution.settings import NoSettings
from explorer3d.attribution.target import Target, output_of
from explorer3d.attribution.way import Way, way_to
from explorer3d.compute.behind import read_behind
from explorer3d.compute.gradient import gradients
from explorer3d.compute.gradient.step import Flow
from explorer3d.compute.runner import Runner
from explorer3d.compute.slices import guessed_axes
from explorer3d.errors import RequestError
from explorer3d.graph.model import Port
from explorer3d.inputs import image_axes, is_image_like
from explorer3d.progress import Progress

Follow = Callable[["Found"], bool]
"""Takes what a method has come to so far, on its own thread, and says whether it is to go on."""


def go_on(_: Found) -> bool:
    """Look at nothing before the end."""
    return True


@dataclass(frozen=True, eq=False)
class Case:
    """What is to be explained.

    Attributes
    ----------
    runner : Runner
    feeds : mapping of str to array
        Model inputs with their batch axis; the first of a batch is explained.
    target : Target
    layer : str
        The layer somebody chose; empty: the method's own choice.
    seed : int
        Of whatever is drawn by lot.
    progress : Progress
    notes : dict of str to None
        What has been found out on the way and is to be said, such as what a gradient leaves out.
    follow : callable
        See `Follow`; asked by methods that come nearer to their result step by step.
    """

    runner: Runner
    feeds: Mapping[str, np.ndarray]
    target: Target
    layer: str
    seed: int
    progress: Progress
    notes: dict[str, None] = field(default_factory=dict)
    follow: Follow = go_on

    @cached_property
    def _way(self) -> Way:
        return way_to(self.runner, self.target.value)

    @property
    def maps(self) -> tuple[str, Port, str]:
        """Layer whose maps are looked at, its output, and a letter for each of that output's axes.

        Without a choice it is the last layer on the way to the target that gives maps and does not pool them.

        Raises
        ------
        RequestError
            There is no such layer, or it does not give maps.
        """
        if self.any_maps is None:
            raise RequestError(
                f"{self.runner.model.path.name} has no layer that gives maps. "
                "Select another layer, such as an embedding, or choose a method that needs none."
            )
        return self.any_maps

    @cached_property
    def any_maps(self) -> tuple[str, Port, str] | None:
        """The same; None where nobody has chosen a layer and none gives maps."""
        model = self.runner.model
        if self.layer:
            port = output_of(model, self.layer)
            if port.value != self.target.value and read_behind(self.runner, port)[0] not in self._way.before:
                raise RequestError(
                    f"'{self.target.title}' does not depend on the layer '{self.layer}'. "
                    "Choose a layer before it."
                )
            return self.layer, port, self.axes_of(self.layer, port)
        if self._way.maps is None:
            return None
        name, port = self._way.maps
        return name, port, self.axes_of(name, port)

    def axes_of(self, name: str, port: Port) -> str:
        """A letter for each axis of a layer's output: batch, channels, and the places of its maps.

        Raises
        ------
        RequestError
            It gives no maps.
        """
        axes = port.axes
        shape = port.shape or ()
        if not axes or len(axes) != len(shape):
            axes = guessed_axes(tuple(size or 1 for size in shape))
            # Without a letter for it, the first axis behind the batch tells maps apart.
            axes = axes if "C" in axes else "NC" + axes[2:] if axes[:1] == "N" else axes
        if axes.count("C") != 1 or len(axes) < 3:
            raise RequestError(
                f"The layer '{name}' gives no maps (its shape is {list(shape)}). Choose a convolution."
            )
        return axes

    @cached_property
    def pictures(self) -> list[Port]:
        """Model inputs of floating-point numbers that the target depends on; those for pictures first."""
        ports = [
            port
            for port in self.runner.model.inputs
            if port.value in self._way.before and np.asarray(self.feeds.get(port.value, 0)).dtype.kind == "f"
        ]
        return sorted(ports, key=lambda port: not is_image_like(port))

    @property
    def picture(self) -> Port:
        """The model input that is explained: one for pictures, else the first of floating-point numbers.

        Raises
        ------
        RequestError
            The target depends on no such input.
        """
        if not self.pictures:
            raise RequestError(
                f"'{self.target.title}' depends on no input of floating-point numbers, so that nothing can "
                "be said of its elements. Select a layer behind it, such as an embedding, and take Ranked "
                "activations."
            )
        return self.pictures[0]

    def require_picture(self, purpose: str) -> None:
        """Make sure that `picture` has height and width.

        Parameters
        ----------
        purpose : str
            What cannot be done otherwise, as the end of a sentence.

        Raises
        ------
        RequestError
        """
        if not {"H", "W"} <= set(self.picture_axes):
            raise RequestError(f"The input '{self.picture.value}' is no picture, so that {purpose}.")

    @property
    def fed(self) -> np.ndarray:
        """What goes into `picture`."""
        return np.asarray(self.feeds[self.picture.value])

    @property
    def picture_axes(self) -> str:
        """A letter for each axis of `picture`."""
        axes = image_axes(self.picture) or self.picture.axes
        return axes if len(axes) == self.fed.ndim else guessed_axes(self.fed.shape)

    def gradients(
        self,
        wrt: str,
        flow: Flow = "gradient",
        fed: np.ndarray | None = None,
        target: Target | None = None,
        values: Sequence[str] = (),
    ) -> tuple[np.ndarray, Mapping[str, np.ndarray]]:
        """The derivative of the target by a value, and values of the same run.

        Parameters
        ----------
        wrt : str
            Name of the value.
        flow : str
            What goes back through a ReLU: ``gradient``, ``guided``, ``deconvnet``.
        fed : array, optional
            What goes into `picture` instead of what did.
        target : Target, optional
            Another one.
        values : sequence of str

        Raises
        ------
        RunError
            There is an operator on the way that has no rule.
        """
        target = target or self.target
        feeds = self.feeds if fed is None else {**self.feeds, self.picture.value: fed}
        found = gradients(self.runner, feeds, target.value, target.seed, [wrt], flow, values, self.progress)
        self.notes.update(dict.fromkeys(found.notes))
        return found.gradients[wrt], found.values


@dataclass(frozen=True, eq=False)
class Found:
    """What a method found.

    Attributes
    ----------
    array : array
    axes : str
        A letter for each of its axes.
    layer : str
        At whose resolution it is; empty where it is at the input's.
    further : mapping of str to array
        What else belongs to it, such as curves.
    note : str
        What is to be said of it, such as how exact it is.
    target : Target or None
        What was explained instead of the case's own, where a method chooses.
    settings : dataclass or None
        As they were used, where some of those given leave a choice to the method.
    """

    array: np.ndarray
    axes: str
    layer: str = ""
    further: Mapping[str, np.ndarray] = field(default_factory=dict)
    note: str = ""
    target: Target | None = None
    settings: Any = None


@dataclass(frozen=True)
class Method:
    """One way to explain.

    Attributes
    ----------
    name : str
        Key in `METHODS`.
    title : str
        For people.
    about : str
        What it shows, in one sentence.
    explain : callable
        (`Case`, settings) → `Found`.
    settings : type
        A dataclass with defaults.
    gradient : bool
        Whether every operator on the way needs a derivative.
    picture : bool
        Whether it changes or covers a picture that goes in, so that there has to be one.
    mean : bool
        Whether of a region the mean is taken, instead of the sum.
    """

    name: str
    title: str
    about: str
    explain: Callable[[Case, Any], Found]
    settings: type = NoSettings
    gradient: bool = True
    picture: bool = False
    mean: bool = False
