#!/usr/bin/env python3
"""Time frames of a large network while the camera turns: unfolded, with 512 maps laid open.

Each kind of frame is drawn in turns with the least that could be drawn in its place, a flat rectangle for
each node and a straight line for each edge at half the resolution. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from explorer3d.compute import requests
from explorer3d.compute.picture import picture_of
from explorer3d.compute.show import ShownLayer, ShownTensor
from explorer3d.compute.statistics import summarise
from explorer3d.document import ALL_ROLES
from explorer3d.graph.folding import arranged
from explorer3d.manners import STACK, TILES
from explorer3d.opening import OpenNetwork
from explorer3d.scene import mesh
from explorer3d.scene.canvas import Canvas, halved
from explorer3d.scene.stage import Stage
from tests.benchmarks import graphs


def maps(name: str) -> ShownLayer:
    """A layer's output of 512 maps."""
    array = np.random.default_rng(0).normal(size=(1, 512, 14, 14)).astype(np.float32)
    statistics = summarise(array)
    picture = picture_of(array, "NCHW", statistics)
    tensor = ShownTensor(
        "output", "output", "output", array.shape, "float32", array, "NCHW", False, statistics, picture
    )
    return ShownLayer(name, (tensor,))


class Plain:
    """What any picture of a whole network takes at least.

    Parameters
    ----------
    stage : Stage
        Shows the network, and the whole of it.
    """

    def __init__(self, stage: Stage) -> None:
        network = stage.network
        assert network is not None
        self._pose, self._canvas = stage.pose, Canvas(halved(stage.canvas.size))
        centres, half = network.placement.centres, network.placement.sizes / 2
        corners = centres[:, None] + half[:, None] * [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]
        colours = np.random.default_rng(0).integers(0, 255, (len(centres), 3), dtype=np.uint8)
        blocks = mesh.sharing(corners.reshape(-1, 3), np.repeat(colours, 4, axis=0), 1)[0]
        mesh.draw(blocks, np.arange(4 * len(centres)).reshape(-1, 4))
        ends = network.courses[:, [0, -1]].reshape(-1, 3)
        edges = mesh.sharing(ends, None, 1)[0]
        mesh.draw(edges, np.arange(len(ends)).reshape(-1, 2))
        for actor in (blocks, edges):
            actor.GetProperty().LightingOff()
            self._canvas.add(actor)

    def draw(self) -> None:
        self._pose = self._pose.orbited(0.3, 0.1)
        self._canvas.look(self._pose, 3 * self._pose.distance)
        self._canvas.draw(False)

    def close(self) -> None:
        self._canvas.close()


def dragged(path: Path, size: tuple[int, int], frames: int) -> dict[str, Any]:
    """Time frames of an unfolded network from two places, its open layer stacked and as tiles."""
    network = OpenNetwork(path)()
    hierarchy = network.folding.hierarchy
    whole = arranged(hierarchy, hierarchy.to_level(hierarchy.levels), size[0] / size[1])
    stage = Stage(size)
    stage.show_model(whole.model, whole.layout)
    plain = Plain(stage)
    name = whole.layout.names[len(whole.layout.names) // 2]
    stage.open_layer(maps(name), ALL_ROLES)
    found: dict[str, Any] = {"nodes": len(whole.layout.names), "edges": len(whole.layout.edges), "maps": 512}
    for mode in (STACK, TILES):
        stage.set_mode(mode, animated=False)
        stage.fit(animated=False)
        found[f"whole, {mode}"] = turning(stage, plain, frames)
        stage.frame_node(name, animated=False)
        found[f"layer, {mode}"] = turning(stage, plain, frames)
    plain.close()
    stage.close()
    requests.close(network.key)
    return found


def turning(stage: Stage, plain: Plain, frames: int) -> dict[str, Any]:
    """Median times of drafts, each beside the least that could be drawn, and of frames in full detail."""
    found: dict[str, Any] = {}
    drafts = {"draft": stage.draft, "plain": plain.draw}
    full = {"full": lambda: stage.draw(smooth=False)}
    for kinds in (drafts, full, {"smooth": lambda: stage.draw(smooth=True)}):
        for kind, (elapsed, busy) in timed(stage, kinds, frames).items():
            found |= {f"{kind}_ms": round(elapsed, 2), f"{kind}_cpu_ms": round(busy, 2)}
    found["draft_by_plain"] = round(found["draft_ms"] / found["plain_ms"], 2)
    found["draft_by_plain_cpu"] = round(found["draft_cpu_ms"] / found["plain_cpu_ms"], 2)
    return found


def timed(
    stage: Stage, kinds: Mapping[str, Callable[[], object]], frames: int
) -> dict[str, tuple[float, float]]:
    """Median milliseconds, by the clock and of all processors, of some kinds of frames taken in turns."""
    times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for turn in range(frames + 2):
        for kind, draw in kinds.items():
            stage.move_camera(stage.pose.orbited(0.3, 0.1))
            start, busy = time.perf_counter(), time.process_time()
            draw()
            if turn > 1:  # the first frames prepare textures and shaders
                times[kind].append((time.perf_counter() - start, time.process_time() - busy))
    return {
        kind: (1000 * median(one for one, _ in taken), 1000 * median(other for _, other in taken))
        for kind, taken in times.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("nodes", nargs="?", type=int, default=10_000)
    parser.add_argument("--shape", choices=list(graphs.SHAPES), default="chain")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 800), metavar=("W", "H"))
    parser.add_argument("--frames", type=int, default=15)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = graphs.write(options.shape, options.nodes, Path(folder))
        print(json.dumps(dragged(path, tuple(options.size), options.frames), indent=2))


if __name__ == "__main__":
    main()
