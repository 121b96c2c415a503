"""The main window: the scene in the middle, the inspector beside it, every action in a menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QSettings, Qt, QTimer
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QAction,
    QActionGroup,
    QApplication,
    QDockWidget,
    QFileDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QProgressBar,
    QSlider,
    QStatusBar,
    QTabWidget,
    QToolBar,
    QToolButton,
    QWidget,
)

from explorer3d import __version__
from explorer3d.conversion.limits import Limits
from explorer3d.document import STACK, TILES, Document
from explorer3d.finding import Finding
from explorer3d.formats import is_pair
from explorer3d.graph.stand_in import StandIns
from explorer3d.inputs import Generated, Sizes
from explorer3d.qt.activations_menu import ActivationsMenu
from explorer3d.qt.appearance import Appearance
from explorer3d.qt.banner import Banner
from explorer3d.qt.breadcrumb import Breadcrumb
from explorer3d.qt.convert_form import ConvertForm
from explorer3d.qt.cost_menu import CostMenu
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.executor import Executor
from explorer3d.qt.find_bar import FindBar
from explorer3d.qt.fold_menu import FoldMenu
from explorer3d.qt.input.entrance import Entrance
from explorer3d.qt.input_panel import InputPanel
from explorer3d.qt.inspector import Inspector
from explorer3d.qt.journey import Journey
from explorer3d.qt.key_sheet import KeySheet
from explorer3d.qt.layer_table import LayerTable
from explorer3d.qt.memory import Memory
from explorer3d.qt.missing_letters import MissingLetters
from explorer3d.qt.overview_map import OverviewMap
from explorer3d.qt.panels import add_panel, in_sight, show_panel, toggle_panel
from explorer3d.qt.recent import RecentFiles
from explorer3d.qt.save_picture import PictureSize, ask_for_file
from explorer3d.qt.stages.dock import add_stages, toggle_stages
from explorer3d.qt.view import View
from explorer3d.qt.welcome import Welcome, present
from explorer3d.resources import resource
from explorer3d.scene.blueprints import Blueprints
from explorer3d.scene.pointing import Hit
from explorer3d.scene.presentation import Presentation
from explorer3d.scene.priming import primed, primed_for_more
from explorer3d.scene.smoothing import Smooth
from explorer3d.scene.snapshot import SavePicture
from explorer3d.scene.stage import Stage
from explorer3d.work import Ticket

if TYPE_CHECKING:
    from explorer3d.qt.arithmetic.windows import ArithmeticWindows
    from explorer3d.qt.tensor.windows import TensorWindows

MODELS = "Models (*.onnx *.h5 *.hdf5 *.keras *.json *.index saved_model.pb keras_metadata.pb)"
_PICTURES = "*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff *.gif"
INPUTS = f"Pictures, arrays, sound ({_PICTURES} *.npy *.npz *.csv *.pb *.wav)"
CONVERT = "Convert with TensorFlow…"
_LATER = 150  # milliseconds after a rest, when its last frame has been drawn
_EDGES = "edges"
_PATIENCE = 300  # milliseconds until it is said what takes so long
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
        self.resize(1440, 900)
        self._settings = settings or QSettings(_ORGANISATION, _ORGANISATION)
        self.document = Document(Memory(self._settings, "inputs"))
        self.stage = Stage((1280, 800), self.devicePixelRatioF())
        blueprints = Blueprints(self.stage)
        self.executor = Executor(self.document, self, blueprints.prepare)
        self.view = View(self.stage, self)
        self.setCentralWidget(self.view)
        self._presentation = Presentation(
            self.document, self.stage, self.view.refresh, blueprints, self.view.refresh_soon
        )
        self.breadcrumb = Breadcrumb(self.view, self.document)
        self.overview_map = OverviewMap(self.view, self.document)
        self.journey = Journey(self.document, self.stage, self.view, self.say)
        self.banner = Banner(self.view)
        self._finding = Finding(self.document)
        self.find_bar = FindBar(self.view, self.banner, self._finding)
        self.breadcrumb.keep_clear_of(self.find_bar)
        self.welcome = Welcome(self.view, self.open_model, self.choose_model)
        self.welcome.stand(centred=True)
        self.appearance = Appearance(self._settings, self._presentation.dress, self)
        self._priming = QTimer(self)
        self._hidden: list[QWidget] = []
        self._destination: str | None = None
        self._greets = False
        self.tensor_windows: TensorWindows | None = None
        self.arithmetic_windows: ArithmeticWindows | None = None
        self.inspector = Inspector(self.document)
        self._dock = add_panel(self, "Inspector", self.inspector)
        self.input_panel = InputPanel(self.document, self.executor, self._settings)
        self._input_dock = add_panel(self, "Input", self.input_panel, behind=self._dock)
        self.entrance = Entrance(
            self.document,
            self.input_panel,
            self.banner,
            self._settings,
            lambda: show_panel(self._input_dock),
            self.open_models,
            self,
        )
        self.layer_table = LayerTable(self.document)
        self._table_dock = add_panel(self, "Layers", self.layer_table, area=Qt.BottomDockWidgetArea)
        self._table_dock.hide()
        self._stages_dock = add_stages(self, self._table_dock, self.document, self._settings, self.visit)
        self.setTabPosition(Qt.RightDockWidgetArea, QTabWidget.North)
        self._actions: dict[str, QAction] = {}
        self._build_menus()
        self._build_toolbar()
        self._build_status()
        self._connect()
        self._first_state = self.saveState()
        self._restore()
        self.view.setFocus()

    # Building

    def _add(self, menu: QMenu, text: str, keys: tuple[str, ...], slot: object, tip: str = "") -> QAction:
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setToolTip(f"{tip or text}{f' ({keys[0]})' if keys else ''}")
        action.triggered.connect(lambda: slot())  # type: ignore[operator]
        menu.addAction(action)
        self.addAction(action)
        self._actions[text] = action
        return action

    def _build_menus(self) -> None:
        bar = self.menuBar()
        files = bar.addMenu("&File")
        self._add(files, "Open model…", ("Ctrl+O",), self.choose_model, "Open an ONNX or Keras network")
        self._add(files, "Open input…", ("Ctrl+I",), self.choose_input, "Run a picture or array through it")
        self.entrance.add_to(files, self._add)
        self._recent = RecentFiles(self._settings, files.addMenu("Recent models"), self.open_models)
        samples = files.addMenu("Samples")
        for sample, model, picture in present():
            self._add(
                samples,
                f"{sample.network} · {sample.subject}",
                (),
                lambda m=model, p=picture: self.open_model(m, p),
            )
        self._add(
            files,
            CONVERT,
            (),
            self.ask_to_convert,
            "Let TensorFlow convert what cannot be opened or run directly",
        ).setEnabled(False)
        self._add(files, "Close model", ("Ctrl+W",), self.document.close_model)
        files.addSeparator()
        self._add(files, "Save picture…", ("Ctrl+S",), self.save_picture, "Save what the scene shows")
        self._add(files, "Copy picture", ("Ctrl+Shift+C",), self.copy_picture)
        files.addSeparator()
        self.activations = ActivationsMenu(files, self.document, self._settings)
        files.addSeparator()
        self._add(files, "Quit", ("Ctrl+Q",), self.close)

        layer = bar.addMenu("&Layer")
        self._add(
            layer,
            "Open layer",
            ("Return", "Enter"),
            self.open_selected,
            "Show the selected layer's tensors, or what is in a block; once more: the body inside it",
        )
        self._add(
            layer,
            "Every number…",
            ("V",),
            self.open_tensor,
            "The selected layer's output, or the tensor the inspector shows, in a window of its own",
        )
        self._add(
            layer,
            "How a number comes about…",
            ("A",),
            self.open_arithmetic,
            "The window, the weights and the sum behind a number of the selected layer",
        )
        self._add(layer, "Close layer", ("Esc",), self.close_layer, "Close the layer opened last")
        self._add(
            layer, "Reopen layer", ("Ctrl+Z",), self.document.reopen, "Open the layer closed last again"
        )
        self._add(layer, "Close all layers", ("Shift+Esc",), self.document.close_all)
        self._add(layer, "Find…", ("Ctrl+F",), self.find, "Find layers by whatever is known of them")
        self._add(layer, "Find next", ("F3",), lambda: self.find_bar.step(1), "Fly to the next layer found")
        self._add(layer, "Find previous", ("Shift+F3",), lambda: self.find_bar.step(-1))
        self._add(layer, "Fly to layer", ("F",), self.fly_to_selected, "Fly to the selected layer")

        self.journey.add_to(bar.addMenu("&Go"), self._add)

        view = bar.addMenu("&View")
        self._add(view, "Fit", ("Space", "Home"), self.fit, "Show the whole network")
        self._add(view, "Zoom in", ("+", "="), lambda: self.view.zoom(1.25))
        self._add(view, "Zoom out", ("-",), lambda: self.view.zoom(0.8))
        for text, keys, azimuth, elevation in (
            ("Turn left", "Shift+Left", 10, 0),
            ("Turn right", "Shift+Right", -10, 0),
            ("Turn up", "Shift+Up", 0, 10),
            ("Turn down", "Shift+Down", 0, -10),
        ):
            self._add(view, text, (keys,), lambda a=azimuth, e=elevation: self.turn(a, e))
        view.addSeparator()
        self.fold_menu = FoldMenu(view, self.document, self._add)
        view.addSeparator()
        dims: QAction = self._add(
            view,
            "Dim reshapes and casts",
            ("R",),
            lambda: self.dim_rearranging(dims.isChecked()),
            "Let layers stand back that only rearrange their input",
        )
        dims.setCheckable(True)
        toggle = self._add(view, "Tiles", ("T",), self.toggle_mode, "Unfold stacks into tiles, and back")
        toggle.setCheckable(True)
        self._add(view, "Spread more", ("]",), lambda: self.set_spread(self.document.spread + 0.2))
        self._add(view, "Spread less", ("[",), lambda: self.set_spread(self.document.spread - 0.2))
        view.addSeparator()
        self._add(
            view, "Inspector", ("I",), lambda: toggle_panel(self._dock), "Numbers of the selected layer"
        )
        self._add(
            view,
            "Input",
            ("P",),
            lambda: toggle_panel(self._input_dock),
            "What goes in, and how it is prepared",
        )
        self._add(
            view, "Layers", ("L",), lambda: toggle_panel(self._table_dock), "All layers and their costs"
        )
        self._add(
            view, "Stages", ("S",), lambda: toggle_stages(self._stages_dock), "The picture after each layer"
        )
        maps: QAction = self._add(
            view,
            "Overview map",
            ("N",),
            lambda: self.show_map(maps.isChecked()),
            "A map of the network in a corner, whenever not all of it is in view",
        )
        maps.setCheckable(True)
        self._cost_menu = CostMenu(self.document, self._settings, self)
        self._cost_menu.add_to(view, self._add)
        self.appearance.add_to(view)
        self._add(view, "Reset layout", (), self.reset_layout, "Panels, theme and text as at first")
        self._add(view, "Full screen", ("F11",), self.toggle_full_screen, "The scene alone")

        about = bar.addMenu("&Help")
        self._add(about, "Keyboard and mouse", ("?", "F1"), self.show_keys)
        self._add(about, "Welcome", (), self.show_welcome)
        self._add(about, "About explorer3d", (), self.show_about)

    def _build_toolbar(self) -> None:
        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setMovable(False)
        for name in ("Open model…", "Open input…"):
            bar.addAction(self._actions[name])
        bar.addSeparator()
        group = QActionGroup(self)
        self._modes: dict[str, QAction] = {}
        for mode, title in ((STACK, "3D stack"), (TILES, "2D tiles")):
            action = QAction(title, self)
            action.setCheckable(True)
            action.setToolTip(f"Show tensors as {title} (T)")
            action.triggered.connect(lambda _, mode=mode: self.document.set_view(mode=mode))
            group.addAction(action)
            bar.addAction(action)
            self._modes[mode] = action
        bar.addWidget(QLabel("  Spread "))
        self.spread = QSlider(Qt.Horizontal)
        self.spread.setRange(0, 30)
        self.spread.setFixedWidth(110)
        self.spread.setFocusPolicy(Qt.ClickFocus)
        self.spread.setAccessibleName("Spread of stacks")
        self.spread.setToolTip("Distance between the slices of a stack ([ and ])")
        self.spread.valueChanged.connect(lambda value: self.set_spread(value / 10))
        bar.addWidget(self.spread)
        bar.addSeparator()
        bar.addAction(self._actions["Fit"])
        self.addToolBar(bar)

    def _build_status(self) -> None:
        status = QStatusBar()
        status.setSizeGripEnabled(False)
        self._about_model = ElidedLabel()
        self._about_model.setIndent(10)
        self._work = QLabel()
        self._work.setTextFormat(Qt.PlainText)
        self._progress = QProgressBar()
        self._progress.setFixedWidth(160)
        self._progress.setRange(0, 100)
        self._progress.setTextVisible(False)
        self.cancel = QToolButton()
        self.cancel.setText("Cancel")
        self.cancel.setToolTip("Give up what is being done")
        self.cancel.clicked.connect(self.document.cancel)
        status.addWidget(self._about_model, 1)
        for widget in (self._work, self._progress, self.cancel):
            status.addPermanentWidget(widget)
            widget.hide()
        # What is done by then would only flicker.
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE)
        self._patience.timeout.connect(self._show_work)
        self.setStatusBar(status)

    def _connect(self) -> None:
        self.view.clicked.connect(self._clicked)
        self.view.double_clicked.connect(self._double_clicked)
        self.view.rested.connect(self._presentation.refine)
        self.view.jagged.connect(self._smooth)
        self.view.moved.connect(lambda: self.document.give_up(_EDGES))
        self._finding.wanted.connect(self.visit)
        self.inspector.wanted.connect(self.visit)
        self.inspector.window_wanted.connect(self.open_tensor)
        self.inspector.arithmetic_wanted.connect(self.open_arithmetic)
        self.find_bar.closed.connect(self.view.setFocus)
        self.executor.progressed.connect(self._progressed)
        self.executor.idle.connect(self._idle)
        self.view.drawn.connect(self.executor.drawn)
        document = self.document
        document.failed.connect(self.banner.say)
        document.noted.connect(self.banner.note)
        document.selection_changed.connect(self._bring_panel_forward)
        document.selection_changed.connect(self._arrive)
        self.breadcrumb.top_wanted.connect(self.show_whole)
        self.layer_table.chosen.connect(self.visit)
        self.layer_table.opened.connect(document.show)
        self.input_panel.file_wanted.connect(self.choose_input)
        self._input_dock.visibilityChanged.connect(self.input_panel.come_forward)
        document.model_changed.connect(self._model_changed)
        document.input_changed.connect(self._describe)
        document.view_changed.connect(self._view_changed)
        document.convertible_changed.connect(self._convertible_changed)
        self._missing_letters = MissingLetters(document)
        self._view_changed()
        self._describe()

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

    def ask_to_convert(self) -> None:
        """Say what TensorFlow would do with the model that needs it, and let a person decide."""
        path = self.document.convertible
        if path is not None:
            form = ConvertForm(path, self)
            form.wanted.connect(self.convert)
            form.show()

    def convert(self, path: Path, limits: Limits) -> None:
        self.banner.hide()
        self.document.convert(path, limits)

    def choose_model(self) -> None:
        title = "Open a model, or a configuration and its weights"
        if paths := self._chosen(QFileDialog.getOpenFileNames, title, MODELS):
            self.open_models(paths)

    def choose_input(self) -> None:
        if paths := self._chosen(QFileDialog.getOpenFileName, "Open a picture or array", INPUTS):
            self.open_input(paths[0])

    def _chosen(self, ask: Callable[..., tuple[Any, str]], title: str, kinds: str) -> list[Path]:
        folder = str(self._settings.value("folder", str(resource("sample_models"))))
        found, _ = ask(self, title, folder, f"{kinds};;All files (*)")
        paths = [Path(name) for name in ([found] if isinstance(found, str) else found) if name]
        if paths:
            self._settings.setValue("folder", str(paths[0].parent))
        return paths

    def save_picture(self) -> None:
        """Save the scene as it is framed, at a size of choice."""
        dialog = PictureSize(self.stage.canvas.size, self._settings, self)
        if not dialog.exec_():
            return
        model = self.document.model
        path = ask_for_file(self, f"{model.path.stem if model else 'network'}.png")
        if path is not None:
            self.save_picture_as(path, dialog.size_chosen)

    def save_picture_as(self, path: Path, size: tuple[int, int]) -> None:
        """Draw the scene at a size in pixels and write it; both off the GUI thread."""
        scale = self.devicePixelRatioF() * size[0] / self.stage.canvas.size[0]
        request = SavePicture(self._presentation.snapshot(size, scale), path)
        self.document.ask("picture", f"Saving {path.name}", request, self._picture_saved)

    def _picture_saved(self, path: Path) -> None:
        self.statusBar().showMessage(f"Saved {path}", 5000)

    def copy_picture(self) -> None:
        """Put the scene as it is seen on the clipboard."""
        QApplication.clipboard().setPixmap(self.view.grab())
        self.statusBar().showMessage("Picture copied", 3000)

    def fit(self) -> None:
        self.stage.fit()
        self.view.refresh()

    def show_whole(self) -> None:
        """Frame the network, nothing selected."""
        self.document.select(None)
        self.fit()

    def turn(self, right: float, up: float) -> None:
        self.stage.fly(self.stage.pose.orbited(right, up))
        self.view.refresh()

    def toggle_mode(self) -> None:
        self.document.set_view(mode=TILES if self.document.mode == STACK else STACK)

    def set_spread(self, spread: float) -> None:
        if abs(spread - self.document.spread) > 1e-6:
            self.document.set_view(spread=round(spread, 1))

    def toggle_full_screen(self) -> None:
        """The scene alone on the whole screen, and back."""
        entering = not self.isFullScreen()
        if entering:
            self._hidden = [bar for bar in self._bars() if bar.isVisible()]
        for bar in self._hidden:
            bar.setVisible(not entering)
        self.setWindowState(self.windowState() ^ Qt.WindowFullScreen)
        self.view.setFocus()

    def _bars(self) -> list[QWidget]:
        return [
            self.menuBar(),
            self.statusBar(),
            *self.findChildren(QToolBar),
            *self.findChildren(QDockWidget),
        ]

    def reset_layout(self) -> None:
        """Panels where they were at first, dark theme, normal text."""
        if self.isFullScreen():
            self.toggle_full_screen()
        self.restoreState(self._first_state)
        self.appearance.reset()

    def greet(self) -> None:
        """At the very first start, say over the sample what else can be opened."""
        self._greets = not self._settings.value("greeted", False, type=bool)
        self._settings.setValue("greeted", True)

    def prime(self) -> None:
        """Prepare to draw the first network, a little between any two events."""
        steps = primed(self.stage)

        def step() -> None:
            if next(steps, self) is self:
                self._priming.stop()

        def first_rest() -> None:
            nonlocal steps
            if self.stage.network is not None:
                self.view.rested.disconnect(first_rest)
                steps = primed_for_more(self.stage)
                self._priming.start(_LATER)

        self.view.rested.connect(first_rest)
        self._priming.timeout.connect(step)
        self._priming.start(0)

    @property
    def priming(self) -> bool:
        """Whether something is still to be prepared."""
        return bool(self._priming.isActive())

    def show_welcome(self) -> None:
        self.welcome.stand(centred=self.document.model is None)

    def say(self, sentence: str) -> None:
        """Tell something that need not be dealt with."""
        self.statusBar().showMessage(sentence, 5000)

    def open_selected(self) -> None:
        selected = self.document.selected
        if selected is None:
            return
        if self.document.is_folded(selected):
            self.document.unfold(selected)
        elif selected in self.document.opened and self._has_body(selected):
            self.document.enter(selected)
        else:
            self.document.show(selected)

    def open_tensor(self) -> None:
        """Show the tensor that the inspector shows, or the selected layer's output, number by number."""
        # Here, since nobody waits for it when the program starts.
        from explorer3d.qt.tensor.windows import TensorWindows

        document, selected = self.document, self.document.selected
        if selected is None or document.is_folded(selected):
            self.banner.say("Select a layer or an input first: its tensors open in windows of their own.")
            return
        if self.tensor_windows is None:
            self.tensor_windows = TensorWindows(document, self._settings, self)
            self.tensor_windows.input_marked.connect(self.input_panel.mark)
            self.tensor_windows.arithmetic_wanted.connect(self.spell_out)
        self.tensor_windows.open(selected, self.inspector.tensors.currentData() or "output")

    def open_arithmetic(self) -> None:
        """Spell out how the selected layer comes to its largest number."""
        model, selected = self.document.model, self.document.selected
        if model is None or selected is None or selected not in model.layer_by_name:
            self.banner.say("Select a layer first: how it comes to a number is spelled out then.")
        else:
            self.spell_out(selected, None)

    def spell_out(self, layer: str, index: tuple[int, ...] | None) -> None:
        """Spell out how a layer comes to a number of its output; None: the largest."""
        # Here, since nobody waits for it when the program starts.
        from explorer3d.qt.arithmetic.windows import ArithmeticWindows

        if self.arithmetic_windows is None:
            self.arithmetic_windows = ArithmeticWindows(self.document, self._settings, self)
            self.arithmetic_windows.layer_wanted.connect(self.visit)
            self.arithmetic_windows.input_marked.connect(self.input_panel.mark)
        self.arithmetic_windows.open(layer, index)

    def _has_body(self, name: str) -> bool:
        layer = self.document.model.layer_by_name.get(name) if self.document.model else None
        return layer is not None and bool(layer.bodies)

    def close_layer(self) -> None:
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
            if self.document.selected is None and self.isFullScreen():
                self.toggle_full_screen()
            self.document.select(None)

    def find(self) -> None:
        """Ask for layers over the scene."""
        if self.document.model is None:
            self.banner.say("Open a model first, then find its layers.")
        else:
            self.find_bar.start()

    def dim_rearranging(self, wanted: bool) -> None:
        """Let layers stand back that only rearrange their input, or not; remembered."""
        self._settings.setValue("dim_rearranging", wanted)
        self._finding.dim_rearranging(wanted)

    def show_map(self, wanted: bool) -> None:
        """Have the overview map in its corner whenever it is of use, or never; remembered."""
        self._settings.setValue("overview_map", wanted)
        self.overview_map.want(wanted)

    def visit(self, name: str) -> None:
        """Select a node and fly there."""
        self._destination = name
        self.document.select(name)
        # It may have been selected before.
        self._arrive()

    def _arrive(self) -> None:
        if self._destination is not None and self._destination == self.document.selected:
            self._destination = None
            self.fly_to_selected()

    def fly_to_selected(self) -> None:
        if self.document.selected:
            self.stage.frame_node(self.document.selected)
            self.view.refresh()

    def show_keys(self) -> None:
        KeySheet(self._actions.values(), self).open()

    def show_about(self) -> None:
        box = QMessageBox(self)
        box.setAttribute(Qt.WA_DeleteOnClose)
        box.setWindowTitle("About explorer3d")
        box.setText(f"<b>explorer3d {__version__}</b><br>Look inside a neural network.")
        box.open()

    # What happens

    def _clicked(self, hit: Hit | None) -> None:
        if self.document.model is not None:
            self.welcome.hide()
        if hit is None:
            return
        if hit.tensor is not None:
            self.document.select(hit.node)
            self.inspector.choose(hit.tensor)
        else:
            self.document.show(hit.node, hit.role)
            self.inspector.prefer(hit.role)

    def _bring_panel_forward(self) -> None:
        """An input is told of in one panel, a layer in the other."""
        model, selected = self.document.model, self.document.selected
        if model is None or selected is None:
            return
        is_input = any(port.value == selected for port in model.inputs)
        wanted, other = (self._input_dock, self._dock) if is_input else (self._dock, self._input_dock)
        if in_sight(other) and other in self.tabifiedDockWidgets(wanted):
            wanted.raise_()

    def _double_clicked(self, hit: Hit | None) -> None:
        if hit is not None and self.document.is_folded(hit.node):
            self.document.unfold(hit.node)
        elif hit is not None and hit.role is None and self._has_body(hit.node):
            self.document.enter(hit.node)
        elif hit is not None:
            self.stage.frame_node(hit.node)
            self.view.refresh()

    def _smooth(self, request: Smooth) -> None:
        self.document.ask(_EDGES, "", request, lambda pixels: self.view.show_smooth(request, pixels))

    def _progressed(self, ticket: Ticket, fraction: float, message: str) -> None:
        if not ticket.title or not self.document.awaits(ticket):
            return
        self._work.setText(message)
        # A progress bar would paint at once all of the window that is out of date, the scene first of all.
        self._progress.setUpdatesEnabled(False)
        self._progress.setValue(round(100 * fraction))
        self._progress.setUpdatesEnabled(True)
        if ticket.topic == "open":
            self._show_work()
        elif not (self._patience.isActive() or self.cancel.isVisible()):
            self._patience.start()

    def _show_work(self) -> None:
        for widget in (self._work, self._progress, self.cancel):
            widget.show()

    def _idle(self) -> None:
        self._patience.stop()
        for widget in (self._work, self._progress, self.cancel):
            widget.hide()

    def _model_changed(self) -> None:
        model = self.document.model
        # What was said of the one before.
        self.banner.hide()
        self.setWindowTitle(f"{model.path.name} — explorer3d" if model else "explorer3d")
        self._describe()
        if model is None:
            self.find_bar.close_search()
            self.welcome.stand(centred=True)
        else:
            self.find_bar.families.show_operators(("Input", *(layer.op for layer in model.layers)))
            self.welcome.hide()
            self._recent.add(model.path, model.weights_path)
        if self._greets and model is not None:
            self._greets = False
            self.welcome.stand(centred=False)

    def _convertible_changed(self) -> None:
        possible = self.document.convertible is not None
        self._actions[CONVERT].setEnabled(possible)
        if possible:
            self.banner.offer(CONVERT, self.ask_to_convert)
        else:
            self.banner.withdraw()

    def _view_changed(self) -> None:
        document = self.document
        self._modes[document.mode].setChecked(True)
        self._actions["Tiles"].setChecked(document.mode == TILES)
        self.spread.blockSignals(True)
        self.spread.setValue(round(document.spread * 10))
        self.spread.blockSignals(False)

    def _describe(self) -> None:
        model, feeds = self.document.model, self.document.feeds
        if model is None:
            self._about_model.setText("")
            return
        name = f"{model.path.name} › {model.within.title}" if model.within else model.path.name
        parts = [name, f"{len(model.layers):,} layers", f"{model.parameters:,} parameters"]
        if feeds is not None:
            parts.append(f"input: {feeds.description}")
        self._about_model.setText("   ·   ".join(parts))

    # Qt's events

    def dragEnterEvent(self, event: QEvent) -> None:
        data = event.mimeData()
        if data.hasImage() or any(url.isLocalFile() for url in data.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QEvent) -> None:
        event.acceptProposedAction()
        self.entrance.take(event.mimeData())

    def closeEvent(self, event: QEvent) -> None:
        self._settings.setValue("geometry", self.saveGeometry())
        self._settings.setValue("state", self.saveState())
        self._settings.setValue("mode", self.document.mode)
        self._settings.setValue("spread", self.document.spread)
        self._settings.setValue("colormap", self.document.colormap)
        self._priming.stop()
        if self.tensor_windows is not None:
            self.tensor_windows.close_all()
        if self.arithmetic_windows is not None:
            self.arithmetic_windows.close_all()
        self.hide()
        QApplication.processEvents()
        self.document.close()
        self.executor.close()
        self.stage.close()
        super().closeEvent(event)

    def _restore(self) -> None:
        geometry, state = self._settings.value("geometry"), self._settings.value("state")
        if geometry is not None:
            self.restoreGeometry(geometry)
        if state is not None:
            self.restoreState(state)
        mode = self._settings.value("mode", STACK)
        try:
            spread = float(self._settings.value("spread", 1.0))
        except (TypeError, ValueError):
            spread = 1.0
        colormap = str(self._settings.value("colormap", ""))
        dims = self._settings.value("dim_rearranging", False, type=bool)
        self._actions["Dim reshapes and casts"].setChecked(dims)
        self._finding.dim_rearranging(dims)
        maps = self._settings.value("overview_map", True, type=bool)
        self._actions["Overview map"].setChecked(maps)
        self.overview_map.want(maps)
        self.appearance.apply()
        self.document.set_view(mode if mode in (STACK, TILES) else STACK, spread, colormap)
        self.view.settle()
