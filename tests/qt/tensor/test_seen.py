"""Every number that is pointed at is the array's at the index that is said, in every view and order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer3d.compute.arrangement import Arrangement, arrangement_of
from explorer3d.qt.tensor.framing import fitted
from explorer3d.qt.tensor.seen import Cell, Places, Seen, colourable, first_arrangement
from explorer3d.qt.tensor.stack import Stack, stack_of
from explorer3d.qt.tensor.wall import Wall, wall_of


@st.composite
def tensors(draw: st.DrawFn) -> Seen:
    """Any shape, any axes as maps, rows and columns, any order and choice of channels."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=5)))
    axes = list(draw(st.permutations(range(len(shape)))))
    rows, columns = (axes.pop() if draw(st.booleans()) and axes else None for _ in range(2))
    arrangement = Arrangement(
        tuple(draw(st.integers(0, size - 1)) for size in shape),
        rows,
        columns,
        tuple(axes[: draw(st.integers(0, len(axes)))]),
        frozenset(draw(st.sets(st.sampled_from(range(len(shape)))))),
    )
    array = np.arange(np.prod(shape)).reshape(shape)
    colour = colourable(shape, arrangement) and draw(st.booleans())
    order = None
    if len(arrangement.stack) > colour:
        count = shape[arrangement.stack[0]]
        chosen = draw(st.lists(st.integers(0, count - 1), unique=True, min_size=1))
        order = draw(st.sampled_from([None, np.array(chosen)]))
    return Seen(array, arrangement, order, colour)


def cells(seen: Seen) -> list[Cell]:
    return [Cell(*map(int, place)) for place in np.ndindex(seen.groups, seen.members, *seen.tile)]


@given(tensors())
def test_what_is_drawn_what_is_said_and_what_is_exported_are_one_number(seen: Seen) -> None:
    for cell in cells(seen):
        index = seen.index_of(cell)
        places = (np.array([at]) for at in (cell.group, cell.member, cell.row, cell.column))
        drawn = seen.numbers(Places(*places, np.array([True])))[0]
        if seen.colour:
            axis = seen.arrangement.stack[-1]
            exported = np.take(seen.array, range(3), axis)[(*index[:axis], slice(None), *index[axis + 1 :])]
            backwards = axis in seen.arrangement.flipped
            # Backwards, the last of them is red.
            wanted = exported[::-1] if backwards else exported
            assert list(drawn) == list(seen.value(cell)) == list(wanted)
            assert seen.array[index] == wanted[0]
        else:
            assert drawn == seen.value(cell)[0] == seen.array[index]
        assert seen.cell_of(index) == cell


@given(tensors())
def test_all_numbers_of_the_channels_chosen_are_there_in_their_order(seen: Seen) -> None:
    found = {seen.index_of(cell) for cell in cells(seen)}
    assert len(found) == len(cells(seen))
    axis = seen.channel_axis
    if axis is not None and seen.order is not None:
        firsts = [seen.index_of(Cell(group, 0, 0, 0))[axis] for group in range(seen.groups)]
        assert firsts == seen.order.tolist() == seen.channels.tolist()


@settings(max_examples=40)
@given(tensors(), st.floats(200, 2000), st.floats(150, 1500), st.booleans())
def test_under_the_middle_of_each_cell_lies_that_cell(
    seen: Seen, width: float, height: float, wide: bool
) -> None:
    wall = wall_of(seen, (width, height), (3.0, 1.0) if wide else (1.0, 1.0))
    for cell in cells(seen):
        corners = wall.outline(cell)
        assert wall.at(*(sum(values) / 4 for values in zip(*corners, strict=True))) == cell
    framing = fitted((width, height), wall.extent)
    for cell in cells(seen):
        for x, y in map(framing.pixel, wall.outline(cell)):
            assert -1e-6 <= x <= width + 1e-6 and -1e-6 <= y <= height + 1e-6


@settings(max_examples=40)
@given(tensors(), st.floats(200, 2000), st.floats(150, 1500))
def test_of_a_stack_the_map_in_front_is_pointed_at(seen: Seen, width: float, height: float) -> None:
    stack = stack_of(seen, (width, height))
    outlines = {
        (cell.group, cell.member): stack.outline(replace(cell, row=0, column=0), *seen.tile)
        for cell in cells(seen)
    }
    for cell in cells(seen):
        x, y = (sum(values) / 4 for values in zip(*stack.outline(cell), strict=True))
        found = stack.at(x, y)
        assert found is not None
        assert _inside(outlines[found.group, found.member], x, y)
        # Nothing that stands before it is there.
        for place, outline in outlines.items():
            if place < (found.group, found.member):
                assert not _inside(outline, x, y)
        if (found.group, found.member) == (cell.group, cell.member):
            assert found == cell


def _inside(outline: list[tuple[float, float]], x: float, y: float) -> bool:
    """Whether a point is well inside a convex outline, given clockwise on the screen."""
    sides = zip(outline, [*outline[1:], outline[0]], strict=True)
    return all((bx - ax) * (y - ay) - (by - ay) * (x - ax) > 1e-6 for (ax, ay), (bx, by) in sides)


def test_a_grid_adapts_to_the_window() -> None:
    seen = Seen(np.zeros((2048, 7, 7), np.float32), arrangement_of((2048, 7, 7), "CHW"))
    broad, narrow = wall_of(seen, (1600, 400)), wall_of(seen, (400, 1600))
    assert broad.columns > 3.5 * narrow.columns
    for wall, room in ((broad, (1600, 400)), (narrow, (400, 1600))):
        framing = fitted(room, wall.extent)
        covered = framing.scale**2 * wall.extent[0] * wall.extent[1] / (room[0] * room[1])
        assert covered > 0.85


def test_kernels_stand_by_output_and_input() -> None:
    """Of 50 × 40 kernels each row of the grid holds one output's, by input."""
    seen = Seen(np.zeros((50, 40, 3, 3)), arrangement_of((50, 40, 3, 3), "OIHW"))
    wall = wall_of(seen, (800, 800))
    assert (wall.columns, wall.groups, wall.members) == (1, 50, 40)
    x, y = wall.corner(Cell(7, 3, 1, 2))
    assert (x, y) == (3 * 4 + 2, 7 * 4 + 1)
    assert seen.index_of(Cell(7, 3, 1, 2)) == (7, 3, 1, 2)


def test_single_numbers_form_a_table_without_gaps() -> None:
    seen = Seen(np.zeros((1, 12)), first_arrangement((1, 12), "NC"))
    wall = wall_of(seen, (400, 300))
    assert (wall.columns, wall.cells) == (4, (4, 3))
    assert wall.at(3.5, 1.5) == Cell(7, 0, 0, 0)


def test_zooming_keeps_what_is_under_the_mouse_and_never_leaves_the_grid() -> None:
    whole = fitted((800, 600), (100, 100))
    assert whole.scale == 0.97 * 6
    larger = whole.zoomed(4, 500, 300)
    before, after = whole.point(500, 300), larger.point(500, 300)
    assert np.allclose(before, after)
    assert whole.zoomed(0.1, 10, 10) == whole
    far = larger.moved(-1e6, 1e6)
    assert far.point(*far.room)[0] == 100 and far.top == 0


def test_a_stack_stands_in_the_window() -> None:
    seen = Seen(np.zeros((64, 20, 30)), arrangement_of((64, 20, 30), "CHW"))
    stack = stack_of(seen, (900, 500))
    assert isinstance(stack, Stack) and not isinstance(stack, Wall)
    framing = fitted((900, 500), stack.extent)
    for group in range(64):
        for x, y in map(framing.pixel, stack.outline(Cell(group, 0, 0, 0), 20, 30)):
            assert -1e-6 <= x <= 900 + 1e-6 and -1e-6 <= y <= 500 + 1e-6
