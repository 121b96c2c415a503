"""Blocks of small graphs, worked out by hand: by scope, by repetition, in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer3d.errors import Cancelled
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.folding import MOST_NODES, arranged, default_unfolded, fold
from explorer3d.graph.folding_text import from_text, to_text
from explorer3d.graph.hierarchy import Hierarchy, hierarchy
from explorer3d.graph.model import Layer, Model, Port
from explorer3d.graph.repetition import Repeat, repeats


def network(layers: Mapping[str, Sequence[str]], blocks: Mapping[str, str] | None = None) -> Model:
    """Each layer takes the values of the named ones or of the input ``x``; ``conv_3`` is a ``conv``."""
    port = Port("x", None, (1, 3, 8, 8), "float32", "NCHW")
    made = {name: Port(f"{name}:0", name, (1, 3, 8, 8), "float32", "NCHW") for name in layers}
    taken = made | {"x": replace(port, source="x")}
    return Model(
        path=Path("net.onnx"),
        format="onnx",
        producer="",
        ir=ir.Model(ir.Graph([], [], nodes=[]), ir_version=10),
        inputs=(port,),
        outputs=(list(made.values())[-1],),
        layers=tuple(
            Layer(
                name, name.split("_")[0], tuple(taken[one] for one in sources), (made[name],),
                (), {}, 0, None,
                block=(blocks or {}).get(name, ""),
            )
            for name, sources in layers.items()
        ),
    )  # fmt: skip


def chain(names: Sequence[str]) -> dict[str, list[str]]:
    return {name: [before] for before, name in zip(["x", *names], names, strict=False)}


def titles(tree: Hierarchy) -> list[tuple[int, str, list[str]]]:
    """Depth, title and layers of every block."""
    return [
        (block.depth, block.title, [layer.name for layer in tree.order[block.first : block.stop]])
        for block in tree.blocks
    ]


def test_scopes_become_blocks_in_blocks() -> None:
    names = ["stem_0", "conv_1", "relu_1", "conv_2", "relu_2", "head_0"]
    scopes = {"conv_1": "body/one", "relu_1": "body/one", "conv_2": "body/two", "relu_2": "body/two"}
    tree = hierarchy(network(chain(names), scopes))
    assert titles(tree) == [
        (0, "body", ["conv_1", "relu_1", "conv_2", "relu_2"]),
        (1, "one", ["conv_1", "relu_1"]),
        (1, "two", ["conv_2", "relu_2"]),
    ]
    assert [block.title for block in tree.around("relu_2")] == ["body", "two"]
    assert tree.around("stem_0") == ()
    assert [tree.nodes_at(level) for level in range(tree.levels)] == [3, 4, 6]


def test_a_block_of_one_layer_is_that_layer() -> None:
    tree = hierarchy(network(chain(["a", "b", "c"]), {"a": "one", "b": "two", "c": "two"}))
    assert titles(tree) == [(0, "two", ["b", "c"])]


def test_a_scope_around_everything_is_no_block() -> None:
    tree = hierarchy(network(chain(["a", "b", "c"]), {"a": "net/one", "b": "net/one", "c": "net"}))
    assert titles(tree) == [(0, "one", ["a", "b"])]


def test_a_scope_entered_twice_is_two_blocks() -> None:
    # shared → other → shared: as one node, the two would feed each other.
    names = ["a_0", "a_1", "b_0", "b_1", "c_0", "c_1"]
    scopes = dict(zip(names, ["shared", "shared", "other", "other", "shared", "shared"], strict=True))
    tree = hierarchy(network(chain(names), scopes))
    assert [(title, layers) for _, title, layers in titles(tree)] == [
        ("shared", ["a_0", "a_1"]),
        ("other", ["b_0", "b_1"]),
        ("shared #2", ["c_0", "c_1"]),
    ]


def test_branches_written_in_turns_stay_one_block_each() -> None:
    layers = {"a_0": ["x"], "b_0": ["x"], "a_1": ["a_0"], "b_1": ["b_0"], "join": ["a_1", "b_1"]}
    scopes = {"a_0": "left", "a_1": "left", "b_0": "right", "b_1": "right"}
    tree = hierarchy(network(layers, scopes))
    assert titles(tree) == [(0, "left", ["a_0", "a_1"]), (0, "right", ["b_0", "b_1"])]


def test_a_constant_goes_with_the_layer_that_takes_it() -> None:
    layers = {"const": [], "a": ["x"], "b": ["a"], "c": ["b", "const"], "d": ["c"]}
    tree = hierarchy(network(layers, {"c": "end", "d": "end"}))
    assert titles(tree) == [(0, "end", ["const", "c", "d"])]


def test_what_repeats_is_found_where_least_is_handed_over() -> None:
    # s, then three times a b c d with a value kept from each a to its d, then e.
    signs = np.array([9, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 8])
    crossing = np.array([1, 1, 2, 2, 2, 1, 2, 2, 2, 1, 2, 2, 2, 1, 1])
    assert repeats(signs, crossing) == [Repeat(start=1, period=4, count=3)]
    # Where little is handed over between b and c, that is where parts begin, though it makes one less.
    crossing = np.where(np.isin(np.arange(15), [3, 7, 11]), 1, 5)
    assert repeats(signs, crossing) == [Repeat(start=3, period=4, count=2)]
    # Where much is handed over everywhere, nothing is a part of its own.
    assert repeats(signs, np.full(15, 9)) == []


@pytest.mark.parametrize("signs", [[1] * 30, list(range(30)), [1, 2] * 2, []])
def test_what_has_no_parts_is_not_cut(signs: list[int]) -> None:
    assert repeats(np.array(signs, np.int64), np.ones(len(signs) + 1, np.int64)) == []


def test_blocks_that_repeat_are_found_without_names() -> None:
    operators = ["conv", "norm", "relu", "add"]
    names = (
        ["stem_0", "pool_0"] + [f"{op}_{block}" for block in range(1, 13) for op in operators] + ["head_0"]
    )
    layers = chain(names)
    for block in range(1, 13):
        # The shortcut of a residual block.
        layers[f"add_{block}"].append("pool_0" if block == 1 else f"add_{block - 1}")
    tree = hierarchy(network(layers))
    blocks = titles(tree)
    assert [layers for _, _, layers in blocks] == [[f"{op}_{i}" for op in operators] for i in range(1, 13)]
    assert [title for _, title, _ in blocks][:2] == ["conv 1/12", "conv 2/12"]


def test_what_tells_nothing_is_cut_into_pieces() -> None:
    names = [f"op{index * index % 997}_{index}" for index in range(400)]
    tree = hierarchy(network(chain(names)))
    assert tree.nodes_at(0) <= 60
    assert [layer.name for layer in tree.order] == names


@st.composite
def graphs(draw: st.DrawFn) -> Model:
    count = draw(st.integers(1, 90))
    layers, blocks = {}, {}
    for index in range(count):
        name = f"{draw(st.sampled_from('pqr'))}_{index}"
        before = ["x", *layers]
        layers[name] = draw(st.lists(st.sampled_from(before[-8:]), max_size=3, unique=True))
        blocks[name] = "/".join(draw(st.lists(st.sampled_from("abc"), max_size=3)))
    return network(layers, blocks)


@settings(max_examples=120, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_whatever_is_folded_nothing_is_lost_and_data_flows_forward(model: Model, chance) -> None:  # type: ignore[no-untyped-def]
    tree = hierarchy(model)
    assert sorted(layer.name for layer in tree.order) == sorted(layer.name for layer in model.layers)
    unfolded = frozenset(block.name for block in tree.blocks if chance.random() < 0.5)
    folding = arranged(tree, unfolded, 1.75)
    inside = [
        one.name
        for layer in folding.model.layers
        for one in (layer.layers if isinstance(layer, FoldedBlock) else (layer,))
    ]
    assert inside == [layer.name for layer in tree.order] or folding.model is model
    # Every edge of the model is one of what is seen, or lies inside one block.
    seen = {(folding.layout.names[e.source], folding.layout.names[e.target]) for e in folding.layout.edges}
    owner = {port.value: port.value for port in model.inputs}
    owner.update({port.value: layer.name for layer in model.layers for port in layer.outputs})
    wanted = {
        (folding.node_of(owner[port.value]), folding.node_of(layer.name))
        for layer in model.layers
        for port in layer.inputs
    }
    assert seen == {(one, other) for one, other in wanted if one != other}
    rank = dict(zip(folding.layout.names, folding.layout.rank.tolist(), strict=True))
    assert all(rank[one] < rank[other] for one, other in seen)
    places = list(zip(rank.values(), folding.layout.lane.tolist(), strict=True))
    assert len(set(places)) == len(places) or not seen


def test_a_folded_block_says_what_is_in_it() -> None:
    layers = {"a": ["x"], "b": ["a"], "e": ["b"], "c": ["e", "a"], "d": ["c", "b"]}
    tree = hierarchy(network(layers, {"b": "mid", "e": "mid", "c": "mid"}))
    (block,) = [layer for layer in fold(tree, ()).layers if isinstance(layer, FoldedBlock)]
    assert block.title == "mid"
    assert [layer.name for layer in block.layers] == ["b", "e", "c"]
    assert [port.value for port in block.inputs] == ["a:0"]
    assert [port.value for port in block.outputs] == ["c:0", "b:0"]
    assert block.face == "c"
    # Two values travel from the block to d, on one line.
    assert len(arranged(tree, frozenset(), 1.75).layout.edges) == 3


def test_a_small_network_is_left_as_it_is() -> None:
    model = network(chain(["a", "b", "c"]), {"a": "one", "b": "one"})
    tree = hierarchy(model)
    assert fold(tree, default_unfolded(tree)) is model


def test_a_large_one_opens_at_the_deepest_level_that_reads_well() -> None:
    names = [f"op{index}_{outer}_{inner}" for outer in range(6) for inner in range(5) for index in range(6)]
    scopes = {name: "/".join(name.split("_")[1:]) for name in names}
    tree = hierarchy(network(chain(names), scopes))
    assert [tree.nodes_at(level) for level in range(tree.levels)] == [6, 30, 180]
    seen = fold(tree, default_unfolded(tree))
    assert len(seen.layers) == 30 <= MOST_NODES
    assert len(fold(tree, tree.to_level(2)).layers) == 180
    assert len(fold(tree, {"0/"}).layers) == 5 + 5


@pytest.mark.parametrize(
    ("outer", "inner", "opens_with"),
    # 100 nodes are too small to read where 10 tell as much; but 4 tell too little.
    [(10, 10, 10), (4, 25, 100), (60, 60, 60), (1, 90, 90)],
)
def test_fewer_nodes_are_shown_where_more_could_not_be_read(outer: int, inner: int, opens_with: int) -> None:
    places = [(one, two) for one in range(outer) for two in range(inner)]
    names = [f"op{index}_{one}_{two}" for one, two in places for index in range(2)]
    scopes = {name: "/".join(name.split("_")[1:]) for name in names}
    tree = hierarchy(network(chain(names), scopes))
    assert len(fold(tree, default_unfolded(tree)).layers) == opens_with


def test_foldings_are_remembered_and_damage_is_harmless() -> None:
    names = ["a_1", "a_2", "b_1", "b_2"]
    tree = hierarchy(network(chain(names), {"a_1": "a", "a_2": "a", "b_1": "b", "b_2": "b"}))
    for unfolded in (frozenset({"a/"}), frozenset({"a/", "b/"}), frozenset()):
        assert from_text(to_text(unfolded, tree), tree) == unfolded
    assert to_text(frozenset({"a/", "b/"}), tree) == "level 1"
    assert from_text('["a/", "gone/", 7]', tree) == {"a/"}
    for text in ("", "level", "level x", "level 99999999", "{}", "[", "7"):
        assert from_text(text, tree) is None


def test_ten_thousand_layers_fold_to_what_can_be_read() -> None:
    layers = chain([f"{['conv', 'norm', 'relu', 'conv', 'add'][i % 5]}_{i}" for i in range(10_000)])
    tree = hierarchy(network(layers))
    folded = fold(tree, default_unfolded(tree)).layers
    assert 6 <= len(folded) <= 150
    assert len(fold(tree, frozenset(block.name for block in tree.blocks)).layers) == 10_000


def test_gathering_can_be_given_up() -> None:
    shares: list[float] = []

    def progress(share: float, message: str) -> None:
        shares.append(share)
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        hierarchy(
            network(chain([f"{op}_{index}" for index in range(30) for op in ("conv", "relu", "pool")])),
            progress,
        )
    assert shares == sorted(shares) and shares[0] == 0
