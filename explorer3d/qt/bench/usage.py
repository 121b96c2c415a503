"""What this process has used since it was started."""

from __future__ import annotations

import os
import sys
import time

_IMPORTED = time.monotonic()


def age() -> float:
    """Seconds since the process was started; where the system does not say, since this was imported."""
    if sys.platform.startswith("linux"):
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            # The name in brackets may hold blanks.
            ticks = int(file.read().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.monotonic() - _IMPORTED


def cpu() -> float:
    """Seconds of processor time, of all threads and of children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_mb() -> float:
    """Most memory held at any time, in units of 10⁶ bytes."""
    if sys.platform.startswith("linux"):
        # getrusage would also count what the process was before it became this program.
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
