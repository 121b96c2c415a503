"""Where the files that come with the program are: icons, class names, sample models, pictures."""

from __future__ import annotations

from pathlib import Path

from explorer3d.errors import ExplorerError

_PACKAGE = Path(__file__).resolve().parent

# An installed wheel carries both folders inside the package; a source tree has them beside it.
# The package's own folder comes first, since anything may lie beside it in site-packages.
_ROOTS = (_PACKAGE / "_data", _PACKAGE.parent)


def resource(*parts: str) -> Path:
    """Find a bundled file or folder.

    Parameters
    ----------
    *parts : str
        Path below the project's root, such as ``("assets", "labels", "imagenet.txt")``.

    Raises
    ------
    ExplorerError
        The installation lacks it.
    """
    for root in _ROOTS:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise ExplorerError(
        f"{'/'.join(parts)} is missing from this installation of explorer3d. Install it again."
    )
