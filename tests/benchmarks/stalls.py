"""How long the window does not answer while a network is opened, turned, clicked, searched, folded and
unfolded, and what holds it up. Prints JSON.

    python tests/benchmarks/stalls.py [--runs 5] [--longer-than 50] [--ascent LAYER] [MODEL ...]

Without a model: the chain and the transformer of 10,000 nodes, and EfficientNet-Lite0. With a layer, pictures
for its first 16 filters grow over its maps in the end.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from types import FrameType
from typing import TYPE_CHECKING, Any

from processes import SAMPLES, clock, generated, start
from windows import window

if TYPE_CHECKING:
    from explorer3d.qt.bench.measure import Bench

_OURS = re.compile(r".*/(explorer3d/(?!qt/bench/).*)")
_DEEPEST = 4  # of our own frames that are told
_PLACES = 12
_LOOK = 0.005  # seconds between two looks


class Culprits(threading.Thread):
    """Looks where all threads are while the window does not answer.

    A library that holds Python's lock holds this thread, too. It is seen right afterwards, and marked.

    Parameters
    ----------
    patience : float
        Seconds without a beat.
    """

    def __init__(self, patience: float) -> None:
        super().__init__(daemon=True)
        self._patience = patience
        self._window = threading.get_ident()
        self._last = clock()
        self._over = False
        self._seen: dict[tuple[str, str, str], float] = {}
        self._longest: dict[tuple[str, str, str], float] = {}
        self.start()

    def beaten(self) -> None:
        self._last = clock()

    def run(self) -> None:
        before, lately = clock(), ""
        while not self._over:
            time.sleep(_LOOK)
            now = clock()
            held, stalled = now - before, now - self._last
            window, behind = self._look()
            if stalled > self._patience:
                locked = held > 4 * _LOOK
                key = (window, behind, f"lock held since: {lately}" if locked else "")
                self._seen[key] = self._seen.get(key, 0.0) + held
                self._longest[key] = max(self._longest.get(key, 0.0), stalled)
            lately = behind
            before = now

    def _look(self) -> tuple[str, str]:
        # Should a frame end while it is held here, its painter would be closed on this thread, and too late.
        pace = sys.getswitchinterval()
        sys.setswitchinterval(1)
        frames = sys._current_frames()
        window = _place(frames.pop(self._window)) or "Qt itself"
        behind = " | ".join(sorted(filter(None, map(_place, frames.values()))))
        del frames
        sys.setswitchinterval(pace)
        return window, behind

    def told(self) -> list[dict[str, Any]]:
        """Places seen, those that took longest first."""
        self._over = True
        self.join()
        places = sorted(self._seen, key=self._seen.__getitem__, reverse=True)[:_PLACES]
        return [
            {
                "seconds": round(self._seen[place], 2),
                "longest_ms": round(self._longest[place] * 1000),
                "window": place[0],
                "behind": place[1],
                "note": place[2],
            }
            for place in places
        ]


def _place(frame: FrameType | None) -> str:
    """The innermost frames of ours, and of the library they are in if they are in one."""
    inner, ours = "", []
    while frame is not None:
        code = frame.f_code
        own = _OURS.fullmatch(code.co_filename)
        if own is not None:
            ours.append(f"{own[1]}:{frame.f_lineno} {code.co_name}")
        elif not (inner or ours):
            inner = f"{Path(code.co_filename).name} {code.co_name}"
        frame = frame.f_back
    if not ours or ours[0].startswith("explorer3d/qt/executor"):
        return ""
    return " < ".join([*filter(None, [inner]), *ours[:_DEEPEST]])


def ascend(bench: Bench, layer: str) -> None:
    """Let pictures for the filters of a layer that is laid open grow."""
    window = bench.window
    window.document.select(layer)
    window.document.show(layer)
    window.explanations.explain("grad_cam")
    bench.driver.rest()
    explaining = window.explanations.explaining
    assert explaining is not None
    explaining.settings["layer_maximisation"] = {"channels": "first 16", "steps": 24}
    with bench.during("ascent"):
        window.explanations.explain("layer_maximisation")
        bench.driver.rest()


def watch(model: str, patience: float, layer: str) -> None:
    """Use the window on a model and print what held it up."""
    culprits = Culprits(patience)
    with window(culprits.beaten) as bench:
        bench.open(Path(model))
        bench.drag()
        bench.click()
        bench.search()
        bench.fold()
        if layer:
            ascend(bench, layer)
        found = culprits.told()
        stalls = {name: seconds * 1000 for name, seconds in bench.stalls.items()}
    json.dump({"stalls_ms": stalls, "max_ms": max(stalls.values()), "places": found}, sys.stdout)


def compare(
    models: list[Path], runs: int, patience: float, layer: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for model in models:
        answers = [
            json.loads(
                start([__file__, "--watch", str(model), "--longer-than", str(patience), "--ascent", layer])
            )
            for _ in range(runs)
        ]
        worst = max(answers, key=lambda answer: answer["max_ms"])
        stalls = {
            name: round(median(answer["stalls_ms"][name] for answer in answers), 1)
            for name in worst["stalls_ms"]
        }
        yield (
            model.name,
            {
                "median_ms": stalls,
                "max_ms": round(max(stalls.values()), 1),
                "worst_run_ms": round(worst["max_ms"], 1),
                "places": worst["places"],
            },
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--longer-than", type=float, default=50, metavar="MS", help="what is looked into")
    parser.add_argument("--ascent", default="", metavar="LAYER", help="whose filters get pictures")
    parser.add_argument("--watch", help=argparse.SUPPRESS)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL")
    options = parser.parse_args()
    if options.watch:
        watch(options.watch, options.longer_than / 1000, options.ascent)
        return
    with tempfile.TemporaryDirectory() as folder:
        models = options.models or [
            generated("chain", 10_000, Path(folder)),
            generated("transformer", 10_000, Path(folder)),
            SAMPLES / "efficientnet_lite0.onnx",
        ]
        json.dump(
            dict(compare(models, options.runs, options.longer_than, options.ascent)), sys.stdout, indent=1
        )
    print()


if __name__ == "__main__":
    main()
