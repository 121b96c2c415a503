"""How long AlexNet (`.h5`, 190 MB) takes to open, and how much memory; beside reading its bytes and creating
a plain session of onnxruntime from the same network as `.onnx`. Prints JSON; needs no display.

    python tests/benchmarks/open_alexnet.py [--runs 5]

Libraries are loaded before the clock starts, on both sides.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from processes import alexnet, clock, medians, peak_mb, start


def plain(h5: Path, onnx: Path) -> dict[str, Any]:
    """Read the bytes of one file, create a session from the other."""
    import numpy as np
    import onnxruntime as ort

    before = clock()
    size = len(h5.read_bytes())
    read = clock()
    session = ort.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
    created = clock()
    peak = peak_mb()
    session.run(None, {"image": np.zeros((1, 224, 224, 3), np.float32)})
    return {
        "file_mb": size / 1e6,
        "read_s": read - before,
        "session_s": created - read,
        "open_s": created - before,
        "peak_mb": peak,
        "first_run_s": clock() - created,
        "peak_after_run_mb": peak_mb(),
    }


def opened(h5: Path) -> dict[str, Any]:
    """Open the file as the program does, run it, look into every layer."""
    import explorer3d.compute.runner
    import explorer3d.formats.keras.reader  # noqa: F401
    from explorer3d.compute.faces import ShowFaces
    from explorer3d.compute.show import ShowLayer
    from explorer3d.inputs import feeds_for
    from explorer3d.opening import OpenNetwork

    before = clock()
    network = OpenNetwork(h5)()
    done = clock()
    answer: dict[str, Any] = {"open_s": done - before, "peak_mb": peak_mb()}
    feeds = feeds_for(network.model, None).arrays
    before = clock()
    ShowFaces(network.key, feeds)()
    answer |= {"first_faces_s": clock() - before, "peak_with_faces_mb": peak_mb()}
    clicks = []
    for layer in network.model.layers:
        before = clock()
        shown = ShowLayer(network.key, feeds, layer.name)()
        clicks.append(clock() - before)
        assert shown.fault is None, shown.fault
    answer |= {"clicks": len(clicks), "longest_click_s": max(clicks), "peak_with_clicks_mb": peak_mb()}
    return answer


def to_onnx(h5: Path, onnx: Path) -> None:
    import onnx_ir

    import explorer3d

    onnx_ir.save(explorer3d.open_model(h5).model.ir, onnx)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    h5 = alexnet()
    with tempfile.TemporaryDirectory() as folder:
        onnx = Path(folder, "alexnet.onnx")
        programs = {
            "plain": [__file__, "--plain", str(h5), str(onnx)],
            "opened": [__file__, "--opened", str(h5)],
        }
        start([__file__, "--to-onnx", str(h5), str(onnx)])
        rows: dict[str, Any] = medians(programs, options.runs)
    ours, floor = rows["opened"], rows["plain"]
    ratios = {
        "open_of_plain": ours["open_s"] / floor["open_s"],
        "open_and_faces_of_plain": (ours["open_s"] + ours["first_faces_s"])
        / (floor["open_s"] + floor["first_run_s"]),
        "memory_left_of_3_sizes_and_300_mb": 3 * floor["file_mb"] + 300 - ours["peak_with_clicks_mb"],
    }
    json.dump({**rows, **{name: round(value, 3) for name, value in ratios.items()}}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    kind, *paths = sys.argv[1:] or [""]
    if kind == "--to-onnx":
        to_onnx(Path(paths[0]), Path(paths[1]))
    elif kind == "--plain":
        json.dump(plain(Path(paths[0]), Path(paths[1])), sys.stdout)
    elif kind == "--opened":
        json.dump(opened(Path(paths[0])), sys.stdout)
    else:
        main()
