"""Telling data sets apart."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.emotions import EMOTIONS
from engine.errors import DatasetError
from trainer.datasets.recognise import read_clips, recognise

LaidOut = Callable[..., Path]

FILES = {
    "afew": "Val_AFEW/Sad/000000001.avi",
    "enterface": "subject 1/sadness/sentence 1/s1_sa_1.avi",
    "ravdess": "Actor_01/03-01-04-01-01-01-01.wav",
    "crema_d": "AudioWAV/1001_IEO_SAD_XX.wav",
    "emodb": "wav/03a01Ta.wav",
}
"""One sad clip in each layout."""


@pytest.mark.parametrize("layout", FILES)
def test_each_layout_of_clips(laid_out: LaidOut, layout: str) -> None:
    folder = laid_out("data", FILES[layout])
    assert recognise(folder) == layout
    [example] = read_clips(folder).examples
    assert example.path == folder / FILES[layout]
    assert EMOTIONS[example.emotion] == "sad"
    assert example.group.startswith(f"{layout}-")


def test_manifests(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    (tmp_path / "clips.csv").write_text("path,start_s,end_s,emotion,person\na.mp4,0,1,sad,Ann\n")
    assert recognise(tmp_path / "clips.csv") == "manifest"
    assert read_clips(tmp_path / "clips.csv").examples[0].group == "Ann"


def test_stills_are_no_clips(laid_out: LaidOut, tmp_path: Path) -> None:
    np.savez(tmp_path / "faces.npz", label=np.zeros(1))
    (tmp_path / "faces.csv").write_text("emotion,pixels,Usage\n")
    paths = (
        tmp_path / "faces.npz", tmp_path / "faces.csv", laid_out("copy", "test/angry/1.jpg"),
        laid_out("npz", "fer2013.npz"),
    )  # fmt: skip
    assert {recognise(path) for path in paths} == {"fer2013"}
    with pytest.raises(DatasetError, match="holds stills, not clips"):
        read_clips(paths[0])


def test_videos_in_train_and_val_are_no_stills(laid_out: LaidOut) -> None:
    assert recognise(laid_out("lower", "train/angry/000000001.avi", "val/sad/000000002.avi")) == "afew"


def test_it_says_what_it_looked_for(laid_out: LaidOut, tmp_path: Path) -> None:
    names = r"subject N/.*03-01-05-01-02-01-12\.wav, 1001_IEO_ANG_HI\.wav or 03a01Fa\.wav"
    with pytest.raises(DatasetError, match=rf"looked for fer2013\.npz.*Train\|Val/.*{names}"):
        recognise(laid_out("data", "train/dogs/03-01-01-01-01-01-01.txt"))
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(DatasetError, match="a csv of path,start_s,end_s,emotion,person"):
        recognise(tmp_path / "notes.txt")
    with pytest.raises(DatasetError, match="no such file or folder"):
        recognise(tmp_path / "missing")
