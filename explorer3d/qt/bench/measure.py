"""Opens a model in a window, uses it, and says how long everything took."""

from __future__ import annotations

import gc
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from qtpy.QtCore import QCoreApplication, QEvent, QSettings, Qt, qInstallMessageHandler
from qtpy.QtWidgets import QApplication

from explorer3d.compute import requests
from explorer3d.errors import ExplorerError, ModelError
from explorer3d.graph.stand_in import StandIns
from explorer3d.inputs import Generated, Sizes
from explorer3d.qt.bench import usage
from explorer3d.qt.bench.driver import Driver
from explorer3d.qt.bench.heartbeat import Heartbeat
from explorer3d.qt.style import dress
from explorer3d.qt.window import Window

_CLICKS = 3
_RUNS = 5
_FRAMES = 20


class Bench:
    """A window on one model, and what was measured of it.

    Parameters
    ----------
    beaten : callable, optional
        Called at every beat of the GUI thread.

    Attributes
    ----------
    stalls : dict of str to float
        Longest time in seconds that the window did not answer, by what was being done.
    """

    def __init__(self, beaten: Callable[[], object] = lambda: None) -> None:
        self.stalls: dict[str, float] = {}
        self._settings = tempfile.TemporaryDirectory()
        self.window = Window(QSettings(f"{self._settings.name}/settings.ini", QSettings.IniFormat))
        self.window.resize(1280, 800)
        self.driver = Driver(self.window)
        self._heartbeat = Heartbeat(beaten)
        self.window.show()
        self.window.priming.start()
        # As in the application, which looks for garbage from when the network stands.
        gc.freeze()
        self.window.executor.idle.connect(gc.enable)
        self.driver.wait(lambda: self.window.view.still)

    @contextmanager
    def during(self, what: str) -> Iterator[None]:
        """Note how long the window does not answer meanwhile."""
        self._heartbeat.take()
        yield
        self.stalls[what] = max(self.stalls.get(what, 0.0), self._heartbeat.take())

    def open(
        self,
        path: Path,
        input_path: Path | Generated | None = None,
        preprocessing: Mapping[str, Any] | None = None,
        sizes: Sizes | None = None,
        stand_ins: StandIns | None = None,
        weights: Path | None = None,
    ) -> dict[str, float]:
        """Open a model and wait until it has run.

        Returns
        -------
        dict of str to float
            ``open_s``, ``open_cpu_s`` and ``first_frame_s``.

        Raises
        ------
        ModelError
        """
        document, driver = self.window.document, self.driver
        with self.during("open"):
            asked = usage.age()
            taken = driver.timed(
                lambda: self.window.open_model(path, input_path, preprocessing, sizes, stand_ins, weights),
                lambda: self.window.stage.network is not None,
                lambda: bool(driver.refusal) and document.network is None,
            )
            cpu = usage.cpu()
            if taken is None:
                raise ModelError(driver.refusal)
            driver.rest()
        return {"open_s": taken.elapsed, "open_cpu_s": cpu, "first_frame_s": asked + taken.elapsed}

    def run(self) -> float | None:
        """Seconds of one run for the outputs alone, the first not counted; None if it cannot run."""
        network, feeds = self.window.document.network, self.window.document.feeds
        if network is None or feeds is None:
            return None
        taken: list[float] = []

        def work() -> None:
            runner = requests.runner(network.key)
            for _ in range(_RUNS + 1):
                began = time.perf_counter()
                runner.predict(feeds.arrays)
                taken.append(time.perf_counter() - began)

        def tried() -> None:
            try:
                work()
            except ExplorerError:
                taken.clear()

        thread = threading.Thread(target=tried)
        thread.start()
        self.driver.wait(lambda: not thread.is_alive())
        return median(taken[1:]) if taken else None

    def click(self) -> float | None:
        """Median of the seconds from clicks on layers to the frames that show their tensors."""
        document, driver = self.window.document, self.driver
        if document.model is None:
            return None
        named = [layer.name for layer in document.model.layers if layer.runnable or layer.weights]
        chosen = [named[place * len(named) // _CLICKS] for place in range(min(_CLICKS, len(named)))]
        taken = []
        with self.during("click"):
            for name in dict.fromkeys(chosen):
                self.window.visit(name)
                driver.rest()
                opened = driver.open_layer(name)
                if opened is not None:
                    taken.append(opened.elapsed)
                driver.rest()
                document.close_all()
                driver.rest()
        return median(taken) if taken else None

    def search(self) -> None:
        """Look for the operator that the network has most of, and fly to two of its layers."""
        model = self.window.document.model
        if model is None or not model.layers:
            return
        (operator, _), *_ = Counter(layer.op for layer in model.layers).most_common(1)
        with self.during("search"):
            self.driver.find(operator)

    def fold(self) -> None:
        """Fold everything, unfold everything, and fold it again."""
        document, driver = self.window.document, self.driver
        if document.folding is None or not document.folding.hierarchy.blocks:
            return
        with self.during("collapse"):
            document.fold_to_level(0)
            driver.rest()
        with self.during("expand"):
            self.window.fold_menu.expand()
            driver.rest()
        with self.during("collapse"):
            document.fold_to_level(0)
            driver.rest()

    def drag(self) -> float:
        """Median seconds of a frame while the network is turned."""
        with self.during("drag"):
            self.window.fit()
            self.driver.rest()
            taken = self.driver.drag(_FRAMES)
            self.driver.rest()
        return median(taken)

    def close(self) -> None:
        self._heartbeat.stop()
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(self.window, QEvent.DeferredDelete)
        self._settings.cleanup()


def application() -> QApplication:
    """The application as `explorer3d.qt.app` starts it, but for what Qt says of the system on stderr."""
    gc.disable()
    qInstallMessageHandler(lambda *_: None)
    QCoreApplication.setAttribute(Qt.AA_EnableHighDpiScaling)
    QCoreApplication.setAttribute(Qt.AA_UseHighDpiPixmaps)
    found = QApplication.instance() or QApplication(sys.argv[:1])
    dress(found)
    return found


def measure(
    path: Path,
    input_path: Path | Generated | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    sizes: Sizes | None = None,
    stand_ins: StandIns | None = None,
    weights: Path | None = None,
    budget: int | None = None,
) -> dict[str, float | None]:
    """Open a model in a window, click, search, fold and turn it.

    Parameters
    ----------
    path, input_path, preprocessing, sizes, stand_ins, weights
        As in `Document.open`.
    budget : int, optional
        Bytes of activations that are kept; see `default_budget`.

    Returns
    -------
    dict of str to float or None
        By key in `MEASURES`; None where a network does not run, or has nothing to click at.

    Raises
    ------
    ExplorerError
    """
    held = application()
    bench = Bench()
    try:
        if budget is not None:
            bench.window.document.set_budget(budget)
        opened = bench.open(path, input_path, preprocessing, sizes, stand_ins, weights)
        run_s = bench.run()
        frame_s = bench.drag()
        click_s = bench.click()
        bench.search()
        bench.fold()
        stall_s = max(bench.stalls.values())
    finally:
        bench.close()
    del held
    found = {
        **opened,
        "run_s": run_s,
        "click_s": click_s,
        "frame_ms": frame_s * 1000,
        "peak_rss_mb": usage.peak_mb(),
        "max_gui_stall_ms": stall_s * 1000,
    }
    return {name: value if value is None else round(value, 6) for name, value in found.items()}


MEASURES = {
    "open_s": "from asking for the model to its first complete frame",
    "open_cpu_s": "of processor time, from the start of the process to that frame",
    "first_frame_s": "from the start of the process to that frame",
    "run_s": "for one run of the network",
    "click_s": "from a click on a layer to its tensors",
    "frame_ms": "for a frame while the network is turned",
    "peak_rss_mb": "of memory at most",
    "max_gui_stall_ms": "is the longest that the window did not answer",
}


def table(found: Mapping[str, float | None]) -> str:
    """What was measured, for people."""
    lines = []
    for name, means in MEASURES.items():
        value, unit = found[name], {"s": "s", "ms": "ms", "mb": "MB"}[name.rpartition("_")[2]]
        said = "–" if value is None else f"{value:,.3f}" if unit == "s" else f"{value:,.1f}"
        lines.append(f"{said:>10} {unit:<2}  {means}")
    return "\n".join(lines)
