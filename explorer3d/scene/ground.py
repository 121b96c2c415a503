"""What lies behind a scene: a colour that changes downwards to another; OpenGL takes five times as long."""

from __future__ import annotations

import numpy as np

from explorer3d.scene.palette import Colour

_NOISE = 128  # columns of pixels


class Ground:
    """A ground that changes from a colour to another.

    Parameters
    ----------
    top, bottom : (int, int, int)

    Attributes
    ----------
    plain : list of int
        RGB of the pixels that it takes the place of.
    """

    def __init__(self, top: Colour, bottom: Colour) -> None:
        self._ends = top, bottom
        self._known: dict[tuple[int, ...], np.ndarray] = {}
        self.plain = [(above + below) // 2 for above, below in zip(top, bottom, strict=True)]

    def under(self, pixels: np.ndarray) -> np.ndarray:
        """Lay it under a picture.

        Parameters
        ----------
        pixels : (H, W, 4) uint8 array
            RGBA, the top row first.

        Returns
        -------
        (H, W, 4) uint8 array
            Another one.
        """
        plain = np.array([*self.plain, 255], np.uint8).view(np.uint32)
        colours = pixels.view(np.uint32)[:, :, 0]
        ground = self._known.get(colours.shape)
        if ground is None:
            if len(self._known) > 1:
                self._known.clear()
            ground = gradient(*self._ends, *colours.shape).view(np.uint32)[:, :, 0]
            self._known[colours.shape] = ground
        return np.where(colours == plain, ground, colours)[:, :, None].view(np.uint8)


def gradient(top: Colour, bottom: Colour, height: int, width: int) -> np.ndarray:
    """A ground that changes from a colour to another, with noise in the place of steps.

    Returns
    -------
    (height, width, 4) uint8 array
        RGBA.
    """
    share = (np.arange(height, dtype=np.float32)[:, None, None] + 0.5) / np.float32(height)
    # The same noise again and again cannot be told from noise everywhere.
    strip = np.full((height, min(_NOISE, width), 4), 255, np.uint8)
    noise = np.random.default_rng(0).random((*strip.shape[:2], 1), np.float32)
    strip[:, :, :3] = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share + noise
    across = np.tile(strip.view(np.uint32)[:, :, 0], -(-width // strip.shape[1]))
    return np.ascontiguousarray(across[:, :width]).view(np.uint8).reshape(height, width, 4)
