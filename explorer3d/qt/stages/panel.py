"""The panel with the picture after each stage of the network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qtpy.QtCore import QEvent, QSettings, Qt, QTimer, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from explorer3d.compute.stages import ShowStages, Stages, common_limits
from explorer3d.document import MOST_RUN, Document
from explorer3d.graph.model import Model
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.save_picture import ask_for_file
from explorer3d.qt.stages.choices import EVERY, RESIZED, SELECTED, WORKING, Choices
from explorer3d.qt.stages.drawing import Look
from explorer3d.qt.stages.saving import SaveStrip
from explorer3d.qt.stages.scale import Scale, figure
from explorer3d.qt.stages.strip import Strip
from explorer3d.qt.stages.wording import caption
from explorer3d.scene.palette import DARK, LIGHT, family_of

_TOPIC = "stages"
_WORKING = frozenset({"convolution", "activation", "pooling"})
_BRIGHT = 128


class StagesPanel(QWidget):
    """The strip of stages, and the choices above it. Runs nothing as long as nobody sees it.

    Signals
    -------
    chosen(str)
        A person went to the stage of a layer.
    opened(str)
        They want to see its tensors.

    Attributes
    ----------
    found : Stages or None
        What is drawn.
    """

    chosen = Signal(str)
    opened = Signal(str)

    def __init__(self, document: Document, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.found: Stages | None = None
        self._seen, self._outdated = False, True
        self._heading: str | None = None
        self._end: str | None = None
        self.setAttribute(Qt.WA_StyledBackground)
        self.choices = Choices(settings)
        self.strip = Strip(self._look())
        self.about = ElidedLabel()
        self.about.setIndent(8)
        self.about.setObjectName("dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        column.addWidget(self.choices)
        self.scale = Scale(self.strip)
        beside = QHBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self.strip, 1)
        beside.addWidget(self.scale)
        column.addLayout(beside, 1)
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 8, 0)
        below.addWidget(self.about, 1)
        below.addWidget(self.choices.looks)
        column.addLayout(below)
        self.setFocusProxy(self.strip)
        self.choices.changed.connect(self._ask)
        self.choices.looks_changed.connect(self._draw)
        self.choices.save.clicked.connect(self.ask_where_to_save)
        self.strip.chosen.connect(self._go)
        self.strip.opened.connect(self.opened)
        self.strip.retried.connect(self._ask)
        document.input_changed.connect(self._ask)
        document.model_changed.connect(self._model_changed)
        document.selection_changed.connect(self._follow)
        document.view_changed.connect(self._draw)
        document.failed.connect(self._stopped)
        document.dropped.connect(self._stopped)
        self._draw()

    # What is asked for

    def come_forward(self, seen: bool) -> None:
        """Show the stages of what runs now, or rest while nobody can see them."""
        self._seen = seen
        if seen and self._outdated and not self._under_way:
            self._ask()
        else:
            self._draw()

    def _model_changed(self) -> None:
        self.found, self._heading = None, None
        self._aim()
        self._ask()

    def _aim(self) -> None:
        """Where the way ends: at the selected layer, if that is wanted and it is one."""
        model, selected = self._document.model, self._document.selected
        there = model is not None and selected is not None and self._is_node(model, selected)
        self._end = selected if there and self.choices.end.currentData() == SELECTED else None

    def _is_node(self, model: Model, name: str) -> bool:
        return name in model.layer_by_name or any(port.value == name for port in model.inputs)

    def _ask(self) -> None:
        document = self._document
        model, network, feeds = document.model, document.network, document.feeds
        if self._end is None or self.choices.end.currentData() != SELECTED:
            self._aim()
        self._outdated = True
        if model is None or network is None or feeds is None or not self._may_run(model):
            document.give_up(_TOPIC)
            self.found = None
            self._draw()
            return
        which, layers = self.choices, self.choices.layers.currentData()
        operators = None
        if layers == WORKING:
            operators = frozenset(layer.op for layer in model.layers if family_of(layer.op) in _WORKING)
        request = ShowStages(
            document.key,
            feeds.arrays,
            self._end,
            which.maps.currentData(),
            which.wanted,
            operators,
            layers == RESIZED,
        )
        document.ask(_TOPIC, "Drawing stages", request, self._accept)
        self._draw()

    def _accept(self, found: Stages) -> None:
        first = self.found is None
        self.found, self._outdated = found, False
        self._draw()
        # With every input, a strip that somebody has scrolled would jump back.
        if first or self.strip.current != self._document.selected:
            self.strip.go_to(self._document.selected)

    def _may_run(self, model: Model) -> bool:
        return self._seen and not self._too_large(model)

    def _too_large(self, model: Model) -> bool:
        return self._end is None and model.node_count > MOST_RUN

    def _stopped(self, what: int | str) -> None:
        """Something was given up or failed; perhaps what is waited for here."""
        if self._outdated:
            # What is dropped may be about to be asked for anew.
            QTimer.singleShot(0, self._tell_stopped)

    def _tell_stopped(self) -> None:
        if self._outdated and not self._under_way:
            # They are of another input.
            self.found = None
            self._draw()

    @property
    def _under_way(self) -> bool:
        return self._document.under_way(_TOPIC) or self._document.under_way("input")

    # What is drawn

    def _draw(self) -> None:
        if self.found is not None and not self._seen:
            return
        stages = self.found.stages if self.found is not None else ()
        limits = common_limits(stages) if self.choices.common.isChecked() else None
        look = replace(self._look(), limits=limits, smooth=self.choices.smooth.isChecked())
        layers = self._document.model.layer_by_name if self._document.model is not None else {}
        captions = {stage.layer: caption(layers.get(stage.layer), stage) for stage in stages}
        self.strip.show_stages(stages, captions, look, self._message())
        self.scale.follow()
        self.choices.save.setEnabled(bool(stages))
        self.about.setText(self._about(limits))

    def _look(self) -> Look:
        palette = self.palette()
        theme = LIGHT if palette.window().color().lightness() > _BRIGHT else DARK
        text, dim, chosen = (QColor(*colour) for colour in (theme.text, theme.dim, theme.selection))
        return Look(self.font(), text, dim, chosen, self._document.colormap)

    def _message(self) -> str:
        document = self._document
        model = document.model
        if model is None:
            return "Open a network: the picture after each of its stages stands here."
        if self._too_large(model):
            return (
                f"{model.path.name} has {model.node_count:,} operators: onnxruntime would take long to "
                "prepare them all. Select a layer, and choose “Up to the selected layer”."
            )
        if self._under_way:
            return "Computing the stages…"
        if self.found is None:
            return "There are no pictures: computing them was given up, or failed. Click here to try again."
        if self.found.fault:
            return self.found.fault
        to = f"before {self._end}" if self._end is not None else "in this network"
        return (
            f"Nothing {to} is a picture: no tensor has height and width. "
            "A click on a layer in the scene shows its numbers."
        )

    def _about(self, limits: tuple[float, float] | None) -> str:
        if self.found is None or not self.found.stages:
            return ""
        stages = self.found.stages
        parts = [f"{len(stages)} stage{'' if len(stages) == 1 else 's'}"]
        if self.found.left_out:
            parts[0] += f", evenly spread: {self.found.left_out:,} more lie between them"
        if self._end is not None and stages[-1].layer != self._end:
            parts.append(f"{self._end} gives no picture: the way ends before it")
        elif self._end is None and self._goes_on(stages[-1].layer):
            parts.append(f"no pictures after {stages[-1].layer}")
        if limits is not None:
            low, high = map(figure, limits)
            parts.append(f"colours of all from {low} to {high}")
        clipped = sum(stage.clipped for stage in stages)
        if clipped:
            parts.append(f"{clipped} with fewer maps: their last one stands in")
        if self.found.fault:
            parts.append(self.found.fault)
        return "   ·   ".join(parts)

    def _goes_on(self, layer: str) -> bool:
        """Whether the network does, behind the last picture there is."""
        model = self._document.model
        every = self.choices.layers.currentData() == EVERY
        return every and model is not None and all(port.source != layer for port in model.outputs)

    # What a person does

    def _go(self, layer: str) -> None:
        self._heading = layer
        self.chosen.emit(layer)

    def _follow(self) -> None:
        selected = self._document.selected
        self.strip.go_to(selected)
        # Who walks along the strip does not want it to end there.
        if selected != self._heading and self.choices.end.currentData() == SELECTED:
            self._heading = None
            before = self._end
            self._aim()
            if self._end != before:
                self._ask()

    def ask_where_to_save(self) -> None:
        model = self._document.model
        path = ask_for_file(self, f"{model.path.stem if model is not None else 'network'}_stages.png")
        if path is not None:
            self.save_as(path)

    def save_as(self, path: Path) -> None:
        """Write all stages side by side as one picture."""
        strip = self.strip
        lines = tuple(tuple(strip.caption(stage)) for stage in strip.stages)
        ground = self.palette().window().color()
        request = SaveStrip(strip.stages, lines, strip.look, ground, path)
        self._document.ask("stages picture", f"Saving {path.name}", request, self._saved)

    def _saved(self, path: Path) -> None:
        self.about.setText(f"Saved {path}")

    # Qt's events

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.FontChange, QEvent.PaletteChange, QEvent.StyleChange):
            # The style sheet is only applied when this has returned.
            QTimer.singleShot(0, self._draw)
