"""Receptive fields of operators that look at each place by itself."""

from __future__ import annotations

from explorer3d.graph.receptive.region import Block
from explorer3d.graph.receptive.step import Rule, Seen, Step, broadcast

_NAMES = (
    "Relu LeakyRelu PRelu Elu Selu Celu ThresholdedRelu Clip Sigmoid HardSigmoid HardSwish Tanh Softplus "
    "Softsign Gelu QuickGelu FastGelu Mish Swish Shrink Exp Log Sqrt Abs Neg Reciprocal Floor Ceil Round Erf "
    "Sign Pow Not Identity Cast CastLike Dropout Add Sub Mul Div Mod Min Max Sum Mean Where Equal Greater "
    "Less GreaterOrEqual LessOrEqual And Or Xor BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor IsNaN "
    "IsInf Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh QLinearAdd QLinearMul QLinearLeakyRelu "
    "QLinearSigmoid BiasGelu"
)


def _elementwise(step: Step, block: Block, output: int) -> Seen:
    for at in range(len(step.node.inputs)):
        if step.given(at):
            yield at, broadcast(block, step.shape(at))


def _first(step: Step, block: Block, output: int) -> Seen:
    """The other inputs only say by how much to shift and scale, or what shape to take."""
    yield 0, broadcast(block, step.shape())


ELEMENTWISE: dict[str, Rule] = {
    **dict.fromkeys(_NAMES.split(), _elementwise),
    "BatchNormalization": _first,
    "QuantizeLinear": _first,
    "DequantizeLinear": _first,
    "Expand": _first,
}
