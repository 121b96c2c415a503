"""`explorer3d bench`: a window of its own, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from pytestqt.qtbot import QtBot

from explorer3d import bootstrap
from explorer3d.qt.bench.heartbeat import Heartbeat

MEASURES = (
    ["open_s", "open_cpu_s", "first_frame_s", "run_s", "click_s"]
    + ["frame_ms", "peak_rss_mb", "max_gui_stall_ms"]
)  # fmt: skip

USED = """
import time
from explorer3d.qt.bench import usage
age, cpu, mb = usage.age(), usage.cpu(), usage.peak_mb()
end = time.process_time() + 0.2
while time.process_time() < end:
    pass
del_me = bytearray(b"x") * 200_000_000
del del_me
print(age, usage.age() - age, usage.cpu() - cpu, usage.peak_mb() - mb)
"""


def bench(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(bootstrap.ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "explorer3d", "bench", *words],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    nodes = [make_node("Conv", ["image", "w"], ["c"], name="c"), make_node("Relu", ["c"], ["y"], name="r")]
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("image", 1, [1, 3, 10, 8])],
        [make_tensor_value_info("y", 1, [1, 3, 10, 8])],
        [onnx.numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), "w")],
    )
    path = tmp_path / "net.onnx"
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), path)
    return path


def test_a_network_is_measured(small: Path) -> None:
    began = time.monotonic()
    done = bench(str(small), "--json")
    took = time.monotonic() - began
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert list(found) == MEASURES
    assert all(np.isfinite(value) and value > 0 for value in found.values())
    # The process was started before the model was asked for: Python and its libraries take time.
    assert found["open_s"] + 0.1 < found["first_frame_s"] < took
    assert found["run_s"] < found["click_s"] < took
    # A window with its libraries, and nothing that grows with anything.
    assert 100 < found["peak_rss_mb"] < 1500
    # It beats every 5 ms at most.
    assert 5 <= found["max_gui_stall_ms"] < 1000 * took
    assert 0.1 < found["frame_ms"] < 1000 * took


def test_what_cannot_be_opened_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"nothing of the kind")
    done = bench(str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("explorer3d: broken.onnx")
    assert done.stderr.count("\n") == 1


def test_the_heartbeat_notes_what_holds_the_window_up(qtbot: QtBot) -> None:
    beats: list[float] = []
    heartbeat = Heartbeat(lambda: beats.append(time.perf_counter()))
    qtbot.waitUntil(lambda: len(beats) > 3)
    heartbeat.take()
    time.sleep(0.5)
    qtbot.waitUntil(lambda: len(beats) > 10)
    assert heartbeat.take() >= 0.5
    assert heartbeat.take() < 0.5  # that one is told
    heartbeat.stop()


def test_what_a_process_has_used() -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", USED],
        cwd=bootstrap.ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    before, age, cpu, mb = map(float, done.stdout.split())
    # The system counts starts in hundredths of a second, rounded down.
    assert 0.01 < before < before + age < time.monotonic() - began + 0.01
    assert cpu >= 0.19
    assert age >= 0.2
    assert 199 <= mb < 260
