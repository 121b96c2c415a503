"""A trained network as data: layers as their author wrote them, over an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer3d.graph.stand_in import Opaque
from explorer3d.graph.within import Within

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir import Node

Shape = tuple[int | None, ...]

_FOREIGN = (
    "bfloat16 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu "
    "float6_e2m3fn float6_e3m2fn float4_e2m1fn int4 uint4 int2 uint2"
)
FOREIGN_TYPES = frozenset(_FOREIGN.split())
"""Element types that numpy itself does not have: their values are shown as float32."""

_NUMPY = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool"
_READABLE = FOREIGN_TYPES | {*_NUMPY.split(), "string", "unknown"}


@dataclass(frozen=True)
class Port:
    """A tensor entering or leaving a layer or the whole model.

    Attributes
    ----------
    value : str
        Name of the tensor in the ONNX graph.
    source : str or None
        Layer or model input that makes it; None for a model input itself.
    shape : tuple of int or None, or None
        In the author's axis order. On a layer's ports the batch axis is 1; on the model's own ports
        None stands for a size left open. None instead of a tuple: even the rank is unknown.
    dtype : str
        numpy's name (``float32``); ``bfloat16``, ``string``, ``sequence`` for what is no tensor (lists,
        maps), or ``unknown``.
    axes : str
        One letter per axis: N batch, C channels, D/H/W space, T time. Empty if unknown.
    """

    value: str
    source: str | None
    shape: Shape | None
    dtype: str
    axes: str = ""

    @property
    def readable(self) -> bool:
        """Whether its values come as a numpy array: a sequence or a map does not."""
        return self.dtype in _READABLE


@dataclass(frozen=True, eq=False)
class Weight:
    """A trained or constant tensor of a layer, under the author's name and in his axis order.

    Attributes
    ----------
    name : str
    tensor : onnx_ir.TensorProtocol
    axes : str
        One letter per axis: O output channel, I input channel, D/H/W space. Empty if unknown.
    label : str
        What it is called in front of people; empty if that is its name.
    """

    name: str
    tensor: ir.TensorProtocol
    axes: str = ""
    label: str = ""

    @property
    def title(self) -> str:
        return self.label or self.name

    @property
    def role(self) -> str:
        """``bias`` or ``weights``."""
        return "bias" if self.title.rsplit("/", 1)[-1].startswith("bias") else "weights"

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(int(size) for size in self.tensor.shape)  # type: ignore[arg-type]

    @property
    def dtype(self) -> str:
        return dtype_name(self.tensor.dtype)

    @cached_property
    def size(self) -> int:
        return prod(self.shape)

    def numpy(self) -> np.ndarray:
        """The values; may read from disk, so call it off the GUI thread."""
        return numpy_array(self.tensor)


@dataclass(frozen=True, eq=False)
class LayerSpec:
    """What a format knows about one layer; `graph.build` makes a `Layer` of it."""

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weights: tuple[Weight, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    nodes: tuple[ir.Node, ...] = ()
    block: str = ""
    reason: str | None = None
    opaque: Opaque | None = None
    bodies: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Layer:
    """One Keras layer, or one ONNX operator.

    Attributes
    ----------
    name, op : str
        The author's name (unique in the model) and the layer class or operator.
    block : str
        Name scope it belongs to, ``a/b`` for nested ones; empty at the top.
    attributes : mapping
        Plain JSON values.
    parameters : int
        Number of elements in all weights.
    macs : int or None
        Multiply-adds of one run at batch 1; None if shapes are unknown.
    reason : str or None
        Why it cannot run, as a sentence naming the layer; None if it can.
    opaque : Opaque or None
        Set where its own code is not to be had, whether or not something takes its place.
    bodies : tuple of str
        Graphs inside it that can be looked at as networks of their own: ``then_branch``, ``body``.
    """

    name: str
    op: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    weights: tuple[Weight, ...]
    attributes: Mapping[str, Any]
    parameters: int
    macs: int | None
    block: str = ""
    reason: str | None = None
    opaque: Opaque | None = None
    bodies: tuple[str, ...] = ()

    @property
    def runnable(self) -> bool:
        return self.reason is None

    @property
    def weights_only(self) -> bool:
        """Whether it takes and gives nothing, as in a file that holds weights without their network."""
        return not (self.inputs or self.outputs)


@dataclass(frozen=True, eq=False)
class Model:
    """An opened file. Immutable; nothing here runs anything.

    Attributes
    ----------
    path : Path
    format : str
        Key in `explorer3d.formats.FORMATS`.
    producer : str
        Who wrote the file, as it says itself.
    ir : onnx_ir.Model
        What onnxruntime can run of it; weights stay where they are until they are asked for.
    inputs, outputs : tuple of Port
    layers : tuple of Layer
        In topological order. Model inputs are not layers.
    notes : tuple of str
        Sentences a person should see, such as which layer class is not known.
    metadata : mapping of str to str
        The file's own key/value pairs.
    weights_path : Path or None
        The second file, where a person gave two: structure and weights.
    within : Within or None
        Where it stands, if it is a graph inside a layer of another network.
    """

    path: Path
    format: str
    producer: str
    ir: ir.Model
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    layers: tuple[Layer, ...]
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    weights_path: Path | None = None
    within: Within | None = None

    @cached_property
    def layer_by_name(self) -> Mapping[str, Layer]:
        return {layer.name: layer for layer in self.layers}

    @cached_property
    def users(self) -> Mapping[str, tuple[str, ...]]:
        """Layers that take each value."""
        found: dict[str, dict[str, None]] = {}
        for layer in self.layers:
            for port in layer.inputs:
                found.setdefault(port.value, {})[layer.name] = None
        return {value: tuple(names) for value, names in found.items()}

    @cached_property
    def node_by_name(self) -> Mapping[str, Node]:
        """The named nodes of the ONNX graph."""
        return {node.name: node for node in self.ir.graph if node.name}

    @cached_property
    def node_count(self) -> int:
        return sum(1 for _ in self.ir.graph.all_nodes())

    @cached_property
    def parameters(self) -> int:
        """Number of elements of all weights; a weight that several layers share counts once."""
        return parameters_of(self.layers)

    def find_ahead(self) -> None:
        """Find now what otherwise whoever asks first would wait for, such as the window."""
        for name in ("layer_by_name", "users", "node_by_name", "node_count", "parameters"):
            getattr(self, name)


def parameters_of(layers: Iterable[Layer]) -> int:
    """Count the elements of all weights of some layers; a weight that several share counts once."""
    weights = {id(weight.tensor): weight.size for layer in layers for weight in layer.weights}
    return sum(weights.values())


def numpy_array(tensor: ir.TensorProtocol) -> np.ndarray:
    """A tensor's values; those of `FOREIGN_TYPES` as float32."""
    array = tensor.numpy()
    return array.astype(np.float32) if array.dtype.name in FOREIGN_TYPES else array


@cache
def dtype_name(dtype: ir.DataType | None) -> str:
    """numpy's name of an ONNX element type."""
    # Here, since whatever only handles layers must not wait for it.
    import onnx_ir as ir

    if dtype is None or dtype == ir.DataType.UNDEFINED:
        return "unknown"
    if dtype == ir.DataType.STRING:
        return "string"
    return str(dtype.numpy())
