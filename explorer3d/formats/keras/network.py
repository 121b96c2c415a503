"""Emits a whole network, layer by layer, as far as its layers are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
import onnx_ir as ir

from explorer3d.errors import ModelError
from explorer3d.formats.keras.arguments import Reference, is_shape, mapped, references
from explorer3d.formats.keras.config import Call, LayerConfig, Network
from explorer3d.formats.keras.emission import check_inference, emit_layer, is_known, known_by_name
from explorer3d.formats.keras.emit import GraphParts, Scope, Tensor, described
from explorer3d.formats.keras.layers.masking import TAKES_MASKS_AWAY
from explorer3d.formats.keras.operations import is_operation
from explorer3d.formats.keras.operations.appearance import shown_arguments, shown_class
from explorer3d.formats.keras.settings import Settings, Unsupported, attributes
from explorer3d.formats.keras.stand_in import likely_shape, note, stand_in
from explorer3d.formats.keras.weights import WeightStore
from explorer3d.graph.model import LayerSpec
from explorer3d.graph.stand_in import Opaque, StandIn, StandIns
from explorer3d.progress import Progress


@dataclass(eq=False)
class Emitted:
    """A network's graph, its layers, and what to tell a person about it."""

    parts: GraphParts
    inputs: list[ir.Value]
    outputs: list[ir.Value] = field(default_factory=list)
    specs: list[LayerSpec] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Result:
    """What a layer gives: a tensor, or the layer to blame that there is none."""

    name: str
    tensor: Tensor | None
    blame: str = ""


_Results = dict[Reference, _Result]
_Find = Callable[[Reference], _Result]


def emit_network(
    network: Network,
    store: WeightStore,
    keras: int,
    progress: Progress,
    stand_ins: StandIns,
) -> Emitted:
    """Emit all layers that can run; the others become layers without nodes, with a reason.

    Parameters
    ----------
    keras : int
        Major version of the Keras that wrote the file.
    stand_ins : mapping of layer name to StandIn
        What takes the place of layers that cannot run.
    """
    parts = GraphParts(emit_layer)
    inputs = [_input(layer, parts) for layer in network.inputs]
    emitted = Emitted(parts, [tensor.value for tensor in inputs])
    walk = _Walk(emitted, keras, stand_ins, progress, sum(1 for _ in _all_calls(network)))
    outputs = walk.network(network, [_Result(x.value.name or "", x) for x in inputs], store, "", "")
    emitted.notes.extend(_consequences(walk.victims))
    emitted.notes.extend(_taken_as_known(walk.authors_own))
    emitted.notes.extend(_precision(network))
    emitted.outputs = _outputs(outputs, emitted)
    return emitted


class _Behind(Unsupported):
    """A layer lacks what another one should give."""


class _Walk:
    """Goes through the calls of a network, and of the networks in it."""

    def __init__(
        self,
        emitted: Emitted,
        keras: int,
        stand_ins: StandIns,
        progress: Progress,
        total: int,
    ) -> None:
        self.emitted = emitted
        self.keras = keras
        self.stand_ins = stand_ins
        self.progress = progress
        self.total = total
        self.victims: Counter[str] = Counter()
        # Classes that are registered as the author's own, but computed as the ones in wide use.
        self.authors_own: Counter[str] = Counter()

    def network(
        self, network: Network, inputs: Sequence[_Result], store: WeightStore, block: str, path: str
    ) -> list[_Result]:
        """Emit a network's calls; gives its outputs.

        Parameters
        ----------
        block : str
            Names of the models it lies in, each with the number of its call; empty or ending in ``/``.
        path : str
            The same without numbers: all calls share their weights.
        """
        names = _result_names(network, self.emitted.parts, block)
        results: _Results = {
            Reference(layer.name): given for layer, given in zip(network.inputs, inputs, strict=True)
        }
        sources = {layer.name for layer in network.inputs}

        def place(reference: Reference) -> Reference:
            # A model's input has one result whatever the file calls it.
            return Reference(reference.layer) if reference.layer in sources else reference

        def find(reference: Reference) -> _Result:
            return results[place(reference)]

        for call in network.calls:
            layer, own = call.layer, names[_place(call)]
            if layer.network is not None:
                made = self._inner(call, layer.network, find, store, block, path)
            else:
                given = [find(one) for one in call.inputs]
                made = self._layer(call, network, given, find, store, own, block, path)
            if self.keras >= 3 and layer.is_built_in and layer.class_name in TAKES_MASKS_AWAY:
                results.update({place(one): _unmasked(find(one)) for one in call.inputs})
            fewer = f"{own[0]}, which has {len(made)} result{'s'[: len(made) != 1]} only"
            made += [_Result(name, None, fewer) for name in own[len(made) :]]
            results.update({Reference(layer.name, call.index, at): one for at, one in enumerate(made)})
        return [find(one) for one in network.outputs]

    def _inner(
        self, call: Call, network: Network, find: _Find, store: WeightStore, block: str, path: str
    ) -> list[_Result]:
        layer = call.layer
        name = layer.name if call.index == 0 else f"{layer.name}#{call.index + 1}"
        given = [find(one) for one in _inputs_of(call, network)]
        if len(given) != len(network.inputs):
            raise ModelError(
                f"The file's model configuration calls the model {layer.name!r} with {len(given)} inputs, "
                f"but it takes {len(network.inputs)}."
            )
        mask = call.kwargs.get("mask")
        if isinstance(mask, Reference) and given[0].tensor is not None:
            given[0] = replace(given[0], tensor=replace(given[0].tensor, mask=find(mask).tensor))
        inside = store.inside(layer.name, network)
        return self.network(network, given, inside, f"{block}{name}/", f"{path}{layer.name}/")

    def _layer(
        self,
        call: Call,
        network: Network,
        inputs: Sequence[_Result],
        find: _Find,
        store: WeightStore,
        names: Sequence[str],
        block: str,
        path: str,
    ) -> list[_Result]:
        layer, emitted = call.layer, self.emitted
        self.progress(len(emitted.specs) / max(self.total, 1), f"Reading layer {names[0]}")
        stored = store.of(layer.name)
        scope = Scope(
            emitted.parts, f"{path}{layer.name}", names[0], Settings(layer.config), self.keras, stored
        )
        behind = next((one.blame for one in inputs if one.tensor is None), None)
        given = self.stand_ins.get(names[0])
        reason, opaque = None, None
        try:
            if given is not None:
                opaque = Opaque("something else takes its place", likely_shape(call, network), given)
            if behind is not None and (given is None or given.shape is None):
                raise _Behind(f"it needs the result of layer {behind}")
            if given is None:
                made = self._made(call, scope, find)
            else:
                made, fed = self._stood_in(given, scope, inputs, names[0])
                inputs = [*inputs, *fed]
            results = _named(scope, made, names)
        except Unsupported as error:
            reason = f"Layer {names[0]} cannot run: {error}."
            if isinstance(error, _Behind):
                self.victims[str(behind)] += 1
            else:
                opaque = Opaque(str(error), likely_shape(call, network), given)
                behind = f"{names[0]}, which cannot run ({error})"
                emitted.notes.append(reason)
            results = [_Result(name, None, str(behind)) for name in names]
            scope.discard()
            if not stored.claimed():
                _declare(layer, scope)
        else:
            scope.commit()
            if given is None and (name := known_by_name(layer)):
                self.authors_own[name] += 1
        emitted.specs.append(
            LayerSpec(
                name=f"{block}{layer.name}",
                op=shown_class(layer) if is_operation(layer) else layer.short_class,
                inputs=tuple(one.name for one in inputs),
                outputs=tuple(one.name for one in results),
                weights=stored.claimed() if reason is None or stored.is_complete() else stored.all(),
                attributes=shown_arguments(call) if is_operation(layer) else attributes(layer.config),
                nodes=tuple(scope.nodes),
                block=block.removesuffix("/"),
                reason=reason,
                opaque=opaque,
            )
        )
        return results

    def _made(self, call: Call, scope: Scope, find: _Find) -> tuple[Tensor, ...]:
        check_inference(call)

        def tensor(reference: Reference) -> Tensor | None:
            return find(reference).tensor

        return emit_layer(scope, call.layer, mapped(list(call.args), tensor), mapped(call.kwargs, tensor))

    def _stood_in(
        self, given: StandIn, scope: Scope, inputs: Sequence[_Result], name: str
    ) -> tuple[tuple[Tensor, ...], list[_Result]]:
        """What takes a layer's place, and the model input it comes from if it is fed."""
        tensors = [one.tensor for one in inputs if one.tensor is not None]
        made, source = stand_in(given, scope, tensors, name)
        fed = [] if source is None else [_Result(source.value.name or "", source)]
        self.emitted.inputs.extend(one.tensor.value for one in fed if one.tensor is not None)
        self.emitted.notes.append(note(name, given, fed[0].name if fed else ""))
        return (made,), fed


def _unmasked(result: _Result) -> _Result:
    return result if result.tensor is None else replace(result, tensor=replace(result.tensor, mask=None))


def _named(scope: Scope, made: Sequence[Tensor], names: Sequence[str]) -> list[_Result]:
    results: list[_Result] = []
    for at, tensor in enumerate(made):
        if tensor.value.producer() not in scope.nodes or any(
            tensor.value is one.tensor.value for one in results if one.tensor
        ):
            tensor = replace(scope.op("Identity", [tensor]), mask=tensor.mask)
        name = names[at] if at < len(names) else scope.free_name(f"{names[0]}:{at}")
        tensor.value.name = name
        results.append(_Result(name, tensor))
    return results


def _declare(layer: LayerConfig, scope: Scope) -> None:
    """Find the names of the weights of a layer that lacks its input; some files only number them."""
    if layer.built is None or not is_known(layer):
        return
    source = ir.Value(name=f"{layer.name}/input", type=ir.TensorType(ir.DataType.FLOAT))
    with suppress(Unsupported):
        emit_layer(scope, layer, [described(source, (None, *layer.built[1:]))], {})
    scope.discard()


def _consequences(victims: Mapping[str, int]) -> list[str]:
    return [
        f"{count} {'layer' if count == 1 else 'layers'} cannot run for want of layer {cause}."
        for cause, count in victims.items()
    ]


def _taken_as_known(classes: Mapping[str, int]) -> list[str]:
    return [
        f"{count} {'layer is' if count == 1 else 'layers are'} of the author's own class {name}, "
        f"whose code is not run: what is computed is what {name} usually means."
        for name, count in classes.items()
    ]


def _precision(network: Network) -> list[str]:
    layers = (call.layer for call in _all_calls(network) if not is_operation(call.layer))
    policies = {_policy(layer.config.get("dtype")) for layer in layers} - {None, "float32"}
    return [
        f"The model was made for {name}; it is computed in float32 here."
        for name in sorted(map(str, policies))
    ]


def _policy(dtype: object) -> str | None:
    """``"float32"``, or the object Keras 3 writes around it."""
    if isinstance(dtype, dict):
        config = dtype.get("config")
        dtype = config.get("name") if isinstance(config, dict) else None
    return dtype if isinstance(dtype, str) else None


def _input(layer: LayerConfig, parts: GraphParts) -> Tensor:
    shape = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
    if shape is None:
        raise ModelError(
            "The file's model was saved before it knew the shape of its input. "
            "Build it (model.build, or one prediction) and save it again."
        )
    if not is_shape(shape):
        raise ModelError(f"The file's model configuration gives no shape for the input {layer.name!r}.")
    dtype = _policy(layer.config.get("dtype")) or "float32"
    if dtype not in _INPUT_TYPES:
        raise ModelError(f"The model's input {layer.name!r} is of type {dtype}, which cannot be fed.")
    value = ir.Value(name=parts.name(layer.name), type=ir.TensorType(_INPUT_TYPES[dtype]))
    return described(value, (None, *shape[1:]))


_INPUT_TYPES = {
    name: ir.DataType.from_numpy(np.dtype(name))
    for name in (
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "bool",
    )
} | {"string": ir.DataType.STRING}


def _place(call: Call) -> tuple[str, int]:
    return call.layer.name, call.index


def _all_calls(network: Network) -> Iterator[Call]:
    for call in network.calls:
        if call.layer.network is None:
            yield call
        else:
            yield from _all_calls(call.layer.network)


def _inputs_of(call: Call, network: Network) -> list[Reference]:
    """The tensors for a network's inputs, by name where the call gives names."""
    first = call.args[0] if call.args else call.kwargs.get("inputs")
    if isinstance(first, Mapping) and set(network.input_names) <= set(first):
        return [one for name in network.input_names for one in references(first[name])]
    return list(references(first))


def _result_names(network: Network, parts: GraphParts, block: str) -> dict[tuple[str, int], tuple[str, ...]]:
    """The layer's name; further results and calls are counted."""
    results: Counter[tuple[str, int]] = Counter()
    for reference in (*network.outputs, *(one for call in network.calls for one in call.inputs)):
        if not 0 <= reference.tensor < _MOST_RESULTS:
            raise ModelError(
                f"The file's model configuration asks for result {reference.tensor} of {reference.layer!r}."
            )
        place = (reference.layer, reference.call)
        results[place] = max(results[place], reference.tensor + 1)
    names = {}
    for call in network.calls:
        wish = block + (call.layer.name if call.index == 0 else f"{call.layer.name}#{call.index + 1}")
        count = max(results[_place(call)], 1)
        names[_place(call)] = (
            (wish,)
            if call.layer.network is not None
            else tuple(parts.name(wish if at == 0 else f"{wish}:{at}") for at in range(count))
        )
    return names


# A file may claim any number; Keras' own layers have a handful, operations a part for each place of an axis.
_MOST_RESULTS = 1024


def _outputs(results: Sequence[_Result], emitted: Emitted) -> list[ir.Value]:
    """The model's own outputs; where none can be computed, the last values that can."""
    values = [one.tensor.value for one in results if one.tensor is not None]
    if not values:
        made = {value.name: value for node in emitted.parts.nodes for value in node.outputs}
        made |= {value.name: value for value in emitted.inputs}
        values = [
            made[name]
            for spec in emitted.specs
            if spec.reason is not None
            for name in spec.inputs
            if name in made
        ]
    return list(dict.fromkeys(values))
