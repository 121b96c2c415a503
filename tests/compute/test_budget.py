"""The memory for activations is kept, whatever is looked at, and changes no result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d import bootstrap
from explorer3d.compute import requests
from explorer3d.compute.faces import ShowFaces
from explorer3d.compute.runner import Runner
from explorer3d.compute.show import ShowLayer
from explorer3d.document import Document
from explorer3d.graph.model import Model
from explorer3d.progress import ignore
from explorer3d.work import Ticket

Make = Callable[..., Model]

LENET = bootstrap.ROOT / "sample_models" / "lenet_fashion.onnx"
ONE = 4 * 6 * 5 * 4  # bytes of each value of the chain
LENGTH = 9


@pytest.fixture
def chain(make: Make) -> Model:
    nodes = [
        make_node("Tanh" if place % 2 else "Neg", [f"v{place}"], [f"v{place + 1}"], name=f"n{place}")
        for place in range(LENGTH)
    ]
    return make(nodes, {"v0": [1, 4, 6, 5]}, [f"v{LENGTH}"])


@pytest.fixture
def feeds() -> dict[str, np.ndarray]:
    return {"v0": np.random.default_rng(3).normal(size=(1, 4, 6, 5)).astype(np.float32)}


def _by_hand(feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    values = {"v0": feeds["v0"]}
    for place in range(LENGTH):
        taken = values[f"v{place}"]
        values[f"v{place + 1}"] = np.tanh(taken) if place % 2 else -taken
    return values


@pytest.mark.parametrize("budget", [0, ONE - 1, ONE, 3 * ONE, 5 * ONE + 1])
def test_a_small_budget_is_kept_at_all_times_and_changes_nothing(
    chain: Model, feeds: dict[str, np.ndarray], budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = Runner(chain, budget)
    execute = runner.execute
    most: list[int] = []

    def watched(session: object, fed: object, names: list[str]) -> dict[str, np.ndarray]:
        made = execute(session, fed, names)
        # What is kept, and what this pass has just made.
        most.append(runner.held + sum(array.nbytes for array in made.values()))
        return made

    monkeypatch.setattr(runner, "execute", watched)
    expected = _by_hand(feeds)
    for names in (["v3"], ["v1", "v2"], [f"v{place}" for place in range(1, LENGTH + 1)], ["v9", "v3"]):
        found = runner.run(feeds, names)
        for name in names:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-5)
        assert runner.held <= budget
    # A value that alone is over the budget has to be made all the same.
    assert max(most) <= max(budget, ONE)


def test_a_budget_set_later_is_kept_at_once(chain: Model, feeds: dict[str, np.ndarray]) -> None:
    runner = Runner(chain, 100 * ONE)
    runner.run(feeds, [f"v{place}" for place in range(1, LENGTH + 1)])
    assert runner.held == LENGTH * ONE
    runner.limit(2 * ONE)
    assert runner.held == 2 * ONE
    assert runner.passes(["v1", "v2", "v3"]) == [["v1", "v2"], ["v3"]]


def test_requests_keep_the_budget_too(chain: Model, feeds: dict[str, np.ndarray]) -> None:
    """Before anything has run, and afterwards; faces and tensors are the same as with all the memory."""
    keys = [requests.register(chain), requests.register(chain)]
    requests.limit(keys[0], 2 * ONE)
    answers = []
    for key in keys:
        faces = ShowFaces(key, feeds)().faces
        tensors = [ShowLayer(key, feeds, name)().tensors for name in ("n0", "n8", "n4")]
        answers.append((faces, tensors))
    assert requests.runner(keys[0]).held <= 2 * ONE
    assert requests.runner(keys[1]).held == LENGTH * ONE
    (small, small_tensors), (large, large_tensors) = answers
    assert list(small) == list(large)
    assert all(np.array_equal(small[name].texels, large[name].texels) for name in small)
    for few, many in zip(small_tensors, large_tensors, strict=True):
        assert all(np.array_equal(one.array, other.array) for one, other in zip(few, many, strict=True))
    requests.limit(keys[1], ONE)
    assert requests.runner(keys[1]).held == ONE
    for key in keys:
        requests.close(key)


def test_a_document_hands_its_budget_to_what_it_opens() -> None:
    document = Document()
    tickets: list[Ticket] = []

    def keep(ticket: Ticket) -> None:
        tickets.append(ticket)

    document.requested.connect(keep)

    def open_and_run(path: Path) -> int:
        document.open(path)
        while tickets:
            ticket = tickets.pop(0)
            document.accept(ticket, ticket.request(ignore))
        assert document.network is not None
        return requests.runner(document.network.key).held

    everything = open_and_run(LENET)
    document.set_budget(everything // 2)
    assert document.network is not None
    assert 0 < requests.runner(document.network.key).held <= everything // 2
    assert 0 < open_and_run(LENET) <= everything // 2
    document.close()
