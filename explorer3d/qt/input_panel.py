"""What goes into the network, and how a picture is prepared for it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
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
from explorer3d.graph.summary import shape_text
from explorer3d.inputs import Generated, bundled_picture, bundled_pictures, is_image_like
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.picture_view import PictureView
from explorer3d.qt.preprocessing_form import PreprocessingForm
from explorer3d.qt.sample_pictures import SamplePictures
from explorer3d.qt.sizes_form import SizesForm

# Milliseconds without a further change before the network runs again.
_PAUSE = 150


class InputPanel(QScrollArea):
    """Panel about the input of a document.

    Signals
    -------
    file_wanted()
        The person wants to choose a file.
    """

    file_wanted = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._stale = True
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(8)
        layout.setAlignment(Qt.AlignTop)
        self.picture = PictureView("Picture")
        self.fed = PictureView("As the network gets it")
        self.about_picture, self.about_fed = _label("dim"), _label("dim")
        self._pictures = QWidget()
        row = QHBoxLayout(self._pictures)
        row.setAlignment(Qt.AlignTop)
        row.setContentsMargins(0, 0, 0, 0)
        for view, label in ((self.picture, self.about_picture), (self.fed, self.about_fed)):
            column = QVBoxLayout()
            column.addWidget(view)
            column.addWidget(label)
            row.addLayout(column, 1)
            label.setAlignment(Qt.AlignHCenter | Qt.AlignTop)
            label.setWordWrap(False)
        layout.addWidget(self._pictures)
        self.about, self.reason = _label(), _label("dim")
        self.samples = SamplePictures()
        self.open_file = QPushButton("Open file…")
        self.open_file.setToolTip("Choose a picture or an array to run through the network (Ctrl+I)")
        self.form = PreprocessingForm()
        self.sizes = SizesForm()
        self.fault = _label("fault")
        self.fault.hide()
        self.reset = QPushButton("As guessed")
        self.reset.setToolTip("Forget what was set here for this model")
        for widget in (self.samples, self.form, self.sizes, self.fault):
            layout.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_file)
        buttons.addWidget(self.reset)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        # Below what can be clicked, which would move under the pointer as these grow and shrink.
        for widget in (self.about, self.reason):
            layout.addWidget(widget)
        self.setWidget(body)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.open_file, self.reset)

        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._apply)
        self.form.edited.connect(self._pause.start)
        self.sizes.edited.connect(self._pause.start)
        self.samples.chosen.connect(document.load_input)
        self.open_file.clicked.connect(lambda: self.file_wanted.emit())
        self.reset.clicked.connect(self._reset)
        document.model_changed.connect(self._model_changed)
        document.input_changed.connect(self._refresh)
        document.input_refused.connect(self._say)
        self._refresh()

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

    def _reset(self) -> None:
        self._pause.stop()
        self._document.prepare_input({}, {})

    # What happens

    def _say(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.show()
        # Where it stands is known once the layout has made room for it.
        QTimer.singleShot(0, lambda: self.ensureWidgetVisible(self.fault, 0, 8))

    def _model_changed(self) -> None:
        self._pause.stop()
        self._refresh()

    def minimumSizeHint(self) -> QSize:
        """Wide enough for what stands in it, in whatever size of writing: it scrolls up and down only."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self.widget().minimumSizeHint().width() + bar, super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.widget() and event.type() == QEvent.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def _refresh(self) -> None:
        # Hidden behind the inspector it costs nothing, above all not before the first frame.
        self._stale = not self.isVisible()
        if self._stale:
            return
        document, loaded = self._document, self._document.loaded
        model, feeds = document.model, document.feeds
        takes_pictures = loaded is not None and loaded.port is not None
        for widget in (self._pictures, self.samples, self.form):
            widget.setVisible(takes_pictures)
        self.open_file.setEnabled(model is not None)
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
        self._show_pictures()
        # Somebody is writing: what they see is newer than what has come back.
        if not self._pause.isActive():
            self._fill()

    def _fill(self) -> None:
        document, loaded = self._document, self._document.loaded
        if document.network is None:
            self.sizes.show_value(None, {}, None)
            self.reset.setEnabled(False)
            return
        wanted = document.wanted_input
        self.sizes.show_value(document.model, wanted.sizes, document.feeds)
        prepared = loaded is not None and loaded.guessed is not None
        self.form.setEnabled(prepared)
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
        self.samples.mark(
            None if isinstance(wanted.path, Generated) else wanted.path or bundled_picture(port)
        )

    def _show_pictures(self) -> None:
        loaded = self._document.loaded
        picture = loaded.feeds.picture if loaded else None
        about = "" if picture is None else f"{picture.shape[1]} × {picture.shape[0]}"
        self.picture.show_pixels(picture, about)
        self.about_picture.setText(f"Picture\n{about}" if about else "No picture")
        fed = loaded.fed if loaded else None
        if loaded is None or loaded.port is None or fed is None:
            self.fed.show_pixels(None, "")
            self.about_fed.setText("")
            return
        about = f"{fed.low:.3g} … {fed.high:.3g}".replace("-", "−")
        self.fed.show_pixels(fed.pixels, f"{shape_text(loaded.port.shape)} {loaded.port.dtype}, {about}")
        self.about_fed.setText(f"As fed\n{about}")

    def _tell(self, about: str, reason: str) -> None:
        self.about.setText(about)
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))

    def _guess(self) -> str:
        loaded = self._document.loaded
        return f"Set by you. The guess: {loaded.guessed}." if loaded and loaded.guessed else ""


def _label(name: str = "") -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)
    return label
