"""A picture with smaller copies of itself beside it, and the program that averages it by them.

OpenGL would make such copies itself. Software OpenGL compiles programs for that, two for each kind of
texture, which take longer than all else until a first network stands there.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

LEVELS = 5
_WHOLE = 1 << LEVELS

AVERAGED = f"""
vec2 copied(vec2 place, vec2 size, float level) {{
  float share = exp2(-level);
  vec2 corner = level < 0.5 ? vec2(0.0) : vec2(size.x, size.y * (1.0 - 2.0 * share));
  return corner + clamp(place * share, vec2(0.5), size * share - 0.5);
}}
vec4 averaged(sampler2D texels, vec2 place, vec2 across, vec2 down) {{
  ivec2 sides = textureSize(texels, 0);
  vec2 size = vec2(sides.x / 3 * 2, sides.y - 1);
  float level = clamp(0.5 * log2(max(dot(across, across), dot(down, down))), 0.0, {LEVELS}.0);
  float finer = min(floor(level), {LEVELS - 1}.0);
  return mix(
    texture(texels, copied(place, size, finer) / vec2(sides)),
    texture(texels, copied(place, size, finer + 1.0) / vec2(sides)),
    level - finer
  );
}}
"""
"""Two GLSL functions. ``averaged`` takes a texture that was made by `pyramid`, a place in its picture, and
how that changes from a pixel to the next across and down, in texels."""


def pyramid(texels: np.ndarray) -> np.ndarray:
    """Lay copies at 1/2, 1/4, … 1/32 of its size out at the right of a picture, one below another.

    Parameters
    ----------
    texels : (h, w) uint8 array, or (h, w, 3)

    Returns
    -------
    (H + 1, 3 W / 2) uint8 array, or (H + 1, 3 W / 2, 3)
        H and W are h and w, rounded up to whole texels of the smallest copy. Neither side is a power of
        two: for that the driver would make a program of its own.
    """
    height, width = texels.shape[:2]
    more = [(0, -height % _WHOLE), (0, -width % _WHOLE)] + [(0, 0)] * (texels.ndim - 2)
    level = np.pad(texels, more, mode="edge")
    height, width = level.shape[:2]
    whole = np.zeros((height + 1, width * 3 // 2, *texels.shape[2:]), np.uint8)
    whole[:height, :width] = level
    top = 0
    for _ in range(LEVELS):
        level = np.asarray(Image.fromarray(level).reduce(2))
        rows, columns = level.shape[:2]
        whole[top : top + rows, width : width + columns] = level
        top += rows
    return whole
