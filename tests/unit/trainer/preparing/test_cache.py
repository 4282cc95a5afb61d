"""Whose a cache folder is, which version made it, and what is left in it."""

import json
import os
from pathlib import Path

import pytest

from engine.errors import DatasetError, StorageError
from trainer.preparing.cache import LEFTOVER_S, MARKER_NAME, claim
from trainer.preparing.settings import VERSION

ITEM = "0123456789abcdef" * 2


def mark(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / MARKER_NAME).write_text(text)


def test_a_new_folder_is_marked(tmp_path: Path) -> None:
    assert claim(tmp_path / "a/b") is False
    assert json.loads((tmp_path / "a/b" / MARKER_NAME).read_text()) == {"version": VERSION}
    assert claim(tmp_path / "a/b") is False


def test_what_is_there_stays(tmp_path: Path) -> None:
    claim(tmp_path)
    (tmp_path / ITEM).mkdir()
    (tmp_path / ITEM / "frame.u8").write_bytes(b"1")
    assert claim(tmp_path) is False
    assert (tmp_path / ITEM / "frame.u8").read_bytes() == b"1"


@pytest.mark.parametrize("text", [json.dumps({"version": VERSION - 1}), "", "[]", '{"version": "x"}'])
def test_an_earlier_version_is_made_anew(tmp_path: Path, text: str) -> None:
    mark(tmp_path, text)
    (tmp_path / ITEM).mkdir()
    (tmp_path / ITEM / "frame.u8").write_bytes(b"1")
    (tmp_path / "notes.txt").write_text("mine")
    assert claim(tmp_path) is True
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["notes.txt", MARKER_NAME]
    assert claim(tmp_path) is False


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    mark(tmp_path, json.dumps({"version": VERSION + 1}))
    (tmp_path / ITEM).mkdir()
    with pytest.raises(DatasetError, match=f"a later version of this program prepared it .form {VERSION + 1}"):
        claim(tmp_path)
    assert (tmp_path / ITEM).is_dir()


def test_another_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(DatasetError, match="is not empty and holds no prepared examples"):
        claim(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["holiday.jpg"]


def test_what_killed_processes_left_goes_after_a_day(tmp_path: Path) -> None:
    claim(tmp_path)
    old, new, foreign = tmp_path / f".{ITEM}-old", tmp_path / f".{ITEM}-new", tmp_path / ".thumbnails"
    for folder in (old, new, foreign):
        folder.mkdir()
        (folder / "frame.u8").write_bytes(b"1")
    past_s = (tmp_path / MARKER_NAME).stat().st_mtime - LEFTOVER_S - 60
    for folder in (old, foreign):
        os.utime(folder / "frame.u8", (past_s, past_s))
        os.utime(folder, (past_s, past_s))
    claim(tmp_path)
    assert not old.exists()
    assert new.exists()
    assert foreign.exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        claim(tmp_path / "file")
    with pytest.raises(StorageError):
        claim(tmp_path / "file/below")
