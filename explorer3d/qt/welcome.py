"""What a person sees first: the samples as pictures, and where to drop a network of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QIcon, QPixmap
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from explorer3d.errors import ExplorerError
from explorer3d.qt.card import Card
from explorer3d.resources import resource


@dataclass(frozen=True)
class Sample:
    """A bundled network with a bundled picture.

    Attributes
    ----------
    network, subject : str
        What it is called and what the picture shows.
    model, picture : str
        File names below ``sample_models``.
    """

    network: str
    subject: str
    model: str
    picture: str

    def paths(self) -> tuple[Path, Path] | None:
        """Its files; None if this installation comes without them."""
        try:
            return resource("sample_models", self.model), resource("sample_models", "pictures", self.picture)
        except ExplorerError:
            return None


SAMPLES = (
    Sample("LeNet", "trousers", "lenet_fashion.h5", "fashion_1_trouser.png"),
    Sample("LeNet", "ankle boot", "lenet_fashion.h5", "fashion_9_ankle_boot.png"),
    Sample("EfficientNet", "cat", "efficientnet_lite0.onnx", "chelsea.png"),
    Sample("EfficientNet", "coffee", "efficientnet_lite0.onnx", "coffee.png"),
)


def present(samples: Sequence[Sample] = SAMPLES) -> list[tuple[Sample, Path, Path]]:
    """The samples that this installation has, with their files."""
    return [(sample, *paths) for sample in samples if (paths := sample.paths()) is not None]


class Welcome(Card):
    """A card over the scene: in the middle while nothing is open, in a corner over a first network.

    Parameters
    ----------
    over : QWidget
    open_sample : callable
        Takes a model and a picture.
    choose : callable
        Lets the person choose a file.
    """

    def __init__(
        self, over: QWidget, open_sample: Callable[[Path, Path], None], choose: Callable[[], None]
    ) -> None:
        super().__init__(over, "welcome")
        self.setAccessibleName("Welcome")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 14, 14, 18)
        layout.setSpacing(10)
        head = QHBoxLayout()
        self.title = QLabel("Look inside a neural network")
        self.title.setObjectName("name")
        head.addWidget(self.title, 1)
        self.dismiss = QToolButton()
        self.dismiss.setText("✕")
        self.dismiss.setAccessibleName("Close the welcome card")
        self.dismiss.setToolTip("Close (Help ▸ Welcome brings it back)")
        self.dismiss.clicked.connect(self.hide)
        head.addWidget(self.dismiss)
        layout.addLayout(head)
        self.advice = QLabel("Drop an .onnx, .h5 or .keras file anywhere, or begin with a sample:")
        self.advice.setObjectName("dim")
        self.advice.setWordWrap(True)
        layout.addWidget(self.advice)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.buttons: list[QToolButton] = []
        for sample, model, picture in present():
            button = QToolButton()
            button.setText(f"{sample.network}\n{sample.subject}")
            button.setIcon(QIcon(_thumbnail(picture)))
            button.setIconSize(QSize(72, 72))
            button.setToolButtonStyle(Qt.ToolButtonTextUnderIcon)
            button.setToolTip(f"Open {model.name} and show it {picture.name}")
            button.clicked.connect(lambda _, model=model, picture=picture: open_sample(model, picture))
            row.addWidget(button)
            self.buttons.append(button)
        row.addStretch(1)
        layout.addLayout(row)
        self.choose = QPushButton("Open a model…")
        self.choose.setToolTip("Choose a file (Ctrl+O)")
        self.choose.clicked.connect(lambda: choose())
        layout.addWidget(self.choose, 0, Qt.AlignLeft)
        self._centred = True

    def stand(self, centred: bool) -> None:
        """Show the card in the middle of what it lies over, or in its lower left corner."""
        self._centred = centred
        self.choose.setVisible(centred)
        self.show()
        self.raise_()
        self.place()

    def place(self) -> None:
        over = self.parentWidget()
        self.setFixedWidth(max(160, min(self.sizeHint().width(), over.width() - 24)))
        self.setFixedHeight(min(self.sizeHint().height(), over.height() - 24))
        left, top = over.width() - self.width(), over.height() - self.height()
        if self._centred:
            self.move(left // 2, top // 2)
        else:
            # Where a network's first view leaves room: it runs from the upper left to the lower right.
            self.move(12, max(12, top - 44))


def _thumbnail(picture: Path) -> QPixmap:
    pixmap = QPixmap(str(picture))
    mode = Qt.SmoothTransformation if pixmap.width() > 72 else Qt.FastTransformation
    return pixmap.scaled(144, 144, Qt.KeepAspectRatioByExpanding, mode).copy(0, 0, 144, 144)
