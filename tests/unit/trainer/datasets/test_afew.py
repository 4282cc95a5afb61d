"""AFEW: parts, odd spellings, lists, and what is known of films."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.emotions import EMOTIONS
from engine.errors import DatasetError
from trainer.datasets import afew
from trainer.datasets.example import Clips

LaidOut = Callable[..., Path]


def said(clips: Clips) -> list[tuple[str, str, str | None]]:
    return [(example.path.name, EMOTIONS[example.emotion], example.split) for example in clips.examples]


@pytest.mark.parametrize(
    ("train", "val"),
    [("Train", "Val"), ("Train_AFEW", "Val_AFEW"), ("train", "validation"), ("Training", "VAL_AFEW_5_0")],
)
def test_parts_and_emotions(laid_out: LaidOut, train: str, val: str) -> None:
    folder = laid_out(
        "afew", f"{train}/Sad/011206040.avi", f"{train}/Angry/010854560.avi", f"{train}/Angry/000046280.avi",
        f"{val}/Surprise/004524480.avi", f"{train}/Angry/readme.md",
    )  # fmt: skip
    clips = afew.read_clips(folder)
    assert said(clips) == [
        ("000046280.avi", "angry", "train"), ("010854560.avi", "angry", "train"), ("011206040.avi", "sad", "train"),
        ("004524480.avi", "surprise", "val"),
    ]  # fmt: skip
    assert {(example.start_s, example.end_s, example.modality) for example in clips.examples} == {(0.0, None, "both")}
    assert clips.skipped == ()


def test_odd_spellings_and_nested_folders(laid_out: LaidOut) -> None:
    folder = laid_out(
        "afew", "Train/Suprise/000000001.avi", "Train/0_ANGRY/000000002.avi", "Train/Happiness /000000003.MP4",
        "Train/Video/Fear_/000000004.avi", "Train/Neutral (2)/000000005.avi", "Train/Disgusted/._000000006.avi",
        "Train/Faces/Sad/000000007/0001.jpg", "Train/.cache/Sad/000000008.avi",
    )  # fmt: skip
    assert said(afew.read_clips(folder)) == [
        ("000000002.avi", "angry", "train"), ("000000004.avi", "fear", "train"), ("000000003.MP4", "happy", "train"),
        ("000000005.avi", "neutral", "train"), ("000000001.avi", "surprise", "train"),
    ]  # fmt: skip


def test_clips_without_an_emotion_are_told_by_folder(laid_out: LaidOut) -> None:
    folder = laid_out(
        "afew", "Train/Sad/000000001.avi", *(f"Train/Contempt/00000000{k}.avi" for k in (2, 3)), "Test/9.avi"
    )
    clips = afew.read_clips(folder)
    assert len(clips.examples) == 1
    assert clips.skipped == (
        "Train/Contempt: 2 without a label; neither a folder nor a list says which of " + ", ".join(EMOTIONS),
        "Test: 1 without a label; neither a folder nor a list says which of " + ", ".join(EMOTIONS),
    )


def test_a_list_labels_clips_that_no_folder_does(laid_out: LaidOut) -> None:
    folder = laid_out("afew", *(f"Test_vid_Distribute/00000000{k}.avi" for k in range(1, 5)))
    (folder / "Test_vid_Distribute/labels.csv").write_text(
        "\ufeffclip,label\n000000001.avi,Happy\n000000002,sadness\n\n"
    )
    (folder / "list_test.txt").write_text("Angry/000000003.avi Angry\n000000004.avi\tFear\n")
    clips = afew.read_clips(folder)
    assert said(clips) == [
        ("000000003.avi", "angry", "test"), ("000000004.avi", "fear", "test"), ("000000001.avi", "happy", "test"),
        ("000000002.avi", "sad", "test"),
    ]  # fmt: skip
    assert clips.skipped == ()


def test_rows_that_make_no_sense_are_told_by_file_and_line(laid_out: LaidOut) -> None:
    folder = laid_out("afew", "Val/Sad/000000001.avi", "Val/Sad/000000002.avi", "Val/Sad/000000003.avi")
    (folder / "list_eval.txt").write_text(
        "Sad/000000001.avi Sad\nSad/000000002.avi Angry\n000000007.avi Sad\n000000003.avi Bored\n"
        "000000003.avi\n-- end --\n"
    )
    (folder / "Val/readme.txt").write_text("Clips of films.\nSee the paper.\n")
    clips = afew.read_clips(folder)
    assert [example.path.stem for example in clips.examples] == ["000000001", "000000003"]
    which = ", ".join(EMOTIONS)
    assert set(clips.skipped) == {
        "Val/Sad/000000002.avi: its folder says sad and list_eval.txt line 2 angry",
        "list_eval.txt line 3: there is no clip 000000007.avi",
        f"list_eval.txt line 4: emotion 'Bored' is none of {which}",
        f"list_eval.txt line 5: emotion '' is none of {which}",
        "list_eval.txt line 6: '--' is no clip's name",
    }


def test_clips_of_one_name_are_told_apart_by_their_folders(laid_out: LaidOut) -> None:
    folder = laid_out("afew", "Train/a/000000001.avi", "Train/b/000000001.avi")
    (folder / "Train/list.txt").write_text("b/000000001.avi Fear\na/000000001.avi Happy\n")
    clips = afew.read_clips(folder)
    assert {example.path.parent.name: EMOTIONS[example.emotion] for example in clips.examples} == {
        "a": "happy",
        "b": "fear",
    }


def test_groups_by_digits_keep_a_minute_together_and_parts_apart(laid_out: LaidOut) -> None:
    folder = laid_out(
        "afew", "Train/Sad/011206040.avi", "Train/Angry/011259000.avi", "Train/Sad/011306040.avi",
        "Val/Sad/011206040.avi",
    )  # fmt: skip
    clips = afew.read_clips(folder)
    assert [example.group for example in clips.examples] == [
        "afew-train-0112", "afew-train-0112", "afew-train-0113", "afew-val-0112",
    ]  # fmt: skip
    assert clips.notes[0].startswith("films are told by the first 4 digits of names")
    assert "train has no clip of disgust, fear, happy, neutral, surprise" in clips.notes


def test_films_may_be_told(laid_out: LaidOut) -> None:
    folder = laid_out(
        "afew", "Train/Sad/000000001.avi", "Train/Sad/000000002.avi", "Val/Sad/000000001.avi", "Val/Sad/000000003.avi"
    )
    (folder / "films.csv").write_text(
        "Clip,Film\nTrain/Sad/000000001.avi,Alien\n000000002,Blow Up\nVal\\Sad\\000000001.avi, Blow Up\n"
    )
    clips = afew.read_clips(folder)
    assert [example.group for example in clips.examples] == [
        "afew-film-Alien", "afew-film-Blow Up", "afew-film-Blow Up", "afew-val-0000",
    ]  # fmt: skip
    assert clips.notes[0].startswith("1 clips are in no row of films.csv; their films are told by the first 4 digits")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a,b\n", "columns are not clip,film"), ("clip,film\nx.avi,\n", "line 2 is not a clip and a film")],
)
def test_films_that_are_not_told(laid_out: LaidOut, text: str, reason: str) -> None:
    folder = laid_out("afew", "Train/Sad/000000001.avi")
    (folder / "films.csv").write_text(text)
    with pytest.raises(DatasetError, match=reason) as raised:
        afew.read_clips(folder)
    assert raised.value.path.name == "films.csv"


def test_one_part_alone_may_be_given(laid_out: LaidOut) -> None:
    folder = laid_out("Val_AFEW", "Sad/000000001.avi", "Angry/000000002.avi")
    assert said(afew.read_clips(folder)) == [("000000002.avi", "angry", "val"), ("000000001.avi", "sad", "val")]


def test_folders_without_clips(laid_out: LaidOut, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        afew.read_clips(tmp_path / "missing")
    folder = laid_out("afew", "Train/Contempt/000000001.avi", "Train/Sad/1.jpg")
    with pytest.raises(DatasetError, match="no clip with an emotion; Train/Contempt: 1 without a label"):
        afew.read_clips(folder)


def test_telling_it_from_others(laid_out: LaidOut) -> None:
    assert afew.is_afew(laid_out("a", "Val/Sad/1.avi"))
    assert not afew.is_afew(laid_out("b", "Train/Sad/1.jpg"))
    assert not afew.is_afew(laid_out("c", "Clips/Sad/1.avi"))
    assert not afew.is_afew(laid_out("c", "Clips/Sad/1.avi") / "Clips/Sad/1.avi")
    listed = laid_out("d", "Test/000000001.avi")
    assert not afew.is_afew(listed)
    (listed / "Test/list.txt").write_text("000000001.avi Sad")
    assert afew.is_afew(listed)
