"""What converts, and in which version, found out without importing any of it."""

from __future__ import annotations

import importlib.metadata
import shlex
import sys

REQUIREMENTS = ("tensorflow>=2.20,<3", "keras>=3.13,<4", "scipy>=1.15,<2", "tf2onnx>=1.17,<1.18")
"""The extra ``keras``. Older Keras executes code of a file even in its safe mode (CVE-2025-9905, -9906)."""

# To be raised whenever the same versions would give another result.
_REVISION = "1"


def installed() -> dict[str, str]:
    """Versions by name; empty for what is not installed."""
    return {name: _version(name) for name in ("tensorflow", "keras", "tf2onnx")}


def shown() -> str:
    """The same for people."""
    names = {"tensorflow": "TensorFlow", "keras": "Keras"}
    return ", ".join(f"{names.get(name, name)} {version}" for name, version in installed().items())


def fingerprint() -> str:
    """A text that changes whenever a conversion may give another result."""
    return " ".join([_REVISION, *(f"{name}={version}" for name, version in installed().items())])


def remedy() -> str:
    """What to do when they are missing, as a sentence."""
    requirements = " ".join(f"'{requirement}'" for requirement in REQUIREMENTS)
    return f"This command installs it: {shlex.quote(sys.executable)} -m pip install {requirements}"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
