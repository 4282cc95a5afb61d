"""Lanes and jobs: what is told and in which order, what goes first, what happens at the end."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.jobs.lanes import Cancelled, Job, Lane
from engine.errors import CancelledError, MediaFormatError
from engine.values import Progress

Steps = Iterator[Any]


@pytest.fixture
def lane(qtbot: QtBot) -> Iterator[Lane]:
    made = Lane("test")
    yield made
    assert made.close(5)


class Log:
    """Everything a job tells, in order."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def handlers(self, *but: str) -> dict[str, Callable[..., None]]:
        names = ("progress", "partial", "done", "failed", "cancelled", "finished")
        return {f"on_{name}": self._hear(name) for name in names if name not in but}

    def _hear(self, name: str) -> Callable[..., None]:
        def hear(*values: Any) -> None:
            self.told.append((name, *values) if values else name)

        return hear

    def __contains__(self, name: str) -> bool:
        return any(entry == name or entry[0] == name for entry in self.told)


def at(done_s: float) -> Progress:
    return Progress(done_s, 10, 0, 1)


class Gate:
    """Lets the test decide when work in a lane goes on."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def wait(self) -> None:
        self.reached.set()
        assert self.opened.wait(5)


def ended(qtbot: QtBot, log: Log) -> list[Any]:
    qtbot.waitUntil(lambda: "finished" in log)
    return log.told


def test_signals_come_in_this_order(lane: Lane, qtbot: QtBot) -> None:
    log, states = Log(), list[str]()

    def work(_cancelled: Cancelled) -> Steps:
        yield "part 1"
        yield "part 2"
        yield at(5)
        yield "part 3"
        yield "result"

    job = lane.submit(work, **log.handlers())
    job.state_changed.connect(states.append)
    assert ended(qtbot, log) == [
        ("partial", "part 1"), ("partial", "part 2"), ("progress", at(5)), ("partial", "part 3"), ("done", "result"),
        "finished",
    ]  # fmt: skip
    assert states == ["running", "done"]
    assert job.state == "done"


def test_a_returned_value_is_the_result(lane: Lane, qtbot: QtBot) -> None:
    log = Log()

    def work(_cancelled: Cancelled) -> Steps:
        yield "part"
        return "result"

    lane.submit(work, **log.handlers())
    assert ended(qtbot, log) == [("partial", "part"), ("done", "result"), "finished"]


def test_work_that_gives_nothing_is_done(lane: Lane, qtbot: QtBot) -> None:
    log = Log()
    lane.submit(lambda _cancelled: iter(()), **log.handlers())
    assert ended(qtbot, log) == [("done", None), "finished"]


def test_progress_after_the_last_value_makes_it_a_part(lane: Lane, qtbot: QtBot) -> None:
    log = Log()
    lane.submit(lambda _cancelled: iter(["part", at(10)]), **log.handlers())
    assert ended(qtbot, log) == [("partial", "part"), ("progress", at(10)), ("done", None), "finished"]


def test_of_much_progress_the_last_is_told_and_of_parts_all(lane: Lane, qtbot: QtBot) -> None:
    log = Log()

    def work(_cancelled: Cancelled) -> Steps:
        for number in range(1000):
            yield at(number)
            yield number
        yield at(1000)

    lane.submit(work, **log.handlers())
    told = ended(qtbot, log)
    progress = [entry[1] for entry in told if entry[0] == "progress"]
    assert progress[-1] == at(1000)
    assert len(progress) < 200
    assert [entry[1] for entry in told if entry[0] == "partial"] == list(range(1000))


def test_handlers_run_in_the_window_thread(lane: Lane, qtbot: QtBot) -> None:
    threads: dict[str, threading.Thread] = {}

    def work(_cancelled: Cancelled) -> Steps:
        threads["work"] = threading.current_thread()
        yield 1

    lane.submit(work, on_done=lambda _value: threads.update(done=threading.current_thread()))
    qtbot.waitUntil(lambda: "done" in threads)
    assert threads["done"] is threading.main_thread()
    assert threads["work"].name == "affectline-test"
    assert threads["work"].daemon


def test_an_error_that_a_person_can_act_on_is_a_sentence(lane: Lane, qtbot: QtBot) -> None:
    log, error = Log(), MediaFormatError("clip.mp4", "it is empty")

    def work(_cancelled: Cancelled) -> Steps:
        yield "part"
        raise error

    job = lane.submit(work, **log.handlers())
    assert ended(qtbot, log) == [
        ("partial", "part"), ("failed", "cannot read clip.mp4: it is empty", error), "finished",
    ]  # fmt: skip
    assert job.state == "failed"


def test_anything_else_is_a_bug_is_logged_and_costs_no_other_job(
    lane: Lane, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Log(), Log()

    def work(_cancelled: Cancelled) -> Steps:
        raise KeyError("seven")

    with caplog.at_level(logging.ERROR):
        lane.submit(work, **bad.handlers())
        lane.submit(lambda _cancelled: iter([1]), **good.handlers())
        assert ended(qtbot, good) == [("done", 1), "finished"]
    assert bad.told[0][1] == "this is a bug in affectline: KeyError: 'seven'"
    assert "Traceback" in caplog.text


def test_the_background_keeps_its_order(lane: Lane, qtbot: QtBot) -> None:
    log = Log()
    gate = Gate()

    def first(_cancelled: Cancelled) -> Steps:
        gate.wait()
        yield "first"

    for work in (first, lambda _c: iter(["second"]), lambda _c: iter(["third"])):
        lane.submit(work, on_done=lambda value: log.told.append((value,)))
    gate.opened.set()
    qtbot.waitUntil(lambda: len(log.told) == 3)
    assert log.told == [("first",), ("second",), ("third",)]


def slow(gate: Gate, order: list[str], name: str) -> Callable[[Cancelled], Steps]:
    def work(_cancelled: Cancelled) -> Steps:
        order.append(f"{name} 1")
        gate.wait()
        yield 1
        order.append(f"{name} 2")
        yield 2

    return work


def test_what_somebody_asked_for_suspends_the_background(lane: Lane, qtbot: QtBot) -> None:
    gate, order, log, states = Gate(), list[str](), Log(), list[str]()
    background = lane.submit(slow(gate, order, "background"), **log.handlers())
    background.state_changed.connect(states.append)
    assert gate.reached.wait(5)
    gate.opened.set()
    lane.submit(slow(gate, order, "urgent"), urgent=True)
    ended(qtbot, log)
    assert order == ["background 1", "urgent 1", "urgent 2", "background 2"]
    assert states == ["running", "suspended", "running", "done"]


def test_the_newest_of_what_was_asked_for_goes_first(lane: Lane, qtbot: QtBot) -> None:
    gate, order, log = Gate(), list[str](), Log()
    lane.submit(slow(gate, order, "old"), urgent=True, **log.handlers())
    assert gate.reached.wait(5)
    lane.submit(slow(gate, order, "new"), urgent=True)
    gate.opened.set()
    ended(qtbot, log)
    assert order == ["old 1", "new 1", "new 2", "old 2"]


def test_a_waiting_job_can_be_hurried(lane: Lane, qtbot: QtBot) -> None:
    gate, order, log = Gate(), list[str](), Log()
    lane.submit(slow(gate, order, "a"), **log.handlers())
    assert gate.reached.wait(5)
    lane.submit(slow(gate, order, "b"))
    lane.hurry(lane.submit(slow(gate, order, "c")))
    gate.opened.set()
    ended(qtbot, log)
    assert order[:4] == ["a 1", "c 1", "c 2", "a 2"]


def test_a_cancelled_job_says_so_at_once_and_nothing_else(lane: Lane, qtbot: QtBot) -> None:
    gate, log = Gate(), Log()

    def work(cancelled: Cancelled) -> Steps:
        gate.wait()
        yield "too late"
        assert cancelled()
        yield "result"

    job = lane.submit(work, **log.handlers())
    assert gate.reached.wait(5)
    job.cancel()
    assert log.told == ["cancelled"]
    job.cancel()
    gate.opened.set()
    assert ended(qtbot, log) == ["cancelled", "finished"]


def test_a_result_that_is_on_its_way_is_dropped_by_cancelling(lane: Lane, qtbot: QtBot) -> None:
    log, left = Log(), threading.Event()

    def work(_cancelled: Cancelled) -> Steps:
        yield "result"

    job = lane.submit(work, **log.handlers())
    lane.submit(lambda _cancelled: iter([left.set()]))
    assert left.wait(5)  # the first job is over in its lane, and nothing was delivered yet
    job.cancel()
    assert ended(qtbot, log) == ["cancelled", "finished"]


def test_a_handler_may_cancel_its_own_job(lane: Lane, qtbot: QtBot) -> None:
    log = Log()
    jobs: list[Job] = []
    gate = Gate()

    def work(_cancelled: Cancelled) -> Steps:
        gate.wait()
        yield from range(5)

    jobs.append(lane.submit(work, on_partial=lambda _value: jobs[0].cancel(), **log.handlers("partial")))
    gate.opened.set()
    assert ended(qtbot, log) == ["cancelled", "finished"]


def test_a_handler_may_run_an_event_loop(lane: Lane, qtbot: QtBot) -> None:
    first, second = Log(), Log()
    gate = Gate()

    def work(_cancelled: Cancelled) -> Steps:
        gate.wait()
        yield 1

    def show_a_dialog(_value: object) -> None:
        qtbot.waitUntil(lambda: "finished" in second)

    lane.submit(work, on_done=show_a_dialog, **first.handlers("done"))
    lane.submit(lambda _cancelled: iter([2]), **second.handlers())
    gate.opened.set()
    assert ended(qtbot, first) == ["finished"]
    assert second.told == [("done", 2), "finished"]


def test_one_that_never_began_never_begins(lane: Lane, qtbot: QtBot) -> None:
    gate, log, begun = Gate(), Log(), list[int]()

    def first(_cancelled: Cancelled) -> Steps:
        gate.wait()
        yield 1

    lane.submit(first)
    job = lane.submit(lambda _cancelled: iter([begun.append(1)]), **log.handlers())
    assert gate.reached.wait(5)
    job.cancel()
    gate.opened.set()
    assert ended(qtbot, log) == ["cancelled", "finished"]
    assert not begun


def test_a_suspended_generator_is_closed_in_its_own_thread(lane: Lane, qtbot: QtBot) -> None:
    gate, log, closed = Gate(), Log(), list[str]()

    def background(_cancelled: Cancelled) -> Steps:
        try:
            yield "part"
            gate.wait()
            yield "more"
        finally:
            closed.append(threading.current_thread().name)

    job = lane.submit(background, **log.handlers())
    assert gate.reached.wait(5)
    urgent = Gate()

    def asked(_cancelled: Cancelled) -> Steps:
        urgent.wait()
        yield 1

    lane.submit(asked, urgent=True)
    gate.opened.set()
    assert urgent.reached.wait(5)
    job.cancel()
    urgent.opened.set()
    ended(qtbot, log)
    assert closed == ["affectline-test"]
    assert "done" not in log


def test_work_that_stops_by_itself_when_told_is_cancelled(lane: Lane, qtbot: QtBot) -> None:
    log = Log()

    def work(_cancelled: Cancelled) -> Steps:
        yield 1
        raise CancelledError("stopped")

    lane.submit(work, **log.handlers())
    assert ended(qtbot, log) == [("partial", 1), "cancelled", "finished"]


def test_closing_cancels_everything_and_takes_nothing_more(qtbot: QtBot) -> None:
    lane, running, waiting, late = Lane("test"), Log(), Log(), Log()
    gate = Gate()

    def work(cancelled: Cancelled) -> Steps:
        gate.reached.set()
        while not cancelled():
            yield 1

    lane.submit(work, **running.handlers("partial"))
    lane.submit(lambda _cancelled: iter([1]), **waiting.handlers())
    assert gate.reached.wait(5)
    assert lane.close(5)
    assert running.told == ["cancelled"]
    assert waiting.told == ["cancelled"]
    assert lane.submit(lambda _cancelled: iter([1]), **late.handlers()).state == "cancelled"
    assert late.told == ["cancelled"]


def test_closing_does_not_wait_for_work_that_does_not_listen(qtbot: QtBot) -> None:
    lane, gate = Lane("test"), Gate()

    def work(_cancelled: Cancelled) -> Steps:
        gate.wait()
        yield 1

    lane.submit(work)
    assert gate.reached.wait(5)
    assert not lane.close(0.01)
    gate.opened.set()
    assert lane.close(5)


def test_a_lane_that_is_gone_does_not_break_its_thread(qtbot: QtBot) -> None:
    lane, gate = Lane("test"), Gate()
    left = threading.Event()

    def work(_cancelled: Cancelled) -> Steps:
        gate.wait()
        yield at(1)
        yield at(2)
        left.set()

    lane.submit(work)
    assert gate.reached.wait(5)
    import shiboken6

    shiboken6.delete(lane)
    gate.opened.set()
    assert left.wait(5)


def test_a_lane_that_does_not_listen_cannot_hold_up_the_end_of_the_program() -> None:
    script = (
        "import time\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from app.jobs.lanes import Lane\n"
        "app = QCoreApplication([])\n"
        "lane = Lane('test')\n"
        "def work(cancelled):\n"
        "    time.sleep(600)\n"
        "    yield 1\n"
        "lane.submit(work)\n"
        "print(lane.close(0.01))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], timeout=30, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "False", "")
