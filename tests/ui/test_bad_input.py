"""What disks, videos and settings do that nobody wished for: one sentence each time, and nothing lost."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.session.entries import damage_text
from app.settings import Settings
from app.views import dialogs
from engine.values import Gap
from tests.analyses import analysis
from tests.media import corrupt, make_clip, numbered_frames, tone, truncate
from tests.ui.desk import Desk, clip, emotions, pretending, say, window  # noqa: F401 (two are fixtures)

FULL = "the disk is full; make room and try again"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Use up a disk to the last byte."""
    file = folder / "everything"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):  # no space left
                while True:
                    os.write(handle, b"x" * size)
    finally:
        os.close(handle)
    return file


def test_a_label_on_a_full_disk_is_refused_aloud_and_comes_with_the_next_key_press_once_there_is_room(
    desk: Desk, disk: Path, tmp_path: Path
) -> None:
    path = desk.begin(disk, clip(tmp_path / "a.mp4"))
    say(desk, "happy")
    everything = fill(disk)
    say(desk, "sad", 1.0)
    assert desk.errors == [f"cannot change the project {path}: {FULL}"]
    assert emotions(desk) == ["happy"]
    assert desk.session.interval is not None  # still selected: the same key does it
    desk.run("undo")
    assert emotions(desk) == ["happy"]
    desk.errors.clear()
    for _ in range(3):
        desk.files.keep_lock()
    assert desk.errors == [f"cannot change the project {path}: {FULL}"] * 3  # the two keys, and one beat
    assert desk.session.writable

    everything.unlink()
    desk.files.keep_lock()
    desk.run("label.sad")
    assert emotions(desk) == ["happy", "sad"]
    desk.run("close")
    desk.open(path)
    assert emotions(desk) == ["happy", "sad"]
    desk.run("undo")
    assert emotions(desk) == ["happy"]


def test_a_project_on_a_full_disk_is_read_until_there_is_room(desk: Desk, disk: Path, tmp_path: Path) -> None:
    path = desk.begin(disk, clip(tmp_path / "a.mp4"))
    say(desk, "happy")
    desk.run("close")
    everything = fill(disk)
    desk.open(path)
    assert desk.texts("warning") == [f"This project can only be read: {FULL}"]
    assert emotions(desk) == ["happy"]
    desk.files.keep_lock()
    assert not desk.session.writable
    everything.unlink()
    desk.files.keep_lock()
    desk.settle()
    say(desk, "sad", 1.0)
    assert emotions(desk) == ["happy", "sad"]


def test_a_project_on_a_read_only_disk_is_shown(desk: Desk, disk: Path, tmp_path: Path, monkeypatch) -> None:
    path = desk.begin(disk, clip(tmp_path / "a.mp4"))
    say(desk, "happy")
    desk.run("close")
    desk.qtbot.waitUntil(lambda: not desk.application.io.busy)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    desk.open(path)
    assert desk.texts("warning") == ["This project can only be read: its disk is read-only"]
    assert emotions(desk) == ["happy"]
    assert desk.session.analysis is not None
    say(desk, "sad", 1.0)
    assert desk.errors[-1] == f"cannot change the project {path}: its disk is read-only"
    monkeypatch.setattr(dialogs, "choose_to_save", lambda *_: disk / "new.affectline")
    desk.run("new_project")
    assert desk.errors[-1] == f"cannot change the project {disk}/new.affectline: its disk is read-only"
    desk.run("close")


def test_a_project_in_a_network_folder_keeps_no_log_beside_it(desk: Desk, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("app.project.schema.is_network_folder", lambda _folder: True)
    share = tmp_path / "share"
    share.mkdir()
    path = desk.begin(share, clip(tmp_path / "a.mp4"))
    say(desk, "happy")
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name]
    desk.run("close")
    desk.open(path)
    assert emotions(desk) == ["happy"]
    assert desk.errors == []


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("variable.mp4", {"times_s": [0, 0.04, 0.2, 0.24, 0.5, 0.9, 1.0, 1.5]}, 8),
        ("turned.mp4", {"rotation_deg": 90}, 8),
        ("one.mp4", {}, 1),
    ],
)
def test_odd_videos_are_shown_frame_by_frame(
    desk: Desk, tmp_path: Path, qtbot: QtBot, name: str, options: dict, count: int
) -> None:
    desk.begin(tmp_path, make_clip(tmp_path / name, numbered_frames(count), **options))
    assert desk.errors == []
    assert len(desk.player.frame_times_s) == count
    desk.run("end")
    qtbot.waitUntil(lambda: desk.player.frame_index == count - 1 and not desk.player.busy)
    if "times_s" in options:
        assert desk.player.time_s == pytest.approx(1.5)
    shown = desk.window.video._shown
    assert shown is not None
    assert (shown.width, shown.height) == ((48, 64) if "rotation_deg" in options else (64, 48))


def test_a_tiny_picture_is_shown(desk: Desk, tmp_path: Path) -> None:
    desk.begin(tmp_path, make_clip(tmp_path / "tiny.mp4", numbered_frames(3, 16, 16)))
    assert desk.errors == []
    assert desk.entries()["tiny.mp4"].state == "analysed"


def test_why_nothing_is_heard_is_said(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    sounding = make_clip(tmp_path / "sounding.mp4", numbered_frames(10), sound=tone(0.4))
    desk.begin(tmp_path, clip(tmp_path / "silent.mp4", 5))
    assert desk.player.sound_note == "this video has no sound"
    assert desk.window.transport._mute.toolTip() == "This video has no sound"
    desk.open(sounding)
    qtbot.waitUntil(lambda: desk.player.sound_note != "this video has no sound")
    if desk.player.sound_note is not None:  # there may be a loudspeaker here
        assert desk.player.sound_note == "this computer has no sound output"
    desk.player.play()
    qtbot.waitUntil(lambda: desk.player.frame_index > 2)


def test_a_video_that_is_cut_off_is_shown_as_far_as_it_goes(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    video = truncate(clip(tmp_path / "a.mp4", 200, gop=10), 0.6)
    desk.begin(tmp_path, video)
    said = desk.texts("warning")[0]
    assert said.startswith("a.mp4 is damaged: it can be read up to 00:0")
    (gap,) = desk.window.timeline.scene.all_gaps
    assert gap.kind == "unreadable"
    assert gap.end_s == pytest.approx(8.0)
    desk.run("end")
    qtbot.waitUntil(lambda: not desk.player.busy)
    assert desk.player.time_s == desk.player.frame_times_s[-1]
    assert gap.start_s - 0.1 < desk.player.time_s < gap.start_s
    say(desk, "happy", 5.0)  # what can be read can be labelled, and so can the rest
    assert emotions(desk) == ["happy"]


def test_noise_inside_a_video_stops_neither_the_window_nor_the_picture(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    video = corrupt(clip(tmp_path / "a.mp4", 100, gop=10), 0.5, 0.6)
    desk.begin(tmp_path, video)
    assert desk.player.media_info is not None
    for time_s in (0.2, 3.9):
        desk.player.seek(time_s)
        qtbot.waitUntil(lambda: not desk.player.busy)
    assert desk.errors == []


def test_damage_is_told_with_where_it_begins() -> None:
    assert damage_text("a.mp4", analysis(gaps=(Gap("silence", 0.0, 3.0),))) == ""
    ended = analysis(gaps=(Gap("unreadable", 7.25, 12.0),))
    assert damage_text("a.mp4", ended) == "a.mp4 is damaged: it can be read up to 00:07.250"
    holes = analysis(gaps=(Gap("unreadable", 2.0, 3.0), Gap("unreadable", 5.0, 6.0)))
    assert damage_text("a.mp4", holes) == "a.mp4 is damaged: 2 parts of it cannot be read, as the lane of gaps shows"


@pytest.mark.skipif(os.access("/proc/1/mem", os.R_OK), reason="this person may read everything")
def test_what_may_not_be_read_is_said(desk: Desk, tmp_path: Path) -> None:
    video, folder = clip(tmp_path / "a.mp4", 5), tmp_path / "locked"
    inside = clip(folder / "b.mp4", 5)
    path = desk.begin(tmp_path, video)
    say(desk, "happy", 0.0)
    desk.run("close")
    video.chmod(0)
    folder.chmod(0)
    desk.open(path)
    assert desk.errors[-1].endswith("a.mp4: it may not be read")
    assert emotions(desk) == ["happy"]
    desk.open(folder)
    assert desk.errors[-1] == "locked cannot be used: this folder may not be read"
    desk.open(inside)
    assert desk.errors[-1] == "b.mp4 cannot be used: it may not be read"
    video.chmod(0o644)
    desk.library.open(desk.media_id("a.mp4"))
    desk.settle()
    assert desk.player.media_info is not None
    desk.run("close")
    path.chmod(0o444)
    desk.open(path)
    assert desk.texts("warning")[-1] == "This project can only be read: the file is write-protected"
    folder.chmod(0o755)


def test_settings_that_cannot_be_kept_are_told_and_hold_for_this_window(
    qtbot: QtBot,
    studio: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    application = Application(Settings(theme="light"), kept=True)
    with qtbot.waitSignal(application.preferences.said) as told:
        application.preferences.set("theme", "dark")
    assert told.args[1] == "warning"
    assert told.args[0].startswith("settings are not kept: cannot write ")
    assert application.preferences.settings.theme == "dark"
    application.preferences.set("theme", "light")
    application.close()
    application.window.deleteLater()


def test_closing_the_window_in_an_analysis_asks_and_loses_nothing(
    desk: Desk, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, stay = [], [True]

    def ask(_parent: object, title: str, text: str, answers: tuple, _detail: str = "") -> object:
        asked.append(f"{title} {text}")
        return answers[0] if stay[0] else answers[1]

    monkeypatch.setattr(dialogs, "ask", ask)
    desk.studio.hold("b.mp4")
    path = desk.begin(tmp_path, clip(tmp_path / "a.mp4", 10))
    say(desk, "happy", 0.0)
    desk.files.open([clip(tmp_path / "b.mp4", 10)])
    qtbot.waitUntil(lambda: desk.studio.begun[-1] == "b.mp4")
    assert not desk.window.close()
    assert desk.window.isVisible()
    assert desk.application.gpu.busy
    stay[0] = False
    assert desk.window.close()
    assert len(asked) == 2
    assert not any(path.with_name(path.name + ending).exists() for ending in ("-wal", "-shm", "-journal"))

    desk.studio.gates["b.mp4"].set()
    again = Desk(qtbot)
    again.open(path)
    assert again.session.writable
    assert {name: entry.state for name, entry in again.entries().items()}["a.mp4"] == "analysed"
    assert emotions(again) == ["happy"]
    again.library.open(again.media_id("b.mp4"))
    again.settle()
    assert again.entries()["b.mp4"].state == "analysed"
    again.close()
