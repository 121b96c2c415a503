"""What is written below blocks."""

from __future__ import annotations

import pytest

from explorer3d.scene.node_labels import about_in
from explorer3d.scene.text import length, set_in


def test_how_many_layers_are_in_a_block_is_legible_before_what_they_weigh() -> None:
    about = "2,500 layers · 17.8 k"
    long, short = length(about), length("2,500 layers")
    assert about_in(about, long + 1) == set_in(about, long + 1, False)
    line, share = about_in(about, 0.9 * long)
    assert share == pytest.approx(0.9) and line.length == pytest.approx(long)
    line, share = about_in(about, 0.8 * long)
    assert share == 1.0 and line.length == pytest.approx(short)
    # An operator has nothing to leave out.
    room = 0.8 * length("BatchNormalization")
    assert about_in("BatchNormalization", room) == set_in("BatchNormalization", room, False)
