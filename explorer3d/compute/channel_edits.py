"""A network run with a channel muted, boosted or replaced; its file and its model stay as they are."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import onnx
import onnxruntime as ort

from explorer3d.compute.runner import OPTIMISED_NODES, Runner
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
    """

    value: str
    axis: int
    channel: int
    factor: float = 0.0
    source: int | None = None


def run_edited(
    runner: Runner, feeds: Mapping[str, np.ndarray], edit: ChannelEdit, values: Sequence[str]
) -> dict[str, np.ndarray]:
    """Compute values of a network one of whose channels is changed.

    Other channels and factors of the same value cost no more than the run.

    Parameters
    ----------
    runner : Runner
    feeds : mapping of str to array
    edit : ChannelEdit
    values : sequence of str
        Names of values in the graph.

    Raises
    ------
    RequestError
        There is no such value, axis or channel.
    InputError, RunError
        As `Runner.run` does.
    """
    array = runner.run(feeds, [edit.value])[edit.value]
    if not -array.ndim <= edit.axis < array.ndim or array.dtype.kind != "f":
        raise RequestError(f"'{edit.value}' has no channels that could be changed.")
    wanted = list(dict.fromkeys(values))
    fed = _channels(array, edit)
    session = _session(runner, edit, array.dtype, wanted)
    return runner.execute(session, {**feeds, **fed}, wanted)


def _channels(array: np.ndarray, edit: ChannelEdit) -> dict[str, np.ndarray]:
    """What the nodes put in behind a value are fed: where each channel comes from, and its factor."""
    count, source = array.shape[edit.axis], edit.channel if edit.source is None else edit.source
    for channel in (edit.channel, source):
        if not 0 <= channel < count:
            raise RequestError(f"There is no channel {channel}: there are {count}, from 0 to {count - 1}.")
    order, factor = np.arange(count), np.ones(count, array.dtype)
    order[edit.channel], factor[edit.channel] = source, edit.factor
    shape = [count if place == edit.axis % array.ndim else 1 for place in range(array.ndim)]
    return {_input(edit.value, "order"): order, _input(edit.value, "factor"): factor.reshape(shape)}


def _session(
    runner: Runner, edit: ChannelEdit, dtype: np.dtype[np.floating], values: Sequence[str]
) -> ort.InferenceSession:
    key = edit.value, edit.axis, tuple(values)
    with _lock:
        kept = _sessions.setdefault(runner, OrderedDict())
        session = kept.pop(key, None)
        if session is None:
            cut = skeleton(runner.model.ir, [runner.value(name) for name in values])
            _put_in(cut, edit.value, edit.axis, dtype)
            session = runner.prepare(cut, optimised=len(cut.proto.graph.node) <= OPTIMISED_NODES)
        kept[key] = session
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return session


def _put_in(cut: Skeleton, name: str, axis: int, dtype: np.dtype[np.floating]) -> None:
    """Let everybody read a value with its channels exchanged and multiplied."""
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
        onnx.helper.make_node("Mul", [f"{name}#gathered", _input(name, "factor")], [name]),
    ]
    nodes = [*graph.node[: place + 1], *made, *graph.node[place + 1 :]]
    del graph.node[:]
    graph.node.extend(nodes)
    number = onnx.helper.np_dtype_to_tensor_dtype(dtype)
    for kind, element in (("order", onnx.TensorProto.INT64), ("factor", number)):
        graph.input.append(onnx.helper.make_tensor_value_info(_input(name, kind), element, None))


def _input(name: str, kind: str) -> str:
    return f"{name}#{kind}"
