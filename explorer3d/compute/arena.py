"""Sessions that share the memory in which they make what leads to a few values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import onnxruntime as ort

from explorer3d.compute.fed_weights import FedSession

_KEPT = 32 << 20
"""In bytes. So much stays between runs, to be had at once; what a run needs beyond goes back."""


class ArenaSession(FedSession):
    """A session that takes its memory from the arena of all such sessions, as `compute_in_arena` has it.

    Had from the system, the memory of each tensor is cleared by it page by page, which for small tensors
    takes as long as to compute them.
    """

    def run(
        self,
        output_names: Sequence[str],
        input_feed: Mapping[str, np.ndarray],
        run_options: ort.RunOptions | None = None,
    ) -> list[object]:
        run_options = run_options or ort.RunOptions()
        run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        results = super().run(output_names, input_feed, run_options)
        # What lies in the arena keeps all around it from being given back.
        return [np.array(result) if isinstance(result, np.ndarray) else result for result in results]


def compute_in_arena(options: ort.SessionOptions) -> None:
    """Have a session that is about to be made, an `ArenaSession`, take its memory from the arena."""
    _register()
    options.add_session_config_entry("session.use_env_allocators", "1")


@cache
def _register() -> None:
    kind = ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR
    memory = ort.OrtMemoryInfo("Cpu", kind, 0, ort.OrtMemType.DEFAULT)
    # Of an arena that doubles its size, what it began with is never given back.
    growth = {"max_mem": 0, "arena_extend_strategy": 0, "max_dead_bytes_per_chunk": -1}
    ort.create_and_register_allocator(memory, ort.OrtArenaCfg({**growth, "initial_chunk_size_bytes": _KEPT}))
