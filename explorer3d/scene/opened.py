"""A layer laid open: its tensors side by side in a frame below the layer's block."""

from __future__ import annotations

import textwrap

import numpy as np

from explorer3d.compute.show import ShownLayer, ShownTensor
from explorer3d.graph.summary import shape_text
from explorer3d.scene.palette import DARK, Theme
from explorer3d.scene.panel import Panel
from explorer3d.scene.spare import Spare
from explorer3d.scene.text import Label, length
from explorer3d.scene.unfold import Unfolding, unfold

# Longest side of the room a tensor may take, by its handle.
EXTENTS = {"input": 5.2, "weights": 5.2, "bias": 3.4, "output": 5.2}
GAP, PADDING, TITLE = 0.8, 0.5, 1.25
LONGEST_ROW = 36.0  # more tensors than fit in it stand in several rows
TITLE_HEIGHT = 0.36
# Share of the length of a path that it gets.
_PATH = 0.68
# Mean width of a letter, in ems.
_LETTER = 0.52


class OpenedLayer:
    """The tensors of one layer in the scene.

    Parameters
    ----------
    shown : ShownLayer
    roles : frozenset of str
        Handles whose tensors are shown.
    spread : float
        Distance between the slices of a stack, 1 as designed.
    theme : Theme
    text : float
        Size of all writing, 1 as designed.
    spare : Spare, optional
        What is left of layers that were open.
    """

    def __init__(
        self,
        shown: ShownLayer,
        roles: frozenset[str],
        spread: float,
        theme: Theme = DARK,
        text: float = 1.0,
        spare: Spare | None = None,
    ) -> None:
        spare = spare or Spare()
        self._theme, self._text = theme, text
        title = TITLE * text
        self.shown = shown
        self.roles = roles
        self.panels: list[Panel] = []
        tensors = [tensor for tensor in shown.tensors if tensor.role in roles]
        rows: list[list[tuple[ShownTensor, Unfolding, float]]] = [[]]
        x = PADDING
        for tensor in tensors:
            extent = _extent(tensor, tensors) * (text if tensor.picture.kind == "text" else 1.0)
            unfolding = unfold(tensor.picture, extent, spread)
            written = max(
                0.87 * length(size_text(tensor)),
                length(title_text(tensor), bold=True) if odd_text(tensor) else 0.0,
                # The beginning of a path tells the parts of a layer apart.
                _PATH * length(tensor.title, bold=True) if "/" in tensor.title else 0.0,
            )
            room = max(unfolding.width, TITLE_HEIGHT * text * written, 1.4)
            if rows[-1] and x + room > LONGEST_ROW:
                rows.append([])
                x = PADDING
            rows[-1].append((tensor, unfolding, room))
            x += room + GAP
        self.width, ceiling = 4.0, PADDING
        for row in rows:
            inner = max((unfolding.height for _, unfolding, _ in row), default=0.6)
            x = PADDING
            for tensor, unfolding, room in row:
                picture = tensor.picture
                ground = None if picture.kind == "text" else theme.bottom
                corners = unfolding.at(0.0)
                quads = spare.take(picture.texels, picture.cells(), corners, theme.rim, ground)
                top = -(ceiling + title) - (inner - unfolding.height) / 2
                self.panels.append(Panel(tensor, quads, unfolding, x, top, room, -ceiling))
                x += room + GAP
            self.width = max(self.width, x - GAP + PADDING)
            ceiling += title + inner + PADDING
        self.height = ceiling
        self.left = self.top = 0.0

    def renew(self, shown: ShownLayer) -> bool:
        """Take over what is now known of the same tensors, if their pictures and titles are the same."""
        tensors = [tensor for tensor in shown.tensors if tensor.role in self.roles]
        known = [panel.tensor for panel in self.panels]
        if (len(tensors), shown.fault) != (len(known), self.shown.fault) or any(
            new.picture is not old.picture or title_text(new) != title_text(old)
            for new, old in zip(tensors, known, strict=True)
        ):
            return False
        self.shown = shown
        for panel, tensor in zip(self.panels, tensors, strict=True):
            panel.tensor = tensor
        return True

    def stand(self, left: float, top: float, share: float) -> None:
        """Put the frame's corner somewhere, its tensors part of the way from stacks to tiles."""
        self.left, self.top = left, top
        for panel in self.panels:
            panel.stand(self.corner(panel), share)

    def corner(self, panel: Panel) -> np.ndarray:
        """(3,) float array: what a tensor's own coordinates are counted from."""
        indent = (panel.room - panel.unfolding.width) / 2
        return np.array([self.left + panel.left + indent, self.top + panel.top, 0.0])

    def bounds(self) -> np.ndarray:
        """(4, 3) float array: corners of the frame."""
        right, bottom = self.left + self.width, self.top - self.height
        return np.array(
            [[self.left, self.top, 0], [right, self.top, 0], [right, bottom, 0], [self.left, bottom, 0]]
        )

    def labels(self) -> list[Label]:
        """Name and shape over each tensor, and what stands for a picture where there is none."""
        result = []
        theme, height = self._theme, TITLE_HEIGHT * self._text
        for panel in self.panels:
            anchor = (self.left + panel.left + panel.room / 2, self.top + panel.title, 0.0)
            result.append(
                Label(
                    title_text(panel.tensor), anchor, height, theme.text,
                    drop=0.12 * self._text, bold=True, room=panel.room,
                )
            )  # fmt: skip
            line = size_text(panel.tensor)
            result.append(Label(line, anchor, 0.85 * height, theme.dim, drop=0.58 * self._text))
            if panel.told:
                # Who compares pictures has to know that these colours stand for other numbers.
                result.append(
                    Label(
                        f"colours {panel.told}", anchor, 0.8 * height, theme.selection,
                        drop=0.95 * self._text, room=panel.room,
                    )
                )  # fmt: skip
            result += self._words(panel)
        if not self.panels:
            result += self._instead(self.shown.fault or "This layer has no tensors to show.")
        return result

    def _instead(self, text: str) -> list[Label]:
        """A sentence in the middle of the frame, on as many lines as it needs."""
        height, room = TITLE_HEIGHT * self._text, 0.9 * self.width
        lines = textwrap.wrap(text, max(int(room / (_LETTER * height)), 12))
        anchor = (self.left + self.width / 2, self.top - self.height / 2, 0.0)
        return [
            Label(
                line, anchor, height, self._theme.dim,
                drop=(place - (len(lines) - 1) / 2) * 1.3 * height, room=room,
            )
            for place, line in enumerate(lines)
        ]  # fmt: skip

    def _words(self, panel: Panel) -> list[Label]:
        words, unfolding = panel.tensor.picture.words, panel.unfolding
        pitch = unfolding.height / max(len(words), 1)
        x, y, z = self.corner(panel) + [unfolding.width / 2, -pitch / 2, 0.0]
        return [
            Label(word, (x, y - place * pitch, z), 0.7 * pitch, self._theme.text, room=unfolding.width)
            for place, word in enumerate(words)
        ]

    def outline(self, stem: np.ndarray) -> np.ndarray:
        """(5, 2, 3) float array: sides of the frame, and a line to it from a point under the layer's block.

        Parameters
        ----------
        stem : (3,) float array
        """
        corners = self.bounds() + [0, 0, -0.03]
        foot = np.array([np.clip(stem[0], corners[0, 0] + 0.2, corners[1, 0] - 0.2), corners[0, 1], -0.03])
        sides = np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)
        return np.concatenate([sides, [[stem, foot]]])


def odd_text(tensor: ShownTensor) -> str:
    """How many elements are no finite numbers, such as ``3 NaN``; empty if all are."""
    found = tensor.statistics
    counts = ((found.nan, "NaN"), (found.positive_infinity, "+∞"), (found.negative_infinity, "−∞"))
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def title_text(tensor: ShownTensor) -> str:
    """Name of a tensor, with a warning behind it."""
    return "   ".join(part for part in (tensor.title, odd_text(tensor)) if part)


def size_text(tensor: ShownTensor) -> str:
    """Shape as in the file, and how much of it is drawn if not all."""
    text = shape_text(tensor.shape, "×")
    picture = tensor.picture
    if picture.kind != "vector" and picture.count < picture.total:
        text += f" (first {picture.count:,})"
    elif tensor.batch > 1:
        text += " (first of the batch)"
    return text


def _extent(tensor: ShownTensor, tensors: list[ShownTensor]) -> float:
    extent = EXTENTS[tensor.role]
    alike = sum(other.role == tensor.role for other in tensors)
    # A Concat of eight inputs, or the four statistics of a BatchNormalization, share the room of two.
    return extent if alike == 1 else max(2.0, extent * 2 / (alike + 1))
