"""The library in the real window: what is dropped on it, what goes wrong with a video, and what removing one does."""

import shutil
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.jobs.child import ChildLostError
from app.project.store import create_project
from engine.errors import BundleError, DeviceError, MediaVanishedError
from tests.media import corrupt, make_clip, tone
from tests.ui.desk import Desk, clip, emotions, pretending, say, window  # noqa: F401 (two are fixtures)


def states(desk: Desk) -> dict[str, str]:
    return {name: entry.state for name, entry in desk.entries().items()}


def test_fifty_files_of_which_three_are_broken_are_told_in_one_sentence(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    one = clip(folder / "video 00.mp4", 3)
    for number in range(1, 47):  # what follows the video's end is not read, and makes it another file
        (folder / f"video {number:02}.mp4").write_bytes(one.read_bytes() + number.to_bytes(8, "big"))
    for number in range(3):
        (folder / f"bad {number}.mp4").write_bytes(b"x" * number)
    desk.begin(tmp_path)
    desk.open(folder)
    assert len(desk.entries()) == 47
    assert set(states(desk).values()) == {"analysed"}
    (sentence,) = desk.errors
    assert sentence.startswith("47 videos added; 3 cannot be used: bad 0.mp4 (it is empty), bad 1.mp4 (it is no video")
    assert desk.said == [("error", sentence)]


def test_what_is_no_video_is_said_with_the_reason(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("this is a text\n" * 50)
    (tmp_path / "empty.mp4").touch()
    make_clip(tmp_path / "song.m4a", sound=tone(0.5))
    (tmp_path / "folder").mkdir()
    desk.begin(tmp_path)
    for name, said in {
        "text.mp4": ("error", "text.mp4 cannot be used: it is no video or sound that can be read"),
        "empty.mp4": ("error", "empty.mp4 cannot be used: it is empty"),
        "song.m4a": ("error", "song.m4a cannot be used: it holds sound but no picture"),
        "gone.mp4": ("error", "gone.mp4 cannot be used: there is no such file"),
        "folder": ("warning", "There is no video in folder"),
    }.items():
        desk.open(tmp_path / name)
        assert desk.said[-1] == said
    assert desk.entries() == {}
    assert desk.application.preferences.settings.recent == ()


def test_a_video_is_in_a_project_once_however_it_is_called(desk: Desk, tmp_path: Path) -> None:
    video = clip(tmp_path / "a.mp4", 10)
    shutil.copy(video, tmp_path / "b.mp4")
    desk.begin(tmp_path, video, video)
    desk.open(video)
    assert desk.said == []
    desk.open(tmp_path / "b.mp4")
    assert desk.said == [("info", "b.mp4 is the same video as a.mp4, which is here already")]
    assert states(desk) == {"a.mp4": "analysed"}

    video.unlink()
    desk.library.refresh()
    assert states(desk) == {"a.mp4": "missing"}
    desk.open(tmp_path / "b.mp4")  # is where it is now
    assert states(desk) == {"b.mp4": "analysed"}
    assert desk.session.path == tmp_path / "b.mp4"


def test_a_video_that_goes_away_and_comes_back_is_followed(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    video = clip(tmp_path / "a.mp4", 200)
    desk.begin(tmp_path, video)
    say(desk, "happy")
    desk.player.play()
    qtbot.waitUntil(lambda: desk.player.frame_index > 1)
    video.rename(tmp_path / "away")
    desk.player.seek(7.0)
    qtbot.waitUntil(lambda: bool(desk.errors))
    assert "it went away while it was read" in desk.errors[0]
    assert not desk.player.is_playing
    assert states(desk) == {"a.mp4": "missing"}
    assert emotions(desk) == ["happy"]

    desk.library.refresh()
    assert desk.session.path is None
    (tmp_path / "away").rename(video)
    desk.library.refresh()
    desk.settle()
    assert states(desk) == {"a.mp4": "analysed"}
    assert desk.session.path == video
    assert desk.player.media_info is not None
    assert emotions(desk) == ["happy"]


def test_another_file_of_the_same_size_is_noticed_by_its_content(desk: Desk, tmp_path: Path) -> None:
    video = clip(tmp_path / "a.mp4", 60)
    path = desk.begin(tmp_path, video)
    desk.run("close")
    corrupt(video, 0.6, 0.7)
    desk.open(path)
    assert desk.errors == ["a.mp4 is another file than the one that was labelled: press Find… in the library"]
    assert desk.entries()["a.mp4"].detail == "another file took its place"
    desk.library.open(desk.media_id("a.mp4"))
    desk.settle()
    assert desk.session.path is None
    assert desk.player.media_info is None


def test_removing_the_video_that_plays_stops_it_and_undo_brings_all_of_it_back(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    desk.begin(tmp_path, clip(tmp_path / "a.mp4", 200), clip(tmp_path / "b.mp4", 10))
    say(desk, "happy")
    desk.player.play()
    qtbot.waitUntil(lambda: desk.player.frame_index > 1)
    desk.library.remove([desk.media_id("a.mp4")])
    assert list(desk.entries()) == ["b.mp4"]
    assert not desk.player.is_playing
    assert desk.player.media_info is None
    assert desk.session.medium is None
    assert desk.said[-1] == ("undo", "Removed a.mp4 with 1 correction")

    begun = list(desk.studio.begun)
    desk.run("undo")
    desk.settle()
    assert states(desk) == {"a.mp4": "analysed", "b.mp4": "analysed"}
    assert desk.session.path == tmp_path / "a.mp4"
    assert emotions(desk) == ["happy"]
    assert desk.session.analysis is not None
    assert desk.studio.begun == begun  # what was analysed is not computed again


def test_no_analysis_goes_on_of_a_video_that_is_gone(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    desk.studio.hold("a.mp4")
    path = desk.begin(tmp_path)
    desk.files.open([clip(tmp_path / "a.mp4", 10)])
    qtbot.waitUntil(lambda: desk.studio.begun == ["a.mp4"] and bool(desk.library.summaries) is False)
    desk.run("undo")
    qtbot.waitUntil(lambda: desk.studio.ended == ["a.mp4"])
    qtbot.waitUntil(lambda: not desk.application.gpu.busy)
    assert desk.entries() == {}
    desk.run("redo")
    qtbot.waitUntil(lambda: desk.studio.begun == ["a.mp4"] * 2)

    desk.session.set_project(create_project(tmp_path / "other.affectline"))  # in the middle of it
    qtbot.waitUntil(lambda: not desk.application.gpu.busy)
    desk.settle()
    assert desk.library.summaries == {}
    assert desk.session.analysis is None
    desk.studio.gates["a.mp4"].set()
    desk.open(path)
    assert states(desk) == {"a.mp4": "analysed"}
    assert desk.errors == []


def test_what_is_still_looked_at_when_the_project_is_closed_goes_into_no_other(desk: Desk, tmp_path: Path) -> None:
    desk.begin(tmp_path)
    desk.files.open([clip(tmp_path / "a.mp4", 10)])
    desk.session.set_project(create_project(tmp_path / "other.affectline"))
    desk.settle()
    assert desk.entries() == {}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ChildLostError("analysis", -9, False), "the analysis process ended unexpectedly"),
        (DeviceError("no CUDA GPU was found"), "no CUDA GPU was found"),
        (BundleError("starter", "bundle.toml is missing"), "cannot use the bundle starter: bundle.toml is missing"),
        (MediaVanishedError("a.mp4", "it went away while it was read"), "it went away while it was read"),
    ],
)
def test_an_analysis_that_fails_says_why_and_the_queue_goes_on(
    desk: Desk, tmp_path: Path, error: Exception, said: str
) -> None:
    desk.studio.failing("a.mp4", error)
    desk.begin(tmp_path, clip(tmp_path / "a.mp4", 10), clip(tmp_path / "b.mp4", 10))
    assert states(desk) == {"a.mp4": "failed", "b.mp4": "analysed"}
    assert said in desk.errors[0]
    assert said in desk.entries()["a.mp4"].detail
    assert desk.player.media_info is not None  # it can be watched and labelled all the same

    del desk.studio.ways["a.mp4"]
    desk.window.library.analyse_requested.emit([desk.media_id("a.mp4"), desk.media_id("b.mp4")])
    desk.settle()
    assert states(desk) == {"a.mp4": "analysed", "b.mp4": "analysed"}
    assert desk.studio.begun[-2:] == ["a.mp4", "b.mp4"]  # also what was analysed, as the person asked for it


def test_pictures_come_with_videos_that_are_found_again(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    video = clip(tmp_path / "a.mp4", 10)
    path = desk.begin(tmp_path, video)
    media_id = desk.media_id("a.mp4")
    has_picture = desk.window.library._model.has_picture
    qtbot.waitUntil(lambda: has_picture(media_id))
    desk.run("close")
    video.rename(tmp_path / "away")
    desk.open(path)
    assert not has_picture(media_id)
    (tmp_path / "away").rename(video)
    desk.library.refresh()
    qtbot.waitUntil(lambda: has_picture(media_id))
