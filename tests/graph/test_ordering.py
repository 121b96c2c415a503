"""Large networks are ordered part by part: parts alike once, none of them large, and never for nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from explorer3d.errors import Cancelled
from explorer3d.graph import ordering
from explorer3d.graph.folding import arranged
from explorer3d.graph.hierarchy import hierarchy
from explorer3d.graph.layout import arrange
from tests.graph.test_layout import at, check, network


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many nodes each part had that Sugiyama's algorithm was asked about."""
    sizes: list[int] = []
    order = ordering._sugiyama

    def sugiyama(rank: Any, ends: Any) -> Any:
        sizes.append(len(rank))
        return order(rank, ends)

    monkeypatch.setattr(ordering, "_sugiyama", sugiyama)
    return sizes


def residual(units: int) -> dict[str, list[str]]:
    """Units of two layers and a sum; beside every third, two layers more."""
    layers: dict[str, list[str]] = {}
    last = "x"
    for unit in range(units):
        layers[f"a{unit}"], layers[f"b{unit}"] = [last], [f"a{unit}"]
        if unit % 3 == 2:
            layers[f"c{unit}"], layers[f"d{unit}"] = [last], [f"c{unit}"]
            last = f"d{unit}"
        layers[f"sum{unit}"] = [f"b{unit}", last]
        last = f"sum{unit}"
    return layers


def side_by_side(chains: int, length: int) -> dict[str, list[str]]:
    """Chains that take turns in reading each other's results: nowhere does only one of them lead on."""
    layers: dict[str, list[str]] = {}
    for step in range(length):
        for one in range(chains):
            other = f"c{step % chains}_{step - 1}"
            layers[f"c{one}_{step}"] = [f"c{one}_{step - 1}", other] if step else ["x"]
    return layers


def test_parts_alike_are_ordered_once(ordered: list[int]) -> None:
    layout = arrange(network(residual(60)))
    check(layout)
    # Start, two layers and the sum; with the branch, two more.
    assert sorted(ordered) == [4, 6]
    lane = at(layout, layout.lane)
    assert {abs(lane[f"c{unit}"]) for unit in range(2, 60, 3)} == {1}
    assert len({lane[f"c{unit}"] for unit in range(2, 60, 3)}) == 1


def test_unfolding_a_block_orders_nothing_but_that_block(ordered: list[int]) -> None:
    layers = residual(60)
    tree = hierarchy(network({name: layers[name] for name in layers}))
    everything = tree.to_level(tree.levels)
    arranged(tree, everything, 1.6)
    del ordered[:]
    again = arranged(tree, everything, 1.6)
    assert ordered == []
    inner = next(block for block in tree.blocks if block.name not in {b.parent for b in tree.blocks})
    folded = arranged(tree, everything - {inner.name}, 1.6)
    assert len(folded.layout.names) == len(again.layout.names) - len(inner) + 1
    assert all(size <= 6 for size in ordered) and len(ordered) <= 2
    check(folded.layout)


def test_a_folded_block_is_described_once() -> None:
    tree = hierarchy(network(residual(60)))
    first, second = (
        arranged(tree, tree.to_level(0) | extra, 1.6).model.layer_by_name
        for extra in (frozenset[str](), {tree.blocks[0].name})
    )
    common = first.keys() & second.keys() & tree.block_by_name.keys()
    assert common
    assert all(first[name] is second[name] for name in common)


def test_a_network_without_a_waist_is_cut_all_the_same(ordered: list[int]) -> None:
    layout = arrange(network(side_by_side(5, 800)))
    check(layout)
    assert len(layout.names) == 4001
    # Nodes, dummy nodes and pieces of edges of a part are 2000 at most.
    assert 0 < max(ordered) < 1000
    # Each chain lies on a lane of its own.
    lane = at(layout, layout.lane)
    assert max(abs(value) for value in lane.values()) <= 8


def test_what_is_too_wide_for_the_algorithm_is_ordered_roughly(ordered: list[int]) -> None:
    wide = {f"b{index}": ["x"] for index in range(3000)}
    check(arrange(network({**wide, "join": list(wide)})))
    dense: dict[str, list[str]] = {f"n0_{index}": ["x"] for index in range(60)}
    for rank in range(1, 5):
        dense |= {f"n{rank}_{i}": [f"n{rank - 1}_{j}" for j in range(60)] for i in range(60)}
    check(arrange(network(dense)))
    assert ordered == []


def test_given_up_it_is_laid_out_roughly_and_whole(ordered: list[int]) -> None:
    shares: list[float] = []

    def progress(share: float, message: str) -> None:
        shares.append(share)
        if len(ordered) == 1:
            raise Cancelled

    orders: dict[bytes, Any] = {}
    model = network(residual(60))
    layout = arrange(model, orders=orders, progress=progress)
    check(layout)
    assert not layout.complete
    assert shares == sorted(shares) and len(ordered) == 1
    assert arrange(model, orders=orders).complete
    assert len(ordered) == 2, "what was given up is done the next time"


def test_progress_is_told_from_the_beginning_to_the_end() -> None:
    shares: list[float] = []
    arrange(network(residual(6)), progress=lambda share, message: shares.append(share))
    assert shares == sorted(shares)
    assert shares[0] == 0 and len(shares) > 4 and shares[-1] < 1


def test_edges_that_pass_an_end_of_a_part_end_there() -> None:
    """Ranks 0 1 1 2 2 3: cut at ranks 1 and 2, the edge over both leaves a dummy node at each."""
    depth = np.array([0, 1, 1, 2, 2, 3])
    ends = np.array([[0, 1], [0, 2], [0, 5], [1, 3], [2, 4], [3, 5], [4, 5]])
    cut = ordering._Cut(depth, ends)
    assert cut.bounds.tolist() == [0, 3]
    cut.bounds = np.array([0, 1, 2, 3])
    parts = [[array.tolist() for array in cut.part(index)] for index in range(3)]
    assert parts == [
        [[0, 1, 1, 1], [[0, 1], [0, 2], [0, 3]]],
        [[0, 0, 1, 1, 0, 1], [[4, 5], [0, 2], [1, 3]]],
        [[0, 0, 1, 0], [[3, 2], [0, 2], [1, 2]]],
    ]


def test_rough_order_puts_nodes_beside_their_neighbours() -> None:
    """Two chains that start in one order and are numbered in the other afterwards."""
    rank = np.array([0, 0, 1, 1, 2, 2])
    ends = np.array([[0, 3], [1, 2], [3, 4], [2, 5]])
    across = ordering._rough(rank, ends)
    assert across.tolist() in ([-0.5, 0.5, 0.5, -0.5, -0.5, 0.5], [0.5, -0.5, -0.5, 0.5, 0.5, -0.5])
