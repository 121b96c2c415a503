"""Class names and rankings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from explorer3d.errors import ModelError
from explorer3d.graph.model import Model, Port, Shape
from explorer3d.labels import Guess, class_names, top_k


def classifier(
    inputs: Shape | None,
    outputs: Shape | None,
    path: Path = Path("net.onnx"),
    metadata: Mapping[str, str] | None = None,
) -> Model:
    return Model(
        path=path,
        format="onnx",
        producer="",
        ir=ir.Model(ir.Graph([], [], nodes=[]), ir_version=10),
        inputs=(Port("x", None, inputs, "float32"),),
        outputs=(Port("y", "last", outputs, "float32"),),
        layers=(),
        metadata=metadata or {},
    )


PHOTO = (None, 3, 224, 224)


def test_bundled_lists() -> None:
    photo = class_names(classifier(PHOTO, (None, 1000)))
    assert photo is not None and len(photo) == 1000
    assert (photo[0], photo[281], photo[999]) == ("tench", "tabby cat", "toilet paper")
    assert class_names(classifier((None, 224, 224, 3), (1, 1000, 1, 1))) == photo
    assert class_names(classifier(PHOTO, (None, 1001))) == ("background", *photo)
    clothes = class_names(classifier((None, 28, 28, 1), (None, 10)))
    assert clothes is not None
    assert clothes[:2] == ("T-shirt/top", "Trouser") and clothes[9] == "Ankle boot" and len(clothes) == 10
    assert class_names(classifier((None, 1, 28, 28), (None, 10))) == clothes


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (PHOTO, (None, 999)),
        ((None, 64), (None, 1000)),
        ((None, 1, 224, 224), (None, 1000)),
        (PHOTO, (None, 10)),
        ((None, 32, 32, 1), (None, 10)),
        (PHOTO, (None, 1000, 7, 7)),
        (PHOTO, None),
        (None, (None, 1000)),
    ],
)
def test_no_names(inputs: Shape | None, outputs: Shape | None) -> None:
    assert class_names(classifier(inputs, outputs)) is None


def test_file_beside_the_model_wins(tmp_path: Path) -> None:
    model = classifier((None, 28, 28, 1), (None, 10), tmp_path / "net.v2.h5", {"names": "a,b"})
    (tmp_path / "net.v2.labels.txt").write_bytes("\ufeffKäse\r\n  hot dog \r\n\r\n".encode())
    assert class_names(model) == ("Käse", "hot dog")
    (tmp_path / "net.v2.labels.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match=r"net\.v2\.labels\.txt"):
        class_names(model)
    (tmp_path / "net.v2.labels.txt").write_bytes(b"a" * (4 * 2**20 + 1))
    with pytest.raises(ModelError, match="too large"):
        class_names(model)


def test_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = classifier(None, (None, 10), tmp_path / "net.h5")
    (tmp_path / "net.labels.txt").write_text("cat")

    def read_text(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", read_text)
    with pytest.raises(ModelError, match=r"net\.labels\.txt .* cannot be read: Permission denied\."):
        class_names(model)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("names", "{0: 'cat', 1: 'dog', 2: 'owl'}"),
        ("names", '{"2": "owl", "0": "cat", "1": "dog"}'),
        ("classes", '["cat", "dog", "owl"]'),
        ("labels", "cat, dog, owl"),
        ("class_names", "('cat', 'dog', 'owl')"),
        ("id2label", '{"0": "cat", "1": "dog", "2": "owl"}'),
    ],
)
@pytest.mark.parametrize("outputs", [(None, 3), None])
def test_metadata(key: str, text: str, outputs: Shape | None) -> None:
    assert class_names(classifier(PHOTO, outputs, metadata={key: text})) == ("cat", "dog", "owl")


@pytest.mark.parametrize(
    "text",
    [
        "cat,dog",
        "[1, 2, 3]",
        '{"cat": 0, "dog": 1, "owl": 2}',
        "[" * 5000,
        "3",
        "__import__('os').abort()",
        "a,b,c" + " " * 2**20,
    ],
)
def test_metadata_that_does_not_fit(text: str) -> None:
    assert class_names(classifier(PHOTO, (None, 3), metadata={"names": text})) is None


def test_probabilities_stay() -> None:
    ranking = top_k(np.array([[0.1, 0.6, 0.3]], np.float32), ("a", "b", "c"), k=2)
    assert not ranking.softmaxed
    assert [(guess.index, guess.name) for guess in ranking.guesses] == [(1, "b"), (2, "c")]
    assert [guess.probability for guess in ranking.guesses] == pytest.approx([0.6, 0.3])


def test_logits_become_probabilities() -> None:
    ranking = top_k(np.array([0.0, math.log(3)]))
    assert ranking.softmaxed
    assert [guess.probability for guess in ranking.guesses] == pytest.approx([0.75, 0.25], rel=1e-14)
    assert [guess.name for guess in ranking.guesses] == ["class 1", "class 0"]
    # Sums to one, but is no distribution.
    assert top_k(np.array([-1.0, 2.0])).softmaxed
    # Large scores do not overflow, masked ones get nothing.
    huge = top_k(np.array([10_000.0, 10_000.0, -np.inf], np.float32))
    assert [guess.probability for guess in huge.guesses] == [0.5, 0.5, 0.0]


@pytest.mark.parametrize(("total", "softmaxed"), [(1.0009, False), (0.9991, False), (1.0011, True)])
def test_tolerance(total: float, softmaxed: bool) -> None:
    assert top_k(np.array([0.5, total - 0.5])).softmaxed is softmaxed


def test_one_score_stays() -> None:
    assert top_k(np.array([0.7])).guesses == (Guess(0, "class 0", 0.7, 0.7),)


def test_equal_scores_come_in_order() -> None:
    assert [guess.index for guess in top_k(np.full(20, 0.05)).guesses] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("scores", [[], [np.nan, 1.0], [np.inf, 1.0], [-np.inf, -np.inf]])
def test_no_ranking(scores: list[float]) -> None:
    assert top_k(np.array(scores)).guesses == ()
