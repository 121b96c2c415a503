"""What goes into the network, and how it is prepared."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent, QObject, QRectF, QSettings, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from explorer3d.document import Document
from explorer3d.inputs import (
    Generated,
    Parts,
    Playlist,
    Row,
    Transform,
    bundled_picture,
    bundled_pictures,
    is_image_like,
)
from explorer3d.qt.executor import Executor
from explorer3d.qt.input.answers import Answers
from explorer3d.qt.input.drawing import Drawing
from explorer3d.qt.input.fields import Fields
from explorer3d.qt.input.history import Fed, History
from explorer3d.qt.input.live import Live
from explorer3d.qt.input.pattern_form import PatternForm
from explorer3d.qt.input.pictures import Pictures
from explorer3d.qt.input.playlist_bar import PlaylistBar
from explorer3d.qt.input.section import Section
from explorer3d.qt.input.sources import Sources
from explorer3d.qt.input.transform_form import TransformForm
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.sample_pictures import SamplePictures
from explorer3d.qt.tall import Tall


class InputPanel(Tall):
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
    names_wanted()
        The person wants to choose a file of class names.
    said(str)
        A sentence for the person.
    listed()
        Other inputs are gone through, or none any more.
    """

    file_wanted = Signal()
    folder_wanted = Signal()
    paste_wanted = Signal()
    names_wanted = Signal()
    said = Signal(str)
    listed = Signal()

    def __init__(
        self, document: Document, executor: Executor, settings: QSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._executor, self._settings = document, executor, settings
        self._built, self._forward, self._stale = False, False, True
        self._marked: QRectF | None = None
        # What was fed before the panel was seen can be gone back to as well.
        self.history = History(document, self)

    @property
    def gone_through(self) -> Playlist | None:
        """The inputs that are gone through one by one."""
        return self.playlist.playlist if self._built else None

    def build(self) -> None:
        """Make all that stands in it, unless it is there: unseen it costs nothing before the first frame."""
        if self._built:
            return
        self._built = True
        self._live = Live(self._executor, self)
        self.sources = Sources()
        self.pattern = PatternForm()
        self.playlist = PlaylistBar(self._document)
        self.drawing = Drawing(self._document, self._live)
        self.pictures = Pictures()
        self.pictures.fed.mark(self._marked)
        self.answers = Answers(self._document)
        self.samples = SamplePictures()
        self.transform = TransformForm()
        self.moves = Section("Transform", self.transform, self._settings)
        self.fields = Fields(self._document, self._live, self._settings)
        self.past = Section("Last inputs", self.history, self._settings, is_open=True)
        self.about, self.reason, self.fault = _label(), _label("dim"), _label("fault")
        self.fault.hide()
        self.undo, self.redo = QPushButton("Undo"), QPushButton("Redo")
        self.undo.setToolTip("Back to the input before (Ctrl+Z in this panel)")
        self.redo.setToolTip("On to the input after it (Ctrl+Shift+Z in this panel)")
        self.reset = QPushButton("As guessed")
        self.reset.setToolTip("Forget what was set here for this model")
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.reset, self.undo, self.redo)
        self._lay_out()
        self._connect()
        # Not before they have a place: without one they would be windows for a moment.
        self.answers.refresh()
        self.playlist.refresh()
        # The first of a file may have been run while all this was not there.
        self.playlist.tell_answer()
        self.history.arrive()
        self._show_history()

    def _lay_out(self) -> None:
        buttons = QWidget()
        row = QHBoxLayout(buttons)
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
            self.fields,
            self.fault,
            buttons,
            self.past,
            # Below what can be clicked, which would move under the pointer as these grow and shrink.
            self.about,
            self.reason,
        ):
            layout.addWidget(widget)
        self.setWidget(body)

    def _connect(self) -> None:
        document = self._document
        self.sources.file_wanted.connect(self.file_wanted)
        self.sources.folder_wanted.connect(self.folder_wanted)
        self.sources.paste_wanted.connect(self.paste_wanted)
        self.sources.made.connect(document.load_input)
        self.sources.draw_wanted.connect(self.drawing.want)
        self.answers.names_wanted.connect(self.names_wanted)
        self.playlist.said.connect(self.said)
        self.playlist.listed.connect(self.listed)
        self.pattern.edited.connect(lambda made: self._live.want(lambda: document.load_input(made)))
        self.pattern.refused.connect(self._say)
        self.drawing.said.connect(self.said)
        self.drawing.toggled.connect(self._drawing_toggled)
        self.samples.chosen.connect(document.load_input)
        for handle in (self.transform, self.pictures.picture):
            handle.edited.connect(self._transform)
        self.fields.refused.connect(self._say)
        self.fields.accepted.connect(self.fault.hide)
        self.reset.clicked.connect(self.fields.reset)
        self.undo.clicked.connect(lambda: self.history.step(-1))
        self.redo.clicked.connect(lambda: self.history.step(1))
        self.history.wanted.connect(self._bring_back)
        self.history.changed.connect(self._show_history)
        document.model_changed.connect(self._model_changed)
        document.input_changed.connect(self._refresh)
        document.input_refused.connect(self._say)

    # What a person does

    def _transform(self, transform: Transform) -> None:
        self._show_transform(transform)
        self._live.want(lambda: self._document.transform_input(transform, passing=True))

    def _bring_back(self, fed: Fed) -> None:
        self.fields.pause.stop()
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
        if by and self._built:
            self.history.step(by)
        else:
            super().keyPressEvent(event)

    # What happens

    def _say(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.show()
        # Where it stands is known once the layout has made room for it.
        QTimer.singleShot(0, lambda: self.ensureWidgetVisible(self.fault, 0, 8))

    def _drawing_toggled(self, is_drawing: bool) -> None:
        self.sources.draw.setChecked(is_drawing)
        self._refresh()

    def _model_changed(self) -> None:
        self.fields.pause.stop()
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
        takes_pictures = loaded is not None and loaded.port is not None
        drawing = not self.drawing.isHidden()
        self.moves.setVisible(takes_pictures)
        for widget in (self.pictures, self.samples):
            widget.setVisible(takes_pictures and not drawing)
        self.sources.allow(document.model is not None, drawing or self.drawing.canvas is not None)
        self.fault.hide()
        self._describe(takes_pictures)
        self.pictures.show_input(loaded, document.transform)
        self.fields.refresh()
        # Somebody is writing or dragging: what they see is newer than what has come back.
        if not (self.fields.pause.isActive() or self._live.waiting):
            self._fill()

    def _fill(self) -> None:
        document, loaded = self._document, self._document.loaded
        self.reset.setEnabled(self.fields.can_reset)
        if document.network is None:
            self.pattern.show_pattern(None)
            return
        wanted = document.wanted_input
        self.pattern.show_pattern(wanted.path if isinstance(wanted.path, Generated) else None)
        self.transform.setEnabled(loaded is not None and loaded.guessed is not None)
        self._show_transform(wanted.transform)
        if loaded is None or loaded.port is None:
            return
        sized = loaded.port.value in wanted.sizes
        port = next(port for port in document.network.model.inputs if port.value == loaded.port.value)
        port = loaded.port if sized or not is_image_like(port) else port
        self.samples.offer(bundled_pictures(port))
        shown = wanted.path.rest if isinstance(wanted.path, Parts) else wanted.path
        shown = bundled_picture(port) if shown is None else shown
        self.samples.mark(shown if isinstance(shown, Path) else None)

    def _show_transform(self, transform: Transform) -> None:
        feeds = self._document.feeds
        self.transform.show_value(transform)
        self.moves.tell(str(transform))
        if feeds is not None:
            self.pictures.picture.show_transform(transform, feeds.part, self.transform.isEnabled())

    def mark(self, value: str, part: QRectF | None) -> None:
        """Outline what somebody looks at elsewhere in the picture as the network gets it.

        Parameters
        ----------
        value : str
            Of the model's inputs.
        part : QRectF or None
            In shares of the picture; None: nothing.
        """
        loaded = self._document.loaded
        if loaded is not None and loaded.port is not None and loaded.port.value == value:
            self._marked = part
        if self._built:
            self.pictures.fed.mark(self._marked)

    def _show_history(self) -> None:
        self.past.setVisible(bool(self.history.entries))
        self.undo.setEnabled(self.history.can_step(-1))
        self.redo.setEnabled(self.history.can_step(1))

    def _describe(self, takes_pictures: bool) -> None:
        document, loaded, feeds = self._document, self._document.loaded, self._document.feeds
        about, reason = feeds.description if feeds else "", ""
        if document.model is None:
            about = "Open a model, then choose here what runs through it."
        elif document.place:
            about = about or "Computing…"
            reason = "Computed by running the network around this body. Another input goes in there."
        elif feeds is None:
            about = "Preparing an input…"
        elif feeds.preprocessing is None and isinstance(document.input_path, Path | Row):
            reason = "An array goes in as it is."
        elif takes_pictures:
            guess = loaded.guessed if loaded else None
            reason = feeds.reason or (f"Set by you. The guess: {guess}." if guess else "")
        else:
            reason = "This network takes no picture. Give it an .npy, .npz or .csv file, or numbers above."
        if feeds is not None and feeds.series is not None:
            reason = f"{reason} Page Down and Page Up go through the file.".strip()
        self.about.setText(about)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))


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
