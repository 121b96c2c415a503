"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from explorer3d.errors import RequestError


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside the one to write, which takes its place if all goes well.

    Whether there is a place to write to is known on entering, before any work for it is done.

    Raises
    ------
    RequestError
        It cannot be written.
    """
    # A link stays one: what it leads to is written.
    target = path.resolve()
    if target.exists() and not target.is_file():
        kind = "a folder" if target.is_dir() else "no regular file"
        raise RequestError(f"{path} cannot be written: it is {kind}. Choose another name.")
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:32]}.")
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        raise _refusal(path, error) from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def _refusal(path: Path, error: OSError) -> RequestError:
    return RequestError(f"{path} cannot be written: {error.strerror or error}. Choose another place.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
