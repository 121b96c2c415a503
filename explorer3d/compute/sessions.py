"""onnxruntime sessions that share one copy of the weights."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx_ir as ir
import onnxruntime as ort

from explorer3d.compute.arena import ArenaSession
from explorer3d.compute.fed_weights import FedSession, feed_weights
from explorer3d.compute.mapped_weights import map_weights
from explorer3d.graph.skeleton import Skeleton

_SILENT = 4
"""onnxruntime's severity for fatal errors only: the rest arrives as exceptions, stderr is for our line."""


class SharedWeights:
    """Weights as onnxruntime takes them, each made once and lent to every session.

    onnxruntime keeps pointing at the memory lent to it, so a session must keep hold of what it was lent.
    """

    def __init__(self) -> None:
        self._values: dict[str, tuple[ir.TensorProtocol, ort.OrtValue]] = {}
        self._lock = threading.Lock()

    def lend(
        self, weights: Mapping[str, ir.TensorProtocol], options: ort.SessionOptions, *, in_place: bool
    ) -> dict[str, ort.OrtValue]:
        """Hand weights over, those in mapped files too, without reading them first.

        Parameters
        ----------
        weights : mapping of str to tensor
            By initialiser name.
        options : SessionOptions
        in_place : bool
            Have onnxruntime compute with this very memory instead of a copy. Only for sessions that do not
            optimise: optimising replaces weights.
        """
        values = self.take(weights)
        if not values:
            return values
        # The first call is enough to run, with a copy of each weight; the second alone is not
        # accepted; with both nothing stays copied.
        options.add_external_initializers(list(values), list(values.values()))
        if in_place:
            for name, value in values.items():
                options.add_initializer(name, value)
        return values

    def take(self, weights: Mapping[str, ir.TensorProtocol]) -> dict[str, ort.OrtValue]:
        """Weights as onnxruntime takes them; of one name they are another's if they are another tensor.

        Constants that gradients need are numbered anew in each graph that is made of a model.

        Parameters
        ----------
        weights : mapping of str to tensor
            By initialiser name.
        """
        if not weights:
            return {}
        with self._lock:
            missing = [
                name
                for name, tensor in weights.items()
                if name not in self._values or self._values[name][0] is not tensor
            ]
            # Transposing and unpacking is most of the work, and holds no lock of Python's.
            with ThreadPoolExecutor() as pool:
                arrays = pool.map(lambda name: np.ascontiguousarray(weights[name].numpy()), missing)
                for name, array in zip(missing, arrays, strict=True):
                    self._values[name] = weights[name], ort.OrtValue.ortvalue_from_numpy(array)
            return {name: self._values[name][1] for name in weights}

    def address(self, name: str) -> int:
        """Give where a weight lies in memory."""
        return int(self._values[name][1].data_ptr())


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
    if optimised:
        lent = weights.lend(map_weights(skeleton, options), options, in_place=False)
    else:
        fed = feed_weights(skeleton)
        held = {name: tensor for name, tensor in skeleton.weights.items() if name not in fed}
        lent = weights.lend(held, options, in_place=True)
    values = weights.take({name: skeleton.weights[name] for name in fed})
    kind = ArenaSession if in_arena else FedSession
    session = kind(skeleton.proto.SerializeToString(), options, values)
    session.lent = lent
    return session
