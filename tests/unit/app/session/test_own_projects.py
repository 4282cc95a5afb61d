"""The projects of videos that were opened without one."""

from pathlib import Path

import pytest

from app import places
from app.project import edits
from app.project.store import Project, create_project
from app.project.values import Medium, new_id, now
from app.session.own_projects import open_own, own_name
from engine.errors import StorageError


def put(project: Project, video: Path) -> None:
    medium = Medium(new_id(), video.as_posix(), 10, video.name.ljust(64, "0"), 1.0, now())
    project.do(edits.add_media([medium]))


def test_there_is_one_for_each_window(tmp_path: Path) -> None:
    first = open_own([tmp_path / "a.mp4"], "ana")
    second = open_own([tmp_path / "b.mp4"], "ana")
    third = open_own([tmp_path / "b.mp4"], "ana")
    names = [own_name(own.project.path) for own in (first, second, third)]
    assert names == ["My videos", "My videos 2", "My videos 3"]
    assert first.note == ""
    assert "has had it open" in second.note
    assert second.note.endswith("this is “My videos 2”")
    assert own_name(tmp_path / "My videos.affectline") is None
    for own in (first, second, third):
        own.project.close()
    with open_own([], "ana").project as again:
        assert again.path == places.own_project()


def test_a_video_is_opened_where_it_was_put(tmp_path: Path) -> None:
    first, second = open_own([], "ana").project, open_own([], "ana").project
    put(first, tmp_path / "a.mp4")
    put(second, tmp_path / "b.mp4")
    first.close()
    second.close()
    for name, wanted in (("a.mp4", "My videos"), ("b.mp4", "My videos 2"), ("c.mp4", "My videos")):
        own = open_own([tmp_path / name], "ana")
        assert own_name(own.project.path) == wanted
        assert not own.project.read_only
        own.project.close()
    with open_own([tmp_path / "b.mp4"], "ana").project as held:
        assert held.path == second.path
        with open_own([], "ana").project as other:  # no lock was left on the first one
            assert other.path == first.path


def test_one_that_cannot_be_read_is_left_as_it_is() -> None:
    own = places.own_project()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(b"")
    opened = open_own([], "ana")
    assert own_name(opened.project.path) == "My videos 2"
    assert "(it is empty)" in opened.note
    assert own.read_bytes() == b""
    opened.project.close()


def test_no_folder_for_it_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(StorageError):
        open_own([], "ana")


def test_a_project_of_the_persons_own_naming_is_no_own_one() -> None:
    path = places.own_project().with_name("Study.affectline")
    path.parent.mkdir(parents=True, exist_ok=True)
    with create_project(path) as project:
        assert own_name(project.path) is None
