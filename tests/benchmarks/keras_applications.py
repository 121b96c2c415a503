"""Opens every network of keras.applications, as ``.h5`` and ``.keras``, and holds each layer to Keras.

    python tests/benchmarks/keras_applications.py FOLDER [MODEL ...]
    python tests/benchmarks/keras_applications.py FOLDER --table

Writes ``FOLDER/<model>.json`` and leaves out networks that have one, so that it can be interrupted. Takes an
hour or more, some GB of memory and of room in the folder. `--table` prints what was found as Markdown. Needs
the extra `keras`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from processes import clock, start

KINDS = ("h5", "keras")
HERE = Path(__file__).resolve().parent
LARGEST_ERROR = 1e-3
LEAST, MOST = 0.1, 10.0
"""Deviations of results in which a mix-up would show."""


def names() -> list[str]:
    """All networks that Keras offers."""
    program = (
        "import inspect, keras; a = keras.applications; "
        "print(*(name for name in dir(a) if inspect.isfunction(getattr(a, name))))"
    )
    return start(["-c", program]).split()


def measure(name: str, folder: Path) -> dict[str, Any]:
    """One network in both formats; what failed is under ``error``."""
    result: dict[str, Any] = {"model": name}
    with tempfile.TemporaryDirectory(dir=folder) as place:
        try:
            start([str(HERE / "keras_truth.py"), name, place])
            truth = json.loads(Path(place, "truth.json").read_text())
            result |= {"parameters": truth["parameters"], "keras_s": truth["seconds"]}
            for kind in KINDS:
                file = Path(place, f"model.{kind}")
                result[kind] = json.loads(start([str(HERE / "keras_compare.py"), str(file)]))
                file.unlink()
        except subprocess.CalledProcessError as error:
            result["error"] = str(error)
    return result


def passed(result: dict[str, Any]) -> bool:
    """Whether a network opened, all its layers were compared, and nothing was wrong with any."""
    return "error" not in result and all(
        result[kind]["worst"] <= LARGEST_ERROR
        and not result[kind]["faults"]
        and result[kind]["compared"] == result[kind]["layers"]
        and all(LEAST <= deviation <= MOST for deviation, _ in result[kind]["deviations"])
        for kind in KINDS
    )


def table(folder: Path) -> str:
    lines = [
        "| network | parameters | layers compared | worst error | MB | .h5: open s | peak MB "
        "| .keras: open s | peak MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stem.lower()):
        result = json.loads(path.read_text())
        if not passed(result):
            lines.append(f"| {path.stem} | failed |")
            continue
        h5, archive = (result[kind] for kind in KINDS)
        cells = [
            path.stem,
            f"{result['parameters']:,}",
            f"{h5['compared']} of {h5['layers']}",
            f"{max(h5['worst'], archive['worst']):.1e}",
            f"{h5['file_mb']:.0f}",
            *(f"{found['open_s']:.2f} | {found['peak_mb']}" for found in (h5, archive)),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_intermixed_args()
    if options.table:
        print(table(options.folder))
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    wanted = options.models or names()
    for at, name in enumerate(wanted):
        path = options.folder / f"{name}.json"
        if path.exists():
            continue
        before = clock()
        result = measure(name, options.folder)
        path.write_text(json.dumps(result, indent=1))
        verdict = "passed" if passed(result) else "FAILED"
        print(f"{at + 1}/{len(wanted)} {name} {verdict}, {clock() - before:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
