"""What is asked: the method, the target, the layer."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QStringListModel, Qt
from qtpy.QtGui import QStandardItem
from qtpy.QtWidgets import QComboBox, QCompleter, QFormLayout, QWidget

from explorer3d.attribution import METHODS
from explorer3d.attribution.target import class_output
from explorer3d.document import Document
from explorer3d.errors import RequestError
from explorer3d.graph.model import Model
from explorer3d.qt.explain.explaining import Explaining
from explorer3d.qt.explain.offered import GROUPS, OFFERS
from explorer3d.qt.own_keys import OwnKeys

_NARROWEST = 120
_BEST = "Best"


class Choices(QWidget):
    """Three boxes that follow what is asked and change it."""

    def __init__(self, document: Document, explaining: Explaining, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._explaining = document, explaining
        own_keys = OwnKeys(self)
        self.methods = self._methods()
        self.targets = QComboBox()
        self.targets.setEditable(True)
        self.targets.setInsertPolicy(QComboBox.NoInsert)
        self._names: Sequence[str] | None = None
        self._completions = self._completed()
        self.targets.setToolTip(
            "A class by name or number, top:2 for the second best; LAYER[3, 4, 5] for a neuron of a layer, "
            "LAYER[:, :, 5] for all of a map"
        )
        self.layers = QComboBox()
        self.layers.setToolTip("At whose maps the method looks")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        rows = (("Method", self.methods), ("Target", self.targets), ("Layer", self.layers))
        for name, box in rows:
            box.setAccessibleName(name)
            box.setMinimumWidth(_NARROWEST)
            box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            own_keys.keep(box)
            form.addRow(name, box)
        self.methods.currentIndexChanged.connect(self._choose_method)
        self.targets.activated.connect(self._choose_target)
        self.targets.lineEdit().editingFinished.connect(self._type_target)
        self.layers.activated.connect(self._choose_layer)
        self.follow()

    def follow(self) -> None:
        """Show what is asked, and what else could be."""
        explaining = self._explaining
        self.methods.blockSignals(True)
        self.methods.setCurrentIndex(self.methods.findData(explaining.method))
        self.methods.blockSignals(False)
        self.methods.setToolTip(METHODS[explaining.method].about)
        self._fill_targets()
        self._fill_layers()

    def _methods(self) -> QComboBox:
        box = QComboBox()
        box.setMaxVisibleItems(30)
        for group, offers in GROUPS.items():
            heading = QStandardItem(group)
            heading.setFlags(Qt.NoItemFlags)
            box.model().appendRow(heading)
            for name, offer in offers.items():
                box.addItem(f"   {offer.title}", name)
                box.setItemData(box.count() - 1, METHODS[name].about, Qt.ToolTipRole)
        return box

    def _completed(self) -> QStringListModel:
        """Offer names by any part of them while somebody types."""
        names = QStringListModel(self.targets)
        completer = QCompleter(names, self.targets)
        completer.setFilterMode(Qt.MatchContains)
        completer.setCaseSensitivity(Qt.CaseInsensitive)
        completer.setMaxVisibleItems(12)
        completer.activated[str].connect(self._complete_target)
        self.targets.setCompleter(completer)
        return names

    def _complete_target(self, name: str) -> None:
        self.targets.lineEdit().setModified(False)
        self._take_target(name)

    def _fill_targets(self) -> None:
        names = self._document.network.names if self._document.network is not None else None
        if names is not self._names:
            self._names = names
            self._completions.setStringList(list(names or ()))
        edit = self.targets.lineEdit()
        if (edit.hasFocus() and edit.isModified()) or self.targets.view().isVisible():
            return  # somebody is about to choose
        document, wanted = self._document, self._explaining.target
        offered = [(_BEST, "")]
        model = document.model
        ranking = document.rankings.get(_telling(model)) if model is not None else None
        for guess in ranking.guesses if ranking is not None else ():
            offered.append((f"{guess.name}   {guess.probability:.1%}", str(guess.index)))
        if ranking is not None and ranking.guesses:
            offered[0] = (f"{_BEST}: {ranking.guesses[0].name}   {ranking.guesses[0].probability:.1%}", "")
        layer = model.layer_by_name.get(document.selected or "") if model is not None else None
        if layer is not None and layer.outputs and "C" in layer.outputs[0].axes:
            axes = layer.outputs[0].axes.replace("N", "")
            place = ", ".join("0" if letter == "C" else ":" for letter in axes)
            offered.append((f"{layer.name}[{place}]", f"{layer.name}[{place}]"))
        if self._explaining.neuron:
            offered.append((f"Pinned: {self._explaining.neuron}", self._explaining.neuron))
        self.targets.blockSignals(True)
        self.targets.clear()
        for text, target in offered:
            self.targets.addItem(text, target)
        chosen = self.targets.findData(wanted)
        self.targets.setCurrentIndex(chosen)
        if chosen < 0:
            self.targets.setEditText(_class_name(document, wanted))
        edit.setCursorPosition(0)
        self.targets.blockSignals(False)

    def _fill_layers(self) -> None:
        document, explaining = self._document, self._explaining
        model, selected = document.model, document.selected
        chosen = selected if model is not None and selected in model.layer_by_name else None
        self.layers.blockSignals(True)
        self.layers.clear()
        if OFFERS[explaining.method].layer:
            last = explaining.result.found.layer if explaining.result and explaining.result.found else ""
            own = f"Own choice: {last}" if last and explaining.layer is None else "Own choice"
            if chosen is not None:
                self.layers.addItem(f"Selected: {chosen}", True)
            self.layers.addItem(own, False)
            self.layers.setCurrentIndex(0 if explaining.of_selected or chosen is None else 1)
            self.layers.setToolTip(
                "At whose maps the method looks: those of the layer selected in the scene, or of the last "
                f"on the way to the target.\n{self.layers.currentText()}"
            )
        else:
            self.layers.addItem("None: the whole network")
            self.layers.setToolTip("This method needs no layer")
        self.layers.setEnabled(OFFERS[explaining.method].layer)
        self.layers.blockSignals(False)

    # What a person does

    def _choose_method(self) -> None:
        self._explaining.choose(method=self.methods.currentData())

    def _choose_target(self, place: int) -> None:
        self._take_target(str(self.targets.itemData(place) or ""))

    def _type_target(self) -> None:
        edit = self.targets.lineEdit()
        if edit.isModified():
            edit.setModified(False)
            self._take_target(edit.text().strip())

    def _take_target(self, target: str) -> None:
        if target != self._explaining.target:
            self._explaining.choose(target=target)

    def _choose_layer(self) -> None:
        self._explaining.choose(of_selected=bool(self.layers.currentData()))


def _telling(model: Model) -> str:
    """The layer that tells classes apart."""
    try:
        return str(class_output(model).source)
    except RequestError:
        return ""


def _class_name(document: Document, target: str) -> str:
    """What a class is called that is not among the best now."""
    names = document.network.names if document.network is not None else None
    if names and target.isdigit() and int(target) < len(names):
        return names[int(target)]
    return target
