"""Stored analyses in the real window: shown without their video, kept out of other projects, gone on with."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.jobs.child import ChildLostError
from app.project.analyses import AnalysisStore
from app.project.store import create_project
from tests.media import corrupt
from tests.ui.desk import Desk, clip, emotions, pretending, say, window  # noqa: F401 (two are fixtures)


def open_files(folder: Path) -> list[str]:
    """Names of the files in a folder that this process has open."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    targets = []
    for link in links:
        try:
            targets.append(link.readlink())
        except FileNotFoundError:  # it was the one that lists them
            continue
    return [target.name for target in targets if target.parent == folder]


def test_labels_and_analysis_are_shown_while_the_video_is_missing(desk: Desk, tmp_path: Path) -> None:
    video = clip(tmp_path / "a.mp4", 50)
    path = desk.begin(tmp_path, video)
    say(desk, "happy")
    desk.run("close")
    video.rename(tmp_path / "away")
    desk.open(path)
    scene = desk.window.timeline.scene
    assert scene.duration_s == pytest.approx(2.0)
    assert scene.person is not None
    assert len(scene.corrections) == 1
    assert desk.window.video.accessibleDescription().startswith("This video is not where it was")
    desk.window.timeline.seek_requested.emit(1.0)
    assert desk.session.time_s == 1.0
    assert scene.playhead_s == 1.0


def test_nothing_of_a_closed_project_stays_open(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    desk.begin(folder, clip(tmp_path / "a.mp4", 10))
    assert open_files(folder)
    desk.run("close")
    qtbot.waitUntil(lambda: not open_files(folder))
    assert [file.name for file in folder.iterdir()] == ["study.affectline"]


def test_what_was_not_analysed_yet_goes_on_when_the_project_is_opened_again(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    desk.studio.hold("b.mp4", "c.mp4")
    path = desk.begin(tmp_path, clip(tmp_path / "a.mp4", 10))
    desk.files.open([clip(tmp_path / "b.mp4", 10), clip(tmp_path / "c.mp4", 10)])
    qtbot.waitUntil(lambda: "b.mp4" in desk.studio.begun and len(desk.entries()) == 3)
    desk.run("close")
    for name in ("b.mp4", "c.mp4"):
        desk.studio.gates[name].set()
    desk.open(path)
    qtbot.waitUntil(lambda: {entry.state for entry in desk.entries().values()} == {"analysed"})
    assert desk.studio.begun.count("a.mp4") == 1


def test_why_a_video_failed_is_remembered_and_not_tried_by_itself_again(desk: Desk, tmp_path: Path) -> None:
    desk.studio.failing("b.mp4", ChildLostError("analysis", -9, False))
    path = desk.begin(tmp_path, clip(tmp_path / "a.mp4", 10))
    desk.open(clip(tmp_path / "b.mp4", 10))
    desk.run("close")
    desk.studio.begun.clear()
    desk.open(path)
    assert desk.entries()["b.mp4"].state == "failed"
    assert "ended unexpectedly" in desk.entries()["b.mp4"].detail
    assert desk.studio.begun == []


def test_an_analysis_of_another_file_is_not_taken_for_the_videos_own(desk: Desk, tmp_path: Path) -> None:
    video = clip(tmp_path / "a.mp4", 60)
    path = desk.begin(tmp_path, clip(tmp_path / "first.mp4", 5), video)
    media_id = desk.media_id("a.mp4")
    desk.run("close")
    corrupt(video, 0.6, 0.7)  # of the same size, so only its content tells
    desk.open(path)
    desk.window.library.analyse_requested.emit([media_id])
    desk.settle()
    assert desk.studio.begun.count("a.mp4") == 2
    assert desk.entries()["a.mp4"].detail == "another file took its place"
    assert desk.errors == ["a.mp4 is another file than the one that was labelled: press Find… in the library"]
    with AnalysisStore(path, read_only=True) as store:
        kept = store.load(media_id)
    assert kept is not None
    assert desk.session.project is not None
    assert kept.media.sha256 == desk.session.project.media()[1].sha256


def test_results_that_come_when_the_video_or_the_project_is_gone_are_dropped(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    desk.begin(tmp_path, clip(tmp_path / "a.mp4", 10))
    made, media_id = desk.session.analysis, desk.media_id("a.mp4")
    assert made is not None
    desk.library.remove([media_id])
    desk.application.queue.analysed.emit(media_id, made)
    desk.settle()
    assert desk.session.analysis is None
    other = tmp_path / "other.affectline"
    desk.session.set_project(create_project(other))
    desk.application.queue.analysed.emit(media_id, made)
    desk.settle()
    desk.session.set_project(None)
    desk.application.queue.analysed.emit(media_id, made)
    desk.settle()
    assert desk.errors == []
    with AnalysisStore(other) as store:
        assert store.load(media_id) is None


def test_a_window_that_may_write_again_stores_analyses(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    path = desk.begin(tmp_path, clip(tmp_path / "a.mp4", 10))
    second = Desk(qtbot)
    second.open(path)
    desk.run("close")
    second.files.keep_lock()
    second.open(clip(tmp_path / "b.mp4", 10))
    assert second.entries()["b.mp4"].state == "analysed"
    assert second.errors == []
    second.close()
    with AnalysisStore(path) as store:
        assert len(store.summaries()) == 2
    assert emotions(desk) == []
