"""What runs through a network, and how it is prepared. Knows neither Qt nor VTK."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from psygnal import Signal

from explorer3d.entering import LoadBody, LoadedBody
from explorer3d.inputs import UNCHANGED, Feeds, Generated, Given, Sizes, Transform, to_text
from explorer3d.opening import LoadedInput, LoadInput, OpenedNetwork
from explorer3d.refolding import Refolding

INPUT = "input"


class Feeding(Refolding):
    """A network that something is put into.

    Parameters
    ----------
    memory : mutable mapping of str to str
        Where preprocessing and sizes are remembered, one text for each model.

    Signals
    -------
    input_changed()
        Something else runs through the network.
    input_refused(str)
        Why the input asked for last does not go in; the one before it stays.
    failed(str)
        A sentence for the person: something did not go as they wanted.

    Attributes
    ----------
    loaded : LoadedInput or None
        What runs through the network, and how it was made.
    passing : bool
        Whether others are about to follow it, as when it is being moved by hand.
    """

    _of_a_network = (*Refolding._of_a_network, "loaded", "_source")

    input_changed = Signal()
    input_refused = Signal(str)
    failed = Signal(str)

    def __init__(self, memory: MutableMapping[str, str]) -> None:
        super().__init__(memory)
        self.loaded: LoadedInput | None = None
        self._source: LoadInput | LoadBody | None = None
        self.passing = False

    @property
    @abstractmethod
    def outermost(self) -> OpenedNetwork | None:
        """The network that was read from a file: the open one, or that in which it lies as a body."""

    @abstractmethod
    def _fed(self) -> None:
        """Do with the new input whatever is done with one."""

    @property
    def key(self) -> str:
        """What requests name the network by as it runs now."""
        assert self.network is not None
        return self.network.key

    @property
    def feeds(self) -> Feeds | None:
        """What runs through the network."""
        return self.loaded.feeds if self.loaded else None

    @property
    def input_path(self) -> Given | None:
        """The file, pattern or pixels it is made of; None for a bundled picture or noise."""
        return self._source.path if self._source else None

    @property
    def preprocessing(self) -> Mapping[str, Any]:
        """Fields of `Preprocessing` that a person has set; the others are guessed."""
        return self._source.preprocessing if self._source else {}

    @property
    def sizes(self) -> Sizes:
        """Shapes, by input name, that a person has set where the model leaves them open."""
        return self._source.sizes if self._source else {}

    @property
    def transform(self) -> Transform:
        """What is done to the picture before it is preprocessed."""
        return self._source.transform if self._source else UNCHANGED

    @property
    def wanted_input(self) -> LoadInput | LoadBody:
        """The input that is on its way, else the one that is there."""
        assert self.network is not None
        asked = self._asked(INPUT)
        if isinstance(asked, LoadInput | LoadBody):
            return asked
        return self._source or LoadInput(self.network.key, None, {}, {})

    def load_input(self, path: Given | None, passing: bool = False) -> None:
        """Run another picture, array or pattern through the network.

        Parameters
        ----------
        path : Path, Generated, Bitmap, Excerpt, Parts or None
        passing : bool
            Others like it are about to follow, as while somebody draws: only what can be had quickly is asked
            for, and all the rest when no other has come for a moment.
        """
        if self.network is None:
            self.failed.emit("Open a model first, then give it a picture.")
            return
        self._load(self.wanted_input.changed(path=path), passing)

    def prepare_input(self, preprocessing: Mapping[str, Any], sizes: Sizes) -> None:
        """Prepare the input in another way, and whenever this model is opened again.

        Parameters
        ----------
        preprocessing : mapping of str to value
            Fields of `Preprocessing`; the others are guessed.
        sizes : mapping of str to tuple of int
            Shapes, by input name; the others are chosen by the program where the model leaves them open.
        """
        if self.network is not None:
            self._load(self.wanted_input.changed(preprocessing=preprocessing, sizes=sizes))

    def transform_input(self, transform: Transform, passing: bool = False) -> None:
        """Move, turn or disturb the picture that goes in; for as long as this model is open.

        Parameters
        ----------
        transform : Transform
        passing : bool
            As in `load_input`.
        """
        if self.network is not None:
            self._load(self.wanted_input.changed(transform=transform), passing)

    def bring_back_input(
        self, path: Given | None, preprocessing: Mapping[str, Any], sizes: Sizes, transform: Transform
    ) -> None:
        """Run an input through the network once more, prepared as it was."""
        if self.network is not None:
            changes = {"path": path, "preprocessing": preprocessing, "sizes": sizes}
            self._load(self.wanted_input.changed(**changes, transform=transform))

    def iterate(self, iteration: int) -> None:
        """Look at another time that the open body is run."""
        wanted = self.wanted_input if self.network is not None else None
        if isinstance(wanted, LoadBody) and iteration != wanted.iteration:
            self._load(replace(wanted, iteration=iteration))

    def load_again(self) -> None:
        """Put the input in that was given up, unless one is on its way."""
        if not self.under_way(INPUT):
            self._load(self.wanted_input)

    def _load(self, request: LoadInput | LoadBody, passing: bool = False) -> None:
        def accept(loaded: LoadedInput) -> None:
            assert self.outermost is not None
            before = self.preprocessing, self.sizes, _made(self.input_path)
            now = request.preprocessing, request.sizes, _made(request.path)
            if now != before:
                self._memory[self.outermost.fingerprint] = to_text(*now)
            self.loaded, self._source, self.passing = loaded, request, passing
            if isinstance(request, LoadBody) and isinstance(loaded, LoadedBody):
                self._source = replace(request, iteration=loaded.iteration or 0)
                if loaded.fault:
                    self.noted.emit(loaded.fault)
            self._fed()

        # A network is seen before anything is put into it.
        self.ask(INPUT, "Preparing the input", request, accept, later=self.loaded is None)

    def _load_first(self, request: LoadInput) -> None:
        """Run an input through a network just opened; if that was given up, only once a click asks for it."""
        assert self.network is not None
        self._source = request
        if self.network.layout.complete:
            self._load(request)

    def _refuse_input(self, request: LoadInput | LoadBody, why: str) -> None:
        self.input_refused.emit(why)
        # A network whose first input is at fault is shown with the one it would have had without.
        if self.feeds is None and isinstance(request, LoadInput):
            if request.path is not None:
                self._load(replace(request, path=None))
            elif request.preprocessing or request.sizes:
                self._load(replace(request, preprocessing={}, sizes={}))

    def _forget(self) -> None:
        self.loaded, self._source = None, None


def _made(source: Given | None) -> Generated | None:
    """What is remembered of an input: files come and go."""
    return source if isinstance(source, Generated) else None
