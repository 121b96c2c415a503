"""Parts of a shape: each element once, in order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer3d.compute.blocks import blocks


@given(st.lists(st.integers(0, 5), max_size=4).map(tuple), st.integers(1, 30))
def test_all_elements_in_order(shape: tuple[int, ...], most: int) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    parts = [array[part] for part in blocks(shape, most)]
    assert all(part.size <= most for part in parts)
    assert [int(value) for part in parts for value in part.ravel()] == array.ravel().tolist()
