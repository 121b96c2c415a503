"""Of a very large matrix a part is shown at once, and all of it a moment later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute import requests
from explorer3d.compute.preview import LARGE, has_preview, preview
from explorer3d.compute.show import ShowLayer
from explorer3d.compute.statistics import summarise
from explorer3d.document import Document, Ticket
from explorer3d.graph.model import Model
from explorer3d.progress import ignore

Make = Callable[..., Model]

ROWS, COLUMNS = 1100, 4000  # 4.4 million elements


@pytest.fixture
def weight() -> np.ndarray:
    """Rows grow, and every value deviates a little from its row."""
    noise = np.random.default_rng(0).normal(scale=0.01, size=(ROWS, COLUMNS))
    return (np.linspace(-1, 3, ROWS)[:, None] + noise).astype(np.float32)


@pytest.fixture
def model(make: Make, weight: np.ndarray) -> Model:
    return make([make_node("MatMul", ["x", "w"], ["y"], name="m")], {"x": ["N", ROWS]}, ["y"], w=weight)


def test_it_stands_for_the_whole(weight: np.ndarray) -> None:
    statistics, picture = preview(weight, "", 1 << 20)
    whole = summarise(weight)
    assert 1000 < statistics.count < weight.size / 4
    for name in ("minimum", "maximum", "mean", "std"):
        assert getattr(statistics, name) == pytest.approx(getattr(whole, name), abs=0.03)
    assert np.isnan(statistics.l2)
    assert preview(np.where(weight == weight[0, 0], np.nan, weight), "", 1 << 20)[0].first_not_finite is None
    assert picture.full == (ROWS, COLUMNS)
    height, width = picture.tile
    assert width / height == pytest.approx(COLUMNS / ROWS, rel=0.02)
    # Dark at the top, bright at the bottom.
    rows = picture.texels.mean(axis=1)
    assert np.all(np.diff(rows[:: height // 10]) > 0)


def test_a_long_matrix_keeps_some_of_its_short_side() -> None:
    long = np.arange(2 * LARGE, dtype=np.float32).reshape(2, LARGE)
    statistics, picture = preview(long, "", 1 << 20)
    assert (statistics.minimum, statistics.maximum > 1.9 * LARGE) == (0, True)
    assert picture.full == (2, LARGE)


@pytest.mark.parametrize(
    ("shape", "dtype", "wanted"),
    [
        ((2048, 2048), np.float32, True),
        ((2047, 2048), np.float32, False),
        ((1, 1 << 22), np.float32, False),  # drawn as bars
        ((512, 512, 4, 4), np.float32, False),
        ((2048, 2048), np.bool_, False),
    ],
)
def test_only_large_matrices_have_one(shape: tuple[int, ...], dtype: type, wanted: bool) -> None:
    assert has_preview(np.broadcast_to(np.zeros((), dtype), shape)) == wanted


def test_a_layer_answers_with_a_part_only_if_asked_to(model: Model, weight: np.ndarray) -> None:
    key, feeds = requests.register(model), {"x": np.ones((1, ROWS), np.float32)}
    first = ShowLayer(key, feeds, "m", at_once=True)()
    assert first.is_preview
    (part,) = (tensor for tensor in first.tensors if tensor.role == "weights")
    assert (part.shape, part.array.shape) == (weight.shape, weight.shape)
    assert part.statistics.count < weight.size
    whole = ShowLayer(key, feeds, "m")()
    assert not whole.is_preview
    # What has been read once is known from then on.
    assert not ShowLayer(key, feeds, "m", at_once=True)().is_preview
    requests.close(key)


def test_the_document_shows_a_part_and_then_the_whole(model: Model, weight: np.ndarray) -> None:
    document = Document()
    tickets: list[Ticket] = []
    counts: list[int] = []

    def keep(ticket: Ticket) -> None:
        tickets.append(ticket)

    def look(name: str) -> None:
        if name in document.shown:
            (shown,) = (tensor for tensor in document.shown[name].tensors if tensor.role == "weights")
            counts.append(shown.statistics.count)

    def work() -> None:
        while tickets:
            ticket = tickets.pop(0)
            document.accept(ticket, ticket.request(ignore))

    document.requested.connect(keep)
    document.layer_changed.connect(look)
    document.open(model.path)
    work()
    document.show("m")
    work()
    assert len(counts) == 2
    assert counts[0] < counts[1] == weight.size
    document.close_layer("m")
    document.show("m")
    work()
    assert counts[2:] == [weight.size]
    document.close()


@pytest.fixture
def widening(make: Make) -> Model:
    """``y = 3 x`` of 600,000 numbers."""
    three = np.array(3.0, np.float32)
    return make([make_node("Mul", ["x", "w"], ["y"], name="m")], {"x": [1, 6, 250, 400]}, ["y"], w=three)


def test_a_large_activation_is_drawn_before_all_of_it_is_counted(widening: Model) -> None:
    x = np.random.default_rng(1).normal(0.0, 1.0, (1, 6, 250, 400)).astype(np.float32)
    x[0, 2, 100, 100] = 50.0
    key = requests.register(widening)
    first = ShowLayer(key, {"x": x}, "m", at_once=True)().tensors[-1]
    whole = ShowLayer(key, {"x": x}, "m")().tensors[-1]
    assert (first.role, first.is_preview, whole.is_preview) == ("output", True, False)
    assert first.statistics.count < 40_000 < whole.statistics.count == x.size
    assert first.statistics.maximum == whole.statistics.maximum == 150.0
    assert first.statistics.limits == whole.statistics.limits
    # Not drawn twice.
    assert first.picture is whole.picture
    assert not ShowLayer(key, {"x": x}, "m", at_once=True)().is_preview
    requests.close(key)


def test_where_numbers_are_missing_all_are_counted_at_once(widening: Model) -> None:
    x = np.ones((1, 6, 250, 400), np.float32)
    x[0, 5, 249, 399] = np.nan
    key = requests.register(widening)
    shown = ShowLayer(key, {"x": x}, "m", at_once=True)()
    assert [(tensor.is_preview, tensor.statistics.nan) for tensor in shown.tensors[-1:]] == [(False, 1)]
    requests.close(key)


def test_what_was_not_kept_is_not_computed_again(widening: Model) -> None:
    key = requests.register(widening)
    requests.limit(key, 0)
    request = ShowLayer(key, {"x": np.ones((1, 6, 250, 400), np.float32)}, "m", at_once=True)
    first = request()
    whole = replace(request, at_once=False, known=first.computed)()
    for part, tensor in zip(first.tensors, whole.tensors, strict=True):
        assert tensor.array is part.array or tensor.role == "weights"
    assert whole.tensors[-1].picture is first.tensors[-1].picture
    assert not whole.is_preview
    requests.close(key)
