"""The panel in which parts of pictures are marked and compared."""

from __future__ import annotations

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtGui import QColor, QDoubleValidator, QIcon, QPixmap
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer3d.attribution.compared_parts import Correspondence
from explorer3d.document import Document
from explorer3d.qt.asked_path import ask_where, endings_of
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.explain.many.comparing import TOPIC, Comparing
from explorer3d.qt.explain.many.consistency_view import ConsistencyView
from explorer3d.qt.explain.many.listed import Listed
from explorer3d.qt.explain.many.part_strip import MarkedPart, PartStrip
from explorer3d.qt.explain.many.source_row import SourceRow
from explorer3d.qt.explain.plot import look_of
from explorer3d.qt.explain.saving import KINDS
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tall import Tall
from explorer3d.scene.consistency_chart import part_colour
from explorer3d.work import Ticket

_USUAL = Correspondence()


class PartsPanel(Tall):
    """Pictures, the parts marked in them, and how alike layers change where these are hidden.

    Signals
    -------
    chosen(str)
        A person wants to see a layer.
    """

    chosen = Signal(str)

    def __init__(
        self, document: Document, search: Comparing, listed: Listed, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self.search, self._listed = document, search, listed
        self._own_keys = OwnKeys(self)
        self.source = SourceRow(listed)
        self.parts = QComboBox()
        self.parts.setEditable(True)
        self.parts.setInsertPolicy(QComboBox.NoInsert)
        self.parts.setAccessibleName("Part")
        self.parts.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.parts.setMinimumContentsLength(8)
        self.parts.setToolTip("The part that is marked; type to call it something else")
        button = self._own_keys.button
        self.add = button("New", "Mark another part, such as the right eye")
        self.remove = button("Remove", "Forget this part (Ctrl+Z over the pictures brings it back)")
        self.strip = PartStrip()
        self.pictures = QScrollArea()
        self.pictures.setWidget(self.strip)
        self.pictures.setFrameShape(QFrame.NoFrame)
        self.pictures.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.pictures.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOn)
        self.value = QLineEdit(f"{_USUAL.value:g}")
        self.value.setAccessibleName("Value")
        self.value.setMinimumWidth(50)
        self.value.setValidator(QDoubleValidator())
        self.value.setToolTip("What is put in the part's place, in the numbers that the network is fed")
        self.draws = QSpinBox()
        self.draws.setAccessibleName("Random parts")
        self.draws.setRange(0, 1000)
        self.draws.setValue(_USUAL.draws)
        self.draws.setToolTip(
            "How often parts of the same sizes are hidden at random places, to compare with"
        )
        self._own_keys.keep(self.parts, self.value, self.draws)
        self.start = button("Start", "Hide the parts, and compare what that changes in each layer")
        self.stop = button("Stop", "Give it up; what is known so far stays")
        self.said = ElidedLabel()
        self.said.setObjectName("dim")
        self.fault, self.hint = QLabel(), QLabel()
        self.fault.setObjectName("fault")
        for label in (self.fault, self.hint):
            label.setTextFormat(Qt.PlainText)
            label.setWordWrap(True)
        self.view = ConsistencyView()
        self.save = button(
            "Save…", "Save a picture (.png), the numbers (.npz), or the parts for the command line (.json)"
        )
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.addRow("Inputs", self.source)
        part = QHBoxLayout()
        part.setSpacing(6)
        part.addWidget(self.parts, 1)
        part.addWidget(self.add)
        part.addWidget(self.remove)
        form.addRow("Part", part)
        column.addLayout(form)
        column.addWidget(self.pictures)
        below = QFormLayout()
        below.setVerticalSpacing(4)
        below.addRow("Value", self.value)
        below.addRow("Random parts", self.draws)
        column.addLayout(below)
        running = QHBoxLayout()
        running.addWidget(self.start)
        running.addWidget(self.stop)
        running.addWidget(self.said, 1)
        column.addLayout(running)
        for widget in (self.fault, self.hint, self.view):
            column.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)
        self.setWidget(content)

    def _connect(self) -> None:
        search, strip = self.search, self.strip
        self.parts.activated.connect(lambda place: search.choose(str(self.parts.itemData(place))))
        self.parts.lineEdit().editingFinished.connect(self._rename)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(search.remove)
        strip.marked.connect(search.mark)
        strip.looked.connect(search.want_pictures, Qt.QueuedConnection)
        strip.went.connect(self._bring_into_view)
        strip.undone.connect(search.undo)
        self.value.editingFinished.connect(self._set_value)
        self.draws.valueChanged.connect(lambda draws: search.set("draws", draws))
        self.start.clicked.connect(search.start)
        self.stop.clicked.connect(search.stop)
        self.view.chosen.connect(self.chosen)
        self.save.clicked.connect(self.ask_where_to_save)
        search.changed.connect(self._show)

    # What is shown

    def tell(self, ticket: Ticket, fraction: float, message: str) -> None:
        """Say how far it is."""
        if ticket.topic == TOPIC and self._document.awaits(ticket):
            self.said.setText(f"{fraction:.0%}   {message}")

    def _show(self) -> None:
        search, listed = self.search, self._listed
        there = self._document.network is not None and bool(listed.sources)
        self._show_parts()
        inputs = listed.inputs()
        self.strip.show_pictures(len(inputs) if there else 0, inputs.name, search.pictures, self._boxes())
        self.pictures.setVisible(there)
        self.pictures.setFixedHeight(
            self.strip.height() + self.pictures.horizontalScrollBar().sizeHint().height() + 2
        )
        self.start.setEnabled(there and bool(search.comparable) and not search.under_way)
        self.stop.setEnabled(search.under_way)
        self.fault.setText(search.fault)
        self.fault.setVisible(bool(search.fault))
        self.hint.setText(self._hint(there))
        self.hint.setVisible(bool(self.hint.text()))
        if not search.under_way:
            self.said.setText("")
        self.view.show_found(search.found)
        self.save.setEnabled(there and any(search.parts.values()))

    def _boxes(self) -> list[MarkedPart]:
        look = look_of(self, 100)
        return [
            (QColor(*part_colour(look, place, False)), name == self.search.part, boxes)
            for place, (name, boxes) in enumerate(self.search.parts.items())
        ]

    def _show_parts(self) -> None:
        edit = self.parts.lineEdit()
        if (edit.hasFocus() and edit.isModified()) or self.parts.view().isVisible():
            return  # somebody is about to choose, or typing
        self.parts.blockSignals(True)
        self.parts.clear()
        for colour, _, boxes in self._boxes():
            name = list(self.search.parts)[self.parts.count()]
            square = QPixmap(14, 14)
            square.fill(colour)
            count = f"{name}   ({len(boxes)} picture{'' if len(boxes) == 1 else 's'})"
            self.parts.addItem(QIcon(square), count, name)
        self.parts.setCurrentIndex(self.parts.findData(self.search.part))
        self.parts.setEditText(self.search.part)
        edit.setModified(False)
        self.parts.blockSignals(False)

    def _hint(self, there: bool) -> str:
        if self._document.model is None:
            return "Open a network first."
        if not there:
            return "Choose a folder of pictures, or drop one here."
        if not self.search.comparable:
            return (
                "Drag a rectangle over the same part, such as the left eye, in two or more pictures. Then "
                "Start hides it in each of them, and tells which layers take it for the same."
            )
        lonely = [name for name, boxes in self.search.parts.items() if len(boxes) == 1]
        if lonely:
            return f"'{lonely[0]}' is left out: it is marked in one picture only."
        return ""

    # What a person does

    def _rename(self) -> None:
        edit = self.parts.lineEdit()
        if edit.isModified():
            edit.setModified(False)
            self.search.rename(edit.text().strip())
            self._show()

    def _add(self) -> None:
        number = len(self.search.parts) + 1
        while f"part {number}" in self.search.parts:
            number += 1
        self.search.choose(f"part {number}")
        self.parts.setFocus()
        self.parts.lineEdit().selectAll()

    def _set_value(self) -> None:
        try:
            self.search.set("value", float(self.value.text().replace(",", ".").replace("−", "-")))
        except ValueError:
            self.value.setText(f"{self.search.settings.get('value', _USUAL.value):g}")

    def _bring_into_view(self, number: int) -> None:
        frame = self.strip.frame_of(number)
        middle = frame.center().toPoint()
        self.pictures.ensureVisible(middle.x(), middle.y(), round(frame.width() / 2) + 8, 0)

    def ask_where_to_save(self) -> None:
        model = self._document.model
        if model is None:
            return
        kinds = (*(KINDS if self.search.found is not None else ()), "Parts (*.json)")
        suggestion = f"{model.path.stem}_correspondence{endings_of(kinds[0])[0]}"
        asked = ask_where(self, "Save correspondence", suggestion, kinds)
        if asked is not None:
            self.search.save(asked[0], lambda path: self.said.setText(f"Saved {path}"))

    # Qt's events

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.FontChange, QEvent.PaletteChange) and hasattr(self, "view"):
            self._show()
