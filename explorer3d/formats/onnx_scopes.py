"""To which part of the author's program an operator belongs."""

from __future__ import annotations

import ast

import onnx_ir as ir

_LONGEST = 4096


def scope(node: ir.Node, name: str) -> str:
    """Name scope of a node, ``a/b``: as its exporter wrote it down, else out of its name.

    References
    ----------
    https://docs.pytorch.org/docs/stable/onnx_export.html
    """
    metadata = node.metadata_props
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
