"""Blocks that stand for layers, with their handles, faces and labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from explorer3d.compute.picture import grid_columns
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Layer, Model, Port
from explorer3d.graph.summary import shape_text
from explorer3d.scene.boxes import Boxes
from explorer3d.scene.camera import Projection
from explorer3d.scene.palette import DARK, FAMILIES, Colour, Theme, family_of
from explorer3d.scene.picking import Enclosures
from explorer3d.scene.placement import LABEL_ROOM, Placement
from explorer3d.scene.quads import Quads, rectangle
from explorer3d.scene.seen import Drawn, Spots
from explorer3d.scene.text import Label

HANDLE_SIDE = 0.26
SMALLEST_HANDLE = 2.0  # pixels from corner to corner below which a handle is not drawn
CARDS, CARD_STEP = 4, (0.07, 0.07, -0.24)
NAME_HEIGHT, SMALL_HEIGHT = 0.36, 0.28


@dataclass(frozen=True)
class Handle:
    """A square on a block's edge that stands for one group of its tensors.

    Attributes
    ----------
    node : str
    role : str
        ``input``, ``weights``, ``bias`` or ``output``.
    """

    node: str
    role: str


@dataclass(frozen=True, eq=False)
class NodeText:
    """What is written under a block."""

    name: str
    op: str
    shape: str
    about: str = ""


def sizes_text(port: Port | None) -> str:
    """``28×28×6``: a tensor's axes without the batch, a question mark for an unknown size."""
    if port is None or port.shape is None:
        return ""
    sizes = port.shape
    if len(sizes) > 1 and (not port.axes or port.axes.startswith("N")):
        sizes = sizes[1:]
    return shape_text(sizes, "×")


def short_name(name: str, op: str) -> str:
    """What of a layer's path tells it apart, without the operator that is written below it.

    ``/layer1/layer1.0/conv1/Conv`` → ``conv1``; names without a path stay as they are.
    """
    parts = [part for part in name.split("/") if part]
    if len(parts) > 1 and parts[-1].split("_")[0] == op:
        return "/".join(parts[-2:]) if parts[-1] != op else parts[-2]
    return parts[-1] if len(parts) > 1 else name


def node_texts(model: Model) -> dict[str, NodeText]:
    """Name, operator and output shape of every node of the scene, by its name."""
    texts = {port.value: NodeText(port.value, "Input", sizes_text(port)) for port in model.inputs}
    for layer in model.layers:
        texts[layer.name] = NodeText(
            short_name(layer.name, layer.op),
            layer.op,
            sizes_text(layer.outputs[0] if layer.outputs else None),
        )
        if isinstance(layer, FoldedBlock):
            texts[layer.name] = replace(
                texts[layer.name], name=layer.title, about=f"{len(layer.layers):,} layers{_weighed(layer)}"
            )
    return texts


def _weighed(layer: Layer) -> str:
    """`` · 1.2 M``: its parameters, shortly."""
    count = float(layer.parameters)
    for unit in ("", " k", " M", " G"):
        if count < 999.5 or unit == " G":
            break
        count /= 1000
    return f" · {count:.3g}{unit}" if count else ""


def blocks(placement: Placement, texts: Mapping[str, NodeText]) -> Boxes:
    """All blocks, coloured by operator family."""
    return Boxes(placement.centres, placement.sizes, body_colours(placement, texts))


def cards(placement: Placement, texts: Mapping[str, NodeText], folded: Collection[str]) -> Boxes:
    """What of a stack of cards is seen behind each folded block: its edges."""
    which = np.array([name in folded for name in placement.names], bool)
    steps = np.arange(1, CARDS)[:, None, None] * np.array(CARD_STEP)
    return Boxes(
        (placement.centres[which] + steps).reshape(-1, 3),
        np.tile(placement.sizes[which], (CARDS - 1, 1)),
        card_shades(body_colours(placement, texts)[which]),
    )


def card_shades(colours: np.ndarray) -> np.ndarray:
    """RGB of the cards behind folded blocks of given colours, every other one darker.

    Parameters
    ----------
    colours : (n, 3) uint8 array

    Returns
    -------
    ((CARDS - 1) n, 3) uint8 array
    """
    shares = [1.0 - 0.22 * (card % 2) for card in range(1, CARDS)]
    return np.concatenate([np.asarray(colours * share, np.uint8) for share in shares])


def body_colours(placement: Placement, texts: Mapping[str, NodeText]) -> np.ndarray:
    """(n, 3) uint8 array: RGB of every block."""
    return np.array([body_colour(texts[name].op) for name in placement.names], np.uint8).reshape(-1, 3)


def body_colour(op: str) -> Colour:
    return FAMILIES[family_of(op)].colour


def labels(
    placement: Placement, texts: Mapping[str, NodeText], unusable: frozenset[str], theme: Theme = DARK
) -> list[Label]:
    """Three lines under each block: name, operator in its family's colour, output shape."""
    result = []
    text_scale = placement.text
    room = placement.label_room
    for index, name in enumerate(placement.names):
        text = texts[name]
        x, floor = placement.centres[index, 0], placement.floors[index]
        anchor = (float(x), float(floor + LABEL_ROOM * text_scale), 0.0)
        faint = name in unusable
        lines = [
            (text.name, NAME_HEIGHT, 0.3, theme.faint if faint else theme.text),
            (
                text.about or text.op,
                SMALL_HEIGHT,
                0.68,
                theme.faint if faint else theme.accent(family_of(text.op)),
            ),
            (text.shape, SMALL_HEIGHT, 1.03, theme.dim),
        ]
        for place, (line, height, drop, colour) in enumerate(lines):
            if line:
                result.append(
                    Label(
                        line, anchor, height * text_scale, colour,
                        drop=drop * text_scale, bold=place == 0, room=room, node=index,
                    )
                )  # fmt: skip
    return result


def left_roles(layer: Layer) -> list[str]:
    """Roles of the handles on a layer's left edge, from the top."""
    present = {weight.role for weight in layer.weights}
    return [role for role in ("bias", "weights") if role in present] + (["input"] if layer.inputs else [])


class Handles:
    """The handles of all nodes in one actor."""

    def __init__(self, model: Model, placement: Placement, theme: Theme = DARK) -> None:
        self.handles: list[Handle] = []
        corners = []
        layers = model.layer_by_name
        for index, name in enumerate(placement.names):
            x, y, _ = placement.centres[index]
            width, height, _ = placement.sizes[index]
            layer = layers.get(name)
            if isinstance(layer, FoldedBlock):
                continue
            left = left_roles(layer) if layer else []
            side = min(HANDLE_SIDE, 0.3 * width)
            step = min(side * 1.25, (height - side) / max(len(left) - 1, 1)) if len(left) > 1 else 0.0
            for place, role in enumerate(left):
                middle = y + ((len(left) - 1) / 2 - place) * step
                corners.append(rectangle(x - width / 2 - side, middle - side / 2, side, side, 0.012))
                self.handles.append(Handle(name, role))
            if layer is None or layer.outputs:
                corners.append(rectangle(x + width / 2, y - side / 2, side, side, 0.012))
                self.handles.append(Handle(name, "output"))
        self._texture = _handle_texture(theme)
        side = self._texture.shape[0]
        self._cell = np.array([0, 0, side, side])
        self.corners = np.array(corners).reshape(-1, 4, 3)
        self.quads = Quads(self._texture, np.broadcast_to(self._cell, (len(corners), 4)), self.corners)
        self.enclosures = Enclosures(self.corners.min(axis=1), self.corners.max(axis=1))
        self._drawn = Drawn(Spots(self.corners.min(axis=1), self.corners.max(axis=1)))
        self._by_key = {(handle.node, handle.role): index for index, handle in enumerate(self.handles)}

    def place(self, node: str, role: str) -> np.ndarray | None:
        """(3,) float array: middle of a handle."""
        index = self._by_key.get((node, role))
        return None if index is None else self.corners[index].mean(axis=0)

    def see(self, projection: Projection) -> None:
        """Draw those that are seen from somewhere."""
        if self._drawn.see(projection, SMALLEST_HANDLE):
            self.quads.draw_only(self._drawn.chosen)

    def activate(self, keys: frozenset[tuple[str, str]]) -> None:
        """Light the handles (node, role) whose tensors are shown."""
        side = self._texture.shape[0]
        active = np.array([(handle.node, handle.role) in keys for handle in self.handles], bool)
        self.quads.show_cells(self._cell + np.where(active[:, None], [side, 0, side, 0], 0))


def _handle_texture(theme: Theme, side: int = 32) -> np.ndarray:
    """Idle and active squares with a grid of 3 × 3 dots, side by side."""
    squares = []
    for ground, dot in ((theme.handle, theme.edge_active), (theme.handle_active, (255, 255, 255))):
        square = np.empty((side, side, 3), np.uint8)
        square[:] = ground
        for row in (8, 16, 24):
            for column in (8, 16, 24):
                square[row - 2 : row + 2, column - 2 : column + 2] = dot
        squares.append(square)
    return np.concatenate(squares, axis=1)


def faces(placement: Placement, images: Mapping[str, np.ndarray]) -> Quads | None:
    """The mosaics on the front faces of blocks, in one actor.

    Parameters
    ----------
    placement : Placement
    images : mapping of str to (H, W, 3) uint8 array
        RGB, by node.

    Returns
    -------
    Quads or None
        None if there is nothing to show.
    """
    shown = [index for index, name in enumerate(placement.names) if name in images]
    if not shown:
        return None
    side = max(max(image.shape[:2]) for image in images.values())
    across = grid_columns(len(shown))
    rows = -(-len(shown) // across)
    atlas = np.zeros((rows * side, across * side, 3), np.uint8)
    cells = []
    for place, index in enumerate(shown):
        row, column = divmod(place, across)
        left, top = column * side, row * side
        image = images[placement.names[index]]
        bottom, right = top + image.shape[0], left + image.shape[1]
        atlas[top:bottom, left:right] = image
        cells.append([left, top, right, bottom])
    return Quads(atlas, np.array(cells), face_corners(placement, images))


def face_corners(placement: Placement, images: Mapping[str, np.ndarray]) -> np.ndarray:
    """(m, 4, 3) float array: where the mosaics are, of those nodes that have one."""
    shown = [index for index, name in enumerate(placement.names) if name in images]
    half = (placement.sizes[shown, :2] - 0.06) / 2
    rim = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    flat = placement.centres[shown, None, :2] + rim * half[:, None]
    return np.concatenate([flat, np.full((len(shown), 4, 1), 0.008)], axis=2)
