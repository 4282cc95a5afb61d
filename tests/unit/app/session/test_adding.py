"""Which files are meant, and what each is."""

from pathlib import Path

import pytest

from app.session.adding import Seen, Twin, added_text, look_at, video_files
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
    assert bad_one.reason
    assert "no such file" in gone.reason
    assert fine.info is not None


def test_looking_can_be_stopped(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip.mp4", numbered_frames(3))
    with pytest.raises(CancelledError):
        list(look_at((tmp_path / "clip.mp4",), lambda: True))


def test_a_folder_that_may_not_be_entered_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    (seen, end) = look_at([tmp_path], lambda: False)
    assert seen == Seen(tmp_path, None, "this folder may not be read")
    assert end is None


def seen(name: str) -> Seen:
    return Seen(Path(name), None, "it is empty")


@pytest.mark.parametrize(
    ("added", "twins", "unusable", "said"),
    [
        (1, [], [], ""),
        (0, [], [], ""),
        (2, [], [], "2 videos added"),
        (0, [Twin(Path("b.mp4"), "a.mp4")], [], "b.mp4 is the same video as a.mp4, which is here already"),
        (0, [], [seen("a.mp4")], "a.mp4 cannot be used: it is empty"),
        (1, [], [seen("a.mp4")], "1 video added; a.mp4 cannot be used: it is empty"),
        (3, [Twin(Path("b.mp4"), "a.mp4")] * 2, [], "3 videos added; 2 are the same videos as others here"),
        (0, [], [seen("a"), seen("b")], "2 cannot be used: a (it is empty), b (it is empty)"),
    ],
)
def test_everything_is_told_in_one_sentence(added: int, twins: list[Twin], unusable: list[Seen], said: str) -> None:
    assert added_text(added, twins, unusable) == said


def test_of_very_many_only_some_are_named() -> None:
    said = added_text(0, [], [seen(f"{number}.mp4") for number in range(40)])
    assert said.startswith("40 cannot be used: 0.mp4 (it is empty), 1.mp4")
    assert said.endswith("4.mp4 (it is empty) and 35 more")
