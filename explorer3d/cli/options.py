"""The options of each command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from explorer3d.cli import values

MODEL = "ONNX or Keras file, or folder of a SavedModel"


def add_info(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--json", action="store_true", help="for programs instead of people")


def add_export(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add_input(parser)
    add_layers(parser)
    add_activations(parser)
    add_out(parser, "OUT.npz")


def add_explain(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add_input(parser)
    parser.add_argument("--method", required=True, metavar="NAME", help="such as grad_cam or occlusion")
    parser.add_argument("--layer", metavar="NAME", help="whose maps are looked at; the last that has some")
    parser.add_argument(
        "--target",
        metavar="CLASS|top:K|LAYER[PLACE]",
        help="name or number of a class, the class in the K-th place, or a neuron or region of a layer such "
        "as conv1[3,4,5] or conv1[:,:,5], in the author's order of axes without the batch; by default the "
        "class that the network believes in most",
    )
    parser.add_argument(
        "--set",
        action="append",
        type=values.setting,
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the method, such as patch=16; once for each",
    )
    parser.add_argument(
        "--channels",
        metavar="all|0-15|strongest 16",
        help="for layer_maximisation: a picture for each of these filters of the layer",
    )
    parser.add_argument("--seed", type=values.seed, default=0, metavar="N", help="of what is drawn by lot")
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="of inputs, in the place of --input: for top_inputs and correspondence",
    )
    parser.add_argument(
        "--parts",
        type=Path,
        metavar="PARTS.json",
        help='for correspondence: {"left eye": {"a.png": [left, top, right, bottom], "b.png": …}}, in '
        "widths and heights of the pictures",
    )
    add_activations(parser)
    add_out(parser, "OUT.npz|OUT.png", (".npz", ".png"))


def add_render(parser: argparse.ArgumentParser) -> None:
    from explorer3d.manners import MANNERS, STACK

    add_model(parser)
    add_input(parser)
    add_layers(parser)
    add_activations(parser)
    parser.add_argument("--view", choices=tuple(MANNERS), default=STACK, help="how opened tensors are seen")
    parser.add_argument("--size", type=values.size, default=(1280, 800), metavar="WxH", help="of the picture")
    add_out(parser, "OUT.png")


def add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL", help="Keras file, or folder of a SavedModel")
    parser.add_argument("--memory", type=values.positive, metavar="GB", help="at most; half of the machine's")
    parser.add_argument("--minutes", type=values.positive, metavar="N", help="at most; 10 by default")
    add_out(parser, "OUT.onnx")


def add_bench(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    add_input(parser)
    add_activations(parser)
    parser.add_argument("--json", action="store_true", help="for programs instead of people")


def add_weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "weights", nargs="?", type=Path, metavar="WEIGHTS", help="of a Keras configuration (.json)"
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL", help=MODEL)
    add_weights(parser)
    add_assume(parser)


def add_assume(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--assume",
        action="append",
        type=values.stand_in,
        default=[],
        metavar="LAYER=identity|HxWxC",
        help="of a Keras layer whose own code is never run: that it passes its input on, or the shape of "
        "its result, which is then fed like an input; once for each such layer",
    )


def add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input",
        type=values.input,
        metavar="FILE|generator:NAME",
        help="picture, .npy, .npz, .csv, .wav or ONNX tensor, in the window a folder of these; or an input "
        "to be made: zeros, ones, noise[:SEED], checkerboard[:SIDE], gradient, impulse[:ROW,COLUMN]",
    )
    parser.add_argument(
        "--mean", type=values.numbers, metavar="M[,M,M]", help="subtracted from the scaled picture"
    )
    parser.add_argument("--std", type=values.numbers, metavar="S[,S,S]", help="divides what is left")
    parser.add_argument("--bgr", action="store_true", default=None, help="feed blue, green, red")
    parser.add_argument("--invert", action="store_true", default=None, help="exchange light and dark")
    parser.add_argument("--fit", choices=("stretch", "crop", "letterbox"), help="a picture to the input")

    parser.add_argument(
        "--shape",
        action="append",
        type=values.shape,
        default=[],
        metavar="NAME=N,C,H,W",
        help="of an input that leaves sizes open; once for each such input",
    )


def add_activations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--activations",
        type=values.positive,
        metavar="MB",
        help="for what layers gave; 1024 by default, or a quarter of the memory",
    )


def add_layers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--layer", action="extend", nargs="+", default=[], metavar="NAME", help="all layers by default"
    )


def add_out(parser: argparse.ArgumentParser, name: str, suffixes: Sequence[str] = ()) -> None:
    def path(text: str) -> Path:
        if suffixes and not text.lower().endswith(tuple(suffixes)):
            raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(suffixes)}")
        return Path(text)

    parser.add_argument("-o", "--out", type=path, required=True, metavar=name, help="file to write")
