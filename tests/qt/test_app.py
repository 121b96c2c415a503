"""The program from its start to its end, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Closes the window as soon as the network has run.
PROGRAM = """
import gc
import sys
from pathlib import Path
from qtpy.QtCore import QTimer
from explorer3d.qt import window
make = window.Window.__init__

def make_and_close(self, *arguments):
    make(self, *arguments)
    self.document.faces_changed.connect(lambda: QTimer.singleShot(0, self.close))

window.Window.__init__ = make_and_close
from explorer3d.qt.app import run
code = run(Path(sys.argv[1]), None, {})
print(code, gc.isenabled())
"""


def test_start_and_end(samples: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(samples / "lenet_fashion.h5")],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "0 True\n"), done.stderr
    assert "Traceback" not in done.stderr
