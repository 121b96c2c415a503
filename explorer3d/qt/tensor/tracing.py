"""What a number depends on, as it is asked for while the mouse passes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer3d.errors import ExplorerError
from explorer3d.progress import Progress, ignore

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField

TITLE = "Following what a number depends on"
RESTING = 120
"""Milliseconds that the mouse rests before it is asked."""


@dataclass(frozen=True, eq=False)
class Trace:
    """Find what a number depends on, if anybody can tell.

    Attributes
    ----------
    key : str
    feeds : mapping of str to array
    value : str
    index : tuple of int
        As of `TraceBack`.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    value: str
    index: tuple[int, ...]

    def __call__(self, progress: Progress = ignore) -> ReceptiveField | None:
        # Here, since loading it would hold up the window.
        from explorer3d.compute.arithmetic.trace import TraceBack

        try:
            return TraceBack(self.key, self.feeds, self.value, self.index)(progress)
        except ExplorerError:
            # What cannot be told while the mouse passes by is no news.
            return None
