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


def test_a_deferred_module_runs_once_for_two_threads(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("import time\nprint('running')\ntime.sleep(0.2)\nvalue = 3\n")
    code = (
        "import threading\n"
        "from explorer3d.graph.on_demand import load_on_demand\n"
        "load_on_demand('slow')\n"
        "import slow\n"
        "threads = [threading.Thread(target=lambda: print(slow.value)) for _ in range(2)]\n"
        "[thread.start() for thread in threads]\n"
        "[thread.join() for thread in threads]\n"
        "print(hasattr(slow, 'no_such_name'))\n"
    )
    path = os.pathsep.join(map(str, (tmp_path, Path(__file__).resolve().parents[2])))
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["running", "3", "3", "False"], done.stderr


def test_a_deferred_module_that_fails_says_so_each_time(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_module\nvalue = 3\n")
    code = (
        "from explorer3d.graph.on_demand import load_on_demand\n"
        "load_on_demand('broken')\n"
        "import broken\n"
        "for _ in range(2):\n"
        "    try:\n"
        "        broken.value\n"
        "    except ImportError as error:\n"
        "        print(error.name)\n"
    )
    path = os.pathsep.join(map(str, (tmp_path, Path(__file__).resolve().parents[2])))
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["no_such_module"] * 2


def test_models_are_read_without_what_writes_and_checks_them() -> None:
    """And what was left out is there for who asks."""
    code = (
        "import sys, explorer3d.formats.onnx, onnx, onnx_ir\n"
        "print('re' in vars(sys.modules.get('google.protobuf.text_format', sys)))\n"
        "print('registry' in vars(onnx.serialization), 'OpSignature' in vars(onnx_ir.schemas))\n"
        "print('check_model' in vars(onnx.checker), 'make_node' in vars(onnx.helper))\n"
        "print(str(onnx.OperatorSetIdProto(domain='here', version=7)).split())\n"
        "print(onnx.serialization.registry.get('json').supported_format)\n"
        "print(onnx_ir.schemas.OpSignature.__name__)\n"
        "print(onnx.checker.check_model.__name__, onnx.helper.make_node('Relu', 'x', 'y').op_type)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "False",
        "False False",
        "False False",
        "['domain:', '\"here\"', 'version:', '7']",
        "json",
        "OpSignature",
        "check_model Relu",
    ]


def test_arranging_branches_loads_igraph_alone() -> None:
    code = (
        "import sys\n"
        "from explorer3d.graph.ordering import _sugiyama\n"
        "import numpy as np\n"
        "print(_sugiyama(np.array([0, 1, 1, 2]), np.array([(0, 1), (0, 2), (1, 3), (2, 3)]))[1:3].tolist())\n"
        "print('igraph' in sys.modules, 'matplotlib' in sys.modules)\n"
        "import igraph\n"
        "print(igraph.Graph(n=2, edges=[(0, 1)]).layout_sugiyama().coords)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    across, loaded, coords = done.stdout.splitlines()
    assert across in ("[0.0, 1.0]", "[1.0, 0.0]")
    assert loaded == "False False"
    assert coords == "[[0.0, 0.0], [0.0, 1.0]]"


def test_the_scene_is_drawn_without_what_downloads() -> None:
    code = "import sys, explorer3d.scene.mesh, pyvista; print('ssl' in sys.modules, 'pooch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"
