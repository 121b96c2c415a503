"""Ways through small graphs, found by hand."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.graph.layout import Edge, Layout, arrange
from explorer3d.graph.paths import Flow
from tests.scene.networks import chain, network


def laid_out(places: dict[str, tuple[int, float]], edges: str) -> Layout:
    """Nodes at (rank, lane); edges as ``ab bc``, by one-letter names."""
    names = tuple(places)
    rank = np.array([rank for rank, _ in places.values()])
    return Layout(
        names=names,
        rank=rank,
        row=np.zeros(len(names), np.int64),
        column=rank,
        lane=np.array([lane for _, lane in places.values()], float),
        row_center=np.zeros(1),
        edges=tuple(Edge(names.index(a), names.index(b), f"{a}{b}", "straight") for a, b in edges.split()),
    )


#      ┌ c ───┐
#  a ─ b ─ d ─ e ─ g      with a way round from b to e, and h, which only flows into g
#          h ─────┘
BRANCHED = laid_out(
    {"a": (0, 0), "b": (1, 0), "c": (2, -1), "d": (2, 0), "e": (3, 0), "g": (4, 0), "h": (2, 1)},
    "ab bc bd ce de be eg hg",
)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ("ag", "abcdeg"),
        ("be", "bcde"),
        ("eb", "bcde"),  # whichever was chosen first
        ("bd", "bd"),
        ("cg", "ceg"),
        ("cd", ""),  # side by side
        ("ah", ""),
        ("hg", "gh"),
        ("cc", "c"),
    ],
)
def test_nodes_between(ends: str, expected: str) -> None:
    one, other = (BRANCHED.names.index(name) for name in ends)
    found = Flow(BRANCHED).between(one, other)
    assert "".join(sorted(np.array(BRANCHED.names)[found])) == expected


def test_edges_between_and_at_a_node() -> None:
    flow = Flow(BRANCHED)
    values = np.array([edge.value for edge in BRANCHED.edges])
    lit = flow.inside(flow.between(BRANCHED.names.index("b"), BRANCHED.names.index("g")))
    assert set(values[lit]) == {"bc", "bd", "ce", "de", "be", "eg"}
    assert set(values[flow.touching(BRANCHED.names.index("e"))]) == {"ce", "de", "be", "eg"}


@pytest.mark.parametrize(
    ("start", "step", "expected"),
    [
        ("a", "next", "b"),
        ("b", "next", "d"),  # the main line, and its nearer node rather than the way round
        ("c", "next", "e"),
        ("g", "next", None),
        ("g", "previous", "e"),
        ("e", "previous", "d"),
        ("h", "previous", None),
        ("d", "above", "c"),
        ("d", "below", "h"),
        ("h", "above", "d"),
        ("c", "above", None),
        ("e", "above", "c"),  # it too follows b
        ("a", "below", None),
    ],
)
def test_steps(start: str, step: str, expected: str | None) -> None:
    flow = Flow(BRANCHED)
    steps = {
        "next": flow.next,
        "previous": flow.previous,
        "above": lambda node: flow.beside(node, -1),
        "below": lambda node: flow.beside(node, 1),
    }
    found = steps[step](BRANCHED.names.index(start))
    assert (None if found is None else BRANCHED.names[found]) == expected


def test_a_branch_is_followed_to_its_end() -> None:
    layout = laid_out({"a": (0, 0), "b": (1, 1), "c": (2, 1), "d": (2, 0)}, "ab bc bd")
    assert Flow(layout).next(1) == 2


def test_all_paths_are_found_without_walking_each() -> None:
    flow = Flow(arrange(network(chain(10_000))))
    assert flow.between(0, 10_000).sum() == 10_001
    # Each diamond doubles the number of paths: only walking them one by one would ever notice.
    diamonds: dict[str, list[str]] = {}
    last = "x"
    for number in range(60):
        diamonds |= {f"l{number}": [last], f"r{number}": [last], f"j{number}": [f"l{number}", f"r{number}"]}
        last = f"j{number}"
    layout = arrange(network(diamonds))
    assert Flow(layout).between(0, layout.names.index(last)).all()
