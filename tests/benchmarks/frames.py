#!/usr/bin/env python3
"""Time frames of the scene, each beside an empty frame of the same size in the same run.

Prints JSON. A ratio is comparable between machines with the same kind of OpenGL, milliseconds are not.
``--parts`` also tells what each part of the overview costs, by taking it out of the scene.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from vtkmodules.vtkRenderingCore import vtkProp

from explorer3d import bootstrap
from explorer3d.compute import requests
from explorer3d.compute.faces import ShowFaces
from explorer3d.compute.show import ShowLayer
from explorer3d.document import ALL_ROLES
from explorer3d.inputs import feeds_for
from explorer3d.labels import top_k
from explorer3d.manners import STACK, TILES
from explorer3d.opening import OpenedNetwork, OpenNetwork
from explorer3d.scene.stage import Stage

SAMPLES = bootstrap.ROOT / "sample_models"


def elapsed_ms(draw: Callable[[], object]) -> float:
    """Time of one frame in milliseconds."""
    start = time.perf_counter()
    draw()
    return (time.perf_counter() - start) * 1000


class Bench:
    """A stage, and an empty one of the same size to compare it with."""

    def __init__(self, size: tuple[int, int], frames: int, smooth: bool) -> None:
        self.stage, self._empty = Stage(size), Stage(size)
        self._frames, self._smooth = frames, smooth

    def time(self) -> dict[str, float]:
        """Median time of a frame of the stage as it is."""
        return self._compare({"": []})[""]

    def without(self) -> dict[str, dict[str, float]]:
        """Median frame time without each part in turn, and with nothing else."""
        parts = self.stage.parts.props
        hidden: dict[str, list[vtkProp]] = {f"without {part}": props for part, props in parts.items()}
        for part in parts:
            hidden[f"only {part}"] = [prop for other in parts if other != part for prop in parts[other]]
        return self._compare(hidden)

    def _compare(self, hidden: Mapping[str, Sequence[vtkProp]]) -> dict[str, dict[str, float]]:
        """Time scenes in turns with empty frames: other work on the machine then slows all alike."""
        times: dict[str, list[float]] = {name: [] for name in hidden}
        floor: list[float] = []
        for turn in range(self._frames + 1):
            for name, props in hidden.items():
                for prop in props:
                    prop.VisibilityOff()
                ours = elapsed_ms(lambda: self.stage.draw(self._smooth))
                for prop in props:
                    prop.VisibilityOn()
                empty = elapsed_ms(lambda: self._empty.draw(self._smooth))
                if turn:  # the first frame prepares textures and shaders
                    times[name].append(ours)
                    floor.append(empty)
        least = median(floor)
        return {
            name: {
                "ms": round(median(ours), 2),
                "empty_ms": round(least, 2),
                "ratio": round(median(ours) / least, 2),
            }
            for name, ours in times.items()
        }

    def close(self) -> None:
        self.stage.close()
        self._empty.close()


def overview(bench: Bench, network: OpenedNetwork) -> dict[str, Any]:
    """Put a network with its faces on the stage."""
    feeds = feeds_for(network.model)
    faces = ShowFaces(network.key, feeds.arrays)()
    best = {name: top_k(scores, network.names).guesses for name, scores in faces.answers.scores.items()}
    bench.stage.show_model(network.folding.model, network.layout)
    bench.stage.show_faces(faces.faces, best)
    bench.stage.settle()
    return {"nodes": len(network.layout.names), **bench.time()}


def opened(bench: Bench, network: OpenedNetwork, name: str) -> dict[str, Any]:
    """Lay a layer open, as a stack and as tiles."""
    shown = ShowLayer(network.key, feeds_for(network.model).arrays, name)()
    found: dict[str, Any] = {"layer": name, "rectangles": sum(one.picture.count for one in shown.tensors)}
    bench.stage.open_layer(shown, ALL_ROLES)
    for mode in (STACK, TILES):
        bench.stage.set_mode(mode, animated=False)
        bench.stage.frame_node(name, animated=False)
        found[mode] = bench.time()
    bench.stage.close_layer(name)
    return found


def widest(network: OpenedNetwork) -> str:
    """The first convolution, or else the first layer with weights."""
    layers = [layer for layer in network.model.layers if layer.weights and layer.runnable]
    return next((layer.name for layer in layers if "conv" in layer.op.lower()), layers[0].name)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    defaults = [SAMPLES / "lenet_fashion.h5", SAMPLES / "efficientnet_lite0.onnx"]
    parser.add_argument("models", nargs="*", type=Path, default=defaults, metavar="MODEL")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 800), metavar=("W", "H"))
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--smooth", action="store_true", help="with the smoothing of a picture at rest")
    parser.add_argument("--parts", action="store_true", help="what each part of the overview costs")
    parser.add_argument("--layer", help="laid open; the first convolution if not given")
    options = parser.parse_args()
    result: dict[str, Any] = {"size": list(options.size), "smooth": options.smooth, "models": {}}
    for path in options.models:
        network = OpenNetwork(path)()
        bench = Bench(tuple(options.size), options.frames, options.smooth)
        found = {"overview": overview(bench, network)}
        if options.parts:
            found["overview_parts"] = bench.without()
        found["opened"] = opened(bench, network, options.layer or widest(network))
        result["models"][path.name] = found
        bench.close()
        requests.close(network.key)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
