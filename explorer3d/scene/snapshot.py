"""A picture of the scene at any size, drawn aside from the one on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from explorer3d.compute.colour_range import Ranges
from explorer3d.compute.faces import Face
from explorer3d.compute.show import ShownLayer
from explorer3d.compute.whole_file import whole_file
from explorer3d.errors import RequestError
from explorer3d.graph.folding import Folding
from explorer3d.labels import Guess
from explorer3d.progress import Progress, ignore
from explorer3d.scene.camera import Pose
from explorer3d.scene.laid import Laid
from explorer3d.scene.paint import Paint
from explorer3d.scene.palette import Theme
from explorer3d.scene.stage import Stage


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that makes up a picture of the scene. Calling it draws, on whatever thread.

    Attributes
    ----------
    folding : Folding or None
        What is seen of the network.
    faces : mapping of str to Face
    best : mapping of str to sequence of Guess
        Most probable classes by output layer.
    shown : tuple of (ShownLayer, frozenset of str)
        Opened layers and the roles shown of each.
    selected, start : str or None
        As in `Stage.select`.
    bright : frozenset of str or None
        The nodes that have not faded; None: none has.
    paint : Paint or None
        As in `Stage.paint`.
    mode, colormap : str
    ranges : Ranges
        As in `Stage.set_ranges`.
    spread, text : float
    theme : Theme
    pose : Pose
    size : (int, int)
        Width and height of the picture in pixels.
    scale : float
        Pixels per logical pixel: line widths and the legend grow with it.
    laid : Laid or None
        As in `Stage.lay`.
    """

    folding: Folding | None
    faces: Mapping[str, Face]
    best: Mapping[str, Sequence[Guess]]
    shown: tuple[tuple[ShownLayer, frozenset[str]], ...]
    selected: str | None
    start: str | None
    bright: frozenset[str] | None
    paint: Paint | None
    mode: str
    colormap: str
    ranges: Ranges
    spread: float
    text: float
    theme: Theme
    pose: Pose
    size: tuple[int, int]
    scale: float
    laid: Laid | None = None

    def __call__(self, progress: Progress = ignore) -> np.ndarray:
        """Draw it.

        Returns
        -------
        (H, W, 3) uint8 array
            RGB, the top row first.
        """
        progress(0.1, "Drawing the picture")
        stage = Stage(self.size, self.scale, on_screen=False)
        try:
            stage.set_look(self.theme, self.text)
            if self.folding is not None:
                stage.show_model(self.folding.model, self.folding.layout)
            stage.set_colormap(self.colormap)
            stage.set_ranges(self.ranges)
            stage.set_spread(self.spread)
            stage.set_mode(self.mode, animated=False)
            stage.show_faces(self.faces, self.best)
            for shown, roles in self.shown:
                stage.open_layer(shown, roles)
            stage.select(self.selected, self.start)
            stage.keep_bright(self.bright)
            stage.paint(self.paint)
            stage.lay(self.laid)
            stage.move_camera(self.pose)
            progress(0.5, "Drawing the picture")
            stage.refine()
            return stage.draw()[:, :, :3].copy()
        finally:
            stage.close()


@dataclass(frozen=True, eq=False)
class SavePicture:
    """Draw a picture and write it.

    Raises
    ------
    RequestError
        It cannot be written.
    """

    snapshot: Snapshot
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        pixels = self.snapshot(progress)
        progress(0.8, f"Writing {self.path.name}")
        write_picture(pixels, self.path)
        return self.path


def write_picture(pixels: np.ndarray, path: Path) -> None:
    """Save a picture in the format that the path's ending names, whole or not at all.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
    path : Path

    Raises
    ------
    RequestError
        It cannot be written.
    """
    with picture_file(path) as write:
        write(pixels)


@contextmanager
def picture_file(path: Path) -> Iterator[Callable[[np.ndarray], None]]:
    """Make sure that a picture can be written before it is drawn.

    Yields
    ------
    callable
        Takes the (H, W, 3) uint8 array.

    Raises
    ------
    RequestError
        It cannot be written.
    """
    format = Image.registered_extensions().get(path.suffix.lower())
    if format not in Image.SAVE:
        raise RequestError(
            f"{path} cannot be written: its ending names no kind of picture. Use .png or .jpg."
        )
    with whole_file(path) as file:

        def write(pixels: np.ndarray) -> None:
            try:
                Image.fromarray(pixels).save(file, format)
            except ValueError as error:
                raise RequestError(f"{path} cannot be written: {error}. Use .png.") from error

        yield write
