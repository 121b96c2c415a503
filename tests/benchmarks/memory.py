"""Most memory while every layer of a large network is laid open, one after the other. Prints JSON.

    python tests/benchmarks/memory.py [--runs 1] [--activations MB ...] [MODEL]

Allowed are twice the model's file, the memory for activations and 400 MB. With each of some sizes of the
memory for activations all layers stay open in the end; with the usual one, each is also closed before the
next is laid open. What is open counts towards the memory, though it may be more than is kept of activations.
Without a model: VGG-16 in ONNX, which is made first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from processes import medians, peak_mb, vgg16
from windows import window

ALLOWANCE_MB = 400
SIZES_MB = (64.0, 256.0)


def watch(path: Path, activations_mb: float | None, keeps_open: bool) -> dict[str, Any]:
    """Lay every layer of a model open and say what memory that took."""
    with window() as bench:
        from explorer3d.compute import requests

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
            # Where the camera flies on its way takes time, and no memory that the end of it does not take.
            bench.driver.wait(lambda name=layer.name: name in document.shown or name not in document.opened)
            bench.window.view.settle()
            bench.driver.rest()
            most = max(most, runner.held)
            laid_open += layer.name in document.shown
            if not keeps_open:
                document.close_all()
                bench.window.view.settle()
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
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1, help="of which the median is taken")
    parser.add_argument("--activations", type=float, nargs="+", default=SIZES_MB, metavar="MB")
    parser.add_argument("--usual", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--one-by-one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--watch", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("model", nargs="?", type=Path, metavar="MODEL")
    options = parser.parse_args()
    if options.watch:
        size = None if options.usual or options.one_by_one else options.activations[0]
        json.dump(watch(options.watch, size, not options.one_by_one), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as made:
        model = options.model or vgg16(Path(made))
        use = [__file__, "--watch", str(model.resolve())]
        programs = {
            f"{size:.0f} MB, all open": [*use, "--activations", str(size)] for size in options.activations
        }
        programs["as usual, all open"] = [*use, "--usual"]
        programs["as usual, one by one"] = [*use, "--one-by-one"]
        found = medians(programs, options.runs, warm=False)
    json.dump({"runs": options.runs, "model": model.name, **found}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
