"""Layer classes that are not Keras' own."""

from __future__ import annotations

UNREGISTERED = frozenset({"FixedDropout"})
"""Classes in wide use that are registered under no package's name; none is called like one of Keras'."""
