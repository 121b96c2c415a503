"""All channels ranked in one pass, by hand; inputs that cannot be read, and passes that are ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx.helper import make_node
from PIL import Image

from explorer3d.attribution.of_many import attribute_many
from explorer3d.attribution.ranking import Ranking, rank_inputs
from explorer3d.attribution.top_inputs import only_seen, project_inputs
from explorer3d.compute.runner import Runner
from explorer3d.errors import InputError, RequestError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.inputs import InputSet
from tests.attribution.conftest import Small, X

PICTURES = [X, -3 * X, np.abs(X), np.zeros((2, 3), np.float32)]
# Behind the ReLU stand what is positive, and twice what is negative:
# 4 and 4 of X, 6 and 24 of -3 X, 4 and nothing of |X|, nothing at all of the last.


def _feeds(number: int) -> dict[str, np.ndarray]:
    return {"x": PICTURES[number][None, None]}


def test_every_channel_in_one_pass(small: Small) -> None:
    asked = []

    def feeds(number: int) -> dict[str, np.ndarray]:
        asked.append(number)
        return _feeds(number)

    found = rank_inputs(small.runner, 4, feeds, "relu", most=3)
    assert asked == [0, 1, 2, 3]
    # Of equal ones that which came first.
    assert found.numbers.T.tolist() == [[1, 0, 2], [1, 0, -1]]
    assert found.peaks.T.tolist() == [[6, 4, 4], [24, 4, 0]]
    assert found.places[:, 0].tolist() == [[0, 1], [1, 1], [1, 1]]
    assert found.places[:2, 1].tolist() == [[1, 1], [0, 1]]
    assert (found.channels, found.complete, found.best(1), found.strongest(5)) == (2, True, [1, 0], [1, 0])


def test_what_cannot_be_read_is_skipped_and_said(small: Small) -> None:
    def feeds(number: int) -> dict[str, np.ndarray]:
        if number in (0, 2):
            raise InputError(f"{number} is damaged.")
        return _feeds(number) if number != 4 else {"x": np.zeros((1, 1, 5, 5), np.float32)}

    found = rank_inputs(small.runner, 5, feeds, "relu")
    assert found.best(0) == [1]
    assert dict(found.skipped).keys() == {0, 2, 4}
    assert found.skipped[0] == "0 is damaged."
    assert found.complete
    with pytest.raises(RequestError, match="None of these inputs fits .* 0 is damaged"):
        rank_inputs(small.runner, 1, feeds, "relu")


def test_it_ends_where_it_is_told_to_and_goes_on_there(small: Small) -> None:
    seen: list[int] = []

    def two(ranking: Ranking) -> bool:
        seen.append(ranking.read)
        return ranking.read < 2

    begun = rank_inputs(small.runner, 4, _feeds, "relu", follow=two)
    assert seen == [1, 2]
    assert (begun.read, begun.complete, begun.best(0)) == (2, False, [1, 0])
    asked = []

    def feeds(number: int) -> dict[str, np.ndarray]:
        asked.append(number)
        return _feeds(number)

    whole = rank_inputs(small.runner, 4, feeds, "relu", begun=begun)
    assert asked == [2, 3]
    assert whole.numbers.tolist() == rank_inputs(small.runner, 4, _feeds, "relu").numbers.tolist()


def test_numbers_that_are_none_excite_nothing(small: Small) -> None:
    broken = np.full((1, 1, 2, 3), np.nan, np.float32)
    found = rank_inputs(small.runner, 2, lambda at: {"x": broken} if at == 0 else _feeds(0), "conv")
    assert found.best(0) == [1]


def test_the_part_of_the_picture_is_the_receptive_field(make: Callable[..., Model]) -> None:
    """Where a kernel of 2 × 3 holds a single 1, its projection is one pixel; its window all it looks at."""
    kernel = np.zeros((1, 1, 2, 3), np.float32)
    kernel[0, 0, 0, 0] = 1
    node = make_node("Conv", ["x", "k"], ["y"], name="c", pads=[0, 0, 1, 0])
    runner = Runner(make([node], {"x": [1, 1, 4, 6]}, ["y"], k=kernel))
    inside, at_the_end = np.zeros((2, 1, 1, 4, 6), np.float32)
    inside[0, 0, 1, 2] = 5
    at_the_end[0, 0, 3, 1] = 4
    pictures = [inside, at_the_end]
    ranking = rank_inputs(runner, 2, lambda at: {"x": pictures[at]}, "c")
    first, second = project_inputs(runner, lambda at: {"x": pictures[at]}, ranking, 0)
    assert first.window[2:] == (slice(1, 3), slice(2, 5))
    # The row below the picture is padding.
    assert second.window[2:] == (slice(3, 4), slice(1, 4))
    assert np.argwhere(first.projection).tolist() == [[0, 0, 1, 2]]
    bare = only_seen(runner, {"x": inside}, ranking, 0, 0)
    assert (bare.window, bare.peak, bare.place) == (first.window, 5, (1, 2))
    assert not bare.projection.any()


def test_an_explanation_of_several_features(small: Small, tmp_path: Path) -> None:
    for number, picture in enumerate(PICTURES):
        np.save(tmp_path / f"{number}.npy", picture[None, None])
    inputs = InputSet(sorted(tmp_path.glob("*.npy")), "numbers")
    found = attribute_many(
        small.runner, inputs, "top_inputs", layer="relu", settings={"features": 2, "most": 2}
    )
    assert (
        found.title
        == "Top inputs: channels 1,0 of relu · 4 inputs of numbers · features 2, most 2 · strongest 24"
    )
    assert (found.array.shape, found.axes) == ((2, 2, 1, 2, 3), "FKCHW")
    assert found.further["numbers"].tolist() == [[1, 0], [1, 0]]
    assert found.further["activations"].tolist() == [[24, 4], [6, 4]]
    assert found.further["windows"][0, 0].tolist() == [[0, 1], [1, 2], [1, 2]]
    assert found.array[0, 0].tolist() == [[[0, 0, 0], [0, -48, 0]]]
    assert found.further["files"][:2].tolist() == ["0.npy", "1.npy"]
    with pytest.raises(RequestError, match="has 2 channels, from 0; there is no 7"):
        attribute_many(small.runner, inputs, "top_inputs", layer="relu", settings={"channel": 7})
    with pytest.raises(RequestError, match="a number or several"):
        attribute_many(small.runner, inputs, "top_inputs", layer="relu", settings={"channel": "all"})
    last = InputSet([tmp_path / "3.npy"], "zeros")
    with pytest.raises(RequestError, match="Channel 1 of 'relu' is active with none"):
        attribute_many(small.runner, last, "top_inputs", layer="relu", settings={"channel": 1})


def test_its_own_layer_is_the_last_with_maps(samples: Path) -> None:
    runner = Runner(read_model(samples / "lenet_fashion.h5"))
    inputs = InputSet(sorted((samples / "pictures").glob("fashion_*.png")), "pictures")
    found = attribute_many(runner, inputs, "top_inputs", settings={"most": 1})
    assert found.layer == "conv2"
    # Two kernels of 5 × 5 with pooling by 2 between them see 14 × 14 pixels.
    rows, columns = found.further["windows"][0, 0, :2].tolist()
    assert rows[1] - rows[0] <= 14 and columns[1] - columns[0] <= 14


def test_a_saturated_feature_is_projected(make: Callable[..., Model]) -> None:
    """What ReLU6 holds back at six is what the feature likes most."""
    kernel = np.full((1, 1, 1, 1), 2, np.float32)
    nodes = [
        make_node("Conv", ["x", "k"], ["c"], name="c"),
        make_node("Clip", ["c", "low", "high"], ["y"], name="r"),
    ]
    model = make(nodes, {"x": [1, 1, 2, 3]}, ["y"], k=kernel, low=np.float32(0), high=np.float32(6))
    ranking = rank_inputs(Runner(model), 1, lambda _: {"x": X[None, None]}, "r")
    (found,) = project_inputs(Runner(model), lambda _: {"x": X[None, None]}, ranking, 0)
    # X has 3 at [0, 2], the first place where twice of it reaches six.
    assert (found.peak, found.place) == (6, (0, 2))
    assert found.projection[0, 0].tolist() == [[0, 0, 12], [0, 0, 0]]


def test_pictures_of_other_shapes_fit(samples: Path, tmp_path: Path) -> None:
    runner = Runner(read_model(samples / "lenet_fashion.h5"))
    Image.new("RGB", (7, 300), (255, 0, 0)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    inputs = InputSet(sorted(tmp_path.iterdir()), "odd")
    found = attribute_many(runner, inputs, "top_inputs", layer="conv1")
    assert found.note.startswith("1 input skipped: b.png cannot be read")
    assert "· 1 input skipped ·" in found.title
