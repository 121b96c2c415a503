"""What a person is told when a file, an input or a request is at fault.

Each message is one or two sentences that say what happened, why, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ExplorerError(Exception):
    """A fault outside the program: the message is shown as it is, without a traceback."""


class ModelError(ExplorerError):
    """The model file cannot be opened."""


class ConvertibleError(ModelError):
    """The model file cannot be opened as it is; what TensorFlow would make of it perhaps can."""


class InputError(ExplorerError):
    """The picture or array does not fit the model, or cannot be read."""


class RunError(ExplorerError):
    """The model cannot be run, or not up to what was asked for."""


class GradientError(RunError):
    """There is no gradient of what was asked for: an operator on the way has none, or nothing depends."""


class RequestError(ExplorerError):
    """What was asked for does not exist, such as a layer of that name."""


class LayerNotFound(RequestError, KeyError):
    """There is no layer of that name; a `KeyError` too, as whoever asks a mapping expects."""

    # KeyError would show the sentence in quotes, with its own quotes escaped.
    __str__ = Exception.__str__


class Cancelled(Exception):
    """The user gave up on a piece of work. Never shown."""


def sentence(error: BaseException, work: str) -> str:
    """What a person is told of any exception.

    Parameters
    ----------
    error : exception
    work : str
        What was being done, as the beginning of a sentence.
    """
    if isinstance(error, ExplorerError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this. Close other programs, or take something smaller."
    return f"{work} failed unexpectedly: {str(error) or type(error).__name__}. Please report this."


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """What to do about a name that there is not.

    Parameters
    ----------
    name : str
    known : iterable of str
        Names that there are.
    otherwise : str
        The sentence where none of them is like it.
    """
    close = difflib.get_close_matches(name, [*known], n=1, cutoff=0.5)
    return f"Did you mean '{close[0]}'?" if close else otherwise


def printable(text: str) -> str:
    """A text without what a terminal takes for a command: a file's names may hold anything."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
