"""Sizes a person gives to what a model leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from explorer3d.errors import InputError
from explorer3d.graph.summary import tuple_text

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

Sizes = Mapping[str, tuple[int, ...]]
"""A whole shape, batch axis included, for some of a model's inputs."""


def sized(model: Model, sizes: Sizes | None) -> Model:
    """The same model with the sizes of its inputs fixed.

    Parameters
    ----------
    model : Model
    sizes : mapping of str to tuple of int, or None
        By input name. Where the model itself fixes a size, it must be that one.

    Raises
    ------
    InputError
        There is no such input, or it takes no such shape.
    """
    if not sizes:
        return model
    ports = {port.value: port for port in model.inputs}
    for name, shape in sizes.items():
        if name not in ports:
            known = ", ".join(repr(known) for known in ports) or "none"
            raise InputError(f"There is no input {name!r} to give a size to; the model's inputs are {known}.")
        _check(ports[name], shape)
    inputs = tuple(replace(port, shape=sizes.get(port.value, port.shape)) for port in model.inputs)
    return replace(model, inputs=inputs)


def _check(port: Port, shape: tuple[int, ...]) -> None:
    if any(size < 1 for size in shape):
        raise InputError(f"The sizes of input {port.value!r} must be 1 or more, not {tuple_text(shape)}.")
    if port.shape is None:
        return
    if len(shape) != len(port.shape) or any(
        fixed is not None and size != fixed for size, fixed in zip(shape, port.shape, strict=True)
    ):
        raise InputError(
            f"Input {port.value!r} takes {tuple_text(port.shape)}, so it cannot have the shape "
            f"{tuple_text(shape)}. Only sizes marked ? can be chosen."
        )
