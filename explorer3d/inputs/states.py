"""Which inputs of a model are the outputs of the step before: recurrent states, caches."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

# What tells the one side of a step from the other, as exporters call it.
_BEFORE = r"past_key_values|past|initial|init|prev|previous|old|input|in|i"
_AFTER = r"present_key_values|present|final|next|new|updated|output|out|n|o"
_WORD = r"(?:^|(?<=[_.\-/ :]))(?:{})(?=$|[_.\-/ :])"
# The same, written onto a word: h0, stateN, hn.
_BEFORE_END = r"(?<=[a-z])0$"
_AFTER_END = r"(?<=[a-z])N$|(?<=^[hc])n$"


def states(model: Model) -> dict[str, str]:
    """The output that each state comes from.

    Returns
    -------
    dict of str to str
        By input name. An output of the same name, but for what tells before and after from each other
        (``state`` and ``stateN``, ``h0`` and ``hn``, ``past.0.key`` and ``present.0.key``), and of a shape
        that fits. A model that takes nothing else has no states: its output is only named alike.
    """
    found: dict[str, str] = {}
    outputs = {_stem(port.value, _AFTER, _AFTER_END): port for port in reversed(model.outputs)}
    for port in model.inputs:
        stem = _stem(port.value, _BEFORE, _BEFORE_END)
        output = outputs.get(stem) if stem else None
        if output is not None and output.value not in found.values() and _fits(output, port):
            found[port.value] = output.value
    return found if len(found) < len(model.inputs) else {}


def _stem(name: str, words: str, end: str) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.sub(end, "", name))
    left = re.sub(_WORD.format(words), "", apart.lower())
    return re.sub(r"[_.\-/ :]+", "_", left).strip("_")


def _fits(output: Port, port: Port) -> bool:
    if output.dtype != port.dtype or port.shape is None or not port.shape:
        return False
    if output.shape is None:
        return True
    return len(output.shape) == len(port.shape) and all(
        None in (one, other) or one == other for one, other in zip(output.shape, port.shape, strict=True)
    )
