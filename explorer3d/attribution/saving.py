"""An explanation as arrays in a file."""

from __future__ import annotations

import json
from typing import IO

import numpy as np

from explorer3d.attribution.result import Attribution


def arrays(found: Attribution) -> dict[str, np.ndarray]:
    """What an explanation is written as.

    Parameters
    ----------
    found : Attribution

    Returns
    -------
    dict of str to array
        ``attribution``; ``target``, the index of a class, else the place in a layer (-1 where it is a range);
        ``score``, the number explained, of a class what goes into the softmax; ``title``, ``method``,
        ``layer``, ``axes``, ``seed``, ``settings`` (JSON); and what else the method gave, such as curves.
    """
    place = found.target.index[0] if found.target.is_class else found.target.index
    said = {
        "attribution": found.array,
        "target": np.asarray(place, np.int64),
        "score": np.asarray(found.score, np.float64),
        "title": np.asarray(found.title),
        "method": np.asarray(found.method),
        "layer": np.asarray(found.layer),
        "axes": np.asarray(found.axes),
        "seed": np.asarray(found.seed),
        "settings": np.asarray(json.dumps(dict(found.settings))),
    }
    return {**found.further, **said}


def write(found: Attribution, file: IO[bytes]) -> None:
    """Write an explanation as an ``.npz`` archive; see `arrays`."""
    np.savez_compressed(file, allow_pickle=False, **arrays(found))
