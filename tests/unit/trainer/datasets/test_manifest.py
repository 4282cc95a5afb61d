"""Manifests of clips."""

from pathlib import Path

import pytest

from engine.emotions import INDEX
from engine.errors import DatasetError
from trainer.datasets.example import Example
from trainer.datasets.manifest import read_manifest

HEADER = "path,start_s,end_s,emotion,person\n"


def write(folder: Path, text: str, name: str = "clips.csv") -> Path:
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    for clip in ("a.mp4", "sub/b c.mp4"):
        (folder / clip).touch()
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_become_examples(tmp_path: Path) -> None:
    read = read_manifest(write(tmp_path, HEADER + 'a.mp4,0.5,2.25,Happiness,Ann\n"sub/b c.mp4",,,sad,\n'))
    assert read.skipped == ()
    assert read.examples == (
        Example(tmp_path / "a.mp4", 0.5, 2.25, INDEX["happy"], "Ann"),
        Example(tmp_path / "sub/b c.mp4", 0.0, None, INDEX["sad"], "sub/b c.mp4"),
    )


def test_columns_may_come_in_any_order_with_others(tmp_path: Path) -> None:
    text = "\ufeffEmotion, person,note,path,end_s,start_s\nfear,P1,loud,a.mp4,3,1\n\n"
    assert read_manifest(write(tmp_path, text)).examples == (Example(tmp_path / "a.mp4", 1, 3, INDEX["fear"], "P1"),)


@pytest.mark.parametrize(
    ("row", "clause"),
    [
        ("a.mp4,0,1,bored,P", "emotion 'bored' is none of angry"),
        ("a.mp4,0,1,,P", "emotion '' is none of angry"),
        ("a.mp4,2,1,sad,P", "it ends at 1 s and starts at 2 s"),
        ("a.mp4,1,1,sad,P", "it ends at 1 s and starts at 1 s"),
        ("a.mp4,zero,1,sad,P", "start_s 'zero' is no number"),
        ("a.mp4,-1,1,sad,P", "start_s -1 is no time"),
        ("a.mp4,0,nan,sad,P", "end_s nan is no time"),
        ("a.mp4,0,inf,sad,P", "end_s inf is no time"),
        ("gone.mp4,0,1,sad,P", "there is no file gone.mp4"),
        (",0,1,sad,P", "no path"),
        ("a.mp4,0,1", "no emotion, person"),
    ],
)
def test_broken_rows_are_reported_by_line(tmp_path: Path, row: str, clause: str) -> None:
    read = read_manifest(write(tmp_path, f"{HEADER}a.mp4,0,1,sad,P\n{row}\na.mp4,1,2,angry,P\n"))
    assert [example.emotion for example in read.examples] == [INDEX["sad"], INDEX["angry"]]
    assert len(read.skipped) == 1
    assert read.skipped[0].startswith(f"line 3: {clause}")


def test_manifests_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such file"):
        read_manifest(tmp_path / "missing.csv")
    with pytest.raises(DatasetError, match="has no column start_s, end_s, person"):
        read_manifest(write(tmp_path, "path,emotion\na.mp4,sad\n"))
    with pytest.raises(DatasetError, match=r"no row that makes sense; line 2: there is no file x\.mp4"):
        read_manifest(write(tmp_path, HEADER + "x.mp4,0,1,sad,P\n"))
    with pytest.raises(DatasetError, match="cannot be read as csv"):
        read_manifest(tmp_path)
    (tmp_path / "binary.csv").write_bytes(HEADER.encode() + b"\xff\xfe\x00,0,1,sad,P\n")
    with pytest.raises(DatasetError, match="cannot be read as csv"):
        read_manifest(tmp_path / "binary.csv")


def test_sounds_are_voices(tmp_path: Path) -> None:
    (tmp_path / "v.wav").touch()
    read = read_manifest(write(tmp_path, HEADER + "v.wav,,,sad,P\na.mp4,,,sad,P\n"))
    assert [example.modality for example in read.examples] == ["voice", "both"]
    assert read.notes == (
        "it has no clip of angry, disgust, fear, happy, neutral, surprise",
        "all of it is of one group, P: no split keeps train and test independent",
    )
