"""A picture of a network without a window, drawn as the window draws it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from explorer3d.document import Document
from explorer3d.errors import RunError
from explorer3d.graph.lookup import find_layer_or_input
from explorer3d.graph.stand_in import StandIns
from explorer3d.inputs import Generated, Sizes
from explorer3d.manners import STACK
from explorer3d.progress import ignore
from explorer3d.scene.presentation import Presentation
from explorer3d.scene.snapshot import picture_file
from explorer3d.scene.stage import Stage
from explorer3d.work import Ticket


def render(
    model: Path,
    out: Path,
    *,
    input_path: Path | Generated | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    sizes: Sizes | None = None,
    stand_ins: StandIns | None = None,
    weights: Path | None = None,
    layers: Sequence[str] = (),
    view: str = STACK,
    size: tuple[int, int] = (1280, 800),
    budget: int | None = None,
) -> list[str]:
    """Open a model, run it, lay layers open, and save what is seen.

    Parameters
    ----------
    model, out : Path
    input_path : Path or Generated, optional
    preprocessing : mapping, optional
        Fields of `Preprocessing` that are given rather than guessed.
    sizes : mapping of str to tuple of int, optional
        Shapes, by input name, where the model leaves them open.
    stand_ins : mapping of layer name to StandIn, optional
        What takes the place of layers that cannot run.
    weights : Path, optional
        The second file, where structure and weights lie apart.
    layers : sequence of str
        Layers and model inputs to lay open; the view frames them.
    view : str
        Key in `MANNERS`.
    size : (int, int)
        Width and height in pixels.
    budget : int, optional
        Bytes of activations that are kept; see `default_budget`.

    Returns
    -------
    list of str
        Sentences on what the picture lacks, such as layers that cannot run.

    Raises
    ------
    ExplorerError
        The model, the input or one of `layers` is at fault, or the picture cannot be written.
    """
    with picture_file(out) as write:
        pixels, faults = _drawn(
            model,
            weights,
            input_path,
            preprocessing or {},
            sizes or {},
            stand_ins or {},
            layers,
            view,
            size,
            budget,
        )
        write(pixels)
    return faults


def _drawn(
    model: Path,
    weights: Path | None,
    input_path: Path | Generated | None,
    preprocessing: Mapping[str, Any],
    sizes: Sizes,
    stand_ins: StandIns,
    layers: Sequence[str],
    view: str,
    size: tuple[int, int],
    budget: int | None,
) -> tuple[np.ndarray, list[str]]:
    document = Document()
    if budget is not None:
        document.set_budget(budget)
    document.mode = view
    tickets: deque[Ticket] = deque()
    faults: list[str] = []
    document.requested.connect(lambda ticket: tickets.append(ticket))
    for signal in (document.failed, document.noted):
        signal.connect(lambda sentence: faults.append(sentence))

    def carry_out() -> None:
        while tickets:
            ticket = tickets.popleft()
            document.accept(ticket, ticket.request(ignore))

    presentation = None
    stage = Stage(size, scale=max(1.0, min(size[0] / 1280, size[1] / 800)))
    try:
        presentation = Presentation(document, stage, lambda: None)
        document.open(model, input_path, preprocessing, sizes, stand_ins, weights)
        carry_out()
        assert document.model is not None
        asked = {name: find_layer_or_input(document.model, name) for name in layers}
        for name in asked:
            document.show(name)
        carry_out()
        for name, layer in asked.items():
            fault = document.shown[name].fault
            if fault and (layer is None or not layer.weights_only):
                raise RunError(fault)
        document.select(None)
        stage.set_mode(view, animated=False)
        if layers:
            stage.frame_layers(layers)
        stage.settle()
        stage.refine()
        return stage.draw()[:, :, :3].copy(), list(dict.fromkeys(faults))
    finally:
        # The document's signals hold it weakly, so it has to live until here.
        del presentation
        document.close()
        stage.close()
