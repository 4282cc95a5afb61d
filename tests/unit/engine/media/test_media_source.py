"""Whether a file is still the one that was opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import MediaFormatError, MediaNotFoundError, MediaVanishedError
from engine.media.source import Source, readable_size
from tests.media import make_clip, numbered_frames


def test_a_file_that_stays_is_still_there(tmp_path: Path) -> None:
    source = Source.of(make_clip(tmp_path / "a.mp4", numbered_frames(3)))
    source.check_still_there()
    with source.reopen() as container:
        assert container.streams.video


def test_a_file_that_changed_is_another(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", numbered_frames(3))
    source = Source.of(path)
    os.utime(path, ns=(0, 0))
    with pytest.raises(MediaVanishedError, match="changed while it was read"):
        source.check_still_there()


def test_what_cannot_be_reopened_went_away_or_changed(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", numbered_frames(3))
    source = Source.of(path)
    path.write_bytes(b"something else")
    with pytest.raises(MediaVanishedError, match="changed while it was read"):
        source.reopen()
    path.unlink()
    with pytest.raises(MediaVanishedError, match="went away"):
        source.reopen()


def test_only_files_with_something_in_them_have_a_readable_size(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with pytest.raises(MediaNotFoundError):
        readable_size(path)
    with pytest.raises(MediaFormatError, match="folder"):
        readable_size(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(MediaFormatError, match="empty"):
        readable_size(path)
    path.write_bytes(b"four")
    assert readable_size(path) == 4
