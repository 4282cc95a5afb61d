"""Projects in the real window: what cannot be opened, who else has it open, and where videos go without one."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app import places
from app.project.store import create_project, open_project
from app.views import dialogs
from app.views.dialogs import Answer
from tests.media import make_clip, numbered_frames, truncate
from tests.ui.desk import Desk, clip, emotions, pretending, say, window  # noqa: F401 (two are fixtures)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the person answers to choosers and questions, one after the other; questions are matched by their text."""
    queue: list[object] = []

    def choose(*_: object) -> object:
        return queue.pop(0)

    def ask(_parent: object, title: str, _text: str, offered: tuple[Answer, ...], _detail: str = "") -> Answer:
        wanted = queue.pop(0)
        return next(answer for answer in offered if answer.text == wanted)

    monkeypatch.setattr(dialogs, "choose_one", choose)
    monkeypatch.setattr(dialogs, "choose_to_save", choose)
    monkeypatch.setattr(dialogs, "ask", ask)
    return queue


def test_what_is_no_project_is_refused_with_the_reason_and_the_open_one_stays(desk: Desk, tmp_path: Path) -> None:
    path = desk.begin(tmp_path)
    made = {name: tmp_path / f"{name}.affectline" for name in ("newer", "cut", "text", "empty", "other", "none")}
    create_project(made["newer"]).close()
    with sqlite3.connect(made["newer"]) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    create_project(made["cut"]).close()
    truncate(made["cut"], 0.5)
    made["text"].write_text("this is a text, whatever it is called" * 9)
    made["empty"].touch()
    with sqlite3.connect(made["other"]) as db:
        db.execute("CREATE TABLE notes (text)")
    db.close()
    (tmp_path / "folder.affectline").mkdir()
    reasons = {
        "newer": "a newer version of this program made it (format 99, known: 3); update this one to open it",
        "cut": "it is damaged; open a copy of it, if there is one",
        "text": "it is no project of this program",
        "empty": "it is empty",
        "other": "it is a database of another program",
        "folder": "it is a folder",
        "none": "there is no such file",
    }
    for name, reason in reasons.items():
        desk.open(tmp_path / f"{name}.affectline")
        assert desk.errors[-1] == f"cannot open the project {tmp_path / name}.affectline: {reason}"
    assert desk.session.project is not None
    assert desk.session.project.path == path
    assert desk.session.writable


def test_opening_the_open_project_again_does_not_lock_the_person_out(desk: Desk, tmp_path: Path) -> None:
    path = desk.begin(tmp_path)
    desk.open(path)
    assert desk.session.writable
    assert desk.errors == []


def test_the_second_window_reads_and_goes_on_where_it_is_when_the_first_is_closed(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    video = clip(tmp_path / "a.mp4")
    path = desk.begin(tmp_path, video)
    say(desk, "happy")
    second = Desk(qtbot)
    second.open(path)
    (warning,) = second.texts("warning")
    assert warning.startswith("This project can only be read: ana has had it open on ")
    assert " since " in warning
    for action in ("label.sad", "add_videos", "undo"):
        shown = second.window.actions_by_id[action]
        assert not shown.isEnabled()
        assert "ana has had it open" in shown.toolTip()
    second.open(clip(tmp_path / "b.mp4"))
    assert "b.mp4 cannot be used: this project can only be read: ana has had it open" in second.errors[-1]
    assert emotions(second) == ["happy"]

    second.player.seek(1.2)
    second.files.keep_lock()
    assert not second.session.writable  # the first one is still there
    say(desk, "sad", 1.0)
    desk.run("close")
    second.files.keep_lock()
    second.settle()
    assert second.session.writable
    assert emotions(second) == ["happy", "sad"]
    qtbot.waitUntil(lambda: second.player.time_s == pytest.approx(1.2))
    assert "all changes stored" in second.window._told.text()
    say(second, "angry")
    assert emotions(second) == ["angry", "sad"]
    second.close()


def test_a_window_whose_project_was_taken_over_says_so_and_stores_no_more(desk: Desk, tmp_path: Path) -> None:
    path = desk.begin(tmp_path, clip(tmp_path / "a.mp4"))
    with open_project(path, who="ben", take_over=True):
        desk.files.keep_lock()
        assert desk.errors == ["This project can only be read now: another window took it over"]
        say(desk, "happy")
        assert emotions(desk) == []
        desk.files.keep_lock()
        assert not desk.session.writable
    desk.files.keep_lock()  # the other one is gone
    desk.settle()
    say(desk, "happy")
    assert emotions(desk) == ["happy"]


def test_videos_without_a_project_go_into_ones_own_and_into_another_while_that_is_open_elsewhere(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    first, other = clip(tmp_path / "a.mp4", 10), clip(tmp_path / "b.mp4", 10)
    desk.open(first)
    assert desk.window._told.text().startswith("My videos —")
    second = Desk(qtbot)
    second.open(other)
    assert list(second.entries()) == ["b.mp4"]
    assert second.session.writable
    assert second.window._told.text().startswith("My videos 2 —")
    (said,) = second.texts("warning")
    assert said.startswith("“My videos” cannot be used now (ana has had it open")
    assert said.endswith("this is “My videos 2”")
    recent = second.application.preferences.settings.recent
    assert str(places.own_project().with_name("My videos 2.affectline")) in recent
    second.close()
    desk.run("close")

    desk.open(other)  # is where it was put before, with its labels
    assert list(desk.entries()) == ["b.mp4"]
    desk.run("close")
    desk.open(first)
    assert list(desk.entries()) == ["a.mp4"]
    desk.run("close")
    desk.open(clip(tmp_path / "c.mp4", 10))
    assert list(desk.entries()) == ["a.mp4", "c.mp4"]


def test_a_damaged_own_project_is_left_alone_and_is_no_dead_end(desk: Desk, tmp_path: Path) -> None:
    own = places.own_project()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("rubbish" * 100)
    desk.open(clip(tmp_path / "a.mp4", 10))
    assert list(desk.entries()) == ["a.mp4"]
    assert "it is no project of this program" in desk.texts("warning")[0]
    assert own.read_text() == "rubbish" * 100


def test_where_nothing_can_be_kept_it_is_said_what_to_do(desk: Desk, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    desk.open(clip(tmp_path / "a.mp4", 5))
    assert desk.session.project is None
    assert desk.errors[0].startswith("videos cannot be kept here: cannot write ")
    assert desk.errors[0].endswith("Make a project elsewhere first (File, New project)")


def test_a_missing_video_is_found_again_with_the_others_beside_it(
    desk: Desk, tmp_path: Path, answers: list[object]
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    path = desk.begin(tmp_path, clip(old / "a.mp4", 20), clip(old / "b.mp4", 20))
    say(desk, "happy", 0.1)
    desk.run("close")
    old.rename(new)
    desk.open(path)
    assert {entry.state for entry in desk.entries().values()} == {"missing"}
    assert desk.window.video._title == "This video is not where it was"
    assert emotions(desk) == ["happy"]
    assert desk.session.analysis is not None

    answers.append(None)  # thought better of it
    desk.files.find_dialog(desk.media_id("a.mp4"))
    answers.append(new / "a.mp4")
    desk.files.find_dialog(desk.media_id("a.mp4"))
    desk.settle()
    assert {entry.state for entry in desk.entries().values()} == {"analysed"}
    assert desk.session.path == new / "a.mp4"
    assert desk.texts("info")[-1] == "2 videos were found again"
    desk.run("undo")
    desk.settle()
    assert {entry.state for entry in desk.entries().values()} == {"missing"}


def test_another_file_of_the_same_name_is_never_taken_silently(
    desk: Desk, tmp_path: Path, answers: list[object]
) -> None:
    video = clip(tmp_path / "a.mp4", 20)
    shutil.copy(video, tmp_path / "kept.mp4")
    path = desk.begin(tmp_path, video)
    say(desk, "happy", 0.1)
    desk.run("close")
    make_clip(video, numbered_frames(30))
    desk.open(path)
    (entry,) = desk.entries().values()
    assert (entry.state, entry.detail) == ("missing", "another file took its place")
    assert desk.window.video._title == "Another file took its place"

    answers += ["Find the right one…", tmp_path / "kept.mp4"]
    desk.files.find_dialog(entry.media_id)
    desk.settle()
    assert desk.entries()["kept.mp4"].state == "analysed"
    desk.run("undo")
    desk.settle()

    desk.studio.begun.clear()
    answers.append("Use this one")
    desk.files.find_dialog(entry.media_id)
    desk.settle()
    assert desk.entries()["a.mp4"].duration_s == pytest.approx(1.2)
    assert desk.session.path == video
    assert emotions(desk) == ["happy"]
    assert answers == []


def test_what_cannot_be_made_or_copied_is_said(desk: Desk, tmp_path: Path, answers: list[object]) -> None:
    path = desk.begin(tmp_path)
    answers.append(path)
    desk.run("new_project")
    assert desk.errors[-1] == f"cannot make the project {path}: there is a file of that name"
    answers.append(tmp_path / "nowhere" / "copy.affectline")
    desk.run("save_copy")
    desk.settle()
    assert "copy.affectline: " in desk.errors[-1]
    answers.append(tmp_path / "copy.affectline")
    desk.run("save_copy")
    desk.settle()
    assert desk.texts("info")[-1] == f"Copied to {tmp_path / 'copy.affectline'}"
    assert desk.session.writable
    with open_project(tmp_path / "copy.affectline") as copy:
        assert not copy.read_only
