"""The program's window, for a process that does nothing but use it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from processes import ROOT

if TYPE_CHECKING:
    from explorer3d.qt.bench.measure import Bench


@contextmanager
def window(beaten: Callable[[], object] = lambda: None) -> Iterator[Bench]:
    """Open a window, and close it in the end.

    Parameters
    ----------
    beaten : callable, optional
        Called at every beat of the window's thread.
    """
    sys.path.insert(0, str(ROOT))
    from explorer3d import bootstrap

    if not bootstrap.display_answers():
        bootstrap.draw_without_display()
    from explorer3d.qt.bench.measure import Bench, application

    held = application()
    bench = Bench(beaten)
    try:
        yield bench
    finally:
        bench.close()
        del held
