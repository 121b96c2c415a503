"""Colour maps as lookup tables for colour indices."""

from __future__ import annotations

from functools import cache

import numpy as np

from explorer3d.compute.picture import (
    ABOVE,
    BELOW,
    EMPTY,
    FIRST,
    LAST,
    NAN,
    NEGATIVE_INFINITY,
    POSITIVE_INFINITY,
)

SEQUENTIAL, DIVERGING = "inferno", "blue-orange"

# The first five: every eighth colour of the map of that name in matplotlib; interpolation errs by < 7/255.
COLORMAPS: dict[str, str] = {
    "inferno": """
        000004 040312 0b0724 150b37 210c4a 2e0a5a 3c0965 4a0c6b 57106d 63146e 70196e
        7d1e6d 89226a 962766 a32b61 af315c bb3755 c63e4d d14644 db4f3b e35932 eb6528
        f1711e f67f14 f98d0a fb9c06 fcab0f fbba1f f9ca32 f5d949 f2e865 f3f586 fcffa4
    """,
    "viridis": """
        440154 470d60 48186a 482374 472d7b 453681 424086 3f4989 3b528b 375a8d 33638d
        2f6a8e 2c728e 297a8e 26818e 23898e 21908c 1f988b 1f9f88 21a685 28ae80 31b57b
        3ebc74 4cc26c 5dc963 6ece58 82d34c 96d83f abdc32 c0df24 d5e21a eae51a fde725
    """,
    "cividis": """
        00224e 00285b 002e6a 043371 1a386f 273e6e 32436d 3b496c 434e6c 4b546c 52596d
        5a5f6e 61656f 686a71 6f7073 757676 7c7b78 848179 8b8778 938d78 9b9376 a39a75
        aba072 b3a670 bbad6c c3b469 ccba64 d4c15f ddc958 e6d051 efd748 f8df3c fee838
    """,
    "turbo": """
        30123b 392a73 4040a1 4456c7 466be3 467ff6 4293ff 37a7fa 29bbec 1dcdd8 18dcc3
        1ee8b0 31f299 4cf97e 6bfd64 8aff4d a3fd3c b8f735 cced34 dee037 edd03a f8c03a
        fdae35 fe982c fb8022 f56817 ec520f e04009 d23105 c02302 ac1701 950d01 7a0403
    """,
    "gray": """
        000000 080808 101010 181818 202020 282828 303030 383838 404040 484848 505050
        585858 606060 686868 707070 787878 808080 878787 8f8f8f 979797 9f9f9f a7a7a7
        afafaf b7b7b7 bfbfbf c7c7c7 cfcfcf d7d7d7 dfdfdf e7e7e7 efefef f7f7f7 ffffff
    """,
    # Dark in the middle, so that on a dark stage zero recedes and both signs shine; blue and orange
    # are told apart by every kind of colour vision.
    "blue-orange": """
        d6f4ff a0e2ff 62c8ff 2fa6f2 1883cf 1163a3 0d4575 0a2847
        0b0d16
        472208 753a0a a3540c cf7211 f2932f ffb662 ffd5a0 fff0d6
    """,
}

_SPECIAL = {NAN: "00e5ff", POSITIVE_INFINITY: "ff4dff", NEGATIVE_INFINITY: "00dd00", EMPTY: "000000"}


@cache
def lookup(name: str) -> np.ndarray:
    """Colour of each index.

    Parameters
    ----------
    name : str
        Key in `COLORMAPS`.

    Returns
    -------
    (256, 3) uint8 array
        RGB. The outermost two indices, for saturated values, lie half way from the map's own end
        to white (above) and to black (below).
    """
    anchors = np.array([list(bytes.fromhex(colour)) for colour in COLORMAPS[name].split()], float)
    stops = np.linspace(FIRST, LAST, len(anchors))
    table = np.stack([np.interp(np.arange(256), stops, anchors[:, k]) for k in range(3)], axis=1)
    table[BELOW] = table[FIRST] * 0.5
    table[ABOVE] = (table[LAST] + 255.0) * 0.5
    for index, colour in _SPECIAL.items():
        table[index] = list(bytes.fromhex(colour))
    found = np.asarray(np.rint(table), np.uint8)
    found.flags.writeable = False
    return found


def default_map(diverging: bool) -> str:
    """Name of the colour map that fits data of one sign, or of both."""
    return DIVERGING if diverging else SEQUENTIAL
