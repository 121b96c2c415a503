"""Most memory while every layer of a large network is laid open, one after the other. Prints JSON.

    python tests/benchmarks/memory.py [--runs 5] [--activations MB] [--keep-open] [MODEL ...]

Allowed are twice the model's file, the memory for activations and 400 MB. Without a model: VGG-16 in ONNX,
which is made first. Each layer is closed before the next one is laid open, or with ``--keep-open`` none is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from processes import ROOT, medians, peak_mb

ALLOWANCE_MB = 400


def watch(path: Path, activations_mb: float | None, keeps_open: bool) -> dict[str, Any]:
    """Lay every layer of a model open and say what memory that took."""
    sys.path.insert(0, str(ROOT))
    from explorer3d import bootstrap

    if not bootstrap.display_answers():
        bootstrap.draw_without_display()
    from explorer3d.compute import requests
    from explorer3d.qt.bench.measure import Bench, application

    held = application()
    bench = Bench()
    document = bench.window.document
    if activations_mb is not None:
        document.set_budget(int(activations_mb * 2**20))
    bench.open(path)
    assert document.network is not None
    after_opening = peak_mb()
    runner = requests.runner(document.network.key)
    most, laid_open = runner.held, 0
    for layer in document.network.model.layers:
        document.show(layer.name)
        bench.driver.rest()
        most = max(most, runner.held)
        laid_open += layer.name in document.shown
        if not keeps_open:
            document.close_all()
            bench.driver.rest()
    budget_mb, file_mb = runner.budget / 1e6, path.stat().st_size / 1e6
    answer = {
        "file_mb": file_mb,
        "budget_mb": budget_mb,
        "activations_mb": most / 1e6,
        "layers": laid_open,
        "after_opening_mb": after_opening,
        "peak_mb": peak_mb(),
        "allowed_mb": 2 * file_mb + budget_mb + ALLOWANCE_MB,
    }
    answer["of_allowed"] = answer["peak_mb"] / answer["allowed_mb"]
    bench.close()
    del held
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--activations", type=float, metavar="MB", help="memory for them; the usual one")
    parser.add_argument("--keep-open", action="store_true", help="all layers, one beside the other")
    parser.add_argument("--watch", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL")
    options = parser.parse_args()
    if options.watch:
        json.dump(watch(options.watch, options.activations, options.keep_open), sys.stdout)
        return
    chosen = [] if options.activations is None else ["--activations", str(options.activations)]
    if options.keep_open:
        chosen.append("--keep-open")
    with tempfile.TemporaryDirectory() as made:
        models = options.models or [Path(made) / "vgg16.onnx"]
        if not models[0].exists():
            subprocess.run(
                [sys.executable, str(Path(__file__).with_name("vgg.py")), str(models[0])], check=True
            )
        programs = {model.name: [__file__, *chosen, "--watch", str(model.resolve())] for model in models}
        json.dump({"runs": options.runs, **medians(programs, options.runs)}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
