"""What the issue of sizes and speed asks for, measured in turn: JSON and a table of each in a folder.

    python tests/benchmarks/measure_all.py FOLDER [--runs 5] [--browser-python PYTHON] [--only NAME ...]

Half an hour on two cores; nothing else should run. Without ``--browser-python`` (see netron_compare.py)
Netron is left out.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from processes import light, start
from tables import TABLES, table

HERE = Path(__file__).resolve().parent


def programs(runs: int, browser_python: str | None) -> dict[str, list[str]]:
    """Arguments of each program, by the name of what it measures."""
    often = ["--runs", str(runs)]
    found = {
        "click": ["click.py", *often],
        "stalls": ["stalls.py", *often],
        "memory": ["memory.py"],
        "dragging": ["dragging.py"],
        "frames": ["frames.py", str(light("resnet50"))],
        "sizes": ["sizes.py", *often],
    }
    if browser_python is not None:
        found["netron"] = ["netron_compare.py", "--browser-python", browser_python, *often]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--browser-python", metavar="PYTHON")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, (program, *words) in programs(options.runs, options.browser_python).items():
        if options.only and name not in options.only:
            continue
        began = time.monotonic()
        try:
            answer = start([str(HERE / program), *words])
        except SystemExit as failed:
            # The others are worth having all the same.
            print(f"{name}: {failed}", file=sys.stderr)
            continue
        (options.folder / f"{name}.json").write_text(answer, encoding="utf-8")
        if name in TABLES:
            written = table(name, json.loads(answer))
            (options.folder / f"{name}.md").write_text(written, encoding="utf-8")
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
