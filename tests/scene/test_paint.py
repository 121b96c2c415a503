"""Costs as colour: the scale, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer3d.compute.costs import COSTS
from explorer3d.compute.picture import FIRST, LAST
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Model
from explorer3d.scene.colormaps import lookup
from explorer3d.scene.paint import UNKNOWN, Paint
from explorer3d.scene.palette import DARK
from tests.scene.networks import chain, network


@pytest.fixture
def whole() -> Model:
    """Four layers, of which the last costs what is not known."""
    return network(chain(4))


def folded(model: Model) -> Model:
    """The second and third as one block."""
    one, two, three, four = model.layers
    block = FoldedBlock(
        name="block", op="Add", inputs=two.inputs, outputs=three.outputs, weights=(), attributes={},
        parameters=0, macs=None, block="", title="block", layers=(two, three), face=three.name,
    )  # fmt: skip
    return replace(model, layers=(one, block, four))


def colour(share: float) -> list[int]:
    return lookup("viridis")[FIRST + round(share * (LAST - FIRST))].tolist()


def test_a_colour_means_the_same_however_the_network_is_folded(whole: Model) -> None:
    paint = Paint(COSTS["macs"], {"n0": 10.0, "n1": 90.0, "n2": 900.0})
    # From the cheapest layer to all together: 10 … 1000, two decades.
    assert paint.limits == (10.0, 1000.0)
    names = ("x", "n0", "n1", "n2", "n3")
    shown = paint.colours(whole, names).tolist()
    assert shown == [
        list(UNKNOWN),
        colour(0.0),
        colour(np.log10(9) / 2),
        colour(np.log10(90) / 2),
        list(UNKNOWN),
    ]
    shown = paint.colours(folded(whole), ("x", "n0", "block", "n3")).tolist()
    assert shown == [list(UNKNOWN), colour(0.0), colour(np.log10(99) / 2), list(UNKNOWN)]


def test_a_share_ends_at_the_largest(whole: Model) -> None:
    paint = Paint(COSTS["sparsity"], {"n0": 0.25, "n1": 0.5})
    assert paint.limits == (0.0, 0.5)
    assert paint.colours(whole, ("n0", "n1")).tolist() == [colour(0.5), colour(1.0)]


def test_a_block_has_changed_as_much_as_what_it_gives(whole: Model) -> None:
    paint = Paint(COSTS["change"], {"n0": 0.2, "n1": 0.5, "n2": 0.1})
    assert paint.of_nodes(folded(whole))["block"] == 0.1


def test_what_costs_nothing_is_at_the_beginning(whole: Model) -> None:
    paint = Paint(COSTS["macs"], {"n0": 0.0, "n1": 8.0})
    assert paint.limits == (8.0, 8.0)
    assert paint.colours(whole, ("n0", "n1")).tolist() == [colour(0.0), colour(0.0)]
    assert Paint(COSTS["macs"], {}).limits == (1.0, 1.0)


def test_the_legend_is_the_same_however_the_network_is_folded(whole: Model) -> None:
    paint = Paint(COSTS["macs"], {"n0": 10.0, "n1": 90.0, "n2": 900.0})
    legends = [paint.legend(model, 1.0, 1000, DARK) for model in (whole, folded(whole))]
    np.testing.assert_array_equal(*legends)
    # Both ends of the bar, and the grey of what is not known.
    for wanted in (colour(0.0), colour(1.0), list(UNKNOWN)):
        assert (legends[0] == wanted).all(axis=-1).sum() > 8


def test_a_legend_without_the_room_takes_more_lines(whole: Model) -> None:
    paint = Paint(COSTS["macs"], {"n0": 10.0, "n1": 90.0})
    wide, narrow, slim = (paint.legend(whole, 1.0, room, DARK) for room in (1000, 400, 250))
    assert wide.shape[1] > 400 >= narrow.shape[1] > 250
    assert [len(one) / len(wide) for one in (wide, narrow, slim)] == [1, 2, 3]
    for wanted in (colour(0.0), colour(1.0), list(UNKNOWN)):
        assert (narrow == wanted).all(axis=-1).sum() == (wide == wanted).all(axis=-1).sum()
