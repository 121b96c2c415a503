"""How large the numbers of a tensor are written into its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.compute.statistics import Statistics
from explorer3d.scene.cells import Cells
from explorer3d.scene.digits import width_of
from explorer3d.scene.figures import Figures, figures_of

_WIDE, _HIGH = 0.84, 0.8  # shares of a cell that numbers take at most
_LINE = 1.05  # ems from one line to the next


@dataclass(frozen=True)
class Setting:
    """How the numbers of a tensor are written.

    Attributes
    ----------
    figures : Figures
    width : float
        Of the longest number, in ems.
    em : float
        In world units.
    line : float
        From the middle of a number to that of the next below it in the same cell, in ems.
    """

    figures: Figures
    width: float
    em: float
    line: float = _LINE


def setting_of(cells: Cells, statistics: Statistics, corners: np.ndarray) -> Setting:
    """The largest writing for which each cell has room.

    Parameters
    ----------
    cells : Cells
    statistics : Statistics
        Of the same tensor.
    corners : (4, 3) float array
        Of one of its tiles, in world units.
    """
    low, high = statistics.minimum, statistics.maximum
    figures = figures_of(low, high, cells.slices.array.dtype)
    width = max(width_of(figures.write(value)) for value in (low, high))
    rows, columns = cells.grid
    wide, tall = np.linalg.norm(corners[2] - corners[3]), np.linalg.norm(corners[0] - corners[3])
    room = width_of("00")
    em = min(_WIDE * wide / columns / max(width, room), _HIGH * tall / rows / (cells.lines * _LINE))
    return Setting(figures, width, float(em))
