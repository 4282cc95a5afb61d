"""Finding files."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import DatasetError
from trainer.datasets.files import files_like, folders_in, holds_files_like, media_below

LaidOut = Callable[..., Path]
NAME = re.compile(r"x\d")


def test_media_in_order_without_what_is_hidden(laid_out: LaidOut) -> None:
    folder = laid_out("m", "b/2.WAV", "b/1.mp4", "a.avi", "a.txt", ".git/3.avi", "b/.4.avi", "noending")
    assert [path.relative_to(folder).as_posix() for path in media_below(folder)] == ["a.avi", "b/1.mp4", "b/2.WAV"]
    assert [path.name for path in media_below(folder, (".wav",))] == ["2.WAV"]
    assert [path.name for path in folders_in(folder)] == ["b"]
    assert folders_in(folder / "a.avi") == []


def test_files_by_their_names(laid_out: LaidOut) -> None:
    folder = laid_out("m", "z/x1.wav", "a/x2.mp3", "a/x3.mp4", "a/xx.wav")
    assert [path.name for path, _ in files_like(folder, NAME, "x1.wav")] == ["x1.wav", "x2.mp3"]
    assert holds_files_like(folder, NAME)
    assert not holds_files_like(folder, NAME, (".avi",))
    with pytest.raises(DatasetError, match=r"has no file named like x1\.avi"):
        files_like(folder, NAME, "x1.avi", (".avi",))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read(laid_out: LaidOut) -> None:
    folder = laid_out("m", "a/x1.wav", "b/x2.wav")
    (folder / "b").chmod(0)
    try:
        with pytest.raises(DatasetError, match="cannot be read"):
            files_like(folder, NAME, "x1.wav")
        assert holds_files_like(folder, NAME)
    finally:
        (folder / "b").chmod(0o700)


def test_a_folder_that_fails_to_be_listed(laid_out: LaidOut, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = laid_out("m", "a/x1.wav")
    listed = os.scandir

    def failing(path: Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(DatasetError, match=r"cannot be read \(Permission denied\)"):
        list(media_below(folder))
    assert not holds_files_like(folder, NAME)
