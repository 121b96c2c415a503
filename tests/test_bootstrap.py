"""The way from a bare interpreter to a running program, with real environments and real libraries."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from explorer3d import bootstrap

ROOT = bootstrap.ROOT

# A build backend that needs nothing from outside, so that pip can install a project without network.
BACKEND = """
import base64, hashlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "tiny-1.0-py3-none-any.whl"
    files = {
        "tiny.pth": "",
        "tiny-1.0.dist-info/METADATA":
            "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\nProvides-Extra: more\\n",
        "tiny-1.0.dist-info/WHEEL":
            "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        record = "".join(f"{path},,\\n" for path in files) + "tiny-1.0.dist-info/RECORD,,\\n"
        wheel.writestr("tiny-1.0.dist-info/RECORD", record)
    return name
build_wheel = build_editable
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "tiny"
version = "1.0"
dependencies = ["no_such_module_anywhere"]
[project.optional-dependencies]
more = []
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    root = tmp_path / "a project with spaces"
    root.mkdir()
    (root / "backend.py").write_text(BACKEND, encoding="utf-8")
    (root / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    return root


def test_requirements_resolve_extras_of_extras() -> None:
    table = {
        "name": "tiny",
        "dependencies": ["a>=1"],
        "optional-dependencies": {"keras": ["b"], "test": ["tiny[keras]", "c"], "dev": ["d"]},
    }
    assert bootstrap.requirements(table) == ["a>=1"]
    assert sorted(bootstrap.requirements(table, ["test"])) == ["a>=1", "b", "c"]


@pytest.mark.parametrize(
    ("requirement", "met"),
    [
        ("pytest", True),
        ("pytest>=9,<10", True),
        ("pytest>=1,<2", False),
        ("pytest>=900", False),
        ("pytest-qt>=4", True),  # its module is called pytestqt
        ("no_such_module_anywhere", False),
    ],
)
def test_requirement_is_compared_with_what_is_installed(requirement: str, met: bool) -> None:
    assert bootstrap.is_met(requirement) is met


def test_releases_compare_as_numbers() -> None:
    assert bootstrap._release("1.10.0") > bootstrap._release("1.9")
    assert bootstrap._release("2.10.0rc1") == (2, 10, 0)
    assert bootstrap._release("2.1.0+cpu") == (2, 1, 0)


def test_own_requirements_are_met_here() -> None:
    table = bootstrap.project()
    assert bootstrap.lacking(bootstrap.requirements(table, ["test"])) == []
    assert bootstrap.interpreter(["test"]) == sys.executable


def test_environment_is_made_once_repaired_and_upgraded(
    tiny: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = bootstrap.Environment(tiny)
    assert not environment.is_ready()

    assert bootstrap.interpreter(root=tiny) == str(environment.python)
    assert environment.is_ready()
    assert subprocess.run([environment.python, "-m", "pip", "show", "--quiet", "tiny"]).returncode == 0
    assert capfd.readouterr().out == ""
    made = environment.note.stat().st_mtime_ns
    bootstrap.interpreter(root=tiny)
    assert environment.note.stat().st_mtime_ns == made, "nothing to do the second time"

    assert not environment.is_ready(["more"])
    bootstrap.interpreter(["more"], tiny)
    assert environment.is_ready(["more"]) and environment.is_ready()

    with (tiny / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# a newer version\n")
    assert not environment.is_ready()
    bootstrap.interpreter(root=tiny)
    assert environment.is_ready(["more"]), "what was installed before is kept"

    # The Python it was made with goes away.
    environment.python.unlink()
    environment.python.symlink_to(tiny / "gone")
    assert not environment.is_ready()
    assert bootstrap.interpreter(root=tiny) == str(environment.python)
    assert environment.is_ready(["more"])
    assert "repairing" in capfd.readouterr().err


def test_interrupted_installation_goes_on(tiny: Path) -> None:
    environment = bootstrap.Environment(tiny)
    good = (tiny / "pyproject.toml").read_text(encoding="utf-8")
    (tiny / "pyproject.toml").write_text(good.replace("backend-path", "backend_path"), encoding="utf-8")
    with pytest.raises(bootstrap.Fault, match="goes on where it stopped"):
        bootstrap.interpreter(root=tiny)
    assert environment.python.exists() and not environment.is_ready()
    (tiny / "pyproject.toml").write_text(good, encoding="utf-8")
    inode = environment.folder.stat().st_ino
    bootstrap.interpreter(root=tiny)
    assert environment.is_ready()
    assert environment.folder.stat().st_ino == inode, "a sound environment is not made anew"


def test_half_made_environment_is_made_anew(tiny: Path) -> None:
    """Killed while Python and pip were being copied: pip may import and yet lack half of itself."""
    environment = bootstrap.Environment(tiny)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    (packages,) = environment.folder.glob("lib/python*/site-packages")
    (packages / "pip").mkdir()
    (packages / "pip" / "__init__.py").touch()
    assert environment._works()
    environment._write(made=False)
    leftover = environment.folder / "leftover"
    leftover.touch()
    bootstrap.interpreter(root=tiny)
    assert environment.is_ready()
    assert not leftover.exists()


def test_somebody_elses_environment_is_not_removed(tiny: Path) -> None:
    environment = bootstrap.Environment(tiny)
    environment.folder.mkdir()
    keepsake = environment.folder / "keepsake"
    keepsake.touch()
    with pytest.raises(bootstrap.Fault, match="made by something else"):
        bootstrap.interpreter(root=tiny)
    assert keepsake.exists()


@pytest.mark.parametrize(
    ("cores", "arguments", "processes"),
    [
        (1, [], []),
        (2, [], ["2"]),
        (16, ["-q", "-k", "keras"], ["4"]),
        (2, ["tests/graph"], ["2"]),
        (2, ["-q", "tests/test_bootstrap.py"], []),
        (2, ["tests/test_bootstrap.py::test_versions_agree"], []),
    ],
)
def test_all_tests_use_several_cores_and_single_files_one(
    cores: int, arguments: list[str], processes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert bootstrap.side_by_side(arguments)[1:2] == processes


def test_missing_library_is_found_by_loading() -> None:
    libraries = ["libc.so.6", "libnosuchthing.so.9"]
    assert bootstrap.missing_libraries(libraries) == ["libnosuchthing.so.9"]


def test_apt_command_installs_no_more_than_asked() -> None:
    assert bootstrap.apt_command(["libgl1", "libegl1"]) == [
        "apt-get", "install", "--yes", "--no-install-recommends", "libgl1", "libegl1",
    ]  # fmt: skip


def test_without_root_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(bootstrap.Fault) as fault:
        bootstrap.require_libraries({"libnosuchthing.so.9": "libnosuchthing9"})
    assert str(fault.value) == (
        "The system lacks libnosuchthing.so.9. This command installs it: "
        "sudo apt-get install --yes --no-install-recommends libnosuchthing9"
    )


def test_root_on_debian_gets_it_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    fake = tmp_path / "apt-get"
    fake.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $@" >> "{log}"\n', encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(bootstrap.Fault, match="installed but cannot be loaded: libnosuchthing.so.9"):
        bootstrap.require_libraries({"libnosuchthing.so.9": "libnosuchthing9", "libc.so.6": "libc6"})
    assert log.read_text(encoding="utf-8").splitlines() == [
        "noninteractive update",
        "noninteractive install --yes --no-install-recommends libnosuchthing9",
    ]


def test_old_python_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "version", "3.9.2 (default)")
    with pytest.raises(SystemExit) as end:
        bootstrap.enter([])
    assert end.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Python 3.11 or newer is needed, and this is 3.9.2" in captured.err


@pytest.mark.parametrize(
    "name", ["run_explorer.py", "tests/run.py", "explorer3d/__init__.py", "explorer3d/bootstrap.py"]
)
def test_old_python_can_read_as_far_as_the_message(name: str) -> None:
    ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_bootstrap_needs_the_standard_library_only() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import explorer3d.bootstrap; "
        "print([name for name in sys.modules if name.split('.')[0] not in sys.stdlib_module_names "
        "and name.split('.')[0] not in ('explorer3d', '__main__')])"
    )
    # -S: no site-packages, as in a bare interpreter.
    output = subprocess.run([sys.executable, "-I", "-S", "-c", code, ROOT], capture_output=True, text=True)
    assert (output.stdout, output.stderr) == ("[]\n", "")


def start(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, ROOT / "run_explorer.py", *arguments],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
    )


def test_version_answers_in_any_folder(tmp_path: Path) -> None:
    run = start("--version", cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "explorer3d 0.1.0\n", "")


@pytest.mark.parametrize("display", ["", ":1977"])
def test_window_without_display_is_one_sentence(tmp_path: Path, display: str) -> None:
    run = start(cwd=tmp_path, DISPLAY=display)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"explorer3d: {bootstrap.NO_DISPLAY}\n"


def test_drawing_without_opengl_is_one_sentence(tmp_path: Path) -> None:
    nowhere = str(tmp_path)
    run = start(
        "render", "x.onnx", "-o", "x.png",
        cwd=tmp_path,
        VTK_DEFAULT_OPENGL_WINDOW="",
        __EGL_VENDOR_LIBRARY_DIRS=nowhere,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("explorer3d: There is no display, and OpenGL cannot draw without one.")
    assert run.stderr.count("\n") == 1


def test_help_needs_nothing_to_draw_on(tmp_path: Path) -> None:
    for arguments in (["--help"], ["render", "--help"]):
        run = start(*arguments, cwd=tmp_path, __EGL_VENDOR_LIBRARY_DIRS=str(tmp_path))
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.startswith("usage: explorer3d")


def test_versions_agree() -> None:
    import explorer3d

    assert explorer3d.__version__ == bootstrap.project()["version"]
