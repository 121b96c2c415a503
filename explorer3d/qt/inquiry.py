"""What a window of its own asks about one layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from explorer3d.document import Document
from explorer3d.work import Request

_numbers = count(1)


class Inquiry(QObject):
    """What is asked about one layer, whatever runs through the network. All answers come off the GUI thread.

    Signals
    -------
    changed()
        Something else is known of it, or that nothing will be.
    gone()
        The network has been closed.

    Attributes
    ----------
    layer : str
        The layer, or a model input.
    topic : str
        Of the answer without which there is nothing to be seen.
    """

    changed = Signal()
    gone = Signal()
    topic = ""

    def __init__(self, document: Document, layer: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        assert document.network is not None
        self._document, self._number = document, next(_numbers)
        self._network, self._model = document.network.key, document.network.model
        self.layer = layer
        self._ended = False
        document.input_changed.connect(self.load)
        document.model_changed.connect(self._model_changed)
        document.dropped.connect(self._stopped)
        document.failed.connect(self._stopped)

    def end(self) -> None:
        """Ask nothing more."""
        self._ended = True
        self._document.input_changed.disconnect(self.load)
        self._document.model_changed.disconnect(self._model_changed)
        self._document.dropped.disconnect(self._stopped)
        self._document.failed.disconnect(self._stopped)

    @property
    def _key(self) -> str:
        network = self._document.network
        is_open = network is not None and network.key == self._network
        return self._document.key if is_open else self._network

    def load(self) -> None:
        """Ask for everything, of the input that is there now."""
        document = self._document
        if (
            document.network is not None
            and document.network.key == self._network
            and document.feeds is not None
        ):
            self._load(document.feeds.arrays)

    def ask(self, topic: str, title: str, request: Request, accept: Callable[[Any], None]) -> None:
        """Have something found out; what comes too late is dropped."""

        def unless_ended(response: Any) -> None:
            if not self._ended:
                accept(response)

        self._document.ask(f"{topic} {self._number}", title, request, unless_ended)

    def under_way(self, topic: str) -> bool:
        return self._document.under_way(f"{topic} {self._number}")

    @property
    def loading(self) -> bool:
        """Whether what there is to be seen is on its way."""
        return self.under_way(self.topic) or self._document.under_way("input")

    @property
    def answered(self) -> bool:
        """Whether it is there."""
        return False

    def _load(self, feeds: Mapping[str, np.ndarray]) -> None:
        """Ask for everything."""

    def _given_up(self) -> None:
        """It will not come."""
        self.changed.emit()

    def _stopped(self, what: int | str) -> None:
        """Something was given up or failed; perhaps what is waited for here."""
        if not self.answered:
            # What is dropped may be about to be asked for anew.
            QTimer.singleShot(0, self._tell_stopped)

    def _tell_stopped(self) -> None:
        if not (self._ended or self.answered or self.loading):
            self._given_up()

    def _model_changed(self) -> None:
        if self._network not in self._document.keys:
            self.gone.emit()
