"""How a network wants its pictures, when nobody says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import InputError
from explorer3d.inputs.described import fields
from explorer3d.inputs.ports import image_input
from explorer3d.inputs.preprocess import Preprocessing

if TYPE_CHECKING:
    from explorer3d.graph.model import Layer, Model, Port

_LARGEST_SIDECAR = 65_536
_LARGEST_CONSTANT = 4096

# Layers that move pixels about without changing their values.
_PASSING = frozenset(
    {"Cast", "Dropout", "Identity", "Permute", "Pad", "Reshape", "Transpose", "Unsqueeze", "ZeroPadding2D"}
)

_Range = Literal["bytes", "unit"]


def adjusted(model: Model, changes: Mapping[str, Any]) -> Preprocessing | None:
    """What `guess` finds, with some of its fields given by a person.

    Parameters
    ----------
    model : Model
    changes : mapping of str to value
        Fields of `Preprocessing`.

    Returns
    -------
    Preprocessing or None
        None without any change.

    Raises
    ------
    InputError
        The fields contradict one another, or the file beside the model is damaged.
    """
    return replace(guess(model)[0], **changes) if changes else None


def guess(model: Model) -> tuple[Preprocessing, str]:
    """Find the preprocessing of a model's picture input.

    A file ``<model>.input.json`` beside the model says it; else a network that begins by scaling
    its input gets pixels of the range it scales from; else pixels are divided by 255.

    Parameters
    ----------
    model : Model

    Returns
    -------
    preprocessing : Preprocessing
    reason : str
        Where it comes from, as a sentence.

    Raises
    ------
    InputError
        The file beside the model is damaged.
    """
    sidecar = model.path.parent / f"{model.path.stem}.input.json"
    if sidecar.is_file():
        return _read_sidecar(sidecar)
    port = image_input(model)
    layer = _first_layer(model, port) if port else None
    if layer is not None:
        pixels = _pixel_range(layer)
        if pixels == "bytes":
            return (
                Preprocessing(scale=1.0),
                f"Pixels stay 0..255, since the model begins with {layer.op} {layer.name!r}, "
                "which scales them itself.",
            )
        if pixels == "unit":
            return (
                Preprocessing(),
                f"Pixels are scaled to 0..1, as {layer.op} {layer.name!r} at the model's beginning "
                "expects them.",
            )
    return Preprocessing(), "Pixels are scaled to 0..1, as most models take them; this one does not say."


def _first_layer(model: Model, port: Port) -> Layer | None:
    value = port.value
    while True:
        users = [layer for layer in model.layers if any(entry.value == value for entry in layer.inputs)]
        if len(users) != 1:
            return None
        layer = users[0]
        if layer.op not in _PASSING or len(layer.outputs) != 1:
            return layer
        value = layer.outputs[0].value


def _pixel_range(layer: Layer) -> _Range | None:
    """Which pixels a scaling layer scales from: 0..255, 0..1; None if it is no such layer."""
    attributes = layer.attributes
    if layer.op == "Rescaling":
        # 1/255 and 1/127.5 bring bytes down; a factor near 1 or 2 only moves 0..1 about.
        return _from_factor(_array(attributes.get("scale")))
    if layer.op == "Normalization":
        small = [weight for weight in layer.weights if weight.size <= _LARGEST_CONSTANT]
        variance = {weight.name: weight.numpy() for weight in small}.get(
            "variance", _array(attributes.get("variance"))
        )
        if variance is None or not variance.size:
            return None
        # The spread of bytes is some 60, of 0..1 some 0.25.
        return "bytes" if float(np.max(variance)) > 1.5**2 else "unit"
    if layer.op in ("Sub", "Add", "Mul", "Div") and len(layer.weights) == 1:
        weight = layer.weights[0]
        if weight.size == 0 or weight.size > _LARGEST_CONSTANT:
            return None
        constant = weight.numpy()
        if layer.op == "Mul":
            return _from_factor(constant)
        return "bytes" if float(np.max(np.abs(constant))) > 1.5 else "unit"
    return None


def _from_factor(factor: NDArray[Any] | None) -> _Range | None:
    if factor is None or not factor.size:
        return None
    return "bytes" if float(np.max(np.abs(factor))) < 0.1 else "unit"


def _array(value: Any) -> NDArray[Any] | None:
    """A layer attribute as numbers; None if it is none."""
    try:
        return None if value is None else np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _read_sidecar(path: Path) -> tuple[Preprocessing, str]:
    def fault(what: str) -> InputError:
        return InputError(f"{path.name} beside the model {what}. Correct it or take it away.")

    if path.stat().st_size > _LARGEST_SIDECAR:
        raise fault("is too large")
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise fault("is not JSON") from error
    reason = f"From {path.name} beside the model."
    if isinstance(content, dict):
        reason = content.pop("reason", reason)
        if not isinstance(reason, str):
            raise fault("has a wrong value for 'reason'")
    try:
        known = fields(content)
    except ValueError as error:
        raise fault(str(error)) from error
    try:
        return Preprocessing(**known), reason
    except InputError as error:
        raise InputError(f"{path.name} beside the model is wrong: {error}") from error
