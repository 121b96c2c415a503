"""The program that draws textured rectangles: crisp, averaged or smooth texels, their colours, a rim."""

from __future__ import annotations

from vtkmodules.vtkRenderingCore import vtkShaderProperty

from explorer3d.scene.pyramid import AVERAGED

# Where texels are larger than pixels they must stay crisp squares, where they are smaller they must
# be averaged, by how the coordinates change that are not snapped.
_SAMPLE = """
  vec2 place = tcoordVCVSOutput;
  vec2 across = dFdx(place), down = dFdy(place);
  vec2 pixel = clamp(abs(across) + abs(down), 1e-5, 1.0);
  vec2 seam = floor(place + 0.5);
  vec2 snapped = seam + clamp((place - seam) / pixel, -0.5, 0.5);
  vec4 texel = averaged(tiles, snapped, across, down);
"""
_SMOOTH = "  if (max(pixel.x, pixel.y) < 1.0) texel = blended(tiles, place, boundsVSOutput);\n"
# Beyond the sides of a rectangle's part of the texture its neighbour's begins. What is no number, or
# nothing, has no passage to a number: it ends where its texel ends.
_BLENDED = """
vec4 blended(sampler2D texels, vec2 place, vec4 bounds) {
  ivec2 first = ivec2(bounds.xy + 0.5), last = ivec2(bounds.zw + 0.5) - 1;
  vec2 corner = floor(place - 0.5), share = place - 0.5 - corner;
  vec4 own = texelFetch(texels, clamp(ivec2(floor(place)), first, last), 0);
  vec4 found[4];
  for (int at = 0; at < 4; at++) {
    found[at] = texelFetch(texels, clamp(ivec2(corner) + ivec2(at % 2, at / 2), first, last), 0);
    if (NO_NUMBER) found[at] = own;
  }
  return mix(mix(found[0], found[1], share.x), mix(found[2], found[3], share.x), share.y);
}
"""
_INDEXED = """
  float exact = texelFetch(tiles, ivec2(place), 0).r;
  EMPTY_FIRST
  float level = exact > 0.986 ? exact : texel.r;
  vec3 shade = texture(palette, vec2((level * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  EMPTY_LAST
"""
# A program that may discard has its depth tested last: a stack of hundreds of slices would be shaded
# whole, slice by slice.
_THROUGH = ("if (exact > 0.998) discard;", "")
_OPAQUE = ("", "if (exact > 0.998) shade = groundColour.rgb;")

_COLOURED = "  vec3 shade = texel.rgb;\n"
_VEILED = """
  shade = mix(vec3(dot(shade, vec3(0.299, 0.587, 0.114))), veil.rgb, veil.a);
  vec2 side = min(fract(place), 1.0 - fract(place)) / pixel;
  float seamed = 1.0 - clamp(min(side.x, side.y), 0.0, 1.0);
  if (veil.a > 0.99) shade = mix(shade, rimColour.rgb, 0.5 * seamed);
"""
# A hairline around each rectangle sets dark data apart from the dark ground; it fades where the
# rectangles are too small to be told apart.
_OUT = """
  vec2 perPixel = fwidth(rimVSOutput);
  vec2 edge = min(rimVSOutput, 1.0 - rimVSOutput) / max(perPixel, 1e-6);
  float line = 1.0 - clamp(min(edge.x, edge.y) - 0.6, 0.0, 1.0);
  float room = smoothstep(7.0, 22.0, 1.0 / max(max(perPixel.x, perPixel.y), 1e-6));
  gl_FragData[0] = vec4(mix(shade, rimColour.rgb, line * room * rimColour.a), 1.0);
"""


def apply(program: vtkShaderProperty, indexed: bool, opaque: bool, smooth: bool, veiled: bool) -> None:
    """Have rectangles drawn by it.

    Software OpenGL takes both ways at every `if`: only what is needed is in the program.

    Parameters
    ----------
    program : vtkShaderProperty
        Of their actor.
    indexed : bool
        Texels are colour indices, else red, green and blue.
    opaque : bool
        Empty texels have a colour, else one sees what stands behind.
    smooth : bool
        Passages between texels within the ``bounds`` of each rectangle.
    veiled : bool
        What is seen lies behind ``veil``, a colour and its share.
    """
    program.ClearAllShaderReplacements()
    first, last = _OPAQUE if opaque else _THROUGH
    shading = _INDEXED.replace("EMPTY_FIRST", first).replace("EMPTY_LAST", last) if indexed else _COLOURED
    blended = _BLENDED.replace("NO_NUMBER", "found[at].r > 0.986" if indexed else "false")
    varying = "vec2 rimVSOutput;\n" + "vec4 boundsVSOutput;\n" * smooth
    given = "in vec2 rim;\n" + "in vec4 bounds;\n" * smooth
    passed = "rimVSOutput = rim;\n" + "boundsVSOutput = bounds;\n" * smooth
    out, into = (varying.replace("vec", f"{way} vec") for way in ("out", "in"))
    program.AddVertexShaderReplacement("//VTK::Normal::Dec", True, given + out + "//VTK::Normal::Dec", False)
    program.AddVertexShaderReplacement("//VTK::Normal::Impl", True, passed + "//VTK::Normal::Impl", False)
    declared = into + "//VTK::Normal::Dec" + AVERAGED + blended * smooth
    program.AddFragmentShaderReplacement("//VTK::Normal::Dec", True, declared, False)
    code = _SAMPLE + _SMOOTH * smooth + shading + _VEILED * veiled + _OUT
    program.AddFragmentShaderReplacement("//VTK::TCoord::Impl", True, code, False)
