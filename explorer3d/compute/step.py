"""What a recurrent network hands on from one step to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.requests import runner
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True, eq=False)
class Step:
    """Run a network and keep some of its outputs.

    Attributes
    ----------
    key : str
    feeds : mapping of str to array
    states : mapping of str to str
        The output that goes into an input next time, by input name.

    Raises
    ------
    InputError, RunError
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    states: Mapping[str, str]

    def __call__(self, progress: Progress = ignore) -> dict[str, np.ndarray]:
        progress(0.0, "Next step")
        found = runner(self.key).predict(self.feeds)
        return {name: found[output] for name, output in self.states.items()}
