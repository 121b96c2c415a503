"""Find layers by what is known of them: name, operator, attributes, shapes, types, weights.

A query is words, all of which must be found somewhere in a layer, whatever their case. ``op:conv`` looks
only at the operator; see `FIELDS`. A star stands for anything, and then the whole of a name or shape must
match: ``shape:*x256x*``. What stands in quotes is the whole name, and may have spaces in it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from explorer3d.graph.model import Layer, Model, Port
from explorer3d.graph.summary import shape_text
from explorer3d.progress import Progress, ignore

_TERM = re.compile(r'(?:(?P<field>[A-Za-z]+):)?(?:"(?P<exact>[^"]*)(?P<closed>"?)|(?P<word>\S+)|(?=\s|$))')
_WORD = re.compile(r"[^\W\d_]{3,}")

# Entries are told apart by a character that no query holds.
_END = "\n"
_LONGEST = 1000  # characters of an attribute's value that are looked at
_VOCABULARY = 1000


@dataclass(frozen=True)
class Term:
    """One condition of a query.

    Attributes
    ----------
    field : str
        Key in `FIELDS`; empty for all of them.
    text : str
        In lower case.
    kind : {"part", "pattern", "whole"}
        How much of an entry must be the text.
    """

    field: str
    text: str
    kind: str = "part"


def parse(query: str) -> tuple[Term, ...]:
    """Take a query apart; what has no text yet, such as ``op:``, asks for nothing."""
    terms = []
    for match in _TERM.finditer(query):
        field, exact, word = (match[group] for group in ("field", "exact", "word"))
        field = (field or "").lower()
        if field and field not in FIELDS:
            # A colon in a name, as in conv1:0.
            field, exact, word = "", None, match[0]
        text = _plain(exact if exact is not None else word or "").strip()
        if not text.strip("*"):
            continue
        if exact is not None:
            # Nothing would be found until the second quote is there.
            terms.append(Term(field, text, "whole" if match["closed"] else "part"))
        else:
            terms.append(Term(field, text, "pattern" if "*" in text else "part"))
    return tuple(terms)


class Index:
    """What is known of a model's inputs and layers, ready to be looked through.

    Attributes
    ----------
    names : tuple of str
        Model inputs, then layers, in the model's order.
    """

    def __init__(self, model: Model, progress: Progress = ignore) -> None:
        nodes: list[Port | Layer] = [*model.inputs, *model.layers]
        self.names = tuple(node.name if isinstance(node, Layer) else node.value for node in nodes)
        self._operators = [node.op if isinstance(node, Layer) else "Input" for node in nodes]
        self._texts: dict[str, list[str]] = {}
        for place, (field, entries) in enumerate(FIELDS.items()):
            progress(place / len(FIELDS), "Reading the layers")
            self._texts[field] = [
                f"{_END}{_END.join(_plain(entry) for entry in entries(node))}{_END}" for node in nodes
            ]
        self._texts[""] = list(map("".join, zip(*self._texts.values(), strict=True)))
        self._words = self._vocabulary()

    def find(self, query: str, operators: frozenset[str] | None = None) -> tuple[str, ...]:
        """Names of the nodes that a query is about, in the model's order.

        Parameters
        ----------
        query : str
            An empty one is about nothing, unless there are operators.
        operators : frozenset of str, optional
            Only nodes with one of these.
        """
        terms = parse(query)
        if not terms and operators is None:
            return ()
        found: Sequence[int] = range(len(self.names))
        if operators is not None:
            found = [place for place in found if self._operators[place] in operators]
        for term in terms:
            found = self._matching(term, found)
        return tuple(self.names[place] for place in found)

    def why_nothing(self, query: str) -> str:
        """Say kindly why a query found nothing, and what else may have been meant."""
        terms = parse(query)
        everywhere = range(len(self.names))
        for term in terms:
            if not self._matching(term, everywhere):
                said = f"Nothing {_VERBS[term.field]} '{term.text}'"
                near = self._near(term)
                return f"{said}; did you mean '{near}'?" if near else f"{said}."
        quoted = ", ".join(f"'{term.text}'" for term in terms)
        return f"No layer has all of: {quoted}."

    def _matching(self, term: Term, places: Sequence[int]) -> list[int]:
        texts = self._texts[term.field]
        if term.kind == "pattern":
            middle = "[^\n]*".join(map(re.escape, term.text.split("*")))
            met = re.compile(f"\n{middle}\n").search
            return [place for place in places if met(texts[place])]
        wanted = f"{_END}{term.text}{_END}" if term.kind == "whole" else term.text
        return [place for place in places if wanted in texts[place]]

    def _vocabulary(self) -> dict[str, list[str]]:
        """The commonest words of each field, and whole operators."""
        words = {}
        for field, texts in self._texts.items():
            counts = Counter(word for text in texts for word in set(_WORD.findall(text)))
            if field in ("", "op"):
                counts.update(text.strip() for text in self._texts["op"])
            words[field] = [word for word, _ in counts.most_common(_VOCABULARY)]
        return words

    def _near(self, term: Term) -> str:
        near = get_close_matches(term.text.strip("*"), self._words[term.field], n=1, cutoff=0.65)
        return near[0] if near else ""


def _plain(text: str) -> str:
    """Lower case, on one line, sizes joined by the letter x."""
    return " ".join(text.lower().replace("×", "x").split())


def _names(node: Port | Layer) -> Iterator[str]:
    name = node.name if isinstance(node, Layer) else node.value
    yield name
    parts = [part for part in name.split("/") if part]
    if len(parts) > 1:
        yield from parts


def _operators(node: Port | Layer) -> Iterator[str]:
    yield node.op if isinstance(node, Layer) else "Input"


def _attributes(node: Port | Layer) -> Iterator[str]:
    for key, value in node.attributes.items() if isinstance(node, Layer) else ():
        text = attribute_text(value)[:_LONGEST]
        yield f"{key}={text}"
        yield key
        yield text


def _shapes(node: Port | Layer) -> Iterator[str]:
    """Of outputs and weights: inputs are outputs of the layer before."""
    for port in _made(node):
        if port.shape is not None:
            yield shape_text(port.shape, "x")
            if len(port.shape) > 1:
                # As it is written in the scene, without the batch.
                yield shape_text(port.shape[1:], "x")
    for weight in node.weights if isinstance(node, Layer) else ():
        yield shape_text(weight.shape, "x")


def _types(node: Port | Layer) -> Iterator[str]:
    yield from (port.dtype for port in _made(node))
    yield from (weight.dtype for weight in node.weights) if isinstance(node, Layer) else ()


def _weights(node: Port | Layer) -> Iterator[str]:
    for weight in node.weights if isinstance(node, Layer) else ():
        yield weight.name
        if weight.label:
            yield weight.label


def _made(node: Port | Layer) -> tuple[Port, ...]:
    return node.outputs if isinstance(node, Layer) else (node,)


def attribute_text(value: object) -> str:
    """An attribute's value on one line, as short as can be: ``[3,3]``."""
    return value if isinstance(value, str) else json.dumps(value, default=str, separators=(",", ":"))


FIELDS: dict[str, Callable[[Port | Layer], Iterator[str]]] = {
    "name": _names,
    "op": _operators,
    "attr": _attributes,
    "shape": _shapes,
    "dtype": _types,
    "weight": _weights,
}
"""What a term may be limited to, and the entries of a node in it."""

_VERBS = {
    "": "is called",
    "name": "has the name",
    "op": "is the operator",
    "attr": "has the attribute",
    "shape": "has the shape",
    "dtype": "is of type",
    "weight": "has a weight called",
}
