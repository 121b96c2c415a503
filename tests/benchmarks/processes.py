"""Programs that are timed: each in a process of its own, in turn, medians of their answers."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_models"

clock = time.monotonic  # on Linux the same in all processes
_BEGAN = "EXPLORER3D_BENCHMARK_BEGAN"


def began() -> float:
    """When this process was started, on `clock`."""
    return float(os.environ[_BEGAN])


def cpu() -> float:
    """Seconds of processor time, of all threads of this process and of children that have ended."""
    return sum(os.times()[:4])


def peak_mb() -> float:
    """Most memory this process has had at any time, in units of 10⁶ bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def start(arguments: Sequence[str]) -> str:
    """What a Python program prints, which has the project and no remembered settings."""
    with tempfile.TemporaryDirectory() as settings:
        environment = {
            **os.environ,
            "XDG_CONFIG_HOME": settings,
            "PYTHONPATH": str(ROOT),
            _BEGAN: repr(clock()),
        }
        if not os.environ.get("DISPLAY"):
            # What the program finds out by itself, at the cost of another process.
            environment |= {
                "QT_QPA_PLATFORM": "offscreen",
                "VTK_DEFAULT_OPENGL_WINDOW": "vtkEGLRenderWindow",
            }
        # An installed program finds its bytecode.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def medians(programs: Mapping[str, Sequence[str]], runs: int, warm: bool = True) -> dict[str, dict[str, Any]]:
    """Start Python programs in turn, so that a busy machine is as busy for all.

    Parameters
    ----------
    programs : mapping of str to sequence of str
        Arguments of Python; each prints one JSON object of numbers, or of such objects.
    runs : int
    warm : bool
        After a first one that does not count: it reads from the disk what the others find in memory.

    Returns
    -------
    dict
        Medians, at the places where the programs put their numbers.
    """
    answers: dict[str, list[Any]] = {name: [] for name in programs}
    for run in range(runs + warm):
        for name, arguments in programs.items():
            answer = start(arguments)
            if run or not warm:
                answers[name].append(json.loads(answer))
    return {name: _median(list(given)) for name, given in answers.items()}


def _median(answers: list[Any]) -> Any:
    if not isinstance(answers[0], dict):
        return round(statistics.median(answers), 3)
    keys = list(dict.fromkeys(key for answer in answers for key in answer))
    # A span that did not happen in one of the runs took no time there.
    return {key: _median([answer.get(key, 0.0) for answer in answers]) for key in keys}


def alexnet() -> Path:
    """`sample_models/alexnet.h5`, made first if it is not there yet (190 MB; needs the extra `keras`)."""
    path = SAMPLES / "alexnet.h5"
    if not path.exists():
        subprocess.run([sys.executable, str(SAMPLES / "train.py"), "--alexnet", str(path)], check=True)
    return path


def light(name: str) -> Path:
    """A network that the onnx package brings, complete but for its weights, which are all one number."""
    import onnx

    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    return folder / f"light_{name}.onnx"


def generated(shape: str, nodes: int, folder: Path) -> Path:
    """A network of `graphs.py`, made in a folder."""
    path = folder / f"{shape}_{nodes}.onnx"
    if not path.exists():
        subprocess.run(
            [sys.executable, str(Path(__file__).parent / "graphs.py"), shape, str(nodes), str(path)],
            check=True,
        )
    return path


def vgg16(folder: Path) -> Path:
    """VGG-16 in ONNX, made in a folder: 138 million weights, 103 of them in one matrix."""
    path = folder / "vgg16.onnx"
    if not path.exists():
        subprocess.run([sys.executable, str(Path(__file__).with_name("vgg.py")), str(path)], check=True)
    return path
