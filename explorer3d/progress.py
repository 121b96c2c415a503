"""How long work tells where it stands, and how it is given up."""

from typing import Protocol

from explorer3d.errors import Cancelled


class Progress(Protocol):
    """Called by long work between its steps.

    It raises `explorer3d.errors.Cancelled` when the user has given the work up, so the work
    itself never asks.
    """

    def __call__(self, fraction: float, message: str, /) -> None: ...


class EndingEarly:
    """Progress of work that, given up, is brought to a quick end instead of being dropped.

    Parameters
    ----------
    progress : Progress
        Not called any more after it has raised.

    Attributes
    ----------
    given_up : bool
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.given_up = False

    def __call__(self, fraction: float, message: str, /) -> None:
        if self.given_up:
            return
        try:
            self._progress(fraction, message)
        except Cancelled:
            self.given_up = True


def ignore(fraction: float, message: str, /) -> None:
    """Report to nobody, never cancel."""
