"""The operators that TensorFlow 2.0 to 2.3 stores as nodes (``TensorFlowOpLayer``): one entry each.

An entry names the inputs in their order, and says what the attributes are called here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer3d.formats.keras.emit import Tensor, tensors
from explorer3d.formats.keras.operations import arithmetic as two
from explorer3d.formats.keras.operations import elementary as one
from explorer3d.formats.keras.operations import (
    filling,
    images,
    indexing,
    joining,
    losses,
    neural,
    products,
    running,
    shaping,
    sorting,
    windows,
)
from explorer3d.formats.keras.operations import like_tensorflow as like
from explorer3d.formats.keras.operations import reductions as over
from explorer3d.formats.keras.operations import tensorflow_windows as over_maps
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.node_definition import node_definition
from explorer3d.formats.keras.settings import Unsupported


@dataclass(frozen=True)
class Node:
    """An operator: its inputs' names (one with a star takes the rest), and its attributes' new names."""

    inputs: tuple[str, ...]
    emit: Emit
    renamed: Mapping[str, str] = field(default_factory=dict)

    def call(self, maths: Maths, given: Sequence[Any], attributes: Mapping[str, Any]) -> tuple[Tensor, ...]:
        bound: dict[str, Any] = {self.renamed.get(key, key): value for key, value in attributes.items()}
        rest = list(given)
        for at, name in enumerate(self.inputs):
            behind = len(self.inputs) - at - 1
            if name.startswith("*"):
                count = len(rest) - behind
                bound[name[1:]], rest = rest[:count], rest[count:]
            elif rest:
                bound[name] = rest.pop(0)
        if rest:
            raise Unsupported(f"it has {len(given)} inputs, but takes {len(self.inputs)}")
        result = self.emit(maths, Called(maths, bound))
        return (result,) if isinstance(result, Tensor) else tuple(result)


def _node(inputs: str, emit: Emit, **renamed: str) -> Node:
    return Node(tuple(inputs.split()), emit, renamed)


def _pair(compute: two.Two) -> Node:
    return Node(("x", "y"), like.pair(compute))


def _over(compute: Any) -> Node:
    return Node(("x", "axis"), over.reduction(compute), {"keep_dims": "keepdims"})


_ADD, _DIVIDE = _pair(two.add), _pair(like.divide_cut)
_SAME = Node(("x",), one.unchanged)
_GATHER = _node("x indices axis", like.gather)
_FUSED = _node("x scale offset mean variance", over_maps.fused_normalization)
_PAD = _node("x pad_width constant_values", shaping.pad)

TENSORFLOW_NODES: dict[str, Node] = {
    "Abs": _node("x", one.plain(one.absolute)),
    "Acos": _node("x", one.node("Acos")),
    "Acosh": _node("x", one.node("Acosh")),
    "Add": _ADD,
    "AddN": _node("*inputs", like.add_all),
    "AddV2": _ADD,
    "All": _over(over.every),
    "Any": _over(over.some),
    "ArgMax": _node("x axis", like.place_of("ArgMax")),
    "ArgMin": _node("x axis", like.place_of("ArgMin")),
    "Asin": _node("x", one.node("Asin")),
    "Asinh": _node("x", one.node("Asinh")),
    "Atan": _node("x", one.node("Atan")),
    "Atan2": _node("y x", like.pair(two.arctan2, "y", "x")),
    "Atanh": _node("x", one.node("Atanh")),
    "AvgPool": _node("inputs", over_maps.pool("AveragePool")),
    "AvgPool3D": _node("inputs", over_maps.pool("AveragePool")),
    "BatchMatMul": _node("x1 x2", like.matmul, adj_x="adjoint_a", adj_y="adjoint_b"),
    "BatchMatMulV2": _node("x1 x2", like.matmul, adj_x="adjoint_a", adj_y="adjoint_b"),
    "BiasAdd": _node("value bias", over_maps.bias_add),
    "BitwiseAnd": _node("x y", two.bits("BitwiseAnd")),
    "BitwiseOr": _node("x y", two.bits("BitwiseOr")),
    "BitwiseXor": _node("x y", two.bits("BitwiseXor")),
    "BroadcastTo": _node("x shape", shaping.broadcast_to),
    "Cast": _node("x", filling.cast, DstT="dtype"),
    "Ceil": _node("x", one.node("Ceil")),
    "ClipByValue": _node("x x_min x_max", one.clipped),
    "ConcatV2": _node("*xs axis", like.concat),
    "Conv2D": _node("inputs kernel", over_maps.convolution(windows.convolution, 2)),
    "Conv3D": _node("inputs kernel", over_maps.convolution(windows.convolution, 3)),
    "Cos": _node("x", one.node("Cos")),
    "Cosh": _node("x", one.node("Cosh")),
    "Cross": _node("x1 x2", products.cross),
    "Cumprod": _node("x axis", running.cumulative("product")),
    "Cumsum": _node("x axis", running.cumulative("sum")),
    "DepthToSpace": _node("x", over_maps.blocks(shaping.depth_to_space)),
    "DepthwiseConv2dNative": _node("inputs kernel", over_maps.convolution(windows.depthwise_convolution, 2)),
    "Div": _DIVIDE,
    "DivNoNan": _pair(like.divide_no_nan),
    "Einsum": _node("*operands", products.einsum, equation="subscripts"),
    "Elu": _node("x", neural.elu),
    "EnsureShape": _SAME,
    "Equal": _pair(two.compared("Equal")),
    "Erf": _node("x", one.node("Erf")),
    "Erfc": _node("x", one.function(one.erfc)),
    "EuclideanNorm": _over(like.euclidean_norm),
    "Exp": _node("x", one.node("Exp")),
    "ExpandDims": _node("x axis", shaping.expand_dims),
    "Expm1": _node("x", one.function(one.expm1)),
    "ExtractImagePatches": _node("images", over_maps.patches, ksizes="sizes"),
    "Fill": _node("dims value", like.filled),
    "Floor": _node("x", one.node("Floor")),
    "FloorDiv": _pair(two.floor_divide),
    "FloorMod": _pair(two.mod),
    "FusedBatchNorm": _FUSED,
    "FusedBatchNormV2": _FUSED,
    "FusedBatchNormV3": _FUSED,
    "Gather": _GATHER,
    "GatherNd": _node("x indices", indexing.gather_nd),
    "GatherV2": _GATHER,
    "Greater": _pair(two.compared("Greater")),
    "GreaterEqual": _pair(two.compared("GreaterOrEqual")),
    "HSVToRGB": _node("images", images.hsv_to_rgb),
    "Identity": _SAME,
    "IdentityN": _node("*x", like.all_of_them),
    "InTopKV2": _node("predictions targets k", sorting.in_top_k),
    "Invert": _node("x", two.bits_inverted),
    "IsFinite": _node("x", one.is_finite),
    "IsInf": _node("x", one.is_inf),
    "IsNan": _node("x", one.is_nan),
    "L2Loss": _node("x", like.half_squares),
    "LeakyRelu": _node("x", like.leaky_relu),
    "Less": _pair(two.compared("Less")),
    "LessEqual": _pair(two.compared("LessOrEqual")),
    "LinSpace": _node("start stop num", running.linspace),
    "Log": _node("x", one.node("Log")),
    "Log1p": _node("x", one.function(one.log1p)),
    "LogSoftmax": _node("x", neural.softmax("LogSoftmax")),
    "LogicalAnd": _node("x1 x2", two.truths("And")),
    "LogicalNot": _node("x", one.logical_not),
    "LogicalOr": _node("x1 x2", two.truths("Or")),
    "LRN": _node("input", over_maps.local_response),
    "MatMul": _node("x1 x2", like.matmul),
    "MatrixBandPart": _node("x num_lower num_upper", filling.band),
    "MatrixDeterminant": _node("x", one.plain(products.determinant)),
    "MatrixDiagPartV3": _node("x k padding_value", filling.diagonal_part),
    "MatrixDiagV3": _node("x k num_rows num_cols padding_value", like.matrix_with_diagonal),
    "Max": _over(over.largest),
    "MaxPool": _node("inputs", over_maps.pool("MaxPool")),
    "MaxPool3D": _node("inputs", over_maps.pool("MaxPool")),
    "Maximum": _pair(two.maximum),
    "Mean": _over(like.mean),
    "Min": _over(over.smallest),
    "Minimum": _pair(two.minimum),
    "MirrorPad": _PAD,
    "Mod": _pair(two.fmod),
    "Mul": _pair(two.multiply),
    "MulNoNan": _pair(like.multiply_no_nan),
    "Neg": _node("x", one.plain(one.negative)),
    "NotEqual": _pair(two.compared("Equal", negate=True)),
    "OneHot": _node("x num_classes on_value off_value", like.one_hot),
    "OnesLike": _node("x", filling.like(1)),
    "Pack": _node("*x", like.stack),
    "Pad": _PAD,
    "PadV2": _PAD,
    "Pow": _pair(two.power),
    "PreventGradient": _SAME,
    "Prod": _over(like.product),
    "RGBToHSV": _node("images", images.rgb_to_hsv),
    "Range": _node("start limit delta", like.range_),
    "Rank": _node("x", shaping.rank_of),
    "RealDiv": _pair(like.true_divide),
    "Reciprocal": _node("x", one.function(one.reciprocal)),
    "Relu": _node("x", neural.relu),
    "Relu6": _node("x", neural.relu6),
    "Reshape": _node("x newshape", shaping.reshape),
    "ResizeBicubic": _node("images size", images.old_resize("bicubic")),
    "ResizeBilinear": _node("images size", images.old_resize("bilinear")),
    "ResizeNearestNeighbor": _node("images size", images.old_resize("nearest")),
    "ReverseV2": _node("x axis", shaping.flip),
    "Rint": _node("x", one.node("Round")),
    "Roll": _node("x shift axis", shaping.roll),
    "Round": _node("x", one.rounded),
    "Rsqrt": _node("x", one.function(one.rsqrt)),
    "ScatterNd": _node("indices values shape", indexing.scatter),
    "Select": _node("condition x y", like.where_by_row),
    "SelectV2": _node("condition x y", like.where),
    "Selu": _node("x", one.node("Selu")),
    "Shape": _node("x", shaping.shape_of),
    "Sigmoid": _node("x", one.node("Sigmoid")),
    "Sign": _node("x", one.plain(one.sign)),
    "Sin": _node("x", one.node("Sin")),
    "Sinh": _node("x", one.node("Sinh")),
    "Size": _node("x", shaping.size_of),
    "Slice": _node("inputs start_indices shape", indexing.slice_),
    "Softmax": _node("x", neural.softmax("Softmax")),
    "SoftmaxCrossEntropyWithLogits": _node("logits labels", losses.softmax_crossentropy),
    "Softplus": _node("x", one.node("Softplus")),
    "Softsign": _node("x", one.node("Softsign")),
    "SpaceToDepth": _node("x", over_maps.blocks(shaping.space_to_depth)),
    "Split": _node("axis value", like.split, num_split="num_or_size_splits"),
    "SplitV": _node("value num_or_size_splits axis", like.split),
    "Sqrt": _node("x", one.node("Sqrt")),
    "Square": _node("x", one.plain(one.square)),
    "SquaredDifference": _pair(like.squared_difference),
    "Squeeze": _node("x", shaping.squeeze, squeeze_dims="axis"),
    "StopGradient": _SAME,
    "StridedSlice": _node("x begin end strides", like.strided_slice),
    "Sub": _pair(two.subtract),
    "Sum": _over(like.total),
    "Tan": _node("x", one.node("Tan")),
    "Tanh": _node("x", one.node("Tanh")),
    "TensorScatterAdd": _node("inputs indices updates", like.scatter("add")),
    "TensorScatterUpdate": _node("inputs indices updates", like.scatter("none")),
    "Tile": _node("x repeats", shaping.tile),
    "TopKV2": _node("x k", sorting.top_k),
    "Transpose": _node("x axes", shaping.transpose),
    "Unpack": _node("x", joining.unstack),
    "UnsortedSegmentSum": _node("data segment_ids num_segments", indexing.segment("add")),
    "ZerosLike": _node("x", filling.like(0)),
}


def node_call(maths: Maths, config: Mapping[str, Any], args: Sequence[Any]) -> tuple[Tensor, ...]:
    """The results of a node whose constants stand in the layer's settings under their places.

    Raises
    ------
    Unsupported
        It is not known, or damaged.
    """
    name, attributes = node_definition(config.get("node_def"))
    if name not in TENSORFLOW_NODES:
        raise Unsupported(f"TensorFlow's operator {name} is not known here")
    given: list[Any] = list(tensors(args))
    constants = config.get("constants") or {}
    if not isinstance(constants, Mapping) or not all(str(key).isdigit() for key in constants):
        raise Unsupported("its constants are damaged")
    for at, value in sorted((int(key), value) for key, value in constants.items()):
        if at > len(given):
            raise Unsupported("its constants are damaged")
        given.insert(at, value)
    return TENSORFLOW_NODES[name].call(maths, given, attributes)
