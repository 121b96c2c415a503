"""The command line: the window, and everything it can do without one.

Exit codes: 0 done; 1 the model, the input or the request is at fault (one line on stderr); 2 wrong usage,
or a part of the system is missing. Nothing is printed on stdout but what is asked for.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from explorer3d import __version__, bootstrap
from explorer3d.cli import options as offered
from explorer3d.cli.commands import COMMANDS, Command, window
from explorer3d.cli.console import AT_FAULT, DONE, INTERRUPTED, WRONG_USAGE, complain
from explorer3d.errors import sentence

DEBUG = "EXPLORER3D_DEBUG"
"""Environment variable: whether an error's traceback is printed too."""


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
        return complain(str(fault), WRONG_USAGE)
    except ImportError as error:
        return complain(f"A part of the installation is missing or cannot be loaded: {error}.", WRONG_USAGE)
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
        return complain(sentence(error, work), AT_FAULT)


def _parsed(given: list[str]) -> tuple[Command, argparse.Namespace]:
    words = _joined_lists(list(given))
    if words and words[0] in COMMANDS:
        describe, add_options, command = COMMANDS[words[0]]
        parser = argparse.ArgumentParser(prog=f"explorer3d {words[0]}", description=describe)
        add_options(parser)
        return command, _checked(parser, parser.parse_args(words[1:]))
    parser = _window_parser()
    return window, _checked(parser, parser.parse_args(words))


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


def _window_parser() -> argparse.ArgumentParser:
    commands = "\n".join(f"  {name:<8}{describe}" for name, (describe, _, _) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="explorer3d",
        description="Open a trained network, walk through it in 3D, click a layer and see its tensors.",
        epilog=f"commands that need no display (explorer3d COMMAND --help):\n{commands}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"explorer3d {__version__}")
    parser.add_argument("model", nargs="?", type=Path, metavar="MODEL", help=offered.MODEL)
    offered.add_weights(parser)
    offered.add_assume(parser)
    offered.add_input(parser)
    return parser


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
