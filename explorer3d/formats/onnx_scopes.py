"""To which part of the author's program an operator belongs."""

from __future__ import annotations

import ast

import onnx_ir as ir

BLOCK = "explorer3d.block"
"""Key, in a node's `meta`, of the block that its function has become."""

_LONGEST = 4096


def scope(node: ir.Node, name: str) -> str:
    """Name scope of a node, ``a/b``: in its function, as its exporter wrote it down, or out of its name.

    References
    ----------
    https://docs.pytorch.org/docs/stable/onnx_export.html
    """
    block = str(node.meta.get(BLOCK, ""))
    if block:
        inner = _own_scope(node, name.removeprefix(f"{block}/"))
        return f"{block}/{inner}" if inner else block
    return _own_scope(node, name)


def _own_scope(node: ir.Node, name: str) -> str:
    metadata = node.metadata_props
    if not metadata:
        return name.strip("/").rpartition("/")[0]
    parts = _listed(metadata.get("pkg.torch.onnx.name_scopes", ""))
    if not parts:
        parts = [part.partition(":")[0] for part in metadata.get("namespace", "").split("/")]
    # The last one is the operator itself; the network as a whole has no name.
    parts = [part.strip().replace("/", "_") for part in parts[:-1]]
    if any(parts):
        return "/".join(filter(None, parts))
    return name.strip("/").rpartition("/")[0]


def _listed(text: str) -> list[str]:
    if not text or len(text) > _LONGEST:
        return []
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return found if isinstance(found, list) and all(isinstance(part, str) for part in found) else []
