"""How long work tells where it stands, and how it is given up."""

from typing import Protocol


class Progress(Protocol):
    """Called by long work between its steps.

    It raises `explorer3d.errors.Cancelled` when the user has given the work up, so the work
    itself never asks.
    """

    def __call__(self, fraction: float, message: str, /) -> None: ...


def ignore(fraction: float, message: str, /) -> None:
    """Report to nobody, never cancel."""
