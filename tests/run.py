#!/usr/bin/env python3
"""Run the tests in an environment that has what they need; arguments are pytest's.

Works from any folder; paths in the arguments count from the project's.
"""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from explorer3d import bootstrap  # noqa: E402

if __name__ == "__main__":
    bootstrap.run_tests(sys.argv[1:])
