"""Why a network says what it says: one file per method, and one verb, `attribute`.

The functions are the methods' arithmetic, of arrays; `attribute` carries any method out on an open network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from explorer3d.attribution.activation_maximisation import METHOD as _ACTIVATION_MAXIMISATION
from explorer3d.attribution.ascent import activation_maximisation
from explorer3d.attribution.channel_surgery import METHOD as _CHANNEL_SURGERY
from explorer3d.attribution.correspondence import consistency, correspondence
from explorer3d.attribution.deconvnet import METHOD as _DECONVNET
from explorer3d.attribution.grad_cam import METHOD as _GRAD_CAM
from explorer3d.attribution.grad_cam import grad_cam
from explorer3d.attribution.grad_cam_pp import METHOD as _GRAD_CAM_PP
from explorer3d.attribution.grad_cam_pp import grad_cam_pp
from explorer3d.attribution.gradient_x_input import METHOD as _GRADIENT_X_INPUT
from explorer3d.attribution.gradient_x_input import gradient_x_input
from explorer3d.attribution.guided_backprop import METHOD as _GUIDED_BACKPROP
from explorer3d.attribution.guided_grad_cam import METHOD as _GUIDED_GRAD_CAM
from explorer3d.attribution.guided_grad_cam import guided_grad_cam
from explorer3d.attribution.integrated_gradients import METHOD as _INTEGRATED_GRADIENTS
from explorer3d.attribution.integrated_gradients import integrated_gradients
from explorer3d.attribution.invariance import METHOD as _INVARIANCE
from explorer3d.attribution.layer_cam import METHOD as _LAYER_CAM
from explorer3d.attribution.layer_cam import layer_cam
from explorer3d.attribution.layer_maximisation import METHOD as _LAYER_MAXIMISATION
from explorer3d.attribution.method import Case, Follow, Method, go_on
from explorer3d.attribution.occlusion import METHOD as _OCCLUSION
from explorer3d.attribution.occlusion import occlusion
from explorer3d.attribution.of_many import MANY_METHODS, attribute_many
from explorer3d.attribution.ranked_activations import METHOD as _RANKED_ACTIVATIONS
from explorer3d.attribution.ranked_activations import ranked_activations
from explorer3d.attribution.result import Attribution, settings_text
from explorer3d.attribution.saliency import METHOD as _SALIENCY
from explorer3d.attribution.saliency import saliency
from explorer3d.attribution.score_cam import METHOD as _SCORE_CAM
from explorer3d.attribution.score_cam import score_cam
from explorer3d.attribution.settings import settings_from
from explorer3d.attribution.smoothgrad import METHOD as _SMOOTHGRAD
from explorer3d.attribution.smoothgrad import smoothgrad
from explorer3d.attribution.target import Target, find_target
from explorer3d.attribution.top_inputs import top_inputs
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError, nearest
from explorer3d.graph.lookup import find_layer
from explorer3d.progress import Progress, ignore

__all__ = [
    "MANY_METHODS",
    "METHODS",
    "Attribution",
    "Method",
    "Target",
    "activation_maximisation",
    "attribute",
    "attribute_many",
    "consistency",
    "correspondence",
    "find_method",
    "find_target",
    "grad_cam",
    "grad_cam_pp",
    "gradient_x_input",
    "guided_grad_cam",
    "integrated_gradients",
    "layer_cam",
    "occlusion",
    "ranked_activations",
    "saliency",
    "score_cam",
    "smoothgrad",
    "top_inputs",
]


def _by_name(methods: Iterable[Method]) -> dict[str, Method]:
    found: dict[str, Method] = {}
    for method in methods:
        if method.name in found:
            raise ValueError(f"two methods are called {method.name}")
        found[method.name] = method
    return found


METHODS: dict[str, Method] = _by_name(
    (
        _RANKED_ACTIVATIONS,
        _GRAD_CAM,
        _GRAD_CAM_PP,
        _LAYER_CAM,
        _SCORE_CAM,
        _SALIENCY,
        _GRADIENT_X_INPUT,
        _SMOOTHGRAD,
        _INTEGRATED_GRADIENTS,
        _GUIDED_BACKPROP,
        _GUIDED_GRAD_CAM,
        _DECONVNET,
        _OCCLUSION,
        _INVARIANCE,
        _CHANNEL_SURGERY,
        _ACTIVATION_MAXIMISATION,
        _LAYER_MAXIMISATION,
    )
)
"""Methods by name, in the order in which they are offered."""


def find_method(name: str) -> Method:
    """Find a method.

    Raises
    ------
    RequestError
        There is none of that name.
    """
    method = METHODS.get(name)
    if name in MANY_METHODS:
        raise RequestError(f"The method '{name}' looks at many inputs: give a folder of them.")
    if method is None:
        known = [*METHODS, *MANY_METHODS]
        remedy = nearest(name, known, f"There are {', '.join(known)}.")
        raise RequestError(f"There is no method '{name}'. {remedy}")
    return method


def attribute(
    runner: Runner,
    feeds: Mapping[str, np.ndarray],
    method: str,
    *,
    layer: str | None = None,
    target: str | int | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: Progress = ignore,
    follow: Follow = go_on,
) -> Attribution:
    """Explain what a network says of an input.

    Parameters
    ----------
    runner : Runner
        Of the network.
    feeds : mapping of str to array
        Model inputs with their batch axis; the first of a batch is explained.
    method : str
        Key in `METHODS`.
    layer : str, optional
        Whose maps are looked at; by default the last one that has maps and does not pool them.
    target : str or int, optional
        What is explained, see `find_target`; by default the class that the network believes in most.
    settings : mapping of str to value, optional
        Of the method; see its `Method.settings`.
    seed : int
        Of whatever is drawn by lot.
    progress : Progress
    follow : callable
        Takes what a method that goes step by step has come to, on the same thread; False ends it there.

    Returns
    -------
    Attribution

    Raises
    ------
    RequestError
        There is no such method, layer, target or setting.
    InputError, RunError
        The network does not run, or an operator on the way has no derivative.
    """
    chosen = find_method(method)
    options = settings_from(chosen.settings, settings or {}, chosen.title)
    if layer:
        find_layer(runner.model, layer)
    progress(0.0, chosen.title)
    aim = find_target(runner, feeds, target, progress, chosen.mean)
    case = Case(runner, feeds, aim, layer or "", seed, progress, follow=follow)
    # What overflows in a network that does is seen as such.
    with np.errstate(over="ignore", invalid="ignore"):
        found = chosen.explain(case, options)
    aim = found.target or aim
    options = options if found.settings is None else found.settings
    said = [
        f"{chosen.title}: {aim.title}",
        found.layer and f"layer {found.layer}",
        settings_text(options),
        found.note,
        *case.notes,
        f"score {aim.score:.4g}",
    ]
    return Attribution(
        method=method,
        array=found.array,
        axes=found.axes,
        layer=found.layer,
        input=case.pictures[0].value if case.pictures else "",
        target=aim,
        settings=asdict(options),
        seed=seed,
        title=" · ".join(filter(None, said)),
        further=found.further,
        note=found.note,
    )
