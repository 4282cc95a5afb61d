"""What can be learned from what people said, and why not the rest."""

from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

from app.agreement.values import CONSENSUS
from app.learning.analysed import EVIDENCE, Analysed
from app.learning.gather import Gathered, Said, gather, lessons_of
from app.learning.model_facts import read_facts
from app.project.outline import AnalysisOutline
from app.project.values import Correction, Participant, PersonNote, Stretch
from engine.emotions import INDEX
from engine.values import BundleRef
from tests.analyses import analysis
from tests.unit.app.learning.conftest import CORRECTIONS
from tests.unit.app.project.records import correction, medium, note
from trainer.finetune.values import Stretch as Tracks
from trainer.finetune.values import class_counts

HERE = Analysed(
    AnalysisOutline(
        analysis().media, BundleRef("tiny", "1", "ab", "compact"), "cpu fp32", 0.0, 12.0,
        {"person-1": (3, 5), "person-2": (4,)}, "features",
    ),
    Path("features"),
)  # fmt: skip


def gathered(
    *records: Any, found: Any = HERE, with_batch: bool = False, prefer: str = CONSENSUS, **medium_changes: Any
) -> Gathered:
    """What is learned from corrections and notes of one video."""
    corrections, notes, people = (
        tuple(one for one in records if isinstance(one, kind)) for kind in (Correction, PersonNote, Participant)
    )
    said = Said((medium(**medium_changes),), corrections, notes, people)
    return lessons_of(said, {"m1": found}, with_batch, prefer)


def reasons(found: Gathered) -> dict[str, str]:
    return {one.correction_id: one.reason for one in found.left_out}


def test_a_correction_becomes_a_lesson() -> None:
    (lesson,) = gathered(correction("c1", 1.0, 3.0, "sad", seen_in="face")).lessons
    assert (lesson.id, lesson.media, lesson.store) == ("c1", "m1", Path("features"))
    assert (lesson.start_s, lesson.end_s, lesson.emotion) == (1.0, 3.0, INDEX["sad"])
    assert (lesson.seen_in, lesson.coder) == ("face", "ana")
    assert lesson.stretches == (Tracks((3, 5), 0.0, inf),)


def test_participants_are_those_of_the_project_or_else_the_person_of_the_video() -> None:
    known = note(participant_id="p7")
    (mine, other) = gathered(
        known, Participant("p7", "Mia"), correction("c1", 0, 1), correction("c2", 0, 1, person="person-2")
    ).lessons
    assert (mine.participant, other.participant) == ("p7", "m1/person-2")
    assert gathered(known, Participant("p7", "Mia")).participants == {"p7": "Mia"}


def test_the_scene_has_no_face_and_all_voices() -> None:
    (lesson,) = gathered(correction("c1", 0, 1, person=None), voice_of="person-2").lessons
    assert (lesson.stretches, lesson.voice, lesson.participant) == ((), True, "m1/scene")


@pytest.mark.parametrize(("voice_of", "voice"), [(None, True), ("person-1", True), ("person-2", False)])
def test_a_voice_that_is_somebody_elses_does_not_teach(voice_of: str | None, voice: bool) -> None:
    (lesson,) = gathered(correction("c1", 0, 1), voice_of=voice_of).lessons
    assert lesson.voice is voice


def test_a_merged_person_is_all_of_its_stretches() -> None:
    merged = note("person-1", stretches=(Stretch("person-1", 0, inf), Stretch("person-2", 4, 9)))
    (lesson,) = gathered(merged, correction("c1", 0, 1)).lessons
    assert set(lesson.stretches) == {Tracks((3, 5), 0, inf), Tracks((4,), 4, 9)}


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ([correction("c1", 0, 1, None)], "unsure"),
        ([correction("c1", 0, 1, origin="batch")], "batch"),
        ([correction("c1", 0, 1), note(ignored=True)], "ignored"),
        ([correction("c1", 0, 1, person="person-9")], "no person"),
    ],
)
def test_what_is_left_out(made: list[Any], reason: str) -> None:
    found = gathered(*made)
    assert found.lessons == ()
    assert reasons(found) == {"c1": reason}
    assert all(one.why and one.media == "m1" for one in found.left_out)


@pytest.mark.parametrize("missing", ["no analysis", "other model", "no features"])
def test_without_features_nothing_is_learned(missing: str) -> None:
    assert reasons(gathered(correction("c1", 0, 1), found=missing)) == {"c1": missing}


def test_what_was_accepted_in_a_batch_teaches_when_asked() -> None:
    found = gathered(correction("c1", 0, 1, origin="batch"), with_batch=True)
    assert [lesson.id for lesson in found.lessons] == ["c1"]


def test_two_coders_who_contradict_each_other_are_named() -> None:
    found = gathered(correction("c1", 0, 2, "happy"), correction("c2", 0.1, 2, "sad", coder="ben"))
    assert found.lessons == ()
    assert reasons(found) == {"c1": "contradiction", "c2": "contradiction"}
    (why,) = {one.why for one in found.left_out}
    assert why == "ana says happy and ben says sad in clip.mp4 at 0:00.1: let one of them decide"


def test_a_coder_may_be_given_the_last_word() -> None:
    found = gathered(correction("c1", 0, 2, "happy"), correction("c2", 0.1, 2, "sad", coder="ben"), prefer="ben")
    assert [lesson.id for lesson in found.lessons] == ["c2"]
    assert [one.why for one in found.left_out] == ["ben has the last word there"]


def test_the_consensus_has_the_last_word() -> None:
    found = gathered(
        correction("c1", 0, 2, "happy"), correction("c2", 0, 2, "sad", coder="ben"),
        correction("c3", 0, 2, "sad", coder="consensus"),
    )  # fmt: skip
    assert [lesson.id for lesson in found.lessons] == ["c3"]
    assert reasons(found) == {"c1": "contradiction", "c2": "contradiction"}


def test_agreeing_coders_both_teach() -> None:
    found = gathered(correction("c1", 0, 2), correction("c2", 0, 2, coder="ben"))
    assert [lesson.id for lesson in found.lessons] == ["c1", "c2"]


# A project


def test_a_whole_project(study: Path, bundle_folder: Path) -> None:
    found = gather(study, read_facts(str(bundle_folder)))
    assert len(found.lessons) == CORRECTIONS
    assert found.left_out == ()
    assert sum(count.count for count in class_counts(found.lessons)) == CORRECTIONS
    assert {lesson.participant for lesson in found.lessons} == {"one/person-1", "two/person-1"}


def test_another_model_has_nothing_to_learn_from(study: Path, bundle_folder: Path) -> None:
    facts = read_facts(str(bundle_folder))
    other = replace(facts, sha256="cd" * 32, trunks={**facts.trunks, "frame": "ef" * 32})
    assert {one.reason for one in gather(study, other).left_out} == {"other model"}


def test_deleted_features_are_told_and_moved_ones_found(
    study: Path, bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = read_facts(str(bundle_folder))
    is_there = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda path: is_there(path) and (path.name != EVIDENCE or mine(path)))

    def mine(path: Path) -> bool:
        return study.parent in path.parents

    assert {one.reason for one in gather(study, facts).left_out} == {"no features"}
    found = gather(study, facts, home=study.parent / "features")
    assert {lesson.store.parent for lesson in found.lessons} == {study.parent / "features"}
