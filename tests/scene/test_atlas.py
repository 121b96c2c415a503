"""Mosaics side by side in one picture."""

from __future__ import annotations

import numpy as np

from explorer3d.compute.faces import Face
from explorer3d.scene.atlas import atlas, faces_of
from explorer3d.scene.colormaps import default_map, lookup


def test_every_mosaic_keeps_its_own_colours() -> None:
    random = np.random.default_rng(0)
    one, other = (random.integers(0, 250, (12, 12), np.uint8) for _ in range(2))
    photo = random.integers(0, 255, (12, 10, 3), np.uint8)
    made = atlas({3: Face(one, False), 7: Face(other, True), 8: Face(photo, False)}, "")
    assert made is not None
    assert made.step == 1
    np.testing.assert_array_equal(made.image(3), lookup(default_map(False))[one])
    np.testing.assert_array_equal(made.image(7), lookup(default_map(True))[other])
    np.testing.assert_array_equal(made.image(8), photo)
    assert made.image(4) is None
    named = atlas({3: Face(one, False), 7: Face(other, True)}, "gray")
    assert named is not None
    np.testing.assert_array_equal(named.image(7), lookup("gray")[other])


def test_many_become_small_by_their_mean() -> None:
    # Two by two texels of black and white: their mean colour is half of the way between.
    board = np.kron(np.ones((4, 4), np.uint8), np.array([[0, 249], [249, 0]], np.uint8))
    table = lookup("gray").astype(float)
    made = atlas({node: Face(board, False) for node in range(100)}, "gray", most=100 * 16)
    assert made is not None
    assert made.step == 2
    expected = np.rint((table[0] + table[249]) / 2)
    for node in (0, 57, 99):
        found = made.image(node)
        assert found is not None
        assert found.shape == (4, 4, 3)
        assert np.abs(found - expected).max() <= 1


def test_it_keeps_to_its_size() -> None:
    faces = {node: Face(np.full((56, 56), node % 250, np.uint8), False) for node in range(3000)}
    made = atlas(faces, "gray", most=300_000)
    assert made is not None
    assert made.texels.shape[0] * made.texels.shape[1] <= 1.3 * 300_000
    for node in (0, 1234, 2999):
        found = made.image(node)
        assert found is not None
        assert (found == lookup("gray")[node % 250]).all()


def test_a_block_has_the_mosaic_of_its_last_layer() -> None:
    face = Face(np.zeros((2, 2), np.uint8), False)
    found = faces_of(("x", "block/", "plain"), {"block/": "block/last"}, {"block/last": face, "x": face})
    assert list(found) == [0, 1]
