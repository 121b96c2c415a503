"""onnxruntime sessions that share one copy of the weights."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import onnx_ir as ir
import onnxruntime as ort

from explorer3d.compute.arena import ArenaSession, compute_in_arena
from explorer3d.compute.fed_weights import FedSession, feed_weights
from explorer3d.compute.mapped_weights import map_weights
from explorer3d.graph.skeleton import Skeleton

_SILENT = 4
"""onnxruntime's severity for fatal errors only: the rest arrives as exceptions, stderr is for our line."""


class SharedWeights:
    """Weights as onnxruntime takes them, each made once and lent to every session that has its tensor.

    A name does not tell: what is added to a graph, such as its way back, may be called the same in another.
    """

    def __init__(self) -> None:
        self._values: WeakKeyDictionary[ir.TensorProtocol, ort.OrtValue] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def lend(
        self, weights: Mapping[str, ir.TensorProtocol], options: ort.SessionOptions, *, in_place: bool
    ) -> list[ort.OrtValue]:
        """Hand weights over, those in mapped files too, without reading them first.

        Parameters
        ----------
        weights : mapping of str to tensor
            By initialiser name.
        options : SessionOptions
        in_place : bool
            Have onnxruntime compute with this very memory instead of a copy. Only for sessions that do not
            optimise: optimising replaces weights.

        Returns
        -------
        list of OrtValue
            What must outlive the session, which keeps pointing at it.
        """
        if not weights:
            return []
        values = self.take(weights)
        # The first call is enough to run, with a copy of each weight; the second alone is not
        # accepted; with both nothing stays copied.
        options.add_external_initializers(list(values), list(values.values()))
        if not in_place:
            return []
        for name, value in values.items():
            options.add_initializer(name, value)
        return list(values.values())

    def take(self, weights: Mapping[str, ir.TensorProtocol]) -> dict[str, ort.OrtValue]:
        """Weights as onnxruntime takes them.

        Parameters
        ----------
        weights : mapping of str to tensor
            By initialiser name.
        """
        if not weights:
            return {}
        with self._lock:
            missing = [tensor for tensor in weights.values() if tensor not in self._values]
            # Transposing and unpacking is most of the work, and holds no lock of Python's.
            with ThreadPoolExecutor() as pool:
                arrays = pool.map(lambda tensor: np.ascontiguousarray(tensor.numpy()), missing)
                for tensor, array in zip(missing, arrays, strict=True):
                    self._values[tensor] = ort.OrtValue.ortvalue_from_numpy(array)
            return {name: self._values[tensor] for name, tensor in weights.items()}


def create_session(
    skeleton: Skeleton,
    weights: SharedWeights,
    *,
    optimised: bool,
    in_arena: bool = False,
    profile: Path | None = None,
) -> ort.InferenceSession:
    """Prepare a graph for running.

    Parameters
    ----------
    skeleton : Skeleton
        Is used up.
    weights : SharedWeights
    optimised : bool
        Whether operators may be fused and weights repacked for speed. If not, each declared value is
        what its own operator returns, and no weight is copied.
    in_arena : bool
        Whether one that is not optimised has `ArenaSession`'s memory.
    profile : Path, optional
        Beginning of the name of a file that tells how long each node took.

    Raises
    ------
    Exception
        Of onnxruntime's own kinds; see `explorer3d.compute.failures`.
    """
    ort.set_default_logger_severity(_SILENT)
    options = ort.SessionOptions()
    options.log_severity_level = _SILENT
    # Spinning threads take the cores from the rendering loop that runs beside them. Whoever looks into a
    # layer waits for one run, and threads that have just been at work answer sooner.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0" if optimised else "1")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if not optimised:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.add_session_config_entry("session.disable_prepacking", "1")
        # Looking into layers happens now and then: memory goes back instead of waiting for the next time.
        options.enable_cpu_mem_arena = False
    if profile is not None:
        options.enable_profiling = True
        options.profile_file_prefix = str(profile)
    fed: list[str] = []
    held: list[ort.OrtValue] = []
    if optimised:
        weights.lend(map_weights(skeleton, options), options, in_place=False)
    else:
        fed = feed_weights(skeleton)
        lent = {name: tensor for name, tensor in skeleton.weights.items() if name not in fed}
        held = weights.lend(lent, options, in_place=True)
    values = weights.take({name: skeleton.weights[name] for name in fed})
    if in_arena:
        compute_in_arena(options)
    kind = ArenaSession if in_arena else FedSession
    return kind(skeleton.proto.SerializeToString(), options, values, held)
