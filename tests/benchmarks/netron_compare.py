"""Processor time until a network is seen, beside Netron's in the same run. Prints JSON.

    python tests/benchmarks/netron_compare.py --browser-python PYTHON [--runs 5]
        [--patience 120] [MODEL ...]

PYTHON is an interpreter with `netron`, `playwright` and `psutil` (`python -m venv ENV`, then `ENV/bin/pip
install netron playwright psutil`); a `chromium` is on the path. Ours: from the start of the process to the
first complete frame, as the program opens the network and with every layer unfolded. Netron's: from
navigation to the painted graph, of the browser and of the script that serves and drives it. Both also above
an empty start: ours of the window without a network, of an empty window of Qt and VTK, and, as Netron's, of
a network of 10 nodes.

Without a model: light_squeezenet, light_resnet50 and light_densenet121 of the onnx package and generated
chains of 1,000 and 10,000 nodes. Large ones take Netron minutes, or are never done: then one run of it is
enough.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from processes import generated, light, start

HERE = Path(__file__).resolve().parent
OURS = str(HERE / "until_painted.py")
LEAST = 0.1  # seconds above an empty start that can be told from the differences between two starts


def netron(python: str, model: Path, patience: float) -> dict[str, Any]:
    """What Netron uses for a file; its ``nodes`` are None if it does not come to an end in time."""
    page = [python, str(HERE / "netron_page.py"), str(model), "--patience", str(patience)]
    done = subprocess.run(page, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"Netron could not be measured:\n{done.stderr}")
    return dict(json.loads(done.stdout))


def used(
    python: str, models: Sequence[Path], ten: Path, runs: int, patience: float
) -> dict[str, dict[str, list[Any]]]:
    """Measure each in turn, so that a busy machine is as busy for all; our first turn does not count."""
    empty = {
        "window": lambda: json.loads(start([OURS])),
        "ten nodes": lambda: json.loads(start([OURS, str(ten)])),
        "Qt and VTK": lambda: json.loads(start([str(HERE / "empty_window.py")])),
        "netron": lambda: netron(python, ten, patience),
    }
    found: dict[str, dict[str, list[Any]]] = {"": {name: [] for name in empty}}
    found |= {str(model): {"ours": [], "expanded": [], "netron": []} for model in models}
    for turn in range(runs + 1):
        for name, measure in empty.items():
            answer = measure()
            if turn:
                found[""][name].append(answer)
        for model in models:
            rows = found[str(model)]
            answers = {
                "ours": json.loads(start([OURS, str(model)])),
                "expanded": json.loads(start([OURS, "--expanded", str(model)])),
            }
            if turn:
                for name, answer in answers.items():
                    rows[name].append(answer)
                # What did not come to an end once will not do so again.
                if not rows["netron"] or rows["netron"][0]["nodes"] is not None:
                    rows["netron"].append(netron(python, model, patience))
            print(f"{turn}/{runs} {model.name}", file=sys.stderr)
    return found


def table(found: dict[str, dict[str, list[Any]]]) -> dict[str, Any]:
    """Medians, and how ours compare."""

    def middle(answers: list[Any]) -> float:
        return round(median(answer["cpu_s"] for answer in answers), 3)

    empty = {name: middle(answers) for name, answers in found.pop("").items()}
    models = {}
    for model, rows in found.items():
        theirs = rows["netron"][0]["nodes"] is not None
        row: dict[str, Any] = {
            "nodes": rows["expanded"][0]["nodes"],
            "netron": middle(rows["netron"]),
            "netron_finished": theirs,
        }
        above_netron = row["netron"] - empty["netron"]
        for name in ("ours", "expanded"):
            total = middle(rows[name])
            above = round(total - empty["window"], 3)
            row[name] = {
                "cpu_s": total,
                "seconds": round(median(answer["first_frame_s"] for answer in rows[name]), 3),
                "above_window": above,
                "above_qt_and_vtk": round(total - empty["Qt and VTK"], 3),
                "above_ten_nodes": round(total - empty["ten nodes"], 3),
            }
            if theirs:
                row[name]["of_netron"] = round(total / row["netron"], 2)
            if theirs and above_netron > LEAST:
                row[name]["of_netron_above_empty"] = round(above / above_netron, 2)
                row[name]["of_netron_above_ten_nodes"] = round((total - empty["ten nodes"]) / above_netron, 2)
        row["netron_above_empty"] = round(above_netron, 3)
        models[Path(model).name] = row
    return {"cpu_s_of_empty": empty, "models": models}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--browser-python", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--patience", type=float, default=120, metavar="SECONDS", help="with Netron")
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL")
    options = parser.parse_args()
    needed = "import netron, playwright, psutil"
    if subprocess.run([options.browser_python, "-c", needed], capture_output=True).returncode:
        parser.error(f"{options.browser_python} lacks one of netron, playwright and psutil: see --help")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        models = options.models or [
            *(light(name) for name in ("squeezenet", "resnet50", "densenet121")),
            *(generated("chain", nodes, folder) for nodes in (1000, 10_000)),
        ]
        ten = generated("chain", 10, folder)
        found = used(options.browser_python, models, ten, options.runs, options.patience)
    machine = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "display": os.environ.get("DISPLAY", ""),
    }
    json.dump({"runs": options.runs, "machine": machine, **table(found)}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
