"""Frames of a range, one frame, and files that go away or are cancelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import CancelledError, MediaVanishedError
from engine.media import Media, content_sha256, open_media
from engine.values import Gap
from tests.media import corrupt, make_clip, truncate
from tests.unit.engine.media.clips import COUNT, KINDS, make_numbered


def test_a_range_holds_its_start_and_not_its_end(tmp_path: Path) -> None:
    media = open_media(make_numbered(tmp_path / "a.mp4"))
    chosen = [frame.index for frame in media.frames(float(media.times_s[10]), float(media.times_s[13]))]
    assert chosen == [10, 11, 12]
    assert list(media.frames(5.0, 6.0)) == []


def test_the_frame_shown_is_the_last_that_began(tmp_path: Path) -> None:
    media = open_media(make_numbered(tmp_path / "late.mp4", **KINDS["late.mp4"]))
    assert media.frame_at(0.0).index == 0
    assert media.frame_at(1.079).index == 1
    assert media.frame_at(99.0).index == COUNT - 1


def test_the_frame_before_a_gap_stays_on_the_screen(tmp_path: Path) -> None:
    path = corrupt(make_numbered(tmp_path / "a.mp4"), 0.4, 0.5)
    gaps: list[Gap] = []
    media = open_media(path)
    frames = list(media.frames(report=gaps.append))
    shown = media.frame_at((gaps[0].start_s + gaps[0].end_s) / 2)
    assert shown.index == max(frame.index for frame in frames if frame.time_s < gaps[0].start_s)


def test_a_file_that_went_away_is_told(tmp_path: Path) -> None:
    path = make_numbered(tmp_path / "a.mp4")
    media = open_media(path)
    path.unlink()
    for work in (lambda: next(media.frames()), lambda: next(media.sound()), lambda: media.frame_at(0)):
        with pytest.raises(MediaVanishedError):
            work()


def big_clip(path: Path) -> Media:
    noise = np.random.default_rng(0)
    frames = [noise.integers(0, 256, (240, 320, 3), dtype=np.uint8) for _ in range(COUNT)]
    return open_media(make_clip(path, frames, codec="mjpeg", pixels="yuvj420p"))


def test_a_file_that_goes_away_while_it_is_read_is_told(tmp_path: Path) -> None:
    media = big_clip(tmp_path / "a.mkv")
    frames = media.frames()
    next(frames)
    truncate(media.path, 0.3)
    media.path.unlink()
    with pytest.raises(MediaVanishedError):
        list(frames)


def test_a_file_that_is_cut_while_it_is_read_is_told(tmp_path: Path) -> None:
    media = big_clip(tmp_path / "a.mkv")
    frames = media.frames()
    next(frames)
    truncate(media.path, 0.5)
    with pytest.raises(MediaVanishedError, match="changed while it was read"):
        list(frames)


def test_reading_stops_when_cancelled(tmp_path: Path) -> None:
    path = make_numbered(tmp_path / "a.mp4")
    media = open_media(path)
    for work in (
        lambda: open_media(path, cancelled=lambda: True),
        lambda: content_sha256(path, cancelled=lambda: True),
        lambda: next(media.frames(cancelled=lambda: True)),
        lambda: next(media.sound(cancelled=lambda: True)),
    ):
        with pytest.raises(CancelledError):
            work()
