"""Generators in a child process: steps, errors, cancelling, and a child that dies."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.jobs import child as child_module
from app.jobs.child import Child, ChildBugError, ChildLostError
from app.messages import sentence
from engine.errors import CancelledError, MediaFormatError
from tests.unit.app.jobs import pretended
from tests.unit.app.jobs.pretended import taken


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def lasting() -> Iterator[Child]:
    """One child for the tests that leave it as it was."""
    made = Child("test")
    yield made
    made.close()


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child("test")
    yield made
    made.close()


def test_gives_every_step_and_the_value_returned(lasting: Child) -> None:
    assert taken(lasting.steps(pretended.count_up, 3, cancelled=never)) == ([0, 1, 2], 3)


def test_keeps_its_process_from_one_work_to_the_next(lasting: Child) -> None:
    first, _ = taken(lasting.steps(pretended.process_id, cancelled=never))
    second, _ = taken(lasting.steps(pretended.process_id, cancelled=never))
    assert first == second


def test_gives_way_to_the_window(lasting: Child) -> None:
    given, _ = taken(lasting.steps(pretended.niceness, cancelled=never))
    assert given[0] > 0


def test_arrays_stay_read_only(lasting: Child) -> None:
    (track,), _ = taken(lasting.steps(pretended.a_track, cancelled=never))
    assert not track.probabilities.flags.writeable
    assert not track.start_s.flags.writeable


def test_several_generators_take_turns(lasting: Child) -> None:
    one = lasting.steps(pretended.turns, "one", [], cancelled=never)
    two = lasting.steps(pretended.turns, "two", [], cancelled=never)
    told = [next(one), next(two), next(two), next(one), *two, *one]
    assert told == [("one", 0), ("two", 0), ("two", 1), ("one", 1), ("two", 2), ("one", 2)]


def test_an_error_of_ours_arrives_whole(lasting: Child) -> None:
    steps = lasting.steps(pretended.unreadable, "clip.mp4", cancelled=never)
    assert next(steps) == 1
    with pytest.raises(MediaFormatError) as raised:
        next(steps)
    assert raised.value.path == Path("clip.mp4")
    assert sentence(raised.value) == "cannot read clip.mp4: it is empty"


def test_a_bug_arrives_with_its_traceback_and_the_child_goes_on(lasting: Child) -> None:
    steps = lasting.steps(pretended.faulty, cancelled=never)
    next(steps)
    with pytest.raises(ChildBugError, match=r"in faulty(.|\n)*ValueError: seven is no emotion"):
        next(steps)
    assert taken(lasting.steps(pretended.count_up, 1, cancelled=never)) == ([0], 1)


def test_work_in_hand_hears_that_it_is_cancelled(lasting: Child) -> None:
    asked = [False]
    steps = lasting.steps(pretended.until_cancelled, cancelled=lambda: asked[0])
    assert next(steps) == "begun"
    asked[0] = True
    with pytest.raises(CancelledError, match="stopped"):
        next(steps)


def test_a_closed_generator_is_closed_in_the_child_too(lasting: Child, tmp_path: Path) -> None:
    file = tmp_path / "closed"
    steps = lasting.steps(pretended.writes_when_closed, str(file), cancelled=never)
    next(steps)
    steps.close()
    taken(lasting.steps(pretended.count_up, 1, cancelled=never))  # comes after it
    assert file.read_text(encoding="utf-8") == "closed"


def test_one_that_does_not_listen_is_ended(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "CANCEL_WAIT_S", 0.1)
    asked = [False]
    steps = child.steps(pretended.deaf, cancelled=lambda: asked[0])
    next(steps)
    asked[0] = True
    with pytest.raises(CancelledError):
        next(steps)
    assert taken(child.steps(pretended.count_up, 1, cancelled=never)) == ([0], 1)  # in a new one


def test_a_child_that_dies_is_told_and_replaced(child: Child) -> None:
    aside = child.steps(pretended.count_up, 3, cancelled=never)
    next(aside)
    steps = child.steps(pretended.dies, cancelled=never)
    next(steps)
    with pytest.raises(ChildLostError, match=r"the test process ended unexpectedly .signal 9; the memory") as raised:
        next(steps)
    assert not raised.value.bystander
    with pytest.raises(ChildLostError) as raised:
        next(aside)
    assert raised.value.bystander
    assert taken(child.steps(pretended.count_up, 1, cancelled=never)) == ([0], 1)


def test_closing_ends_the_process_and_what_runs_in_it(child: Child, tmp_path: Path) -> None:
    steps = child.steps(pretended.process_id, cancelled=never)
    number = next(steps)
    child.close()
    assert _gone(number)
    with pytest.raises(ChildLostError):
        next(steps)


def _gone(process_id: int) -> bool:
    """Whether a process ends within a while."""
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        try:
            if psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_a_child_does_not_outlive_the_program_that_was_killed() -> None:
    script = (
        "from app.jobs.child import Child\n"
        "from tests.unit.app.jobs import pretended\n"
        "child = Child('test')\n"
        "print(next(child.steps(pretended.process_id, cancelled=lambda: False)), flush=True)\n"
        "next(child.steps(pretended.until_cancelled, cancelled=lambda: False))\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        number = int(program.stdout.readline())
        program.kill()
    assert _gone(number)


def test_a_program_with_a_busy_child_ends() -> None:
    script = (
        "from app.jobs.child import Child\n"
        "from tests.unit.app.jobs import pretended\n"
        "child = Child('test')\n"
        "steps = child.steps(pretended.until_cancelled, cancelled=lambda: False)\n"
        "next(steps)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], timeout=30, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
