"""The line below the scene: what is open, what is being worked on, and a way to give it up."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton

from explorer3d.document import Document
from explorer3d.graph.summary import counted
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.executor import Executor
from explorer3d.work import Ticket

_PATIENCE = 300  # milliseconds until it is said what takes so long
_TOLD = 5000  # milliseconds that a sentence stays


class StatusLine(QStatusBar):
    """Tells of the open network and of work under way.

    Parameters
    ----------
    document : Document
    executor : Executor
    """

    def __init__(self, document: Document, executor: Executor) -> None:
        super().__init__()
        self._document = document
        self.setSizeGripEnabled(False)
        self.about_model = ElidedLabel()
        self.about_model.setIndent(10)
        self.work = QLabel()
        self.work.setTextFormat(Qt.PlainText)
        self.progress = QProgressBar()
        self.progress.setFixedWidth(160)
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)
        self.cancel = QToolButton()
        self.cancel.setText("Cancel")
        self.cancel.setToolTip("Give up what is being done")
        self.addWidget(self.about_model, 1)
        for widget in (self.work, self.progress, self.cancel):
            self.addPermanentWidget(widget)
            widget.hide()
        # What is done by then would only flicker.
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._show_work)
        executor.progressed.connect(self._progressed)
        executor.idle.connect(self._idle)
        document.model_changed.connect(self._describe)
        document.input_changed.connect(self._describe)
        document.edits_changed.connect(self._describe)
        self._describe()

    def say(self, sentence: str) -> None:
        """Tell something that need not be dealt with."""
        self.showMessage(sentence, _TOLD)

    def _progressed(self, ticket: Ticket, fraction: float, message: str) -> None:
        if not ticket.title or not self._document.awaits(ticket):
            return
        self.work.setText(message)
        # A progress bar would paint at once all of the window that is out of date, the scene first of all.
        self.progress.setUpdatesEnabled(False)
        self.progress.setValue(round(100 * fraction))
        self.progress.setUpdatesEnabled(True)
        if not (self._patience.isActive() or self.cancel.isVisible()):
            self._patience.start()

    def _show_work(self) -> None:
        for widget in (self.work, self.progress, self.cancel):
            widget.show()

    def _idle(self) -> None:
        self._patience.stop()
        for widget in (self.work, self.progress, self.cancel):
            widget.hide()

    def _describe(self) -> None:
        model, feeds = self._document.model, self._document.feeds
        if model is None:
            self.about_model.setText("")
            return
        name = f"{model.path.name} › {model.within.title}" if model.within else model.path.name
        parts = [name, counted(len(model.layers), "layer"), counted(model.parameters, "parameter")]
        if self._document.told:
            parts.append(self._document.told)
        if feeds is not None:
            parts.append(f"input: {feeds.description}")
        self.about_model.setText("   ·   ".join(parts))
