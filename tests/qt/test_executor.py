"""Work off the GUI thread, on its own."""

from __future__ import annotations

import time

import pytest
from pytestqt.qtbot import QtBot

from explorer3d.document import Document
from explorer3d.progress import Progress
from explorer3d.qt import executor
from explorer3d.qt.executor import Executor


@pytest.mark.parametrize(("pace", "told"), [(60.0, [0.0]), (0.001, [0.0, 0.0, 0.25, 0.5, 0.75])])
def test_steps_that_nobody_could_read_are_not_told(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, pace: float, told: list[float]
) -> None:
    monkeypatch.setattr(executor, "_PACE", pace)
    document = Document()
    carrying_out = Executor(document)
    steps: list[float] = []
    carrying_out.progressed.connect(lambda ticket, fraction, message: steps.append(fraction))
    answers: list[str] = []

    def work(progress: Progress) -> str:
        for step in range(4):
            time.sleep(0.005)
            progress(step / 4, "Working")
        return "done"

    document.ask("work", "Working", work, answers.append)
    qtbot.waitUntil(lambda: answers == ["done"])
    carrying_out.close()
    assert steps == told


def test_what_can_wait_is_begun_after_what_was_asked_for_since(qtbot: QtBot) -> None:
    document = Document()
    carrying_out = Executor(document)
    begun: list[str] = []
    answers: list[str] = []
    for name, later in (("later", True), ("given up", True), ("now", False)):

        def work(progress: Progress, name: str = name) -> str:
            begun.append(name)
            return name

        document.ask(name, name, work, answers.append, later=later)
    document.give_up("given up")
    qtbot.waitUntil(lambda: len(answers) == 2)
    qtbot.waitUntil(lambda: not carrying_out.busy)
    carrying_out.close()
    assert begun == answers == ["now", "later"]


def test_what_can_wait_is_begun_when_the_last_answer_is_seen(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "_LATER", 600.0)
    document = Document()
    carrying_out = Executor(document)
    carrying_out.drawn()
    begun: list[str] = []
    document.ask("first", "first", lambda progress: begun.append("first"), lambda response: None)
    qtbot.waitUntil(lambda: not carrying_out.busy)
    document.ask("later", "later", lambda progress: begun.append("later"), lambda response: None, later=True)
    qtbot.wait(50)
    assert begun == ["first"]
    carrying_out.drawn()
    qtbot.waitUntil(lambda: not carrying_out.busy)
    carrying_out.close()
    assert begun == ["first", "later"]


def test_nobody_waits_for_what_is_done_at_rest(qtbot: QtBot) -> None:
    document = Document()
    carrying_out = Executor(document)
    idle: list[str] = []
    answers: list[str] = []
    carrying_out.idle.connect(lambda: idle.append(f"after {len(answers)}"))
    document.ask("pictures", "Pictures", lambda progress: "of the first", answers.append, rest=60.0)
    document.ask("word", "Word", lambda progress: "word", answers.append)
    qtbot.waitUntil(lambda: idle == ["after 1"])
    assert answers == ["word"] and not carrying_out.busy and document.under_way("pictures")
    # Another input comes before that: the first one's are never begun, and not waited for at the end.
    document.ask("pictures", "Pictures", lambda progress: "of the second", answers.append, rest=0.05)
    qtbot.waitUntil(lambda: answers == ["word", "of the second"])
    carrying_out.close()
