"""Memory of arrays that are given up goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

from explorer3d import bootstrap

# The first that is freed is what glibc would remember; every second one leaves holes that could not be
# returned from the end of the heap.
HELD = """
import numpy as np
from explorer3d.compute.large_blocks import LARGE, give_back_large_blocks

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

give_back_large_blocks()
np.ones(3 * LARGE, np.uint8)
blocks = [np.ones(LARGE, np.uint8) for _ in range(10)]
before = resident()
del blocks[::2]
print((before - resident()) / LARGE)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other allocators")
def test_large_blocks_leave_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELD],
        cwd=bootstrap.ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert float(done.stdout) > 4.9
