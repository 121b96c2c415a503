"""What goes into the network, and how it is prepared."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from qtpy.QtCore import QEvent, QObject, QSettings, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer3d.document import Document
from explorer3d.errors import InputError
from explorer3d.inputs import (
    Bitmap,
    Generated,
    Transform,
    bundled_picture,
    bundled_pictures,
    image_axes,
    is_image_like,
)
from explorer3d.qt.executor import Executor
from explorer3d.qt.input.answers import Answers
from explorer3d.qt.input.drawing import Drawing
from explorer3d.qt.input.drawing_pad import LARGEST_SIDE
from explorer3d.qt.input.history import Fed, History
from explorer3d.qt.input.live import Live
from explorer3d.qt.input.pattern_form import PatternForm
from explorer3d.qt.input.pictures import Pictures
from explorer3d.qt.input.playlist_bar import PlaylistBar
from explorer3d.qt.input.section import Section
from explorer3d.qt.input.sources import Sources
from explorer3d.qt.input.transform_form import TransformForm
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.preprocessing_form import PreprocessingForm
from explorer3d.qt.sample_pictures import SamplePictures
from explorer3d.qt.sizes_form import SizesForm

# Milliseconds without a further change before the network runs again.
_PAUSE = 150


class InputPanel(QScrollArea):
    """Panel about the input of a document.

    Parameters
    ----------
    document : Document
    executor : Executor
        What carries the document's requests out.
    settings : QSettings
        Where is remembered which parts are folded away.

    Signals
    -------
    file_wanted(), folder_wanted(), paste_wanted()
        The person wants to choose a file or a folder, or to use the clipboard.
    said(str)
        A sentence for the person.
    """

    file_wanted = Signal()
    folder_wanted = Signal()
    paste_wanted = Signal()
    said = Signal(str)

    def __init__(
        self, document: Document, executor: Executor, settings: QSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._executor, self._settings = document, executor, settings
        self._built, self._forward, self._stale = False, False, True
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)

    def build(self) -> None:
        """Make all that stands in it, unless it is there: unseen it costs nothing before the first frame."""
        if self._built:
            return
        self._built = True
        self._drawn: Bitmap | None = None
        self.sources = Sources()
        self.pattern = PatternForm()
        self.playlist = PlaylistBar(self._document)
        self.drawing = Drawing()
        self.drawing.hide()
        self.pictures = Pictures()
        self.answers = Answers(self._document)
        self.samples = SamplePictures()
        self.transform = TransformForm()
        self.form = PreprocessingForm()
        self.sizes = SizesForm()
        self.history = History(self._document)
        self.undo, self.redo = QPushButton("Undo"), QPushButton("Redo")
        self.undo.setToolTip("Back to the input before (Ctrl+Z in this panel)")
        self.redo.setToolTip("On to the input after it (Ctrl+Shift+Z in this panel)")
        self.about, self.reason, self.fault = _label(), _label("dim"), _label("fault")
        self.fault.hide()
        self.reset = QPushButton("As guessed")
        self.reset.setToolTip("Forget what was set here for this model")
        self._live = Live(self._executor, self)
        self._lay_out()
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.reset, self.undo, self.redo)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._connect()
        # Not before they have a place: without one they would be windows for a moment.
        self.answers.refresh()
        self.history.clear()

    def _lay_out(self) -> None:
        self.moves = Section("Transform", self.transform, self._settings)
        self.preparation = Section("Preprocessing", self.form, self._settings, is_open=True)
        self.past = Section("Last inputs", self.history, self._settings, is_open=True)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (self.undo, self.redo, self.reset):
            row.addWidget(button, 1)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        layout.setAlignment(Qt.AlignTop)
        for widget in (
            self.sources,
            self.playlist,
            self.pattern,
            self.drawing,
            self.pictures,
            self.answers,
            self.samples,
            self.moves,
            self.preparation,
            self.sizes,
            self.fault,
            self._buttons,
            self.past,
            # Below what can be clicked, which would move under the pointer as these grow and shrink.
            self.about,
            self.reason,
        ):
            layout.addWidget(widget)
        self.setWidget(body)

    def _connect(self) -> None:
        document = self._document
        self._pause.timeout.connect(self._apply)
        self.form.edited.connect(self._pause.start)
        self.sizes.edited.connect(self._pause.start)
        self.samples.chosen.connect(document.load_input)
        for handle in (self.transform, self.pictures.picture):
            handle.edited.connect(self._transform)
        self.sources.file_wanted.connect(self.file_wanted)
        self.sources.folder_wanted.connect(self.folder_wanted)
        self.sources.paste_wanted.connect(self.paste_wanted)
        self.playlist.said.connect(self.said)
        self.sources.made.connect(document.load_input)
        self.sources.draw_wanted.connect(self.draw)
        self.drawing.drawn.connect(self._show_drawing)
        self.pattern.edited.connect(lambda made: self._live.want(lambda: document.load_input(made)))
        self.pattern.refused.connect(self._say)
        self.reset.clicked.connect(self._reset)
        self.undo.clicked.connect(lambda: self.history.step(-1))
        self.redo.clicked.connect(lambda: self.history.step(1))
        self.history.wanted.connect(self._bring_back)
        self.history.changed.connect(self._show_history)
        document.model_changed.connect(self._model_changed)
        document.input_changed.connect(self._input_changed)
        document.input_refused.connect(self._say)

    # What a person does

    def _apply(self) -> None:
        document = self._document
        if document.network is None:
            return
        try:
            preprocessing, sizes = self._changes(), self.sizes.value()
        except InputError as error:
            self._say(str(error))
            return
        self.fault.hide()
        wanted = document.wanted_input
        if (preprocessing, sizes) != (wanted.preprocessing, wanted.sizes):
            document.prepare_input(preprocessing, sizes)

    def _changes(self) -> dict[str, Any]:
        """What differs from the guess; what is set already, where the fields are about nothing."""
        loaded = self._document.loaded
        if loaded is None or loaded.guessed is None:
            return dict(self._document.wanted_input.preprocessing)
        guessed = asdict(loaded.guessed)
        return {name: value for name, value in asdict(self.form.value()).items() if value != guessed[name]}

    def draw(self, wanted: bool) -> None:
        """Draw the input by hand, if the network's is small enough for that; or stop drawing."""
        size = self._canvas()
        if wanted and size is None:
            self.said.emit(
                f"Only networks whose picture has sides of {LARGEST_SIDE} or less can be drawn for."
            )
        drawing = wanted and size is not None
        self.drawing.setVisible(drawing)
        self.sources.draw.setChecked(drawing)
        if drawing and size is not None:
            self.drawing.start(*size)
            self.drawing.pad.setFocus()
        self._refresh()

    def _canvas(self) -> tuple[int, int, bool] | None:
        """Width and height of a picture that can be drawn by hand, and whether it has colours."""
        port = self._document.loaded.port if self._document.loaded else None
        if port is None or port.shape is None:
            return None
        size = dict(zip(image_axes(port), port.shape, strict=True))
        if max(size["H"] or 0, size["W"] or 0) > LARGEST_SIDE:
            return None
        return size["W"] or 0, size["H"] or 0, size["C"] != 1

    def _show_drawing(self, bitmap: Bitmap) -> None:
        self._drawn = bitmap
        self._live.want(lambda: self._document.load_input(bitmap))

    def _transform(self, transform: Transform) -> None:
        self._show_transform(transform)
        self._live.want(lambda: self._document.transform_input(transform))

    def _bring_back(self, fed: Fed) -> None:
        self._pause.stop()
        self._live.want(
            lambda: self._document.bring_back_input(fed.path, fed.preprocessing, fed.sizes, fed.transform)
        )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.ShortcutOverride and _step(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QEvent) -> None:
        by = _step(event)
        if by:
            self.history.step(by)
        else:
            super().keyPressEvent(event)

    def _reset(self) -> None:
        self._pause.stop()
        self._document.prepare_input({}, {})

    # What happens

    def _say(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.show()
        # Where it stands is known once the layout has made room for it.
        QTimer.singleShot(0, lambda: self.ensureWidgetVisible(self.fault, 0, 8))

    def _input_changed(self) -> None:
        # Something else was chosen than what is being drawn.
        if (
            self.drawing.isVisible()
            and not self._live.waiting
            and self._document.input_path is not self._drawn
        ):
            self.drawing.hide()
            self.sources.draw.setChecked(False)
        self._refresh()

    def _model_changed(self) -> None:
        self._pause.stop()
        self.drawing.hide()
        self.sources.draw.setChecked(False)
        self._live.forget()
        self._refresh()

    def minimumSizeHint(self) -> QSize:
        """Wide enough for what stands in it, in whatever size of writing: it scrolls up and down only."""
        if self.widget() is None:
            return super().minimumSizeHint()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self.widget().minimumSizeHint().width() + bar, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def come_forward(self, is_forward: bool) -> None:
        """Be seen from now on, or stand behind another panel, where nothing is done."""
        self._forward = is_forward
        # A window shows all its panels for a moment, even those that stand behind others.
        QTimer.singleShot(0, self._seen)

    def _seen(self) -> None:
        if self._forward:
            self.build()
            if self._stale:
                self._refresh()

    def _refresh(self) -> None:
        self._stale = not self._forward
        if self._stale:
            return
        document, loaded = self._document, self._document.loaded
        model, feeds = document.model, document.feeds
        takes_pictures = loaded is not None and loaded.port is not None
        drawing = self.drawing.isVisible()
        for widget in (self.moves, self.preparation):
            widget.setVisible(takes_pictures)
        for widget in (self.pictures, self.samples):
            widget.setVisible(takes_pictures and not drawing)
        self.sources.allow(model is not None, drawing or self._canvas() is not None)
        self.fault.hide()
        if model is None:
            self._tell("Open a model, then choose here what runs through it.", "")
        elif document.place:
            about = "Computed by running the network around this body. Another input goes in there."
            self._tell(feeds.description if feeds else "Computing…", about)
        elif feeds is None:
            self._tell("Preparing an input…", "")
        elif feeds.preprocessing is None and document.input_path is not None:
            self._tell(feeds.description, "An array goes in as it is.")
        elif takes_pictures:
            self._tell(feeds.description, feeds.reason or self._guess())
        else:
            self._tell(
                feeds.description, "This network takes no picture. Give it an .npy, .npz or .csv file."
            )
        self.pictures.show_input(loaded)
        # Somebody is writing or dragging: what they see is newer than what has come back.
        if not (self._pause.isActive() or self._live.waiting):
            self._fill()

    def _fill(self) -> None:
        document, loaded = self._document, self._document.loaded
        if document.network is None:
            self.pattern.show_pattern(None)
            self.sizes.show_value(None, {}, None)
            self.reset.setEnabled(False)
            return
        wanted = document.wanted_input
        self.pattern.show_pattern(wanted.path if isinstance(wanted.path, Generated) else None)
        self.sizes.show_value(document.model, wanted.sizes, document.feeds)
        prepared = loaded is not None and loaded.guessed is not None
        self.form.setEnabled(prepared)
        self.transform.setEnabled(prepared)
        self._show_transform(wanted.transform)
        made = document.input_path is None or isinstance(document.input_path, Generated)
        self.sizes.setEnabled(loaded is None or prepared or made)
        self.reset.setEnabled(bool(wanted.preprocessing or wanted.sizes))
        if loaded is None or loaded.port is None:
            return
        if loaded.guessed is not None:
            self.form.show_value(replace(loaded.guessed, **wanted.preprocessing), loaded.port)
        sized = loaded.port.value in wanted.sizes
        port = next(port for port in document.network.model.inputs if port.value == loaded.port.value)
        port = loaded.port if sized or not is_image_like(port) else port
        self.samples.offer(bundled_pictures(port))
        shown = bundled_picture(port) if wanted.path is None else wanted.path
        self.samples.mark(shown if isinstance(shown, Path) else None)

    def _show_transform(self, transform: Transform) -> None:
        feeds = self._document.feeds
        self.transform.show_value(transform)
        self.moves.tell(str(transform))
        if feeds is not None:
            self.pictures.picture.show_transform(transform, feeds.part, self.transform.isEnabled())

    def _show_history(self) -> None:
        self.past.setVisible(bool(self.history.entries))
        self.undo.setEnabled(self.history.can_step(-1))
        self.redo.setEnabled(self.history.can_step(1))

    def _tell(self, about: str, reason: str) -> None:
        self.about.setText(about)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    def _guess(self) -> str:
        loaded = self._document.loaded
        return f"Set by you. The guess: {loaded.guessed}." if loaded and loaded.guessed else ""


def _step(event: QEvent) -> int:
    """Which way through the last inputs a key leads; 0 if none."""
    if event.matches(QKeySequence.Undo):
        return -1
    return 1 if event.matches(QKeySequence.Redo) else 0


def _label(name: str = "") -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)
    return label
