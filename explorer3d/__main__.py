"""``python -m explorer3d``."""

import sys

from explorer3d.cli import main

sys.exit(main())
