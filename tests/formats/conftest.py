"""TensorFlow beside software OpenGL in one process."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def _import_tensorflow_apart() -> None:
    """Keep TensorFlow's LLVM and the OpenGL driver's from binding to one another.

    TensorFlow loads its libraries with all their symbols visible to everybody. Whichever of the two
    comes second then calls into the other's LLVM, and the process ends.
    """
    original, flags = sys.setdlopenflags, sys.getdlopenflags()
    original(os.RTLD_NOW | os.RTLD_DEEPBIND)
    sys.setdlopenflags = lambda wanted: None
    try:
        import tensorflow  # noqa: F401
    finally:
        sys.setdlopenflags = original
        original(flags)


_import_tensorflow_apart()
