"""Where an emitter writes one layer's ONNX nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.config import LayerConfig
from explorer3d.formats.keras.settings import Settings, Unsupported
from explorer3d.formats.keras.stored import StoredWeights, weight_shape
from explorer3d.graph.model import dtype_name
from explorer3d.graph.on_disk import MisalignedTensor
from explorer3d.graph.rearranged import RearrangedTensor

Shape = tuple[int | None, ...]

Emit = Callable[["Scope", LayerConfig, Sequence["Tensor"], Mapping[str, Any]], tuple["Tensor", ...]]

OPSET = 18


@dataclass(frozen=True, eq=False)
class Tensor:
    """A value of the graph.

    Attributes
    ----------
    value : onnx_ir.Value
    shape : tuple of int or None
        As in Keras: the batch, always None, comes first. Constants have no batch.
    mask : Tensor or None
        (N, T) bool: the steps that count, as Keras hands them on from layer to layer.
    """

    value: ir.Value
    shape: Shape
    mask: Tensor | None = None

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def is_by_batch(self) -> bool:
        """Whether the size of the first axis, if open, is that of the batch."""
        if not self.shape or self.shape[0] is not None or self.value.shape is None:
            return True
        size = self.value.shape[0]
        return isinstance(size, ir.SymbolicDim) and size.value is not None

    def axis(self, axis: int) -> int:
        """A possibly negative axis as a position from the front."""
        if not -self.rank <= axis < self.rank:
            raise Unsupported(f"its axis {axis} does not exist in an input of rank {self.rank}")
        return axis % self.rank

    def known(self, axis: int) -> int:
        """The size of an axis that must not be left open."""
        size = self.shape[self.axis(axis)]
        if size is None:
            raise Unsupported(f"the size of its input's axis {axis} is not in the file")
        return size


@dataclass(eq=False)
class GraphParts:
    """Everything emitted so far, and how to emit a layer inside another."""

    emit: Emit
    nodes: list[ir.Node] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    shared: dict[tuple[str, ...], ir.Value] = field(default_factory=dict)

    def name(self, wish: str) -> str:
        """The wish itself if it is free, else with a number."""
        name, count = wish, 1
        while name in self.names:
            name, count = f"{wish}_{count}", count + 1
        self.names.add(name)
        return name


class Scope:
    """One call of one layer, or of a layer inside it, while its nodes are emitted.

    Attributes
    ----------
    settings : Settings
    keras : int
        Major version of the Keras that wrote the file; some defaults changed.
    nodes : list of onnx_ir.Node
        Emitted so far for this call.
    keywords : mapping
        What the layer was called with by name, tensors as `Tensor`: ``mask``, ``initial_state``, …
    batch : str or None
        What graphs call the size of the first axis; None inside a layer that puts something else there.
    """

    def __init__(
        self,
        parts: GraphParts,
        layer: str,
        call: str,
        settings: Settings,
        keras: int,
        stored: StoredWeights,
        keywords: Mapping[str, Any] | None = None,
    ) -> None:
        self.settings = settings
        self.keras = keras
        self.nodes: list[ir.Node] = []
        self.keywords: Mapping[str, Any] = keywords or {}
        self.batch: str | None = "batch"
        self._new: dict[tuple[str, ...], ir.Value] = {}
        self._parts = parts
        self._layer = layer
        self._call = call
        self._stored = stored
        self._own: dict[str, ir.TensorProtocol] = {}

    def of(self, config: Mapping[str, Any]) -> Scope:
        """The same place under other settings, for a layer that acts as another's activation."""
        inner = copy(self)
        inner.settings = Settings(config)
        return inner

    def elsewhere(self) -> Scope:
        """The same place, for values whose first axis is not the model's batch."""
        inner = copy(self)
        inner.batch = None
        return inner

    def part(self, attribute: str, name: str, config: Mapping[str, Any] | None = None) -> Scope:
        """A layer inside this one, with settings (if given) and weights of its own.

        Parameters
        ----------
        attribute : str
            Where the outer layer keeps it (``forward_layer``, ``cell``, ``query_dense``): how Keras 3 names
            its group in a ``.keras`` file. Several steps are joined by ``/``.
        name : str
            What it is called in the names of its weights (``forward_lstm``, ``lstm_cell``, ``query``).
        """
        inner = copy(self) if config is None else self.of(config)
        inner.keywords = {}
        inner._layer = f"{self._layer}/{name}"
        inner._call = f"{self._call}/{name}"
        inner._stored = self._stored.part(attribute, name)
        inner._own = {}
        return inner

    def apply(
        self,
        attribute: str,
        layer: LayerConfig,
        inputs: Sequence[Tensor],
        keywords: Mapping[str, Tensor] | None = None,
    ) -> tuple[Tensor, ...]:
        """The results of a layer (or whole model) that this one wraps."""
        return self._parts.emit(self.part(attribute, layer.name, layer.config), layer, inputs, keywords or {})

    def commit(self) -> None:
        """The layer can run: what was emitted belongs to the graph."""
        self._parts.nodes.extend(self.nodes)
        self._parts.shared.update(self._new)

    def discard(self) -> None:
        """The layer cannot run: leave no trace of it on the values it would have used."""
        _forget(self.nodes)
        self.nodes.clear()

    def op(
        self,
        op: str,
        inputs: Sequence[Tensor | None],
        shape: Shape | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> Tensor:
        """Add a node. Its output has the first input's type and, if none is given, its shape."""
        first = inputs[0]
        assert first is not None
        return self.ops(op, inputs, [first.shape if shape is None else shape], domain, **attributes)[0]

    def ops(
        self,
        op: str,
        inputs: Sequence[Tensor | None],
        shapes: Sequence[Shape],
        domain: str = "",
        **attributes: Any,
    ) -> list[Tensor]:
        """Add a node with several outputs, all of the first input's type."""
        first = inputs[0]
        assert first is not None
        node = ir.Node(
            domain,
            op,
            [None if tensor is None else tensor.value for tensor in inputs],
            [_attribute(key, value) for key, value in attributes.items()],
            num_outputs=len(shapes),
            name=self._parts.name(f"{self._call}/{op}"),
        )
        self.nodes.append(node)
        for at, output in enumerate(node.outputs):
            output.name = self._parts.name(f"{node.name}:{at}") if at else node.name
            output.type = first.value.type
        # What an operation put in the place of the batch is not called so any more.
        batch = self.batch if all(x.is_by_batch for x in inputs if x is not None) else None
        return [described(output, shape, batch) for output, shape in zip(node.outputs, shapes, strict=True)]

    def argument(self, wish: str, like: Tensor, shape: Shape) -> Tensor:
        """What a graph inside a node is given; its type is another tensor's."""
        value = ir.Value(name=self.free_name(f"{self._call}/{wish}"), type=like.value.type)
        return described(value, shape, self.batch)

    def graph(self, name: str, arguments: Sequence[Tensor], emit: Callable[[], Sequence[Tensor]]) -> ir.Graph:
        """Make a graph of what `emit` adds, for ``Scan`` and its like; it may take values from around it."""
        start = len(self.nodes)
        results = emit()
        inside = self.nodes[start:]
        del self.nodes[start:]
        return ir.Graph(
            [one.value for one in arguments],
            [one.value for one in results],
            nodes=inside,
            name=f"{self._call}/{name}",
        )

    def cast(self, x: Tensor, dtype: ir.DataType) -> Tensor:
        if x.value.dtype == dtype:
            return x
        if x.value.dtype == ir.DataType.STRING:
            raise Unsupported("its input is made of words")
        y = self.op("Cast", [x], to=int(dtype))
        y.value.type = ir.TensorType(dtype)
        return y

    def floating(self, x: Tensor) -> Tensor:
        return self.cast(x, ir.DataType.FLOAT)

    def free_name(self, wish: str) -> str:
        """The wish itself if no value or node is called so yet, else with a number."""
        return self._parts.name(wish)

    def transpose(self, x: Tensor, order: Sequence[int]) -> Tensor:
        if tuple(order) == tuple(range(x.rank)):
            return x
        shape = tuple(x.shape[axis] for axis in order)
        maker = x.value.producer()
        if maker is not None and maker.op_type == "Transpose":
            before = maker.attributes.get_ints("perm")
            if [before[axis] for axis in order] == list(range(x.rank)):
                source = maker.inputs[0]
                assert source is not None
                return Tensor(source, shape)
        return self.op("Transpose", [x], shape, perm=tuple(order))

    def constant(self, values: Any, key: str, dtype: Any = np.float32) -> Tensor:
        """A tensor that is known now."""
        try:
            with np.errstate(over="raise"):
                array = np.asarray(values, dtype=dtype)
        except (FloatingPointError, OverflowError) as error:
            raise Unsupported(f"its {key} is too large") from error
        # Two parts of a layer may mean different numbers by the same word.
        content = blake2b(array.tobytes()).hexdigest()
        identity = ("", key, str(array.dtype), str(array.shape), content)
        return self._shared(identity, key, ir.Tensor(array))

    def integers(self, values: Sequence[int], key: str) -> Tensor:
        """Shapes, axes and the like."""
        return self.constant(values, key, np.int64)

    def initializer(self, key: str, tensor: ir.TensorProtocol) -> Tensor:
        """A tensor of the layer; several calls of the layer share it."""
        return self._shared((key,), key, tensor)

    def _shared(self, identity: tuple[str, ...], key: str, tensor: ir.TensorProtocol) -> Tensor:
        place = (self._layer, *identity)
        value = self._parts.shared.get(place) or self._new.get(place)
        if value is None:
            name = self._parts.name(f"{self._layer}/{key}")
            tensor.name = name
            value = ir.Value(
                name=name,
                shape=ir.Shape(weight_shape(tensor)),
                type=ir.TensorType(tensor.dtype),
                const_value=tensor,
            )
            self._new[place] = value
        assert value.const_value is not None
        return Tensor(value, weight_shape(value.const_value))

    def stored_shape(self, name: str) -> Shape | None:
        """The shape of the tensor that `declare` would find; None if there is none."""
        tensor = self._stored.find(name)
        return None if tensor is None else weight_shape(tensor)

    def stored(self, name: str) -> ir.TensorProtocol | None:
        """What the file holds for the layer though Keras does not count it among its weights, if it does."""
        return self._stored.find(name)

    def asset(self, name: str) -> str | None:
        """A text that the layer keeps beside its weights; None if the file holds none."""
        return self._stored.asset(name)

    def declare(self, axes: Mapping[str, str] | None = None, /, **shapes: Shape) -> None:
        """Say which tensors the layer has, in the order in which Keras makes them.

        Parameters
        ----------
        axes : mapping of name to str, optional
            One letter per axis, for kernels whose axes are not in Keras' usual order.

        Raises
        ------
        Unsupported
            The file's tensors are others, or have other shapes.
        """
        for name, shape in shapes.items():
            tensor = self._stored.claim(name, (axes or {}).get(name))
            actual = weight_shape(tensor)
            if actual != shape:
                raise Unsupported(
                    f"its weight {name} has the shape {actual} in the file, but {shape} is needed"
                )
            self._own[name] = tensor

    def pass_over(self, name: str) -> None:
        """Leave out a tensor that a ``.keras`` file holds twice, here and in a layer inside."""
        self._stored.pass_over(name)

    def check_weights(self) -> None:
        """Raise `Unsupported` if the file holds weights that the layer did not declare."""
        self._stored.check_complete()

    def weight(
        self,
        name: str,
        shape: Sequence[int] | None = None,
        change: Callable[[np.ndarray], np.ndarray] | None = None,
        key: str | None = None,
        *,
        order: Sequence[int] | None = None,
        whole: bool = False,
    ) -> Tensor:
        """A declared tensor as float32 for ONNX.

        Parameters
        ----------
        name : str
        shape : sequence of int, optional
            What it becomes by `change` or `order`.
        change : callable, optional
            Applied whenever it is read.
        key : str, optional
            What to call the result; its own name by default.
        order : sequence of int, optional
            Of its axes, before they are taken together; opens faster than a change of another kind.
        whole : bool
            It may be made of whole numbers.
        """
        source = self._own[name]
        if not whole and not source.dtype.is_floating_point():
            raise Unsupported(f"its weight {name} is stored as {dtype_name(source.dtype)}")
        tensor: ir.TensorProtocol
        if order is not None or (change is None and isinstance(source, MisalignedTensor)):
            sizes = shape or weight_shape(source)
            tensor = RearrangedTensor(source, range(len(sizes)) if order is None else order, sizes)
        elif change is None and isinstance(source, ir.Tensor) and source.dtype == ir.DataType.FLOAT:
            # The same memory; a tensor object of its own, since each carries one name.
            tensor = ir.Tensor(source.numpy())
        else:
            tensor = _deferred(source, ir.Shape(shape or weight_shape(source)), change or _same)
        return self.initializer(key or name, tensor)


def _attribute(name: str, value: Any) -> ir.Attr:
    """What `onnx_ir.node` makes of a value too, but in a fifth of the time for the usual ones."""
    if type(value) is int:
        return ir.AttrInt64(name, value)
    if type(value) is tuple and value and all(type(item) is int for item in value):
        return ir.AttrInt64s(name, value)
    if type(value) is float:
        return ir.AttrFloat32(name, value)
    if type(value) is str:
        return ir.AttrString(name, value)
    return ir.convenience.convert_attribute(name, value)


def described(value: ir.Value, shape: Shape, batch: str | None = "batch") -> Tensor:
    """Write the shape on the value, and what the size of its first axis is called."""
    if any(size is not None and size >= 2**31 for size in shape):
        raise Unsupported(f"its result would be of shape {shape}")
    value.shape = ir.Shape([batch if axis == 0 and size is None else size for axis, size in enumerate(shape)])
    return Tensor(value, shape)


def _forget(nodes: Iterable[ir.Node]) -> None:
    """Take away what nodes read, those in the graphs inside them too."""
    for node in nodes:
        for at in range(len(node.inputs)):
            node.replace_input_with(at, None)
        for attribute in node.attributes.values():
            if attribute.type == ir.AttributeType.GRAPH:
                _forget(attribute.as_graph())


def tensors(value: Any) -> list[Tensor]:
    """All tensors in an argument, in order."""
    if isinstance(value, Tensor):
        return [value]
    items = (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    )
    return [tensor for item in items for tensor in tensors(item)]


def _same(array: np.ndarray) -> np.ndarray:
    return array


def _deferred(
    source: ir.TensorProtocol, shape: ir.Shape, change: Callable[[np.ndarray], np.ndarray]
) -> ir.TensorProtocol:
    """Computed each time it is read: the graph holds no second copy of a large kernel."""

    def read() -> ir.TensorProtocol:
        return ir.Tensor(np.ascontiguousarray(change(source.numpy()), dtype=np.float32))

    return ir.LazyTensor(read, dtype=ir.DataType.FLOAT, shape=shape)
