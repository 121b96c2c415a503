"""What an installation gets: read from pyproject.toml, as no test may build or download."""

from __future__ import annotations

import configparser
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from explorer3d.bootstrap import ROOT
from explorer3d.qt.welcome import SAMPLES

# In the source tree only: too large for a wheel, or of no use without the tree.
LEFT_OUT = ("efficientnet_lite0.*", "train.py", "alexnet.h5", "__pycache__*")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(project: dict[str, Any]) -> dict[str, Any]:
    return dict(project["tool"]["hatch"]["build"]["targets"]["wheel"])


def test_a_wheel_holds_all_assets_and_small_samples(wheel: dict[str, Any]) -> None:
    included = wheel["force-include"]
    assert included["assets"] == "explorer3d/_data/assets"
    for path in (ROOT / "sample_models").iterdir():
        wanted = not any(fnmatch(path.name, pattern) for pattern in LEFT_OUT)
        name = f"sample_models/{path.name}"
        assert included.get(name) == (f"explorer3d/_data/{name}" if wanted else None), name
    assert all((ROOT / source).exists() for source in included)
    assert sum(_size(ROOT / source) for source in included) < 8e6


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")))


def test_a_wheel_has_a_sample_to_open_at_first(wheel: dict[str, Any]) -> None:
    assert f"sample_models/{SAMPLES[0].model}" in wheel["force-include"]


def test_desktop_entry(project: dict[str, Any], wheel: dict[str, Any]) -> None:
    data = wheel["shared-data"]
    sources = {target: ROOT / source for source, target in data.items()}
    assert all(source.is_file() for source in sources.values())
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(sources["share/applications/explorer3d.desktop"], encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert entry["Exec"].split() == [*project["project"]["scripts"], "%f"]
    icons = [target for target in sources if "/icons/hicolor/" in target]
    assert {Path(icon).stem for icon in icons} == {entry["Icon"]}
    assert {Path(icon).suffix for icon in icons} == {".svg", ".png"}
    kinds = ElementTree.parse(sources["share/mime/packages/explorer3d.xml"]).getroot()
    described = {kind.attrib["type"] for kind in kinds}
    # HDF5 is described by the system itself.
    assert set(entry["MimeType"].strip(";").split(";")) == {*described, "application/x-hdf"}
    patterns = {glob.attrib["pattern"] for glob in kinds.iter() if glob.tag.endswith("}glob")}
    assert patterns == {"*.onnx", "*.keras"}
