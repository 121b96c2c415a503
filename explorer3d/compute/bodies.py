"""What goes into a body each time its layer runs it: found by running the network around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import onnx_ir as ir

from explorer3d.compute.runner import Runner
from explorer3d.errors import InputError, RunError
from explorer3d.graph.skeleton import constant
from explorer3d.graph.within import Within
from explorer3d.progress import Progress, ignore

_TOLD = 32
"""Iterations between two of which it is told how far one is: telling takes longer than a small body."""

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class BodyFeeds:
    """What a body is given.

    Attributes
    ----------
    arrays : mapping of str to array
        By its own inputs' names; without those that cannot be computed.
    iteration : int
        Which time it is run; less than what was asked for if it does not run as often.
    count : int or None
        How often it is run; None where it is run once, or it cannot be told without running it.
    repeats : bool
        Whether it may be run more than once.
    taken : bool or None
        Whether a branch is the one that is run; None if it is none, or that is not known.
    about : str
        One line for people.
    fault : str or None
        Why some of it is missing.
    """

    arrays: Arrays
    iteration: int = 0
    count: int | None = None
    repeats: bool = False
    taken: bool | None = None
    about: str = ""
    fault: str | None = None


def body_feeds(
    outer: Runner, feeds: Arrays, inner: Runner, iteration: int = 0, progress: Progress = ignore
) -> BodyFeeds:
    """Compute what a body is given.

    Parameters
    ----------
    outer : Runner
        Of the network around it.
    feeds : mapping of str to array
        What that network is fed.
    inner : Runner
        Of the body; see `formats.onnx_entered.read_body`.
    iteration : int
        From 0; of a body that is run many times.
    progress : Progress

    Raises
    ------
    InputError, RequestError
        As `Runner.attempt` does.
    """
    within = inner.model.within
    assert within is not None
    node = _node(outer, within.layer)
    handed = [value.name or "" if value is not None else "" for value in node.inputs]
    wanted = [name for name in (*handed, *within.captured.values()) if name]
    attempt = outer.attempt(feeds, wanted, progress)
    captured = {
        name: attempt.arrays[there] for name, there in within.captured.items() if there in attempt.arrays
    }
    given = _Given(
        within, node, [attempt.arrays.get(name) for name in handed], captured, inner, iteration, progress
    )
    found = _WAYS.get(within.op, _once)(given)
    for value in inner.model.ir.graph.inputs:
        array = found.arrays.get(value.name or "")
        if value.type is None and array is not None and array.dtype.kind in "fiub":
            # The network around it does not say; onnxruntime must know.
            value.type = ir.TensorType(ir.DataType.from_numpy(array.dtype))
    fault = found.fault
    if fault is None and attempt.fault is not None:
        fault = f"Not all that {within.title} takes can be computed. {attempt.fault}"
    return replace(found, fault=fault)


@dataclass(frozen=True, eq=False)
class _Given:
    within: Within
    node: ir.Node
    handed: list[np.ndarray | None]
    captured: Arrays
    inner: Runner
    iteration: int
    progress: Progress

    def named(self, arrays: list[np.ndarray | None]) -> dict[str, np.ndarray]:
        """Arrays for the body's own inputs, in order, and what it takes from around."""
        own = zip(self.within.inputs, arrays, strict=False)
        return {**self.captured, **{name: array for name, array in own if array is not None}}

    def stepped(self, arrays: Arrays, done: int, last: int) -> list[np.ndarray]:
        """What the body returns when it is run once, on the way to the last iteration."""
        if done % _TOLD == 0:
            self.progress(done / last, f"Running {self.within.title}: {done:,} of {last:,}")
        made = self.inner.predict(arrays)
        return [made[port.value] for port in self.inner.model.outputs]


def _node(outer: Runner, layer: str) -> ir.Node:
    made = {port.value for port in outer.model.layer_by_name[layer].outputs}
    return next(node for node in outer.model.ir.graph if made & {value.name for value in node.outputs})


def _once(given: _Given) -> BodyFeeds:
    return BodyFeeds(given.named(given.handed), about=f"what {given.within.layer} is given")


def _chosen(given: _Given) -> BodyFeeds:
    condition = given.handed[0] if given.handed else None
    if condition is None:
        return BodyFeeds(given.captured, about="which branch is taken is not known")
    taken = "then_branch" if bool(condition.reshape(-1)[0]) else "else_branch"
    if taken == given.within.body:
        return BodyFeeds(given.captured, taken=True, about=f"{taken} is taken")
    about = f"{taken} is taken; this is what {given.within.body} would make"
    return BodyFeeds(given.captured, taken=False, about=about)


def _looped(given: _Given) -> BodyFeeds:
    layer = given.within.layer
    states: list[np.ndarray | None]
    most, go, *states = [*given.handed, None, None][: max(2, len(given.handed))]
    limit = None if most is None else max(int(most.reshape(-1)[0]), 0)
    goes_on = go is None or bool(go.reshape(-1)[0])
    count = limit if goes_on and _never_ends_early(given) else 0 if not goes_on or limit == 0 else None
    fault = None if count != 0 else f"{layer} runs its body not even once: this is what it would make."
    last = given.iteration if limit is None else min(given.iteration, max(limit - 1, 0))
    done = 0

    def arrays() -> dict[str, np.ndarray]:
        return given.named([np.array(done, np.int64), np.array(True), *states])

    while done < last and fault is None:
        try:
            made = given.stepped(arrays(), done, last)
        except (InputError, RunError) as error:
            fault = f"Iteration {last} of {layer} cannot be reached: {error}"
            break
        if not bool(made[0].reshape(-1)[0]):
            count = done + 1
            break
        states = list(made[1 : 1 + len(states)])
        done += 1
    return BodyFeeds(arrays(), done, count, True, None, _iteration(layer, done, count), fault)


def _never_ends_early(given: _Given) -> bool:
    """Whether the condition that a loop's body returns is the one it is given, or always true."""
    graph = given.inner.model.ir.graph
    value = graph.outputs[0] if graph.outputs else None
    while (
        value is not None and (node := value.producer()) is not None and node.op_type in ("Identity", "Cast")
    ):
        value = node.inputs[0]
    if value is None:
        return False
    tensor = constant(value)
    if tensor is not None and tensor.size == 1:
        return bool(tensor.numpy().reshape(-1)[0])
    own = given.within.inputs[1:2]
    return value.producer() is None and value.name in own


def _scanned(given: _Given) -> BodyFeeds:
    layer, node = given.within.layer, given.node
    number = node.attributes.get_int("num_scan_inputs", 0)
    states = list(given.handed[: len(given.handed) - number])
    rows = given.handed[len(given.handed) - number :]
    if given.inner.model.ir.opset_imports.get("", 9) < 9:
        why = f"{layer} is written for opset 8, whose Scan runs through a batch too: its body is not fed."
        return BodyFeeds(given.captured, about=layer, fault=why)
    axes = node.attributes.get_ints("scan_input_axes", [0] * number)
    backwards = node.attributes.get_ints("scan_input_directions", [0] * number)
    lengths = [row.shape[axis] for row, axis in zip(rows, axes, strict=True) if row is not None]
    count = min(lengths, default=0)
    if not count:
        return BodyFeeds(
            given.captured,
            count=0,
            repeats=True,
            about=f"{layer} has nothing to run through",
            fault=f"{layer} runs through nothing.",
        )
    last, done = min(given.iteration, count - 1), 0
    fault: str | None = None

    def arrays() -> dict[str, np.ndarray]:
        cut = [
            None if row is None else np.take(row, count - 1 - done if back else done, axis)
            for row, axis, back in zip(rows, axes, backwards, strict=True)
        ]
        return given.named([*states, *cut])

    while done < last:
        if not states:
            done = last
            break
        try:
            states = list(given.stepped(arrays(), done, last)[: len(states)])
        except (InputError, RunError) as error:
            fault = f"Iteration {last} of {layer} cannot be reached: {error}"
            break
        done += 1
    return BodyFeeds(arrays(), done, count, True, None, _iteration(layer, done, count), fault)


def _iteration(layer: str, number: int, count: int | None) -> str:
    return f"iteration {number} of {layer}" + (f" (0 … {count - 1:,})" if count else "")


_WAYS: dict[str, Callable[[_Given], BodyFeeds]] = {"If": _chosen, "Loop": _looped, "Scan": _scanned}
