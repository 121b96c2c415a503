"""A place in one tensor, in others: by its share of the axes of space, or by what it depends on."""

from __future__ import annotations

from explorer3d.compute.arrangement import Arrangement
from explorer3d.graph.receptive.region import Block, Region
from explorer3d.qt.tensor.places import part_of, place_of, region_spot, region_text, spot_of

IMAGE = Arrangement((0, 0, 0, 0), rows=2, columns=3, stack=(1,))


def test_the_same_share_of_height_and_width() -> None:
    place = place_of((1, 8, 7, 14), "NCHW", (0, 5, 3, 13))
    # Four times as high, twice as wide: four rows, two columns belong to one number.
    assert spot_of(place, (1, 3, 28, 28), "NCHW", IMAGE) == (range(12, 16), range(26, 28))
    # Where the channels come last, and in a map so low that it reaches over both rows.
    keras = Arrangement((0, 0, 0, 0), rows=1, columns=2, stack=(3,))
    assert spot_of(place, (1, 2, 7, 9), "NHWC", keras) == (range(2), range(6, 7))
    mirrored = Arrangement((0, 0, 0, 0), rows=2, columns=3, stack=(1,), flipped=frozenset({3}))
    assert spot_of(place, (1, 3, 28, 28), "NCHW", mirrored) == (range(12, 16), range(2))
    turned = Arrangement((0, 0, 0, 0), rows=3, columns=2, stack=(1,))
    assert spot_of(place, (1, 3, 28, 28), "NCHW", turned) == (range(26, 28), range(12, 16))


def test_tensors_without_the_same_axes_of_space_have_no_such_place() -> None:
    place = place_of((1, 8, 7, 14), "NCHW", (0, 5, 3, 13))
    assert spot_of(place, (1, 1000), "NC", Arrangement((0, 0), columns=1)) is None
    assert spot_of(place, (1, 20, 5), "NTC", Arrangement((0, 0, 0), rows=1, columns=2)) is None
    assert spot_of({}, (1, 1000), "NC", Arrangement((0, 0), columns=1)) is None
    time = place_of((1, 20, 5), "NTC", (0, 10, 2))
    assert spot_of(time, (1, 40, 7), "NTC", Arrangement((0, 0, 0), rows=1, columns=2)) == (
        range(20, 22),
        None,
    )


def test_what_a_number_depends_on_in_place_and_words() -> None:
    block = Block((range(1), range(3), range(9, 14), range(0, 6, 2)))
    region = Region((1, 3, 28, 28), (block,))
    assert region_spot(region, (1, 3, 28, 28), IMAGE) == (range(9, 14), range(5))
    assert region_text(region, "NCHW") == "rows 9–13, columns 0–4"
    bound = Region((1, 3, 28, 28), (Block(block.axes, exact=False),))
    assert region_text(bound, "NCHW") == "at most rows 9–13, columns 0–4"
    assert part_of(region, "NCHW") == (0.0, 9 / 28, 5 / 28, 5 / 28)
    single = Region((1, 3, 28, 28), (Block((range(1), range(3), range(13, 14), range(12, 14))),))
    assert region_text(single, "NCHW") == "row 13, columns 12–13"
    assert region_text(Region((1, 9), (Block((range(1), range(4, 7))),)), "NC") == "0, 4–6"
    whole = Region((1, 4), (Block((range(1), range(4))),))
    assert region_text(whole, "NC") == "all"
    assert part_of(whole, "NC") is None
