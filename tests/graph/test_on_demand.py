"""Modules that load when something in them is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


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
