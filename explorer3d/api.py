"""The Python interface: open a network, run it, look into every layer.

>>> model = explorer3d.open_model("lenet_fashion.h5")
>>> run = model.run("trousers.png")
>>> run["conv1"].output.shape
(1, 28, 28, 6)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer3d.compute.export import export
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError, RunError
from explorer3d.formats import read_model
from explorer3d.graph.lookup import find_layer_or_input
from explorer3d.graph.model import Layer, Model, Port
from explorer3d.graph.stand_in import StandIns
from explorer3d.inputs import (
    UNCHANGED,
    Feeds,
    Preprocessing,
    Sizes,
    Source,
    Transform,
    feeds_for,
    inputs_in,
)

if TYPE_CHECKING:
    from explorer3d.attribution import Attribution


def open_model(
    path: str | Path, stand_ins: StandIns | None = None, weights: str | Path | None = None
) -> Network:
    """Open an ONNX or Keras file.

    Parameters
    ----------
    path : path
    stand_ins : mapping of layer name to StandIn, optional
        What takes the place of layers of a Keras file whose own code is not to be had.
    weights : path, optional
        The second file, where a Keras configuration (``.json``) and its weights lie apart.

    Raises
    ------
    ModelError
        It cannot be opened; the message says why.
    RequestError
        A stand-in is for a layer that the model does not have.
    """
    return Network(read_model(path, stand_ins=stand_ins, weights=weights))


class Network:
    """An opened model.

    Attributes
    ----------
    model : Model
        Its graph as data.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers as their author wrote them, in topological order."""
        return self.model.layers

    @cached_property
    def runner(self) -> Runner:
        """What runs the model; sessions are prepared when they are first needed."""
        return Runner(self.model)

    def run(
        self,
        source: Source = None,
        *,
        preprocessing: Preprocessing | None = None,
        seed: int = 0,
        sizes: Sizes | None = None,
        transform: Transform = UNCHANGED,
    ) -> Run:
        """Feed the network.

        Parameters
        ----------
        source : path, picture, array or mapping, optional
            A picture, ``.npy``, ``.npz``, ``.csv`` or ONNX tensor file, ``generator:NAME``, a PIL image,
            an array of the input's shape (a missing batch axis is added), or an array for each model
            input by name. By default a bundled picture for networks that take pictures, else seeded noise.
        preprocessing : Preprocessing, optional
            How a picture becomes numbers; guessed from the model by default.
        seed : int
            Of the noise.
        sizes : mapping of str to tuple of int, optional
            Whole shapes, by input name, for inputs that leave sizes open.
        transform : Transform
            What is done to a picture before it is preprocessed: moved, turned, blurred, occluded.

        Raises
        ------
        InputError
            The source does not fit.
        """
        return Run(self, feeds_for(self.model, source, preprocessing, seed, sizes, transform))

    def explain_folder(
        self,
        folder: str | Path,
        method: str,
        *,
        layer: str | None = None,
        parts: Mapping[str, Mapping[str, tuple[float, float, float, float]]] | None = None,
        seed: int = 0,
        sizes: Sizes | None = None,
        **settings: Any,
    ) -> Attribution:
        """Say what the network makes of the inputs in a folder; see `explorer3d.attribution.attribute_many`.

        Parameters
        ----------
        folder : path
        method : str
            Key in `explorer3d.attribution.MANY_METHODS`: ``top_inputs`` or ``correspondence``.
        layer, seed
            As in `explorer3d.attribution.attribute_many`.
        parts : mapping of str to mapping of str to box, optional
            For ``correspondence``: by name of a part and of a file left, top, right and bottom, in widths and
            heights of the picture.
        sizes : mapping of str to tuple of int, optional
            As in `run`.
        **settings
            Of the method, such as ``channel=5``.

        Raises
        ------
        InputError, RequestError, RunError
        """
        from explorer3d.attribution import attribute_many
        from explorer3d.attribution.parts import numbered

        inputs = inputs_in(Path(folder), sizes=sizes)
        marked = numbered(parts or {}, inputs.names)
        return attribute_many(
            self.runner, inputs, method, layer=layer, settings=settings, parts=marked, seed=seed
        )

    def __repr__(self) -> str:
        return f"<Network {self.model.path.name}: {len(self.layers)} layers>"


class Run(Mapping[str, "LayerRun"]):
    """What one input makes in every layer, by layer name; computed when first looked at.

    The names of model inputs are understood too: their output is what was fed.

    Attributes
    ----------
    network : Network
    feeds : Feeds
        What was fed, and where it comes from.
    """

    def __init__(self, network: Network, feeds: Feeds) -> None:
        self.network = network
        self.feeds = feeds
        self._everything: dict[str, np.ndarray] | None = None

    def __getitem__(self, name: str) -> LayerRun:
        model = self.network.model
        layer = find_layer_or_input(model, name)
        if layer is None:
            port = next(port for port in model.inputs if port.value == name)
            layer = Layer(name, "Input", (), (port,), (), {}, 0, 0)
        return LayerRun(self, layer)

    def __iter__(self) -> Iterator[str]:
        return (layer.name for layer in self.network.layers)

    def __len__(self) -> int:
        return len(self.network.layers)

    @cached_property
    def outputs(self) -> dict[str, np.ndarray]:
        """The model's outputs by name."""
        return self.network.runner.predict(self.feeds.arrays)

    def explain(
        self,
        method: str,
        *,
        layer: str | None = None,
        target: str | int | None = None,
        seed: int = 0,
        **settings: Any,
    ) -> Attribution:
        """Say what of the input makes the network answer as it does; see `explorer3d.attribution.attribute`.

        Parameters
        ----------
        method : str
            Key in `explorer3d.attribution.METHODS`, such as ``grad_cam``.
        layer, target, seed
            As in `explorer3d.attribution.attribute`.
        **settings
            Of the method, such as ``patch=16``.
        """
        from explorer3d.attribution import attribute

        return attribute(
            self.network.runner,
            self.feeds.arrays,
            method,
            layer=layer,
            target=target,
            settings=settings,
            seed=seed,
        )

    def export(self, path: str | Path, *layers: str) -> None:
        """Write layers (all by default) to an ``.npz`` file; see `explorer3d.compute.export.export`."""
        export(self.network.runner, self.feeds.arrays, Path(path), layers)

    def compute(self, layer: Layer) -> dict[str, np.ndarray]:
        """Compute the values a layer reads and makes, by value name.

        All layers are computed in one go where they fit into the runner's budget: whoever looks at one
        layer looks at others.

        Raises
        ------
        RunError
            The layer cannot run.
        """
        if layer.reason is not None:
            raise RunError(layer.reason)
        if layer.name not in self.network.model.layer_by_name:
            return self.network.runner.run(self.feeds.arrays, [port.value for port in layer.outputs])
        if self._everything is not None:
            return self._everything
        runner = self.network.runner
        values = _values(layer for layer in self.network.layers if layer.runnable)
        if len(runner.passes(values)) <= 1:
            try:
                self._everything = runner.run(self.feeds.arrays, values)
                return self._everything
            except RunError:
                # A layer further on is at fault; this one may run all the same.
                pass
        return runner.run(self.feeds.arrays, _values([layer]))


class LayerRun:
    """One layer's tensors in one run: in the author's axis order, with batch axis.

    Attributes
    ----------
    layer : Layer
    """

    def __init__(self, run: Run, layer: Layer) -> None:
        self._run = run
        self.layer = layer

    @property
    def inputs(self) -> tuple[np.ndarray, ...]:
        """What the layer takes from other layers and from the model's inputs."""
        return self._arrays(self.layer.inputs)

    @property
    def outputs(self) -> tuple[np.ndarray, ...]:
        """What the layer makes."""
        return self._arrays(self.layer.outputs)

    @property
    def input(self) -> np.ndarray:
        """The first input."""
        return self._first(self.layer.inputs, "input")

    @property
    def output(self) -> np.ndarray:
        """The first output."""
        return self._first(self.layer.outputs, "output")

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """The weights under the author's names."""
        return {weight.name: weight.numpy() for weight in self.layer.weights}

    def _first(self, ports: tuple[Port, ...], kind: str) -> np.ndarray:
        if not ports:
            raise RequestError(f"The layer '{self.layer.name}' has no {kind}.")
        return self._arrays(ports[:1])[0]

    def _arrays(self, ports: tuple[Port, ...]) -> tuple[np.ndarray, ...]:
        arrays = self._run.compute(self.layer)
        for port in ports:
            if not port.readable:
                raise RunError(
                    f"'{port.value}' of the layer '{self.layer.name}' is of type {port.dtype}, "
                    "which numpy cannot hold."
                )
        return tuple(arrays[port.value] for port in ports)

    def __repr__(self) -> str:
        return f"<LayerRun {self.layer.name}>"


def _values(layers: Iterable[Layer]) -> list[str]:
    ports = (port for layer in layers for port in (*layer.inputs, *layer.outputs))
    return list(dict.fromkeys(port.value for port in ports if port.readable))
