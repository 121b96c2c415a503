"""What the cursor points at, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.summary import shape_text
from explorer3d.scene import edges
from explorer3d.scene.camera import Projection
from explorer3d.scene.handles import ROLES
from explorer3d.scene.network import Network
from explorer3d.scene.node_text import sizes_text
from explorer3d.scene.opened import OpenedLayer
from explorer3d.scene.picking import nearest_box, nearest_quad
from explorer3d.scene.routes import BEHIND

EDGE_REACH = 6.0  # logical pixels from an edge within which the cursor points at it


@dataclass(frozen=True)
class Hit:
    """What the cursor points at.

    Attributes
    ----------
    node : str
    role : str or None
        A handle or an opened tensor of the node; None for the block itself.
    tensor : str or None
        Name of the opened tensor.
    tile : int or None
        Of the opened tensor's picture.
    across, down : float
        Shares of the tile's sides from its top left.
    """

    node: str
    role: str | None = None
    tensor: str | None = None
    tile: int | None = field(default=None, compare=False)
    across: float = field(default=0.0, compare=False)
    down: float = field(default=0.0, compare=False)


def pick(
    network: Network, opened: Mapping[str, OpenedLayer], projection: Projection, x: float, y: float
) -> Hit | None:
    """The nearest thing under a pixel.

    Parameters
    ----------
    network : Network
    opened : mapping of str to OpenedLayer
    projection : Projection
    x, y : float
        Pixels from the left and the top.
    """
    placement, handles = network.placement, network.handles
    origin, direction = projection.ray(x, y)
    found: list[tuple[float, Hit]] = []
    near = network.plan.enclosures.met(origin, direction)
    centres, half = placement.centres[near], placement.sizes[near] * [0.5, 0.5, 1.0]
    box = nearest_box(origin, direction, centres - half, centres + half * [1, 1, 0])
    if box:
        found.append((box[1], Hit(placement.names[near[box[0]]])))
    if handles is not None:
        near = handles.enclosures.met(origin, direction)
        handle = nearest_quad(origin, direction, handles.corners[near])
        if handle:
            place = near[handle[0]]
            node = placement.names[handles.plan.nodes[place]]
            found.append((handle[1], Hit(node, ROLES[handles.plan.roles[place]])))
    for name, layer in opened.items():
        for panel in layer.panels:
            met = panel.met(origin, direction)
            if met:
                place = met.place, met.across, met.down
                found.append((met.distance, Hit(name, panel.tensor.role, panel.tensor.name, *place)))
    return min(found, key=lambda entry: entry[0])[1] if found else None


def describe(network: Network, hit: Hit) -> str:
    """One line on what the cursor points at."""
    text = network.plan.texts[network.index[hit.node]]
    if hit.tensor is not None:
        return f"{hit.node}: {hit.tensor}"
    if hit.role is not None:
        return f"{hit.role} of {hit.node}"
    layer = network.model.layer_by_name.get(hit.node)
    name, shape = hit.node, text.shape
    if isinstance(layer, FoldedBlock):
        # So a block tells what it does to the shape of its data.
        name, shape = text.name, f"{sizes_text(next(iter(layer.inputs), None)) or '?'} → {shape or '?'}"
    inside = f"double click: into {layer.bodies[0]}" if layer is not None and layer.bodies else ""
    return "  ·  ".join(part for part in (name, text.about or text.op, shape, inside) if part)


def describe_edge(network: Network, projection: Projection, scale: float, x: float, y: float) -> str:
    """One line on the tensor that travels along the edge under a pixel; empty where there is none.

    Parameters
    ----------
    network : Network
    projection : Projection
    scale : float
        Pixels per logical pixel.
    x, y : float
        Pixels from the left and the top.
    """
    index = _edge_at(network, projection, scale, x, y)
    if index is None:
        return ""
    names = network.layout.names
    edge = network.layout.edges[index]
    layer = network.model.layer_by_name.get(names[edge.source])
    ports = layer.outputs if layer else network.model.inputs
    port = next((port for port in ports if port.value == edge.value), None)
    parts = [edge.value, f"{shape_text(port.shape)}  {port.dtype}" if port else ""]
    ends = " → ".join(network.plan.texts[end].name for end in (edge.source, edge.target))
    return "  ·  ".join(part for part in (*parts, ends) if part)


def _edge_at(network: Network, projection: Projection, scale: float, x: float, y: float) -> int | None:
    origin, direction = projection.ray(x, y)
    if not len(network.courses) or not direction[2]:
        return None
    distance = (BEHIND - origin[2]) / direction[2]
    if distance <= 0:
        return None
    point = origin + distance * direction
    pose = projection.pose
    depth = float((point - pose.position()) @ pose.axes()[2])
    per_unit = projection.pixels_per_unit * pose.distance / max(depth, 1e-6)
    return edges.nearest(network.courses, network.plan.extents, point[:2], EDGE_REACH * scale / per_unit)
