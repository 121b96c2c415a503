"""Models that can be asked, and are closed in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from explorer3d.compute import requests
from explorer3d.graph.model import Model


@pytest.fixture
def key() -> Iterator[Callable[[Model], str]]:
    keys: list[str] = []

    def register(model: Model) -> str:
        keys.append(requests.register(model))
        return keys[-1]

    yield register
    for one in keys:
        requests.close(one)
