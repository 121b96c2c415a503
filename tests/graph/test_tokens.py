"""Which rows of numbers are the patches of a picture."""

from __future__ import annotations

import pytest

from explorer3d.graph.tokens import Tokens, tokens_of


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        # As many as the map has places; with a class token, one to distil from, four registers.
        ((1, 196, 96), (14, 14), Tokens(1, 0, 14, 14)),
        ((1, 197, 96), (14, 14), Tokens(1, 1, 14, 14)),
        ((1, 198, 96), (14, 14), Tokens(1, 2, 14, 14)),
        ((1, 201, 96), (14, 14), Tokens(1, 5, 14, 14)),
        ((None, 6, 8), (2, 3), Tokens(1, 0, 2, 3)),
        # Four places, two by two, in each.
        ((1, 49, 192), (14, 14), Tokens(1, 0, 7, 7)),
        ((1, 6, 8), (4, 6), Tokens(1, 0, 2, 3)),
        # Channels first: 64 could be patches of 7 x 7, but 3136 are the map's places.
        ((1, 64, 3136), (56, 56), Tokens(2, 0, 56, 56)),
        ((1, 25, 96), (8, 100), None),
        ((1, 200, 96), (14, 14), None),
        ((1, 96), (14, 14), None),
        ((3, 196, 96), (14, 14), None),
        ((1, None, 96), (14, 14), None),
        ((1, 196, 1), (14, 14), None),
        ((1, 1, 96), (14, 14), None),
    ],
)
def test_patches(shape: tuple[int | None, ...], size: tuple[int, int], expected: Tokens | None) -> None:
    assert tokens_of(shape, "", *size) == expected


def test_channels_are_no_patches() -> None:
    assert tokens_of((1, 196, 7), "NCT", 14, 14) is None
