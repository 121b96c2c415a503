"""Modules that load when something in them is asked for."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer3d.graph.on_demand import doing_without


@pytest.mark.parametrize("part", ["graph.model", "compute.runner", "formats.onnx", "formats.keras.reader"])
def test_models_open_without_sympy(part: str) -> None:
    code = (
        f"import sys, explorer3d.{part}, onnx_ir\n"
        "assert 'sympy.core' not in sys.modules\n"
        "assert str(onnx_ir.SymbolicDim('n') + 1) == 'n + 1'\n"
        "assert 'sympy.core' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_module_runs_when_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text("print('running')\nvalue = 3\n")
    code = (
        "from explorer3d.graph.on_demand import load_on_demand\n"
        "load_on_demand('noisy', 'no_such_module')\n"
        "import noisy\n"
        "print('imported')\n"
        "print(noisy.value)\n"
        "try:\n"
        "    import no_such_module\n"
        "except ImportError:\n"
        "    print('missing')\n"
    )
    path = os.pathsep.join(map(str, (tmp_path, Path(__file__).resolve().parents[2])))
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["imported", "running", "3", "missing"]


def test_arranging_branches_loads_no_plotting() -> None:
    code = (
        "import sys\n"
        "from explorer3d.graph.ordering import _sugiyama\n"
        "import numpy as np\n"
        "print(_sugiyama(np.array([0, 1, 1, 2]), np.array([(0, 1), (0, 2), (1, 3), (2, 3)]))[1:3].tolist())\n"
        "print('matplotlib' in sys.modules)\n"
        "import matplotlib.pyplot\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout in ("[0.0, 1.0]\nFalse\n", "[1.0, 0.0]\nFalse\n")


def test_other_threads_still_find_what_one_does_without() -> None:
    found = []

    def look() -> None:
        found.append(importlib.util.find_spec("colorsys") is not None)

    with doing_without("colorsys"):
        sys.modules.pop("colorsys", None)
        with pytest.raises(ImportError):
            importlib.import_module("colorsys")
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert found == [True]
    assert importlib.import_module("colorsys").rgb_to_hsv(1.0, 0.0, 0.0) == (0.0, 1.0, 1.0)
