"""Starts the application."""

from __future__ import annotations

import gc
import signal
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QCoreApplication, QEvent, Qt, QTimer
from qtpy.QtWidgets import QApplication

from explorer3d.errors import ExplorerError
from explorer3d.resources import resource

if TYPE_CHECKING:
    from explorer3d.graph.stand_in import StandIns
    from explorer3d.inputs import Generated, Sizes
    from explorer3d.qt.window import Window


def run(
    model: Path | None,
    input_path: Path | Generated | None,
    preprocessing: Mapping[str, Any],
    sizes: Sizes | None = None,
    stand_ins: StandIns | None = None,
    weights: Path | None = None,
) -> int:
    """Open the window and stay until it is closed.

    Parameters
    ----------
    model : Path or None
        The sample network if none is given.
    input_path : Path, Generated or None
        A bundled picture, or noise, if none is given.
    preprocessing : mapping
        Fields of `Preprocessing` that are given rather than guessed.
    sizes : mapping of str to tuple of int, optional
        Shapes, by input name, where the model leaves them open.
    stand_ins : mapping of layer name to StandIn, optional
        What takes the place of layers that cannot run; as chosen before if none are given.
    weights : Path, optional
        The second file, where structure and weights lie apart.

    Returns
    -------
    int
        Exit code: 0, or 2 if there is nothing to draw with.
    """
    # Nearly all that is made until the network stands stays: looking for garbage costs a tenth of the start.
    gc.disable()
    QCoreApplication.setAttribute(Qt.AA_EnableHighDpiScaling)
    QCoreApplication.setAttribute(Qt.AA_UseHighDpiPixmaps)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("explorer3d")
    application.setDesktopFileName("explorer3d")
    from explorer3d.qt.style import dress
    from explorer3d.qt.window import Window

    dress(application)
    try:
        window = Window()
    except ExplorerError as error:
        print(f"explorer3d: {error}", file=sys.stderr)
        return 2
    # Without this, PyQt ends the process at the first slip in any slot, with whatever is open.
    sys.excepthook = lambda kind, error, trace: _report(window, error)
    # Python only handles Ctrl+C between two of its own instructions, so give it some.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    pulse = QTimer()
    pulse.start(300)
    pulse.timeout.connect(lambda: None)
    window.show()
    if model is None:
        window.greet()
    path = model or resource("sample_models", "lenet_fashion.h5")
    QTimer.singleShot(
        0, lambda: window.open_model(path, input_path, preprocessing, sizes, stand_ins, weights)
    )
    window.priming.start()
    # Never look into the libraries and the window; the network may go when another is opened.
    gc.freeze()
    window.executor.idle.connect(gc.enable)
    code = int(application.exec_())
    # Python would take the two down in any order, and a window without an application at times crashes.
    window.deleteLater()
    application.sendPostedEvents(window, QEvent.DeferredDelete)
    return code


def _report(window: Window, error: BaseException) -> None:
    traceback.print_exception(error)
    window.banner.say(
        f"Something went wrong that should not: {error or type(error).__name__}. Please report this."
    )
