"""The command line: the window, and everything it can do without one.

Exit codes: 0 done; 1 the model, the input or the request is at fault (one line on stderr); 2 wrong usage,
or a part of the system is missing. Nothing is printed on stdout but what is asked for.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer3d import __version__, bootstrap
from explorer3d.errors import ExplorerError, printable, sentence

if TYPE_CHECKING:
    from explorer3d.graph.stand_in import StandIn
    from explorer3d.inputs import Generated

DONE, AT_FAULT, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

DEBUG = "EXPLORER3D_DEBUG"
"""Environment variable: whether an error's traceback is printed too."""

_SHAPE = re.compile(r"\d{1,9}([x,]\d{1,9})*")
_SIZE = re.compile(r"(\d{1,5})[xX×](\d{1,5})")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; `sys.argv` by default.

    Returns
    -------
    int
        The exit code. Wrong usage leaves through `SystemExit` 2, as argparse does it.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    # A name may hold what the terminal cannot show; that is no reason to stop half-way.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    # Libraries' warnings would otherwise land on stderr, where one line is promised.
    logging.getLogger().addHandler(logging.NullHandler())
    bootstrap.rest_between_products()
    try:
        bootstrap.require_command(given)
        command, options = _parsed(given)
        bootstrap.require_graphics(given)
        code = command(options)
        sys.stdout.flush()
        return code
    except bootstrap.Fault as fault:
        return _complain(str(fault), WRONG_USAGE)
    except ImportError as error:
        return _complain(f"A part of the installation is missing or cannot be loaded: {error}.", WRONG_USAGE)
    except BrokenPipeError:
        # The reader of our output has seen enough; Python must not complain about it while shutting down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG):
            traceback.print_exc()
        work = given[0] if given and given[0] in COMMANDS else "the window"
        return _complain(sentence(error, work), AT_FAULT)


def _parsed(given: list[str]) -> tuple[Command, argparse.Namespace]:
    words = _joined_lists(list(given))
    if words and words[0] in COMMANDS:
        describe, add_options, command = COMMANDS[words[0]]
        parser = argparse.ArgumentParser(prog=f"explorer3d {words[0]}", description=describe)
        add_options(parser)
        return command, _checked(parser, parser.parse_args(words[1:]))
    parser = _window_parser()
    return _window, _checked(parser, parser.parse_args(words))


def _checked(parser: argparse.ArgumentParser, options: argparse.Namespace) -> argparse.Namespace:
    """Two files are one model if one of them is its structure."""
    weights = getattr(options, "weights", None)
    if weights is not None:
        from explorer3d.formats import is_pair

        if not is_pair(options.model, weights):
            parser.error(
                f"{options.model} and {weights} are no pair of a Keras configuration and its weights"
            )
    return options


def _window(options: argparse.Namespace) -> int:
    from explorer3d.qt.app import run

    return run(
        options.model,
        options.input,
        _preprocessing(options),
        _sizes(options),
        dict(options.assume) or None,
        options.weights,
    )


def _info(options: argparse.Namespace) -> int:
    from explorer3d.formats import read_model
    from explorer3d.graph.summary import describe, table

    model = read_model(options.model, stand_ins=dict(options.assume), weights=options.weights)
    if options.json:
        print(json.dumps(describe(model), allow_nan=False))
    else:
        print(table(model))
    return DONE


def _export(options: argparse.Namespace) -> int:
    from explorer3d.compute.export import choose, export
    from explorer3d.compute.runner import Runner
    from explorer3d.formats import read_model
    from explorer3d.inputs import adjusted, feeds_for

    model = read_model(options.model, stand_ins=dict(options.assume), weights=options.weights)
    choose(model, options.layer)
    feeds = feeds_for(model, options.input, adjusted(model, _preprocessing(options)), sizes=_sizes(options))
    export(Runner(model, _budget(options)), feeds.arrays, options.out, options.layer)
    unrunnable = [] if options.layer else [layer for layer in model.layers if not layer.runnable]
    if unrunnable:
        which = f"the weights of {len(unrunnable)} such layers" if len(unrunnable) > 1 else "its weights"
        _complain(f"{unrunnable[0].reason} Only {which} are written.", DONE)
    return DONE


def _explain(options: argparse.Namespace) -> int:
    from explorer3d.attribution import attribute
    from explorer3d.attribution.saving import write
    from explorer3d.compute.runner import Runner
    from explorer3d.compute.whole_file import whole_file
    from explorer3d.formats import read_model
    from explorer3d.inputs import adjusted, feeds_for
    from explorer3d.progress import ignore
    from explorer3d.scene.explained import write_picture

    model = read_model(options.model, stand_ins=dict(options.assume), weights=options.weights)
    feeds = feeds_for(model, options.input, adjusted(model, _preprocessing(options)), sizes=_sizes(options))
    with whole_file(options.out) as file:
        try:
            found = attribute(
                Runner(model, _budget(options)),
                feeds.arrays,
                options.method,
                layer=options.layer,
                target=options.target,
                settings=dict(options.set),
                seed=options.seed,
                progress=_tell if sys.stderr.isatty() else ignore,
            )
        finally:
            if sys.stderr.isatty():
                _tell(1.0, "")
        if options.out.suffix.lower() == ".png":
            write_picture(found, model, feeds, file)
        else:
            write(found, file)
    return DONE


def _render(options: argparse.Namespace) -> int:
    from explorer3d.scene.render import render

    lacking = render(
        options.model,
        options.out,
        input_path=options.input,
        preprocessing=_preprocessing(options),
        sizes=_sizes(options),
        stand_ins=dict(options.assume),
        weights=options.weights,
        layers=options.layer,
        view=options.view,
        size=options.size,
        budget=_budget(options),
    )
    if lacking:
        _complain(" ".join(lacking), DONE)
    return DONE


def _convert(options: argparse.Namespace) -> int:
    import shutil

    from explorer3d.compute.whole_file import whole_file
    from explorer3d.conversion.limits import GIGABYTE, Limits
    from explorer3d.conversion.request import ConvertModel
    from explorer3d.progress import ignore

    usual = Limits()
    limits = Limits(
        usual.memory if options.memory is None else int(options.memory * GIGABYTE),
        usual.seconds if options.minutes is None else options.minutes * 60,
    )
    with whole_file(options.out) as out:
        try:
            made = ConvertModel(options.model, limits)(_tell if sys.stderr.isatty() else ignore)
        finally:
            if sys.stderr.isatty():
                _tell(1.0, "")
        with made.open("rb") as result:
            shutil.copyfileobj(result, out)
    return DONE


def _bench(options: argparse.Namespace) -> int:
    from explorer3d.qt.bench.measure import measure, table

    found = measure(
        options.model,
        options.input,
        _preprocessing(options),
        _sizes(options),
        dict(options.assume) or None,
        options.weights,
        _budget(options),
    )
    print(json.dumps(found, allow_nan=False) if options.json else table(found))
    return DONE


def _tell(share: float, text: str, /) -> None:
    """On a terminal, one line that is written over again and again."""
    print(f"\r\033[K{printable(text)}", end="", file=sys.stderr, flush=True)


def _preprocessing(options: argparse.Namespace) -> dict[str, Any]:
    """What the options say of the picture; the rest is guessed from the model."""
    names = ("mean", "std", "bgr", "invert", "fit")
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _sizes(options: argparse.Namespace) -> dict[str, tuple[int, ...]]:
    return dict(options.shape)


def _budget(options: argparse.Namespace) -> int | None:
    return None if options.activations is None else int(options.activations * 2**20)


def _window_parser() -> argparse.ArgumentParser:
    commands = "\n".join(f"  {name:<8}{describe}" for name, (describe, _, _) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="explorer3d",
        description="Open a trained network, walk through it in 3D, click a layer and see its tensors.",
        epilog=f"commands that need no display (explorer3d COMMAND --help):\n{commands}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"explorer3d {__version__}")
    parser.add_argument("model", nargs="?", type=Path, metavar="MODEL", help=_MODEL)
    _add_weights(parser)
    _add_assume(parser)
    _add_input(parser)
    return parser


def _add_info(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("--json", action="store_true", help="for programs instead of people")


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    _add_input(parser)
    _add_layers(parser)
    _add_activations(parser)
    _add_out(parser, "OUT.npz")


def _add_explain(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    _add_input(parser)
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
        type=_setting,
        default=[],
        metavar="KEY=VALUE",
        help="a setting of the method, such as patch=16; once for each",
    )
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="of what is drawn by lot")
    _add_activations(parser)
    _add_out(parser, "OUT.npz|OUT.png", (".npz", ".png"))


def _add_render(parser: argparse.ArgumentParser) -> None:
    from explorer3d.document import STACK, TILES

    _add_model(parser)
    _add_input(parser)
    _add_layers(parser)
    _add_activations(parser)
    parser.add_argument("--view", choices=(STACK, TILES), default=STACK, help="how opened tensors stand")
    parser.add_argument("--size", type=_size, default=(1280, 800), metavar="WxH", help="of the picture")
    _add_out(parser, "OUT.png")


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL", help="Keras file, or folder of a SavedModel")
    parser.add_argument("--memory", type=_positive, metavar="GB", help="at most; half of the machine's")
    parser.add_argument("--minutes", type=_positive, metavar="N", help="at most; 10 by default")
    _add_out(parser, "OUT.onnx")


def _add_bench(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    _add_input(parser)
    _add_activations(parser)
    parser.add_argument("--json", action="store_true", help="for programs instead of people")


_MODEL = "ONNX or Keras file, or folder of a SavedModel"


def _add_weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "weights", nargs="?", type=Path, metavar="WEIGHTS", help="of a Keras configuration (.json)"
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, metavar="MODEL", help=_MODEL)
    _add_weights(parser)
    _add_assume(parser)


def _add_assume(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--assume",
        action="append",
        type=_stand_in,
        default=[],
        metavar="LAYER=identity|HxWxC",
        help="of a Keras layer whose own code is never run: that it passes its input on, or the shape of "
        "its result, which is then fed like an input; once for each such layer",
    )


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input",
        type=_input,
        metavar="FILE|generator:NAME",
        help="picture, .npy, .npz, .csv, .wav or ONNX tensor, in the window a folder of these; or an input "
        "to be made: zeros, ones, noise[:SEED], checkerboard[:SIDE], gradient, impulse[:ROW,COLUMN]",
    )
    parser.add_argument("--mean", type=_numbers, metavar="M[,M,M]", help="subtracted from the scaled picture")
    parser.add_argument("--std", type=_numbers, metavar="S[,S,S]", help="divides what is left")
    parser.add_argument("--bgr", action="store_true", default=None, help="feed blue, green, red")
    parser.add_argument("--invert", action="store_true", default=None, help="exchange light and dark")
    parser.add_argument("--fit", choices=("stretch", "crop", "letterbox"), help="a picture to the input")

    parser.add_argument(
        "--shape",
        action="append",
        type=_shape,
        default=[],
        metavar="NAME=N,C,H,W",
        help="of an input that leaves sizes open; once for each such input",
    )


def _add_activations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--activations",
        type=_positive,
        metavar="MB",
        help="for what layers gave; 1024 by default, or a quarter of the memory",
    )


def _add_layers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--layer", action="extend", nargs="+", default=[], metavar="NAME", help="all layers by default"
    )


def _add_out(parser: argparse.ArgumentParser, name: str, suffixes: Sequence[str] = ()) -> None:
    def path(text: str) -> Path:
        if suffixes and not text.lower().endswith(tuple(suffixes)):
            raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(suffixes)}")
        return Path(text)

    parser.add_argument("-o", "--out", type=path, required=True, metavar=name, help="file to write")


def _input(text: str) -> Path | Generated:
    from explorer3d.inputs import generated_from

    try:
        return generated_from(text) or Path(text)
    except ExplorerError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.replace(",", " ").split())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers") from None


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return number


def _size(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None or not all(int(side) for side in match.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 1280x800")
    return int(match[1]), int(match[2])


def _shape(text: str) -> tuple[str, tuple[int, ...]]:
    # Names may hold anything, an equals sign too; sizes do not.
    name, equals, sizes = text.rpartition("=")
    if not (name and equals and _SHAPE.fullmatch(sizes)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shape such as image=1,3,640,480")
    return name, tuple(int(size) for size in re.split("[x,]", sizes))


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} does not say KEY=VALUE")
    return name.strip(), value


def _seed(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: a whole number from 0 on")
    return int(text)


def _stand_in(text: str) -> tuple[str, StandIn]:
    from explorer3d.graph.stand_in import parse

    name, equals, given = text.rpartition("=")
    try:
        if name and equals:
            return name, parse(given)
    except ExplorerError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    raise argparse.ArgumentTypeError(f"{text!r} does not say LAYER=identity or LAYER=7x7x64")


def _joined_lists(words: list[str]) -> list[str]:
    """Let ``--mean 0.5 0.5 0.5`` mean ``--mean=0.5,0.5,0.5``, whatever follows and whatever their sign."""
    joined: list[str] = []
    while words:
        word = words.pop(0)
        if word in ("--mean", "--std"):
            numbers = []
            while words and re.fullmatch(r"[-+.,\deE]*\d[-+.,\deE]*", words[0]):
                numbers.append(words.pop(0))
            word = f"{word}={','.join(numbers)}" if numbers else word
        joined.append(word)
    return joined


def _complain(message: str, code: int) -> int:
    print(f"explorer3d: {printable(' '.join(message.split()))}", file=sys.stderr)
    return code


Options = Callable[[argparse.ArgumentParser], None]
Command = Callable[[argparse.Namespace], int]

COMMANDS: dict[str, tuple[str, Options, Command]] = {
    "info": ("Say what a model is made of.", _add_info, _info),
    "export": ("Write layers' inputs, outputs and weights to an .npz file.", _add_export, _export),
    "explain": ("Say what of an input makes a network answer as it does.", _add_explain, _explain),
    "render": ("Draw what the window would show to a .png file.", _add_render, _render),
    "convert": ("Have TensorFlow convert a Keras file or SavedModel to ONNX.", _add_convert, _convert),
    "bench": ("Measure how fast a model opens, runs and is drawn, in the window itself.", _add_bench, _bench),
}
"""What needs no display: description, options, and what it does."""
