"""Gradients of normalisations against formulas in float64."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer3d.errors import GradientError
from tests.compute.gradient.referee import (
    TOLERANCE,
    by_central_differences,
    forward,
    noise,
    one_node,
    ours,
    relative_error,
)


def _check(
    path: Path, formula: Callable[..., np.ndarray], feeds: dict[str, np.ndarray], wrt: list[str]
) -> None:
    wide = {name: array.astype(np.float64) for name, array in feeds.items()}
    # The formula is the operator's, or its gradients would tell nothing.
    assert relative_error(forward(path)(feeds), formula(**wide)) <= TOLERANCE
    seed = noise(9, *formula(**wide).shape)
    found = ours(path, feeds, seed, wrt)
    for name in wrt:
        expected = by_central_differences(formula, feeds, name, seed)
        assert relative_error(found[name], expected) <= TOLERANCE, name


def _along(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    return values.reshape(1, -1, *[1] * (like.ndim - 2))


@pytest.mark.parametrize("opset", [9, 14, 15])
@pytest.mark.parametrize("space", [(), (4,), (3, 2), (2, 3, 2)])
def test_batch_normalization(tmp_path: Path, opset: int, space: tuple[int, ...]) -> None:
    feeds = {
        "x": noise(1, 3, 4, *space),
        "scale": noise(2, 4),
        "bias": noise(3, 4),
        "mean": noise(4, 4),
        "variance": np.abs(noise(5, 4)) + 0.5,
    }

    def formula(
        x: np.ndarray, scale: np.ndarray, bias: np.ndarray, mean: np.ndarray, variance: np.ndarray
    ) -> np.ndarray:
        normal = (x - _along(mean, x)) / np.sqrt(_along(variance, x) + 0.01)
        return normal * _along(scale, x) + _along(bias, x)

    path = one_node(tmp_path, "BatchNormalization", feeds, opset, epsilon=0.01)
    _check(path, formula, feeds, list(feeds))


def test_batch_normalization_of_training_is_refused(tmp_path: Path) -> None:
    feeds = {"x": noise(1, 3, 4), **{name: np.ones(4, np.float32) for name in ("s", "b", "m", "v")}}
    path = one_node(tmp_path, "BatchNormalization", feeds, 15, outputs=3, training_mode=1)
    with pytest.raises(GradientError, match="statistics of its own batch"):
        ours(path, feeds, noise(2, 3, 4), ["x"])


@pytest.mark.parametrize("axis", [-1, 1, 2])
@pytest.mark.parametrize("biased", [True, False])
def test_layer_normalization(tmp_path: Path, axis: int, biased: bool) -> None:
    shape = (2, 3, 4, 5)
    own = shape[axis:]
    feeds = {"x": noise(1, *shape), "scale": noise(2, *own), "bias": noise(3, *own)}
    if not biased:
        del feeds["bias"]

    def formula(x: np.ndarray, scale: np.ndarray, bias: np.ndarray | float = 0) -> np.ndarray:
        axes = tuple(range(axis % 4, 4))
        away = x - x.mean(axes, keepdims=True)
        return away / np.sqrt((away**2).mean(axes, keepdims=True) + 1e-3) * scale + bias

    path = one_node(tmp_path, "LayerNormalization", feeds, 17, axis=axis, epsilon=1e-3)
    _check(path, formula, feeds, list(feeds))


@pytest.mark.parametrize("axis", [-1, 1])
def test_rms_normalization(tmp_path: Path, axis: int) -> None:
    shape = (2, 3, 4)
    feeds = {"x": noise(1, *shape), "scale": noise(2, *shape[axis:])}

    def formula(x: np.ndarray, scale: np.ndarray) -> np.ndarray:
        axes = tuple(range(axis % 3, 3))
        return x / np.sqrt((x**2).mean(axes, keepdims=True) + 1e-5) * scale

    _check(one_node(tmp_path, "RMSNormalization", feeds, 23, axis=axis), formula, feeds, list(feeds))


@pytest.mark.parametrize("space", [(7,), (3, 4), (2, 3, 2)])
@pytest.mark.parametrize("opset", [9, 22])
def test_instance_normalization(tmp_path: Path, space: tuple[int, ...], opset: int) -> None:
    feeds = {"x": noise(1, 2, 3, *space), "scale": noise(2, 3), "bias": noise(3, 3)}

    def formula(x: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> np.ndarray:
        axes = tuple(range(2, x.ndim))
        away = x - x.mean(axes, keepdims=True)
        return away / np.sqrt((away**2).mean(axes, keepdims=True) + 1e-3) * _along(scale, x) + _along(bias, x)

    path = one_node(tmp_path, "InstanceNormalization", feeds, opset, epsilon=1e-3)
    _check(path, formula, feeds, list(feeds))


@pytest.mark.parametrize(("opset", "scales"), [(18, 2), (21, 6)])
def test_group_normalization(tmp_path: Path, opset: int, scales: int) -> None:
    """Two groups of three channels; the scale is of groups at first, later of channels."""
    feeds = {"x": noise(1, 2, 6, 3, 2), "scale": noise(2, scales), "bias": noise(3, scales)}

    def formula(x: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> np.ndarray:
        grouped = x.reshape(2, 2, 3, 3, 2)
        away = grouped - grouped.mean((2, 3, 4), keepdims=True)
        normal = (away / np.sqrt((away**2).mean((2, 3, 4), keepdims=True) + 1e-5)).reshape(x.shape)
        repeated = [np.repeat(values, 6 // scales) for values in (scale, bias)]
        return normal * _along(repeated[0], x) + _along(repeated[1], x)

    path = one_node(tmp_path, "GroupNormalization", feeds, opset, num_groups=2)
    _check(path, formula, feeds, list(feeds))


@pytest.mark.parametrize("axes", [None, [1], [0, 2]])
@pytest.mark.parametrize("opset", [9, 13])
def test_mean_variance_normalization(tmp_path: Path, axes: list[int] | None, opset: int) -> None:
    feeds = {"x": noise(1, 3, 4, 2, 3)}
    over = tuple(axes or (0, 2, 3))

    def formula(x: np.ndarray) -> np.ndarray:
        away = x - x.mean(over, keepdims=True)
        return np.asarray(away / (np.sqrt((away**2).mean(over, keepdims=True)) + 1e-9))

    path = one_node(tmp_path, "MeanVarianceNormalization", feeds, opset, **({"axes": axes} if axes else {}))
    _check(path, formula, feeds, ["x"])


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("axis", [-1, 1])
def test_lp_normalization(tmp_path: Path, power: int, axis: int) -> None:
    feeds = {"x": noise(1, 3, 4, 5)}

    def formula(x: np.ndarray) -> np.ndarray:
        return np.asarray(x / np.sum(np.abs(x) ** power, axis, keepdims=True) ** (1 / power))

    _check(one_node(tmp_path, "LpNormalization", feeds, 13, p=power, axis=axis), formula, feeds, ["x"])


@pytest.mark.parametrize(("channels", "size"), [(6, 3), (4, 5), (2, 7)])
def test_local_response_normalization(tmp_path: Path, channels: int, size: int) -> None:
    feeds = {"x": noise(1, 2, channels, 3, 2)}

    def formula(x: np.ndarray) -> np.ndarray:
        sums = np.stack(
            [(x[:, max(c - size // 2, 0) : c + size // 2 + 1] ** 2).sum(1) for c in range(channels)],
            1,
        )
        return np.asarray(x / (1.5 + 0.9 / size * sums) ** 0.6)

    path = one_node(tmp_path, "LRN", feeds, 13, size=size, alpha=0.9, beta=0.6, bias=1.5)
    _check(path, formula, feeds, ["x"])
