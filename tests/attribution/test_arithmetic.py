"""The methods' arithmetic, with numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.attribution import (
    METHODS,
    consistency,
    grad_cam,
    grad_cam_pp,
    guided_grad_cam,
    integrated_gradients,
    layer_cam,
    occlusion,
    ranked_activations,
    saliency,
    score_cam,
    smoothgrad,
)
from explorer3d.attribution.ascent import Ascent, activation_maximisation
from explorer3d.attribution.deconvnet import strongest_alone
from explorer3d.attribution.invariance import Invariance, moved
from explorer3d.attribution.maps import enlarged, maps_first
from explorer3d.attribution.score_cam import mask
from explorer3d.compute.distance import distance

A = np.array([[[1, 2], [3, 4]], [[4, 0], [0, 2]]], np.float32)
G = np.array([[[1, 0], [0, 1]], [[-1, -1], [-1, 1]]], np.float32)


def test_grad_cam() -> None:
    # Mean gradients 1/2 and −1/2.
    assert grad_cam(A, G).tolist() == [[0, 1], [1.5, 1]]
    assert grad_cam(A, -G).tolist() == [[1.5, 0], [0, 0]]


def test_grad_cam_pp() -> None:
    # Sums of maps 10 and 6. First: g = 1 twice, α = 1/(2 + 10) each, weight 2/12.
    # Second: only its last g is positive, α = 1/(2 + 6), weight 1/8.
    expected = A[0] / 6 + A[1] / 8
    assert grad_cam_pp(A, G) == pytest.approx(expected)


def test_layer_cam() -> None:
    assert layer_cam(A, G).tolist() == [[1, 0], [0, 6]]
    assert layer_cam(-A, G).tolist() == [[0, 0], [0, 0]]


def test_score_cam_weighs_by_the_softmax_of_the_scores() -> None:
    assert mask(A[0]) == pytest.approx(np.array([[0, 1], [2, 3]]) / 3)
    assert mask(np.full((2, 2), 5.0)).tolist() == [[0, 0], [0, 0]]
    # Scores of the masks: their sums, 2 and 1.5, times log 2 · 2: weights 2/3 and 1/3.
    found = score_cam(A, lambda one: float(one.sum()) * 2 * np.log(2))
    assert found == pytest.approx(A[0] * (2 / 3) + A[1] * (1 / 3))


def test_saliency_and_ranking() -> None:
    assert saliency(G).tolist() == np.abs(G).tolist()
    assert saliency(G, absolute=False) is G
    assert ranked_activations(A, G).tolist() == [5, -2]


def test_smoothgrad_is_the_gradient_of_a_plane() -> None:
    fed = np.array([[1.0, 3.0]], np.float32)
    assert smoothgrad(lambda x: np.full_like(x, 2), fed, 4, 0.5, 0).tolist() == [[2, 2]]
    # Of x², the mean of 2x: noise of variance (0.1 · 2)² cancels out in the mean.
    many = smoothgrad(lambda x: 2 * x, fed, 4000, 0.1, 0)
    assert many == pytest.approx(np.array([[2, 6]]), abs=0.03)
    drawn: list[np.ndarray] = []
    smoothgrad(lambda x: drawn.append(x) or x, fed, 500, 0.1, 0)  # type: ignore[func-returns-value]
    assert np.std(np.concatenate(drawn) - fed) == pytest.approx(0.2, rel=0.1)
    assert (smoothgrad(lambda x: x, fed, 2, 0.1, 1) == smoothgrad(lambda x: x, fed, 2, 0.1, 1)).all()
    assert (smoothgrad(lambda x: x, fed, 2, 0.1, 1) != smoothgrad(lambda x: x, fed, 2, 0.1, 2)).all()


def test_integrated_gradients_add_up() -> None:
    fed, baseline = np.array([1.0, 2.0, -1.0]), np.array([0.0, 1.0, 0.0])
    # f = Σ x³: each number adds its own cube, less that of the baseline.
    found = integrated_gradients(
        lambda x: (3 * x**2, float((x**3).sum())), fed, baseline, steps=2, tolerance=1e-3
    )
    assert found.attribution == pytest.approx(np.array([1, 7, -1]), abs=6e-3)
    assert found.error == pytest.approx((1 / 64 + 1 / 16) / 16 / 7)
    # Steps of the length h are off by h³/2: in halves of m and n steps together by 1/16 (1/m² + 1/n²). That
    # is less than 1/1000 of 7 with 8 and 4.
    assert found.steps == 12


def test_integrated_gradients_look_where_the_score_bends() -> None:
    calls: list[float] = []

    def slope_at(x: np.ndarray) -> tuple[np.ndarray, float]:
        calls.append(float(x[0]))
        return np.where(x > 0.8, 10.0, 0.0), max(float(x[0]) - 0.8, 0) * 10

    found = integrated_gradients(slope_at, np.ones(1), np.zeros(1), steps=4, tolerance=0.05)
    # The mean of [¾, 1] is (0 + 10)/2; with its middle 7½, with quarters 8¾, with eighths 8⅛, of which the
    # first two are 0. A quarter of that is 2 1/32, and the score says 2.
    assert sorted(calls) == [0, 0.25, 0.5, *(0.75 + place / 32 for place in range(9))]
    assert found.steps == 3 + 8
    assert found.attribution == pytest.approx(2 + 1 / 32)
    assert found.error == pytest.approx(1 / 64)


def test_integrated_gradients_walk_every_step_asked_for() -> None:
    walked = []

    def slope_at(fed: np.ndarray) -> tuple[np.ndarray, float]:
        walked.append(float(fed[0]))
        return 3 * fed**2, float(fed[0] ** 3)

    found = integrated_gradients(slope_at, np.ones(1), np.zeros(1), steps=200)
    assert walked == pytest.approx(np.arange(201) / 200)
    assert found.steps == 200
    # Of n steps, the trapezoidal rule is off by 1 / 2n².
    assert found.attribution == pytest.approx([1 + 1 / 80_000], rel=1e-9)


def test_integrated_gradients_stop_at_the_most() -> None:
    calls: list[float] = []

    def slope_at(x: np.ndarray) -> tuple[np.ndarray, float]:
        calls.append(float(x[0]))
        return np.where(x > 0.5, 1.0, 0.0), 99 * float(x[0])

    found = integrated_gradients(slope_at, np.ones(1), np.zeros(1), steps=2, most=8)
    assert found.steps == 8
    assert sorted(calls) == [place / 8 for place in range(9)]
    assert found.error == pytest.approx(1 - 0.4375 / 99)


def test_guided_grad_cam_lays_the_map_over_every_channel() -> None:
    guided = np.arange(16, dtype=np.float32).reshape(1, 2, 4, 2)
    heat = np.array([[1.0], [3.0]], np.float32)
    # Enlarged along the height, between the centres of 2 to those of 4: 1, 1.5, 2.5, 3.
    rows = np.array([1, 1.5, 2.5, 3]).reshape(1, 1, 4, 1)
    assert guided_grad_cam(guided, heat, "NCHW") == pytest.approx(guided * rows)
    other = guided.transpose(0, 3, 2, 1)
    assert guided_grad_cam(other, heat, "NWHC") == pytest.approx(other * rows.transpose(0, 3, 2, 1))


def test_enlarged_and_brought_into_order() -> None:
    assert enlarged(np.array([[0.0, 4.0]]), 1, 4).tolist() == [[0, 1, 3, 4]]
    array = np.arange(24).reshape(1, 2, 3, 4)
    assert maps_first(array, "NHWC").tolist() == array[0].transpose(2, 0, 1).tolist()
    assert maps_first(array, "NCHW").tolist() == array[0].tolist()


def test_occlusion_by_hand() -> None:
    picture = np.array([[[1, 2, 3], [4, 5, 6]]], np.float32)
    # The score is the sum; patches of 2 at every second pixel, the last cut off by the border.
    found = occlusion(lambda batch: batch.sum(axis=(1, 2, 3)), picture, 2, 2, 0.5)
    assert found.tolist() == [[12 - 2, 9 - 1]]
    assert (
        occlusion(lambda batch: batch.sum(axis=(1, 2, 3)), picture, 1, 1, 0).tolist() == picture[0].tolist()
    )


def test_deconvnet_keeps_the_strongest() -> None:
    kept = strongest_alone(A, 0, 2)
    assert kept.tolist() == [[[0, 0], [3, 4]], [[0, 0], [0, 0]]]
    assert strongest_alone(-A, 0, 3).tolist() == np.zeros((2, 2, 2)).tolist()


def test_consistency_counts_signs_that_differ() -> None:
    changes = [np.array([1.0, -2, 0, 3]), np.array([5.0, 1, 0, -1]), np.array([2.0, -1, 4, 1])]
    # Pairs differ at 2, 1 and 3 of 4 places.
    mean, spread = consistency(changes)
    assert mean == pytest.approx(0.5)
    assert spread == pytest.approx(np.std([0.5, 0.25, 0.75]))


def test_moved() -> None:
    picture = np.array([[[1, 2, 3, 4], [5, 6, 7, 8], [0, 0, 0, 0], [9, 9, 9, 9]]], np.float32)
    assert moved(picture, shift=(0.25, 0), border=-1)[0, 0].tolist() == [-1, 1, 2, 3]
    assert moved(picture, shift=(0, -0.5), border=-1)[0].tolist() == [[0] * 4, [9] * 4, [-1] * 4, [-1] * 4]
    assert moved(picture, rotate=90)[0].tolist() == np.rot90(picture[0]).tolist()
    assert moved(picture, rotate=180)[0].tolist() == np.rot90(picture[0], 2).tolist()
    assert moved(picture)[0].tolist() == picture[0].tolist()
    assert distance(np.array([3.0, 4.0]), np.array([3.0, 1.0])) == pytest.approx(0.6)


def test_ascent_climbs_to_what_the_score_likes() -> None:
    wanted = np.array([[[[0.2, 0.8], [0.6, 0.4]]]])
    plain = Ascent(steps=200, rate=0.005, scales=1, spectrum=0, jitter=0, smoothing=0, decay=0)
    found = activation_maximisation(
        lambda x, _: wanted - x, np.full((1, 1, 2, 2), 0.5), "NCHW", (0, 1), plain, 0
    )
    assert found == pytest.approx(wanted, abs=0.01)
    # Nothing beyond the limits; and no step where there is no slope.
    assert activation_maximisation(
        lambda x, _: np.ones_like(x), wanted, "NCHW", (0, 0.7), plain, 0
    ).tolist() == [[[[0.7, 0.7], [0.7, 0.7]]]]
    flat = activation_maximisation(lambda x, _: np.zeros_like(x), wanted, "NCHW", (0, 1), plain, 0)
    assert (flat == wanted).all()


def test_what_holds_the_ascent_back() -> None:
    start = np.array([[[[0.0, 1.0, 0.0, 0.0]]]])

    def once(**settings: float) -> list[float]:
        whole = {"spectrum": 0, "jitter": 0, "smoothing": 0, "decay": 0, "rate": 0, "steps": 1, **settings}
        made = Ascent(**whole)  # type: ignore[arg-type]
        still = activation_maximisation(lambda x, _: np.zeros_like(x), start, "NCHW", (-1, 1), made, 0)
        return [round(float(number), 4) for number in still.reshape(-1)]

    assert once(smoothing=0.1) == [0.1, 0.8, 0.1, 0.0]
    assert once(decay=0.25) == [0, 0.75, 0, 0]
    sides = np.exp(-0.5 * np.arange(-1, 2) ** 2 / 0.25**2)
    low, middle, _ = (sides / sides.sum()).round(4)
    assert once(blur=0.25, blur_every=1) == [low, middle, low, 0]
    assert once(blur=0.25, blur_every=2) == [0, 1, 0, 0]


def test_an_ascent_carried_on_is_the_same() -> None:
    def gradient_at(x: np.ndarray, _: int) -> np.ndarray:
        return np.cos(x * 9) + x.mean()

    start = np.random.default_rng(3).random((1, 2, 8, 8))
    whole = activation_maximisation(
        gradient_at, start, "NCHW", (0, 1), Ascent(steps=10, scales=1, jitter=0.3), 5
    )
    half = activation_maximisation(
        gradient_at, start, "NCHW", (0, 1), Ascent(steps=4, scales=1, jitter=0.3), 5
    )
    rest = Ascent(steps=6, jitter=0.3, done=4)
    assert (activation_maximisation(gradient_at, half, "NCHW", (0, 1), rest, 5) == whole).all()


def test_every_method_is_named_as_its_key() -> None:
    assert all(method.name == name for name, method in METHODS.items())
    assert len({method.title for method in METHODS.values()}) == len(METHODS)


def test_jitter_shifts_otherwise_in_each_step_and_back_again() -> None:
    start = np.zeros((1, 1, 16, 16))
    start[0, 0, 8, 8] = 0.5
    seen = []

    def gradient_at(picture: np.ndarray, _: int) -> np.ndarray:
        seen.append(tuple(np.argwhere(picture[0, 0])[0].tolist()))
        return picture

    settings = Ascent(steps=6, rate=0.001, scales=1, spectrum=0, jitter=0.25, smoothing=0, decay=0)
    made = activation_maximisation(gradient_at, start, "NCHW", (0, 1), settings, 0)
    assert len(set(seen)) > 3
    assert all(4 <= at <= 12 for place in seen for at in place)
    # What moves the shifted picture moves the same pixel of the picture itself.
    assert np.argwhere(made).tolist() == [[0, 0, 8, 8]]
    assert made[0, 0, 8, 8] > 0.5


def test_amounts_of_a_sweep() -> None:
    assert Invariance("scale", steps=3).amounts == pytest.approx([0.5, 1, 2])
    assert Invariance("rotation", -10, 20, 4).amounts == pytest.approx([-10, 0, 10, 20])
