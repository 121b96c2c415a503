"""Gradients through recurrent operators: against central differences of their formulas in float64."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from explorer3d.compute.gradient import gradients
from explorer3d.compute.runner import Runner
from explorer3d.errors import GradientError
from explorer3d.formats import read_model
from tests.compute.gradient.referee import (
    TOLERANCE,
    by_central_differences,
    forward,
    noise,
    one_node,
    ours,
    relative_error,
)

STEPS, BATCH, FED, UNITS = 3, 2, 4, 3
Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def hard_sigmoid(x: Array) -> Array:
    return np.clip(0.3 * x + 0.4, 0, 1)


def halved(x: Array) -> Array:
    return 0.5 * x + 0.1


def lstm(
    x: Array, w: Array, r: Array, b: Array, h: Array, c: Array, p: Array,
    f: Callable[[Array], Array] = sigmoid, g: Callable[[Array], Array] = np.tanh, coupled: bool = False,
) -> Array:  # fmt: skip
    """One direction; as the operator's page writes it."""
    every = []
    for fed in x:
        i, o, k, n = np.split(fed @ w.T + h @ r.T + b[: 4 * UNITS] + b[4 * UNITS :], 4, axis=1)
        pi, po, pf = np.split(p, 3)
        i = f(i + pi * c)
        k = 1 - i if coupled else f(k + pf * c)
        c = k * c + i * g(n)
        h = f(o + po * c) * np.tanh(c)
        every.append(h)
    return np.stack(every)


def gru(x: Array, w: Array, r: Array, b: Array, h: Array, together: bool) -> Array:
    wb, rb = np.split(b, 2)
    every = []
    for fed in x:
        (xz, xr, xh), (rz, rr, rh) = (
            np.split(fed @ w.T + wb, 3, axis=1),
            np.split(h @ r.T + rb, 3, axis=1),
        )
        z, reset = sigmoid(xz + rz), sigmoid(xr + rr)
        back = reset * rh if together else (reset * h) @ r[2 * UNITS :].T + rb[2 * UNITS :]
        h = (1 - z) * np.tanh(xh + back) + z * h
        every.append(h)
    return np.stack(every)


def rnn(x: Array, w: Array, r: Array, b: Array, h: Array) -> Array:
    every = []
    for fed in x:
        h = np.tanh(fed @ w.T + h @ r.T + b[:UNITS] + b[UNITS:])
        every.append(h)
    return np.stack(every)


def given(gates: int, directions: int, *, states: int = 1, peeping: bool = False) -> dict[str, Array]:
    """Inputs in the operator's order."""
    feeds = {
        "x": noise(1, STEPS, BATCH, FED),
        "w": noise(2, directions, gates * UNITS, FED),
        "r": noise(3, directions, gates * UNITS, UNITS),
        "b": noise(4, directions, 2 * gates * UNITS),
        "-lengths": noise(0),
        "h": noise(5, directions, BATCH, UNITS),
    }
    if states == 2:
        feeds["c"] = noise(6, directions, BATCH, UNITS)
        if peeping:
            feeds["p"] = noise(7, directions, 3 * UNITS)
    return feeds


def check(path: Path, feeds: dict[str, Array], formula: Callable[..., Array]) -> None:
    """By each input, x and all that the operator is given."""
    names = [name for name in feeds if not name.startswith("-")]
    held = {name: feeds[name] for name in names}
    run = forward(path)
    made = run(held)
    np.testing.assert_allclose(formula(**held), made, rtol=1e-4, atol=1e-5)
    seed = noise(9, *made.shape)
    found = ours(path, held, seed, names)
    for name in names:
        expected = by_central_differences(formula, held, name, seed)
        assert relative_error(found[name], expected) <= TOLERANCE, name


def in_directions(cell: Callable[..., Array], direction: str) -> Callable[..., Array]:
    """(T, D, N, H) as the operator gives it."""

    def run(x: Array, **given: Array) -> Array:
        orders = {"forward": [1], "reverse": [-1], "bidirectional": [1, -1]}[direction]
        ways = [
            cell(x[::order], **{name: array[place] for name, array in given.items()})[::order]
            for place, order in enumerate(orders)
        ]
        return np.stack(ways, axis=1)

    return run


DIRECTIONS = pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])


@DIRECTIONS
def test_lstm(tmp_path: Path, direction: str) -> None:
    feeds = given(4, 2 if direction == "bidirectional" else 1, states=2, peeping=True)
    path = one_node(tmp_path, "LSTM", feeds, 14, hidden_size=UNITS, direction=direction)
    check(path, feeds, in_directions(lstm, direction))


@DIRECTIONS
@pytest.mark.parametrize("together", [False, True])
def test_gru(tmp_path: Path, direction: str, together: bool) -> None:
    feeds = given(3, 2 if direction == "bidirectional" else 1)
    how = {"hidden_size": UNITS, "direction": direction, "linear_before_reset": int(together)}
    path = one_node(tmp_path, "GRU", feeds, 14, **how)
    check(path, feeds, in_directions(lambda x, **held: gru(x, **held, together=together), direction))


@DIRECTIONS
def test_rnn(tmp_path: Path, direction: str) -> None:
    feeds = given(1, 2 if direction == "bidirectional" else 1)
    path = one_node(tmp_path, "RNN", feeds, 7, hidden_size=UNITS, direction=direction)
    check(path, feeds, in_directions(rnn, direction))


def test_functions_with_numbers_and_a_coupled_gate(tmp_path: Path) -> None:
    feeds = given(4, 1, states=2, peeping=True)
    path = one_node(
        tmp_path, "LSTM", feeds, 14, hidden_size=UNITS, input_forget=1,
        activations=["HardSigmoid", "Affine", "Tanh"],
        activation_alpha=[0.3, 0.5], activation_beta=[0.4, 0.1],
    )  # fmt: skip
    check(
        path,
        feeds,
        in_directions(lambda x, **held: lstm(x, **held, f=hard_sigmoid, g=halved, coupled=True), "forward"),
    )


def test_without_biases_and_states_by_the_last_state(tmp_path: Path) -> None:
    """One step from nothing: h = tanh(x w), so that the gradient is (1 − h²) w."""
    feeds = {"x": np.full((1, 1, 1), 0.5, np.float32), "w": np.full((1, 1, 1), 2, np.float32)}
    feeds["r"] = np.ones((1, 1, 1), np.float32)
    path = one_node(tmp_path, "RNN", feeds, 14, constants=["w", "r"], outputs=2, hidden_size=1)
    runner = Runner(read_model(path))
    found = gradients(runner, {"x": feeds["x"]}, "z", np.ones((1, 1, 1)), ["x"], values=["z", "y"])
    assert found.gradients["x"].item() == pytest.approx(2 * (1 - np.tanh(1) ** 2), rel=1e-6)
    assert found.values["z"].item() == found.values["y"].item() == pytest.approx(np.tanh(1), rel=1e-6)


def test_many_steps(tmp_path: Path) -> None:
    """Their sizes are a list that does not fit where small constants do."""
    feeds = {"x": noise(1, 200, 1, 1), "w": np.full((1, 1, 1), 0.5, np.float32)}
    feeds["r"] = np.full((1, 1, 1), 0.9, np.float32)
    path = one_node(tmp_path, "RNN", feeds, 14, constants=["w", "r"], hidden_size=1)

    def formula(x: Array) -> Array:
        h, every = 0.0, []
        for fed in x.ravel():
            h = np.tanh(0.5 * fed + 0.9 * h)
            every.append(h)
        return np.reshape(every, (200, 1, 1, 1))

    seed = noise(2, 200, 1, 1, 1)
    expected = by_central_differences(formula, {"x": feeds["x"]}, "x", seed)
    assert relative_error(ours(path, feeds, seed, ["x"])["x"], expected) <= TOLERANCE


def test_what_is_not_taken_apart_is_named(tmp_path: Path) -> None:
    feeds = given(1, 1)
    path = one_node(tmp_path, "RNN", feeds, 14, hidden_size=UNITS, clip=0.5)
    with pytest.raises(GradientError, match="there is no rule for the operator RNN"):
        ours(path, {name: feeds[name] for name in feeds if name != "-lengths"}, noise(1, 3, 1, 2, 3), ["x"])
