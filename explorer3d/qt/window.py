"""The main window: the scene in the middle, the inspector beside it, every action in a menu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QEvent, QSettings, Qt
from qtpy.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QMessageBox,
    QTabWidget,
    QToolBar,
)

from explorer3d import __version__
from explorer3d.document import Document
from explorer3d.finding import Finding
from explorer3d.formats import is_pair
from explorer3d.graph.stand_in import StandIns
from explorer3d.inputs import Generated, Sizes
from explorer3d.qt.actions import Actions
from explorer3d.qt.activations_menu import ActivationsMenu
from explorer3d.qt.appearance import Appearance
from explorer3d.qt.banner import Banner
from explorer3d.qt.breadcrumb import Breadcrumb
from explorer3d.qt.cell_keys import CellKeys
from explorer3d.qt.clicks import Clicks
from explorer3d.qt.cost_menu import CostMenu
from explorer3d.qt.executor import Executor
from explorer3d.qt.explain.caption import Caption
from explorer3d.qt.explain.many.menu import ManyExplanations
from explorer3d.qt.explain.menu import Explanations
from explorer3d.qt.files import Files
from explorer3d.qt.find_bar import FindBar
from explorer3d.qt.flight import Flight
from explorer3d.qt.fold_menu import FoldMenu
from explorer3d.qt.full_screen import FullScreen
from explorer3d.qt.input.entrance import Entrance
from explorer3d.qt.input_panel import InputPanel
from explorer3d.qt.inspector import Inspector
from explorer3d.qt.journey import Journey
from explorer3d.qt.key_sheet import KeySheet
from explorer3d.qt.layer_table import LayerTable
from explorer3d.qt.memory import Memory
from explorer3d.qt.missing_letters import MissingLetters
from explorer3d.qt.number_windows import NumberWindows
from explorer3d.qt.overview_map import OverviewMap
from explorer3d.qt.panels import add_panel, in_sight, show_panel, toggle_panel
from explorer3d.qt.placing import place
from explorer3d.qt.pointer import Pointer
from explorer3d.qt.priming import Priming
from explorer3d.qt.reading import Reading
from explorer3d.qt.save_picture import Pictures
from explorer3d.qt.scene_pointing import ScenePointing
from explorer3d.qt.stacking import Stacking
from explorer3d.qt.stages.dock import add_stages, toggle_stages
from explorer3d.qt.status_line import StatusLine
from explorer3d.qt.surgery.badges import Badges
from explorer3d.qt.surgery.card import ChangesCard
from explorer3d.qt.surgery.menu import Surgery
from explorer3d.qt.view import View
from explorer3d.qt.welcome import Welcome
from explorer3d.scene.blueprints import Blueprints
from explorer3d.scene.presentation import Presentation
from explorer3d.scene.smoothing import Smooth
from explorer3d.scene.stage import Stage

_EDGES = "edges"
_SIZE = (1440, 900)
_ORGANISATION = "explorer3d"


class Window(QMainWindow):
    """The application's window.

    Parameters
    ----------
    settings : QSettings, optional
        Where choices are remembered.

    Raises
    ------
    ExplorerError
        There is nothing to draw with.
    """

    def __init__(self, settings: QSettings | None = None) -> None:
        super().__init__()
        self.setWindowTitle("explorer3d")
        self.setAcceptDrops(True)
        self._settings = settings or QSettings(_ORGANISATION, _ORGANISATION)
        place(self, self._settings.value("geometry"), _SIZE)
        self.document = Document(Memory(self._settings, "inputs"))
        self.stage = Stage((1280, 800), self.devicePixelRatioF())
        blueprints = Blueprints(self.stage)
        self.executor = Executor(self.document, self, blueprints.prepare)
        self.status_line = StatusLine(self.document, self.executor)
        self.setStatusBar(self.status_line)
        self.view = View(self.stage, self)
        self.setCentralWidget(self.view)
        self._presentation = Presentation(
            self.document,
            self.stage,
            self.view.refresh,
            blueprints,
            self.view.refresh_soon,
            self.view.refresh_in_passing,
        )
        self.breadcrumb = Breadcrumb(self.view, self.document)
        self.overview_map = OverviewMap(self.view, self.document)
        self.journey = Journey(self.document, self.stage, self.view, self.status_line.say)
        self.flight = Flight(self.document, self.view)
        self.banner = Banner(self.view)
        self._finding = Finding(self.document)
        self.find_bar = FindBar(self.view, self.banner, self._finding)
        self.breadcrumb.keep_clear_of(self.find_bar)
        self.files = Files(
            self.document, self.banner, self._settings, self.open_models, self.open_input, self
        )
        self.welcome = Welcome(self.view, self.open_model, self.files.choose_model)
        self.welcome.stand(centred=True)
        self._greets = False
        self.appearance = Appearance(self._settings, self._presentation.dress, self)
        self.pictures = Pictures(
            self.document, self.view, self._presentation, self._settings, self.status_line
        )
        self.stacking = Stacking(self.document, self._settings, self)
        self.priming = Priming(self.view)
        self.full_screen = FullScreen(self)
        self._add_panels()
        self.clicks = Clicks(self.document, self.view, self.inspector)
        self.pointer = Pointer(self)
        self.pointer.input_marked.connect(self.input_panel.mark)
        self.pointing = ScenePointing(self.document, self.view, self.pointer)
        self.reading = Reading(self.document, self.view, self.pointing, self.status_line.say)
        self.cell_keys = CellKeys(self.document, self.stage, self.pointing, self.status_line.say)
        self.inspector.follow(self.pointing)
        self.explanations.follow(self.pointing)
        self.status_line.cancel.clicked.connect(self._cancel)
        self.surgery = Surgery(self.document, self.view, self.pointing, self.status_line.say)
        self.inspector.channels.asked.connect(self.surgery.offer)
        above = self.breadcrumb, self.explanations.caption
        self.changes = ChangesCard(self.view, self.document, self.executor, above)
        Badges(self.view, self.document)
        self.many.follow(self.pointing)
        self.entrance = Entrance(
            self.document,
            self.input_panel,
            self.banner,
            self._settings,
            lambda: show_panel(self._input_dock),
            self.open_models,
            self,
        )
        self.number_windows = NumberWindows(
            self.document,
            self.inspector,
            self.input_panel,
            self.pointing,
            self.pointer,
            self.flight,
            self.banner,
            self._settings,
            self,
        )
        self.number_windows.target_wanted.connect(self.explanations.explain_target)
        self._actions = Actions(self, self._settings)
        self._add_file_menu(self.menuBar().addMenu("&File"))
        self._add_layer_menu(self.menuBar().addMenu("&Layer"))
        self.journey.add_to(self.menuBar().addMenu("&Go"), self._actions.add)
        explain = self.menuBar().addMenu("&Explain")
        self.explanations.add_to(explain, self._actions.add, self._actions.add_switch)
        self.many.add_to(explain, self._actions.add)
        self._add_view_menu(self.menuBar().addMenu("&View"))
        self._add_help_menu(self.menuBar().addMenu("&Help"))
        self._add_toolbar()
        self._connect()
        self._first_state = self.saveState()
        self._restore()
        self.view.setFocus()

    # Building

    def _add_panels(self) -> None:
        document = self.document
        self.inspector = Inspector(document, self._settings)
        self._dock = add_panel(self, "Inspector", self.inspector)
        self.input_panel = InputPanel(document, self.executor, self._settings)
        self._input_dock = add_panel(self, "Input", self.input_panel, behind=self._dock)
        self.explanations = Explanations(
            self,
            self._input_dock,
            document,
            self.executor,
            self.banner,
            self._settings,
            self._presentation.lay,
            Caption(self.view, self.breadcrumb),
        )
        self.many = ManyExplanations(
            self,
            self.explanations.dock,
            document,
            self.executor,
            self.input_panel,
            self._settings,
            self.visit,
        )
        self._dock.raise_()
        self.layer_table = LayerTable(document)
        self._table_dock = add_panel(self, "Layers", self.layer_table, area=Qt.BottomDockWidgetArea)
        self._table_dock.hide()
        self._stages_dock = add_stages(self, self._table_dock, document, self._settings, self.visit)
        self.setTabPosition(Qt.RightDockWidgetArea, QTabWidget.North)

    def _add_file_menu(self, menu: QMenu) -> None:
        files, add = self.files, self._actions.add
        add(menu, "Open model…", ("Ctrl+O",), files.choose_model, "Open an ONNX or Keras network")
        add(menu, "Open input…", ("Ctrl+I",), files.choose_input, "Run a picture or array through it")
        self.entrance.add_to(menu, add)
        files.add_to(menu, add)
        add(menu, "Close model", ("Ctrl+W",), self.document.close_model)
        menu.addSeparator()
        self.pictures.add_to(menu, add)
        menu.addSeparator()
        self.activations = ActivationsMenu(menu, self.document, self._settings)
        menu.addSeparator()
        add(menu, "Quit", ("Ctrl+Q",), self.close)

    def _add_layer_menu(self, menu: QMenu) -> None:
        document, add = self.document, self._actions.add
        self.surgery.add_to(menu, add)
        tip = "Show the selected layer's tensors, or what is in a block; once more: the body inside it"
        add(menu, "Open layer", ("Return", "Enter"), self.clicks.open_selected, tip)
        self.number_windows.add_to(menu, add)
        self.cell_keys.add_to(menu, add)
        add(menu, "Close layer", ("Esc",), self.dismiss, "Close the layer opened last")
        add(menu, "Close all layers", ("Shift+Esc",), document.close_all)
        add(menu, "Find…", ("Ctrl+F",), self.find, "Find layers by whatever is known of them")
        add(menu, "Find next", ("F3",), lambda: self.find_bar.step(1), "Fly to the next layer found")
        add(menu, "Find previous", ("Shift+F3",), lambda: self.find_bar.step(-1))
        add(menu, "Fly to layer", ("F",), self.flight.to_selected, "Fly to the selected layer")

    def _add_view_menu(self, menu: QMenu) -> None:
        add = self._actions.add
        self.flight.add_to(menu, add)
        menu.addSeparator()
        self.fold_menu = FoldMenu(menu, self.document, add)
        menu.addSeparator()
        self._actions.add_switch(
            menu,
            "Dim reshapes and casts",
            "R",
            "dim_rearranging",
            False,
            self._finding.dim_rearranging,
            "Let layers stand back that only rearrange their input",
        )
        self.stacking.add_to(menu, add)
        self.reading.add_to(menu, add)
        menu.addSeparator()
        for title, key, show, tip in (
            ("Inspector", "I", lambda: toggle_panel(self._dock), "Numbers of the selected layer"),
            ("Input", "P", lambda: toggle_panel(self._input_dock), "What goes in, and how it is prepared"),
            ("Layers", "L", lambda: toggle_panel(self._table_dock), "All layers and their costs"),
            ("Stages", "S", lambda: toggle_stages(self._stages_dock), "The picture after each layer"),
        ):
            add(menu, title, (key,), show, tip)
        self._actions.add_switch(
            menu,
            "Overview map",
            "N",
            "overview_map",
            True,
            self.overview_map.want,
            "A map of the network in a corner, whenever not all of it is in view",
        )
        self._cost_menu = CostMenu(self.document, self._settings, self)
        self._cost_menu.add_to(menu, add)
        self.appearance.add_to(menu)
        add(menu, "Reset layout", (), self.reset_layout, "Panels, theme and text as at first")
        add(menu, "Full screen", ("F11",), self.full_screen.toggle, "The scene alone")

    def _add_help_menu(self, menu: QMenu) -> None:
        self._actions.add(menu, "Keyboard and mouse", ("?", "F1"), self.show_keys)
        self._actions.add(menu, "Welcome", (), self.show_welcome)
        self._actions.add(menu, "About explorer3d", (), self.show_about)

    def _add_toolbar(self) -> None:
        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setMovable(False)
        for name in ("Open model…", "Open input…"):
            bar.addAction(self._actions[name])
        bar.addSeparator()
        self.stacking.add_to_bar(bar)
        bar.addSeparator()
        bar.addAction(self._actions["Fit"])
        self.addToolBar(bar)

    def _connect(self) -> None:
        document = self.document
        self.view.clicked.connect(self._take_leave_of_welcome)
        self.view.rested.connect(self._presentation.refine)
        self.view.jagged.connect(self._smooth)
        self.view.moved.connect(lambda: document.give_up(_EDGES))
        self.view.drawn.connect(self.executor.drawn)
        self._finding.wanted.connect(self.visit)
        self.inspector.wanted.connect(self.visit)
        self.layer_table.chosen.connect(self.visit)
        self.layer_table.opened.connect(document.show)
        self.layer_table.said.connect(self.status_line.say)
        self.find_bar.closed.connect(self.view.setFocus)
        self.breadcrumb.top_wanted.connect(self.flight.show_whole)
        self.input_panel.file_wanted.connect(self.files.choose_input)
        self._input_dock.visibilityChanged.connect(self.input_panel.come_forward)
        document.failed.connect(self.banner.say)
        document.noted.connect(self.banner.note)
        document.selection_changed.connect(self._bring_panel_forward)
        document.model_changed.connect(self._model_changed)
        document.edits_changed.connect(self._entitle)
        self._missing_letters = MissingLetters(document)

    # What a person does

    def open_model(
        self,
        path: Path,
        input_path: Path | Generated | None = None,
        preprocessing: Mapping[str, Any] | None = None,
        sizes: Sizes | None = None,
        stand_ins: StandIns | None = None,
        weights: Path | None = None,
    ) -> None:
        """Open a model file, with an input or a folder of inputs, or a second file of weights, if given."""
        self.banner.hide()
        self.entrance.folder = input_path if isinstance(input_path, Path) and input_path.is_dir() else None
        input_path = None if self.entrance.folder else input_path
        self.document.open(path, input_path, preprocessing, sizes, stand_ins, weights)

    def open_models(self, paths: Sequence[Path], input_path: Path | Generated | None = None) -> None:
        """Open the first of several files; if the second holds its weights, both."""
        second = paths[1] if len(paths) > 1 and is_pair(*paths[:2]) else None
        self.open_model(paths[0], input_path, weights=second)

    def open_input(self, path: Path) -> None:
        """Run a picture or array through the open model."""
        self.banner.hide()
        self.document.load_input(path)

    def visit(self, name: str) -> None:
        """Select a node and fly there."""
        self.flight.visit(name)

    def fit(self) -> None:
        """Show the whole network."""
        self.flight.fit()

    def dismiss(self) -> None:
        """Dismiss what lies over the scene; else the paths, a layer, the selection, full screen."""
        if self.banner.isVisible():
            self.banner.hide()
        elif self.welcome.isVisible() and self.document.model is not None:
            self.welcome.hide()
        elif self.find_bar.isVisible():
            self.find_bar.close_search()
        elif self.document.start is not None:
            self.document.select(self.document.selected)
        elif not self.document.close_last():
            if self.document.selected is None:
                self.full_screen.leave()
            self.document.select(None)

    def find(self) -> None:
        """Ask for layers over the scene."""
        if self.document.model is None:
            self.banner.note("Open a model first, then find its layers.")
        else:
            self.find_bar.start()

    def reset_layout(self) -> None:
        """Panels where they were at first, dark theme, normal text."""
        self.full_screen.leave()
        self.restoreState(self._first_state)
        self.appearance.reset()

    def greet(self) -> None:
        """At the very first start, say over the sample what else can be opened."""
        self._greets = not self._settings.value("greeted", False, type=bool)
        self._settings.setValue("greeted", True)

    def show_welcome(self) -> None:
        self.welcome.stand(centred=self.document.model is None)

    def show_keys(self) -> None:
        KeySheet(self._actions.values(), self).open()

    def show_about(self) -> None:
        box = QMessageBox(self)
        box.setAttribute(Qt.WA_DeleteOnClose)
        box.setWindowTitle("About explorer3d")
        box.setText(f"<b>explorer3d {__version__}</b><br>Look inside a neural network.")
        box.open()

    # What happens

    def _take_leave_of_welcome(self) -> None:
        if self.document.model is not None:
            self.welcome.hide()

    def _bring_panel_forward(self) -> None:
        """An input is told of in one panel, a layer in the other."""
        model, selected = self.document.model, self.document.selected
        if model is None or selected is None:
            return
        is_input = any(port.value == selected for port in model.inputs)
        wanted, other = (self._input_dock, self._dock) if is_input else (self._dock, self._input_dock)
        if in_sight(other) and other in self.tabifiedDockWidgets(wanted):
            wanted.raise_()

    def _smooth(self, request: Smooth) -> None:
        self.document.ask(_EDGES, "", request, lambda pixels: self.view.show_smooth(request, pixels))

    def _model_changed(self) -> None:
        model = self.document.model
        # What was said of the one before.
        self.banner.hide()
        self._entitle()
        if model is None:
            self.find_bar.close_search()
            self.welcome.stand(centred=True)
        else:
            self.find_bar.families.show_operators(("Input", *(layer.op for layer in model.layers)))
            self.welcome.hide()
        if self._greets and model is not None:
            self._greets = False
            self.welcome.stand(centred=False)

    def _entitle(self) -> None:
        model, changed = self.document.model, self.document.told
        name = f"{model.path.name}{f' ({changed})' if changed else ''} — " if model else ""
        self.setWindowTitle(f"{name}explorer3d")

    def _cancel(self) -> None:
        """Give up all work; what grows ends first, with what it has come to."""
        if not self.explanations.end_early():
            self.document.cancel()

    # Qt's events

    def dragEnterEvent(self, event: QEvent) -> None:
        data = event.mimeData()
        if data.hasImage() or any(url.isLocalFile() for url in data.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QEvent) -> None:
        event.acceptProposedAction()
        self.entrance.take(event.mimeData())

    def closeEvent(self, event: QEvent) -> None:
        # Else its panels and bars would be hidden the next time as well.
        self.full_screen.leave()
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("state", self.saveState())
        self.stacking.remember()
        self.priming.stop()
        self.number_windows.close_all()
        self.hide()
        QApplication.processEvents()
        self.document.close()
        self.executor.close()
        self.stage.close()
        super().closeEvent(event)

    def _restore(self) -> None:
        state = self._settings.value("state")
        if state is not None:
            self.restoreState(state)
        self.appearance.apply()
        self.stacking.restore()
        self.view.settle()
