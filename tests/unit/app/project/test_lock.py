"""Two windows on one project: the second looks, until the first is gone."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.project import lock
from app.project.errors import ProjectLockedError, ProjectReadOnlyError
from app.project.store import open_project
from tests.unit.app.project.records import adding, correction, marker


def alter(project, **changes):
    """As if the lock had been written by another machine or at another time."""
    changed = replace(lock.holder(project._db), **changes)
    for name in changes:
        project._db.execute(f"UPDATE lock SET {name} = ?", [getattr(changed, name)])


def ago(seconds):
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def dead_pid():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


@pytest.fixture
def other_machine(monkeypatch):
    """Lets this process be on another machine than the holder's row says."""

    def move():
        monkeypatch.setattr(lock, "_machine", lambda: "elsewhere")

    return move


def test_the_second_window_can_only_look(project, path):
    with open_project(path, who="ben") as second:
        assert second.read_only
        assert second.read_only_reason.startswith("ana has had it open on ")
        assert " since " in second.read_only_reason
        assert not second.may_take_over()
        with pytest.raises(ProjectReadOnlyError, match="ana has had it open"):
            second.do(adding(marker()))
        project.do(adding(correction("c1", 0, 1)))
        assert [one.id for one in second.corrections("m1")] == ["c1"]  # it sees what the first one does
    assert project.beat()
    project.do(adding(marker()))


def test_closing_lets_the_next_one_write(project, path):
    second = open_project(path, who="ben")
    project.close()
    assert second.may_take_over()
    second.close()
    with open_project(path, who="ben") as third:
        assert not third.read_only
        assert lock.holder(third._db).who == "ben"


def test_a_window_whose_process_is_gone(project, path):
    alter(project, pid=dead_pid())
    with open_project(path, who="ben") as second:
        assert not second.read_only


def test_a_process_of_another_machine_cannot_be_asked_for(project, path, other_machine):
    alter(project, pid=dead_pid())
    other_machine()
    with open_project(path, who="ben") as second:
        assert second.read_only


def test_missed_beats(project, path, other_machine):
    other_machine()
    alter(project, beat_at=ago(lock.BEAT_S * lock.MISSED_BEATS - 5))
    with open_project(path) as second:
        assert second.read_only
        alter(project, beat_at=ago(lock.BEAT_S * lock.MISSED_BEATS + 5))
        assert second.may_take_over()
    with open_project(path) as third:
        assert not third.read_only


def test_a_beat_keeps_it(project, path):
    alter(project, beat_at=ago(3600))
    assert project.beat()
    assert not lock.holder(project._db).is_gone()


def test_a_clock_that_runs_ahead_keeps_it(project):
    assert not replace(lock.holder(project._db), beat_at=ago(-3600)).is_gone()


def test_who_was_taken_over_can_no_longer_write(project, path):
    with open_project(path, who="ben", take_over=True) as second:
        assert not second.read_only
        second.do(adding(correction("c1", 0, 1)))
        with pytest.raises(ProjectLockedError, match="another window took it over"):
            project.do(adding(marker()))
        assert project.read_only_reason == "another window took it over"
        assert project.markers("m1") == ()
        with pytest.raises(ProjectReadOnlyError):
            project.undo()
        project.close()
        second.do(adding(marker()))  # closing the first did not take the second's lock away
        assert second.beat()


def test_who_was_taken_over_notices_at_the_next_beat(project, path):
    with open_project(path, who="ben", take_over=True):
        assert not project.beat()
        assert project.read_only


def test_since_when_is_told_with_its_day():
    holder = lock.Holder("t", "Ana", "desk-3", "m", 1, "2026-01-02T03:04:05+00:00", ago(0))
    assert holder.told().startswith("Ana has had it open on desk-3 since 2026-01-0")
    today = replace(holder, since=ago(0)).told()
    assert len(today.rpartition(" since ")[2]) == len("14:05")


def test_this_process_runs():
    assert lock._is_running(os.getpid())
    assert not lock._is_running(dead_pid())
    assert lock._is_running(1)


def test_somebody_is_always_here(monkeypatch):
    def nobody():
        raise KeyError("uid 1234")

    assert lock.person_here()
    monkeypatch.setattr(lock.getpass, "getuser", nobody)
    assert lock.person_here() == "somebody"
