"""Cancel, pressed while layers are arranged, shows what there is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from explorer3d.graph import ordering
from explorer3d.opening import GIVEN_UP
from explorer3d.qt.window import Window
from tests.branched import branched
from tests.qt.driving import click, finish

FEW, MANY = 12, 18
"""Units of a network that opens unfolded, and of one that opens folded."""


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The second part that is ordered takes until the test lets it; events: it is there, it may go on."""
    there, go_on = threading.Event(), threading.Event()
    order = ordering._sugiyama
    parts: list[int] = []

    def sugiyama(rank: Any, ends: Any) -> Any:
        parts.append(len(rank))
        if len(parts) == 2:
            there.set()
            assert go_on.wait(30)
        return order(rank, ends)

    monkeypatch.setattr(ordering, "_sugiyama", sugiyama)
    yield there, go_on
    go_on.set()


def check(window: Window, units: int) -> None:
    """All is seen, if not at its best, and can be worked with."""
    folding = window.document.folding
    assert folding is not None and not folding.layout.complete
    assert len(folding.nodes) == 1 + sum(unit + 4 for unit in range(units))
    assert window.banner.text.text() == GIVEN_UP


def test_opening_given_up_shows_the_network_all_the_same(
    qtbot: QtBot,
    open_window: Callable[..., Window],
    tmp_path: Path,
    slow: tuple[threading.Event, threading.Event],
) -> None:
    there, go_on = slow
    window = open_window()
    window.open_model(branched(tmp_path, FEW, FEW))
    qtbot.waitUntil(there.is_set)
    qtbot.waitUntil(window.status_line.cancel.isVisible)
    qtbot.mouseClick(window.status_line.cancel, Qt.LeftButton)
    go_on.set()
    finish(qtbot, window)
    check(window, FEW)
    assert not window.status_line.cancel.isVisible()
    click(qtbot, window, "/unit0/add")
    finish(qtbot, window)
    assert window.document.selected == "/unit0/add"
    assert "/unit0/add" in window.document.shown


def test_unfolding_given_up_shows_what_is_inside_all_the_same(
    qtbot: QtBot,
    open_window: Callable[..., Window],
    tmp_path: Path,
    slow: tuple[threading.Event, threading.Event],
) -> None:
    there, go_on = slow
    window = open_window(branched(tmp_path, MANY, MANY))
    assert window.document.folding is not None
    assert len(window.document.folding.nodes) == 1 + MANY
    qtbot.keyClick(window, Qt.Key_E, Qt.ControlModifier)
    qtbot.waitUntil(there.is_set)
    qtbot.mouseClick(window.status_line.cancel, Qt.LeftButton)
    go_on.set()
    finish(qtbot, window)
    check(window, MANY)
