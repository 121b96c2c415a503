"""Right-to-left text: worked out by hand from the Unicode charts and UAX #9."""

from __future__ import annotations

import pytest

from explorer3d.scene.bidirectional import joined, visual
from explorer3d.scene.glyphs import ink, line


@pytest.mark.parametrize(
    ("read", "drawn"),
    [
        ("conv1 (3×3)", "conv1 (3×3)"),
        ("שלום", "םולש"),
        ("abc שלום def", "abc םולש def"),
        # Digits run from left to right all the same, and so do Latin words.
        ("שלום 123", "123 םולש"),
        ("שלום conv1", "conv1 םולש"),
        ("שלום 1,5%", "1,5% םולש"),
        # Brackets open where one begins to read.
        ("שלום (אב)", "(בא) םולש"),
        ("שלום ", " םולש"),
    ],
)
def test_runs_are_turned_round(read: str, drawn: str) -> None:
    assert visual(read) == drawn


@pytest.mark.parametrize(
    ("apart", "forms"),
    [
        # Seen at the start, lam and alef as one at the end, meem alone after the alef.
        ("\u0633\u0644\u0627\u0645", "\ufeb3\ufefc\ufee1"),
        # Kaf, teh, beh: the beginning, the middle, the end; a vowel sign between them parts nothing.
        ("\u0643\u062a\u0628", "\ufedb\ufe98\ufe90"),
        ("\u0643\u064e\u062a\u0628", "\ufedb\u064e\ufe98\ufe90"),
        # Dal joins to the right only: reh after it stands alone.
        ("\u062f\u0631", "\ufea9\ufead"),
        # Each word begins anew.
        ("\u0628 \u0628\u0628", "\ufe8f \ufe91\ufe90"),
        ("\u0644\u0627", "\ufefb"),
        # Persian peh and yeh.
        ("\u067e\u06cc", "\ufb58\ufbfd"),
    ],
)
def test_arabic_letters_join(apart: str, forms: str) -> None:
    assert joined(apart) == forms


def test_arabic_digits_keep_their_order() -> None:
    assert visual("\u0628 \u0661\u0662") == "\u0661\u0662 \ufe8f"


def test_labels_are_drawn_so() -> None:
    found, letters = line("שלום 2", bold=False), ink().line("2 םולש", bold=False)
    assert found.glyphs.tolist() == letters.glyphs.tolist()
