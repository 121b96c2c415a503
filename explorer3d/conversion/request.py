"""The request that has TensorFlow convert a model; runs on any thread but the window's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from explorer3d.conversion import process, suitable
from explorer3d.conversion.cache import keep, result_path, workplace
from explorer3d.conversion.limits import GIGABYTE, Limits
from explorer3d.conversion.story import Line
from explorer3d.conversion.versions import remedy
from explorer3d.errors import ModelError, printable
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True)
class ConvertModel:
    """Convert a Keras file or a SavedModel to ONNX, unless that has been done before.

    Parameters
    ----------
    path : Path
        A ``.h5`` or ``.keras`` file, the folder of a SavedModel or the ``saved_model.pb`` in it.
    limits : Limits

    Returns
    -------
    Path
        The ONNX file, among the results kept for this user.

    Raises
    ------
    ModelError
        TensorFlow is missing, does not know the model, or took more than the limits.
    """

    path: Path
    limits: Limits = field(default_factory=Limits)

    def __call__(self, progress: Progress = ignore) -> Path:
        path = suitable.model_path(self.path.absolute())
        if not path.exists():
            raise ModelError(f"There is no file {path}.")
        reason = suitable.refusal(path)
        if reason is not None:
            raise ModelError(reason)
        result = result_path(path, progress)
        if result.is_file():
            return result
        with workplace() as folder:
            made = folder / "model.onnx"
            last = process.follow(
                process.command(path, made, self.limits),
                process.surroundings(folder),
                folder,
                self.limits.seconds,
                progress,
            )
            if last.kind != "done" or not made.is_file():
                raise ModelError(_message(path.name, last, self.limits))
            keep(made, result)
        return result


def _message(name: str, last: Line, limits: Limits) -> str:
    text = printable(" ".join(last.text.split())).rstrip(".")
    match last.kind:
        case "missing":
            return f"{name} cannot be converted: {text} is not installed. {remedy()}"
        case "memory":
            return (
                f"{name} was not converted: {limits.memory / GIGABYTE:.1f} GB of memory were not enough for "
                "TensorFlow. Close other programs and allow it more."
            )
        case "time":
            return (
                f"{name} was not converted: after {limits.seconds / 60:.0f} minutes TensorFlow was still at "
                "work. Allow it more time."
            )
        case "unknown":
            return f"{name} cannot be converted: {text}."
        case "refused":
            return f"{name} is not converted: {text}."
    return f"TensorFlow could not convert {name}: {text or 'it gave no reason'}."
