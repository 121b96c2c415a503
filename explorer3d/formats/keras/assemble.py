"""From a network and its weights to a `Model`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx_ir as ir

from explorer3d.collecting import uncollected
from explorer3d.formats.keras.config import Network
from explorer3d.formats.keras.emit import OPSET
from explorer3d.formats.keras.network import emit_network
from explorer3d.formats.keras.weights import WeightStore
from explorer3d.graph.build import build_model
from explorer3d.graph.model import Model
from explorer3d.graph.shapes import declared
from explorer3d.graph.stand_in import StandIns
from explorer3d.progress import Progress

# The newest that every onnxruntime of the last years reads.
_IR_VERSION = 10

# Batch first and channels last, as Keras' layers take them unless they are told otherwise.
_CUSTOMARY_AXES = {2: "NC", 3: "NTC", 4: "NHWC", 5: "NDHWC"}

_OPSETS = {"": OPSET, "ai.onnx.ml": 3}


@uncollected()
def assembled(
    path: Path,
    format: str,
    network: Network,
    metadata: Mapping[str, str],
    store: WeightStore,
    progress: Progress,
    stand_ins: StandIns,
) -> Model:
    """Emit a network with its weights.

    Parameters
    ----------
    path, format
        As in `Model`.
    metadata : mapping of str to str
        What the file says of itself; ``keras_version`` among it.
    """
    version = metadata.get("keras_version", "")
    emitted = emit_network(network, store, _major(version), progress, stand_ins)
    graph = ir.Graph(
        emitted.inputs,
        emitted.outputs,
        nodes=emitted.parts.nodes,
        initializers=tuple(emitted.parts.shared.values()),
        opset_imports={
            domain: _OPSETS[domain] for domain in {"", *(node.domain for node in emitted.parts.nodes)}
        },
        name=network.name,
    )
    return build_model(
        path,
        format,
        f"Keras {version}".strip(),
        ir.Model(graph, ir_version=_IR_VERSION),
        emitted.specs,
        notes=emitted.notes,
        types=declared(graph),
        customary=_CUSTOMARY_AXES,
        metadata={"name": network.name, **metadata},
    )


def _major(version: str) -> int:
    """Keras before 2.3 and some converters leave the version out; such files follow Keras 2."""
    first = version.split(".")[0]
    return int(first) if first.isdigit() else 2
