"""The method that compares parts of several pictures, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from explorer3d.attribution.correspondence import Consistency, compare_parts
from explorer3d.attribution.many import ManyCase, ManyMethod
from explorer3d.attribution.parts import to_text
from explorer3d.attribution.result import Attribution, settings_text
from explorer3d.attribution.settings import between
from explorer3d.attribution.target import Target
from explorer3d.errors import RequestError


@dataclass(frozen=True)
class Correspondence:
    """How parts are hidden, and what they are compared with.

    Attributes
    ----------
    value : float
        What is put in the part's place, in the numbers that the network is fed.
    draws : int
        How often parts of the same sizes are hidden at random places, to compare with.
    """

    value: float = 0.0
    draws: int = 10

    def __post_init__(self) -> None:
        between("value", self.value, -1e9, 1e9)
        between("draws", self.draws, 0, 1000)


def _explain(case: ManyCase, settings: Correspondence) -> Attribution:
    if not case.parts:
        raise RequestError("Correspondence needs a part that is marked in two or more pictures (--parts).")
    model, inputs = case.runner.model, case.inputs
    found = compare_parts(
        case.runner,
        lambda number: inputs.feeds(model, number).arrays,
        case.parts,
        [case.layer] if case.layer else (),
        settings.value,
        settings.draws,
        case.seed,
        case.progress,
        lambda found: case.follow(described(case, settings, found)),
    )
    return described(case, settings, found)


def described(case: ManyCase, settings: Correspondence, found: Mapping[str, Consistency]) -> Attribution:
    """What was found, with its parameters in its title.

    Parameters
    ----------
    case : ManyCase
    settings : Correspondence
    found : mapping of str to Consistency
    """
    pictures = {number for boxes in case.parts.values() for number in boxes}
    layers = next(iter(found.values())).layers
    said = [
        f"{METHOD.title}: {', '.join(case.parts)}",
        f"{len(pictures):,} pictures of {case.inputs.title}",
        case.layer and f"layer {case.layer}",
        settings_text(settings),
        f"seed {case.seed}",
    ]
    return Attribution(
        method=METHOD.name,
        array=np.stack([one.mean for one in found.values()]),
        axes="PL",
        layer=case.layer,
        input="",
        target=Target("", np.zeros(0), (), ", ".join(case.parts), float("nan")),
        settings=asdict(settings),
        seed=case.seed,
        title=" · ".join(filter(None, said)),
        further={
            "spread": np.stack([one.spread for one in found.values()]),
            "layers": np.asarray(layers),
            "parts": np.asarray([*found]),
            "boxes": np.asarray(to_text(case.parts, case.inputs.name)),
        },
    )


METHOD = ManyMethod(
    "correspondence",
    "Correspondence",
    "Whether layers take the same part of several pictures for the same: how differently they change where "
    "it is hidden, beside parts at random places.",
    _explain,
    Correspondence,
)
