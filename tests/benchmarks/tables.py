"""Tables for README.md from what the programs print.

python tests/benchmarks/tables.py netron|sizes|stalls|click|memory|dragging|frames|explanations FILE.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from explorer3d.attribution import METHODS
from tests.benchmarks.explanations import SIDES

Row = Sequence[object]


def netron(found: dict[str, Any]) -> Iterator[Row]:
    yield (
        *("network", "nodes", "Netron", "ours", "× Netron", "unfolded", "× Netron"),
        *("above an empty start: Netron", "ours", "×", "unfolded", "×"),
        *("both above ten nodes: ours", "×", "unfolded", "×"),
    )
    empty = found["cpu_s_of_empty"]
    yield "*empty*", "", empty["netron"], empty["window"], *[""] * 12
    yield "*ten nodes*", 11, empty["netron"], empty["ten nodes"], *[""] * 12
    for name, row in found["models"].items():
        ours, expanded = row["ours"], row["expanded"]
        theirs = row["netron"] if row["netron_finished"] else f"not done after {row['netron']}"
        cells = [f"`{name}`", row["nodes"], theirs]
        for one in (ours, expanded):
            cells += [one["cpu_s"], one.get("of_netron", "")]
        cells.append(row["netron_above_empty"] if row["netron_finished"] else "")
        for above, ratio in (
            ("above_window", "of_netron_above_empty"),
            ("above_ten_nodes", "of_netron_above_ten_nodes"),
        ):
            for one in (ours, expanded):
                cells += [one[above], one.get(ratio, "")]
        yield cells


def sizes(found: dict[str, Any]) -> Iterator[Row]:
    yield "network", "first frame s", "above the empty window", "×", "processor s", "most MB"
    for name, row in found.items():
        if isinstance(row, dict):
            above = row.get("first_frame_s_above_empty", ""), row.get("first_frame_s_above_empty_times", "")
            yield f"`{name}`", row["first_frame_s"], *above, row["cpu_s"], row["peak_mb"]


def stalls(found: dict[str, Any]) -> Iterator[Row]:
    deeds = ("open", "drag", "click", "search", "collapse", "expand")
    yield "longest halt, ms", *deeds
    for name, row in found.items():
        yield f"`{name}`", *(row["median_ms"].get(deed, "") for deed in deeds)


def click(found: dict[str, Any]) -> Iterator[Row]:
    kinds = "unprepared", "cold", "first", "second"
    yield (
        *("milliseconds", "plain onnxruntime", *kinds, "above plain: cold", "first"),
        *("of the second: window's thread", "waiting", "heaviest weights", "of millions"),
    )
    keys = (
        *("plain", *(f"{kind}_elapsed" for kind in kinds), "cold_above_plain", "first_above_plain"),
        *("second_window", "second_waiting", "weights_of_heaviest", "millions"),
    )
    for name, row in found.items():
        if isinstance(row, dict):
            yield f"`{name}`", *(row.get(key, "") for key in keys)


def memory(found: dict[str, Any]) -> Iterator[Row]:
    yield f"`{found['model']}`, MB", "file", "for activations", "held of that", "most", "allowed", "share"
    for name, row in found.items():
        if isinstance(row, dict):
            keys = ("file_mb", "budget_mb", "activations_mb", "peak_mb", "allowed_mb", "of_allowed")
            yield name, *(row[key] for key in keys)


def dragging(found: dict[str, Any]) -> Iterator[Row]:
    yield "milliseconds", "floor", "draft", "× floor", "full detail", "smooth edges as well"
    for name, row in found.items():
        if isinstance(row, dict):
            keys = ("plain_ms", "draft_ms", "draft_by_plain", "full_ms", "smooth_ms")
            yield name, *(row[key] for key in keys)


def frames(found: dict[str, Any]) -> Iterator[Row]:
    yield "milliseconds", "empty frame", "folded", "× empty"
    for name, row in found["models"].items():
        yield f"`{name}`", *(row["overview"][key] for key in ("empty_ms", "ms", "ratio"))


def explanations(found: dict[str, Any]) -> Iterator[Row]:
    """Of what deleting important pixels does."""
    kinds = found["drop_of_probability"]
    yield "deleted by", *(cell for kind in SIDES for cell in (f"{kind}: drop", "more than by lot", "±"))
    for name in sorted(kinds["pixels"], key=lambda name: kinds["pixels"][name]["drop"]):
        title = METHODS[name].title if name in METHODS else "lot"
        keys = ("drop", "more_than_by_lot", "error")
        yield title, *(_three(kinds[kind][name].get(key)) for kind in SIDES for key in keys)


def _three(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"


TABLES: dict[str, Callable[[dict[str, Any]], Iterator[Row]]] = {
    "netron": netron,
    "sizes": sizes,
    "stalls": stalls,
    "click": click,
    "memory": memory,
    "dragging": dragging,
    "frames": frames,
    "explanations": explanations,
}


def table(kind: str, found: dict[str, Any]) -> str:
    """What a program has printed, in Markdown."""
    rows = list(TABLES[kind](found))
    rows.insert(1, ["---", *["---:"] * (len(rows[0]) - 1)])
    return "".join(f"| {' | '.join(str(cell) for cell in row)} |\n" for row in rows)


if __name__ == "__main__":
    kind, file = sys.argv[1:]
    print(table(kind, json.loads(Path(file).read_text(encoding="utf-8"))), end="")
