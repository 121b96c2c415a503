"""Products of matrices and of anything else."""

from __future__ import annotations

from string import ascii_letters

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import transposed
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp


@vjp("Gemm")
def gemm(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__Gemm.html"""
    a, b = step.x[0], step.x[1]
    dy, alpha = step.dy[0], step.attribute("alpha", 1.0)
    turned_a, turned_b = step.attribute("transA", 0), step.attribute("transB", 0)
    found: list[ir.Value | None] = [None] * len(step.x)
    if step.wanted[0]:
        if turned_a:
            found[0] = step.op("Gemm", b, dy, transA=turned_b, transB=1, alpha=alpha)
        else:
            found[0] = step.op("Gemm", dy, b, transB=1 - turned_b, alpha=alpha)
    if step.wanted[1]:
        if turned_b:
            found[1] = step.op("Gemm", dy, a, transA=1, transB=turned_a, alpha=alpha)
        else:
            found[1] = step.op("Gemm", a, dy, transA=1 - turned_a, alpha=alpha)
    if len(found) > 2 and step.wanted[2]:
        scaled = step.op("Mul", dy, step.number(step.attribute("beta", 1.0), dy))
        found[2] = step.sum_to(scaled, step.shape(step.x[2]))
    return found


@vjp("MatMul")
def matmul(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__MatMul.html"""
    operands = [step.x[at] for at in (0, 1)]
    shapes = [step.shape(value) for value in operands]
    outer = np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2])
    # A vector is a row on the left and a column on the right.
    views = [(1, *shapes[0])[-max(len(shapes[0]), 2) :], (*shapes[1], 1)[: max(len(shapes[1]), 2)]]
    a, b = (step.reshape(value, view) for value, view in zip(operands, views, strict=True))
    dy = step.reshape(step.dy[0], [*outer, views[0][-2], views[1][-1]])
    found: list[ir.Value | None] = [None, None]
    if step.wanted[0]:
        found[0] = step.op("MatMul", dy, _turned(step, b, len(views[1])))
    if step.wanted[1]:
        found[1] = step.op("MatMul", _turned(step, a, len(views[0])), dy)
    return [
        None if value is None else step.reshape(step.sum_to(value, view), shape)
        for value, view, shape in zip(found, views, shapes, strict=True)
    ]


def _turned(step: Step, value: ir.Value, rank: int) -> ir.Value:
    return transposed(step, value, [*range(rank - 2), rank - 1, rank - 2])


@vjp("Einsum")
def einsum(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__Einsum.html

    An operand's gradient is again such a sum, of the result's gradient and the other operands.
    """
    shapes = [step.shape(step.x[at]) for at in range(len(step.x))]
    *terms, result = spelled_out(step.attribute("equation"), [len(shape) for shape in shapes])
    return [
        _operand(step, at, [result, *terms], [step.shape(step.y[0]), *shapes]) if wanted else None
        for at, wanted in enumerate(step.wanted)
    ]


def spelled_out(equation: str, ranks: list[int]) -> list[str]:
    """Give the terms of an equation, and last its result, with a letter for each axis.

    Parameters
    ----------
    equation : str
    ranks : list of int
        Of the operands.
    """
    left, arrow, result = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    free = [letter for letter in ascii_letters if letter not in equation]
    hidden = "".join(
        free[: max(rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True))]
    )
    if not arrow:
        letters = left.replace("...", "").replace(",", "")
        once = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
        result = ("..." if "..." in left else "") + once
    return [term.replace("...", hidden) for term in (*terms, result)]


def _operand(step: Step, at: int, terms: list[str], shapes: list[tuple[int, ...]]) -> ir.Value:
    """The gradient of one operand; the first term and shape are the result's."""
    like, shape = step.dy[0], shapes[1 + at]
    values = [like, *(step.x[place] for place in range(len(step.x)))]
    operands: list[tuple[ir.Value, str]] = []
    factors: list[ir.Value] = []
    # Axes of size one are repeated for other operands; without them nothing has to be.
    for place, (value, term, sizes) in enumerate(zip(values, terms, shapes, strict=True)):
        if place == 1 + at:
            continue
        kept = "".join(letter for letter, size in zip(term, sizes, strict=True) if size != 1)
        value = step.reshape(value, [size for size in sizes if size != 1])
        if kept:
            operands.append((value, kept))
        else:
            factors.append(value)
    free = iter(letter for letter in ascii_letters if not any(letter in term for term in terms))
    wanted = ""
    for letter, size in zip(terms[1 + at], shape, strict=True):
        if size == 1:
            continue
        own = letter
        if letter in wanted:
            # A letter that comes twice takes the diagonal; beside it there is no gradient.
            own = next(free)
            operands.append((step.constant(np.eye(size, dtype=step.dtype(like))), letter + own))
        elif not any(letter in kept for _, kept in operands):
            operands.append((step.constant(np.ones(size, step.dtype(like))), letter))
        wanted += own
    if operands:
        equation = ",".join(term for _, term in operands) + "->" + wanted
        factors.append(step.op("Einsum", *(value for value, _ in operands), equation=equation))
    product = factors[0]
    for factor in factors[1:]:
        product = step.op("Mul", product, factor)
    return step.reshape(product, shape)
