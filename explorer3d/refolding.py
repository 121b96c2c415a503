"""Which blocks of a network are folded. Knows neither Qt nor VTK."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, MutableMapping

from psygnal import Signal

from explorer3d.graph import folding_text
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.folding import Folding
from explorer3d.opening import GIVEN_UP, Fold, OpenedNetwork
from explorer3d.work import Work

_UNFOLDED = ".unfolded"


class Refolding(Work, ABC):
    """Work on a network whose blocks fold and unfold.

    Parameters
    ----------
    memory : mutable mapping of str to str
        Where it is remembered how models were left.

    Signals
    -------
    refolding()
        Other blocks are about to be folded.
    folding_changed()
        Other blocks are folded.
    noted(str)
        A sentence for the person.

    Attributes
    ----------
    network : OpenedNetwork or None
    folding : Folding or None
        What is seen of the model, and where it stands.
    refolded : tuple of str
        Layers of the block that was folded or unfolded last; empty if there were several.
    """

    # Attributes that belong to one network among those that lie in each other.
    _of_a_network: tuple[str, ...] = ("folding",)

    refolding = Signal()
    folding_changed = Signal()
    noted = Signal(str)

    def __init__(self, memory: MutableMapping[str, str]) -> None:
        super().__init__()
        self._memory = memory
        self.network: OpenedNetwork | None = None
        self.folding: Folding | None = None
        self.refolded: tuple[str, ...] = ()
        self._afterwards: list[Callable[[], None]] = []

    @abstractmethod
    def select(self, name: str | None, start: str | None = None) -> None:
        """Select a layer, an input or a folded block."""

    @abstractmethod
    def _about_to_refold(self, folding: Folding) -> None:
        """Take leave of what will not be seen any more."""

    @abstractmethod
    def _refolded(self, folding: Folding) -> None:
        """Keep to what is seen now."""

    @property
    def unfolded(self) -> frozenset[str]:
        """Blocks that are unfolded, or about to be."""
        asked = self._asked("folding")
        if isinstance(asked, Fold):
            return asked.unfolded
        return self.folding.unfolded if self.folding else frozenset()

    def is_folded(self, name: str | None) -> bool:
        """Whether a node is a block that is folded."""
        nodes = self.folding.model.layer_by_name if self.folding else {}
        return isinstance(nodes.get(name or ""), FoldedBlock)

    def unfold(self, name: str) -> None:
        """Show what is in a block."""
        self.refold(self.unfolded | {name})

    def fold(self, name: str) -> None:
        """Fold the innermost block around a node, and select it."""
        if self.folding is None:
            return
        around = self.folding.hierarchy.around(self.folding.node_of(name))
        if around:
            self.fold_block(around[-1].name)

    def fold_block(self, block: str) -> None:
        """Fold a block, and select it."""
        self.refold(self.unfolded - {block}, lambda: self.select(block))

    def fold_to_level(self, level: int) -> None:
        """See all blocks folded that have so many around them."""
        if self.folding is not None:
            self.refold(self.folding.hierarchy.to_level(level))

    def disclose(self, name: str, then: Callable[[], None]) -> bool:
        """Unfold whatever a layer or block is hidden in.

        Parameters
        ----------
        name : str
        then : callable
            What to do when it can be seen; not called if it can be seen already.

        Returns
        -------
        bool
            Whether it was hidden.
        """
        if self.folding is None or self.folding.node_of(name) == name:
            return False
        around = {block.name for block in self.folding.hierarchy.around(name)}
        self.refold(self.unfolded | around, then)
        return True

    def refold(self, unfolded: frozenset[str], then: Callable[[], None] | None = None) -> None:
        """See these blocks as what is in them, all others as one node each.

        Parameters
        ----------
        unfolded : frozenset of str
        then : callable, optional
            What to do afterwards.
        """
        if self.network is None or self.folding is None:
            return
        if then is not None:
            self._afterwards.append(then)
        if unfolded == self.folding.unfolded:
            self._drop("folding")
            self._folded()
            return

        def accept(folding: Folding) -> None:
            assert self.network is not None
            assert self.folding is not None
            self.refolding.emit()
            self.refolded = _between(self.folding, folding)
            self._about_to_refold(folding)
            self.folding = folding
            key = f"{self.network.fingerprint}{_UNFOLDED}"
            self._memory[key] = folding_text.to_text(unfolded, folding.hierarchy)
            self.folding_changed.emit()
            if not folding.layout.complete:
                self.noted.emit(GIVEN_UP)
            self._refolded(folding)
            self._folded()

        self.ask("folding", "Arranging the layers", Fold(self.folding.hierarchy, unfolded), accept)

    def _folded(self) -> None:
        waiting, self._afterwards = self._afterwards, []
        for then in waiting:
            then()

    def _foldings(self) -> dict[str, str]:
        """How models were left, by fingerprint."""
        return {
            key.removesuffix(_UNFOLDED): text for key, text in self._memory.items() if key.endswith(_UNFOLDED)
        }


def _between(old: Folding, new: Folding) -> tuple[str, ...]:
    """Layers of the one block that was folded or unfolded; none if there were several."""
    changed = (old.nodes ^ new.nodes) & old.hierarchy.block_by_name.keys()
    tops = [
        name for name in changed if not any(block.name in changed for block in old.hierarchy.around(name))
    ]
    if len(tops) != 1:
        return ()
    block = old.hierarchy.block_by_name[tops[0]]
    return tuple(layer.name for layer in old.hierarchy.order[block.first : block.stop])
