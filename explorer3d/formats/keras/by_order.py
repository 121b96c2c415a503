"""Which group of a file of weights belongs to which layer where the names differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence


def matched(layers: Sequence[str], groups: Sequence[str]) -> dict[str, str]:
    """Pair layers with groups: by name where all names of a kind are there, else by order.

    Keras counts the layers it names itself through a whole session, so that of two equal networks the
    second begins with ``conv2d_6``: then the first ``conv2d…`` of one list belongs to the first of the other.

    Returns
    -------
    dict of str to str
        Group by layer, without layers that have none.
    """
    found: dict[str, str] = {}
    theirs = _by_stem(groups)
    for stem, own in _by_stem(layers).items():
        others = theirs.get(stem, [])
        if len(own) == len(others) and {*own} != {*others}:
            found.update(zip(own, others, strict=True))
        else:
            found.update((name, name) for name in own if name in others)
    return found


def _by_stem(names: Iterable[str]) -> dict[str, list[str]]:
    stems: dict[str, list[str]] = defaultdict(list)
    for name in names:
        stems[re.sub(r"_\d+$", "", name)].append(name)
    return stems
