"""Where the time goes from the start of the process to the first complete frame, and from there to the frame
that shows the first inference; beside an empty window of Qt and VTK. Prints JSON; needs a display.

    python tests/benchmarks/first_frame.py [--runs 5] [MODEL ...]

Without a model: the samples, and AlexNet.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from processes import SAMPLES, alexnet, began, clock, medians, peak_mb

HERE = Path(__file__).resolve().parent


def watch(model: str) -> None:
    """Start the program on a model, quit when the first inference is drawn, print what took how long."""
    from spans import Spans

    spans = Spans(began())
    answer: dict[str, Any] = {}

    def count(owner: Any, **names: str) -> None:
        for attribute, name in names.items():
            setattr(owner, attribute, spans.around(name, getattr(owner, attribute)))

    def watch_view(module: Any) -> None:
        from qtpy.QtCore import QTimer

        paint = module.View.paintEvent

        def painted(view: Any, event: Any) -> None:
            paint(view, event)
            now, document = clock() - began(), view.window().document
            answer.setdefault("window_s", now)
            if "first_frame_s" not in answer and document.network is not None:
                answer["first_frame_s"] = now
                answer["first_frame_cpu_s"] = time.process_time()
                answer["until_first_frame"] = spans.take()
            elif "first_frame_s" in answer and document.faces:
                answer["first_inference_s"] = now
                answer["from_there_to_first_inference"] = spans.take()
                answer["peak_mb"] = peak_mb()
                # Not from within its own painting.
                QTimer.singleShot(0, view.window().close)

        module.View.paintEvent = spans.around("paint", painted)

    spans.watch_imports(
        {
            "explorer3d.bootstrap": lambda module: count(module, enter="checks", require_graphics="checks"),
            "explorer3d.qt.app": lambda module: count(module, run="wait", QApplication="start Qt"),
            "explorer3d.qt.style": lambda module: count(module, dress="style"),
            "explorer3d.qt.window": lambda module: count(module.Window, __init__="make window"),
            "explorer3d.qt.view": watch_view,
            "explorer3d.document": lambda module: count(module, arrange="layout"),
            "explorer3d.compute.requests": lambda module: count(module, read_model="read"),
            "explorer3d.compute.faces": lambda module: count(module.ShowFaces, __call__="faces"),
            "explorer3d.scene.scenery": lambda module: count(module, Canvas="start OpenGL"),
            "explorer3d.scene.stage": lambda module: count(
                module.Stage, show="build", show_faces="build", draw="draw"
            ),
            "onnxruntime": lambda module: count(
                module.InferenceSession, __init__="session creation", run="inference"
            ),
        }
    )
    sys.argv = ["run_explorer.py", model]
    from explorer3d import bootstrap

    bootstrap.enter([model])
    from explorer3d.cli import main

    main([model])
    json.dump(answer, sys.stdout)


def compare(models: list[Path], runs: int) -> dict[str, Any]:
    empty = str(HERE / "empty_window.py")
    programs = {model.name: [__file__, "--watch", str(model.resolve())] for model in models}
    rows = medians({"empty": [empty], **programs}, runs)
    floor = rows["empty"]["first_frame_s"]
    for row in rows.values():
        row["of_empty"] = round(row["first_frame_s"] / floor, 2)
    return {"runs": runs, **rows}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL")
    options = parser.parse_args()
    samples = [SAMPLES / "lenet_fashion.h5", SAMPLES / "efficientnet_lite0.onnx"]
    json.dump(compare(options.models or [*samples, alexnet()], options.runs), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        watch(sys.argv[2])
    else:
        main()
