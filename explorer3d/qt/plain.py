"""Names from files in places where Qt would take them for HTML."""

from __future__ import annotations

from html import escape


def plain(text: str) -> str:
    """A tooltip that shows a text as it is.

    Qt guesses whether a tooltip is HTML, and then loads the pictures a file's names ask for.
    """
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>" if text else ""
