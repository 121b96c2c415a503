"""Write what goes into, through and out of layers to an ``.npz`` file."""

from __future__ import annotations

import difflib
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError, RunError
from explorer3d.graph.model import Layer, Model, Port
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
        ``<layer>/<weight name>``. Written whole or not at all.
    names : sequence of str
        Layers; all by default. Of all layers, those that cannot run give their weights only.
    progress : Progress

    Raises
    ------
    RequestError
        There is no such layer, or the file cannot be written.
    RunError
        A layer asked for by name cannot run, or running failed.
    """
    layers = choose(runner.model, names)
    tensors = _keys(layers)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise RequestError(f"{path} cannot be written: {error.strerror or error}.") from error
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", allowZip64=True) as archive:
            for layer in layers:
                for weight in layer.weights:
                    _write(archive, f"{layer.name}/{weight.name}", weight.numpy())
            passes = runner.passes(list(tensors))
            for index, values in enumerate(passes):
                progress(index / len(passes), "Running the network")
                for value, array in runner.run(feeds, values).items():
                    for key in tensors[value]:
                        _write(archive, key, array)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        raise RequestError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


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
    for name in names:
        layer = model.layer_by_name.get(name)
        if layer is None:
            raise RequestError(f"{model.path.name} has no layer named '{name}'.{_nearest(model, name)}")
        if layer.reason is not None:
            raise RunError(layer.reason)
    return tuple(model.layer_by_name[name] for name in dict.fromkeys(names))


def port_keys(ports: Sequence[Port], kind: str) -> Iterator[tuple[str, Port]]:
    """Name a layer's ports: ``output``, ``output1``, …"""
    for index, port in enumerate(ports):
        yield (f"{kind}{index}" if index else kind), port


def _keys(layers: Sequence[Layer]) -> dict[str, list[str]]:
    """Archive keys by value: what one layer puts out is often what the next takes in."""
    keys: dict[str, list[str]] = {}
    for layer in layers:
        if not layer.runnable:
            continue
        for kind, ports in (("input", layer.inputs), ("output", layer.outputs)):
            for key, port in port_keys(ports, kind):
                if port.readable:
                    keys.setdefault(port.value, []).append(f"{layer.name}/{key}")
    return keys


def _write(archive: zipfile.ZipFile, key: str, array: np.ndarray) -> None:
    if array.dtype.hasobject:
        array = array.astype(str)
    elif array.dtype.kind == "V" or array.dtype.isbuiltin != 1:
        # Types numpy itself does not have (bfloat16, float8, int4) would be read back as raw bytes.
        array = array.astype(np.float32)
    with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def _nearest(model: Model, name: str) -> str:
    close = difflib.get_close_matches(name, list(model.layer_by_name), n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
