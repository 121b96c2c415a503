"""What the standard says of an operator, folded away until somebody wants to read it."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QTextDocument
from qtpy.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from explorer3d.graph.operators import Operator
from explorer3d.qt.own_keys import OwnKeys


class OperatorText(QWidget):
    """A button that unfolds an operator's documentation."""

    def __init__(self) -> None:
        super().__init__()
        self.unfold = QToolButton()
        self.unfold.setObjectName("unfold")
        self.unfold.setCheckable(True)
        self.unfold.setArrowType(Qt.RightArrow)
        self.unfold.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.unfold.toggled.connect(self._toggled)
        self._keys = OwnKeys(self)
        self._keys.keep(self.unfold)
        self.text = QLabel()
        self.text.setTextFormat(Qt.RichText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        # Formulas and code may be wider than the panel; they must not widen it.
        self.text.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.text.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.unfold)
        layout.addWidget(self.text)

    def show_operator(self, operator: Operator | None) -> None:
        """Show another text; for what is in no standard there is none."""
        self.setVisible(operator is not None and bool(operator.about))
        if operator is not None:
            self.unfold.setText(f"What {operator.name} does")
            self.unfold.setToolTip(_origin(operator))
            self.text.setText(_rich(operator))

    def _toggled(self, open_now: bool) -> None:
        self.unfold.setArrowType(Qt.DownArrow if open_now else Qt.RightArrow)
        self.text.setVisible(open_now)


def _rich(operator: Operator) -> str:
    document = QTextDocument()
    features = QTextDocument.MarkdownFeatures(
        QTextDocument.MarkdownDialectGitHub | QTextDocument.MarkdownNoHTML
    )
    terms = [
        f"* **{entry.name}** {' '.join(entry.about.split())}"
        for entry in (*operator.inputs, *operator.outputs)
        if entry.about
    ]
    document.setMarkdown("\n".join([operator.about, "", *terms, "", f"*{_origin(operator)}*"]), features)
    return document.toHtml()


def _origin(operator: Operator) -> str:
    if operator.since is None:
        return f"A function of this model: {operator.domain}"
    return f"From the standard: {operator.domain}, since version {operator.since}"
