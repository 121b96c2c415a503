"""Text in the order in which it is drawn: runs from right to left turned round, Arabic letters joined.

Letters are drawn one by one, from the left; for most scripts that is how they are written.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import zip_longest

_LAM, _TATWEEL = "\u0644", "\u0640"
_PRESENTATION_FORMS = (*range(0xFB50, 0xFBFF), *range(0xFE80, 0xFEFD))
_STRONG = {"L": 0, "R": 1, "AL": 1}
_NUMBERS = ("EN", "AN")
_BRACKETS = "()[]{}<>«»‹›≤≥"
_MIRRORED = {one: _BRACKETS[place ^ 1] for place, one in enumerate(_BRACKETS)}


def visual(text: str) -> str:
    """A line as it is drawn from left to right.

    Parameters
    ----------
    text : str
        In the order in which it is read.

    Returns
    -------
    str
        The same string if nothing in it is written from right to left.

    References
    ----------
    https://www.unicode.org/reports/tr9/ (without explicit embeddings and paired brackets)
    """
    if text.isascii() or not any(unicodedata.bidirectional(one) in ("R", "AL", "AN") for one in text):
        return text
    text = joined(text)
    levels = _levels(text)
    letters = [
        _MIRRORED.get(letter, letter) if level % 2 else letter
        for letter, level in zip(text, levels, strict=True)
    ]
    order = list(range(len(text)))
    for level in range(max(levels), 0, -1):
        for first, stop in _runs([one >= level for one in levels], True):
            order[first:stop] = order[first:stop][::-1]
    return "".join(letters[place] for place in order)


def joined(text: str) -> str:
    """Arabic letters in the forms that they have beside each other; lam and alef as the one they become."""
    forms = _forms()
    bases = [place for place, one in enumerate(text) if not unicodedata.combining(one)]
    found = list(text)
    before = ""
    for place, after in zip_longest(bases, bases[1:]):
        letter = found[place]
        if not letter:
            continue
        following = text[after] if after is not None else ""
        if letter == _LAM and (both := letter + following) in forms and after is not None:
            letter, found[after], following = both, "", ""
        known = forms.get(letter, {})
        behind = "final" in known and _joins_on(before)
        ahead = "initial" in known and (following == _TATWEEL or "final" in forms.get(following, {}))
        form = {(0, 0): "isolated", (0, 1): "initial", (1, 0): "final", (1, 1): "medial"}[behind, ahead]
        found[place] = known.get(form, letter)
        before = letter
    return "".join(found)


def _joins_on(letter: str) -> bool:
    return letter == _TATWEEL or "initial" in _forms().get(letter, {})


@cache
def _forms() -> dict[str, dict[str, str]]:
    """By a letter, or lam and alef: its ``isolated``, ``initial``, ``medial`` and ``final`` form."""
    forms: dict[str, dict[str, str]] = {}
    for code in _PRESENTATION_FORMS:
        form, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        letter = "".join(chr(int(one, 16)) for one in letters)
        if len(letter) == 1 or (len(letter) == 2 and letter[0] == _LAM and code >= 0xFEF5):
            forms.setdefault(letter, {})[form.strip("<>")] = chr(code)
    return forms


def _levels(text: str) -> list[int]:
    """Embedding level of each letter: odd ones run from right to left."""
    kinds = [unicodedata.bidirectional(one) or "ON" for one in text]
    base = next((_STRONG[kind] for kind in kinds if kind in _STRONG), 0)
    outside = "LR"[base]
    _weak(kinds, outside)
    _neutral(kinds, outside)
    raised = {"L": base % 2, "R": 1 - base % 2, "EN": 2 - base % 2, "AN": 2 - base % 2}
    levels = [base + raised[kind] for kind in kinds]
    for place in range(len(text) - 1, -1, -1):
        if not text[place].isspace():
            break
        levels[place] = base
    return levels


def _weak(kinds: list[str], outside: str) -> None:
    """Marks, digits and what stands between digits (rules W1 to W7)."""
    strong, before = outside, outside
    for place, kind in enumerate(kinds):
        kind = before if kind == "NSM" else kind
        strong = kind if kind in _STRONG else strong
        kinds[place] = before = "AN" if kind == "EN" and strong == "AL" else kind
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    for place in range(1, len(kinds) - 1):
        one, middle, other = kinds[place - 1 : place + 2]
        if one == other and (one == "EN" and middle in ("ES", "CS") or one == "AN" and middle == "CS"):
            kinds[place] = one
    for first, stop in _runs(kinds, "ET"):
        if "EN" in (kinds[first - 1 : first] + kinds[stop : stop + 1]):
            kinds[first:stop] = ["EN"] * (stop - first)
    strong = outside
    for place, kind in enumerate(kinds):
        strong = kind if kind in _STRONG else strong
        if kind == "EN" and strong == "L":
            kinds[place] = "L"


def _neutral(kinds: list[str], outside: str) -> None:
    """What has no direction takes that of both neighbours, or else the line's (rules W6, N1, N2)."""
    sides = ["R" if kind in _NUMBERS else kind if kind in _STRONG else "" for kind in kinds]
    for first, stop in _runs(sides, ""):
        before = sides[first - 1] if first else outside
        after = sides[stop] if stop < len(sides) else outside
        kinds[first:stop] = [before if before == after else outside] * (stop - first)


def _runs(values: list[bool] | list[str], wanted: bool | str) -> list[tuple[int, int]]:
    """First place and the one after the last of each longest run of a value."""
    found, first = [], None
    for place, value in enumerate([*values, None]):
        if value == wanted and first is None:
            first = place
        elif value != wanted and first is not None:
            found.append((first, place))
            first = None
    return found
