"""Methods that look at many inputs instead of one, and the verb that carries them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from explorer3d.attribution.compared_parts import METHOD as _CORRESPONDENCE
from explorer3d.attribution.many import ManyCase, ManyMethod
from explorer3d.attribution.parts import Parts
from explorer3d.attribution.ranking import Ranking
from explorer3d.attribution.result import Attribution
from explorer3d.attribution.settings import settings_from
from explorer3d.attribution.top_features import METHOD as _TOP_INPUTS
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError, nearest
from explorer3d.graph.lookup import find_layer
from explorer3d.inputs import InputSet
from explorer3d.progress import Progress, ignore

MANY_METHODS: dict[str, ManyMethod] = {method.name: method for method in (_TOP_INPUTS, _CORRESPONDENCE)}
"""Methods by name; none is called like one of `METHODS`."""


def attribute_many(
    runner: Runner,
    inputs: InputSet,
    method: str,
    *,
    layer: str | None = None,
    settings: Mapping[str, Any] | None = None,
    parts: Parts | None = None,
    seed: int = 0,
    ranking: Ranking | None = None,
    progress: Progress = ignore,
    follow: Callable[[Attribution], object] = lambda found: None,
) -> Attribution:
    """Explain what a network makes of many inputs.

    Parameters
    ----------
    runner : Runner
    inputs : InputSet
    method : str
        Key in `MANY_METHODS`.
    layer : str, optional
    settings : mapping of str to value, optional
        Of the method; see its `ManyMethod.settings`.
    parts : mapping of str to mapping of int to box, optional
        What is hidden, for methods that hide something.
    seed : int
    ranking : Ranking, optional
        What is known of the layer and these inputs already.
    progress : Progress
    follow : callable
        Takes what a method has come to before its end, on the same thread.

    Returns
    -------
    Attribution

    Raises
    ------
    RequestError
        There is no such method, layer, channel or setting, or no input that fits.
    RunError
        The network does not run up to there, or an operator on the way has no derivative.
    """
    chosen = MANY_METHODS.get(method)
    if chosen is None:
        remedy = nearest(method, MANY_METHODS, f"There are {', '.join(MANY_METHODS)}.")
        raise RequestError(f"There is no method for many inputs '{method}'. {remedy}")
    options = settings_from(chosen.settings, settings or {}, chosen.title)
    if layer:
        find_layer(runner.model, layer)
    return chosen.explain(
        ManyCase(runner, inputs, layer or "", seed, progress, parts or {}, ranking, follow), options
    )
