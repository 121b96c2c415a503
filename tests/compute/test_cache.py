"""Activations are kept within a budget of bytes."""

from __future__ import annotations

import numpy as np

from explorer3d.compute.cache import ActivationCache, fingerprint


def _kilobytes(count: int) -> np.ndarray:
    return np.zeros(count * 1024, np.uint8)


def test_what_was_used_longest_ago_goes_first() -> None:
    cache = ActivationCache(3 * 1024)
    for name in "abc":
        cache.put(("x", name), _kilobytes(1))
    assert cache.get(("x", "a")) is not None
    cache.put(("x", "d"), _kilobytes(1))
    assert cache.get(("x", "b")) is None
    assert [cache.get(("x", name)) is not None for name in "acd"] == [True, True, True]
    assert cache.nbytes == 3 * 1024


def test_large_array_pushes_out_as_many_as_it_needs() -> None:
    cache = ActivationCache(4 * 1024)
    for name in "abc":
        cache.put(("x", name), _kilobytes(1))
    cache.put(("x", "large"), _kilobytes(3))
    assert [cache.get(("x", name)) is not None for name in ("a", "b", "c", "large")] == [
        False,
        False,
        True,
        True,
    ]


def test_array_over_the_budget_is_not_kept_and_pushes_nothing_out() -> None:
    cache = ActivationCache(2 * 1024)
    cache.put(("x", "a"), _kilobytes(1))
    cache.put(("x", "huge"), _kilobytes(3))
    assert cache.get(("x", "huge")) is None
    assert cache.get(("x", "a")) is not None


def test_same_key_again_counts_once() -> None:
    cache = ActivationCache(4 * 1024)
    cache.put(("x", "a"), _kilobytes(1))
    cache.put(("x", "a"), _kilobytes(2))
    assert (len(cache), cache.nbytes) == (1, 2 * 1024)
    cache.clear()
    assert (len(cache), cache.nbytes) == (0, 0)


def test_fingerprint_is_of_name_type_shape_and_content() -> None:
    base = np.arange(6, dtype=np.float32).reshape(2, 3)
    same = fingerprint({"x": base})
    assert fingerprint({"x": base.copy()}) == same
    assert fingerprint({"x": np.asfortranarray(base)}) == same
    changed = base.copy()
    changed[1, 2] = 7
    others = [{"z": base}, {"x": base.reshape(3, 2)}, {"x": base.view(np.int32)}, {"x": changed}]
    assert len({same, *(fingerprint(other) for other in others)}) == 5


def test_fingerprint_of_strings_and_scalars() -> None:
    assert fingerprint({"s": np.array(["a"], object)}) != fingerprint({"s": np.array(["b"], object)})
    assert fingerprint({"n": np.array(1)}) != fingerprint({"n": np.array(2)})


def test_room_is_made_before_what_needs_it_is_there() -> None:
    cache = ActivationCache(4 * 1024)
    for name in "abcd":
        cache.put(("x", name), _kilobytes(1))
    cache.make_room(3 * 1024)
    assert [cache.get(("x", name)) is not None for name in "abcd"] == [False, False, False, True]
    assert cache.nbytes == 1024
    cache.make_room(9 * 1024)  # more than there will ever be
    assert (len(cache), cache.nbytes) == (0, 0)


def test_a_smaller_budget_holds_at_once_and_from_then_on() -> None:
    cache = ActivationCache(4 * 1024)
    for name in "abcd":
        cache.put(("x", name), _kilobytes(1))
    cache.limit(2 * 1024)
    assert [cache.get(("x", name)) is not None for name in "abcd"] == [False, False, True, True]
    cache.put(("x", "e"), _kilobytes(1))
    assert (len(cache), cache.nbytes) == (2, 2 * 1024)
