"""Says which letters of a network's names are drawn as boxes, since no font here has them."""

from __future__ import annotations

from explorer3d.document import Document
from explorer3d.scene.typefaces import lacking

_FEW = 3


class MissingLetters:
    """Tells of each such letter once.

    Parameters
    ----------
    document : Document
        Its `noted` says so.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        # Another window may have told of some.
        self._told = set(lacking)
        document.model_changed.connect(self._tell)
        document.folding_changed.connect(self._tell)

    def _tell(self) -> None:
        found = sorted(lacking - self._told)
        if found and self._document.model is not None:
            self._told.update(found)
            codes = ", ".join(f"U+{ord(letter):04X}" for letter in found[:_FEW])
            self._document.noted.emit(
                f"No font of this system has {len(found):,} of the letters in names here "
                f"({codes}{', …' if len(found) > _FEW else ''}): boxes stand for them. "
                "Install one that does, such as Noto Sans CJK, and start again."
            )
