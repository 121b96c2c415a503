"""How the time until a network is seen, and memory, grow with its nodes. Prints JSON.

    python tests/benchmarks/sizes.py [--runs 5] [--sizes 1000 10000 100000]

From the start of the process to the first complete frame with every layer unfolded; nothing is run through
the network. Above 10,000 nodes once only. Also above an empty start, since a window and its libraries take
the same for every size.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from graphs import SHAPES
from processes import generated, medians

MOST_OFTEN = 10_000  # nodes
OURS = str(Path(__file__).resolve().parent / "until_painted.py")


def grown(rows: dict[str, dict[str, Any]], sizes: list[int]) -> dict[str, Any]:
    """What each size takes, as a multiple of what the smallest takes."""
    empty = rows["empty"]
    answer: dict[str, Any] = {"empty": empty}
    for shape in SHAPES:
        least = rows[f"{shape}_{sizes[0]}"]
        for size in sizes:
            row = rows[f"{shape}_{size}"]
            for name in ("first_frame_s", "cpu_s"):
                above = row[name] - empty[name]
                row[f"{name}_above_empty"] = round(above, 3)
                row[f"{name}_times"] = round(row[name] / least[name], 1)
                row[f"{name}_above_empty_times"] = round(above / max(least[name] - empty[name], 0.01), 1)
            answer[f"{shape}_{size}"] = row
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000], metavar="NODES")
    options = parser.parse_args()
    sizes = sorted(options.sizes)
    with tempfile.TemporaryDirectory() as made:
        often, once = {"empty": [OURS]}, {}
        for shape in SHAPES:
            for size in sizes:
                file = generated(shape, size, Path(made))
                programs = often if size <= MOST_OFTEN else once
                programs[file.stem] = [OURS, "--expanded", str(file)]
        rows = medians(often, options.runs) | medians(once, 1, warm=False)
    json.dump({"runs": options.runs, **grown(rows, sizes)}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
