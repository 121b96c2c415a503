"""Gradients of products: they are linear in each operand, so unit inputs tell them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.compute.gradient.referee import check_by_unit_inputs, noise, one_node


@pytest.mark.parametrize(("turned_a", "turned_b"), list(product((0, 1), (0, 1))))
@pytest.mark.parametrize("bias", [None, (), (1,), (5,), (3, 1), (1, 5), (3, 5)])
def test_gemm(tmp_path: Path, turned_a: int, turned_b: int, bias: tuple[int, ...] | None) -> None:
    feeds = {
        "a": noise(1, *((4, 3) if turned_a else (3, 4))),
        "b": noise(2, *((5, 4) if turned_b else (4, 5))),
    }
    if bias is not None:
        feeds["c"] = noise(3, *bias)
    opset = 13 if bias is None else 9
    path = one_node(tmp_path, "Gemm", feeds, opset, transA=turned_a, transB=turned_b, alpha=0.5, beta=2.0)
    check_by_unit_inputs(path, feeds, list(feeds))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3, 4), (4, 5)),
        ((4,), (4,)),
        ((4,), (4, 5)),
        ((3, 4), (4,)),
        ((2, 3, 4), (4,)),
        ((4,), (2, 4, 5)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 5)),
        ((2, 3, 4), (2, 4, 5)),
        ((2, 1, 3, 4), (6, 4, 5)),
        ((1, 6, 3, 4), (2, 1, 4, 5)),
        ((1, 1, 4), (3, 4, 1)),
    ],
)
def test_matmul(tmp_path: Path, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    feeds = {"a": noise(1, *left), "b": noise(2, *right)}
    check_by_unit_inputs(one_node(tmp_path, "MatMul", feeds, 13), feeds, list(feeds))


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij , jk -> ki", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ba", [(2, 3)]),
        ("i,j->ij", [(2,), (3,)]),
        ("ij->", [(2, 3)]),
        ("ij->j", [(2, 3)]),
        ("ij,ij->", [(2, 3), (2, 3)]),
        ("bhid,bhjd->bhij", [(2, 2, 3, 4), (2, 2, 5, 4)]),
        ("bij,bjk,bkl->il", [(2, 3, 4), (2, 4, 2), (2, 2, 3)]),
        ("...ij,...jk->...ik", [(2, 1, 2, 3), (1, 3, 3, 4)]),
        ("...ij,jk->...ik", [(2, 1, 3, 2), (2, 4)]),
        ("...,...->...", [(2, 3), (1, 3)]),
        ("b...i,i...->...b", [(2, 3, 4), (4, 3)]),
        ("...i", [(2, 3)]),
        ("ii->i", [(3, 3)]),
        ("ii->", [(3, 3)]),
        ("bii,i->b", [(2, 3, 3), (3,)]),
        ("ij,jk->ik", [(2, 1), (1, 4)]),
        ("i,i->", [(1,), (1,)]),
    ],
)
def test_einsum(tmp_path: Path, equation: str, shapes: list[tuple[int, ...]]) -> None:
    feeds = {name: noise(at, *shape) for at, (name, shape) in enumerate(zip("pqr", shapes, strict=False))}
    check_by_unit_inputs(one_node(tmp_path, "Einsum", feeds, 13, equation=equation), feeds, list(feeds))
