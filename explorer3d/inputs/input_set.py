"""Many inputs of one network, of which there is never more than one in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer3d.errors import InputError
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.guess import adjusted
from explorer3d.inputs.playlist import playlist
from explorer3d.inputs.sizes import Sizes
from explorer3d.inputs.sources import Given, feeds_for

if TYPE_CHECKING:
    from explorer3d.graph.model import Model


@dataclass(frozen=True, eq=False)
class InputSet:
    """Inputs by number, all prepared in the same way.

    Attributes
    ----------
    sources : sequence of paths or other sources
        As `feeds_for` takes them.
    title : str
        What to call them all, such as the name of their folder.
    preprocessing : mapping
        Fields of `Preprocessing` that are given rather than guessed.
    sizes : mapping of str to tuple of int
        Shapes, by input name, where the model leaves them open.
    """

    sources: Sequence[Given]
    title: str
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    sizes: Sizes = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.sources)

    def __str__(self) -> str:
        return f"{len(self):,} input{'' if len(self) == 1 else 's'} of {self.title}"

    def name(self, number: int) -> str:
        """What to call one of them."""
        source = self.sources[number]
        return str(getattr(source, "name", source))

    @property
    def names(self) -> list[str]:
        return [self.name(number) for number in range(len(self))]

    def feeds(self, model: Model, number: int) -> Feeds:
        """Read one of them.

        Raises
        ------
        InputError
            It cannot be read, or does not fit the model.
        """
        return feeds_for(model, self.sources[number], adjusted(model, self.preprocessing), sizes=self.sizes)


def inputs_in(
    folder: Path, preprocessing: Mapping[str, Any] | None = None, sizes: Sizes | None = None
) -> InputSet:
    """All inputs in a folder, in the order of `playlist`.

    Parameters
    ----------
    folder : Path
    preprocessing, sizes
        As of `InputSet`.

    Raises
    ------
    InputError
        It is no folder, cannot be read, or holds no input.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder. Give one of inputs.")
    return InputSet(playlist(folder).paths, folder.resolve().name, preprocessing or {}, sizes or {})
