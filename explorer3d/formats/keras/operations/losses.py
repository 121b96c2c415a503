"""Losses as operations: some models end with one."""

from __future__ import annotations

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.promotion import D
from explorer3d.formats.keras.settings import Unsupported

_EPSILON = 1e-7


def _likely(m: Maths, x: Tensor) -> Tensor:
    """Away from 0 and 1, whose logarithms are not finite."""
    return m.minimum(m.maximum(x, _EPSILON), 1.0 - _EPSILON)


def binary_crossentropy(m: Maths, call: Called) -> Tensor:
    target, output = m.promoted(call.tensor("target"), call.tensor("output"))
    if call.flag("from_logits", False):
        # max(x, 0) − x·z + log(1 + exp(−|x|))
        rest = m.op("Softplus", m.neg(m.abs(output)))
        return m.add(m.sub(m.op("Relu", output), m.mul(output, target)), rest)
    output = _likely(m, output)
    positive = m.mul(target, m.log(output))
    return m.neg(m.add(positive, m.mul(m.sub(1.0, target), m.log(m.sub(1.0, output)))))


def categorical_crossentropy(m: Maths, call: Called) -> Tensor:
    target, output = m.promoted(call.tensor("target"), call.tensor("output"))
    axis = call.axis("axis", output, -1)
    if call.flag("from_logits", False):
        logs = m.op("LogSoftmax", output, axis=axis)
    else:
        logs = m.log(_likely(m, m.div(output, m.sum(output, [axis], True))))
    return m.neg(m.sum(m.mul(target, logs), [axis]))


def sparse_categorical_crossentropy(m: Maths, call: Called) -> Tensor:
    target, output = call.tensor("target", D.INT64), m.real(call.tensor("output"))
    axis = call.axis("axis", output, -1)
    if axis != output.rank - 1:
        raise Unsupported("its classes are not along the last axis")
    if target.rank == output.rank and target.shape[-1] == 1:
        target = m.squeeze(target, target.rank - 1)
    if target.rank != output.rank - 1:
        raise Unsupported(f"its target has {target.rank} axes, but {output.rank - 1} are needed")
    scores = output if call.flag("from_logits", False) else m.log(_likely(m, output))
    logs = m.op("LogSoftmax", scores, axis=axis)
    places = m.unsqueeze(target, target.rank)
    shape = (*logs.shape[:-1], 1)
    found = m.op("GatherElements", logs, places, shape=shape, axis=axis)
    return m.neg(m.squeeze(found, axis))


def sigmoid_crossentropy(m: Maths, call: Called) -> Tensor:
    """``tf.nn.sigmoid_cross_entropy_with_logits``."""
    given = {"target": call.raw("labels"), "output": call.raw("logits"), "from_logits": True}
    return binary_crossentropy(m, Called(m, given))


def softmax_crossentropy(m: Maths, call: Called) -> Tensor:
    """``tf.nn.softmax_cross_entropy_with_logits``."""
    given = {"target": call.raw("labels"), "output": call.raw("logits"), "from_logits": True}
    return categorical_crossentropy(m, Called(m, {**given, "axis": call.raw("axis")}))
