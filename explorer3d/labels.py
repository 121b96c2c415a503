"""Names of the classes a network tells apart, and its best guesses."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import ModelError
from explorer3d.resources import resource

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Shape

_LARGEST_FILE = 4 * 2**20
_LARGEST_METADATA = 2**20

# Under what exporters store class names: Ultralytics, Hugging Face, fastai and others.
_KEYS = ("names", "classes", "labels", "class_names", "id2label", "vocab")

_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Guess:
    """One class of a ranking.

    Attributes
    ----------
    index : int
    name : str
    probability : float
        The score, or its softmax.
    score : float
        What the network itself gives.
    """

    index: int
    name: str
    probability: float
    score: float


@dataclass(frozen=True)
class Ranking:
    """The best classes, best first.

    Attributes
    ----------
    guesses : tuple of Guess
        Empty if the scores hold NaN or +infinity.
    softmaxed : bool
        The scores were no distribution, so softmax was applied for display.
    """

    guesses: tuple[Guess, ...]
    softmaxed: bool


def class_names(model: Model) -> tuple[str, ...] | None:
    """Find the names of a classifier's classes.

    In this order: ``<model>.labels.txt`` beside the model, one name a line; the file's own metadata;
    the bundled lists, ImageNet for 1000 (or, with a background class first, 1001) classes of colour
    pictures, Fashion-MNIST for 10 classes of 28×28 grey ones.

    Returns
    -------
    tuple of str or None
        By class index. A file beside the model is taken as it is; other lists must be as long as the
        output.

    Raises
    ------
    ModelError
        The file beside the model cannot be read as text.
    """
    beside = model.path.parent / f"{model.path.stem}.labels.txt"
    if beside.is_file():
        return _lines(beside)
    count = class_count(model)
    for key in _KEYS:
        names = _parsed(model.metadata.get(key, ""))
        if names and count in (None, len(names)):
            return names
    if count in (1000, 1001) and any(_takes_pictures(port.shape, 3) for port in model.inputs):
        names = _lines(resource("assets", "labels", "imagenet.txt"))
        return names if count == 1000 else ("background", *names)
    if count == 10 and any(
        _takes_pictures(port.shape, 1) and port.shape is not None and port.shape.count(28) == 2
        for port in model.inputs
    ):
        return _lines(resource("assets", "labels", "fashion_mnist.txt"))
    return None


def top_k(scores: NDArray[Any], names: Sequence[str] | None = None, k: int = 5) -> Ranking:
    """Rank the classes of one prediction.

    Parameters
    ----------
    scores : (N,) array
        Probabilities or logits. What is negative or does not sum to 1 (to 1e-3) is no distribution,
        so softmax is applied, in float64. A single score is no distribution either way: it stays.
    names : sequence of str, optional
        By class index; a class without a name is called ``class 7``.
    k : int
        How many; at most N are returned. Of equal scores the lower index comes first.

    Returns
    -------
    Ranking
    """
    given = values = np.asarray(scores, dtype=np.float64).reshape(-1)
    if not values.size or np.isnan(values).any() or np.max(values) in (math.inf, -math.inf):
        return Ranking((), False)
    softmaxed = values.size > 1 and bool(
        np.min(values) < 0 or abs(float(np.sum(values)) - 1) > _SUM_TOLERANCE
    )
    if softmaxed:
        powers = np.exp(values - np.max(values))
        values = powers / np.sum(powers)
    best = np.argsort(-values, kind="stable")[:k]
    known = names or ()
    return Ranking(
        tuple(
            Guess(
                index,
                known[index] if index < len(known) else f"class {index}",
                float(values[index]),
                float(given[index]),
            )
            for index in best.tolist()
        ),
        softmaxed,
    )


def _lines(path: Path) -> tuple[str, ...]:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ModelError(f"{path.name} beside the model is too large for a list of names. Take it away.")
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError(
            f"{path.name} beside the model is not UTF-8 text, so the classes have no names. Save it as such."
        ) from error
    except OSError as error:
        raise ModelError(
            f"{path.name} beside the model cannot be read: {error.strerror or error}. "
            "So the classes have no names."
        ) from error
    return tuple(line.strip() for line in text.rstrip().splitlines())


def class_count(model: Model) -> int | None:
    """Length of the first output that is one vector for each element of the batch."""
    for port in model.outputs:
        if port.shape is not None and len(port.shape) >= 2:
            sizes = [size for size in port.shape[1:] if size != 1]
            if len(sizes) == 1:
                return sizes[0]
    return None


def _takes_pictures(shape: Shape | None, channels: int) -> bool:
    return shape is not None and len(shape) == 4 and channels in (shape[1], shape[3])


def _parsed(text: str) -> tuple[str, ...] | None:
    """Names from JSON, from Python's notation for a dict (as Ultralytics writes), or between commas."""
    if not text or len(text) > _LARGEST_METADATA:
        return None
    content: Any
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        try:
            content = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            content = [name.strip() for name in text.split(",")]
    if isinstance(content, dict):
        try:
            content = [content[key] for key in sorted(content, key=int)]
        except (ValueError, TypeError):
            return None
    if not isinstance(content, list | tuple) or not all(isinstance(name, str) for name in content):
        return None
    return tuple(content)
