"""The conversion's process. Started by `process.command`, never imported by the program itself."""

from __future__ import annotations

import os
import re
import sys
import threading
import traceback
from pathlib import Path
from typing import IO

from explorer3d.conversion.process import runs_out_of_memory
from explorer3d.conversion.refused import Refused
from explorer3d.conversion.story import Line

_OURS = frozenset({"tensorflow", "keras", "tf2onnx"})
_UNKNOWN = re.compile(r"(?:Could not locate (?:class|function)|Unknown (?:layer|class|object)):? '?([\w>.]+)")


def main() -> None:
    """Convert ``argv[2]`` to ``argv[3]`` within ``argv[4]`` bytes, and tell about it line by line."""
    _, path, result, memory = sys.argv[1:]
    out = _private_output()
    threading.Thread(target=_end_with_the_program, daemon=True).start()
    try:
        _limit_memory(int(memory))
        _convert(Path(path), Path(result), out)
    except BaseException as error:
        _say(out, Line("memory") if _nearly_full(int(memory)) else _fault(error))
        traceback.print_exc()
        # Nothing of a half-dead TensorFlow needs to be taken down in order.
        os._exit(1)
    _say(out, Line("done", share=1.0))
    os._exit(0)


def _convert(path: Path, result: Path, out: IO[str]) -> None:
    def tell(share: float, text: str) -> None:
        _say(out, Line("progress", text, share))

    tell(0.0, "Starting TensorFlow")
    import tensorflow  # noqa: F401  its import is the first half minute on a slow machine
    import tf2onnx  # noqa: F401

    from explorer3d.conversion import keras_model, saved_model, to_onnx

    tell(0.2, "TensorFlow loads the model")
    traced = saved_model.trace(path) if path.is_dir() else keras_model.trace(path)
    tell(0.4, "TensorFlow's graph is converted")
    graph = to_onnx.convert(traced)
    tell(0.8, "The converted graph is simplified")
    graph.fold()
    tell(0.9, "The converted model is written")
    graph.write(result)


def _private_output() -> IO[str]:
    """Standard output for the story alone: whatever libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _say(out: IO[str], line: Line) -> None:
    print(line.written(), file=out, flush=True)


def _end_with_the_program() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:
        return
    # Not the address space: TensorFlow reserves far more of that than it ever fills.
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _nearly_full(size: int) -> bool:
    """Whether hardly any memory is left: then libraries fail in ways that say nothing of it."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    held = re.search(r"^VmData:\s+(\d+) kB$", status, re.MULTILINE)
    return held is not None and int(held[1]) * 1024 > size * 7 / 8


def _fault(error: BaseException) -> Line:
    text = f"{type(error).__name__}: {error}"
    # A SystemError is a C function that failed without a word, as it does for want of memory.
    if isinstance(error, MemoryError | SystemError) or runs_out_of_memory(text):
        return Line("memory")
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in _OURS:
        return Line("missing", _shown_name(error.name or ""))
    if isinstance(error, Refused):
        return Line("refused", str(error))
    if unknown := _UNKNOWN.search(text):
        import keras

        return Line("unknown", f"Keras {keras.__version__} does not know its class {unknown[1]}")
    return Line("failed", _sentence(text))


def _shown_name(module: str) -> str:
    return {"tensorflow": "TensorFlow", "keras": "Keras"}.get(module.split(".")[0], module)


def _sentence(text: str) -> str:
    """What a library says first; the rest is a list of everything it knows."""
    return " ".join(text.split()).split(". ")[0][:300]
