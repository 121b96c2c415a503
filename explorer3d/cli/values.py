"""The values of options, read from what somebody typed."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from explorer3d.errors import ExplorerError

if TYPE_CHECKING:
    from explorer3d.graph.stand_in import StandIn
    from explorer3d.inputs import Generated

_SHAPE = re.compile(r"\d{1,9}([x,]\d{1,9})*")
_SIZE = re.compile(r"(\d{1,5})[xX×](\d{1,5})")


def input(text: str) -> Path | Generated:
    from explorer3d.inputs import generated_from

    try:
        return generated_from(text) or Path(text)
    except ExplorerError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.replace(",", " ").split())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers") from None


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no positive number")
    return number


def size(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None or not all(int(side) for side in match.groups()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 1280x800")
    return int(match[1]), int(match[2])


def shape(text: str) -> tuple[str, tuple[int, ...]]:
    # Names may hold anything, an equals sign too; sizes do not.
    name, equals, sizes = text.rpartition("=")
    if not (name and equals and _SHAPE.fullmatch(sizes)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shape such as image=1,3,640,480")
    return name, tuple(int(size) for size in re.split("[x,]", sizes))


def setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} does not say KEY=VALUE")
    return name.strip(), value


def seed(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: a whole number from 0 on")
    return int(text)


def stand_in(text: str) -> tuple[str, StandIn]:
    from explorer3d.graph.stand_in import parse

    name, equals, given = text.rpartition("=")
    try:
        if name and equals:
            return name, parse(given)
    except ExplorerError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    raise argparse.ArgumentTypeError(f"{text!r} does not say LAYER=identity or LAYER=7x7x64")
