#!/usr/bin/env python3
"""Start explorer3d; on the first start, install it into .venv beside this file."""

import sys

from explorer3d import bootstrap

if __name__ == "__main__":
    bootstrap.enter(sys.argv[1:])

    from explorer3d.cli import main

    sys.exit(main())
