"""From a click on a layer to the frame that shows its tensors, in milliseconds. Prints JSON.

    python tests/benchmarks/click.py [--runs 5] [--layers 5] [MODEL.onnx ...]

For some layers of each model:

cold: nothing is kept of what layers gave, so that the network is run up to the layer; beside what plain
    onnxruntime takes for a run that gives the same values, its session ready.
second: the layer is closed and opened again.
weights: a click on the handle of the layer with most weights alone, nothing of them having been read.

Without a model: EfficientNet-Lite0, and VGG-16, made first, whose largest weight has 103 million numbers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from processes import ROOT, SAMPLES, medians

if TYPE_CHECKING:
    from explorer3d.graph.model import Layer
    from explorer3d.qt.bench.measure import Bench

_RUNS = 5


def plain_ms(path: Path, layer: Layer, feeds: dict[str, Any]) -> float:
    """What onnxruntime takes to give a layer's inputs and outputs."""
    import onnx
    import onnxruntime as ort

    proto = onnx.load(path)
    inputs = {entry.name for entry in proto.graph.input}
    names = dict.fromkeys(port.value for port in (*layer.inputs, *layer.outputs) if port.value not in inputs)
    del proto.graph.output[:]
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    session = ort.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    wanted = {entry.name: feeds[entry.name] for entry in session.get_inputs()}
    taken = []
    for _ in range(_RUNS + 1):
        began = time.perf_counter()
        session.run(None, wanted)
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken[1:])


def clicked_ms(bench: Bench, layer: Layer, role: str | None = None) -> float:
    """From a click to the frame, the layer being in view and closed."""
    bench.window.visit(layer.name)
    bench.driver.rest()
    taken = bench.driver.open_layer(layer.name, role)
    assert taken is not None, layer.name
    bench.driver.rest()
    bench.window.document.close_all()
    bench.driver.rest()
    return taken * 1000


def watch(path: Path, count: int) -> dict[str, Any]:
    sys.path.insert(0, str(ROOT))
    from explorer3d import bootstrap

    if not bootstrap.display_answers():
        bootstrap.draw_without_display()
    from explorer3d.compute.cache import default_budget
    from explorer3d.qt.bench.measure import Bench, application

    held = application()
    bench = Bench()
    document = bench.window.document
    bench.open(path)
    model, feeds = document.model, document.feeds
    assert model is not None
    assert feeds is not None
    weighty = max(model.layers, key=lambda layer: layer.parameters)
    found: dict[str, Any] = {"weights_of_most": clicked_ms(bench, weighty, "weights")}
    found["weights_millions"] = weighty.parameters / 1e6
    runnable = [layer for layer in model.layers if layer.runnable]
    chosen = [runnable[place * len(runnable) // count] for place in range(count)]
    rows = []
    for layer in chosen:
        # Whatever is drawn for the first time has its programs compiled.
        clicked_ms(bench, layer)
        document.set_budget(0)
        cold = clicked_ms(bench, layer)
        document.set_budget(default_budget())
        clicked_ms(bench, layer)
        second = clicked_ms(bench, layer)
        plain = plain_ms(path, layer, dict(feeds.arrays))
        rows.append({"cold": cold, "plain": plain, "cold_above_plain": cold - plain, "second": second})
    for name in rows[0]:
        found[name] = median(row[name] for row in rows)
        found[f"{name}_most"] = max(row[name] for row in rows)
    bench.close()
    del held
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--layers", type=int, default=5, help="of each model; evenly spread")
    parser.add_argument("--watch", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL.onnx")
    options = parser.parse_args()
    if options.watch:
        json.dump(watch(options.watch, options.layers), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as made:
        models = options.models or [SAMPLES / "efficientnet_lite0.onnx", Path(made) / "vgg16.onnx"]
        if not models[-1].exists():
            subprocess.run(
                [sys.executable, str(Path(__file__).with_name("vgg.py")), str(models[-1])], check=True
            )
        layers = ["--layers", str(options.layers)]
        programs = {model.name: [__file__, *layers, "--watch", str(model.resolve())] for model in models}
        json.dump({"runs": options.runs, **medians(programs, options.runs)}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
