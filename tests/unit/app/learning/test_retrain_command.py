"""``affectline retrain``: what it asks for, what it prints, and when the new revision is used."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.commands.retrain import retrain
from app.learning import retraining
from app.learning.gather import LeftOut
from app.learning.retraining import CURRENT, Learned, Order
from app.project.revisions import RevisionStore
from app.project.store import create_project
from tests.revisions import added, comparison
from trainer.finetune.values import ClassCount, FinetuneStep


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "study.affectline"
    create_project(path, who="ana").close()
    return path


@pytest.fixture
def orders(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Order]]:
    """What was ordered; a training that learns nothing gives a candidate."""
    given: list[Order] = []

    def steps(_cancelled: Callable[[], bool], order: Order) -> Iterator[FinetuneStep | Learned]:
        given.append(order)
        yield FinetuneStep("fit", "learning", 1, 2)
        with RevisionStore(project) as store:
            revision = added(store, len(store.all()))
        counts = (ClassCount("happy", 1, 1, True), ClassCount("sad", 33, 4, False))
        left_out = (LeftOut("c9", "m1", "unsure", "whoever looked was unsure"),)
        yield Learned(revision.id, revision.name, "1", 34, counts, WORSE.get(project, comparison()), left_out, 1)

    monkeypatch.setattr(retraining, "retraining_steps", steps)
    yield given
    WORSE.clear()


WORSE: dict[Path, Any] = {}


def run(project: Path, *arguments: str) -> Result:
    return CliRunner().invoke(retrain, [str(project), *arguments], catch_exceptions=False, standalone_mode=False)


def current(project: Path) -> str | None:
    with RevisionStore(project, read_only=True) as store:
        found = store.current()
        return found.name if found else None


def test_it_is_used_when_nothing_is_worse(project: Path, orders: list[Order]) -> None:
    lines = run(project).stdout.splitlines()
    assert orders == [Order(project)]
    assert current(project) == "1.1"
    assert lines[0] == "revision 1.1, from 1, learned from 34 corrections"
    assert lines[1] == "  happy         1  by 1 participant  few"
    assert lines[2] == "  sad          33  by 4 participants"
    assert lines[3] == "left out, 1 correction: whoever looked was unsure"
    assert "corrections: 34, cross-validated over 4 participants" in lines
    assert "  accuracy              40.0 %  60.0 %    +20.0   +15.0 to +25.0" in lines
    assert "1 video answered again" in lines
    assert lines[-1] == "1.1 is in use: nothing is worse"


def test_something_worse_is_not_used_by_itself(project: Path, orders: list[Order]) -> None:
    WORSE[project] = comparison("it forgets: two points on the guard set")
    lines = run(project).stdout.splitlines()
    assert current(project) is None
    assert lines[-2:] == [
        "1 video answered again", "1.1 is not in use: something is worse (--keep uses it all the same)",
    ]  # fmt: skip
    assert "worse: it forgets: two points on the guard set" in lines
    assert run(project, "--keep").stdout.splitlines()[-1] == "1.2 is in use, as asked"
    assert current(project) == "1.2"


def test_it_stays_a_candidate_when_asked(project: Path, orders: list[Order]) -> None:
    assert run(project, "--no-keep").stdout.splitlines()[-1] == "1.1 is a candidate, as asked"
    assert current(project) is None


def test_what_can_be_asked_for(project: Path, orders: list[Order]) -> None:
    run(project, "--seed", "7", "--steps", "20", "--batch-accepted")
    run(project, "--from", "starter")
    run(project, "--from", "1.1")
    first, second, third = orders
    assert (first.options.seed, first.options.steps, first.with_batch, first.parent) == (7, 20, True, CURRENT)
    assert second == replace(Order(project), parent=None)
    with RevisionStore(project) as store:
        assert third.parent == store.named("1.1").id


def test_for_machines(project: Path, orders: list[Order]) -> None:
    plain = json.loads(run(project, "--format", "json").stdout)
    assert (plain["revision"], plain["kept"], plain["lessons"]) == ("1.1", True, 34)
    assert plain["comparison"]["guard"]["count"] == 3000
    assert plain["left_out"][0]["reason"] == "unsure"
