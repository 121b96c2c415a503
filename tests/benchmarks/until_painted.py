"""The program from its start to the first complete frame of a network, and no further. Prints JSON.

    python tests/benchmarks/until_painted.py [--expanded] [MODEL]

Without a model: to the first frame of the empty window. With ``--expanded``: to the first frame that shows
every layer on its own, whatever the program folds at first.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from processes import SAMPLES, began, clock, cpu, peak_mb


def watch(model: Path | None, expanded: bool) -> None:
    words = [str(model or SAMPLES / "lenet_fashion.h5")]
    sys.argv = ["run_explorer.py", *words]
    from explorer3d import bootstrap

    bootstrap.enter(words)
    from qtpy.QtCore import QTimer

    import explorer3d.compute.faces as faces
    import explorer3d.qt.view as view
    import explorer3d.qt.window as window

    paint, answer = view.View.paintEvent, {}

    def finish(main: Any) -> None:
        folding = main.document.folding
        nodes = len(folding.layout.names) if folding else 0
        used = {"first_frame_s": clock() - began(), "cpu_s": cpu(), "peak_mb": peak_mb(), "nodes": nodes}
        answer.update(used)
        QTimer.singleShot(0, main.close)

    def painted(self: Any, event: Any) -> None:
        paint(self, event)
        main = self.window()
        folding = main.document.folding
        if answer or (model is not None and folding is None):
            return
        if expanded and folding.unfolded != folding.hierarchy.to_level(folding.hierarchy.levels):
            if not main.document.under_way("folding"):
                QTimer.singleShot(0, main.fold_menu.expand)
            return
        finish(main)

    # Running the network comes after its first frame, and would run beside unfolding it.
    faces.ShowFaces.__call__ = lambda *given: faces.Faces({})  # type: ignore[method-assign]
    view.View.paintEvent = painted  # type: ignore[method-assign]
    if model is None:
        window.Window.open_model = lambda *given, **named: None  # type: ignore[method-assign]
    from explorer3d.cli import main

    main(words)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--expanded", action="store_true")
    parser.add_argument("model", nargs="?", type=Path, metavar="MODEL")
    options = parser.parse_args()
    watch(options.model, options.expanded)
