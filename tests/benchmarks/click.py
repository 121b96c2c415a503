"""From a click on a layer to the frame that shows its tensors, in milliseconds. Prints JSON.

    python tests/benchmarks/click.py [--runs 5] [--layers 5] [MODEL.onnx ...]

For some layers of each model, medians:

plain: onnxruntime, its session ready, runs the network up to the layer and gives what it takes and gives.
cold: nothing is kept of what layers gave; the session is ready, as for plain. The network is run up to the
    layer.
unprepared: the same without a session.
first: what layers gave is kept, since all were run when the network was opened; nothing of it has been drawn.
second: the layer was laid open before, and closed.
weights: a click on the handle of the weights alone, no picture of them being kept; the heaviest layers.

A click ends when the frame has been painted and brought to the screen that is the first to have any part of
the tensors in the picture. ``window`` is the processor time of the window's thread until then, ``others``
that of all other threads, ``waiting`` the time in which the window's thread did not work (nobody holds it up,
or another program has the processor), ``painting`` the time by the clock that the last frame took of it.

Without a model: EfficientNet-Lite0, light_resnet50 of the onnx package, and VGG-16, made first, whose
largest weight has 103 million numbers.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from processes import SAMPLES, light, start, vgg16
from windows import window

if TYPE_CHECKING:
    from explorer3d.graph.model import Layer
    from explorer3d.qt.bench.driver import Taken
    from explorer3d.qt.bench.measure import Bench

HEAVIEST = 3  # layers whose weights are clicked
PARTS = ("elapsed", "window", "others", "waiting", "painting")


class Plain:
    """Onnxruntime without the program.

    Parameters
    ----------
    path : Path
        Of the model.
    folder : Path
        For its weights, which all sessions map from there.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        import onnx

        self._folder = folder
        saved = folder / "plain.onnx"
        onnx.save(onnx.load(path), saved, save_as_external_data=True, location="weights")
        self._proto = onnx.load(saved, load_external_data=False)
        self._inputs = {entry.name for entry in self._proto.graph.input}

    def ms(self, layer: Layer, feeds: dict[str, Any], runs: int) -> float:
        """What it takes to give a layer's inputs and outputs, its session ready."""
        import onnx
        import onnxruntime as ort

        values = [port.value for port in (*layer.inputs, *layer.outputs)]
        del self._proto.graph.output[:]
        for name in dict.fromkeys(values):
            if name not in self._inputs:
                self._proto.graph.output.append(onnx.ValueInfoProto(name=name))
        options = ort.SessionOptions()
        folder = "session.model_external_initializers_file_folder_path"
        options.add_session_config_entry(folder, str(self._folder))
        session = ort.InferenceSession(
            self._proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        wanted = {entry.name: feeds[entry.name] for entry in session.get_inputs()}
        so_far = ort.RunOptions()
        so_far.only_execute_path_to_fetches = True
        taken = []
        for _ in range(runs + 1):
            began = time.perf_counter()
            session.run(None, wanted, so_far)
            taken.append((time.perf_counter() - began) * 1000)
        return median(taken[1:])


def clicked(bench: Bench, layer: Layer, role: str | None, before: Callable[[], object]) -> Taken:
    """Click on a layer that is in view and closed."""
    driver, window = bench.driver, bench.window
    window.document.close_all()
    before()
    window.visit(layer.name)
    window.view.settle()
    driver.rest()
    taken = driver.open_layer(layer.name, role)
    assert taken is not None, layer.name
    # To the end of what the click has set going.
    window.view.settle()
    driver.rest()
    return taken


def several(
    bench: Bench,
    layer: Layer,
    runs: int,
    role: str | None = None,
    before: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """Median milliseconds of some clicks, by part."""
    taken = [clicked(bench, layer, role, before) for _ in range(runs)]
    return {part: round(median(1000 * getattr(one, part) for one in taken), 1) for part in PARTS}


def watch(path: Path, count: int, runs: int) -> dict[str, Any]:
    """Use the window on a model."""
    with window() as bench, tempfile.TemporaryDirectory() as folder:
        from explorer3d.compute import requests, show
        from explorer3d.compute.cache import default_budget

        document = bench.window.document
        bench.open(path)
        network, loaded = document.network, document.feeds
        assert network is not None
        assert loaded is not None
        runner = requests.runner(network.key)

        def forget() -> None:
            document.set_budget(0)
            document.set_budget(default_budget())

        def unprepare() -> None:
            forget()
            runner._sessions.clear()

        layers = network.model.layers
        runnable = [layer for layer in layers if layer.runnable]
        places = range(min(count, len(runnable)))
        chosen = [runnable[place * len(runnable) // len(places)] for place in places]
        heaviest = sorted(filter(lambda layer: layer.weights, layers), key=lambda layer: -layer.parameters)
        # Whatever is drawn for the first time has its programs compiled.
        clicked(bench, chosen[0], None, lambda: None)
        weights = {
            layer.name: {
                "millions": round(layer.parameters / 1e6, 2),
                **several(bench, layer, runs, "weights", show._drawn_weights.clear),
            }
            for layer in heaviest[:HEAVIEST]
        }
        plain = Plain(path, Path(folder))
        rows = {}
        for layer in chosen:
            unprepared = several(bench, layer, runs, before=unprepare)
            cold = several(bench, layer, runs, before=forget)
            row = {"plain": round(plain.ms(layer, dict(loaded.arrays), runs), 1), "cold": cold}
            row["unprepared"] = unprepared
            row["first"] = several(bench, layer, runs, before=show._looked_at._made.clear)
            row["second"] = several(bench, layer, runs)
            for kind in ("cold", "first"):
                row[f"{kind}_above_plain"] = round(row[kind]["elapsed"] - row["plain"], 1)
            rows[layer.name] = row
    return {**summary(rows, weights), "layers": rows, "weights": weights}


def summary(rows: dict[str, Any], weights: dict[str, Any]) -> dict[str, Any]:
    """The middle of all layers, and the worst of them."""
    found: dict[str, Any] = {}
    for name in ("plain", "cold_above_plain", "first_above_plain"):
        found[name] = median(row[name] for row in rows.values())
    found["cold_above_plain_most"] = max(row["cold_above_plain"] for row in rows.values())
    for name in ("unprepared", "cold", "first", "second"):
        for part in PARTS:
            found[f"{name}_{part}"] = round(median(row[name][part] for row in rows.values()), 1)
        found[f"{name}_most"] = max(row[name]["elapsed"] for row in rows.values())
    if weights:
        heaviest = next(iter(weights.values()))
        found["weights_of_heaviest"], found["millions"] = heaviest["elapsed"], heaviest["millions"]
        found["weights_most"] = max(row["elapsed"] for row in weights.values())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5, help="clicks of each kind")
    parser.add_argument("--layers", type=int, default=5, help="of each model; evenly spread")
    parser.add_argument("--watch", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL.onnx")
    options = parser.parse_args()
    if options.watch:
        json.dump(watch(options.watch, options.layers, options.runs), sys.stdout)
        return
    how = ["--runs", str(options.runs), "--layers", str(options.layers)]
    with tempfile.TemporaryDirectory() as made:
        models = options.models or [
            SAMPLES / "efficientnet_lite0.onnx",
            light("resnet50"),
            vgg16(Path(made)),
        ]
        found = {
            model.name: json.loads(start([__file__, *how, "--watch", str(model.resolve())]))
            for model in models
        }
    json.dump({"runs": options.runs, **found}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
