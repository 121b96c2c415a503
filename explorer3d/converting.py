"""The request that brings a network in by way of TensorFlow; see `Document.convert`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from explorer3d.collecting import undisturbed
from explorer3d.compute import requests
from explorer3d.conversion.limits import Limits
from explorer3d.conversion.request import ConvertModel
from explorer3d.formats import read_model
from explorer3d.opening import OpenedNetwork, arranged
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True)
class OpenConverted:
    """Have TensorFlow convert a model, and open the result under the model's own name.

    Raises
    ------
    ModelError
    """

    path: Path
    limits: Limits
    foldings: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, progress: Progress = ignore) -> OpenedNetwork:
        made = ConvertModel(self.path, self.limits)(lambda share, text: progress(share * 0.7, text))
        with undisturbed():
            return self._opened(made, progress)

    def _opened(self, made: Path, progress: Progress) -> OpenedNetwork:
        model = read_model(made, lambda share, text: progress(0.7 + share * 0.1, text))
        by = model.metadata.get("converted_with", "TensorFlow")
        note = f"{self.path.name} was converted with {by}: its layers are TensorFlow's operations."
        model = replace(model, path=self.path.absolute(), notes=(*model.notes, note))
        opened = requests.OpenedModel(requests.register(model), model)
        return arranged(opened, self.path if self.path.is_file() else made, progress, self.foldings)
