"""Find or make an environment in which the program can run, before any of it can be imported.

Standard library only. ``run_explorer.py`` and ``tests/run.py`` start here, often in an interpreter that
has nothing else, so this file and the two scripts also have to be readable by old Pythons.
``python -m explorer3d.bootstrap EXTRA ...`` prints the interpreter that has these extras.
"""

from __future__ import annotations

import ctypes
import difflib
import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent.parent

# What the wheels of PyQt5 and VTK expect the system to have, and the Debian package it comes in.
OPENGL = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1"}
LIBRARIES = {
    **OPENGL,
    "libglib-2.0.so.0": "libglib2.0-0",
    "libXrender.so.1": "libxrender1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-shape.so.0": "libxcb-shape0",
}

# Libraries that the commands need, which all do without a display; everything else opens the window.
COMMANDS: dict[str, dict[str, str]] = {
    "info": {},
    "export": {},
    "explain": {},
    "render": OPENGL,
    "convert": {},
    "bench": LIBRARIES,
}

# Distributions whose module has another name.
MODULES = {
    "import-linter": "importlinter",
    "pillow": "PIL",
    "pytest-qt": "pytestqt",
    "pytest-timeout": "pytest_timeout",
    "pytest-xdist": "xdist",
}

EGL_PLATFORM_DEVICE = 0x313F
EGL_WINDOW = ("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

NO_DISPLAY = (
    "There is no display to open the window on. Log in to a desktop (over ssh: ssh -X), or use the commands "
    "info, export, explain, render, convert and bench, which need none."
)


class Fault(Exception):
    """A part of the system is missing: the message is shown as it is, the exit code is 2."""


def say(message: str) -> None:
    # Standard output carries only what was asked for.
    print(f"explorer3d: {message}", file=sys.stderr, flush=True)


# ---- what the project needs -----------------------------------------------------------------------------


def project(root: Path = ROOT) -> dict[str, Any]:
    """The ``[project]`` table of pyproject.toml."""
    import tomllib

    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def requirements(table: dict[str, Any], extras: Iterable[str] = ()) -> list[str]:
    """Requirement strings of the project and of these extras, extras of extras resolved."""
    found = list(table.get("dependencies", []))
    optional = table.get("optional-dependencies", {})
    own = re.compile(re.escape(table["name"]) + r"\[(.+)\]$")
    pending = list(extras)
    while pending:
        for requirement in optional[pending.pop()]:
            inner = own.match(requirement)
            if inner:
                pending.extend(inner.group(1).split(","))
            else:
                found.append(requirement)
    return found


def _release(version: str) -> tuple[int, ...]:
    numbers = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in numbers.group().split(".")) if numbers else ()


def is_met(requirement: str) -> bool:
    """Tell whether this interpreter can import a requirement such as ``numpy>=2.1,<3``.

    Only the bounds ``>=`` and ``<`` are understood: pyproject.toml uses no others.
    """
    name, bounds = re.fullmatch(r"([\w.-]+)\s*(.*)", requirement).groups()  # type: ignore[union-attr]
    if importlib.util.find_spec(MODULES.get(name, name.replace("-", "_"))) is None:
        return False
    try:
        version = _release(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return True  # Some distributors strip the metadata; the module is there.
    for bound in filter(None, bounds.split(",")):
        operator, limit = re.fullmatch(r"\s*(>=|<)\s*([\d.]+)\s*", bound).groups()  # type: ignore[union-attr]
        if (version >= _release(limit)) != (operator == ">="):
            return False
    return True


def lacking(wanted: Iterable[str]) -> list[str]:
    """Those of the requirements that this interpreter cannot import."""
    importlib.invalidate_caches()
    return [requirement for requirement in wanted if not is_met(requirement)]


# ---- the environment beside the project -----------------------------------------------------------------


class Environment:
    """The folder ``.venv`` of a project.

    A note inside tells how far it got: ``made`` once Python and pip are in it, and last of all the
    hash of the pyproject.toml and the extras that were installed. So an interrupted installation and one
    of an older version are told from a finished one.
    """

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.folder = root / ".venv"
        windows = os.name == "nt"
        self.python = self.folder / ("Scripts/python.exe" if windows else "bin/python")
        self.note = self.folder / "explorer3d.json"

    def _fingerprint(self) -> str:
        return hashlib.sha256((self.root / "pyproject.toml").read_bytes()).hexdigest()

    def _read(self) -> dict[str, Any]:
        try:
            state = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _write(self, made: bool, extras: Sequence[str] = (), pyproject: str = "") -> None:
        unfinished = self.note.with_suffix(".tmp")
        state = {"made": made, "extras": list(extras), "pyproject": pyproject}
        unfinished.write_text(json.dumps(state), encoding="utf-8")
        unfinished.replace(self.note)

    def is_ready(self, extras: Iterable[str] = ()) -> bool:
        state = self._read()
        return (
            state.get("pyproject") == self._fingerprint()
            and set(state["extras"]) >= set(extras)
            and self.python.exists()
        )

    def is_running(self) -> bool:
        """Whether this very process runs in it."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def _works(self) -> bool:
        # Breaks when the Python it was made with is removed or upgraded.
        code = f"import sys, pip; sys.exit(sys.version_info < {PYTHON!r})"
        try:
            return subprocess.run([str(self.python), "-c", code], stderr=subprocess.DEVNULL).returncode == 0
        except OSError:
            return False

    def _make(self) -> None:
        if self.folder.exists() and not self.note.exists():
            raise Fault(
                f"{self.folder} was made by something else and cannot be used: it has no pip, or its "
                "Python is too old or gone. Move it away and give the same command again."
            )
        require_venv()
        say(f"{'repairing' if self.folder.exists() else 'making'} {self.folder}")
        self.folder.mkdir(exist_ok=True)
        self._write(made=False)
        for child in self.folder.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            elif child != self.note:  # What is left after another interruption is still known as ours.
                child.unlink()
        # A virtual environment made by another one's Python would depend on that one.
        base = getattr(sys, "_base_executable", sys.executable)
        if subprocess.run([base, "-m", "venv", str(self.folder)], stdout=sys.stderr).returncode:
            raise Fault(f"{self.folder} could not be made. The lines above tell why.")

    def install(self, extras: Iterable[str] = ()) -> None:
        """Make the environment if need be, and install the project with these extras.

        Raises
        ------
        Fault
            The environment cannot be made, or pip failed; a second call goes on where it stopped.
        """
        state = self._read()
        wanted = sorted({*state.get("extras", ()), *extras})
        if not state.get("made", True) or not self._works():
            self._make()
        self._write(made=True, extras=wanted)
        say("installing what is needed (only once; it takes some minutes and over a gigabyte)")
        target = f".[{','.join(wanted)}]" if wanted else "."
        pip = [str(self.python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        if subprocess.run([*pip, "--editable", target], cwd=self.root, stdout=sys.stderr).returncode:
            raise Fault(
                "The installation failed; the lines above tell why. "
                "Check the network and give the same command again: it goes on where it stopped."
            )
        self._write(made=True, extras=wanted, pyproject=self._fingerprint())


def interpreter(extras: Sequence[str] = (), root: Path = ROOT) -> str:
    """Path of a Python that has the project's requirements: this one if it can, else the environment's.

    Raises
    ------
    Fault
    """
    wanted = requirements(project(root), extras)
    if not lacking(wanted):
        return sys.executable
    environment = Environment(root)
    if not environment.is_ready(extras) or environment.is_running():
        environment.install(extras)
    if environment.is_running() and lacking(wanted):
        raise Fault(f"{environment.folder} is damaged. Remove this folder and give the same command again.")
    return str(environment.python)


# ---- parts of the system --------------------------------------------------------------------------------


def check_python() -> None:
    if sys.version_info < PYTHON:
        raise Fault(
            f"Python {'.'.join(map(str, PYTHON))} or newer is needed, and this is "
            f"{sys.version.split()[0]}. Start it with a newer one, such as python3.12 run_explorer.py."
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_libraries(libraries: Iterable[str]) -> list[str]:
    """Those of the shared libraries that the system cannot load."""
    if not sys.platform.startswith("linux"):
        return []  # Elsewhere the wheels need nothing that a bare system lacks.
    return [library for library in libraries if not _loads(library)]


def apt_command(packages: Iterable[str]) -> list[str]:
    return ["apt-get", "install", "--yes", "--no-install-recommends", *packages]


def _install_packages(lacks: str, packages: Sequence[str]) -> None:
    """Install Debian packages as root; in any other case say what to do.

    Raises
    ------
    Fault
    """
    command = apt_command(packages)
    if shutil.which("apt-get") is None:
        raise Fault(
            f"The system lacks {lacks}. Its package manager can install that; on Debian and Ubuntu "
            f"the command is: sudo {shlex.join(command)}"
        )
    if os.geteuid() != 0:
        raise Fault(f"The system lacks {lacks}. This command installs it: sudo {shlex.join(command)}")
    say(f"the system lacks {lacks}; installing {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A fresh system has no package lists, an old one stale lists.
    subprocess.run(["apt-get", "update"], stdout=sys.stderr, env=environment)
    if subprocess.run(command, stdout=sys.stderr, env=environment).returncode:
        raise Fault(f"The system lacks {lacks}, and installing them failed: {shlex.join(command)}")


def require_libraries(libraries: dict[str, str]) -> None:
    """Make sure that the system can load these libraries, given with their Debian packages.

    Raises
    ------
    Fault
    """
    missing = missing_libraries(libraries)
    if not missing:
        return
    _install_packages(", ".join(missing), sorted({libraries[library] for library in missing}))
    missing = missing_libraries(missing)
    if missing:
        raise Fault(f"These libraries were installed but cannot be loaded: {', '.join(missing)}.")


def require_venv() -> None:
    """Make sure that this Python can make virtual environments; Debian keeps that apart."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    _install_packages("Python's venv module", [f"python{version}-venv"])
    importlib.invalidate_caches()


# ---- display --------------------------------------------------------------------------------------------


def display_is_named() -> bool:
    return not sys.platform.startswith("linux") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def display_answers() -> bool:
    """Whether there is a screen that a window can be put on."""
    if not sys.platform.startswith("linux") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    if not display_is_named():
        return False
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    answers = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return bool(answers)


def egl_answers() -> bool:
    """Whether OpenGL can draw without a display. A broken driver may end the process."""
    try:
        egl = ctypes.CDLL("libEGL.so.1")
    except OSError:
        return False
    egl.eglGetProcAddress.restype = ctypes.c_void_p
    egl.eglInitialize.argtypes = [ctypes.c_void_p] * 3
    query = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    get_display = egl.eglGetProcAddress(b"eglGetPlatformDisplayEXT")
    if not query or not get_display:
        return False
    devices = (ctypes.c_void_p * 16)()
    count = ctypes.c_int()
    prototype = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))
    prototype(query)(len(devices), devices, ctypes.byref(count))
    display_of = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p)(
        get_display
    )
    return any(
        egl.eglInitialize(display_of(EGL_PLATFORM_DEVICE, device, None), None, None)
        for device in devices[: count.value]
    )


def draw_without_display() -> None:
    """Let Qt and VTK do without a display in this process and its children.

    Raises
    ------
    Fault
        There is no OpenGL either.
    """
    if os.environ.get(EGL_WINDOW[0]) == EGL_WINDOW[1] and "DISPLAY" not in os.environ:
        return  # Settled by the process that started this one.
    # Asked in a process of its own, which may die of a broken driver.
    code = "import runpy, sys; sys.exit(not runpy.run_path(sys.argv[1])['egl_answers']())"
    if subprocess.run([sys.executable, "-c", code, __file__], stderr=subprocess.DEVNULL).returncode:
        raise Fault(
            "There is no display, and OpenGL cannot draw without one. Start it where a display is, "
            "or install Mesa's software driver (on Debian and Ubuntu: libegl1, libgl1-mesa-dri)."
        )
    os.environ.pop("DISPLAY", None)  # One that does not answer ends Qt's and VTK's patience.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ[EGL_WINDOW[0]] = EGL_WINDOW[1]


def require_command(arguments: Sequence[str]) -> None:
    """Make sure that the first word is a command, an option or a file; files have an ending or exist.

    Raises
    ------
    Fault
    """
    word = arguments[0] if arguments else ""
    if re.fullmatch(r"\w+", word) and word not in COMMANDS and not Path(word).exists():
        close = difflib.get_close_matches(word, COMMANDS, n=1)
        remedy = f"Did you mean '{close[0]}'?" if close else f"The commands are {', '.join(COMMANDS)}."
        raise Fault(f"'{word}' is an unknown command or file. {remedy}")


def require_graphics(arguments: Sequence[str]) -> None:
    """Make sure that what the command line asks for can be drawn here.

    Raises
    ------
    Fault
    """
    if "-h" in arguments or "--help" in arguments:
        return
    opens_window = not arguments or arguments[0] not in COMMANDS
    libraries = LIBRARIES if opens_window else COMMANDS[arguments[0]]
    elsewhere = os.environ.get("QT_QPA_PLATFORM")
    # Asked before anything is installed for a window that cannot open.
    if opens_window and not display_is_named() and not elsewhere:
        raise Fault(NO_DISPLAY)
    require_libraries(libraries)
    if libraries and not display_answers():
        if opens_window and not elsewhere:
            raise Fault(NO_DISPLAY)
        draw_without_display()


# ---- start ----------------------------------------------------------------------------------------------


def rest_between_products() -> None:
    """Let numpy's threads sleep as soon as a product is done; else they spin on another core for 25 ms more.

    They do so for the first time when numpy is imported. What the user's environment says stands.
    """
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "16")  # the logarithm of clock cycles


def enter(arguments: Sequence[str], root: Path = ROOT) -> None:
    """Return in an interpreter in which ``explorer3d`` with these arguments can run, or end the process.

    Another interpreter takes the process over, so that signals and exit codes are its own.
    """
    rest_between_products()
    try:
        check_python()
        if list(arguments) == ["--version"]:
            print(f"explorer3d {project(root)['version']}")
            sys.exit(0)
        require_command(arguments)
        require_graphics(arguments)
        python = interpreter(root=root)
        if python != sys.executable:
            replace_process([python, str(root / "run_explorer.py"), *arguments])
    except Fault as fault:
        say(str(fault))
        sys.exit(2)
    except KeyboardInterrupt:
        say("interrupted; the same command goes on where this one stopped.")
        sys.exit(130)


def side_by_side(arguments: Sequence[str], root: Path = ROOT) -> list[str]:
    """Options that have pytest use more than one core, unless the arguments name single files."""
    # Each process may come to take three gigabytes.
    processes = min(os.cpu_count() or 1, 4)
    if processes == 1 or any((root / argument.partition("::")[0]).is_file() for argument in arguments):
        return []
    return ["--numprocesses", str(processes), "--dist", "worksteal"]


def run_tests(arguments: Sequence[str], root: Path = ROOT) -> None:
    """Give the process over to pytest, in an interpreter that has the extra ``test``."""
    try:
        check_python()
        require_libraries(LIBRARIES)
        python = interpreter(["test"], root)
        if not display_answers():
            draw_without_display()
            # On a screen, windows would take the keyboard from one another.
            arguments = [*side_by_side(arguments, root), *arguments]
        os.chdir(root)
        replace_process([python, "-m", "pytest", *arguments])
    except Fault as fault:
        say(str(fault))
        sys.exit(2)
    except KeyboardInterrupt:
        say("interrupted; the same command goes on where this one stopped.")
        sys.exit(130)


def replace_process(command: Sequence[str]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # There exec returns to the shell at once.
        sys.exit(subprocess.run(command).returncode)
    os.execv(command[0], list(command))


if __name__ == "__main__":
    try:
        check_python()
        print(interpreter(sys.argv[1:]))
    except Fault as fault:
        say(str(fault))
        sys.exit(2)
