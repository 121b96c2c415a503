"""The functions of TensorFlow that Keras 2 stores by their names (``TFOpLambda``): one entry each.

The last word of the name is the key; an entry says what the arguments are called here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations import arithmetic as two
from explorer3d.formats.keras.operations import elementary as one
from explorer3d.formats.keras.operations import (
    filling,
    images,
    indexing,
    joining,
    losses,
    neural,
    normalizing,
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
from explorer3d.formats.keras.settings import Unsupported


@dataclass(frozen=True)
class Function:
    """A function: what the first argument is called here, what it becomes, and what others are called."""

    first: str
    emit: Emit
    renamed: Mapping[str, str] = field(default_factory=dict)

    def call(self, maths: Maths, args: Sequence[Any], keywords: Mapping[str, Any]) -> tuple[Tensor, ...]:
        if len(args) > 1:
            raise Unsupported(f"it is called with {len(args)} arguments without a name, but 1 is stored")
        # None stands for the default in all of them; old names stand beside new ones.
        given = {self.renamed.get(key, key): value for key, value in keywords.items() if value is not None}
        result = self.emit(maths, Called(maths, {**given, **({self.first: args[0]} if args else {})}))
        return (result,) if isinstance(result, Tensor) else tuple(result)


def _function(first: str, emit: Emit, **renamed: str) -> Function:
    return Function(first, emit, renamed)


def _pair(compute: two.Two) -> Function:
    return Function("x", like.pair(compute))


def _over(compute: Any) -> Function:
    return _function("x", over.reduction(compute), reduction_indices="axis", keep_dims="keepdims")


_BITWISE = {"a": "x", "b": "y"}
_CONV = {"filters": "kernel", "filter": "kernel", "dilation": "dilations"}
_SAME = _function("x", one.unchanged)
_ABS = _function("x", one.plain(one.absolute))
_ADD, _SUBTRACT, _MULTIPLY = _pair(two.add), _pair(two.subtract), _pair(two.multiply)
_TRUE_DIVIDE, _FLOOR_DIVIDE = _pair(like.true_divide), _pair(two.floor_divide)
_MOD, _POWER = _pair(two.mod), _pair(two.power)
_NEGATIVE = _function("x", one.plain(one.negative))
_AND = _function("x1", two.truths("And"), y="x2")
_OR = _function("x1", two.truths("Or"), y="x2")
_XOR = _function("x1", two.truths("Xor"), y="x2")
_EQUAL = _function("x", like.pair(two.compared("Equal")), other="y")
_NOT_EQUAL = _function("x", like.pair(two.compared("Equal", negate=True)), other="y")
_MATMUL = _function("x1", like.matmul, b="x2")
_SILU = _function("x", neural.activation("silu"))
_SOFTMAX = _function("x", like.softmax("Softmax"), dim="axis")
_CLIP = _function("x", one.clipped, clip_value_min="x_min", clip_value_max="x_max")
_CONV_2D = _function("inputs", over_maps.convolution(windows.convolution, 2), **_CONV)
_BAND = _function("x", filling.band)

TENSORFLOW_FUNCTIONS: dict[str, Function] = {
    "abs": _ABS,
    "accumulate_n": _function("inputs", like.add_all),
    "acos": _function("x", one.node("Acos")),
    "acosh": _function("x", one.node("Acosh")),
    "add": _ADD,
    "add_n": _function("inputs", like.add_all),
    "argmax": _function("x", like.place_of("ArgMax"), dimension="axis"),
    "argmin": _function("x", like.place_of("ArgMin"), dimension="axis"),
    "argsort": _function("x", sorting.ordered(1)),
    "asin": _function("x", one.node("Asin")),
    "asinh": _function("x", one.node("Asinh")),
    "atan": _function("x", one.node("Atan")),
    "atan2": _function("y", like.pair(two.arctan2, "y", "x")),
    "atanh": _function("x", one.node("Atanh")),
    "avg_pool": _function("inputs", over_maps.pool("AveragePool")),
    "avg_pool1d": _function("inputs", over_maps.pool("AveragePool", 1)),
    "avg_pool2d": _function("inputs", over_maps.pool("AveragePool", 2)),
    "avg_pool3d": _function("inputs", over_maps.pool("AveragePool", 3)),
    "band_part": _BAND,
    "batch_normalization": _function("x", over_maps.batch_normalization),
    "batch_flatten": _function("x", like.rows),
    "bias_add": _function("value", over_maps.bias_add),
    "binary_crossentropy": _function("target", losses.binary_crossentropy),
    "bitwise_and": Function("x", two.bits("BitwiseAnd"), _BITWISE),
    "bitwise_or": Function("x", two.bits("BitwiseOr"), _BITWISE),
    "bitwise_xor": Function("x", two.bits("BitwiseXor"), _BITWISE),
    "broadcast_to": _function("x", shaping.broadcast_to),
    "cast": _function("x", filling.cast),
    "categorical_crossentropy": _function("target", losses.categorical_crossentropy),
    "ceil": _function("x", one.node("Ceil")),
    "central_crop": _function("image", over_maps.central_crop),
    "clip_by_value": _CLIP,
    "concat": _function("xs", like.concat),
    "conv1d": _function("inputs", over_maps.convolution(windows.convolution, 1), stride="strides", **_CONV),
    "conv2d": _CONV_2D,
    "conv3d": _function("inputs", over_maps.convolution(windows.convolution, 3), **_CONV),
    "convolution": _function("inputs", over_maps.any_convolution, dilation_rate="dilations", **_CONV),
    "cos": _function("x", one.node("Cos")),
    "cosh": _function("x", one.node("Cosh")),
    "count_nonzero": _function("x", like.count_nonzero),
    "crop_to_bounding_box": _function("images", over_maps.crop_to_box),
    "cross": _function("x1", products.cross, b="x2"),
    "cumprod": _function("x", like.cumulative("product")),
    "cumsum": _function("x", like.cumulative("sum")),
    "depth_to_space": _function("x", over_maps.blocks(shaping.depth_to_space)),
    "depthwise_conv2d": _function("inputs", over_maps.convolution(windows.depthwise_convolution, 2), **_CONV),
    "det": _function("x", one.plain(products.determinant)),
    "diag": _function("x", filling.matrix_diagonal),
    "diag_part": _function("x", filling.diagonal_part),
    "divide": _TRUE_DIVIDE,
    "divide_no_nan": _pair(like.divide_no_nan),
    "elu": _function("x", neural.elu),
    "embedding_lookup": _function("params", like.embedding),
    "ensure_shape": _SAME,
    "eq": _EQUAL,
    "equal": _EQUAL,
    "erf": _function("x", one.node("Erf")),
    "erfc": _function("x", one.function(one.erfc)),
    "exp": _function("x", one.node("Exp")),
    "expand_dims": _function("x", shaping.expand_dims, dim="axis"),
    "expm1": _function("x", one.function(one.expm1)),
    "extract_patches": _function("images", over_maps.patches),
    "eye": _function("num_rows", filling.eye),
    "fill": _function("dims", like.filled),
    "flip_left_right": _function("image", over_maps.flip_along(-2)),
    "flip_up_down": _function("image", over_maps.flip_along(-3)),
    "floor": _function("x", one.node("Floor")),
    "floor_div": _FLOOR_DIVIDE,
    "floordiv": _FLOOR_DIVIDE,
    "floormod": _MOD,
    "gather": _function("x", like.gather),
    "gather_nd": _function("x", indexing.gather_nd),
    "gelu": _function("x", like.gelu),
    "getitem": _function("x", like.get_item),
    "greater": _pair(two.compared("Greater")),
    "greater_equal": _pair(two.compared("GreaterOrEqual")),
    "identity": _SAME,
    "in_top_k": _function("targets", sorting.in_top_k),
    "invert": _function("x", two.bits_inverted, a="x"),
    "is_finite": _function("x", one.is_finite),
    "is_inf": _function("x", one.is_inf),
    "is_nan": _function("x", one.is_nan),
    "l2_loss": _function("x", like.half_squares),
    "l2_normalize": _function("x", normalizing.l2_normalize, dim="axis"),
    "leaky_relu": _function("x", like.leaky_relu),
    "less": _pair(two.compared("Less")),
    "less_equal": _pair(two.compared("LessOrEqual")),
    "linspace": _function("start", running.linspace),
    "local_response_normalization": _function("input", over_maps.local_response),
    "log": _function("x", one.node("Log")),
    "log1p": _function("x", one.function(one.log1p)),
    "log_sigmoid": _function("x", neural.activation("log_sigmoid")),
    "log_softmax": _function("x", like.softmax("LogSoftmax"), dim="axis"),
    "logdet": _function("x", one.plain(products.log_determinant)),
    "logical_and": _AND,
    "logical_not": _function("x", one.logical_not),
    "logical_or": _OR,
    "logical_xor": _XOR,
    "lrn": _function("input", over_maps.local_response),
    "matmul": _MATMUL,
    "max_pool": _function("inputs", over_maps.pool("MaxPool")),
    "max_pool1d": _function("inputs", over_maps.pool("MaxPool", 1)),
    "max_pool2d": _function("inputs", over_maps.pool("MaxPool", 2)),
    "max_pool3d": _function("inputs", over_maps.pool("MaxPool", 3)),
    "maximum": _pair(two.maximum),
    "minimum": _pair(two.minimum),
    "mod": _MOD,
    "moments": _function("x", normalizing.moments, keep_dims="keepdims"),
    "multiply": _MULTIPLY,
    "multiply_no_nan": _pair(like.multiply_no_nan),
    "ne": _NOT_EQUAL,
    "negative": _NEGATIVE,
    "norm": _function("x", like.norm),
    "not_equal": _NOT_EQUAL,
    "one_hot": _function("x", like.one_hot, depth="num_classes"),
    "ones": _function("shape", filling.constant_of(1)),
    "ones_like": _function("x", filling.like(1)),
    "pad": _function("x", shaping.pad, paddings="pad_width"),
    "pad_to_bounding_box": _function("images", over_maps.pad_to_box),
    "per_image_standardization": _function("image", over_maps.standardized),
    "pow": _POWER,
    "range": _function("start", like.range_),
    "rank": _function("x", shaping.rank_of),
    "reciprocal": _function("x", one.function(one.reciprocal)),
    "reduce_all": _over(over.every),
    "reduce_any": _over(over.some),
    "reduce_euclidean_norm": _over(like.euclidean_norm),
    "reduce_logsumexp": _over(over.logsumexp),
    "reduce_max": _over(over.largest),
    "reduce_mean": _over(like.mean),
    "reduce_min": _over(over.smallest),
    "reduce_prod": _over(like.product),
    "reduce_std": _over(over.deviation),
    "reduce_sum": _over(like.total),
    "reduce_variance": _over(over.variance),
    "relu": _function("x", neural.relu),
    "relu6": _function("x", neural.relu6),
    "repeat": _function("x", shaping.repeat),
    "reshape": _function("x", shaping.reshape, shape="newshape"),
    "resize": _function("images", images.resize_as_tensorflow),
    "resize_bilinear": _function("images", images.old_resize("bilinear")),
    "resize_nearest_neighbor": _function("images", images.old_resize("nearest")),
    "reverse": _function("x", shaping.flip, dims="axis"),
    "rgb_to_grayscale": _function("images", images.grayscale),
    "rgb_to_hsv": _function("images", images.rgb_to_hsv),
    "hsv_to_rgb": _function("images", images.hsv_to_rgb),
    "rint": _function("x", one.node("Round")),
    "roll": _function("x", shaping.roll),
    "round": _function("x", one.rounded),
    "rsqrt": _function("x", one.function(one.rsqrt)),
    "saturate_cast": _function("x", filling.saturate_cast),
    "scalar_mul": _function("scalar", like.pair(two.multiply, "scalar", "x")),
    "scatter_nd": _function("indices", indexing.scatter, updates="values"),
    "searchsorted": _function("sorted_sequence", sorting.search_sorted),
    "selu": _function("x", one.node("Selu")),
    "sequence_mask": _function("lengths", like.sequence_mask),
    "shape": _function("x", shaping.shape_of),
    "sigmoid": _function("x", one.node("Sigmoid")),
    "sigmoid_cross_entropy_with_logits": _function("labels", losses.sigmoid_crossentropy),
    "sign": _function("x", one.plain(one.sign)),
    "silu": _SILU,
    "sin": _function("x", one.node("Sin")),
    "sinh": _function("x", one.node("Sinh")),
    "size": _function("x", shaping.size_of),
    "slice": _function("inputs", indexing.slice_, begin="start_indices", size="shape"),
    "sobel_edges": _function("images", images.sobel_edges),
    "softmax": _SOFTMAX,
    "softmax_cross_entropy_with_logits": _function("labels", losses.softmax_crossentropy),
    "softmax_cross_entropy_with_logits_v2": _function("labels", losses.softmax_crossentropy),
    "softplus": _function("x", one.node("Softplus")),
    "softsign": _function("x", one.node("Softsign")),
    "sort": _function("x", sorting.ordered(0)),
    "space_to_depth": _function("x", over_maps.blocks(shaping.space_to_depth)),
    "sparse_categorical_crossentropy": _function("target", losses.sparse_categorical_crossentropy),
    "split": _function("value", like.split),
    "sqrt": _function("x", one.node("Sqrt")),
    "square": _function("x", one.plain(one.square)),
    "squared_difference": _pair(like.squared_difference),
    "squeeze": _function("x", shaping.squeeze, squeeze_dims="axis"),
    "stack": _function("x", like.stack),
    "stop_gradient": _SAME,
    "strided_slice": _function("x", like.strided_slice),
    "subtract": _SUBTRACT,
    "swish": _SILU,
    "tan": _function("x", one.node("Tan")),
    "tanh": _function("x", one.node("Tanh")),
    "tensor_scatter_nd_add": _function("inputs", like.scatter("add")),
    "tensor_scatter_nd_max": _function("inputs", like.scatter("max")),
    "tensor_scatter_nd_min": _function("inputs", like.scatter("min")),
    "tensor_scatter_nd_update": _function("inputs", like.scatter("none")),
    "tensordot": _function("x1", products.tensordot, b="x2"),
    "tile": _function("x", shaping.tile, multiples="repeats"),
    "top_k": _function("x", sorting.top_k),
    "trace": _function("x", like.trace),
    "transpose": _function("x", shaping.transpose, perm="axes"),
    "truediv": _TRUE_DIVIDE,
    "unsorted_segment_max": _function("data", indexing.segment("max")),
    "unsorted_segment_mean": _function("data", like.segment_mean),
    "unsorted_segment_min": _function("data", indexing.segment("min")),
    "unsorted_segment_prod": _function("data", indexing.segment("mul")),
    "unsorted_segment_sum": _function("data", indexing.segment("add")),
    "unstack": _function("x", joining.unstack),
    "where": _function("condition", like.where),
    "zeros": _function("shape", filling.constant_of(0)),
    "zeros_like": _function("x", filling.like(0)),
}

# Modules in which a function is what its last word says; strings, ragged and random use the same words.
_MODULES = frozenset({"", "math", "nn", "linalg", "image", "bitwise", "keras.backend", "__operators__"})


def function_named(name: str) -> Function:
    """The entry of a function such as ``math.reduce_mean`` or ``compat.v1.nn.conv2d``."""
    module, _, word = name.removeprefix("compat.v1.").rpartition(".")
    if module not in _MODULES or word not in TENSORFLOW_FUNCTIONS:
        raise Unsupported(f"the function tf.{name} is not known here")
    return TENSORFLOW_FUNCTIONS[word]
