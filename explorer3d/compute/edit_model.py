"""The request for a network with something changed in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.compute import requests
from explorer3d.compute.edits import Edit
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True)
class EditedModel:
    """Answer to `EditModel`.

    Attributes
    ----------
    key : str
        What requests name the network by as it is changed, until `requests.forget` or the model is closed.
    """

    key: str


@dataclass(frozen=True, eq=False)
class EditModel:
    """Prepare a network with channels and kernels changed; its file and the network itself stay.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    edits : tuple of Edit
    feeds : mapping of str to array
        See `edited`.

    Raises
    ------
    RequestError
        Something cannot be changed.
    InputError, RunError
    """

    key: str
    edits: tuple[Edit, ...]
    feeds: Mapping[str, np.ndarray]

    def __call__(self, progress: Progress = ignore) -> EditedModel:
        # Here, since a network is seen before onnxruntime is needed.
        from explorer3d.compute.edited import edited

        progress(0.0, "Changing the network")
        found = edited(requests.runner(self.key), self.edits, self.feeds)
        return EditedModel(requests.register_beside(self.key, found))
