"""Write what goes into, through and out of layers to an ``.npz`` file."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer3d.compute.runner import Runner
from explorer3d.compute.whole_file import whole_file
from explorer3d.errors import RunError
from explorer3d.graph.build import unique
from explorer3d.graph.lookup import find_layer
from explorer3d.graph.model import Layer, Model, Port, Weight
from explorer3d.progress import Progress, ignore


def export(
    runner: Runner,
    feeds: Mapping[str, np.ndarray],
    path: Path,
    names: Sequence[str] = (),
    progress: Progress = ignore,
) -> None:
    """Export layers.

    Parameters
    ----------
    runner : Runner
    feeds : mapping of str to array
        With batch axis, which is kept.
    path : Path
        Gets ``<layer>/input``, ``<layer>/output`` (further ones ``input1``, ``output1``, …) and
        ``<layer>/<weight name>``; of several tensors of one such name, the second gets ``#2``, activations
        going first. Written whole or not at all.
    names : sequence of str
        Layers; all by default. Of all layers, those that cannot run give their weights only.
    progress : Progress

    Raises
    ------
    RequestError
        There is no such layer, or the file cannot be written.
    RunError
        A layer asked for by name that should run cannot, or running failed.
    """
    activations, weights = _keys(choose(runner.model, names))
    with whole_file(path) as file, zipfile.ZipFile(file, "w", allowZip64=True) as archive:
        for key, weight in weights.items():
            _write(archive, key, weight.numpy())
        passes = runner.passes(list(activations))
        for index, values in enumerate(passes):
            progress(index / len(passes), "Running the network")
            for value, array in runner.run(feeds, values).items():
                for key in activations[value]:
                    _write(archive, key, array)


def choose(model: Model, names: Sequence[str]) -> tuple[Layer, ...]:
    """Find layers by name, all without names.

    Raises
    ------
    RequestError
        There is no such layer.
    RunError
        A layer of that name cannot run.
    """
    if not names:
        return model.layers
    found = {name: find_layer(model, name) for name in names}
    for layer in found.values():
        if layer.reason is not None and not layer.weights_only:
            raise RunError(layer.reason)
    return tuple(found.values())


def port_keys(ports: Sequence[Port], kind: str) -> Iterator[tuple[str, Port]]:
    """Name a layer's ports: ``output``, ``output1``, …"""
    for index, port in enumerate(ports):
        yield (f"{kind}{index}" if index else kind), port


def _keys(layers: Sequence[Layer]) -> tuple[dict[str, list[str]], dict[str, Weight]]:
    """Archive keys of each value (what one layer puts out is often what the next takes in), and weights."""
    ports = [
        (f"{layer.name}/{key}", port)
        for layer in layers
        if layer.runnable
        for kind, ports in (("input", layer.inputs), ("output", layer.outputs))
        for key, port in port_keys(ports, kind)
        if port.readable
    ]
    weights = [(f"{layer.name}/{weight.name}", weight) for layer in layers for weight in layer.weights]
    # Names hold slashes, and weights may be called "input".
    keys = unique([*(key for key, _ in ports), *(key for key, _ in weights)])
    activations: dict[str, list[str]] = {}
    for key, (_, port) in zip(keys, ports, strict=False):
        activations.setdefault(port.value, []).append(key)
    return activations, {key: weight for key, (_, weight) in zip(keys[len(ports) :], weights, strict=True)}


def _write(archive: zipfile.ZipFile, key: str, array: np.ndarray) -> None:
    if array.dtype.hasobject:
        array = array.astype(str)
    with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
