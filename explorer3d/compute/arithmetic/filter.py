"""The request for what a single filter of a convolution makes of its input, or of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.compute.arithmetic.layer import Worked, worked
from explorer3d.compute.requests import runner
from explorer3d.compute.sessions import SharedWeights, create_session
from explorer3d.errors import RequestError
from explorer3d.graph.lookup import find_layer
from explorer3d.graph.receptive.layers import nodes_of
from explorer3d.graph.skeleton import Skeleton, constant
from explorer3d.progress import Progress, ignore

_CONVOLUTIONS = ("Conv", "ConvTranspose")

# Bytes of maps, one for each channel, that are made at a time.
_AT_A_TIME = 64_000_000


@dataclass(frozen=True, eq=False)
class FilterResponse:
    """Answer to `RespondTo`. All maps are of space only, (H, W) of a picture.

    Attributes
    ----------
    layer : str
    filter : int
    response : (space…) float array
        What the filter makes of all channels, with its bias and before any activation: its own map.
    bias : float
    channels : (C,) int array
        Channels of the input that the filter sees: those of its group.
    shares : (C,) float array
        How much each channel moves the response: mean amount of its part.
    strongest : (n,) int array
        Places in `channels` of those with the largest shares, largest first.
    parts : (n, space…) float array
        What the filter makes of each of these alone; the parts of all channels add up to the response
        without its bias.
    """

    layer: str
    filter: int
    response: np.ndarray
    bias: float
    channels: np.ndarray
    shares: np.ndarray
    strongest: np.ndarray
    parts: np.ndarray

    @property
    def positive(self) -> np.ndarray:
        """Where the filter finds what it looks for, and how much of it."""
        return np.asarray(np.maximum(self.response, 0))

    @property
    def negative(self) -> np.ndarray:
        """Where it finds the opposite; amounts, so not below zero."""
        return np.asarray(np.maximum(-self.response, 0))


@dataclass(frozen=True, eq=False)
class RespondTo:
    """Find what one filter of a convolution makes of the layer's input.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
    layer : str
    filter : int
        Number of the output channel.
    picture : array, optional
        What to look at instead of the layer's input: of any size in space, with the axes of the input, the
        batch's among them. For a first layer a photograph at its full size, preprocessed as the model asks.
    parts : int
        Of how many input channels to give the part.
    sample : int
        Which sample of the batch is looked at, if no picture is given.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    layer: str
    filter: int
    picture: np.ndarray | None = None
    parts: int = 16
    sample: int = 0

    def __call__(self, progress: Progress = ignore) -> FilterResponse:
        running = runner(self.key)
        layer = find_layer(running.model, self.layer)
        last = next(
            (n for n in nodes_of(running.model)[self.layer][::-1] if n.op_type in _CONVOLUTIONS), None
        )
        if last is None:
            raise RequestError(f"'{self.layer}' ({layer.op}) is no convolution: it has no filters.")
        work = worked(running, self.feeds, self.layer, progress)
        cell = work.cell(last, (0,) * work.values[last.outputs[0].name or ""].ndim)
        filters = cell.result.shape[1]
        if not -filters <= self.filter < filters:
            raise RequestError(f"'{self.layer}' has {filters} filters: there is no number {self.filter}.")
        number = self.filter % filters
        source = last.inputs[0]
        assert source is not None
        data = work.values[source.name or ""] if self.picture is None else _turned(work, source, self.picture)

        groups = last.attributes.get_int("group", 1)
        per_group = cell.shape(0)[1] // groups
        if data.ndim != len(cell.shape(0)) or data.shape[1] != per_group * groups:
            raise RequestError(
                f"'{self.layer}' takes {per_group * groups} channels, but the picture is {list(data.shape)}."
            )
        group, within = divmod(number, filters // groups)
        channels = np.arange(group * per_group, (group + 1) * per_group)
        if last.op_type == "Conv":
            kernel = cell.numbers(1, (number,))
        else:
            kernel = cell.numbers(1, (slice(group * per_group, (group + 1) * per_group), within))
        bias = float(cell.numbers(2, (number,))) if cell.given(2) else 0.0
        sample = self.sample if self.picture is None else 0
        if not 0 <= sample < len(data):
            raise RequestError(f"'{self.layer}' takes {len(data)} samples: there is no number {sample}.")
        own = data[sample : sample + 1, channels]
        return _responded(self, work, last, own, kernel, bias, channels, progress)


def _responded(
    request: RespondTo,
    work: Worked,
    node: ir.Node,
    data: np.ndarray,
    kernel: np.ndarray,
    bias: float,
    channels: np.ndarray,
    progress: Progress,
) -> FilterResponse:
    size = max(int(np.prod(data.shape[2:])), int(np.prod(work.values[node.outputs[0].name or ""].shape[2:])))
    together = max(1, min(len(channels), _AT_A_TIME // (4 * max(size, 1))))
    total: np.ndarray | None = None
    shares = np.empty(len(channels))
    kept: dict[int, np.ndarray] = {}
    for start in range(0, len(channels), together):
        progress(start / len(channels), f"Applying filter {request.filter} of {request.layer}")
        stop = min(start + together, len(channels))
        maps = _apart(work, node, data[:, start:stop], kernel[start:stop])
        total = maps.sum(axis=0, dtype=np.float64) + (0 if total is None else total)
        shares[start:stop] = np.abs(maps).reshape(stop - start, -1).mean(axis=1, dtype=np.float64)
        kept.update((start + at, one) for at, one in enumerate(maps))
        best = sorted(kept, key=lambda at: -shares[at])[: max(request.parts, 1)]
        # Copies, or a single map would hold all that it was made with.
        kept = {at: kept[at].copy() for at in best}
    assert total is not None
    strongest = np.array(list(kept), np.int64)
    return FilterResponse(
        request.layer, request.filter, np.asarray(total + bias, np.float32), bias, channels, shares,
        strongest, np.stack(list(kept.values())),
    )  # fmt: skip


def _apart(work: Worked, node: ir.Node, data: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Each channel under its own slice of the filter: a convolution of as many groups.

    Parameters
    ----------
    data : (1, C, space…) array
    kernel : (C, K…) array

    Returns
    -------
    (C, space…) float array
    """
    weights = np.ascontiguousarray(kernel[:, None], np.float32)
    own = onnx.helper.make_node(node.op_type, ["x", "w"], ["y"], group=len(kernel))
    for attribute in node.attributes.values():
        if attribute.name != "group":
            own.attribute.append(ir.serde.serialize_attribute(attribute))
    shape = [1, len(kernel), *data.shape[2:]]
    graph = onnx.helper.make_graph(
        [own],
        "filter",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [onnx.ValueInfoProto(name="y")],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    version = work.model.ir.opset_imports.get("") or 18
    proto = onnx.helper.make_model(
        graph,
        opset_imports=[onnx.helper.make_opsetid("", version)],
        ir_version=max(work.model.ir.ir_version, 4),
    )
    session = create_session(Skeleton(proto, ("x",), {}), SharedWeights(), optimised=True)
    result: np.ndarray = session.run(["y"], {"x": np.ascontiguousarray(data, np.float32)})[0][0]
    return result


def _turned(work: Worked, source: ir.Value, picture: np.ndarray) -> np.ndarray:
    """A picture with the layer's own order of axes, as the operator takes it."""
    ports = {port.value for port in work.layer.inputs}
    orders: list[list[int]] = []
    value: ir.Value | None = source
    while value is not None and value.name not in ports:
        maker = value.producer()
        for user, _ in value.uses():
            if user.op_type == "Transpose" and user.outputs[0].name in ports:
                order = list(user.attributes.get_ints("perm", ()))
                return np.transpose(picture, np.argsort(order))
        if maker is None or constant(value) is not None or maker.op_type not in ("Transpose", "Cast"):
            raise RequestError(
                f"'{work.layer.name}' changes its input before its filters see it: "
                "they cannot be shown another picture."
            )
        if maker.op_type == "Transpose":
            orders.append(list(maker.attributes.get_ints("perm", ())))
        value = maker.inputs[0]
    for order in reversed(orders):
        if len(order) != picture.ndim:
            raise RequestError(
                f"'{work.layer.name}' takes {len(order)} axes, the picture has {picture.ndim}."
            )
        picture = np.transpose(picture, order)
    return picture
