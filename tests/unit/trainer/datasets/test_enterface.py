"""eNTERFACE'05: folders are right, names are not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.emotions import EMOTIONS
from engine.errors import DatasetError
from trainer.datasets import enterface
from trainer.datasets.example import Clips

LaidOut = Callable[..., Path]


def said(clips: Clips) -> list[tuple[str, str, str]]:
    return [(example.path.name, EMOTIONS[example.emotion], example.group) for example in clips.examples]


def test_labels_come_from_folders(laid_out: LaidOut) -> None:
    folder = laid_out(
        "enterface database", "subject 1/anger/sentence 1/s1_an_1.avi", "subject 1/anger/sentence 2/s1_an_2.avi",
        "subject 1/happiness/sentence 1/s1_ha_1.avi", "subject 16/surprise/sentence 3/s16_su_3avi.avi",
        "subject 3/happiness/sentence 1/s_3_ha_1.avi", "Subject_04/sadness/s4_sa_1.AVI",
        "Subject_04/sadness/s4_sa_2.avi", "subject 1/anger/sentence 1/Thumbs.db",
    )  # fmt: skip
    clips = enterface.read_clips(folder)
    assert said(clips) == [
        ("s16_su_3avi.avi", "surprise", "enterface-16"), ("s1_an_1.avi", "angry", "enterface-01"),
        ("s1_an_2.avi", "angry", "enterface-01"), ("s1_ha_1.avi", "happy", "enterface-01"),
        ("s4_sa_1.AVI", "sad", "enterface-04"), ("s4_sa_2.avi", "sad", "enterface-04"),
        ("s_3_ha_1.avi", "happy", "enterface-03"),
    ]  # fmt: skip
    assert clips.skipped == ()
    assert clips.notes == ("40 of 44 subjects are not there", "it has no clip of disgust, fear, neutral")


def test_names_that_contradict_their_folders_are_noted(laid_out: LaidOut) -> None:
    folder = laid_out(
        "e", "subject 11/fear/sentence 1/s12_fe_1.avi", "subject 11/fear/sentence 2/s12_fe_2.avi",
        "subject 12/fear/sentence 1/s12_fe_1.avi", "subject 12/fear/sentence 2/s12_sa_2.avi",
    )  # fmt: skip
    clips = enterface.read_clips(folder)
    assert {group for _, _, group in said(clips)} == {"enterface-11", "enterface-12"}
    assert {emotion for _, emotion, _ in said(clips)} == {"fear"}
    assert clips.notes[:2] == (
        "2 files of subject 11 are named after subject 12",
        "1 file of subject 12 in the folder of fear are named after sad",
    )  # fmt: skip


def test_a_whole_session_is_no_sentence(laid_out: LaidOut) -> None:
    folder = laid_out(
        "e", "subject 5/anger/sentence 1/s5_an_1.avi", "subject 5/anger/sentence 2/s5_an_2.avi",
        "subject 6/anger/s6_an_1.avi", "subject 6/fear/s6_fe_1.avi",
        "subject 23/fear/sentence 4/s23_fe_4.avi",
    )  # fmt: skip
    clips = enterface.read_clips(folder)
    assert [name for name, _, _ in said(clips)] == ["s23_fe_4.avi", "s5_an_1.avi", "s5_an_2.avi"]
    assert clips.skipped == (
        "subject 6/anger/s6_an_1.avi: a whole session, not cut into sentences",
        "subject 6/fear/s6_fe_1.avi: a whole session, not cut into sentences",
    )


def test_a_copy_with_one_file_an_emotion_is_read(laid_out: LaidOut) -> None:
    clips = enterface.read_clips(laid_out("e", "subject 1/anger/a.avi", "subject 2/fear/b.avi"))
    assert [name for name, _, _ in said(clips)] == ["a.avi", "b.avi"]


def test_files_in_no_emotion_are_told(laid_out: LaidOut) -> None:
    folder = laid_out("e", "subject 1/anger/sentence 1/s1_an_1.avi", "subject 1/trial/s1_xx_1.avi", "subject 1/s1.avi")
    reason = "no folder above it is named after one of " + ", ".join(EMOTIONS)
    assert enterface.read_clips(folder).skipped == (
        f"subject 1/s1.avi: {reason}",
        f"subject 1/trial/s1_xx_1.avi: {reason}",
    )


def test_videos_come_before_the_sound_taken_from_them(laid_out: LaidOut) -> None:
    names = [f"subject 1/anger/sentence {k}/s1_an_{k}" for k in (1, 2)]
    folder = laid_out("e", f"{names[0]}.avi", f"{names[0]}.wav", f"{names[1]}.wav")
    assert [(e.path.name, e.modality) for e in enterface.read_clips(folder).examples] == [
        ("s1_an_1.avi", "both"), ("s1_an_2.wav", "voice"),
    ]  # fmt: skip


def test_missing_subjects_are_told(laid_out: LaidOut) -> None:
    present = [number for number in range(1, 45) if number not in (7, 23)]
    folder = laid_out("a/b", *(f"subject {n}/anger/sentence {k}/x{k}.avi" for n in present for k in (1, 2)))
    for below in (folder, folder.parent):
        clips = enterface.read_clips(below)
        assert len(clips.examples) == 84
        assert "2 of 44 subjects are not there: 7, 23" in clips.notes


def test_one_subject_alone_cannot_be_split(laid_out: LaidOut) -> None:
    clips = enterface.read_clips(laid_out("e", *(f"subject 1/anger/sentence {k}/s1_an_{k}.avi" for k in (1, 2))))
    assert clips.notes[-1].startswith("all of it is of one group, enterface-01: no split")


def test_folders_without_recordings(laid_out: LaidOut, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no recording of a subject"):
        enterface.read_clips(laid_out("e", "anger/s1_an_1.avi"))
    with pytest.raises(DatasetError, match="is no folder"):
        enterface.read_clips(tmp_path / "e/anger/s1_an_1.avi")
    assert not enterface.is_enterface(laid_out("f", "subject 1/fear/x.txt"))
    assert enterface.is_enterface(laid_out("g", "subject 1/fear/x.avi"))
