"""Which files are meant, and what each is."""

from pathlib import Path

import pytest

from app.session.adding import look_at, video_files
from engine.errors import CancelledError
from tests.media import make_clip, numbered_frames


def test_a_folder_means_its_videos_and_those_of_its_folders(tmp_path: Path) -> None:
    inner = tmp_path / "day 2"
    inner.mkdir()
    for name in ("b.MP4", "a.mov", "notes.txt", "sound.wav"):
        (tmp_path / name).touch()
    (inner / "c.webm").touch()
    assert [path.name for path in video_files([tmp_path])] == ["a.mov", "b.MP4", "c.webm"]


def test_a_file_that_is_named_counts_whatever_it_is_called_and_once(tmp_path: Path) -> None:
    odd = tmp_path / "recording.data"
    odd.touch()
    assert video_files([odd, odd]) == (odd,)


def test_files_are_looked_at_one_by_one_and_a_bad_one_stops_nothing(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.mp4", tmp_path / "bad.mp4"
    make_clip(good, numbered_frames(5))
    bad.write_bytes(b"no video")
    seen = list(look_at((bad, tmp_path / "gone.mp4", good), lambda: False))
    assert [item and item.path.name for item in seen] == ["bad.mp4", "gone.mp4", "good.mp4", None]
    bad_one, gone, fine = (item for item in seen if item is not None)
    assert bad_one.info is None
    assert "bad.mp4" in str(bad_one.problem)
    assert "no such file" in str(gone.problem)
    assert fine.info is not None


def test_looking_can_be_stopped(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip.mp4", numbered_frames(3))
    with pytest.raises(CancelledError):
        list(look_at((tmp_path / "clip.mp4",), lambda: True))
