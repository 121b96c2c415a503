"""Work to be done off the GUI thread, as plain data.

A request holds names, numbers and arrays, never an open model: that stays here under a key, so that the
same requests can be answered by another thread or another process.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from explorer3d import collecting
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.graph.stand_in import StandIns
from explorer3d.progress import Progress, ignore

if TYPE_CHECKING:
    from explorer3d.compute.runner import Runner


@dataclass(eq=False)
class _LazyRunner:
    """A model, and what runs it from when it is first run."""

    model: Model
    runner: Runner | None = None
    budget: int | None = None
    of: str = ""


_runners: dict[str, _LazyRunner] = {}
_numbers = itertools.count(1)
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """Answer to `OpenModel`.

    Attributes
    ----------
    key : str
        What later requests name the model by, until `close`.
    model : Model
    """

    key: str
    model: Model


@dataclass(frozen=True)
class OpenModel:
    """Read a model file. Nothing is run and no session prepared yet.

    Attributes
    ----------
    path : Path
    stand_ins : mapping of layer name to StandIn
        What takes the place of layers that cannot run.
    weights : Path or None
        The second file, where structure and weights lie apart.

    Raises
    ------
    ModelError
    """

    path: Path
    stand_ins: StandIns = field(default_factory=dict)
    weights: Path | None = None

    def __call__(self, progress: Progress = ignore) -> OpenedModel:
        model = read_model(self.path, progress, self.stand_ins, self.weights)
        progress(1.0, "Opened")
        return OpenedModel(register(model), model)


def register(model: Model) -> str:
    """Keep a model ready for requests and give its key."""
    with _lock:
        key = f"model-{next(_numbers)}"
        _runners[key] = _LazyRunner(model)
    return key


def register_beside(key: str, found: Runner) -> str:
    """Keep what runs a model in another way, as long as the model itself, and give its key.

    Raises
    ------
    RequestError
        The model has been closed.
    """
    with _lock:
        if key not in _runners:
            raise _closed()
        other = f"{key}-{next(_numbers)}"
        _runners[other] = _LazyRunner(found.model, found, of=key)
    return other


def forget(key: str) -> None:
    """Keep what was registered beside a model no longer; its runs under way come to their end."""
    with _lock:
        _runners.pop(key, None)


def _closed() -> RequestError:
    return RequestError("The model has been closed.")


def runner(key: str) -> Runner:
    """Find what runs a model.

    Raises
    ------
    RequestError
        It has been closed.
    """
    # Here, since a network is seen before onnxruntime is needed.
    from explorer3d.compute.runner import Runner

    with _lock:
        found = _runners.get(key)
        if found is None:
            raise _closed()
        if found.runner is None:
            found.runner = Runner(found.model, found.budget)
        return found.runner


def limit(key: str, budget: int) -> None:
    """Let a model keep no more bytes of activations than that."""
    with _lock:
        for name in _with_those_beside(key):
            found = _runners[name]
            found.budget = budget
            if found.runner is not None:
                found.runner.limit(budget)


def close(key: str) -> None:
    """Free a model's sessions and activations, and end its runs."""
    with _lock:
        closed = [_runners.pop(name) for name in _with_those_beside(key)]
    if closed:
        collecting.release()
    for one in closed:
        if one.runner is not None:
            one.runner.interrupt()
            one.runner.variants.clear()


def interrupt(key: str) -> None:
    """End a model's runs; see `Runner.interrupt`."""
    with _lock:
        found = [_runners[name] for name in _with_those_beside(key)]
    for one in found:
        if one.runner is not None:
            one.runner.interrupt()


def _with_those_beside(key: str) -> list[str]:
    return [name for name, one in _runners.items() if key in (name, one.of)]
