"""How long each node of a model takes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from math import inf
from pathlib import Path

import numpy as np

from explorer3d.compute.runner import Runner
from explorer3d.graph.skeleton import skeleton

_RUNS = 4
"""The first touches all memory for the first time; others may be held up by other programs."""


def node_times(runner: Runner, feeds: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Measure how long each node takes, when none is fused with another: the least of a few runs.

    Parameters
    ----------
    runner : Runner
    feeds : mapping of str to array

    Returns
    -------
    dict of str to float
        Seconds, by the first value that the node makes.

    Raises
    ------
    InputError, RunError
        As `Runner.run` does.
    """
    runner.inputs.check(feeds)
    outputs = [port.value for port in runner.model.outputs if runner.at_hand(port.value, feeds) is None]
    if not outputs:
        return {}
    cut = skeleton(runner.model.ir, [runner.value(name) for name in outputs])
    # Nodes may lack a name or share one; a value is made by one node only.
    made = [next(filter(None, node.output)) for node in cut.proto.graph.node]
    known = frozenset(made)
    for node, name in zip(cut.proto.graph.node, made, strict=True):
        node.name = name
    with tempfile.TemporaryDirectory() as folder:
        session = runner.prepare(cut, optimised=False, profile=Path(folder) / "run")
        try:
            for _ in range(_RUNS):
                runner.execute(session, feeds, outputs)
        finally:
            told = Path(session.end_profiling())
        events = json.loads(told.read_text(encoding="utf-8"))
    times: dict[str, float] = {}
    for event in events:
        name = event.get("name", "").removesuffix("_kernel_time")
        if event.get("cat") == "Node" and name in known:
            times[name] = min(times.get(name, inf), event["dur"] / 1e6)
    return times
