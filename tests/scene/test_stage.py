"""The stage by its pixels: what is shown, opened, unfolded, marked, pointed at and closed again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer3d.compute.faces import Face
from explorer3d.compute.picture import EMPTY, picture_of
from explorer3d.compute.show import ShownTensor
from explorer3d.compute.statistics import summarise
from explorer3d.document import ALL_ROLES
from explorer3d.graph.layout import arrange
from explorer3d.manners import TILES
from explorer3d.scene.blueprint import blueprint
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.colormaps import default_map, lookup
from explorer3d.scene.flight import FLIGHT, MARGINS
from explorer3d.scene.opened import OpenedLayer
from explorer3d.scene.palette import DARK, FAMILIES, family_of
from explorer3d.scene.panel import Panel
from explorer3d.scene.pointing import Hit
from explorer3d.scene.stage import REGROUPING, Stage
from explorer3d.scene.standing import MORPH
from explorer3d.scene.text import length
from tests.scene.conftest import SIZE, Ran
from tests.scene.networks import network, residual
from tests.scene.test_quads import texel_colours


def show(stage: Stage, ran: Ran, faces: bool = True) -> None:
    stage.show_model(ran.network.model, ran.network.layout)
    if faces:
        stage.show_faces(ran.faces.faces, ran.best)
    stage.settle()


def frame(stage: Stage) -> np.ndarray:
    return stage.draw(smooth=False)[:, :, :3].copy()


def colour_at(stage: Stage, node: str, role: str | None = None) -> np.ndarray:
    x, y = stage.where(node, role)
    return frame(stage)[int(y), int(x)].astype(int)


def look_at(stage: Stage, corners: np.ndarray, fill: float = 1.3) -> None:
    """Straight and near, so that every texel of a rectangle is many pixels wide."""
    middle = corners.mean(axis=0)
    tall = max(np.ptp(corners[:, 1]), np.ptp(corners[:, 0]) * SIZE[1] / SIZE[0]) * fill
    distance = tall / 2 / np.tan(np.radians(14))
    stage.move_camera(Pose((float(middle[0]), float(middle[1]), float(middle[2])), 0, 0, float(distance)))


def panel(stage: Stage, node: str, tensor: str) -> Panel:
    return next(one for one in stage.opened[node].panels if one.tensor.name == tensor)


def check_tile(stage: Stage, shown: Panel, index: int) -> None:
    corners = shown.quads.corners[index].astype(float)
    look_at(stage, corners)
    left, top, right, bottom = shown.tensor.picture.cells()[index]
    found = texel_colours(frame(stage), corners, bottom - top, right - left, stage.pose)
    table = lookup(stage.colormap or default_map(shown.tensor.statistics.diverging))
    texels = shown.tensor.picture.texels[top:bottom, left:right]
    # Gaps between kernels are transparent: the next slice shows through.
    drawn = texels != EMPTY
    np.testing.assert_array_equal(found[drawn], table[texels[drawn]])


def test_an_empty_stage_can_be_drawn(stage: Stage) -> None:
    stage.fit()
    stage.settle()
    assert frame(stage).shape == (SIZE[1], SIZE[0], 3)
    assert stage.pick(100, 100) is None
    stage.reveal("nothing")
    with pytest.raises(KeyError):
        stage.where("nothing")


def test_blocks_have_their_familys_colour(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet, faces=False)
    for layer in lenet.network.model.layers:
        found, expected = colour_at(stage, layer.name), np.array(FAMILIES[family_of(layer.op)].colour)
        # Light changes how bright it is, not its hue.
        share = found.sum() / expected.sum()
        assert 0.8 < share < 1.1
        assert np.abs(found - expected * share).max() <= 2


def test_the_first_view_fills_the_frame(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet, faces=False)
    x, y = stage.projection.pixels(stage.whole()).T
    left, top, right, bottom = np.array(MARGINS) * [SIZE[0], SIZE[1], SIZE[0], SIZE[1]]
    assert x.min() >= left - 1
    assert x.max() <= SIZE[0] - right + 1
    assert y.min() >= top - 1
    assert y.max() <= SIZE[1] - bottom + 1
    wide = x.min() < left + 1 and x.max() > SIZE[0] - right - 1
    tall = y.min() < top + 1 and y.max() > SIZE[1] - bottom - 1
    assert wide or tall


def test_faces_show_the_mosaics(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    assert stage.placement is not None
    for name in ("image", "conv1", "conv2", "fc1"):
        index = stage.network.index[name]
        x, y, _ = stage.placement.centres[index]
        width, height, _ = stage.placement.sizes[index] - 0.06
        corners = (
            np.array([[x, y, 0.008]])
            + np.array([[-width, -height, 0], [width, -height, 0], [width, height, 0], [-width, height, 0]])
            / 2
        )
        look_at(stage, corners)
        face = lenet.faces.faces[name]
        rows, columns = face.texels.shape[:2]
        found = texel_colours(frame(stage), corners, rows, columns, stage.pose)
        expected = lookup(default_map(face.diverging))[face.texels]
        np.testing.assert_array_equal(found, expected)


def test_opened_tensors_have_the_right_colours(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.set_mode(TILES, animated=False)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    for name in ("input", "kernel", "output"):
        shown = panel(stage, "conv1", name)
        for index in {0, shown.tensor.picture.count - 1}:
            check_tile(stage, shown, index)


def test_the_first_slice_of_a_stack_is_in_front(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.open_layer(lenet.layer("conv2"), ALL_ROLES)
    check_tile(stage, panel(stage, "conv2", "output"), 0)
    check_tile(stage, panel(stage, "conv2", "kernel"), 0)


def test_the_picture_shown_is_the_tensor(stage: Stage, lenet: Ran) -> None:
    """From the array to the screen: brighter on the map means brighter on the screen."""
    show(stage, lenet)
    stage.set_mode(TILES, animated=False)
    stage.set_colormap("gray")
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    shown = panel(stage, "conv1", "output")
    corners = shown.quads.corners[3].astype(float)
    look_at(stage, corners)
    found = texel_colours(frame(stage), corners, 28, 28, stage.pose)[:, :, 0].astype(float)
    values = shown.tensor.array[0, :, :, 3].astype(float)
    low, high = shown.tensor.statistics.limits
    expected = (values - low) / (high - low) * 255
    inside = (values >= low) & (values <= high)
    assert inside.mean() > 0.9
    assert np.abs(found - expected)[inside].max() <= 4


def test_a_vector_is_bars(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.open_layer(lenet.layer("classes"), ALL_ROLES)
    shown = panel(stage, "classes", "output")
    heights = np.ptp(shown.quads.corners[:, :, 1], axis=1)
    values = np.abs(shown.tensor.array[0])
    assert np.argmax(heights) == np.argmax(values)
    table = lookup(default_map(shown.tensor.statistics.diverging))
    look_at(stage, shown.quads.corners.reshape(-1, 3).astype(float))
    picture = frame(stage)
    for index in np.argsort(-heights)[:3]:
        x, y = stage.projection.pixels(shown.quads.corners[index].mean(axis=0)[None])[0].astype(int)
        left, top, _, _ = shown.tensor.picture.cells()[index]
        assert picture[y, x].tolist() == table[shown.tensor.picture.texels[top, left]].tolist()


def tiles_places(stage: Stage, shown: Panel, node: str) -> np.ndarray:
    """Where the rectangles of a panel have to be when it is unfolded: its room's corner plus the tiles."""
    opened = stage.opened[node]
    indent = (shown.room - shown.unfolding.width) / 2
    corner = np.array([opened.left + shown.left + indent, opened.top + shown.top, 0.0])
    return np.asarray(shown.unfolding.at(1.0) + corner, np.float32)


def test_the_morph_ends_exactly_on_its_target(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    stage.frame_node("conv1", animated=False)
    stacked = [one.quads.corners.copy() for one in stage.opened["conv1"].panels]
    start = frame(stage)
    stage.set_mode(TILES)
    assert stage.moving
    between = 0
    while stage.advance(MORPH / 7.3):
        between += 1
    assert between >= 6
    for one in stage.opened["conv1"].panels:
        assert np.array_equal(one.quads.corners, tiles_places(stage, one, "conv1"))
    stage.set_mode("stack")
    stage.settle()
    for one, before in zip(stage.opened["conv1"].panels, stacked, strict=True):
        assert np.array_equal(one.quads.corners, before)
    # The camera looked at the tiles straight, and came back too.
    assert np.array_equal(frame(stage), start)


def test_the_morph_passes_between(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    shown = panel(stage, "conv1", "output")
    start, goal = shown.quads.corners.astype(float), tiles_places(stage, shown, "conv1").astype(float)
    stage.set_mode(TILES)
    shares = []
    for _ in range(5):
        stage.advance(MORPH / 6)
        way = (shown.quads.corners - start) * (goal - start)
        shares.append(float(way.sum() / ((goal - start) ** 2).sum()))
        np.testing.assert_allclose(shown.quads.corners, start + shares[-1] * (goal - start), atol=1e-4)
    assert shares[0] > 0
    assert (np.diff(shares) > 0).all()
    assert shares[-1] < 1


def test_a_layer_opened_among_tiles_is_tiled(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.set_mode(TILES, animated=False)
    stage.open_layer(lenet.layer("conv2"), ALL_ROLES)
    shown = panel(stage, "conv2", "output")
    assert np.array_equal(shown.quads.corners, tiles_places(stage, shown, "conv2"))


@pytest.mark.parametrize("sample", ["lenet", "rows"])
def test_closing_leaves_nothing(stage: Stage, sample: str, request: pytest.FixtureRequest) -> None:
    ran: Ran = request.getfixturevalue(sample)
    show(stage, ran)
    pose = stage.pose
    props, before = stage.canvas.props(), frame(stage)
    smooth = stage.draw(smooth=True).copy()
    names = [layer.name for layer in ran.network.model.layers[:4]]
    for _ in range(2):
        for name in names:
            stage.open_layer(ran.layer(name), ALL_ROLES)
            stage.select(name)
        stage.set_mode(TILES)
        stage.settle()
        assert not np.array_equal(frame(stage), before)
        assert stage.canvas.props() > props
        stage.set_mode("stack")
        stage.settle()
        for name in names:
            stage.close_layer(name)
        stage.select(None)
        stage.move_camera(pose)
        assert stage.canvas.props() == props
        assert np.array_equal(frame(stage), before)
        assert np.array_equal(stage.draw(smooth=True), smooth)


def test_showing_nothing_empties_the_stage(stage: Stage, lenet: Ran) -> None:
    bare = frame(stage)
    show(stage, lenet)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    stage.select("conv1")
    stage.show_model(None, None)
    stage.settle()
    assert stage.canvas.props() == 0
    assert np.array_equal(frame(stage), bare)
    assert stage.pick(*np.array(SIZE) / 2) is None


def test_another_model_replaces_the_first(stage: Stage, lenet: Ran, rows: Ran) -> None:
    show(stage, rows)
    expected, props = frame(stage), stage.canvas.props()
    show(stage, lenet)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    show(stage, rows)
    assert stage.canvas.props() == props
    assert np.array_equal(frame(stage), expected)


def test_roles_choose_what_is_shown(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    layer = lenet.layer("conv1")
    for roles, names in (
        ({"weights"}, ["kernel"]),
        ({"input", "bias"}, ["input", "bias"]),
        (ALL_ROLES, ["input", "kernel", "bias", "output"]),
    ):
        stage.open_layer(layer, frozenset(roles))
        assert [one.tensor.name for one in stage.opened["conv1"].panels] == names


def test_tensors_stand_side_by_side(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    stage.open_layer(lenet.layer("pool1"), ALL_ROLES)
    for mode in (TILES, "stack"):
        stage.set_mode(mode, animated=False)
        boxes = []
        for opened in stage.opened.values():
            bounds = opened.bounds()
            for one in opened.panels:
                points = one.quads.corners.reshape(-1, 3)
                assert (points[:, :2].min(axis=0) >= bounds[:, :2].min(axis=0) - 1e-4).all()
                assert (points[:, :2].max(axis=0) <= bounds[:, :2].max(axis=0) + 1e-4).all()
                boxes.append((points[:, 0].min(), points[:, 0].max()))
        boxes.sort()
        assert all(one[1] < other[0] for one, other in zip(boxes, boxes[1:], strict=False))


def test_handles_light_up(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)

    def ground(role: str) -> list[int]:
        point = stage.network.handles.place(stage.network.index["conv1"], role)
        assert point is not None
        stage.move_camera(Pose((float(point[0]), float(point[1]), 0), 0, 0, 2.0))
        # Between the dots of the grid: an eighth of the side beside the middle.
        x, y = stage.where("conv1", role)
        step = 0.26 * stage.projection.pixels_per_unit / 8
        return frame(stage)[int(y + step), int(x + step)].tolist()

    roles = ("input", "weights", "bias", "output")
    assert [ground(role) for role in roles] == [list(DARK.handle)] * 4
    stage.open_layer(lenet.layer("conv1"), frozenset({"weights", "output"}))
    assert [ground(role) for role in roles] == [
        list(DARK.handle), list(DARK.handle_active), list(DARK.handle), list(DARK.handle_active)
    ]  # fmt: skip
    stage.close_layer("conv1")
    assert [ground(role) for role in roles] == [list(DARK.handle)] * 4


def test_select_marks_the_node(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    before, props = frame(stage), stage.canvas.props()

    def marked(picture: np.ndarray) -> np.ndarray:
        return np.argwhere((picture == DARK.selection).all(axis=2))[:, ::-1]

    stage.select("pool1")
    fresh = frame(stage)
    gold = marked(fresh)
    gold = gold[(before[gold[:, 1], gold[:, 0]] != DARK.selection).any(axis=1)]
    x, y = stage.where("pool1")
    assert len(gold) > 50
    assert gold.mean(axis=0) == pytest.approx([x, y], abs=6)
    stage.select(None)
    assert stage.canvas.props() == props
    assert np.array_equal(frame(stage), before)


def test_the_flow_through_a_node_stays_bright(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    before = frame(stage).astype(int)
    stage.select("pool1")
    assert stage.lit == {"conv1", "pool1", "conv2"}
    after = frame(stage).astype(int)
    for name in ("image", "conv1", "conv2", "pool2", "fc1"):
        x, y = map(round, stage.where(name))
        here, there = (picture[y - 8 : y + 8, x - 8 : x + 8] for picture in (before, after))
        if name in stage.lit:
            assert np.array_equal(here, there), name
        else:
            # Two fifths of the way to the ground: contrast shrinks by as much.
            assert there.std() == pytest.approx(0.6 * here.std(), rel=0.03), name
    lit = (after == DARK.edge_active).all(axis=2)
    columns = np.flatnonzero(lit.any(axis=0))
    assert columns.min() < stage.where("conv1")[0] and columns.max() > stage.where("conv2")[0]


def test_all_ways_between_two_nodes_are_lit(stage: Stage) -> None:
    model = network(residual(2))
    stage.show_model(model, arrange(model))
    stage.select("c1", "a0")
    # The way from x past a0 is not one of them.
    assert stage.lit == {"a0", "b0", "c0", "a1", "b1", "c1"} and stage.linked
    stage.select("b0", "c0")
    assert stage.lit == {"b0", "c0"} and stage.linked


def test_an_edge_names_its_tensor(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    left, right = stage.where("conv1", "output"), stage.where("pool1", "input")
    x, y = np.mean([left, right], axis=0)
    assert stage.pick(x, y) is None
    said = stage.describe_edge(x, y)
    assert "1 × 28 × 28 × 6  float32" in said and "conv1 → pool1" in said
    assert stage.describe_edge(x, y - 40) == ""


@pytest.mark.parametrize("sample", ["lenet", "rows"])
def test_pick_finds_what_where_names(stage: Stage, sample: str, request: pytest.FixtureRequest) -> None:
    ran: Ran = request.getfixturevalue(sample)
    show(stage, ran)
    for name in ran.network.layout.names:
        assert stage.pick(*stage.where(name)) == Hit(name)
        for role in ("input", "weights", "bias", "output"):
            try:
                point = stage.where(name, role)
            except KeyError:
                continue
            assert stage.pick(*point) == Hit(name, role)
    assert stage.pick(3, 3) is None


def test_every_layer_has_its_handles(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    for role in ("input", "weights", "bias", "output"):
        stage.where("conv1", role)
    for role in ("input", "output"):
        stage.where("pool1", role)
    for name, role in (("pool1", "weights"), ("pool1", "bias"), ("image", "input")):
        with pytest.raises(KeyError):
            stage.where(name, role)


def test_pick_finds_opened_tensors(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.set_mode(TILES, animated=False)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    stage.fit(animated=False)
    for one in stage.opened["conv1"].panels:
        point = one.quads.corners[-1].mean(axis=0)
        hit = stage.pick(*stage.projection.pixels(point[None])[0])
        assert hit == Hit("conv1", one.tensor.role, one.tensor.name)
        assert one.tensor.name in stage.describe(hit)


def test_describe(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    assert stage.describe(Hit("conv1")) == "conv1  ·  Conv2D  ·  28×28×6"
    assert stage.describe(Hit("conv1", "weights")) == "weights of conv1"


def test_resize_keeps_the_fit(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    for size in ((500, 700), (1200, 400), SIZE):
        stage.resize(size)
        assert stage.draw().shape == (size[1], size[0], 4)
        x, y = stage.projection.pixels(stage.whole()).T
        assert -1 <= x.min() <= x.max() <= size[0] + 1
        assert -1 <= y.min() <= y.max() <= size[1] + 1
        assert np.ptp(x) > 0.85 * size[0] or np.ptp(y) > 0.8 * size[1]


def test_lines_are_wider_in_large_pictures(stage: Stage, lenet: Ran) -> None:
    def widths() -> list[float]:
        return [stage.parts.props[part][0].GetProperty().GetLineWidth() for part in ("selection", "edges")]

    show(stage, lenet)
    stage.select("conv1")
    designed = widths()
    stage.resize((400, 1950))
    larger = widths()
    stage.resize(SIZE, 2.0)
    assert designed == pytest.approx([3.0, 1.6])
    assert larger == pytest.approx([4.5, 2.4])
    assert widths() == pytest.approx([6.0, 3.2])


def test_a_small_picture_is_left_to_the_network(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    assert stage.legend_size[1] > 0
    stage.resize((200, 150))  # a line for each family would take half of it
    stage.draw()
    assert stage.legend is None and stage.legend_size == (0, 0)
    stage.resize(SIZE)
    stage.draw()
    height = stage.legend_size[1]
    assert 0 < height < SIZE[1] / 8


def test_resize_leaves_a_camera_that_was_moved(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    moved = stage.pose.orbited(10, 5)
    stage.move_camera(moved)
    stage.resize((500, 700))
    assert stage.pose == moved


def test_colour_map_recolours(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.set_mode(TILES, animated=False)
    stage.open_layer(lenet.layer("conv1"), ALL_ROLES)
    shown = panel(stage, "conv1", "output")
    corners = shown.quads.corners.copy()
    pose, before = stage.pose, frame(stage)
    for name in ("viridis", "turbo", ""):
        stage.set_colormap(name)
        check_tile(stage, shown, 2)
        assert np.array_equal(shown.quads.corners, corners)
        stage.move_camera(pose)
        assert np.array_equal(frame(stage), before) == (name == "")


def test_the_model_input_can_be_opened(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.open_layer(lenet.layer("image"), ALL_ROLES)
    check_tile(stage, panel(stage, "image", "output"), 0)


def test_fly_takes_its_time_and_arrives(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    start = stage.pose
    stage.frame_node("conv2")
    assert stage.moving
    assert stage.advance(FLIGHT / 2)
    halfway = stage.pose
    assert not stage.advance(FLIGHT)
    assert len({start, halfway, stage.pose}) == 3
    x, y = stage.where("conv2")
    assert 0.25 * SIZE[0] < x < 0.75 * SIZE[0]
    assert 0.25 * SIZE[1] < y < 0.75 * SIZE[1]
    arrived = stage.pose
    assert not stage.advance(1.0)
    assert stage.pose == arrived


def test_reveal_moves_only_if_needed(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    home = stage.pose
    stage.reveal("conv2")
    stage.settle()
    assert stage.pose == home
    stage.move_camera(home.zoomed(8.0, -10.0, 0.0))
    for name in ("classes", "image", "flatten", "conv1"):
        stage.reveal(name)
        stage.settle()
        x, y = stage.where(name)
        assert 0.11 * SIZE[0] < x < 0.89 * SIZE[0]
        assert 0.11 * SIZE[1] < y < 0.89 * SIZE[1]


def test_predictions_are_bars_of_that_length(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    guesses = lenet.best["classes"]
    bars = next(iter(stage.answers.bars.values())).quads
    full, drawn = np.ptp(bars.corners[::2, :, 0], axis=1), np.ptp(bars.corners[1::2, :, 0], axis=1)
    expected = np.maximum([guess.probability for guess in guesses], 0.03 / full)
    np.testing.assert_allclose(drawn / full, expected, rtol=1e-4)
    look_at(stage, bars.corners[:2].reshape(-1, 3).astype(float))
    x, y = stage.projection.pixels(bars.corners[1].mean(axis=0)[None])[0].astype(int)
    assert frame(stage)[y, x].tolist() == [255, 209, 102]


@pytest.mark.parametrize("network", ["lenet", "rows"])
@pytest.mark.parametrize("turn", [0.0, 180.0, 215.0, -140.0, 360.0])
def test_predictions_are_read_from_behind_too(
    stage: Stage, network: str, turn: float, request: pytest.FixtureRequest
) -> None:
    show(stage, request.getfixturevalue(network))
    stage.move_camera(stage.pose.orbited(turn, 0.0))
    picture = frame(stage)
    bars = next(iter(stage.answers.bars.values()))
    # Two rectangles, and two labels, for each class.
    for label, bar in zip(bars.labels, bars.quads.corners[[0, 0, 2, 2, 4, 4, 6, 6, 8, 8]], strict=True):
        ends = np.sort(stage.projection.pixels(bar.astype(float))[:, 0])[[0, -1]]
        x = stage.projection.pixels(np.array([label.anchor]))[0, 0]
        # A name begins at the left end of its bar in the picture, its share ends at the right one.
        assert x == pytest.approx(ends[round(label.align)], abs=8.0), label.text
    inside = bars.quads.corners[1].mean(axis=0, dtype=float)[None]
    column, row = stage.projection.pixels(inside)[0].astype(int)
    assert np.abs(picture[row - 1 : row + 2, column].astype(int) - [255, 209, 102]).max(axis=1).min() < 60


@pytest.mark.parametrize("name", ["conv2/Relu", "fc1/Gemm", "image"])
def test_what_is_shown_with_what_is_left_of_other_layers_looks_the_same(
    stage: Stage, rows: Ran, name: str
) -> None:
    """Rectangles of closed layers are used again: with other textures, other numbers of tiles."""
    show(stage, rows)
    stage.select("conv1/Conv")
    for _ in range(2):
        stage.open_layer(rows.layer("conv1/Conv"), ALL_ROLES)
        frame(stage)
        stage.close_layer("conv1/Conv")
    opened = rows.layer(name)
    stage.open_layer(opened, ALL_ROLES)
    stage.frame_node(name, animated=False)
    used = frame(stage)
    fresh = Stage(SIZE)
    try:
        show(fresh, rows)
        fresh.select("conv1/Conv")
        fresh.open_layer(opened, ALL_ROLES)
        fresh.frame_node(name, animated=False)
        assert np.array_equal(used, frame(fresh))
    finally:
        fresh.close()


@pytest.mark.parametrize("near", [False, True])
def test_what_makes_room_for_a_layer_looks_as_if_it_had_been_built_there(
    stage: Stage, rows: Ran, near: bool
) -> None:
    show(stage, rows)
    stage.select("conv2/Relu")
    assert stage.placement is not None
    floors = stage.placement.row_floors
    stage.open_layer(rows.layer("conv1/Conv"), ALL_ROLES)
    assert (stage.placement.row_floors[1:] < floors[1:]).all()
    if near:
        stage.frame_node("conv2/Relu", animated=False)
    else:
        stage.fit(animated=False)
    moved = frame(stage)
    stage.set_look(DARK, 1.0)
    assert np.array_equal(moved, frame(stage))


def test_a_layer_opened_before_what_a_run_told_is_drawn(stage: Stage, rows: Ran) -> None:
    show(stage, rows)
    stage.select("conv2/Relu")
    stage.frame_node("conv2/Relu", animated=False)
    frame(stage)
    stage.show_faces(rows.faces.faces, rows.best)
    stage.open_layer(rows.layer("conv1/Conv"), ALL_ROLES)
    stage.frame_node("conv2/Relu", animated=False)
    moved = frame(stage)
    stage.set_look(DARK, 1.0)
    assert np.array_equal(moved, frame(stage))


def test_mosaics_pushed_down_are_drawn_wherever_one_looks(stage: Stage, rows: Ran) -> None:
    show(stage, rows)
    layout = rows.network.layout
    first, *others = (name for name in layout.names if name in rows.faces.faces)

    def near(name: str) -> np.ndarray:
        assert stage.placement is not None
        index = stage.network.index[name]
        x, y, _ = stage.placement.centres[index]
        half = stage.placement.sizes[index, 0] / 2
        look_at(stage, np.array([[x - half, y - half, 0], [x + half, y + half, 0]]))
        return frame(stage)

    near(first)
    stage.open_layer(rows.layer("conv1/Conv"), ALL_ROLES)
    moved = [near(name) for name in others]
    stage.set_look(DARK, 1.0)
    for name, picture in zip(others, moved, strict=True):
        assert np.array_equal(picture, near(name)), name


def test_names_stand_before_mosaics_that_have_faded(stage: Stage) -> None:
    model = network(residual(120))
    stage.show_model(model, arrange(model, 1.75))
    names = stage.network.layout.names
    stage.show_faces({name: Face(np.full((8, 8), 90, np.uint8), False, (1, 4)) for name in names}, {})
    stage.move_camera(stage.pose.zoomed(0.5, 0.0, 0.0))
    stage.keep_bright(frozenset(names[::7]))
    fresh = frame(stage)
    stage.set_look(DARK, 1.0)
    assert np.array_equal(fresh, frame(stage))


def test_mosaics_too_small_to_be_told_go_with_the_zoom(stage: Stage) -> None:
    model = network(residual(120))
    stage.show_model(model, arrange(model, 1.75))
    names = stage.network.layout.names
    stage.show_faces({name: Face(np.full((8, 8), 90, np.uint8), False, (1, 4)) for name in names}, {})
    stage.frame_node(names[150], animated=False)
    frame(stage)
    stage.fit(animated=False)
    stage.move_camera(stage.pose.zoomed(0.4, 0.0, 0.0))
    far = frame(stage)
    stage.set_look(DARK, 1.0)
    assert np.array_equal(far, frame(stage))


def test_nothing_is_written_while_blocks_are_on_their_way(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    for name in ("conv1", "conv2"):
        stage.open_layer(lenet.layer(name), ALL_ROLES)
    (words,) = stage.parts.props["words"]
    stage.refold(blueprint(lenet.network.model, lenet.network.layout))
    stage.advance(REGROUPING / 3)
    stage.close_layer("conv2")
    stage.show_faces(lenet.faces.faces, lenet.best)
    assert not words.GetVisibility() and not stage.answers.bars
    stage.settle()
    assert words.GetVisibility() and stage.answers.bars


def test_what_has_faded_stays_so_on_its_way(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    stage.keep_bright(frozenset(["conv1"]))
    before = {name: colour_at(stage, name) for name in ("conv1", "conv2")}
    stage.refold(blueprint(lenet.network.model, lenet.network.layout))
    stage.advance(REGROUPING / 3)
    for name, colour in before.items():
        np.testing.assert_allclose(colour_at(stage, name), colour, atol=12, err_msg=name)
    stage.keep_bright(frozenset(["conv2"]))
    assert colour_at(stage, "conv1").max() < 0.6 * before["conv1"].max()
    stage.settle()
    assert colour_at(stage, "conv1").max() < 0.6 * before["conv1"].max()


def test_room_made_for_larger_writing_keeps_what_a_run_told_meanwhile(stage: Stage) -> None:
    model = network({"a": ["x"], "b": ["a"]}, {"a": (1, None, 4, 4)})
    stage.show_model(model, arrange(model, 1.75))
    placed = stage.network.plan.placed({}, 1.5)
    stage.show_faces({"a": Face(np.zeros((2, 2), np.uint8), False, (1, 7, 4, 4))}, {})
    told = stage.network.plan.texts
    assert told != placed.texts
    stage.set_look(DARK, 1.5, placed)
    assert stage.network.plan.texts == told and stage.network.plan.placement.text == 1.5


def test_an_open_layer_takes_over_what_else_is_known_of_it(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    shown = lenet.layer("conv1")
    stage.open_layer(shown, ALL_ROLES)
    panels = list(stage.opened["conv1"].panels)
    known = replace(shown, tensors=tuple(replace(tensor, is_preview=True) for tensor in shown.tensors))
    stage.open_layer(known, ALL_ROLES)
    assert stage.opened["conv1"].panels == panels
    assert [panel.tensor for panel in panels] == list(known.tensors)
    # Other pictures are drawn.
    other = replace(shown, tensors=lenet.layer("conv2").tensors)
    stage.open_layer(other, ALL_ROLES)
    assert [panel.tensor for panel in stage.opened["conv1"].panels] == list(other.tensors)
    assert stage.opened["conv1"].panels != panels


def test_opened_layers_below_a_row_push_the_next_row_down(stage: Stage, rows: Ran) -> None:
    show(stage, rows)
    assert stage.placement is not None
    layout = rows.network.layout
    assert len(layout.row_center) > 1
    before = stage.placement.centres[:, 1].copy()
    name = layout.names[1]
    stage.open_layer(rows.layer(name), ALL_ROLES)
    moved = before - stage.placement.centres[:, 1]
    assert (moved[layout.row == 0] == 0).all()
    assert (moved[layout.row > 0] >= stage.opened[name].height).all()
    bounds = stage.opened[name].bounds()
    below = stage.placement.centres[layout.row > 0, 1] + stage.placement.sizes[layout.row > 0, 1] / 2
    assert bounds[:, 1].min() > below.max()
    stage.close_layer(name)
    np.testing.assert_allclose(stage.placement.centres[:, 1], before, atol=1e-9)


def test_an_opened_layer_whose_tensors_are_gone_says_why(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    shown = lenet.layer("conv1")
    stage.open_layer(type(shown)("conv1", (), "The layer conv1 cannot run."), ALL_ROLES)
    lines = stage.opened["conv1"].labels()
    assert " ".join(label.text for label in lines) == "The layer conv1 cannot run."
    before = frame(stage)
    # With another input for another reason.
    stage.open_layer(type(shown)("conv1", (), "The input is too small."), ALL_ROLES)
    assert not np.array_equal(frame(stage), before)


def test_a_long_reason_stays_in_its_frame(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    reason = "The layer conv1 cannot run: its class Lambda is Python code in the file, which is never run."
    stage.open_layer(type(lenet.layer("conv1"))("conv1", (), reason), ALL_ROLES)
    opened = stage.opened["conv1"]
    lines = opened.labels()
    assert " ".join(line.text for line in lines) == reason
    assert len(lines) > 1
    assert max(length(line.text) * line.height for line in lines) <= opened.width
    drops = [line.drop for line in lines]
    assert np.diff(drops).min() >= lines[0].height
    assert max(map(abs, drops)) < opened.height / 2


def test_empty_tensors_can_be_opened(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    shown = lenet.layer("conv1")
    nothing = np.zeros((1, 0, 4, 4), np.float32)
    statistics = summarise(nothing)

    def emptied(tensor: ShownTensor) -> ShownTensor:
        return replace(
            tensor, array=nothing, statistics=statistics, picture=picture_of(nothing, "", statistics)
        )

    stage.open_layer(replace(shown, tensors=tuple(emptied(one) for one in shown.tensors)), ALL_ROLES)
    for mode in (TILES, "stack"):
        stage.set_mode(mode, animated=False)
        frame(stage)


def test_projection_is_the_stages(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    assert stage.projection == Projection(stage.pose, SIZE)


def zoomed(stage: Stage, name: str, tensor: str, distance: float) -> Panel:
    """Look straight at the middle of an opened tensor."""
    panel = next(panel for panel in stage.opened[name].panels if panel.tensor.name == tensor)
    x, y, z = (float(value) for value in panel.quads.corners.reshape(-1, 3).mean(axis=0))
    stage.move_camera(Pose((x, y, z), 0.0, 0.0, distance))
    return panel


@pytest.fixture
def wide(stage: Stage, lenet: Ran) -> Stage:
    """A layer whose output is a matrix of two halves that only a close look tells apart."""
    array = np.zeros((3000, 3000), np.float32)
    array[::2], array[1::2] = 1.0, 200.0
    shown = lenet.layer("conv1")
    output = replace(
        shown.tensors[-1],
        array=array,
        axes="IO",
        statistics=replace(summarise(array), limits=(0.0, 249.0)),
        picture=picture_of(array, "IO", summarise(array)),
    )
    stage.show_model(lenet.network.model, lenet.network.layout)
    stage.open_layer(replace(shown, tensors=(output,)), ALL_ROLES)
    stage.settle()
    return stage


def test_what_is_seen_large_is_drawn_finer(wide: Stage) -> None:
    panel = zoomed(wide, "conv1", "output", 0.05)
    ((name, found, request),) = wide.coarse()
    assert (name, found) == ("conv1", panel)
    assert wide.coarse() == []  # not asked for again
    props = wide.canvas.props()
    wide.sharpen(found, request())
    assert wide.canvas.props() == props + 1
    colours = {tuple(colour) for colour in wide.draw(False)[150:450:3, 300:600:3, :3].reshape(-1, 3)}
    table = lookup("inferno")
    assert {tuple(table[2]), tuple(table[201])} <= colours


def test_what_is_finer_moves_along_and_goes_with_the_zoom(wide: Stage) -> None:
    panel = zoomed(wide, "conv1", "output", 0.3)
    wide.refine()
    assert panel.detail is not None
    before = panel.detail.corners - panel.quads.corners[0, 0]
    wide.opened["conv1"].stand(3.0, -40.0, 0.5)
    np.testing.assert_allclose(panel.detail.corners - panel.quads.corners[0, 0], before, atol=1e-4)
    wide.fit(animated=False)
    assert wide.coarse() == []
    assert panel.detail is None
    wide.refine()


def test_finer_parts_that_come_late_are_dropped(wide: Stage) -> None:
    panel = zoomed(wide, "conv1", "output", 0.3)
    ((_, found, request),) = wide.coarse()
    zoomed(wide, "conv1", "output", 0.1)
    wide.coarse()
    wide.sharpen(found, request())
    assert panel.detail is None
    wide.close_layer("conv1")
    wide.sharpen(found, replace(request, crops=panel.asked)())
    assert panel.detail is None
    assert wide.coarse() == []


def test_nothing_is_drawn_finer_while_things_move(wide: Stage) -> None:
    zoomed(wide, "conv1", "output", 0.3)
    wide.fly(replace(wide.pose, distance=0.2))
    assert wide.coarse() == []


def test_many_tensors_stand_in_rows_within_their_frame(lenet: Ran) -> None:
    shown = lenet.layer("conv1")
    many = replace(shown, tensors=shown.tensors * 9)
    opened = OpenedLayer(many, frozenset({"input", "weights", "bias", "output"}), 1.0)
    opened.stand(0.0, 0.0, 1.0)
    assert len(opened.panels) == 36
    assert opened.width < 40
    boxes = []
    for panel in opened.panels:
        corners = panel.quads.corners.reshape(-1, 3)
        low, high = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
        assert (low >= [0, -opened.height]).all() and (high <= [opened.width, 0]).all()
        boxes.append((low, high))
    for index, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[index + 1 :]:
            assert (low >= other_high).any() or (high <= other_low).any()


@pytest.mark.parametrize("size", [(600, 500), (900, 420), SIZE])
def test_the_longest_names_of_a_few_layers_are_seen_whole(stage: Stage, size: tuple[int, int]) -> None:
    """Labels face whoever looks: from the side they reach further than the blocks do."""
    stage.resize(size)
    model = network({"layer": ["x"]})
    stage.show_model(model, arrange(model, 1.75))
    placement, projection = stage.placement, stage.projection
    assert placement is not None
    half = projection.pose.axes()[0] * placement.label_room / 2
    # Where the names hang: below the blocks, above the other lines.
    anchors = placement.centres * [1, 0, 0] + (placement.floors[:, None] + 1.0) * [0, 1, 0]
    for side in (-half, half):
        x = projection.pixels(anchors + side)[:, 0]
        assert x.min() >= 10 and x.max() <= size[0] - 10


@pytest.mark.parametrize("count", [9, 40])
def test_labels_never_run_into_one_another(stage: Stage, count: int) -> None:
    model = network(
        {f"rather_long_name_{k}": [f"rather_long_name_{k - 1}" if k else "x"] for k in range(count)}
    )
    stage.show_model(model, arrange(model, 1.75))
    placement = stage.placement
    assert placement is not None
    anchors = placement.centres * [1, 0, 0] + placement.floors[:, None] * [0, 1, 0]
    depth = (anchors - stage.pose.position()) @ stage.pose.axes()[2]
    scale = stage.projection.pixels_per_unit * stage.pose.distance
    widths = placement.label_room * scale / depth
    places = stage.projection.pixels(anchors)[:, 0]
    for left, right in zip(range(count), range(1, count + 1), strict=True):
        if placement.bands[left] == placement.bands[right]:
            assert places[right] - places[left] >= (widths[left] + widths[right]) / 2


def test_what_was_pushed_far_aside_is_framed_without_its_block(stage: Stage, lenet: Ran) -> None:
    show(stage, lenet)
    names = ("conv1", "pool1", "conv2", "pool2", "fc1", "fc2", "classes")
    for name in names:
        stage.open_layer(lenet.layer(name), ALL_ROLES)

    def extent(points: np.ndarray) -> float:
        return float(np.ptp(stage.projection.pixels(points)[:, 0])) / SIZE[0]

    for name in names:
        stage.frame_node(name, animated=False)
        bounds = stage.opened[name].bounds()
        left, right = stage.projection.pixels(bounds)[:, 0].min(), stage.projection.pixels(bounds)[:, 0].max()
        assert left >= 0 and right <= SIZE[0]
        # Wide enough to be looked at, however far it stands from its block.
        assert extent(bounds) > 0.25, name
    # The first stands below its block, and both are seen.
    stage.frame_node("conv1", animated=False)
    x, _ = stage.where("conv1")
    assert 0 < x < SIZE[0]


def diameter(stage: Stage, name: str) -> float:
    """Pixels from corner to corner of a block's front, were it seen straight."""
    assert stage.placement is not None
    index = stage.network.index[name]
    depth = (stage.placement.centres[index] - stage.pose.position()) @ stage.pose.axes()[2]
    per_unit = stage.projection.pixels_per_unit * stage.pose.distance / depth
    return float(np.hypot(*stage.placement.sizes[index, :2]) * per_unit)


def test_where_most_blocks_show_their_mosaics_the_far_ones_do(stage: Stage, lenet: Ran) -> None:
    def faces() -> set[str]:
        """Blocks on which a mosaic is seen."""
        stage.show_faces({}, {})
        bare = frame(stage).astype(int)
        stage.show_faces(lenet.faces.faces, {})
        painted = frame(stage).astype(int)
        found = set()
        for name in stage.network.index:
            x, y = (round(value) for value in stage.where(name))
            spot = np.s_[y - 2 : y + 3, x - 2 : x + 3]
            if np.abs(bare[spot] - painted[spot]).max() > 20:
                found.add(name)
        return found

    show(stage, lenet)
    far, everything = "classes", set(stage.network.index)
    # Along the row: the last block is a dozen pixels large from corner to corner, most are larger.
    stage.move_camera(Pose((8.0, 0.0, 0.0), -62.0, 0.0, 142.0))
    sizes = {name: diameter(stage, name) for name in everything}
    assert 8 < sizes[far] < 13 and np.median(list(sizes.values())) > 15
    assert faces() == everything
    stage.move_camera(Pose((8.0, 0.0, 0.0), -62.0, 0.0, 200.0))
    sizes = {name: diameter(stage, name) for name in everything}
    assert sizes[far] > 7 and np.median(list(sizes.values())) < 13
    assert far not in faces()
