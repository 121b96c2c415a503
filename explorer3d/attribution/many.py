"""What methods that look at many inputs have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from explorer3d.attribution.parts import Parts
from explorer3d.attribution.ranking import Ranking
from explorer3d.attribution.result import Attribution
from explorer3d.compute.runner import Runner
from explorer3d.inputs import InputSet
from explorer3d.progress import Progress


@dataclass(frozen=True, eq=False)
class ManyCase:
    """What is looked at.

    Attributes
    ----------
    runner : Runner
    inputs : InputSet
    layer : str
        Empty: the method's own choice.
    seed : int
        Of whatever is drawn by lot.
    progress : Progress
    parts : mapping
        What is hidden, for methods that hide something; see `parts.Parts`.
    ranking : Ranking or None
        What is known of the layer and these inputs already.
    follow : callable
        Takes what a method has come to before its end, on the same thread.
    """

    runner: Runner
    inputs: InputSet
    layer: str
    seed: int
    progress: Progress
    parts: Parts = field(default_factory=dict)
    ranking: Ranking | None = None
    follow: Callable[[Attribution], object] = lambda found: None


@dataclass(frozen=True)
class ManyMethod:
    """One way to look at many inputs.

    Attributes
    ----------
    name : str
        Key in `MANY_METHODS`.
    title : str
        For people.
    about : str
        What it shows, in one sentence.
    explain : callable
        (`ManyCase`, settings) → `Attribution`.
    settings : type
        A dataclass with defaults.
    """

    name: str
    title: str
    about: str
    explain: Callable[[ManyCase, Any], Attribution]
    settings: type
