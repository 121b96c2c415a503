"""Which font draws a character: the program's own, else one that the system has."""

from __future__ import annotations

from functools import cache, lru_cache

from PIL import ImageFont

from explorer3d.resources import resource

REGULAR, BOLD = "Inter-Regular.otf", "Inter-SemiBold.otf"
FALLBACKS = (
    "NotoSansCJK-Regular.ttc", "NotoSansCJKjp-Regular.otf", "SourceHanSans-Regular.ttc", "wqy-microhei.ttc",
    "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "msyh.ttc", "meiryo.ttc",
    "malgun.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc", "Arial Unicode.ttf",
    "NotoSansArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf", "DejaVuSans.ttf", "FreeSans.ttf", "seguisym.ttf",
)  # fmt: skip
"""File names of fonts that systems have for what the program's own lacks, the most legible first."""
_OURS = "\u0250"  # the program's own font has everything before it
_NO_CHARACTER = "\uffff"
_FINE = 2048  # pixels of an em: the layout of single letters counts whole ones

lacking: set[str] = set()
"""Characters asked for so far that no font here has: a box is drawn for them."""


@lru_cache(maxsize=8)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A font of the program at a size in pixels."""
    return ImageFont.truetype(str(resource("assets", "fonts", name)), size)


def font_of(character: str, bold: bool, size: int) -> ImageFont.FreeTypeFont:
    """The font that a character is drawn with, alone: how letters follow each other it does not know.

    Parameters
    ----------
    character : str
    bold : bool
        Where the program's own has it.
    size : int
        In pixels.
    """
    own = _own(BOLD if bold else REGULAR, size)
    if character < _OURS or _has(own, character):
        return own
    for name in FALLBACKS:
        other = _installed(name, size)
        if other is not None and _has(other, character):
            return other
    lacking.add(character)
    return own


def advance_of(character: str, bold: bool, size: int) -> float:
    """Width of a character in ems, in the font that draws it at a size."""
    return _enlarged(font_of(character, bold, size)).getlength(character) / _FINE


@lru_cache(maxsize=64)
def _enlarged(font: ImageFont.FreeTypeFont) -> ImageFont.FreeTypeFont:
    return font.font_variant(size=_FINE)


@lru_cache(maxsize=8)
def _own(name: str, size: int) -> ImageFont.FreeTypeFont:
    # The other engine takes five times as long, to find out that nothing follows.
    return font(name, size).font_variant(layout_engine=ImageFont.Layout.BASIC)


@cache
def _installed(name: str, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return None


def _has(font: ImageFont.FreeTypeFont, character: str) -> bool:
    return _picture(font, character) != _box(font)


@lru_cache(maxsize=64)
def _box(font: ImageFont.FreeTypeFont) -> tuple[tuple[int, int], bytes]:
    """What a font draws for what it does not have."""
    return _picture(font, _NO_CHARACTER)


def _picture(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(character)
    return mask.size, bytes(mask)
