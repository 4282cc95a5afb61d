"""A copy is whole, in one file, and free."""

import pytest

from app.project import lock
from app.project.errors import ProjectError, ProjectExistsError, ProjectNotFoundError
from app.project.store import create_project, open_project
from tests.unit.app.project.records import adding, correction, medium


def test_a_copy_of_an_open_project(project, tmp_path):
    project.do(adding(correction("c1", 0, 1), name="Label happy"))
    target = tmp_path / "elsewhere" / "copy.affectline"
    target.parent.mkdir()
    project.save_copy(target)
    assert [file.name for file in target.parent.iterdir()] == [target.name]
    project.undo()  # the original goes on by itself
    with open_project(target) as copy:
        assert not copy.read_only
        assert copy.media() == (medium(),)
        assert [one.id for one in copy.corrections("m1")] == ["c1"]
        assert copy.undo_name == "Label happy"
        assert copy.former_folders() == (tmp_path,)
        copy.undo()
        assert copy.integrity_check() is None
    assert project.former_folders() == ()


def test_of_a_copy_a_copy_remembers_both_places(project, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    project.save_copy(tmp_path / "one" / "x.affectline")
    with open_project(tmp_path / "one" / "x.affectline") as copy:
        copy.save_copy(tmp_path / "two" / "x.affectline")
    with open_project(tmp_path / "two" / "x.affectline") as copy:
        assert copy.former_folders() == (tmp_path / "one", tmp_path)


def test_it_replaces_a_file_and_its_log(project, tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "_is_running", lambda _pid: False)  # whoever had it open was killed
    target = tmp_path / "copy.affectline"
    with create_project(target) as old:
        old.do(adding(medium("old")))
        left = {file: file.read_bytes() for file in tmp_path.glob("copy*")}
    for file, content in left.items():
        file.write_bytes(content)
    project.save_copy(target)
    with open_project(target) as copy:
        assert copy.media() == (medium(),)


def test_not_over_itself(project, path):
    with pytest.raises(ProjectExistsError, match="that is the project itself"):
        project.save_copy(path.parent / "." / path.name)
    assert project.media() == (medium(),)


def test_where_nothing_can_be_written(project, tmp_path):
    with pytest.raises(ProjectNotFoundError):
        project.save_copy(tmp_path / "none" / "copy.affectline")


def test_a_copy_that_fails_leaves_what_was_there(project, tmp_path, monkeypatch):
    target = tmp_path / "copy.affectline"
    target.write_text("precious")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.project.copies.os.replace", fail)
    with pytest.raises(ProjectError, match="the disk is full"):
        project.save_copy(target)
    assert target.read_text() == "precious"
    assert sorted(file.name for file in tmp_path.iterdir() if "part" in file.name) == []


def test_a_project_that_somebody_has_open_is_not_replaced(project, tmp_path):
    target = tmp_path / "other.affectline"
    with create_project(target, who="ben") as other:
        with pytest.raises(ProjectExistsError, match=r"ben has had it open .*; choose another name"):
            project.save_copy(target)
        assert other.beat()
    project.save_copy(target)
    with open_project(target) as copy:
        assert not copy.read_only
