"""What a model can be fed, and why it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from explorer3d.errors import InputError
from explorer3d.graph.model import FOREIGN_TYPES, Model, Port


class ModelInputs:
    """The inputs of a model, by name.

    Parameters
    ----------
    model : Model

    Attributes
    ----------
    ports : dict of str to Port
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        # What goes into a body comes from a run: no size it has can be wrong, whatever the next run makes.
        self.ports = {
            port.value: replace(port, shape=None) if model.within else port for port in model.inputs
        }

    def check(self, feeds: Mapping[str, np.ndarray]) -> None:
        """Refuse arrays that the model does not take.

        Parameters
        ----------
        feeds : mapping of str to array

        Raises
        ------
        InputError
        """
        for name, array in feeds.items():
            port = self.ports.get(name)
            if port is None:
                known = ", ".join(f"'{known}'" for known in self.ports) or "none"
                raise InputError(f"{self._model.path.name} has no input '{name}'; its inputs are {known}.")
            if not _fits(port, array):
                sizes = [size if size is not None else "any" for size in port.shape or ()]
                raise InputError(
                    f"The input '{name}' takes {port.dtype} {sizes}, "
                    f"but was given {array.dtype.name} {list(array.shape)}."
                )

    def fed(self, name: str, feeds: Mapping[str, np.ndarray]) -> np.ndarray:
        """Give what an input is fed.

        Raises
        ------
        InputError
            Nothing is.
        """
        if name not in feeds:
            raise self.missing(name)
        return feeds[name]

    def missing(self, name: str) -> InputError:
        """What a person is told when an input is fed nothing."""
        port = self.ports[name]
        within = self._model.within
        if within is not None:
            return InputError(f"'{name}' is missing: it cannot be computed around {within.title}.")
        if port.shape is None:
            remedy = f"The model does not say its shape: choose one (--shape {name}=…), or give an array."
        elif port.dtype in ("sequence", "unknown"):
            remedy = "It takes no tensor, so that it cannot be fed."
        else:
            remedy = "Give an array for it."
        return InputError(f"The input '{name}' is missing. {remedy}")


def _fits(port: Port, array: np.ndarray) -> bool:
    dtype = "string" if array.dtype.kind in "OUS" else array.dtype.name
    wanted_type = "float32" if port.dtype in FOREIGN_TYPES else port.dtype
    if wanted_type not in ("unknown", dtype):
        return False
    if port.shape is None:
        return True
    return len(port.shape) == array.ndim and all(
        wanted in (None, given) for wanted, given in zip(port.shape, array.shape, strict=True)
    )
