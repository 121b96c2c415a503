"""The search for unreachable objects spares networks, and finds those that were closed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer3d.collecting import undisturbed
from explorer3d.compute import requests
from explorer3d.errors import ModelError
from explorer3d.opening import OpenNetwork


@pytest.fixture(autouse=True)
def nothing_spared() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()
    assert gc.isenabled()


def test_an_open_network_is_not_searched_until_it_is_closed(samples: Path) -> None:
    network = OpenNetwork(samples / "lenet_fashion.onnx")()
    assert gc.isenabled()
    searched = {id(one) for one in gc.get_objects()}
    assert not {id(layer) for layer in network.model.layers} & searched
    kept = weakref.ref(network.model.ir.graph)
    requests.close(network.key)
    assert gc.get_freeze_count() == 0
    del network
    gc.collect()
    assert kept() is None


def test_what_fails_leaves_the_search_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        OpenNetwork(tmp_path / "missing.onnx")()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_two_at_a_time() -> None:
    with undisturbed():
        with undisturbed():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_program_that_does_without_the_search_goes_on_without() -> None:
    gc.disable()
    try:
        with undisturbed():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
