"""A SavedModel: TensorFlow's own format, which is a program; only harmless ones are loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from explorer3d.conversion.refused import Refused
from explorer3d.conversion.suitable import SAVED_MODEL
from explorer3d.conversion.traced import Traced

_SIGNATURES = ("serving_default", "serve")

# Operations that touch nothing outside the graph, though TensorFlow calls them stateful.
_OWN_STATE_NAMES = (
    "AnonymousHashTable AnonymousMutableDenseHashTable AnonymousMutableHashTable "
    "AnonymousMutableHashTableOfTensors Assert AssignAddVariableOp AssignSubVariableOp AssignVariableOp Case "
    "CheckNumerics CheckNumericsV2 DestroyResourceOp DisableCopyOnRead Empty HashTable HashTableV2 If "
    "InitializeTableV2 LookupTableExportV2 LookupTableFindV2 LookupTableImportV2 LookupTableInsertV2 "
    "LookupTableRemoveV2 LookupTableSizeV2 Multinomial MutableDenseHashTable MutableDenseHashTableV2 "
    "MutableHashTable MutableHashTableOfTensors MutableHashTableOfTensorsV2 MutableHashTableV2 "
    "ParameterizedTruncatedNormal RandomGamma RandomPoissonV2 RandomShuffle RandomStandardNormal "
    "RandomUniform RandomUniformInt ReadVariableOp ResourceGather ResourceGatherNd RngReadAndSkip RngSkip "
    "StatefulPartitionedCall StatefulStandardNormalV2 StatefulTruncatedNormal StatefulUniform "
    "StatefulUniformFullInt StatefulUniformInt TensorArrayV3 TruncatedNormal VarHandleOp VarIsInitializedOp "
    "VariableShape While"
)
_OWN_STATE = frozenset(_OWN_STATE_NAMES.split())

# Operations that reach outside, though TensorFlow calls them stateless.
_REACHING_OUT = re.compile("File|PyFunc|Reader|Dataset|Shard|Checkpoint|Rpc|Remote")


def trace(folder: Path) -> Traced:
    """Load a SavedModel and take the graph of its signature for serving.

    Raises
    ------
    Refused
        It is of TensorFlow 1, has no signature, or holds operations that reach outside its graph.

    References
    ----------
    https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md: models are programs
    """
    import tensorflow as tf

    _check(folder)
    loaded = tf.saved_model.load(str(folder))
    names = [name for name in loaded.signatures if not name.startswith("_")]
    if not names:
        raise Refused("the SavedModel has no signature that says what goes in and comes out")
    function = loaded.signatures[next((name for name in _SIGNATURES if name in names), names[0])]
    _, wanted = function.structured_input_signature
    captured = {inner.name for _, inner in function.graph.captures}
    fed = [tensor.name for tensor in function.inputs if tensor.name not in captured]
    return Traced(
        owner=loaded,
        function=function,
        # Both are in the order of the names.
        inputs=dict(zip(fed, sorted(wanted), strict=True)),
        outputs=dict(
            zip(
                (tensor.name for tensor in function.outputs), sorted(function.structured_outputs), strict=True
            )
        ),
    )


def _check(folder: Path) -> None:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from tensorflow.core.protobuf import saved_model_pb2

    program = saved_model_pb2.SavedModel()
    try:
        program.ParseFromString((folder / SAVED_MODEL).read_bytes())
    except DecodeError as error:
        raise Refused(f"its {SAVED_MODEL} is damaged") from error
    if len(program.meta_graphs) != 1 or not program.meta_graphs[0].object_graph_def.nodes:
        # TensorFlow 2 runs the whole graph of such a file while loading it.
        raise Refused("it was written by TensorFlow 1; load it there and save it with TensorFlow 2")
    graph = program.meta_graphs[0]
    for asset in graph.asset_file_def:
        name = Path(asset.filename)
        if name.is_absolute() or ".." in name.parts:
            raise Refused(f"it names a file outside its folder ({asset.filename})")
    stateful = _stateful_operations()
    for operation in _reachable(graph):
        if operation not in stateful:
            raise Refused(f"its operation {operation} is not TensorFlow's own")
        if operation in _OWN_STATE:
            continue
        if stateful[operation] or _REACHING_OUT.search(operation):
            raise Refused(f"its operation {operation} reaches outside the model")


def _stateful_operations() -> dict[str, bool]:
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    known = op_def_pb2.OpList()
    known.ParseFromString(bytes(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())))
    return {operation.name: operation.is_stateful for operation in known.op}


def _reachable(graph: Any) -> Iterator[str]:
    """Operations in all functions that loading or serving may run; saving and training may do more."""
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    waiting = [name for name in graph.object_graph_def.concrete_functions if name in functions]
    seen = set(waiting)
    while waiting:
        for node in functions[waiting.pop()].node_def:
            if node.op in functions:
                called = [node.op]
            else:
                called = list(_named_functions(node.attr.values()))
                yield node.op
            fresh = [name for name in dict.fromkeys(called) if name in functions and name not in seen]
            seen.update(fresh)
            waiting.extend(fresh)


def _named_functions(attributes: Iterable[Any]) -> Iterator[str]:
    for attribute in attributes:
        yield attribute.func.name
        yield from (function.name for function in attribute.list.func)
