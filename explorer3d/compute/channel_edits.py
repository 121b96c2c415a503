"""A network run with some channels muted, boosted or replaced; its file and its model stay as they are."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import onnx
import onnxruntime as ort

from explorer3d.compute.failures import explain
from explorer3d.compute.runner import OPTIMISED_NODES, Runner
from explorer3d.compute.sessions import create_session
from explorer3d.errors import RequestError
from explorer3d.graph.skeleton import Skeleton, skeleton

_KEPT = 2

_sessions: WeakKeyDictionary[Runner, OrderedDict[object, ort.InferenceSession]] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True)
class ChannelEdit:
    """What is done to one channel of a value.

    Attributes
    ----------
    value : str
        Name of the value in the graph.
    axis : int
        That of the channels.
    channel : int
    factor : float
        Every number of the channel is multiplied by it: 0 mutes it, 2 makes it twice as strong.
    source : int or None
        The channel whose numbers stand in for it; None: its own.
    offset : float
        Added at the end.
    """

    value: str
    axis: int
    channel: int
    factor: float = 0.0
    source: int | None = None
    offset: float = 0.0


def run_edited(
    runner: Runner, feeds: Mapping[str, np.ndarray], edits: Sequence[ChannelEdit], values: Sequence[str]
) -> dict[str, np.ndarray]:
    """Compute values of a network some of whose channels are changed.

    Other edits of the same values cost no more than the run.

    Parameters
    ----------
    runner : Runner
    feeds : mapping of str to array
    edits : sequence of ChannelEdit
        Later ones find what earlier ones made.
    values : sequence of str
        Names of values in the graph.

    Raises
    ------
    RequestError
        There is no such value, axis or channel.
    InputError, RunError
        As `Runner.run` does.
    """
    runner.inputs.check(feeds)
    axes = {edit.value: edit.axis for edit in edits}
    sizes = runner.run(feeds, list(axes))
    fed: dict[str, np.ndarray] = {}
    for name, axis in axes.items():
        array = sizes[name]
        if not -array.ndim <= axis < array.ndim or array.dtype.kind != "f":
            raise RequestError(f"'{name}' has no channels that could be changed.")
        fed.update(_channels(array, axis, [edit for edit in edits if edit.value == name], name))
    wanted = list(dict.fromkeys(values))
    session = _session(runner, axes, {name: sizes[name].dtype for name in axes}, wanted)
    return runner.execute(session, {**feeds, **fed}, wanted)


def _channels(array: np.ndarray, axis: int, edits: Sequence[ChannelEdit], name: str) -> dict[str, np.ndarray]:
    """What the nodes put in behind a value are fed: where each channel comes from, factor, offset."""
    count = array.shape[axis]
    order = np.arange(count)
    factor, offset = np.ones(count), np.zeros(count)
    for edit in edits:
        for channel in filter(lambda one: one is not None, (edit.channel, edit.source)):
            if channel is None or not 0 <= channel < count:
                raise RequestError(
                    f"There is no channel {channel}: there are {count}, from 0 to {count - 1}."
                )
        at, source = edit.channel, edit.channel if edit.source is None else edit.source
        order[at] = order[source]
        factor[at], offset[at] = factor[source] * edit.factor, offset[source] * edit.factor + edit.offset
    shape = [count if place == axis % array.ndim else 1 for place in range(array.ndim)]
    return {
        _input(name, "order"): order,
        _input(name, "factor"): factor.astype(array.dtype).reshape(shape),
        _input(name, "offset"): offset.astype(array.dtype).reshape(shape),
    }


def _session(
    runner: Runner, axes: Mapping[str, int], types: Mapping[str, np.dtype[np.floating]], values: Sequence[str]
) -> ort.InferenceSession:
    key = tuple(axes.items()), tuple(values)
    with _lock:
        kept = _sessions.setdefault(runner, OrderedDict())
        session = kept.pop(key, None)
        if session is None:
            cut = skeleton(runner.model.ir, [runner.value(name) for name in values])
            for name, axis in axes.items():
                _put_in(cut, name, axis, types[name])
            try:
                session = create_session(
                    cut, runner.weights, optimised=len(cut.proto.graph.node) <= OPTIMISED_NODES
                )
            except Exception as error:  # onnxruntime's exceptions share no base class
                raise explain(error, runner.model) from error
        kept[key] = session
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return session


def _put_in(cut: Skeleton, name: str, axis: int, dtype: np.dtype[np.floating]) -> None:
    """Let everybody read a value with its channels exchanged, multiplied and moved."""
    graph = cut.proto.graph
    place = next((at for at, node in enumerate(graph.node) if name in node.output), None)
    if place is None:
        raise RequestError(f"'{name}' is not computed on the way, so that changing it changes nothing.")
    made_by = graph.node[place].output
    made_by[list(made_by).index(name)] = f"{name}#own"
    made = [
        onnx.helper.make_node(
            "Gather", [f"{name}#own", _input(name, "order")], [f"{name}#gathered"], axis=axis
        ),
        onnx.helper.make_node("Mul", [f"{name}#gathered", _input(name, "factor")], [f"{name}#scaled"]),
        onnx.helper.make_node("Add", [f"{name}#scaled", _input(name, "offset")], [name]),
    ]
    nodes = [*graph.node[: place + 1], *made, *graph.node[place + 1 :]]
    del graph.node[:]
    graph.node.extend(nodes)
    number = onnx.helper.np_dtype_to_tensor_dtype(dtype)
    for kind, element in (("order", onnx.TensorProto.INT64), ("factor", number), ("offset", number)):
        graph.input.append(onnx.helper.make_tensor_value_info(_input(name, kind), element, None))


def _input(name: str, kind: str) -> str:
    return f"{name}#{kind}"
