"""Titles find room; of long names both ends stay."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from explorer3d.scene.titles import cut, draw_title, title_height
from explorer3d.scene.typefaces import REGULAR, font

LETTERS = font(REGULAR, 20)


def test_a_title_is_broken_where_there_is_no_more_room() -> None:
    canvas = Image.new("RGB", (120, 200))
    # Each word has room in a line, no two of them have.
    end = draw_title(ImageDraw.Draw(canvas), "mmmm mmmm mmmm", LETTERS, (255, 255, 255), (10, 5, 110))
    inked = np.asarray(canvas)[..., 0] > 100
    assert not inked[:, :10].any() and not inked[:, 110:].any()
    lines = np.diff(inked.any(axis=1).astype(int)).clip(0).sum()
    assert lines == 3
    assert end == pytest.approx(5 + 3 * 28)
    assert title_height("mmmm mmmm mmmm", LETTERS, 100) == pytest.approx(3 * 28)
    assert title_height("", LETTERS, 100) == 0


@pytest.mark.parametrize("room", [0.2, 0.5, 0.9])
def test_both_ends_of_a_long_name_stay(room: float) -> None:
    name = "/model/backbone/stages.2/blocks.5/mlp/fc1/MatMul_quant"
    width = room * LETTERS.getlength(name)
    shorter = cut(name, LETTERS, width)
    start, end = shorter.split("…")
    assert start and end and name.startswith(start) and name.endswith(end)
    # One letter more would have no room.
    assert width - 2 * LETTERS.getlength("m") < LETTERS.getlength(shorter) <= width


def test_a_short_name_stays_and_no_room_takes_no_longer() -> None:
    assert cut("conv1", LETTERS, LETTERS.getlength("conv1")) == "conv1"
    assert cut("conv1", LETTERS, 0) == "…"
