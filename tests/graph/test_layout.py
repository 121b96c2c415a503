"""Layouts of small graphs, worked out by hand, and the rules every layout keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer3d.graph.layout import Layout, arrange
from explorer3d.graph.model import Layer, Model, Port, Shape


def network(
    layers: Mapping[str, Sequence[str]],
    inputs: Sequence[str] = ("x",),
    shapes: Mapping[str, Shape] | None = None,
) -> Model:
    """Each layer takes the values of the named inputs and layers."""
    known = shapes or {}
    ports = {name: Port(name, None, known.get(name), "float32") for name in inputs}
    made = {name: Port(f"{name}:0", name, known.get(name), "float32") for name in layers}
    taken = {name: Port(name, name, None, "float32") for name in inputs} | made
    return Model(
        path=Path("net.onnx"),
        format="onnx",
        producer="",
        ir=ir.Model(ir.Graph([], [], nodes=[]), ir_version=10),
        inputs=tuple(ports.values()),
        outputs=(),
        layers=tuple(
            Layer(
                name=name,
                op="Add",
                inputs=tuple(taken[source] for source in sources),
                outputs=(made[name],),
                weights=(),
                attributes={},
                parameters=0,
                macs=None,
            )
            for name, sources in layers.items()
        ),
    )


def chain(length: int) -> dict[str, list[str]]:
    return {f"n{index}": [f"n{index - 1}" if index else "x"] for index in range(length)}


def at(layout: Layout, values: np.ndarray) -> dict[str, float]:
    return dict(zip(layout.names, values.tolist(), strict=True))


def kinds(layout: Layout) -> dict[tuple[str, str], str]:
    return {(layout.names[e.source], layout.names[e.target]): e.kind for e in layout.edges}


def test_chain_is_a_straight_line() -> None:
    layout = arrange(network(chain(3)))
    assert layout.names == ("x", "n0", "n1", "n2")
    assert layout.rank.tolist() == layout.column.tolist() == [0, 1, 2, 3]
    assert layout.lane.tolist() == [0, 0, 0, 0]
    assert layout.row.tolist() == [0, 0, 0, 0]
    assert [edge.value for edge in layout.edges] == ["x", "n0:0", "n1:0"]
    assert {edge.kind for edge in layout.edges} == {"straight"}
    assert layout.position.tolist() == [[0, 0], [1, 0], [2, 0], [3, 0]]


def test_residual_block_keeps_the_long_way_straight_and_arches_the_short_one() -> None:
    layout = arrange(network({"conv1": ["x"], "relu": ["conv1"], "conv2": ["relu"], "add": ["conv2", "x"]}))
    assert at(layout, layout.rank) == {"x": 0, "conv1": 1, "relu": 2, "conv2": 3, "add": 4}
    assert set(layout.lane) == {0.0}
    assert kinds(layout)["x", "add"] == "skip"
    assert kinds(layout)["conv2", "add"] == "straight"


def test_branches_lie_on_both_sides_of_the_main_line() -> None:
    layout = arrange(
        network(
            {
                "split": ["x"],
                "a": ["split"],
                "b1": ["split"],
                "b2": ["b1"],
                "c": ["split"],
                "join": ["a", "b2", "c"],
            }
        )
    )
    lane = at(layout, layout.lane)
    assert [lane[name] for name in ("x", "split", "b1", "b2", "join")] == [0] * 5
    assert sorted((lane["a"], lane["c"])) in ([-1, 1], [1, 2], [-2, -1])


def test_a_branch_stays_on_one_lane() -> None:
    layers = {"split": ["x"]}
    for branch, length in (("long", 5), ("short", 3)):
        for index in range(length):
            layers[f"{branch}{index}"] = [f"{branch}{index - 1}" if index else "split"]
    layers["join"] = ["long4", "short2"]
    lane = at(arrange(network(layers)), arrange(network(layers)).lane)
    assert {lane[f"long{index}"] for index in range(5)} == {0}
    assert len({lane[f"short{index}"] for index in range(3)}) == 1
    assert abs(lane["short0"]) == 1


def test_chains_that_compute_shapes_do_not_lead() -> None:
    # Five steps work out a size, two layers work on data beside them.
    layers = {f"shape{index}": [f"shape{index - 1}" if index else "x"] for index in range(5)}
    layers |= {"conv1": ["x"], "conv2": ["conv1"], "reshape": ["conv2", "shape4"]}
    # One step between two layers that are also joined directly.
    layers |= {"size": ["reshape"], "expand": ["reshape", "size"]}
    layout = arrange(network(layers, shapes={"size": (), **{f"shape{i}": (4,) for i in range(5)}}))
    lane = at(layout, layout.lane)
    assert [lane[name] for name in ("x", "conv1", "conv2", "reshape", "expand")] == [0] * 5
    assert {abs(lane[f"shape{index}"]) for index in range(5)} == {1}
    assert abs(lane["size"]) == 1


def test_network_of_vectors_is_a_straight_line() -> None:
    shapes = dict.fromkeys(("x", *chain(5), "end"), (4,))
    layout = arrange(network({**chain(5), "end": ["n4"]}, shapes=shapes))
    assert set(layout.lane) == {0.0}


def test_late_input_stands_before_its_user() -> None:
    layers = {**chain(4), "mix": ["n3", "late"]}
    layout = arrange(network(layers, inputs=("x", "late")))
    assert at(layout, layout.rank)["late"] == 4
    assert abs(at(layout, layout.lane)["late"]) == 1


def test_a_value_used_twice_gives_two_edges() -> None:
    layout = arrange(network({"square": ["x", "x"]}))
    assert [(edge.source, edge.target) for edge in layout.edges] == [(0, 1), (0, 1)]


def test_same_name_for_input_and_layer_is_not_a_loop() -> None:
    layout = arrange(network({"x": ["in"], "y": ["x"]}, inputs=("in",)))
    assert layout.rank.tolist() == [0, 1, 2]


@pytest.mark.parametrize("inputs", [(), ("x",), ("x", "y")])
def test_model_without_layers(inputs: tuple[str, ...]) -> None:
    layout = arrange(network({}, inputs=inputs))
    assert layout.names == inputs
    assert layout.edges == ()
    assert layout.position.shape == (len(inputs), 2)
    assert len({tuple(place) for place in layout.position.tolist()}) == len(inputs)


def test_fourteen_ranks_stay_in_one_row_and_more_are_broken() -> None:
    assert arrange(network(chain(13))).row.max() == 0
    layout = arrange(network(chain(39)))
    assert layout.row.max() > 0


def test_rows_fill_the_view() -> None:
    # 40 ranks, rows of height 1 with gaps of 0.6. Width c and r = 40 / c rows fit a view of 1.6 × 1 at
    # scale min(1.6 / c, 1 / (1.6 r - 0.6)): c = 10 gives min(0.16, 0.172); 11 to 13 need four rows as
    # well and are wider; 9 needs five rows: min(0.178, 0.135). So four rows of ten.
    layout = arrange(network(chain(39)))
    assert np.bincount(layout.row).tolist() == [10, 10, 10, 10]
    assert layout.row_center.tolist() == pytest.approx([0, 1.6, 3.2, 4.8])
    assert layout.column.tolist() == [rank % 10 for rank in range(40)]


def test_rows_are_broken_where_one_edge_crosses() -> None:
    # A skip connection from n4 (rank 5) to n6 (rank 7): a break before 6 or 7 cuts two edges, one
    # before 5 only one. Rows of six could take ranks 0 to 5, but leave 5 for the next row.
    layers = chain(12)
    layers["n6"] = ["n5", "n4"]
    layout = arrange(network(layers), columns=6)
    assert layout.row.tolist() == [0] * 5 + [1] * 6 + [2] * 2
    assert kinds(layout)["n4", "n6"] == "skip"


def test_edge_to_another_row_is_a_wrap() -> None:
    layout = arrange(network(chain(5)), columns=3)
    assert layout.row.tolist() == [0, 0, 0, 1, 1, 1]
    assert layout.column.tolist() == [0, 1, 2, 0, 1, 2]
    assert [edge.kind for edge in layout.edges] == ["straight", "straight", "wrap", "straight", "straight"]


def test_rows_leave_room_for_their_branches() -> None:
    layers = {**chain(4), "side": ["n3"], "n4": ["n3"], "n5": ["n4"]}
    layout = arrange(network(layers), columns=3)
    y = layout.position[:, 1]
    lowest = [y[layout.row == row].min() for row in range(layout.row.max() + 1)]
    highest = [y[layout.row == row].max() for row in range(layout.row.max() + 1)]
    assert all(low - high == pytest.approx(1.6) for low, high in zip(lowest[:-1], highest[1:], strict=True))


def check(layout: Layout) -> None:
    places = list(zip(layout.rank.tolist(), layout.lane.tolist(), strict=True))
    assert len(set(places)) == len(places)
    assert all(float(lane).is_integer() for lane in layout.lane)
    for edge in layout.edges:
        assert layout.rank[edge.source] < layout.rank[edge.target]
        assert (edge.kind == "wrap") == (layout.row[edge.source] != layout.row[edge.target])
    # Reading order: ranks in order go through the rows in order, and each row starts at column 0.
    order = np.argsort(layout.rank, kind="stable")
    assert (np.diff(layout.row[order]) >= 0).all()
    for row in range(len(layout.row_center)):
        assert layout.column[layout.row == row].min() == 0
    # The main line: some node of every rank is on lane 0.
    assert set(layout.rank[layout.lane == 0].tolist()) == set(range(int(layout.rank.max()) + 1))


@st.composite
def networks(draw: st.DrawFn) -> Model:
    layers: dict[str, list[str]] = {}
    for index in range(draw(st.integers(0, 25))):
        known = ["x", "y", *layers]
        layers[f"n{index}"] = draw(st.lists(st.sampled_from(known), max_size=3))
    return network(layers, inputs=("x", "y"))


@given(networks(), st.one_of(st.none(), st.integers(1, 9)))
@settings(max_examples=150, deadline=None)
def test_rules_hold_for_any_graph(model: Model, columns: int | None) -> None:
    layout = arrange(model, columns=columns)
    check(layout)
    if columns is not None:
        assert layout.column.max() < columns


def test_two_thousand_branches() -> None:
    layers = {f"b{index}": ["x"] for index in range(2000)}
    layout = arrange(network({**layers, "join": list(layers)}))
    check(layout)
    assert np.ptp(layout.lane) == 1999
    assert abs(layout.lane.max() + layout.lane.min()) <= 1


def transformer(blocks: int) -> dict[str, list[str]]:
    layers: dict[str, list[str]] = {}
    last = "x"
    for b in range(blocks):
        layers[f"norm{b}"] = [last]
        for part in "qkv":
            layers[f"{part}{b}"] = [f"norm{b}"]
            layers[f"{part}{b}_reshape"] = [f"{part}{b}"]
        layers[f"scores{b}"] = [f"q{b}_reshape", f"k{b}_reshape"]
        layers[f"softmax{b}"] = [f"scores{b}"]
        layers[f"mix{b}"] = [f"softmax{b}", f"v{b}_reshape"]
        layers[f"add{b}"] = [f"mix{b}", last]
        # As exporters share a shape computed once: one value used in every block.
        layers[f"shape{b}"] = [f"add{b}", "norm0"]
        last = f"shape{b}"
    return layers


def test_transformer_of_ten_thousand_nodes() -> None:
    layout = arrange(network(transformer(830)))
    check(layout)
    assert len(layout.names) == 830 * 12 + 1
    assert np.ptp(layout.lane) <= 6


def test_chain_of_ten_thousand_nodes() -> None:
    layout = arrange(network(chain(10_000)))
    check(layout)
    assert set(layout.lane) == {0.0}
    width, height = np.ptp(layout.position, axis=0) + 1
    assert 1.4 < width / height < 1.8


def test_a_graph_in_several_parts_stays_within_its_memory() -> None:
    """This one made igraph read freed memory; filling freed memory makes that end the process."""
    edges = (
        "0-14 0-15 0-21 0-23 1-2 1-5 1-14 2-3 2-5 2-10 3-6 3-23 4-11 5-13 5-14 6-7 8-11 8-16 9-24 9-25 "
        "10-25 11-17 11-20 15-21 17-20 17-22 19-21"
    )
    ranks = [0, 0, 1, 2, 0, 2, 3, 4, 0, 0, 2, 1, 0, 3, 3, 1, 1, 2, 0, 1, 3, 2, 3, 3, 1, 3, 0]
    code = f"""
import numpy as np
from explorer3d.graph.ordering import _sugiyama
pairs = [tuple(map(int, edge.split("-"))) for edge in {edges!r}.split()]
for _ in range(300):
    across = _sugiyama(np.array({ranks}), np.array(pairs))
places = set(zip({ranks}, across.tolist()))
assert len(places) == {len(ranks)}
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "MALLOC_PERTURB_": "165"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
