"""Gradients of whole networks beside TensorFlow's.

In float32 a decision of ReLU or of a largest value may fall otherwise than in float64: smoothed networks are
held to how near TensorFlow's float32 is to its float64, the real ones to what can be told by the eye.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from explorer3d.compute.gradient import gradients
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from tests.compute.gradient.in_tensorflow import Network
from tests.compute.gradient.referee import relative_error

SMOOTHED = [("squeezenet", (96, 160)), ("densenet121", (72, 104))]
"""The second with BatchNormalization, odd sizes and a long way back."""

REAL = [("squeezenet", (96, 160)), ("inception_v1", (224, 224))]
"""The second with LRN and overlapping pools."""


def _logit(network: Network, runner: Runner) -> np.ndarray:
    """A seed of the largest logit alone."""
    logits = runner.run({network.input: network.image}, [network.logits])[network.logits]
    # Dead or saturated networks would agree on nothing.
    assert 0.1 < logits.std() < 10
    seed = np.zeros(logits.shape, np.float32)
    seed.flat[logits.argmax()] = 1
    return seed


def _opened(network: Network, folder: Path) -> Runner:
    onnx.save(network.proto, folder / "network.onnx")
    return Runner(read_model(folder / "network.onnx"))


@pytest.mark.parametrize(("name", "size"), SMOOTHED)
def test_smoothed_network(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    network = Network(name, size, smooth=True)
    runner = _opened(network, tmp_path)
    seed, feeds = _logit(network, runner), {network.input: network.image}
    found = gradients(runner, feeds, network.logits, seed, [network.input]).gradients[network.input]
    exact, theirs = (network.gradient(seed, kind) for kind in (np.float64, np.float32))
    assert relative_error(found, exact) <= 3 * relative_error(theirs, exact)


@pytest.mark.parametrize(("name", "size"), REAL)
def test_real_network(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    network = Network(name, size)
    runner = _opened(network, tmp_path)
    seed, feeds = _logit(network, runner), {network.input: network.image}
    answer = gradients(runner, feeds, network.logits, seed, [network.input], values=[network.logits])
    found, expected = answer.gradients[network.input], network.gradient(seed, np.float32)
    lengths = np.linalg.norm(found) * np.linalg.norm(expected)
    assert np.sum(found * expected) / lengths >= 0.999
    assert np.linalg.norm(found - expected) <= 5e-2 * np.linalg.norm(expected)
    forward = runner.run(feeds, [network.logits])[network.logits]
    assert relative_error(answer.values[network.logits], forward) <= 1e-4
