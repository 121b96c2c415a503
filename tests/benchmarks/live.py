#!/usr/bin/env python3
"""How well Grad-CAM over the scene keeps up with an input that changes ten times a second. Prints JSON.

    python tests/benchmarks/live.py [MODEL ...] [--hertz 10] [--seconds 10]

In the window, 1280 × 800, the panel open: the picture is turned a little at each turn. ``kept`` is the share
of the inputs whose explanation was painted over the scene; ``latency_ms`` from the moment at which an input
was asked for to the end of the frame that shows its explanation, median and 95th percentile; ``halt_ms`` the
longest time in which the window did not answer. ``forward_ms`` and ``grad_cam_ms``, without a window, are
medians of runs in turn, after those of the window.

Without a model: MobileNetV2 of keras.applications with random weights (needs the extra `keras`).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from processes import ROOT, clock, start
from windows import window

FORWARD_RUNS = 15


def watch(path: Path, hertz: float, seconds: float) -> dict[str, Any]:
    """Turn the picture for a while."""
    with window() as bench:
        from qtpy.QtCore import Qt
        from qtpy.QtTest import QTest

        from explorer3d.attribution import attribute
        from explorer3d.compute import requests
        from explorer3d.inputs.transform import Transform

        bench.open(path)
        view, document, driver = bench.window.view, bench.window.document, bench.driver
        network, loaded = document.network, document.feeds
        assert network is not None
        assert loaded is not None
        QTest.keyClick(view, Qt.Key_G)
        driver.rest()
        explaining = bench.window.explanations.explaining
        assert explaining is not None
        assert explaining.up_to_date, explaining.result
        asked: dict[float, float] = {}
        shown: dict[float, float] = {}
        latest = 0.0

        def painted() -> None:
            result = explaining.result
            angle = turned.get(id(result.feeds)) if result is not None else None
            if angle is not None:
                shown.setdefault(angle, clock())

        turned: dict[int, float] = {}
        held = []

        def fed() -> None:
            # Kept, so that no other is given its place in memory.
            held.append(document.feeds)
            turned[id(document.feeds)] = document.transform.rotate

        document.input_changed.connect(fed)
        view.drawn.connect(painted)
        with bench.during("live"):
            began = clock()
            for turn in range(1, round(seconds * hertz) + 1):
                latest = began + turn / hertz
                driver.pause(max(latest - clock(), 0))
                asked[turn] = clock()
                document.transform_input(Transform(rotate=float(turn)), passing=True)
            driver.rest()
        lags = [1000 * (shown[turn] - asked[turn]) for turn in asked if turn in shown]
        runner = requests.runner(network.key)
        kinds = {
            "forward_ms": lambda: runner.predict(loaded.arrays),
            "grad_cam_ms": lambda: attribute(runner, loaded.arrays, "grad_cam"),
        }
        taken: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(FORWARD_RUNS):
            for kind, run in kinds.items():
                before = clock()
                run()
                taken[kind].append(1000 * (clock() - before))
        return {
            "asked": len(asked),
            "kept": round(len(lags) / len(asked), 2),
            "latency_ms": round(median(lags), 1),
            "latency_95_ms": round(quantiles(lags, n=20)[-1], 1),
            "halt_ms": round(1000 * bench.stalls["live"], 1),
            **{kind: round(median(each), 1) for kind, each in taken.items()},
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", type=Path, nargs="*", metavar="MODEL")
    parser.add_argument("--hertz", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--watch", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        json.dump(watch(options.watch, options.hertz, options.seconds), sys.stdout)
        return
    how = ["--hertz", str(options.hertz), "--seconds", str(options.seconds)]
    with TemporaryDirectory() as folder:
        models = {path.name: path for path in options.models}
        if not models:
            truth = ROOT / "tests" / "benchmarks" / "keras_truth.py"
            start([str(truth), "MobileNetV2", folder])
            models = {"MobileNetV2": Path(folder) / "model.keras"}
        found = {
            name: json.loads(start([__file__, *how, "--watch", str(path.resolve())]))
            for name, path in models.items()
        }
    json.dump(found, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
