"""The picture that goes in, and beside it what the network gets."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer3d.graph.summary import shape_text
from explorer3d.inputs import Transform
from explorer3d.opening import LoadedInput
from explorer3d.qt.input.handled_picture import HandledPicture
from explorer3d.qt.picture_view import PictureView


class Pictures(QWidget):
    """Two pictures, each with a line about it; the first can be moved, scaled, turned and occluded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = HandledPicture("Picture")
        self.fed = PictureView("As the network gets it")
        self.about_picture, self.about_fed = _label(), _label()
        row = QHBoxLayout(self)
        row.setAlignment(Qt.AlignTop)
        row.setContentsMargins(0, 0, 0, 0)
        for view, label in ((self.picture, self.about_picture), (self.fed, self.about_fed)):
            column = QVBoxLayout()
            column.addWidget(view)
            column.addWidget(label)
            row.addLayout(column, 1)

    def show_input(self, loaded: LoadedInput | None, transform: Transform) -> None:
        """Draw what was loaded, if it is a picture or goes where pictures go.

        Parameters
        ----------
        loaded : LoadedInput or None
        transform : Transform
            What was done to it.
        """
        picture = loaded.feeds.picture if loaded else None
        about = "" if picture is None else f"{picture.shape[1]} × {picture.shape[0]}"
        self.picture.show_transformed(picture, about, transform)
        self.about_picture.setText(f"Picture\n{about}" if about else "No picture")
        fed = loaded.fed if loaded else None
        if loaded is None or loaded.port is None or fed is None:
            self.fed.show_pixels(None, "")
            self.about_fed.setText("")
            return
        about = f"{fed.low:.3g} … {fed.high:.3g}".replace("-", "−")
        self.fed.show_pixels(fed.pixels, f"{shape_text(loaded.port.shape)} {loaded.port.dtype}, {about}")
        self.about_fed.setText(f"As fed\n{about}")


def _label() -> QLabel:
    label = QLabel()
    label.setObjectName("dim")
    label.setTextFormat(Qt.PlainText)
    label.setAlignment(Qt.AlignHCenter | Qt.AlignTop)
    label.setTextInteractionFlags(Qt.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)
    return label
