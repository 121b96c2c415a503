"""What is to be explained: a class, a neuron, or all of a region of a layer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError, nearest
from explorer3d.graph.logits import logits
from explorer3d.graph.lookup import find_layer
from explorer3d.graph.model import Model, Port
from explorer3d.labels import class_names, top_k
from explorer3d.progress import Progress, ignore

TOP = "top"
_RANKED = re.compile(r"top[ :-]?(\d{1,6})")
_PLACE = re.compile(r"(?P<name>.+)\[(?P<index>[-\d:,. ]*)\]", re.DOTALL)
_SLICE = re.compile(r"(-?\d{1,9})?:(-?\d{1,9})?")


@dataclass(frozen=True, eq=False)
class Target:
    """A number that a network gives: a sum over one of its values, with weights.

    Attributes
    ----------
    value : str
        Name of a value of the graph.
    seed : array
        Weight of each of its elements: the derivative of the number by the value. Of a batch only the first
        has any.
    index : tuple of int
        Of a class, its index alone; else the place in the value without its batch axis, -1 where it is a
        range.
    title : str
        ``trouser``, ``conv1[3, 4, 5]``.
    score : float
        The number for what is fed.
    output : str
        The model's output that tells the classes apart; empty if none does.
    squeezed : str
        How that output is made of the value: ``Softmax``, ``LogSoftmax``, ``Sigmoid``, or empty.
    """

    value: str
    seed: np.ndarray
    index: tuple[int, ...]
    title: str
    score: float
    output: str = ""
    squeezed: str = ""

    @property
    def is_class(self) -> bool:
        return self.output != ""

    def of(self, array: np.ndarray) -> np.ndarray:
        """The number for each of a batch.

        Parameters
        ----------
        array : (N, …) array
            What `value` is.

        Returns
        -------
        (N,) float64 array
        """
        weights = self.seed[:1].reshape(-1) if self.seed.ndim else self.seed.reshape(-1)
        # Only what counts is looked at: zero times infinity is no number.
        places = np.flatnonzero(weights)
        rows = array.reshape(-1, weights.size)[:, places].astype(np.float64)
        return np.asarray((rows * weights[places]).sum(axis=1))


def find_target(
    runner: Runner,
    feeds: Mapping[str, np.ndarray],
    wanted: str | int | None = None,
    progress: Progress = ignore,
    mean: bool = False,
) -> Target:
    """Find what somebody names.

    Parameters
    ----------
    runner : Runner
    feeds : mapping of str to array
        With batch axis; the first of a batch is explained.
    wanted : str or int, optional
        ``top`` or nothing: the class the network believes in most; ``top:3`` the third. A number or a
        name: that class. ``LAYER[3, 4, 5]``: a neuron of a layer (or of a model output), without its batch
        axis; ``LAYER[:, :, 5]`` or ``LAYER[0:4, 0:4, 5]``: the sum over a region, axes in the author's order;
        ``LAYER`` alone: over all of it.
    progress : Progress
    mean : bool
        Take the mean over a region instead of the sum.

    Raises
    ------
    RequestError
        There is no such class, layer or place.
    RunError
        The network does not run up to there.
    """
    text = TOP if wanted is None else str(wanted).strip()
    model = runner.model
    place = None if text in model.layer_by_name else _PLACE.fullmatch(text)
    named = place["name"].strip() if place else text
    names = class_names(model) or ()
    # Layers may have numbers for names.
    is_class = text in names or text.isdecimal()
    if not is_class and (named in model.layer_by_name or place):
        return _in_layer(runner, feeds, named, place["index"] if place else "", progress, mean)
    return _class(runner, feeds, text, names, progress)


def class_output(model: Model) -> Port:
    """The output that tells classes apart: the first that is one row of numbers, else the first of all.

    Of floating-point numbers, if there are any: a chosen label tells nothing of the others.

    Raises
    ------
    RequestError
        The model has no output that could be explained.
    """
    ports = [port for port in model.outputs if port.readable and port.dtype != "string"]
    ports.sort(key=lambda port: not port.dtype.startswith(("float", "bfloat", "double")))
    for port in ports:
        if port.shape is not None and sum(size != 1 for size in port.shape[1:]) == 1:
            return port
    if not model.outputs:
        raise RequestError(f"{model.path.name} has no outputs, so that there is nothing to explain.")
    if not ports:
        raise RequestError(f"{model.path.name} has no output of numbers. Choose a layer as the target.")
    return ports[0]


def _class(
    runner: Runner, feeds: Mapping[str, np.ndarray], text: str, names: Sequence[str], progress: Progress
) -> Target:
    port = class_output(runner.model)
    source = logits(runner.value(port.value))
    values = [port.value, source.value, *(value for _, value, _ in source.arranged)]
    progress(0.0, "Running the network")
    found = runner.predict(feeds, values)
    output = np.asarray(found[port.value])
    if output.dtype.kind not in "fiub" or not output.size:
        raise RequestError(f"The output '{port.value}' holds no numbers. Choose a layer as the target.")
    first = output[0] if output.ndim > 1 else output
    index = _class_index(text, first.reshape(-1), names, runner.model)
    chosen = np.zeros(output.shape, _float_type(found[source.value]))
    chosen.reshape(-1)[index] = 1
    seed = source.back(chosen, {name: array.shape for name, array in found.items()})
    if first.size == max(first.shape, default=1):
        title = names[index] if index < len(names) else f"class {index}"
    else:
        # Of each of many places something is told: a class alone would not say where.
        place = ", ".join(str(int(at)) for at in np.unravel_index(index, first.shape))
        title = f"{port.value}[{place}]"
    score = float(np.asarray(found[source.value], np.float64)[seed != 0].sum())
    return Target(source.value, seed, (index,), title, score, port.value, source.squeezed)


def _class_index(text: str, scores: np.ndarray, names: Sequence[str], model: Model) -> int:
    count = scores.size
    ranked = _RANKED.fullmatch(text)
    if text in names:
        return _known(names.index(text), count, model)
    if text == TOP or ranked:
        rank = int(ranked[1]) if ranked else 1
        if not 1 <= rank <= count:
            raise RequestError(f"There is no class number {rank} of the best: there are {count}.")
        guesses = top_k(scores, k=rank).guesses
        if not guesses:
            raise RequestError(
                "What the network gives is not a number (NaN), so that no class is the best. Name a class."
            )
        return guesses[rank - 1].index
    if re.fullmatch(r"\d{1,9}", text):
        return _known(int(text), count, model)
    folded = [name.casefold() for name in names]
    if text.casefold() in folded:
        return _known(folded.index(text.casefold()), count, model)
    parts = [place for place, name in enumerate(folded) if text.casefold() in re.split(r"[,;] *", name)]
    if len(parts) == 1:
        return _known(parts[0], count, model)
    otherwise = "Give its number, or LAYER[place] for a neuron."
    remedy = nearest(text, [*names, *model.layer_by_name], otherwise)
    raise RequestError(f"{model.path.name} has no class or layer named '{text}'. {remedy}")


def _known(index: int, count: int, model: Model) -> int:
    if index >= count:
        raise RequestError(
            f"{model.path.name} has no class {index}: it tells {count} classes apart, from 0 to {count - 1}."
        )
    return index


def _in_layer(
    runner: Runner,
    feeds: Mapping[str, np.ndarray],
    name: str,
    index: str,
    progress: Progress,
    mean: bool,
) -> Target:
    ports = {port.value: port for port in runner.model.outputs}
    port = ports[name] if name in ports and name not in runner.model.layer_by_name else None
    port = port or output_of(runner.model, name)
    progress(0.0, "Running the network")
    array = np.asarray(runner.predict(feeds, [port.value])[port.value])
    if array.dtype.kind != "f":
        raise RequestError(f"What '{name}' gives is no floating-point numbers, so that it has no gradient.")
    # A value of rank 0 or 1 has no batch axis.
    inner = array.shape[1:] if array.ndim > 1 else array.shape
    slices = _slices(index, inner, name)
    seed = np.zeros(array.shape, array.dtype)
    one = seed[0] if array.ndim > 1 else seed
    one[tuple(slices)] = 1
    if mean:
        seed /= np.count_nonzero(seed)
    score = float((np.asarray(array, np.float64)[seed != 0] * seed[seed != 0]).sum())
    places = tuple(part.start if part.stop - part.start == 1 else -1 for part in slices)
    title = f"{name}[{_index_text(slices, inner)}]" if index else name
    return Target(port.value, seed, places, title, score)


def output_of(model: Model, name: str) -> Port:
    """First output of a layer that is an array.

    Raises
    ------
    RequestError
        There is no such layer, or it gives no array.
    """
    layer = find_layer(model, name)
    for port in layer.outputs:
        if port.readable:
            return port
    raise RequestError(f"The layer '{name}' gives no array that could be explained. Choose another one.")


def _slices(index: str, shape: Sequence[int], name: str) -> list[slice]:
    wanted = [part.strip() for part in index.split(",")] if index.strip() else []
    if "..." in wanted:
        at = wanted.index("...")
        wanted[at : at + 1] = [":"] * (len(shape) - len(wanted) + 1)
    if len(wanted) > len(shape):
        raise RequestError(
            f"'{name}' gives {len(shape)} axes without the batch, {list(shape)}, not {len(wanted)}."
        )
    wanted += [":"] * (len(shape) - len(wanted))
    slices = []
    for part, size in zip(wanted, shape, strict=True):
        match = _SLICE.fullmatch(part)
        if match:
            found = range(size)[slice(*(None if end is None else int(end) for end in match.groups()))]
        elif re.fullmatch(r"-?\d{1,9}", part) and -size <= int(part) < size:
            found = range(int(part) % size, int(part) % size + 1)
        else:
            raise RequestError(f"'{name}' of shape {list(shape)} has no place '{part}'.")
        if not found:
            raise RequestError(
                f"'{part}' is no part of an axis of {size} in '{name}' of shape {list(shape)}."
            )
        slices.append(slice(found[0], found[-1] + 1))
    return slices


def _index_text(slices: Sequence[slice], shape: Sequence[int]) -> str:
    return ", ".join(
        ":"
        if (part.start, part.stop) == (0, size) and size > 1
        else str(part.start)
        if part.stop - part.start == 1
        else f"{part.start}:{part.stop}"
        for part, size in zip(slices, shape, strict=True)
    )


def _float_type(array: np.ndarray) -> np.dtype[np.floating]:
    return array.dtype if array.dtype.kind == "f" else np.dtype(np.float32)
