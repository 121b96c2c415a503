"""How far what a layer gives is from what it gave before."""

from __future__ import annotations

import math

import numpy as np


def distance(original: np.ndarray, changed: np.ndarray) -> float:
    """Euclidean distance of two outputs of a layer, as a share of the length of the first."""
    if original is changed:
        return 0.0
    first = original.astype(np.float64)
    length = float(np.linalg.norm(first))
    apart = float(np.linalg.norm(changed.astype(np.float64) - first))
    return apart / length if length else (0.0 if apart == 0 else math.inf)
