"""Files that Keras writes, made once in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def make(folder: Path) -> Path:
    """Run ``tests/conversion/made_by_keras.py``; its canary must not be there afterwards."""
    script = Path(__file__).parent / "conversion" / "made_by_keras.py"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    run = subprocess.run(
        [sys.executable, str(script), str(folder)], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert not (folder / "canary").exists()
    return folder
