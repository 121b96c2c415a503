"""What each command does."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from explorer3d.cli import options as offered
from explorer3d.cli.console import DONE, complain, told

if TYPE_CHECKING:
    from explorer3d.graph.model import Model
    from explorer3d.inputs import Feeds


def window(options: argparse.Namespace) -> int:
    """Open the window, which has no command of its own."""
    from explorer3d.qt.app import run

    return run(
        options.model,
        options.input,
        _preprocessing(options),
        _sizes(options),
        dict(options.assume) or None,
        options.weights,
    )


def _info(options: argparse.Namespace) -> int:
    from explorer3d.graph.summary import describe, table

    model = _model(options)
    if options.json:
        print(json.dumps(describe(model), allow_nan=False))
    else:
        print(table(model))
    return DONE


def _export(options: argparse.Namespace) -> int:
    from explorer3d.compute.export import choose, export
    from explorer3d.compute.runner import Runner

    model = _model(options)
    choose(model, options.layer)
    feeds = _feeds(model, options)
    export(Runner(model, _budget(options)), feeds.arrays, options.out, options.layer)
    unrunnable = [] if options.layer else [layer for layer in model.layers if not layer.runnable]
    if unrunnable:
        which = f"the weights of {len(unrunnable)} such layers" if len(unrunnable) > 1 else "its weights"
        complain(f"{unrunnable[0].reason} Only {which} are written.", DONE)
    return DONE


def _explain(options: argparse.Namespace) -> int:
    from explorer3d.attribution.of_many import MANY_METHODS

    return (_explain_many if options.method in MANY_METHODS else _explain_one)(options)


def _explain_many(options: argparse.Namespace) -> int:
    from explorer3d.attribution.of_many import attribute_many
    from explorer3d.attribution.parts import read_parts
    from explorer3d.attribution.saving import write
    from explorer3d.compute.runner import Runner
    from explorer3d.compute.whole_file import whole_file
    from explorer3d.errors import RequestError
    from explorer3d.inputs import inputs_in
    from explorer3d.scene.explained_many import write_picture_of_many

    if options.folder is None or options.input is not None or options.target is not None:
        raise RequestError(
            f"The method '{options.method}' looks at a folder: give --folder, no --input and no --target."
        )
    inputs = inputs_in(options.folder, _preprocessing(options), _sizes(options))
    model = _model(options)
    parts = None if options.parts is None else read_parts(options.parts, inputs.names)
    with whole_file(options.out) as file:
        with told() as progress:
            found = attribute_many(
                Runner(model, _budget(options)),
                inputs,
                options.method,
                layer=options.layer,
                settings=dict(options.set),
                parts=parts,
                seed=options.seed,
                progress=progress,
            )
        if options.out.suffix.lower() == ".png":
            write_picture_of_many(found, model, inputs, file)
        else:
            write(found, file)
    if found.note:
        complain(f"{found.note}.", DONE)
    return DONE


def _explain_one(options: argparse.Namespace) -> int:
    from explorer3d.attribution import attribute, find_method
    from explorer3d.attribution.saving import write
    from explorer3d.compute.runner import Runner
    from explorer3d.compute.whole_file import whole_file
    from explorer3d.errors import RequestError
    from explorer3d.scene.explained import write_picture

    find_method(options.method)
    if options.folder is not None or options.parts is not None:
        raise RequestError(
            f"The method '{options.method}' looks at one input: give --input, no --folder and no --parts."
        )
    model = _model(options)
    feeds = _feeds(model, options)
    settings = dict(options.set)
    if options.channels:
        settings["channels"] = options.channels
    with whole_file(options.out) as file:
        with told() as progress:
            found = attribute(
                Runner(model, _budget(options)),
                feeds.arrays,
                options.method,
                layer=options.layer,
                target=options.target,
                settings=settings,
                seed=options.seed,
                progress=progress,
            )
        if options.out.suffix.lower() == ".png":
            write_picture(found, model, feeds, file)
        else:
            write(found, file)
    return DONE


def _render(options: argparse.Namespace) -> int:
    from explorer3d.scene.render import render

    lacking = render(
        options.model,
        options.out,
        input_path=options.input,
        preprocessing=_preprocessing(options),
        sizes=_sizes(options),
        stand_ins=dict(options.assume),
        weights=options.weights,
        layers=options.layer,
        view=options.view,
        size=options.size,
        budget=_budget(options),
    )
    if lacking:
        complain(" ".join(lacking), DONE)
    return DONE


def _convert(options: argparse.Namespace) -> int:
    import shutil

    from explorer3d.compute.whole_file import whole_file
    from explorer3d.conversion.limits import GIGABYTE, Limits
    from explorer3d.conversion.request import ConvertModel

    usual = Limits()
    limits = Limits(
        usual.memory if options.memory is None else int(options.memory * GIGABYTE),
        usual.seconds if options.minutes is None else options.minutes * 60,
    )
    with whole_file(options.out) as out:
        with told() as progress:
            made = ConvertModel(options.model, limits)(progress)
        with made.open("rb") as result:
            shutil.copyfileobj(result, out)
    return DONE


def _bench(options: argparse.Namespace) -> int:
    from explorer3d.qt.bench.measure import measure, table

    found = measure(
        options.model,
        options.input,
        _preprocessing(options),
        _sizes(options),
        dict(options.assume) or None,
        options.weights,
        _budget(options),
    )
    print(json.dumps(found, allow_nan=False) if options.json else table(found))
    return DONE


def _model(options: argparse.Namespace) -> Model:
    from explorer3d.formats import read_model

    return read_model(options.model, stand_ins=dict(options.assume), weights=options.weights)


def _feeds(model: Model, options: argparse.Namespace) -> Feeds:
    from explorer3d.inputs import adjusted, feeds_for

    return feeds_for(model, options.input, adjusted(model, _preprocessing(options)), sizes=_sizes(options))


def _preprocessing(options: argparse.Namespace) -> dict[str, Any]:
    """What the options say of the picture; the rest is guessed from the model."""
    names = ("mean", "std", "bgr", "invert", "fit")
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _sizes(options: argparse.Namespace) -> dict[str, tuple[int, ...]]:
    return dict(options.shape)


def _budget(options: argparse.Namespace) -> int | None:
    return None if options.activations is None else int(options.activations * 2**20)


Options = Callable[[argparse.ArgumentParser], None]
Command = Callable[[argparse.Namespace], int]

COMMANDS: dict[str, tuple[str, Options, Command]] = {
    "info": ("Say what a model is made of.", offered.add_info, _info),
    "export": ("Write layers' inputs, outputs and weights to an .npz file.", offered.add_export, _export),
    "explain": ("Say what of an input makes a network answer as it does.", offered.add_explain, _explain),
    "render": ("Draw what the window would show to a .png file.", offered.add_render, _render),
    "convert": ("Have TensorFlow convert a Keras file or SavedModel to ONNX.", offered.add_convert, _convert),
    "bench": (
        "Measure how fast a model opens, runs and is drawn, in the window itself.",
        offered.add_bench,
        _bench,
    ),
}
"""What needs no display: description, options, and what it does."""
