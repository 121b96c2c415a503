"""Handles: squares on the edges of blocks, one for each group of a layer's tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Layer
from explorer3d.scene.camera import Projection
from explorer3d.scene.fading import SLIGHT, STRONG, faded
from explorer3d.scene.palette import DARK, Theme
from explorer3d.scene.picking import Enclosures
from explorer3d.scene.placement import HANDLE_SIDE, Placement
from explorer3d.scene.quads import Quads
from explorer3d.scene.seen import Drawn, Spots

SMALLEST_HANDLE = 2.0  # pixels from corner to corner below which a handle is not drawn
ROLES = ("bias", "weights", "input", "output")
_OUTPUT = ROLES.index("output")
# Which of the squares in the texture.
_IDLE, _ACTIVE, _FADED = 0, 1, {STRONG: 2, SLIGHT: 3}


@dataclass(frozen=True, eq=False)
class HandlePlan:
    """Which handles there are; those of a node follow one another, the one for its output last.

    Attributes
    ----------
    nodes : (h,) int array
    roles : (h,) int array
        Places in `ROLES`.
    steps : (h,) float array
        How many steps above the middle of its block each stands.
    crowds : (h,) int array
        How many stand on the same edge.
    first : (n + 1,) int array
        First handle of each node.
    """

    nodes: np.ndarray
    roles: np.ndarray
    steps: np.ndarray
    crowds: np.ndarray
    first: np.ndarray

    def find(self, node: int, role: str) -> int | None:
        """Index of a node's handle for a role."""
        for handle in range(self.first[node], self.first[node + 1]):
            if ROLES[self.roles[handle]] == role:
                return handle
        return None

    def corners(self, placement: Placement) -> np.ndarray:
        """(h, 4, 3) float array: where the handles are, in the order that `Quads` wants."""
        x, y, _ = placement.centres[self.nodes].T
        width, height, _ = placement.sizes[self.nodes].T
        side = np.minimum(HANDLE_SIDE, 0.3 * width)
        step = np.minimum(side * 1.25, (height - side) / np.maximum(self.crowds - 1, 1))
        left = np.where(self.roles == _OUTPUT, x + width / 2, x - width / 2 - side)
        bottom = y + self.steps * step - side / 2
        xs = np.stack([left, left + side, left + side, left], axis=1)
        ys = np.stack([bottom, bottom, bottom + side, bottom + side], axis=1)
        return np.stack([xs, ys, np.full_like(xs, 0.012)], axis=2)


def handle_plan(layers: Sequence[Layer | None]) -> HandlePlan:
    """The handles of all nodes.

    Parameters
    ----------
    layers : sequence of Layer or None
        What each node stands for; None: a model input. Folded blocks have no handles.
    """
    nodes: list[int] = []
    roles: list[int] = []
    steps: list[float] = []
    crowds: list[int] = []
    first = [0]
    for node, layer in enumerate(layers):
        if not isinstance(layer, FoldedBlock):
            left = left_roles(layer) if layer is not None else []
            for place, role in enumerate(left):
                nodes.append(node)
                roles.append(ROLES.index(role))
                steps.append((len(left) - 1) / 2 - place)
                crowds.append(len(left))
            if layer is None or layer.outputs:
                nodes.append(node)
                roles.append(_OUTPUT)
                steps.append(0.0)
                crowds.append(1)
        first.append(len(nodes))
    return HandlePlan(
        np.array(nodes, np.intp), np.array(roles, np.intp), np.array(steps), np.array(crowds), np.array(first)
    )


def left_roles(layer: Layer) -> list[str]:
    """Roles of the handles on a layer's left edge, from the top."""
    present = {weight.role for weight in layer.weights}
    return [role for role in ("bias", "weights") if role in present] + (["input"] if layer.inputs else [])


class Handles:
    """The handles of all nodes in one actor."""

    def __init__(self, plan: HandlePlan, placement: Placement, theme: Theme = DARK) -> None:
        self.plan = plan
        self._texture = _texture(theme)
        side = self._texture.shape[0]
        self._cell = np.array([0, 0, side, side])
        self._place(placement)
        self.quads = Quads(self._texture, np.broadcast_to(self._cell, (len(self.corners), 4)), self.corners)
        self._active: list[int] = []
        self._back, self._kind = np.zeros(len(plan.first) - 1, bool), _IDLE

    def _place(self, placement: Placement) -> None:
        self.corners = self.plan.corners(placement)
        low, high = self.corners[:, 0], self.corners[:, 2]
        self.enclosures = Enclosures(low, high)
        self._drawn = Drawn(Spots(low, high))

    def stand(self, placement: Placement) -> None:
        """Move along with the blocks."""
        self._place(placement)
        self.quads.move(self.corners)

    def place(self, node: int, role: str) -> np.ndarray | None:
        """(3,) float array: middle of a handle."""
        handle = self.plan.find(node, role)
        return None if handle is None else self.corners[handle].mean(axis=0)

    def see(self, projection: Projection) -> None:
        """Draw those that are seen from somewhere."""
        if self._drawn.see(projection, SMALLEST_HANDLE):
            self.quads.draw_only(self._drawn.chosen)

    def activate(self, keys: Sequence[tuple[int, str]]) -> None:
        """Light the handles (node, role) whose tensors are shown."""
        active = [handle for key in keys if (handle := self.plan.find(*key)) is not None]
        if active != self._active:
            self._active = active
            self._choose_cells()

    def fade(self, which: np.ndarray, share: float) -> None:
        """Let the handles of some nodes fade, unless their tensors are shown.

        Parameters
        ----------
        which : (n,) bool array
            Of the nodes.
        share : float
            `fading.STRONG` or `fading.SLIGHT`.
        """
        kind = _FADED[share] if which.any() else _IDLE
        if kind != self._kind or (which != self._back).any():
            self._back, self._kind = which, kind
            self._choose_cells()

    def _choose_cells(self) -> None:
        kinds = np.where(self._back[self.plan.nodes], self._kind, _IDLE)
        kinds[self._active] = _ACTIVE
        self.quads.show_cells(self._cell + kinds[:, None] * [self._cell[2], 0, self._cell[2], 0])


def _texture(theme: Theme, side: int = 32) -> np.ndarray:
    """Squares with a grid of 3 × 3 dots, side by side: idle, active, and those faded in two ways."""
    squares = []
    for ground, dot in ((theme.handle, theme.edge_active), (theme.handle_active, (255, 255, 255))):
        square = np.empty((side, side, 3), np.uint8)
        square[:] = ground
        for row in (8, 16, 24):
            for column in (8, 16, 24):
                square[row - 2 : row + 2, column - 2 : column + 2] = dot
        squares.append(square)
    idle = squares[_IDLE].reshape(-1, 3)
    for share in _FADED:
        squares.append(faded(idle, np.ones(len(idle), bool), theme, share).reshape(side, side, 3))
    return np.concatenate(squares, axis=1)
