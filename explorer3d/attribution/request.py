"""The request for an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from explorer3d.attribution import Attribution, attribute
from explorer3d.attribution.method import Follow, go_on
from explorer3d.compute import requests
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True, eq=False)
class Attribute:
    """Explain what a network says of an input; see `attribute`.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
        Model inputs with their batch axis.
    method : str
        Key in `METHODS`.
    layer : str or None
    target : str, int or None
    settings : mapping of str to value
    seed : int
    follow : callable
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    method: str
    layer: str | None = None
    target: str | int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    follow: Follow = go_on

    def __call__(self, progress: Progress = ignore) -> Attribution:
        return attribute(
            requests.runner(self.key),
            self.feeds,
            self.method,
            layer=self.layer,
            target=self.target,
            settings=self.settings,
            seed=self.seed,
            progress=progress,
            follow=self.follow,
        )
