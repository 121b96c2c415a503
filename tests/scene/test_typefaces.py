"""Letters that the program's own font lacks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from explorer3d.resources import resource
from explorer3d.scene import typefaces
from explorer3d.scene.glyphs import EM, Ink, advance

# The program's own font has no Chinese, and no blocks to build bars of; that for programmers has those.
CHINESE, BLOCK = "漢", "▓"
OTHER = "JetBrainsMono-Regular.ttf"


@pytest.fixture(autouse=True)
def other_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = ("none-of-that-name.ttf", str(resource("assets", "fonts", OTHER)))
    monkeypatch.setattr(typefaces, "FALLBACKS", known)
    monkeypatch.setattr(typefaces, "lacking", set())
    advance.cache_clear()
    yield
    advance.cache_clear()


def test_a_letter_comes_from_the_first_font_that_has_it() -> None:
    assert typefaces.font_of("ж", False, EM).getname() == ("Inter", "Regular")
    assert typefaces.font_of("ж", True, EM).getname() == ("Inter", "Semi Bold")
    assert typefaces.font_of(BLOCK, True, EM).getname()[0] == "JetBrains Mono"
    assert not typefaces.lacking


def test_a_letter_that_no_font_has_is_known_to_be_missing() -> None:
    assert typefaces.font_of(CHINESE, False, EM).getname()[0] == "Inter"
    assert typefaces.lacking == {CHINESE}


def test_it_is_drawn_as_wide_as_it_is() -> None:
    # All letters of that font are 0.6 em wide.
    assert advance(BLOCK, False) == pytest.approx(0.6, abs=0.01)
    texture = Ink()
    (glyph,) = texture.line(BLOCK, bold=False).glyphs
    left, top, right, bottom = texture.boxes[glyph].astype(int)
    drawn = texture.texels[top:bottom, left:right]
    # Shaded all over.
    assert 0.2 < np.mean(drawn > 100) < 0.9
