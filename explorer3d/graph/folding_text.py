"""Which blocks are unfolded, as text that outlives the program."""

from __future__ import annotations

import json

from explorer3d.graph.hierarchy import Hierarchy

_LEVEL = "level "


def to_text(unfolded: frozenset[str], hierarchy: Hierarchy) -> str:
    """Name the level where it is one: the names of thousands of blocks are long."""
    for level in range(hierarchy.levels):
        if unfolded == hierarchy.to_level(level):
            return f"{_LEVEL}{level}"
    return json.dumps(sorted(unfolded))


def from_text(text: str, hierarchy: Hierarchy) -> frozenset[str] | None:
    """What `to_text` was given, without blocks that are not there any more.

    Returns
    -------
    frozenset of str or None
        None: the text says nothing.
    """
    if text.startswith(_LEVEL):
        number = text.removeprefix(_LEVEL)
        return hierarchy.to_level(int(number)) if number.isdecimal() and len(number) < 4 else None
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(names, list):
        return None
    return frozenset(name for name in names if isinstance(name, str)) & hierarchy.block_by_name.keys()
