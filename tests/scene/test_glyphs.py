"""Letters in a texture that grows."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.scene.glyphs import EM, Ink, lengths
from explorer3d.scene.text import length


def drawn(ink: Ink, glyph: int) -> np.ndarray:
    left, top, right, bottom = ink.boxes[glyph].astype(int)
    return ink.texels[top:bottom, left:right]


def test_letters_stand_where_they_are_said_to() -> None:
    ink = Ink()
    line = ink.line("i.W", bold=False)
    i, dot, wide = (drawn(ink, glyph) for glyph in line.glyphs)
    assert (wide > 0).sum() > (i > 0).sum() > (dot > 0).sum() > 0
    # A full stop stands low, and takes little room; a capital stands in the middle.
    assert ink.drops[line.glyphs[1]] > 0.25
    assert len(dot) < 0.4 * len(wide)
    assert abs(ink.drops[line.glyphs[2]]) < 0.03
    assert line.starts[0] == 0
    assert line.starts[2] == pytest.approx(length("i."))
    assert line.length == pytest.approx(length("i.W"))
    assert drawn(ink, 0).min() == 255


def test_new_letters_change_none_of_the_old() -> None:
    ink = Ink()
    before, texels = ink.line("old", bold=True), ink.texels
    pictures = [drawn(ink, glyph).copy() for glyph in before.glyphs]
    ink.line("".join(chr(code) for code in range(0x400, 0x460)), bold=True)
    assert ink.texels is not texels
    after = ink.line("old", bold=True)
    assert after.glyphs.tolist() == before.glyphs.tolist()
    for glyph, picture in zip(after.glyphs, pictures, strict=True):
        np.testing.assert_array_equal(drawn(ink, glyph), picture)


def test_more_characters_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer3d.scene.glyphs._HIGH", 1024)
    ink = Ink()
    line = ink.line("".join(chr(code) for code in range(0x4E00, 0x4E00 + 700)), bold=False)
    assert len(line.glyphs) == 700
    assert len(ink.texels) <= 1024
    stand_in = ink.line("?", bold=False).glyphs[0]
    assert line.glyphs[0] != stand_in
    assert line.glyphs[-1] == stand_in


def test_lengths_of_many_lines() -> None:
    texts = ["conv2d_1", "", "漢字", "/a/b/Conv", "W" * 30]
    expected = [sum(length(character, bold=True) for character in text) for text in texts]
    np.testing.assert_allclose(lengths(texts, bold=True), expected, atol=1e-9)
    assert lengths([], bold=False).shape == (0,)
    assert EM >= 32


@pytest.mark.parametrize("character", ["\n", "\r", "\x1c", "\x85", "\u2029", "\x00"])
def test_what_no_line_of_text_can_hold_is_written_as_a_question_mark(character: str) -> None:
    ink = Ink()
    odd, plain = (ink.line(f"a{one}b", bold=False) for one in (character, "?"))
    assert odd.length == plain.length > 0
    np.testing.assert_array_equal(drawn(ink, odd.glyphs[1]), drawn(ink, plain.glyphs[1]))
