"""The documentation: every link leads somewhere, and the page of each method says what holds of it."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from dataclasses import fields
from pathlib import Path
from urllib.parse import unquote

import pytest

from explorer3d.attribution import METHODS
from explorer3d.attribution.settings import settings_from
from explorer3d.bootstrap import ROOT
from explorer3d.cli.options import add_explain
from explorer3d.qt.explain.offered import OFFERS

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "sample_models/*.md", "tests/**/*.md")
    for path in ROOT.glob(pattern)
)
PAGES = ROOT / "docs" / "explain"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")


def _prose(path: Path) -> str:
    return re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def _anchors(path: Path) -> set[str]:
    """What the headings of a document are called in a link."""
    headings = re.findall(r"^#+ +(.+)$", _prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.strip().lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    links = [link for link in LINK.findall(_prose(path)) if not re.match(r"[a-z]+:", link)]
    for link in links:
        name, _, anchor = unquote(link).partition("#")
        there = (path.parent / name).resolve() if name else path
        assert there.exists(), link
        assert not anchor or anchor in _anchors(there), link


def test_every_picture_is_shown() -> None:
    shown = {
        (path.parent / unquote(link)).resolve() for path in DOCUMENTS for link in LINK.findall(_prose(path))
    }
    pictures = set((ROOT / "docs").rglob("*.png"))
    assert pictures
    assert pictures <= shown


def test_the_documentation_stays_small() -> None:
    assert sum(path.stat().st_size for path in (ROOT / "docs").rglob("*") if path.is_file()) <= 6_000_000


@pytest.mark.parametrize("name", METHODS)
def test_a_page_for_each_method(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    offer = OFFERS[name]
    assert page.startswith(f"# {offer.title}\n")
    assert f"`{offer.key}`, menu *Explain ▸ {offer.title}*" in page
    assert f"| [{offer.title}]({name}.md) | `{offer.key}` |" in (PAGES / "README.md").read_text("utf-8")
    for subject in ("sample", "photo", "face"):
        assert f"]({name}_{subject}.png)" in page
    assert "## What it cannot tell" in page


@pytest.mark.parametrize("name", METHODS)
def test_a_page_tells_all_settings_and_what_they_are_by_default(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) +\|", page, re.MULTILINE))
    kind = METHODS[name].settings
    assert list(told) == [one.name for one in fields(kind)]
    # Where the method chooses, it is told what.
    expected = {one.name: one.metadata.get("automatic") for one in fields(kind)}
    chosen = {setting: default for setting, default in told.items() if expected[setting]}
    assert chosen == {setting: words for setting, words in expected.items() if words}
    given = {setting: default for setting, default in told.items() if setting not in chosen}
    assert settings_from(kind, given, name) == kind()


@pytest.mark.parametrize("name", METHODS)
def test_what_a_page_says_to_type_is_understood(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_explain(parser)
    (typed,) = re.findall(
        r"^```sh\npython3 run_explorer.py explain (.*?)^```", page, re.DOTALL | re.MULTILINE
    )
    read = parser.parse_args(shlex.split(typed.replace("\\\n", " ")))
    assert read.method == name
    assert (ROOT / read.model).is_file()
    assert (ROOT / read.input).is_file()
    settings_from(METHODS[name].settings, dict(read.set), name)
    (called,) = re.findall(r"^run\.explain\(.*\)$", page, re.MULTILINE)
    call = ast.parse(called, mode="eval").body
    assert isinstance(call, ast.Call)
    assert ast.literal_eval(call.args[0]) == name
    given = {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg}
    settings = {key: value for key, value in given.items() if key not in ("layer", "target", "seed")}
    settings_from(METHODS[name].settings, settings, name)
