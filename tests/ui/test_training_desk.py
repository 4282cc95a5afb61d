"""Learning in the window, with a process that pretends to learn: from the button to the timeline that changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from app.learning.model_facts import ModelFacts
from app.learning.rescoring import rescore
from app.learning.retraining import Learned, Order, retraining_steps
from app.project.analyses import AnalysisStore
from app.project.revisions import Revision, RevisionStore
from app.project.store import create_project
from app.project.values import Correction
from app.session.lessons import LeftOutGroup, Lessons
from app.session.training import CANCELLED, LATER, READY, UNDECIDED
from app.views.training.values import ClassShare
from engine.emotions import EMOTIONS
from engine.errors import BundleError, TrainingError
from engine.values import Analysis, BundleRef, Segment
from tests.hands import Hands
from tests.revisions import BUNDLE_SHA256, TRUNKS, added, comparison
from trainer.finetune.values import Comparison, FinetuneStep

NEW = (Segment(0.0, 4.0, "happy", 0.9, False), Segment(4.0, 8.0, "sad", 0.8, False))
"""What every revision says of person-1."""
STARTER = ModelFacts(Path("bundles/starter"), "starter", "1", BUNDLE_SHA256, TRUNKS)
LEFT_OUT = {
    "unsure": LeftOutGroup("whoever looked was unsure", ()),
    "no features": LeftOutGroup("two.mp4: stored features were deleted", (), analyse=True),
}


def by(revision: str, analysis: Analysis) -> Analysis:
    """The same analysis as a revision would give it."""
    people = (replace(analysis.people[0], segments=NEW), *analysis.people[1:])
    return replace(analysis, people=people, bundle=BundleRef("starter", revision, "ef" * 32, "compact"))


class School:
    """Stands for the child process that learns: the revision is real, what it learned is not."""

    def __init__(self) -> None:
        self.begun, self.gate = Event(), Event()
        self.gate.set()
        self.worse: tuple[str, ...] = ()
        self.refusal = ""
        self.leaves = 0
        """How many videos it does not label."""
        self.rescored: list[str | None] = []
        self.bundles: list[str] = []
        """What it was re-scored with."""
        self.made = 0
        self.lingers = False
        """Labels on until it is stopped, and deletes what it made only when it gets to it."""
        self.swept, self.left_behind = Event(), ""

    def steps(self, work: Callable[..., Any], *arguments: Any, cancelled: Callable[[], bool]) -> Iterator[Any]:
        if work is rescore:
            yield from self.rescore(*arguments)
        elif work is retraining_steps:
            yield from self.learn(arguments[0], cancelled)
        elif self.left_behind:
            assert self.swept.wait(10)
            with RevisionStore(self.project) as store:
                store.discard(self.left_behind)

    def learn(self, order: Order, cancelled: Callable[[], bool]) -> Iterator[Any]:
        yield FinetuneStep("fit", "on all corrections", 50, 100, 4.0, 0.5, 0.7, 0.78)
        self.begun.set()
        while not self.gate.wait(0.01):
            if cancelled():
                return
            yield FinetuneStep("fit", "on all corrections", 50, 100, 4.0, 0.5, 0.7, 0.78)
        if self.refusal:
            raise TrainingError(self.refusal)
        with RevisionStore(order.project) as store, AnalysisStore(order.project) as analyses:
            current = store.current()
            parent = current.id if current is not None else None
            self.made += 1
            made = added(store, self.made, parent=parent, comparison=_plain(comparison(*self.worse)))
            media = sorted(analyses.summaries())
            for media_id in media[: len(media) - self.leaves]:
                label(analyses, media_id, made)
        if self.lingers:
            self.project, self.left_behind = order.project, made.id
        while self.lingers:
            yield FinetuneStep("rescoring", "re-scoring two.mp4", 5, 10)
            self.gate.wait(0.01)
        yield Learned(made.id, made.name, "1", 34, (), Comparison(None, None), (), 2)

    def rescore(self, project: Path, bundle: str, revision: str | None, _home: Path | None) -> Iterator[Any]:
        self.rescored.append(revision)
        self.bundles.append(bundle)
        with RevisionStore(project) as store, AnalysisStore(project) as analyses:
            if revision is not None:
                for media_id in store.unscored(revision):
                    label(analyses, media_id, store.get(revision))
        yield FinetuneStep("rescoring", "re-scoring two.mp4", 10, 10)

    def close(self) -> None:
        self.gate.set()
        self.swept.set()


def _plain(made: Comparison) -> dict[str, Any]:
    from app.project.comparison_json import comparison_to_json

    return comparison_to_json(made)


def label(analyses: AnalysisStore, media_id: str, revision: Revision) -> None:
    known = analyses.load(media_id, "1")
    assert known is not None
    analyses.save(media_id, by(revision.name, known))


@pytest.fixture
def school(monkeypatch: pytest.MonkeyPatch) -> School:
    made = School()
    monkeypatch.setattr("app.jobs.retrainer.Child", lambda _name: made)
    classes = tuple(ClassShare(name, 5, 2, False) for name in EMOTIONS)
    monkeypatch.setattr("app.session.known.read_lessons", lambda *_: Lessons("starter", "1", classes, trunks=TRUNKS))
    monkeypatch.setattr("app.session.training.source_of", lambda _revision: STARTER)
    return made


@pytest.fixture
def hands(qapp: QApplication, study: Path, school: School) -> Iterator[Hands]:
    """The window on two clips, with the training panel in front."""
    made = Hands()
    made.open(study)
    made.window.show_training(True)
    yield made
    school.gate.set()
    made.close_in_a_hurry()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which of the answers offered the person gives, one question after the other."""
    queue: list[int] = []
    monkeypatch.setattr("app.views.dialogs.ask", lambda _w, _title, _s, offered: offered[queue.pop(0)])
    return queue


def learn(hands: Hands) -> None:
    """Ask for a training and wait for what becomes of it."""
    hands.keys("Ctrl+Shift+L")
    hands.until(lambda: not hands.application.training.running)
    hands.settle()


def learn_and_keep(hands: Hands) -> None:
    learn(hands)
    hands.keys("Ctrl+Shift+K")


def revision(hands: Hands) -> str:
    """The revision whose labels are on the timeline."""
    assert hands.session.analysis is not None
    return hands.session.analysis.bundle.revision


def reason(hands: Hands, action_id: str) -> str | None:
    shown = hands.window.actions_by_id[action_id]
    return None if shown.isEnabled() else shown.toolTip()


def test_learn_look_and_keep(hands: Hands) -> None:
    panel = hands.window.training
    assert panel.basis.learn.text() == "Learn from 35 corrections"
    assert revision(hands) == "1"
    learn(hands)
    assert (READY, "info") in hands.told
    assert panel.page == "verdict"
    assert revision(hands) == "1"  # nothing is replaced before it is kept
    changes = panel.verdict.changes.changes()
    assert {(one.before, one.after) for one in changes} == {("neutral", "happy"), ("fear", "sad")}
    assert {one.video for one in changes} == {"one.mp4", "two.mp4"}
    hands.keys("Ctrl+Shift+K")
    assert panel.page == "basis"
    assert revision(hands) == "1.1"
    assert hands.session.people[0].segments == NEW
    assert len(hands.timeline.scene.answers.segments) == len(NEW)
    assert "starter 1.1" in hands.timeline.scene.revision_text
    assert [row.name for row in panel.revisions.rows() if row.current] == ["starter 1.1"]
    assert panel.basis.basis.parent == "starter 1.1"


def test_progress_is_in_the_panel_and_in_the_status_bar(hands: Hands, school: School) -> None:
    school.gate.clear()
    hands.window.actions_by_id["learn"].trigger()
    status, panel = hands.window.status, hands.window.training
    hands.until(lambda: "on all corrections" in status.job.text())
    assert panel.page == "running"
    assert status.job.text().endswith("50 of 100 steps · 4 s left")
    assert panel.running.curves.words() == "loss 0.500, accuracy 70%, guard accuracy 78%"
    assert reason(hands, "learn") == "a training is running"
    hands.window.show_training(False)  # closing the panel stops nothing
    school.gate.set()
    hands.until(lambda: panel.page == "verdict")
    hands.settle()
    assert not status.cancel.isVisible()


@pytest.mark.parametrize("way", ["panel", "status", "menu"])
def test_cancelling_keeps_everything_as_it_was(hands: Hands, school: School, way: str) -> None:
    school.gate.clear()
    hands.window.actions_by_id["learn"].trigger()
    assert school.begun.wait(10)
    cancel: dict[str, Callable[[], None]] = {
        "panel": hands.window.training.running.cancel.click,
        "status": hands.window.status.cancel.click,
        "menu": hands.window.actions_by_id["cancel_learning"].trigger,
    }
    hands.until(lambda: "on all corrections" in hands.window.status.job.text())
    cancel[way]()
    hands.settle()
    assert (CANCELLED, "info") in hands.told
    assert hands.window.training.page == "basis"
    assert revision(hands) == "1"
    assert reason(hands, "learn") is None


def test_cancelled_while_it_labels_it_leaves_no_candidate_on_the_screen(hands: Hands, school: School) -> None:
    school.lingers = True
    hands.window.actions_by_id["learn"].trigger()
    status, panel, revisions = hands.window.status, hands.window.training, hands.application.revisions
    hands.until(lambda: "re-scoring" in status.job.text())
    panel.running.cancel.click()
    revisions.read()
    hands.until(lambda: revisions.known is not None and revisions.known.candidate is not None)
    assert panel.page == "basis"
    assert reason(hands, "keep_revision") == "no new revision waits to be kept"
    school.swept.set()
    hands.settle()
    assert revisions.known is not None
    assert revisions.known.candidate is None
    assert panel.page == "basis"
    assert [row.id for row in panel.revisions.rows()] == [None]
    assert reason(hands, "learn") is None


@pytest.mark.parametrize("key", ["Ctrl+Shift+K", "Ctrl+Shift+D"])
def test_a_candidate_that_somebody_else_deleted_goes_when_it_is_decided(
    hands: Hands, study: Path, answers: list[int], key: str
) -> None:
    learn(hands)
    with RevisionStore(study) as store:
        store.discard(store.all()[0].id)
    answers.append(1)
    hands.keys(key)
    assert hands.told[-1][1] == "error"
    assert hands.window.training.page == "basis"
    assert reason(hands, "learn") is None


def test_a_refusal_is_told_in_a_sentence(hands: Hands, school: School) -> None:
    school.refusal = "there are 2 corrections to learn from, and it takes 3: label more moments"
    learn(hands)
    assert ("There are 2 corrections to learn from, and it takes 3: label more moments.", "error") in hands.told
    assert hands.window.training.page == "basis"


def test_what_got_worse_is_not_kept_by_itself_and_can_be_discarded(
    hands: Hands, school: School, answers: list[int]
) -> None:
    school.worse = ("the guard set falls by 1.8 points",)
    learn(hands)
    panel = hands.window.training
    assert panel.verdict.keep.text() == "Keep anyway"
    assert reason(hands, "learn") == UNDECIDED
    answers += [0, 1]
    hands.keys("Ctrl+Shift+D")
    assert panel.page == "verdict"  # thought better of it
    hands.keys("Ctrl+Shift+D")
    assert answers == []
    assert panel.page == "basis"
    assert [row.id for row in panel.revisions.rows()] == [None]
    assert revision(hands) == "1"
    assert reason(hands, "discard_revision") == "no new revision waits to be kept"


def test_a_candidate_waits_over_a_restart(hands: Hands, study: Path) -> None:
    learn(hands)
    hands.application.commands.run("close")
    assert hands.window.training.page == "basis"
    hands.open(study)
    hands.until(lambda: hands.window.training.page == "verdict")
    hands.settle()
    hands.keys("Ctrl+Shift+K")
    assert revision(hands) == "1.1"


def test_back_to_the_bundle_as_it_came(hands: Hands) -> None:
    learn_and_keep(hands)
    hands.window.actions_by_id["revisions"].trigger()
    panel = hands.window.training
    panel.revisions.select(None)
    panel.revisions.make_current.click()
    hands.settle()
    assert revision(hands) == "1"
    assert ("starter 1 answers from now on", "info") in hands.told


def test_later_analyses_use_the_current_revision(hands: Hands) -> None:
    queue = hands.application.queue
    assert queue._choice.revision is None
    learn_and_keep(hands)
    assert queue._choice.revision is not None
    assert queue._choice.revision.name == "1.1"
    hands.application.preferences.set("device", "cpu")
    assert queue._choice.revision.name == "1.1"
    hands.application.commands.run("close")
    assert queue._choice.revision is None


def test_two_revisions_on_one_timeline(hands: Hands) -> None:
    learn_and_keep(hands)
    panel, scene = hands.window.training, hands.timeline.scene
    hands.window.actions_by_id["revisions"].trigger()
    panel.revisions.select(None)
    panel.revisions.compare.click()
    hands.settle()
    assert scene.rival is not None
    assert scene.rival.text == "1"
    assert [one.emotion for one in scene.rival.segments.spans.items] == ["neutral", "happy", "sad", "fear"]
    assert len(panel.revisions.changes.changes()) == 4
    hands.session.set_person("person-2")
    assert [one.emotion for one in hands.timeline.scene.rival.segments.spans.items] == ["surprise", "angry"]
    hands.application.library.open(hands.session.project.media()[1].id)
    hands.settle()
    assert hands.timeline.scene.rival is not None
    panel.revisions.end.click()
    assert hands.timeline.scene.rival is None


def test_a_change_is_opened_where_it_is(hands: Hands) -> None:
    learn(hands)
    panel = hands.window.training
    row = next(one for one in panel.verdict.changes.changes() if one.video == "two.mp4" and one.before == "fear")
    panel.change_opened.emit(row)
    hands.settle()
    hands.until(lambda: hands.session.path is not None and hands.session.path.name == "two.mp4")
    hands.until(lambda: hands.session.time_s >= row.start_s - 0.05)
    assert hands.session.person == "person-1"


def test_deleting_asks(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    learn_and_keep(hands)
    learn_and_keep(hands)
    panel = hands.window.training
    first = next(row for row in panel.revisions.rows() if row.name == "starter 1.1")
    asked: list[str] = []
    for answer, left in ((0, 3), (1, 2)):
        monkeypatch.setattr(
            "app.views.dialogs.ask", lambda _w, title, _s, answers, at=answer: asked.append(title) or answers[at]
        )
        panel.delete_requested.emit(first.id)
        hands.settle()
        assert len(panel.revisions.rows()) == left
    assert asked == ["Delete revision 1.1?"] * 2
    assert [row.note for row in panel.revisions.rows() if row.name == "starter 1.2"] == ["its parent is gone"]


def test_what_a_revision_did_not_label_is_labelled_when_it_is_kept(hands: Hands, school: School) -> None:
    school.leaves = 1
    learn(hands)
    verdict = hands.window.training.verdict.verdict
    assert verdict is not None
    assert verdict.unfinished == "1 video not labelled by it yet; keeping it labels them"
    hands.keys("Ctrl+Shift+K")
    hands.until(lambda: school.rescored == [verdict.revision_id])
    hands.settle()
    assert {one.revision for one in hands.application.library.summaries.values()} == {"1.1"}
    assert not any(row.note for row in hands.window.training.revisions.rows())


@pytest.fixture
def older(hands: Hands, study: Path) -> str:
    """A kept revision that has labelled nothing yet; the bundle as it came is current."""
    with RevisionStore(study) as store:
        made = added(store, 9)
        store.make_current(made.id)
        store.make_current(None)
    hands.application.revisions.read()
    hands.settle()
    return made.id


def choose(hands: Hands, revision_id: str | None) -> None:
    """Make a revision current, and wait until it is."""
    hands.window.training.make_current_requested.emit(revision_id)
    hands.until(lambda: not hands.application.io.busy)


@pytest.mark.parametrize("meanwhile", ["", "another", "left"])
def test_one_made_current_during_a_training_labels_the_videos_once_that_is_over(
    hands: Hands, school: School, older: str, answers: list[int], meanwhile: str
) -> None:
    school.gate.clear()
    hands.window.actions_by_id["learn"].trigger()
    assert school.begun.wait(10)
    choose(hands, older)
    assert hands.told[-1] == (LATER, "info")
    assert school.rescored == []
    if meanwhile == "another":
        choose(hands, None)
    elif meanwhile == "left":
        answers.append(1)
        hands.application.commands.run("close")
    school.gate.set()
    hands.settle()
    assert school.rescored == ([] if meanwhile else [older])
    assert hands.window.training.page == ("basis" if meanwhile == "left" else "verdict")


@pytest.mark.parametrize("chosen", [True, False])
def test_a_revision_labels_with_the_bundle_that_it_was_made_from(
    hands: Hands, school: School, older: str, monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    sha256 = BUNDLE_SHA256 if chosen else "12" * 32
    monkeypatch.setattr("app.session.training.read_facts", lambda _name: replace(STARTER, sha256=sha256))
    choose(hands, older)
    hands.settle()
    assert school.bundles == ["starter" if chosen else "bundles/starter"]


@pytest.mark.parametrize("there", ["none", "same trunks"])
def test_a_bundle_that_is_not_there_is_told_in_a_sentence(
    hands: Hands, school: School, older: str, monkeypatch: pytest.MonkeyPatch, there: str
) -> None:
    def missing(_revision: Revision) -> ModelFacts:
        if there == "none":
            raise BundleError("starter", "revision 1.1 needs its trunks; import that bundle first")
        return replace(STARTER, name="other")

    monkeypatch.setattr("app.session.training.source_of", missing)
    choose(hands, older)
    hands.settle()
    (told,) = [text for text, kind in hands.told if kind == "error"]
    assert told.startswith("Cannot use the bundle starter: revision 1.1 ")
    assert told.endswith("first.")
    assert school.rescored == []


def test_the_scores_of_a_kept_revision_can_be_looked_at(hands: Hands) -> None:
    learn_and_keep(hands)
    panel = hands.window.training
    panel.show_revisions()
    panel.revisions.select(panel.revisions.rows()[0].id)
    panel.revisions.scores.click()
    hands.settle()
    assert panel.page == "scores"
    assert len(panel.scores.changes.changes()) == 4


def test_coding_blind_nothing_tells_what_a_model_says(hands: Hands) -> None:
    learn(hands)
    hands.keys("Ctrl+B")
    panel = hands.window.training
    panel.verdict.show_changes()
    assert panel.verdict.changes._pages.currentIndex() == 1


def test_closing_the_window_asks_first(hands: Hands, school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    school.gate.clear()
    asked: list[str] = []
    monkeypatch.setattr("app.views.dialogs.ask", lambda _w, _t, said, answers: asked.append(said) or answers[0])
    hands.window.actions_by_id["learn"].trigger()
    hands.window.close()
    assert hands.window.isVisible()
    assert asked[0].startswith("A training is running.")
    school.gate.set()
    hands.until(lambda: hands.window.training.page == "verdict")
    hands.settle()


@pytest.mark.parametrize("way", ["close", "open", "new"])
def test_another_project_stops_the_training_of_this_one_after_asking(
    hands: Hands, school: School, study: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    other = study.with_name("other.affectline")
    if way == "open":
        create_project(other).close()
    files, run = hands.application.files, hands.application.commands.run
    leave = {"close": lambda: run("close"), "open": lambda: files.open([other]), "new": lambda: run("new_project")}
    asked: list[tuple[str, str]] = []
    answer = iter((0, 1))
    monkeypatch.setattr(
        "app.views.dialogs.ask", lambda _w, title, said, offered: asked.append((title, said)) or offered[next(answer)]
    )
    monkeypatch.setattr("app.views.dialogs.choose_to_save", lambda *_: other)
    school.gate.clear()
    hands.window.actions_by_id["learn"].trigger()
    assert school.begun.wait(10)
    leave[way]()
    assert hands.application.training.running
    assert hands.session.project is not None
    assert hands.session.project.path == study
    assert hands.session.writable
    assert other.exists() == (way == "open")
    files.open([study])  # is open already: nothing would be lost
    leave[way]()
    hands.settle()
    assert not hands.application.training.running
    assert hands.window.training.page == "basis"
    assert {title for title, _ in asked} == {"Leave this project?"}
    assert {said.partition(".")[0] for _, said in asked} == {"A training is running"}
    if way == "close":
        assert reason(hands, "learn") == "open or make a project first"
    else:
        assert hands.session.project.path == other
    leave[way]()  # nothing runs: nothing is asked
    assert len(asked) == 2


def test_what_is_left_out_is_shown_or_analysed(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    media = hands.session.project.media()
    said = [Correction(f"c{n}", media[1].id, "person-1", n + 1.0, n + 2.0, None, "blank", "Ana", "face", "", "")
            for n in range(3)]  # fmt: skip
    groups = {key: replace(group, corrections=tuple(said)) for key, group in LEFT_OUT.items()}
    monkeypatch.setattr("app.session.known.read_lessons", lambda *_: Lessons("starter", "1", left_out=groups))
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(hands.application.library, "analyse", lambda ids, again: asked.append(tuple(ids)))
    hands.application.revisions.read()
    hands.settle()
    panel = hands.window.training
    assert panel.basis.basis.why_not == "3 corrections can teach once the videos are analysed: see above"
    offers = panel.basis.offers()
    offers["no features"].click()
    assert asked == [(media[1].id,)]
    with monkeypatch.context() as away:
        away.setattr(hands.application.library, "path_of", lambda _medium: None)
        offers["no features"].click()
    assert hands.told[-1] == ("two.mp4: not where it was, find it in the library first", "warning")
    for start_s in (1.0, 2.0):
        offers["unsure"].click()
        hands.settle()
        hands.until(lambda start_s=start_s: hands.session.time_s >= start_s - 0.05)
        hands.player.pause()
    assert hands.session.path is not None
    assert hands.session.path.name == "two.mp4"
