"""Ways into the graphs inside a layer: the branches of an If, the body of a Loop or Scan."""

from __future__ import annotations

from collections.abc import Sequence

from explorer3d.qt.link_list import LinkButton, LinkList
from explorer3d.qt.plain import plain


class BodyLinks(LinkList):
    """A button for each body of a layer.

    Signals
    -------
    wanted(str)
        A body to go into.
    """

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[str, LinkButton] = {}

    def show_bodies(self, bodies: Sequence[str]) -> None:
        """Offer other bodies; without any, nothing is seen."""
        if tuple(bodies) == tuple(self.buttons):
            return
        self._clear()
        self.buttons = {}
        for body in bodies:
            button = LinkButton()
            button.setText(f"Enter {body}  ›".replace("&", "&&"))
            button.setToolTip(
                plain(f"Show {body} as a network of its own (Enter, or double click the layer)")
            )
            button.clicked.connect(lambda _, body=body: self.wanted.emit(body))
            self._append(button)
            self.buttons[body] = button
        self.setVisible(bool(self.buttons))
