"""The memory for activations is chosen from a menu and remembered."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QAction, QMenu

from explorer3d.compute.cache import default_budget
from explorer3d.qt.window import Window


def _entries(window: Window) -> dict[str, QAction]:
    menus = [menu for menu in window.findChildren(QMenu) if menu.title() == "Memory for activations"]
    assert len(menus) == 1
    return {action.text(): action for action in menus[0].actions()}


def _checked(window: Window) -> list[str]:
    return [text for text, action in _entries(window).items() if action.isChecked()]


def test_it_is_the_usual_one_at_first(open_window: Callable[..., Window]) -> None:
    window = open_window()
    texts = list(_entries(window))
    assert texts[0].startswith("Usual: ")
    assert texts[1:] == ["256 MB", "512 MB", "1 GB", "2 GB", "4 GB"]
    assert _checked(window) == texts[:1]
    assert window.document.budget == default_budget()


def test_it_is_remembered(open_window: Callable[..., Window], settings: QSettings) -> None:
    window = open_window()
    _entries(window)["512 MB"].trigger()
    assert window.document.budget == 512 * 1024 * 1024
    second = open_window()
    assert _checked(second) == ["512 MB"]
    assert second.document.budget == 512 * 1024 * 1024
    next(iter(_entries(second).values())).trigger()
    assert open_window().document.budget == default_budget()


def test_a_setting_from_elsewhere_does_no_harm(
    open_window: Callable[..., Window], settings: QSettings
) -> None:
    settings.setValue("activations_mb", "a lot")
    assert open_window().document.budget == default_budget()
