"""Layers gathered into blocks: by the names of their scopes; where these tell nothing, by repetition."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph import igraph_core
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.model import Layer, Model
from explorer3d.graph.ordering import Orders
from explorer3d.graph.repetition import Repeat, repeats
from explorer3d.progress import Progress, ignore

# Name scopes deeper than this are no help to a reader, and a hostile file may nest them without end.
_DEEPEST = 12

# Nodes side by side of which a reader still makes sense without further blocks.
_FEW = 40

_PIECE = 25
_LOOSE = 5


@dataclass(frozen=True)
class Block:
    """Layers that may be folded into one node.

    Attributes
    ----------
    name : str
        Unique among blocks, layers and inputs of the model.
    title : str
        For people.
    parent : str
        Name of the block around it; empty at the top.
    depth : int
        How many blocks are around it.
    first, stop : int
        Its layers in `Hierarchy.order`.
    """

    name: str
    title: str
    parent: str
    depth: int
    first: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.first


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """The blocks of a model.

    Attributes
    ----------
    model : Model
    order : tuple of Layer
        In a topological order in which the layers of each block follow each other: whatever is folded,
        no cycle arises.
    blocks : tuple of Block
        Each before those within it.
    block_of : tuple of str
        Name of the innermost block around each layer of `order`; empty at the top.
    orders : mutable mapping
        What its layouts have in common, so that each finds less to do than the one before.
    folded : dict of str to FoldedBlock
        The blocks that have been folded so far, by name.
    """

    model: Model
    order: tuple[Layer, ...]
    blocks: tuple[Block, ...]
    block_of: tuple[str, ...]
    orders: Orders = field(default_factory=dict)
    folded: dict[str, FoldedBlock] = field(default_factory=dict)

    @cached_property
    def block_by_name(self) -> dict[str, Block]:
        return {block.name: block for block in self.blocks}

    @cached_property
    def place(self) -> dict[str, int]:
        """Where in `order` each layer is."""
        return {layer.name: index for index, layer in enumerate(self.order)}

    @cached_property
    def last_use(self) -> dict[str, int]:
        """Where in `order` each value is taken last."""
        return {port.value: index for index, layer in enumerate(self.order) for port in layer.inputs}

    @cached_property
    def levels(self) -> int:
        """At how many levels it can be read; at the last one, nothing is folded."""
        return 1 + max((block.depth + 1 for block in self.blocks), default=0)

    def around(self, name: str) -> tuple[Block, ...]:
        """Blocks around a layer or block, from the outermost."""
        if name in self.block_by_name:
            inner = self.block_by_name[name].parent
        elif name in self.place:
            inner = self.block_of[self.place[name]]
        else:
            return ()
        found = []
        while inner:
            found.append(self.block_by_name[inner])
            inner = found[-1].parent
        return tuple(reversed(found))

    def to_level(self, level: int) -> frozenset[str]:
        """Blocks to unfold so that those at a depth of `level` are seen folded."""
        return frozenset(block.name for block in self.blocks if block.depth < level)

    def nodes_at(self, level: int) -> int:
        """How many layers and folded blocks are seen at a level."""
        return self._counts[min(level, self.levels - 1)]

    @cached_property
    def _counts(self) -> tuple[int, ...]:
        """How many are seen at each level."""
        blocks = Counter(block.depth for block in self.blocks)
        depth = {block.name: block.depth + 1 for block in self.blocks}
        loose = Counter(depth[name] if name else 0 for name in self.block_of)
        seen = itertools.accumulate(loose[level] for level in range(self.levels))
        return tuple(count + blocks[level] for level, count in enumerate(seen))


@dataclass(eq=False)
class _Group:
    title: str
    parts: list[_Part]
    members: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.members = [member for part in self.parts for member in _members(part)]


_Part = int | _Group


def hierarchy(model: Model, progress: Progress = ignore) -> Hierarchy:
    """Gather a model's layers into blocks."""
    return _Gathering(model, progress).result()


class _Gathering:
    """One walk over a model, from its outermost scopes inwards."""

    def __init__(self, model: Model, progress: Progress) -> None:
        self._model = model
        self._progress = progress
        self._step(0.0)
        self._layers = _sources_late(model)
        makers = {port.value: index for index, layer in enumerate(self._layers) for port in layer.outputs}
        self._before = [
            sorted({makers[port.value] for port in layer.inputs if makers.get(port.value, index) < index})
            for index, layer in enumerate(self._layers)
        ]
        self._step(0.2)
        self._scopes = self._scopes_of()
        self._step(0.4)
        self._at = np.full(len(self._layers), -1)
        words: dict[object, int] = {}
        self._kinds = [words.setdefault(_kind(layer), len(words)) for layer in self._layers]
        self._operators = [words.setdefault(layer.op, len(words)) for layer in self._layers]
        self._words = words

    def _step(self, share: float) -> None:
        self._progress(share, "Gathering the layers")

    def _scopes_of(self) -> list[tuple[str, ...]]:
        # Of a name that several fused operators share, the first stands for all.
        scopes = [
            tuple(filter(None, layer.block.partition(";")[0].split("/")))[:_DEEPEST] for layer in self._layers
        ]
        takers: dict[int, list[int]] = {}
        for index, sources in enumerate(self._before):
            for source in sources:
                takers.setdefault(source, []).append(index)
        for index, layer in enumerate(self._layers):
            # A constant belongs to whoever takes it.
            if not layer.inputs and not scopes[index] and index in takers:
                ends = [scopes[taker] for taker in takers[index]]
                common = zip(*ends, strict=False)
                scopes[index] = tuple(
                    names[0] for names in itertools.takewhile(lambda names: len(set(names)) == 1, common)
                )
        return scopes

    def result(self) -> Hierarchy:
        parts = self._by_scope(list(range(len(self._layers))), 0)
        while len(parts) == 1 and isinstance(parts[0], _Group):
            parts = parts[0].parts
        order: list[int] = []
        blocks: list[Block] = []
        block_of: list[str] = []
        taken = {layer.name for layer in self._layers} | {port.value for port in self._model.inputs}

        def walk(parts: list[_Part], parent: str, depth: int) -> None:
            for part in parts:
                if isinstance(part, int):
                    order.append(part)
                    block_of.append(parent)
                    continue
                name = f"{parent}{part.title}/"
                while name in taken:
                    name += "/"
                taken.add(name)
                first = len(order)
                blocks.append(Block(name, part.title, parent, depth, first, first + len(part.members)))
                walk(part.parts, name, depth + 1)

        self._step(0.9)
        walk(parts, "", 0)
        return Hierarchy(self._model, tuple(self._layers[i] for i in order), tuple(blocks), tuple(block_of))

    def _by_scope(self, members: list[int], depth: int) -> list[_Part]:
        """Parts of what lies in one scope, in topological order."""
        scopes: dict[object, list[int]] = {}
        for member in members:
            scope = self._scopes[member]
            scopes.setdefault(scope[depth] if len(scope) > depth else member, []).append(member)
        if len(scopes) == 1 and len(members) > 1:
            return self._by_scope(members, depth + 1)
        parts: list[_Part] = []
        calls: Counter[str] = Counter()
        for group in self._ordered(list(scopes.values())):
            if len(group) == 1:
                parts.append(group[0])
                continue
            title = self._scopes[group[0]][depth]
            calls[title] += 1
            inner = self._by_scope(group, depth + 1)
            title = title if calls[title] == 1 else f"{title} #{calls[title]}"
            parts.append(_Group(title, inner))
        return self._gathered(parts)

    def _ordered(self, groups: list[list[int]]) -> list[list[int]]:
        """Groups in topological order; those that feed each other in a circle are cut into runs."""
        if all(one[-1] < other[0] for one, other in zip(groups, groups[1:], strict=False)):
            return groups
        graph = igraph_core.graph(len(groups), sorted(self._links(groups)))
        cut: list[list[int]] = []
        circles: dict[int, list[int]] = {}
        for index, circle in enumerate(graph.connected_components(mode="strong")):
            circles.setdefault(circle, []).append(index)
        for circle in circles.values():
            owner = {member: index for index in circle for member in groups[index]}
            last = -1
            for member in sorted(owner):
                if owner[member] != last:
                    cut.append([])
                last = owner[member]
                cut[-1].append(member)
        waiting = [0] * len(cut)
        after: list[list[int]] = [[] for _ in cut]
        for source, target in self._links(cut):
            waiting[target] += 1
            after[source].append(target)
        ready = [(group[0], index) for index, group in enumerate(cut) if not waiting[index]]
        heapq.heapify(ready)
        result = []
        while ready:
            _, index = heapq.heappop(ready)
            result.append(cut[index])
            for target in after[index]:
                waiting[target] -= 1
                if not waiting[target]:
                    heapq.heappush(ready, (cut[target][0], target))
        return result

    def _links(self, groups: Sequence[Iterable[int]]) -> set[tuple[int, int]]:
        """Which groups feed which others."""
        at = self._at
        members = [list(group) for group in groups]
        for index, group in enumerate(members):
            at[group] = index
        place = at.tolist()
        links = {
            (place[source], index)
            for index, group in enumerate(members)
            for member in group
            for source in self._before[member]
            if place[source] >= 0 and place[source] != index
        }
        for group in members:
            at[group] = -1
        return links

    def _gathered(self, parts: list[_Part]) -> list[_Part]:
        """Too many parts side by side, gathered by repetition, else in pieces between which little passes."""
        if len(parts) <= _FEW:
            return parts
        self._step(0.6)
        crossing = self._crossing(parts)
        for words in (self._kinds, self._operators):
            signs = np.array([self._sign(part, words) for part in parts])
            found = repeats(signs, crossing)
            if found:
                return self._pieces(self._repeated(parts, found))
        return self._pieces(parts)

    def _repeated(self, parts: list[_Part], found: Sequence[Repeat]) -> list[_Part]:
        result: list[_Part] = []
        done = 0
        for repeat in found:
            result += self._between(parts[done : repeat.start])
            done = repeat.start + repeat.period * repeat.count
            bounds = range(repeat.start, done, repeat.period)
            word = self._word(parts[repeat.start : repeat.start + repeat.period])
            copies: list[_Part] = [
                _Group(
                    f"{word} {number}/{repeat.count}",
                    self._gathered(parts[start : start + repeat.period]),
                )
                for number, start in enumerate(bounds, 1)
            ]
            if len(found) == 1 and repeat.period * repeat.count > len(parts) - _FEW // 2:
                result += copies
            else:
                result.append(_Group(f"{repeat.count} × {word}", self._pieces(copies)))
        return result + self._between(parts[done:])

    def _between(self, parts: list[_Part]) -> list[_Part]:
        """What stands beside repeats, which read as one thing each, is to do so too."""
        return parts if len(parts) < _LOOSE else [_Group(self._word(parts), self._gathered(parts))]

    def _pieces(self, parts: list[_Part]) -> list[_Part]:
        if len(parts) <= 1.5 * _FEW:
            return parts
        crossing = self._crossing(parts)
        size = max(_PIECE, -(-len(parts) // _FEW))
        cuts = [0]
        while len(parts) - cuts[-1] > 1.3 * size:
            earliest = cuts[-1] + max(1, int(0.7 * size))
            window = crossing[earliest : cuts[-1] + size + 1]
            cuts.append(earliest + len(window) - 1 - int(np.argmin(window[::-1])))
        cuts.append(len(parts))
        return [
            _Group(
                f"{self._word(parts[start:stop])} {number}/{len(cuts) - 1}",
                self._pieces(parts[start:stop]),
            )
            for number, (start, stop) in enumerate(zip(cuts, cuts[1:], strict=False), 1)
        ]

    def _crossing(self, parts: Sequence[_Part]) -> NDArray[np.int64]:
        """How many of the parts hand something over each place between two of them."""
        last = list(range(len(parts)))
        for source, target in self._links([_members(part) for part in parts]):
            last[source] = max(last[source], target)
        change = np.zeros(len(parts) + 2, np.int64)
        np.add.at(change, np.arange(1, len(parts) + 1), 1)
        np.add.at(change, np.array(last) + 1, -1)
        return np.cumsum(change)[: len(parts) + 1]

    def _sign(self, part: _Part, words: Sequence[int]) -> int:
        if isinstance(part, int):
            return words[part]
        return self._words.setdefault(tuple(words[member] for member in part.members), len(self._words))

    def _word(self, parts: Sequence[_Part]) -> str:
        """The operator that does most of the work."""
        work: Counter[str] = Counter()
        for part in parts:
            for member in _members(part):
                layer = self._layers[member]
                work[layer.op] += 1 + (layer.macs or layer.parameters)
        return work.most_common(1)[0][0]


def _sources_late(model: Model) -> tuple[Layer, ...]:
    """The layers, those that take nothing moved to just before the first that takes what they give."""
    sources = {port.value: layer for layer in model.layers if not layer.inputs for port in layer.outputs}
    late: dict[str, Layer] = {}
    for layer in model.layers:
        if layer.inputs:
            for port in layer.inputs:
                if port.value in sources:
                    late.setdefault(sources[port.value].name, sources[port.value])
            late[layer.name] = layer
    for layer in model.layers:
        late.setdefault(layer.name, layer)
    return tuple(late.values())


def _members(part: _Part) -> list[int]:
    return [part] if isinstance(part, int) else part.members


def _kind(layer: Layer) -> tuple[object, ...]:
    """What two layers have in common that do the same at different places."""
    return (
        layer.op,
        tuple(port.shape for port in layer.outputs),
        tuple(weight.shape for weight in layer.weights),
    )
