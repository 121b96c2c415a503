"""Keeps a stage showing what a document says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer3d.compute.costs import COSTS
from explorer3d.compute.redraw import DrawBetween, Redrawn
from explorer3d.compute.refine import Detail
from explorer3d.document import Document
from explorer3d.labels import Guess
from explorer3d.scene.blueprint import Blueprint
from explorer3d.scene.blueprints import Blueprints
from explorer3d.scene.camera import Pose
from explorer3d.scene.laid import Laid
from explorer3d.scene.mosaics import Painted
from explorer3d.scene.paint import Paint
from explorer3d.scene.palette import Theme
from explorer3d.scene.panel import Panel
from explorer3d.scene.snapshot import Snapshot
from explorer3d.scene.stage import Stage

_FEW = 300  # nodes whose mosaics are coloured, and whose places are found, in an instant


class Presentation:
    """Connects a document to a stage.

    Parameters
    ----------
    document : Document
    stage : Stage
    changed : callable
        Called whenever the picture is out of date.
    blueprints : Blueprints, optional
        Where those are that have been made beforehand.
    rebuilt : callable, optional
        Called instead when much has been built, which took a while: before a picture of it is drawn, which
        takes as long again, others may have their turn.
    passed : callable, optional
        Called instead when it will be out of date again in a moment, since an input is being moved by hand.
    """

    def __init__(
        self,
        document: Document,
        stage: Stage,
        changed: Callable[[], None],
        blueprints: Blueprints | None = None,
        rebuilt: Callable[[], None] | None = None,
        passed: Callable[[], None] | None = None,
    ) -> None:
        self._document, self._stage, self._changed = document, stage, changed
        self._rebuilt, self._passed = rebuilt or changed, passed or changed
        self._blueprints = blueprints or Blueprints(stage)
        self._path: Path | None = None
        self._poses: dict[str, Pose] = {}
        self._look = stage.theme, stage.text
        document.leaving.connect(self._leaving)
        document.model_changed.connect(self._model)
        document.faces_changed.connect(self._faces)
        document.answers_changed.connect(self._answers)
        document.folding_changed.connect(self._folding)
        document.layer_changed.connect(self._layer)
        document.selection_changed.connect(self._selection)
        document.bright_changed.connect(self._bright)
        document.costs_changed.connect(self._costs)
        document.view_changed.connect(self._view)
        document.ranges_changed.connect(self._ranges)
        self._view()

    def snapshot(self, size: tuple[int, int], scale: float) -> Snapshot:
        """What is seen, to be drawn at another size.

        Parameters
        ----------
        size : (int, int)
            Width and height in pixels.
        scale : float
            Pixels per logical pixel.
        """
        document, stage = self._document, self._stage
        return Snapshot(
            folding=document.folding,
            faces=document.faces,
            best=self._best(),
            shown=tuple(
                (document.shown[name], roles)
                for name, roles in document.opened.items()
                if name in document.shown
            ),
            selected=document.selected,
            start=document.start,
            bright=stage.bright,
            paint=self._paint(),
            mode=document.mode,
            colormap=document.colormap,
            ranges=document.ranges,
            spread=document.spread,
            text=stage.text,
            theme=stage.theme,
            pose=stage.pose,
            size=size,
            scale=scale,
            laid=stage.laid,
        )

    def dress(self, theme: Theme, text: float) -> None:
        """Change the colours of all but the data, and the size of all writing (1 as designed).

        Where many nodes take other places for it, these are found on another thread.
        """
        self._look = theme, text
        stage, network = self._stage, self._stage.network
        if network is None or len(network.index) <= _FEW or text == stage.text:
            stage.set_look(theme, text)
            self._changed()
            return

        def accept(placed: Blueprint) -> None:
            if self._look == (theme, text):
                stage.set_look(theme, text, placed)
                self._changed()

        plan = network.plan
        title = "Making room for the writing"
        self._document.ask("look", title, lambda progress: plan.placed(plan.heights, text), accept)

    def refine(self) -> None:
        """Have drawn finer what is seen larger than it is drawn, or in colours that tell too little."""
        self._redraw(self._stage.outdated())
        for name, panel, request in self._stage.coarse():

            def accept(detail: Detail, panel: Panel = panel) -> None:
                self._stage.sharpen(panel, detail)
                self._changed()

            self._document.ask(f"detail {name} {panel.tensor.name}", f"Sharpening {name}", request, accept)

    def lay(self, laid: Laid | None) -> None:
        """Lay an explanation over what it is about; None: nothing."""
        if laid is not self._stage.laid:
            self._stage.lay(laid)
            # What grows will be out of date again in a moment.
            growing = laid is not None and laid.growing
            (self._passed if self._document.passing or growing else self._changed)()

    def _redraw(self, outdated: list[tuple[str, Panel, DrawBetween]]) -> None:
        for name, panel, request in outdated:

            def accept(redrawn: Redrawn, panel: Panel = panel, request: DrawBetween = request) -> None:
                self._stage.redraw(panel, request, redrawn)
                self._changed()

            self._document.ask(f"colours {name} {panel.tensor.name}", f"Colouring {name}", request, accept)

    def _leaving(self) -> None:
        self._poses[self._document.keys[-1]] = self._stage.goal

    def _model(self) -> None:
        folding, keys = self._document.folding, self._document.keys
        path = folding.model.path if folding else None
        pose = self._stage.pose
        if self._look != (self._stage.theme, self._stage.text):
            # Its room was still being made for the network that is gone.
            self._stage.show(None)
            self._stage.set_look(*self._look)
        self._stage.show(self._blueprints.take(folding.model, folding.layout) if folding else None)
        if path is not None and path == self._path and not self._poses:
            # The same network read in another way: whoever looked at a place in it still does.
            self._stage.move_camera(pose)
        self._path = path
        self._poses = {key: pose for key, pose in self._poses.items() if key in keys}
        if keys and keys[-1] in self._poses:
            self._put_back(self._poses.pop(keys[-1]))
        self._rebuilt()

    def _put_back(self, pose: Pose) -> None:
        """Show a network as it was left."""
        document, stage = self._document, self._stage
        stage.set_ranges(document.ranges)
        for name, roles in document.opened.items():
            if name in document.shown:
                stage.open_layer(document.shown[name], roles)
        stage.select(document.selected, document.start)
        stage.settle()
        stage.move_camera(pose)

    def _folding(self) -> None:
        folding = self._document.folding
        assert folding is not None
        plan = self._blueprints.take(folding.model, folding.layout)
        self._stage.refold(plan, self._document.refolded, painted=self._blueprints.painted)
        self._rebuilt()

    def _faces(self) -> None:
        self._stage.show_faces(self._document.faces, self._best(), self._blueprints.painted)
        (self._passed if self._document.passing else self._rebuilt)()

    def _answers(self) -> None:
        self._stage.show_answers(self._best())
        self._passed()

    def _best(self) -> dict[str, tuple[Guess, ...]]:
        return {name: ranking.guesses for name, ranking in self._document.rankings.items()}

    def _layer(self, name: str) -> None:
        roles, shown = self._document.opened.get(name), self._document.shown.get(name)
        was_open = name in self._stage.opened
        if self._document.ranges is not self._stage.ranges:
            self._stage.set_ranges(self._document.ranges)
        if roles is None:
            self._stage.close_layer(name)
        elif shown is not None:
            self._stage.open_layer(shown, roles)
            if not was_open and name == self._document.selected:
                self._stage.frame_node(name)
        (self._passed if self._document.passing and was_open else self._changed)()

    def _selection(self) -> None:
        self._stage.select(self._document.selected, self._document.start)
        self._changed()

    def _bright(self) -> None:
        self._stage.keep_bright(self._document.bright)
        self._changed()

    def _costs(self) -> None:
        self._stage.paint(self._paint())
        self._changed()

    def _paint(self) -> Paint | None:
        painted = self._document.painted
        values = self._document.costs.get(painted)
        return Paint(COSTS[painted], values) if values is not None else None

    def _view(self) -> None:
        document, stage = self._document, self._stage
        if document.mode != stage.mode:
            stage.set_mode(document.mode)
        if document.spread != stage.spread:
            stage.set_spread(document.spread)
        if document.colormap != stage.colormap:
            self._recolour()
        self._changed()

    def _ranges(self) -> None:
        self._stage.set_ranges(self._document.ranges)
        # Of red, green and blue no table makes others.
        self._redraw(self._stage.outdated(at_once=True))
        self._changed()

    def _recolour(self) -> None:
        """Colour all tensors anew, those of many layers on another thread."""
        document, stage = self._document, self._stage
        colormap, network = document.colormap, stage.network
        if network is None or len(network.index) <= _FEW:
            stage.set_colormap(colormap)
            return

        def accept(painted: Painted) -> None:
            stage.set_colormap(colormap, painted)
            self._changed()

        plan, faces = network.plan, stage.mosaics.faces
        title = "Colouring the feature maps"
        document.ask("mosaics", title, lambda progress: Painted(plan, faces, colormap), accept)
