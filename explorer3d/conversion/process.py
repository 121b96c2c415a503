"""Runs the conversion's process: listens to it, and ends it when it takes too much or is not wanted."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from explorer3d.bootstrap import ROOT
from explorer3d.conversion import story
from explorer3d.conversion.limits import Limits
from explorer3d.conversion.story import Line

_PATIENCE = 0.1
_LAST_WORDS = 16_384
_LONGEST_LINE = 1 << 16

# What TensorFlow, the C++ library and Python say when they get no more memory.
_OUT_OF_MEMORY = re.compile(
    r"bad_alloc|cannot allocate|out of memory|\boom\b|can't start new thread|failed to map segment"
    r"|pthread_create|memory allocation|thread constructor failed|resource temporarily unavailable"
    r"|resource_exhausted",
    re.IGNORECASE,
)


def command(path: Path, result: Path, limits: Limits) -> list[str]:
    """What starts the process, in this very interpreter.

    The program's folder comes last in the path: nothing in it may stand in for a library.
    """
    start = "import sys; sys.path.append(sys.argv[1]); from explorer3d.conversion.worker import main; main()"
    return [sys.executable, "-P", "-c", start, str(ROOT), str(path), str(result), str(limits.memory)]


def surroundings(folder: Path) -> dict[str, str]:
    """The process' environment: quiet, on the processor, without the user's Keras settings.

    Proxies that lead nowhere keep well-behaved libraries from the network; it is no wall.
    """
    nowhere = "http://127.0.0.1:9"
    return {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(folder),
        "TMPDIR": str(folder),
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "http_proxy": nowhere,
        "https_proxy": nowhere,
        "NO_PROXY": "",
        "no_proxy": "",
    }


def follow(
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    seconds: float,
    tell: Callable[[float, str], None],
) -> Line:
    """Start a process and listen to it until it has ended.

    Parameters
    ----------
    words : sequence of str
        The command.
    environment : mapping of str to str
    folder : Path
        Where it works, and where what it says besides is kept.
    seconds : float
    tell : callable
        Takes the share done and what is being done, ten times a second. Whatever it raises ends the
        process and all it has started.

    Returns
    -------
    Line
        The process' last one, or one that says how it ended: of the kind ``time``, ``memory`` or ``failed``.
    """
    started = time.monotonic()
    complaints = folder / "stderr"
    with complaints.open("wb") as stderr:
        process = subprocess.Popen(
            list(words),
            cwd=folder,
            env=dict(environment),
            # Left open: the process ends when this end is closed, however this program ends.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
    lines: queue.Queue[bytes | None] = queue.Queue()
    assert process.stdout is not None
    listener = threading.Thread(target=_listen, args=(process.stdout, lines), daemon=True)
    listener.start()
    try:
        last = Line("progress", "Starting TensorFlow")
        while last.kind == "progress":
            passed = time.monotonic() - started
            tell(last.share, f"{last.text} ({passed:.0f} s)")
            if passed > seconds:
                return Line("time")
            try:
                line = lines.get(timeout=_PATIENCE)
            except queue.Empty:
                continue
            if line is None:
                break
            last = story.read(line) or last
        return last if last.kind != "progress" else _how_it_ended(process.wait(), complaints)
    finally:
        _end(process)
        listener.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def runs_out_of_memory(text: str) -> bool:
    """Whether a library's complaint is that it got no more memory."""
    return _OUT_OF_MEMORY.search(text) is not None


def _listen(stream: IO[bytes], lines: queue.Queue[bytes | None]) -> None:
    while line := stream.readline(_LONGEST_LINE):
        lines.put(line)
    lines.put(None)


def _how_it_ended(code: int, complaints: Path) -> Line:
    with complaints.open("rb") as file:
        file.seek(max(complaints.stat().st_size - _LAST_WORDS, 0))
        said = file.read().decode(errors="replace")
    # Nobody but the system's guard against want of memory sends this signal.
    if runs_out_of_memory(said) or code == -signal.SIGKILL:
        return Line("memory")
    # Behind the reason, TensorFlow lists the functions it was in.
    last = [line for line in said.strip().splitlines() if not line.startswith("    @")][-1:]
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return Line("failed", f"its process ended early ({name})" + (f": {last[0]}" if last else ""))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it has started; its group bears its number as long as one is left."""
    if os.name == "nt":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
