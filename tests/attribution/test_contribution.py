"""Channels by what they add to the first class, worked out by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from explorer3d.attribution.contribution import OrderByContribution, contributions
from explorer3d.compute import requests
from tests.attribution.conftest import Small


@pytest.fixture
def key(small: Small) -> Iterator[str]:
    key = requests.register(small.runner.model)
    yield key
    requests.close(key)


def relu(small: Small) -> np.ndarray:
    return small.runner.run(small.feeds, ["relu"])["relu"]


def test_a_map_adds_its_mean_times_its_weight(small: Small, key: str) -> None:
    """The first class wins by 8/6 × 1 + 1 × 3: the second map adds more though its mean is smaller."""
    title, axis, parts = contributions(key, small.feeds, "relu")
    assert (title, axis) == ("class 0", 1)
    assert parts == pytest.approx([8 / 6, 3])
    found = OrderByContribution(key, small.feeds, "relu", relu(small), 1)()
    assert found.channels.tolist() == [1, 0]
    assert found.remark == "What adds most to class 0 comes first."


def test_dead_channels_are_left_out(small: Small, key: str) -> None:
    array = relu(small).copy()
    array[:, 1] = 0
    found = OrderByContribution(key, small.feeds, "relu", array, 1, active_only=True)()
    assert found.channels.tolist() == [0]


@pytest.mark.parametrize(
    ("layer", "axis", "remark"),
    [
        (None, 1, "Only what a layer makes"),
        ("relu", 2, "Another axis"),
        ("softmax", 1, "gives no maps|does not depend"),
    ],
)
def test_where_it_is_not_known_it_is_said_why(
    small: Small, key: str, layer: str | None, axis: int, remark: str
) -> None:
    # As many rows as channels, none of which may be taken for the other.
    array = np.ones((1, 2, 2, 3), np.float32)
    found = OrderByContribution(key, small.feeds, layer, array, axis)()
    assert found.channels.tolist() == list(range(array.shape[axis]))
    assert re.search(remark, found.remark)
