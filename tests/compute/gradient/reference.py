"""Gradients of a single operator beside central differences of onnx' own reference, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from tests.compute.gradient.referee import (
    Arrays,
    by_central_differences,
    noise,
    one_node,
    ours,
    relative_error,
)

NEWEST = 25
"""The newest opset onnxruntime has all of these operators in."""


def opsets(operator: str, since: int = 9) -> list[int]:
    """The versions of an operator, from that opset on."""
    versions = {
        schema.since_version
        for schema in onnx.defs.get_all_schemas_with_history()
        if schema.name == operator and schema.domain == "" and schema.since_version <= NEWEST
    }
    return sorted(
        {max(since, version) for version in versions if version >= since or version == min(versions)}
    )


def worst_error(
    folder: Path,
    operator: str,
    opset: int,
    feeds: Arrays,
    wrt: Sequence[str],
    constants: Sequence[str] = (),
    formula: Callable[..., np.ndarray] | None = None,
    **attributes: Any,
) -> float:
    """The largest relative error of any of the gradients, for a seed of noise.

    A formula takes the place of the reference where that only works in float32.
    """
    wide = {
        name: array.astype(np.float64) if array.dtype == np.float32 else array
        for name, array in feeds.items()
    }
    (folder / "wide").mkdir()
    referee = ReferenceEvaluator(
        str(one_node(folder / "wide", operator, wide, opset, constants, **attributes))
    )

    def function(**given: np.ndarray) -> np.ndarray:
        if formula is not None:
            return formula(**given)
        taken = {name: array for name, array in given.items() if name in referee.input_names}
        return np.asarray(referee.run(["y"], taken)[0])

    seed = noise(99, *function(**wide).shape)
    found = ours(one_node(folder, operator, feeds, opset, constants, **attributes), feeds, seed, wrt)
    errors = [
        relative_error(found[name], by_central_differences(function, feeds, name, seed)) for name in wrt
    ]
    return max(errors)
