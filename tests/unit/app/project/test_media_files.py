"""Videos are found where the project says, or where they were moved."""

import hashlib
import os
from pathlib import Path

import pytest

from app.project.media_files import FoundMedium, find_medium, find_others, full_path, new_medium, stored_path
from tests.analyses import analysis
from tests.unit.app.project.records import medium

CONTENT = b"a video"


def video(path, content=CONTENT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def recorded(path, media_id="m1", content=CONTENT):
    return medium(media_id, path, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("folder", "path", "stored"),
    [
        ("/home/ana/study", "/home/ana/study/a.mp4", "a.mp4"),
        ("/home/ana/study", "/home/ana/study/day 1/a.mp4", "day 1/a.mp4"),
        ("/home/ana/study", "/home/ana/films/a.mp4", "../films/a.mp4"),
        ("/home/ana/study", "/media/stick/a.mp4", "/media/stick/a.mp4"),
        ("/home/ana/study", "/a.mp4", "/a.mp4"),
    ],
)
def test_paths_are_relative_where_that_helps(folder, path, stored):
    assert stored_path(Path(folder), Path(path)) == stored
    assert full_path(Path(folder), medium(path=stored)) == Path(path)


def test_a_new_record(tmp_path):
    info = analysis(str(tmp_path / "films" / "a.mp4")).media
    made = new_medium(tmp_path, info)
    assert (made.path, made.size_bytes, made.sha256, made.duration_s) == ("films/a.mp4", 1000, "ab" * 32, 12.0)
    assert made.voice_of is None
    assert new_medium(tmp_path, info).id != made.id


def test_here(tmp_path):
    path = video(tmp_path / "films" / "a.mp4")
    assert find_medium(tmp_path, recorded("films/a.mp4")) == FoundMedium(path, "here")
    assert find_medium(tmp_path, recorded("films/a.mp4"), verify=True) == FoundMedium(path, "here")
    assert find_medium(tmp_path / "elsewhere", recorded(str(path))) == FoundMedium(path, "here")


def test_missing(tmp_path):
    assert find_medium(tmp_path, recorded("a.mp4")) == FoundMedium(None, "missing")
    (tmp_path / "a.mp4").mkdir()
    assert find_medium(tmp_path, recorded("a.mp4")) == FoundMedium(None, "missing")


def test_replaced_by_another_file_of_that_name(tmp_path):
    path = video(tmp_path / "a.mp4", b"something longer")
    assert find_medium(tmp_path, recorded("a.mp4")) == FoundMedium(path, "changed")
    video(path, CONTENT[::-1])  # of the same size
    assert find_medium(tmp_path, recorded("a.mp4")) == FoundMedium(path, "here")
    assert find_medium(tmp_path, recorded("a.mp4"), verify=True) == FoundMedium(path, "changed")


def test_gone_while_it_is_compared(tmp_path, monkeypatch):
    path = video(tmp_path / "a.mp4")
    sizes = os.stat(path)
    monkeypatch.setattr(Path, "is_file", lambda self: True)
    monkeypatch.setattr(Path, "stat", lambda self, **_: sizes)
    path.unlink()
    assert find_medium(tmp_path, recorded("a.mp4"), verify=True).state == "missing"


def test_a_disk_that_fails(tmp_path, monkeypatch):
    def broken(self, **_):
        raise OSError(5, "input/output error")

    monkeypatch.setattr(Path, "stat", broken)
    monkeypatch.setattr(Path, "is_file", broken)
    assert find_medium(tmp_path, recorded("a.mp4")) == FoundMedium(None, "missing")


def test_where_the_project_was_copied_from(tmp_path):
    path = video(tmp_path / "lab" / "a.mp4")
    mine = recorded("a.mp4")
    assert find_medium(tmp_path / "copy", mine, former=[tmp_path / "none", tmp_path / "lab"]).path == path
    wrong = video(tmp_path / "copy" / "a.mp4", b"other")
    assert find_medium(tmp_path / "copy", mine, former=[tmp_path / "lab"]).path == path
    assert find_medium(tmp_path / "copy", mine, former=[tmp_path / "none"]) == FoundMedium(wrong, "changed")


def test_others_are_looked_for_beside_the_one_that_was_found(tmp_path):
    media = [
        recorded("old/day 1/a.mp4", "m1"),
        recorded("old/day 1/b.mp4", "m2"),
        recorded("old/day 2/c.mp4", "m3"),
        recorded("old/d.mp4", "m4"),
        recorded("old/far/e.mp4", "m5"),
        recorded("old/f.mp4", "m6"),
    ]
    found = video(tmp_path / "new" / "day 1" / "a.mp4")
    beside = video(tmp_path / "new" / "day 1" / "b.mp4")
    other_day = video(tmp_path / "new" / "day 2" / "c.mp4")
    video(tmp_path / "new" / "d.mp4", b"of another size")
    flat = video(tmp_path / "new" / "day 1" / "e.mp4")
    assert find_others(tmp_path, media[0], found, media) == {"m2": beside, "m3": other_day, "m5": flat}
