"""What the training panel shows, made from what the project and the training say."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.learning.gather import WHY, LeftOut
from app.project import edits
from app.project.analyses import AnalysisStore
from app.project.revisions import Revision, RevisionStore
from app.project.segments import ChangedSegment
from app.project.store import create_project, open_project
from app.project.values import Correction, Edit, Medium, PersonNote
from app.session.known import Known, read_known
from app.session.learned import changed_rows, moment_of, parent_text, revision_rows, verdict_of
from app.session.lessons import LeftOutGroup, Lessons, left_out_groups, participant_shares, read_lessons
from app.views.training.values import ClassShare, ParticipantShare
from engine.emotions import EMOTIONS
from engine.errors import BundleError
from tests.revisions import TRUNKS, added, by, comparison
from trainer.finetune.values import FinetuneStep, Lesson

VIDEOS = {"m1": "one.mp4", "m2": "two.mp4", "m3": "three.mp4"}


def correction(key: str, media: str = "m1", start_s: float = 1.0, coder: str = "Ana", **changes: object) -> Correction:
    made = Correction(key, media, "person-1", start_s, start_s + 1, "sad", "blank", coder, "face", "", "")
    return replace(made, **changes)  # type: ignore[arg-type]


def classes(**counts: int) -> tuple[ClassShare, ...]:
    return tuple(ClassShare(name, counts.get(name, 0), 1, counts.get(name, 0) < 5) for name in EMOTIONS)


def lesson(key: str, media: str, participant: str) -> Lesson:
    return Lesson(key, media, participant, Path(), (), 0.0, 1.0, 0)


@pytest.fixture
def store(tmp_path: Path) -> RevisionStore:
    create_project(tmp_path / "study.affectline", who="Ana").close()
    made = RevisionStore(tmp_path / "study.affectline")
    yield made
    made.close()


@pytest.fixture
def made(store: RevisionStore) -> tuple[Revision, ...]:
    """1.1, kept; 1.2 from it, a candidate."""
    first = added(store)
    store.make_current(first.id)
    second = added(store, 1, parent=first.id, lessons=48)
    return (store.get(first.id), second)


@pytest.mark.parametrize(
    ("lessons", "said"),
    [
        (Lessons(), "label what the model gets wrong first: it takes 3 corrections to learn from"),
        (Lessons(classes=classes(sad=2)), "2 corrections so far: label 1 more"),
        (Lessons(classes=classes(sad=2, happy=1)), ""),
        (
            Lessons(classes=classes(sad=1), left_out={"unsure": LeftOutGroup("", (correction("a"), correction("b")))}),
            "only 1 of 3 corrections can teach: label 2 more",
        ),
        (
            Lessons(left_out={"no analysis": LeftOutGroup("", (correction("a"),) * 4, analyse=True)}),
            "4 corrections can teach once the videos are analysed: see above",
        ),
        (Lessons(problem="cannot use the bundle x: it is not there"), "cannot use the bundle x: it is not there"),
    ],
)
def test_why_nothing_can_be_learned(lessons: Lessons, said: str) -> None:
    assert lessons.why_not == said


@pytest.mark.parametrize(
    ("counts", "begins"),
    [
        ({"sad": 2}, ""),
        ({"sad": 12}, "Every correction says sad:"),
        ({"sad": 5, "happy": 4}, "With fewer than 10 only"),
        ({"sad": 5, "happy": 5}, ""),
    ],
)
def test_what_is_worth_knowing_before(counts: dict[str, int], begins: str) -> None:
    notes = Lessons(classes=classes(**counts)).notes
    assert len(notes) == bool(begins)
    assert "".join(notes).startswith(begins)


def test_basis_offers_to_analyse_or_to_show() -> None:
    groups = {
        "unsure": LeftOutGroup("whoever looked was unsure", (correction("a"),)),
        "no analysis": LeftOutGroup("one.mp4: never analysed", (correction("b"), correction("c")), analyse=True),
    }
    basis = Lessons("starter", "1", classes(sad=4), left_out=groups).basis("starter 1.1", "")
    assert basis.parent == "starter 1.1"
    assert [(row.key, row.count, row.offer) for row in basis.left_out] == [
        ("unsure", 1, "Show"), ("no analysis", 2, "Analyse"),
    ]  # fmt: skip


def test_participants_are_called_what_people_call_them() -> None:
    notes = (PersonNote("n", "m2", "person-2", name="Eve"),)
    lessons = [lesson("a", "m1", "p1"), lesson("b", "m2", "p1"), lesson("c", "m2", "m2/person-2"),
               lesson("d", "m3", "m3/scene")]  # fmt: skip
    assert participant_shares(lessons, {"p1": "Ana"}, notes, VIDEOS) == (
        ParticipantShare("Ana", 2, 2), ParticipantShare("Eve in two.mp4", 1, 1),
        ParticipantShare("scene in three.mp4", 1, 1),
    )  # fmt: skip


def test_what_is_left_out_is_told_by_reason() -> None:
    corrections = {
        one.id: one
        for one in (
            correction("a", start_s=9.0), correction("b", start_s=2.0), correction("c", "m2"), correction("d", "m3"),
            correction("e", "m2", 62.0, "Ben"), correction("f", "m2", 62.0), correction("g", "m1"),
        )
    }  # fmt: skip
    says = "Ben says sad and Ana happy: let one decide"
    left = [
        LeftOut("a", "m1", "batch", WHY["batch"]), LeftOut("b", "m1", "batch", WHY["batch"]),
        LeftOut("c", "m2", "no features", WHY["no features"]), LeftOut("d", "m3", "no features", WHY["no features"]),
        LeftOut("e", "m2", "contradiction", says), LeftOut("f", "m2", "contradiction", says),
        LeftOut("g", "m1", "contradiction", "the consensus has the last word there"),
        LeftOut("gone", "m1", "unsure", WHY["unsure"]),
    ]  # fmt: skip
    groups = left_out_groups(left, corrections, VIDEOS)
    assert {key: (len(group.corrections), group.analyse) for key, group in groups.items()} == {
        "batch": (2, False), "no features": (2, True), "contradiction/m2": (2, False), "overruled": (1, False),
    }  # fmt: skip
    assert [one.id for one in groups["batch"].corrections] == ["b", "a"]
    assert groups["no features"].why == "two.mp4 and three.mp4: stored features were deleted"
    assert groups["no features"].media == ("m2", "m3")
    assert groups["contradiction/m2"].why == "Ana and Ben disagree in two.mp4 at 01:02: let one decide"


def test_many_videos_are_counted_and_not_named() -> None:
    videos = {f"m{n}": f"{n}.mp4" for n in range(4)}
    corrections = {str(n): correction(str(n), f"m{n}") for n in range(4)}
    left = [LeftOut(str(n), f"m{n}", "no analysis", WHY["no analysis"]) for n in range(4)]
    assert left_out_groups(left, corrections, videos)["no analysis"].why == "4 videos: never analysed"


def test_a_verdict_is_what_was_stored(made: tuple[Revision, ...], store: RevisionStore) -> None:
    first, second = made
    verdict = verdict_of(second, store.names(), 3)
    assert (verdict.name, verdict.parent, verdict.learned_from) == ("1.2", "starter 1.1", 48)
    assert verdict.candidate
    assert verdict.unfinished == "3 videos not labelled by it yet; keeping it labels them"
    assert [judged.title for judged in verdict.judged] == ["Your corrections", "Guard set"]
    assert verdict.judged[0].accuracy.before == pytest.approx(0.4)
    assert verdict.judged[0].accuracy.low == pytest.approx(0.15)
    assert verdict.judged[0].how == "cross-validated over 4 participants"
    assert verdict.notes == comparison().notes
    kept = verdict_of(first, store.names(), 0)
    assert (kept.parent, kept.candidate, kept.unfinished) == ("starter 1", False, "")


def test_revisions_are_listed_latest_first_and_the_bundle_last(made: tuple[Revision, ...]) -> None:
    first, second = made
    rows = revision_rows(made, first, "starter 1", {second.id: 2, None: 1})
    assert [(row.id, row.name, row.current, row.candidate) for row in rows] == [
        (second.id, "starter 1.2", False, True), (first.id, "starter 1.1", True, False),
        (None, "starter 1", False, False),
    ]  # fmt: skip
    assert [row.note for row in rows] == ["2 videos not labelled", "", "1 video not labelled"]
    assert (rows[0].before, rows[0].guard_after) == (0.4, 0.775)
    assert revision_rows((), None, "starter 1", {})[0].current


def test_a_revision_whose_parent_is_gone_says_so(made: tuple[Revision, ...], store: RevisionStore) -> None:
    _, second = made
    rows = revision_rows((second,), None, "starter 1", {})
    assert rows[0].note == "its parent is gone"
    assert parent_text(second, store.names()) == "starter 1.1"
    assert parent_text(second, {}) == "starter 1"


def test_changes_name_people_as_the_user_does() -> None:
    said = (correction("a", emotion="happy"), correction("b", emotion=None))
    changes = [
        ChangedSegment("m1", "person-1", 1.0, 3.0, "sad", "happy", 0.5, 0.8, said),
        ChangedSegment("m2", None, 4.0, 6.0, "fear", "angry", 0.5, 0.8),
    ]
    rows = changed_rows(changes, VIDEOS, [PersonNote("n", "m1", "person-1", name="Eve")])
    assert [(row.video, row.person_name, row.before, row.after, row.said) for row in rows] == [
        ("one.mp4", "Eve", "sad", "happy", "happy, unsure"), ("two.mp4", "scene", "fear", "angry", None),
    ]  # fmt: skip


def test_a_moment_is_the_step() -> None:
    moment = moment_of(FinetuneStep("estimate", "fold 2 of 5", 40, 300, 12.5, 0.7, 0.6, 0.8))
    assert (moment.stage, moment.text, moment.done, moment.total) == ("estimate", "fold 2 of 5", 40, 300)
    assert (moment.remaining_s, moment.loss, moment.accuracy, moment.guard) == (12.5, 0.7, 0.6, 0.8)


def test_a_training_starts_from_the_current_revision_only_on_its_own_bundle(made: tuple[Revision, ...]) -> None:
    first, _ = made
    lessons = Lessons("starter", "1", trunks=TRUNKS)
    assert Known(lessons, made, first).start == "starter 1.1"
    assert Known(lessons, made).start == "starter 1"
    assert Known(replace(lessons, bundle="mine", trunks={}), made, first).start == "mine 1"


def test_all_is_read_at_once(made: tuple[Revision, ...], store: RevisionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = made
    monkeypatch.setattr("app.session.known.read_lessons", lambda *_: Lessons("starter", "1"))
    (known,) = read_known(store.path, "starter", Path(), {}, lambda: False)
    assert known.current == first
    assert known.candidate == second
    assert known.find(first.id) == first
    assert known.find("other") is None
    assert known.names == {first.id: "1.1", second.id: "1.2"}
    store.discard(second.id)
    (known,) = read_known(store.path, "starter", Path(), {}, lambda: False)
    assert known.candidate is None
    assert known.names[second.id] == "1.2"


def test_a_bundle_that_is_not_there_hides_no_revisions(
    made: tuple[Revision, ...], store: RevisionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> Lessons:
        raise BundleError(Path("mine"), "it is not there")

    monkeypatch.setattr("app.session.known.read_lessons", missing)
    (known,) = read_known(store.path, "mine", Path(), {}, lambda: False)
    assert known.lessons.why_not == "cannot use the bundle mine: it is not there"
    assert len(known.revisions) == len(made)


def test_videos_without_labels_of_a_revision_are_counted(store: RevisionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.session.known.read_lessons", lambda *_: Lessons("starter", "1"))
    media = [Medium(f"m{n}", f"{n}.mp4", 1000, "ab" * 32, 12.0, "2026") for n in range(3)]
    with open_project(store.path, who="Ana") as project:
        project.do(edits.add_media(media))
    made = added(store)
    with AnalysisStore(store.path) as analyses:
        analyses.save("m0", by("1"))
        analyses.save("m1", by(made))
    (known,) = read_known(store.path, "starter", Path(), {one.id: one.path for one in media}, lambda: False)
    assert known.unscored == {made.id: 1, None: 1}


def test_lessons_are_read_from_a_project(store: RevisionStore, tmp_path: Path) -> None:
    media = [Medium(f"m{n}", f"{n}.mp4", 1000, "ab" * 32, 12.0, "2026") for n in range(2)]
    said = (
        correction("unsure", "m0", emotion=None), correction("batch", "m0", 3.0, origin="batch"),
        correction("old", "m0", 5.0), correction("new", "m1", 7.0),
    )  # fmt: skip
    with open_project(store.path, who="Ana") as project:
        project.do(edits.add_media(media))
        project.do(Edit("Label", (), said))
    with AnalysisStore(store.path) as analyses:
        analyses.save("m0", by("1", bundle="other"))
    lessons = read_lessons(store.path, "starter", tmp_path, {one.id: one.path for one in media})
    assert (lessons.bundle, lessons.count) == ("starter", 0)
    assert set(lessons.trunks) == {"frame", "slice", "audio"}
    assert {key: (group.why, len(group.corrections)) for key, group in lessons.left_out.items()} == {
        "unsure": ("whoever looked was unsure", 1),
        "batch": ("accepted together with others, not looked at one by one", 1),
        "other model": ("0.mp4: analysed with another model", 1),
        "no analysis": ("1.mp4: never analysed", 1),
    }
    assert lessons.why_not == "only 0 of 4 corrections can teach: label 3 more"
