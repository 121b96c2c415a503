"""The zip of a ``.keras`` file. Members are read by name; nothing is ever unpacked to disk."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType

import numpy as np

from explorer3d.errors import ModelError
from explorer3d.graph.on_disk import MappedFile
from explorer3d.progress import Progress

_TEXT_LIMIT = 32 << 20
# Trained weights hardly shrink; more than this can only be padding meant to fill the memory.
_WEIGHTS_RATIO = 64
_STEP = 16 << 20


class Archive:
    """An open ``.keras`` archive.

    Raises
    ------
    ModelError
        The file is not a whole zip archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise ModelError(
                f"The archive {path.name} is damaged or incomplete. Copy or save it again."
            ) from error

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def text(self, name: str) -> bytes:
        """A small member as it is.

        Raises
        ------
        ModelError
            It is missing, damaged, or larger than a description of a model can be.
        """
        info = self._info(name)
        if info.file_size > _TEXT_LIMIT:
            raise ModelError(
                f"The archive's {name} claims to unpack to {info.file_size / 1e6:.0f} MB, "
                "which no model's description needs, so it is not read."
            )
        return bytes(self._inflate(info, _TEXT_LIMIT, lambda fraction, message, /: None))

    def data(self, name: str, progress: Progress) -> np.ndarray:
        """A large member: mapped where the archive holds it unpacked, else unpacked into memory.

        Returns
        -------
        (size,) uint8 array

        Raises
        ------
        ModelError
            It is missing, damaged, or claims an implausible size.
        """
        info = self._info(name)
        if info.compress_type == zipfile.ZIP_STORED:
            return self._mapped(info)
        if info.file_size > max(_TEXT_LIMIT, _WEIGHTS_RATIO * info.compress_size):
            raise ModelError(
                f"The archive's {name} claims to unpack to {info.file_size / 1e9:.1f} GB "
                f"from {info.compress_size / 1e6:.1f} MB, so it is not read."
            )
        return np.frombuffer(self._inflate(info, info.file_size, progress), np.uint8)

    def _info(self, name: str) -> zipfile.ZipInfo:
        try:
            info = self._zip.getinfo(name)
        except KeyError:
            raise ModelError(
                f"The archive {self._path.name} holds no {name}, so it is not a Keras model."
            ) from None
        if info.flag_bits & 1:
            raise ModelError(f"The archive's {name} is encrypted. Save the model without a password.")
        return info

    def _inflate(self, info: zipfile.ZipInfo, limit: int, progress: Progress) -> bytearray:
        content = bytearray()
        try:
            with self._zip.open(info) as member:
                while piece := member.read(min(_STEP, limit + 1 - len(content))):
                    content += piece
                    progress(len(content) / max(info.file_size, 1), f"Unpacking {info.filename}")
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError) as error:
            raise ModelError(f"The archive's {info.filename} is damaged. Copy or save it again.") from error
        if len(content) != info.file_size:
            raise ModelError(
                f"The archive's {info.filename} is damaged: its size is not what the archive says."
            )
        return content

    def _mapped(self, info: zipfile.ZipInfo) -> np.ndarray:
        if not info.file_size:
            return np.empty(0, np.uint8)
        whole = MappedFile(self._path)
        header = bytes(whole[info.header_offset : info.header_offset + 30])
        if len(header) == 30 and header.startswith(b"PK\x03\x04"):
            # The local header's own name and extra field may be longer than the directory's.
            name_size, extra_size = struct.unpack("<HH", header[26:30])
            start = info.header_offset + 30 + name_size + extra_size
            if start + info.file_size <= whole.size:
                return whole[start : start + info.file_size]
        raise ModelError(f"The archive's {info.filename} is damaged: it does not lie where the archive says.")
