"""The request that saves all stages as one wide picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qtpy.QtCore import QBuffer, QByteArray, QIODevice
from qtpy.QtGui import QColor, QImage, QPainter

from explorer3d.compute.stages import Stage
from explorer3d.compute.whole_file import whole_file
from explorer3d.progress import Progress, ignore
from explorer3d.qt.stages.drawing import Look, arrange, draw_arrow, draw_stage, image_of
from explorer3d.qt.stages.scale import draw_scale, has_scale, scale_width

_HEIGHT = 720
_WIDEST = 32_000
"""Qt draws no picture of more than 32,767 pixels."""


@dataclass(frozen=True, eq=False)
class SaveStrip:
    """Draw stages side by side and write them to a file.

    Attributes
    ----------
    stages : tuple of Stage
    lines : tuple of tuple of str
        What stands below each.
    look : Look
    ground : QColor
    path : Path
        Its ending tells the format.

    Raises
    ------
    RequestError
        It cannot be written.
    """

    stages: tuple[Stage, ...]
    lines: tuple[tuple[str, ...], ...]
    look: Look
    ground: QColor
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        with whole_file(self.path) as file:
            arrangement = arrange(self.stages, _HEIGHT, self.look.font)
            width, height = arrangement.size.width(), arrangement.size.height()
            limits = self.look.limits if has_scale(self.stages, self.look) else None
            scale_at, width = width, width + (round(scale_width(limits, arrangement.font)) if limits else 0)
            # Of very many stages each is smaller.
            scale = min(1.0, _WIDEST / width)
            image = QImage(round(width * scale), round(height * scale), QImage.Format_RGB32)
            image.fill(self.ground)
            painter = QPainter(image)
            painter.scale(scale, scale)
            try:
                for place, (stage, lines) in enumerate(zip(self.stages, self.lines, strict=True)):
                    progress(place / len(self.stages), f"Drawing {stage.layer}")
                    picture = image_of(stage, self.look)
                    draw_stage(painter, arrangement, place, picture, lines, self.look)
                    if place + 1 < len(self.stages):
                        draw_arrow(painter, arrangement, place, self.look)
                if limits:
                    box = arrangement.boxes[0]
                    draw_scale(painter, scale_at, box.top(), box.height(), arrangement.font, self.look)
            finally:
                painter.end()
            written = QByteArray()
            buffer = QBuffer(written)
            buffer.open(QIODevice.WriteOnly)
            image.save(buffer, "JPEG" if self.path.suffix.lower() in (".jpg", ".jpeg") else "PNG")
            file.write(written.data())
        return self.path
