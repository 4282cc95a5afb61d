"""Learning beside the window: what it tells, in which order, and that nothing in the background holds it up."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.jobs.child import ChildLostError
from app.jobs.lanes import Lane
from app.jobs.retrainer import Retrainer
from app.learning.rescoring import rescore
from app.learning.retraining import Learned, Order, retraining_steps
from engine.errors import TrainingError
from trainer.finetune.values import Comparison, FinetuneStep, Options

STUDY = Path("study.affectline")
LEARNED = Learned("r1", "1.1", "1", 12, (), Comparison(None, None), (), 2)


def step(number: int) -> FinetuneStep:
    return FinetuneStep("fit", "learning", number, 3)


class School:
    """Stands for the child process."""

    def __init__(self) -> None:
        self.orders: list[Any] = []
        self.cleared: list[int] = []
        self.closed = False
        self.way: Callable[[Callable[[], bool]], Iterator[Any]] = self.usual
        self.begun, self.gate = Event(), Event()

    def steps(self, work: Callable[..., Any], *arguments: Any, cancelled: Callable[[], bool]) -> Iterator[Any]:
        if work is map:  # nothing at all, asked for to hear when what was cancelled is over
            self.cleared.append(len(self.orders))
            return
        assert work in (retraining_steps, rescore)
        self.orders.append(arguments if work is rescore else arguments[0])
        yield from self.way(cancelled)

    def usual(self, _cancelled: Callable[[], bool]) -> Iterator[Any]:
        yield from (step(number) for number in range(3))
        yield LEARNED

    def gated(self, cancelled: Callable[[], bool]) -> Iterator[Any]:
        yield step(0)
        self.begun.set()
        assert self.gate.wait(5)
        yield from self.usual(cancelled)

    def refused(self, _cancelled: Callable[[], bool]) -> Iterator[Any]:
        yield step(0)
        raise TrainingError("two corrections are too few")

    def lost(self, _cancelled: Callable[[], bool]) -> Iterator[Any]:
        yield step(0)
        raise ChildLostError("training", -9, bystander=False)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def school() -> School:
    return School()


@pytest.fixture
def lane(qtbot: QtBot) -> Iterator[Lane]:
    made = Lane("gpu")
    yield made
    assert made.close(5)


@pytest.fixture
def retrainer(lane: Lane, school: School) -> Iterator[Retrainer]:
    made = Retrainer(lane, school)
    yield made
    school.gate.set()
    assert made.close(5)
    assert school.closed


@pytest.fixture
def heard(retrainer: Retrainer) -> list[tuple[str, Any]]:
    """What the retrainer says."""
    said: list[tuple[str, Any]] = []
    for name in ("progressed", "learned", "finished", "rescored", "failed", "running_changed"):
        getattr(retrainer, name).connect(lambda value, name=name: said.append((name, value)))
    retrainer.cancelled.connect(lambda: said.append(("cancelled", None)))
    return said


def test_progress_and_then_the_new_revision(qtbot: QtBot, retrainer: Retrainer, heard: list[Any]) -> None:
    assert retrainer.start(STUDY)
    assert retrainer.running
    qtbot.waitUntil(lambda: not retrainer.running)
    assert heard == [
        ("running_changed", True), *(("progressed", step(number)) for number in range(3)),
        ("learned", LEARNED), ("finished", "r1"), ("running_changed", False),
    ]  # fmt: skip


def test_what_is_asked_for(qtbot: QtBot, retrainer: Retrainer, school: School) -> None:
    retrainer.start(STUDY, Options(seed=7), bundle="mine", parent=None, with_batch=True, home=Path("features"))
    qtbot.waitUntil(lambda: not retrainer.running)
    assert school.orders == [Order(STUDY, "mine", Options(seed=7), None, True, Path("features"))]


@pytest.mark.parametrize(("revision", "told"), [("r7", "r7"), (None, "")])
def test_a_revision_answers_what_it_lacks(
    qtbot: QtBot, retrainer: Retrainer, school: School, heard: list[Any], revision: str | None, told: str
) -> None:
    school.way = lambda _cancelled: iter([step(0), step(1), step(2)])
    assert retrainer.rescore(STUDY, revision, bundle="mine")
    assert not retrainer.start(STUDY)
    qtbot.waitUntil(lambda: not retrainer.running)
    assert school.orders == [(STUDY, "mine", revision, None)]
    assert [value for name, value in heard if name == "progressed"] == [step(0), step(1)]
    assert heard[-2:] == [("rescored", told), ("running_changed", False)]


def test_one_at_a_time(qtbot: QtBot, retrainer: Retrainer, school: School) -> None:
    school.way = school.gated
    assert retrainer.start(STUDY)
    assert not retrainer.start(STUDY)
    school.gate.set()
    qtbot.waitUntil(lambda: not retrainer.running)
    assert len(school.orders) == 1
    assert retrainer.start(STUDY)
    qtbot.waitUntil(lambda: not retrainer.running)


@pytest.mark.parametrize("how", ["refused", "lost"])
def test_what_went_wrong_is_a_sentence(
    qtbot: QtBot, retrainer: Retrainer, school: School, heard: list[Any], how: str
) -> None:
    school.way = getattr(school, how)
    retrainer.start(STUDY)
    qtbot.waitUntil(lambda: not retrainer.running)
    failed = [value for name, value in heard if name == "failed"]
    assert len(failed) == 1
    assert {"refused": "too few", "lost": "memory may have run out"}[how] in failed[0]
    assert "finished" not in [name for name, _ in heard]


def test_cancelled_it_is_over_at_once_and_says_nothing_more(
    qtbot: QtBot, retrainer: Retrainer, school: School, heard: list[Any]
) -> None:
    school.way = school.gated
    retrainer.start(STUDY)
    qtbot.waitUntil(school.begun.is_set)
    retrainer.cancel()
    assert not retrainer.running
    assert heard[-2:] == [("cancelled", None), ("running_changed", False)]
    said = len(heard)
    school.gate.set()
    qtbot.waitUntil(lambda: not retrainer.busy)
    assert len(heard) == said


def test_cancelled_it_says_when_the_process_has_let_go_of_it(
    qtbot: QtBot, retrainer: Retrainer, school: School
) -> None:
    cleared: list[bool] = []
    retrainer.cleared.connect(lambda: cleared.append(retrainer.clearing))
    school.way = school.gated
    retrainer.start(STUDY)
    qtbot.waitUntil(school.begun.is_set)
    assert not retrainer.clearing
    retrainer.cancelled.connect(lambda: cleared.append(retrainer.clearing))
    retrainer.cancel()
    assert retrainer.clearing
    assert school.cleared == []
    school.gate.set()
    qtbot.waitUntil(lambda: not retrainer.busy)
    assert cleared == [True, False]
    assert school.cleared == [1]


def test_a_process_that_is_lost_has_let_go_of_it_too(qtbot: QtBot, retrainer: Retrainer, school: School) -> None:
    school.way = school.gated
    retrainer.start(STUDY)
    qtbot.waitUntil(school.begun.is_set)
    school.steps = lambda *_, **__: school.lost(lambda: False)  # type: ignore[method-assign]
    with qtbot.waitSignal(retrainer.cleared):
        retrainer.cancel()
        school.gate.set()
    assert not retrainer.clearing


def test_background_work_stands_still_meanwhile_and_goes_on_afterwards(
    qtbot: QtBot, retrainer: Retrainer, school: School, lane: Lane
) -> None:
    steps: list[int] = []

    def analysis(cancelled: Callable[[], bool]) -> Iterator[int]:
        while len(steps) < 10_000 and not cancelled():
            steps.append(len(steps))
            Event().wait(0.001)
            yield len(steps)

    job = lane.submit(analysis)
    qtbot.waitUntil(lambda: job.state == "running")
    school.way = school.gated
    retrainer.start(STUDY)
    qtbot.waitUntil(lambda: school.begun.is_set() and job.state == "suspended")
    stood = len(steps)
    urgent = lane.submit(lambda _cancelled: iter([1]), urgent=True)
    qtbot.waitUntil(lambda: urgent.state == "done")  # what somebody opens does not wait
    assert len(steps) == stood
    school.gate.set()
    qtbot.waitUntil(lambda: len(steps) > stood and not retrainer.running)
    job.cancel()


def test_closed_it_takes_nothing_more(qtbot: QtBot, lane: Lane, school: School) -> None:
    retrainer = Retrainer(lane, school)
    assert retrainer.close(5)
    retrainer.start(STUDY)
    assert not retrainer.running
    assert school.orders == []
