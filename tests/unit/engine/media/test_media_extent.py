"""What a file should hold and does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.media import open_media
from engine.values import Gap
from tests.media import corrupt, frame_number, make_clip, numbered_frames, tone, truncate
from tests.unit.engine.media.clips import make_numbered, read


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_truncated_file_gives_what_there_is(tmp_path: Path, suffix: str) -> None:
    path = truncate(make_numbered(tmp_path / f"a{suffix}"), 0.6)
    media = open_media(path)
    frames, gaps = read(path)
    assert 15 < len(frames) < 50
    assert [frame_number(frame.rgb) for frame in frames] == list(range(len(frames)))
    (gap,) = gaps
    assert gap.kind == "unreadable"
    assert gap.start_s == media.end_s == pytest.approx(len(frames) / 25)
    assert gap.end_s == media.info.duration_s == pytest.approx(2.4, abs=0.03)
    assert read(path, end_s=0.2)[1] == []
    assert read(path, start_s=2.0, end_s=2.1)[1] == [Gap("unreadable", 2.0, 2.1)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_a_corrupt_middle_is_skipped_and_told(tmp_path: Path, suffix: str) -> None:
    path = make_numbered(tmp_path / f"a{suffix}", sound_rate_hz=48000)
    clean, _ = read(path)
    media = open_media(corrupt(path, 0.4, 0.5))
    gaps: list[Gap] = []
    frames = list(media.frames(report=gaps.append))
    (gap,) = gaps
    assert gap.kind == "unreadable"
    assert 0.6 < gap.start_s < gap.end_s < 1.6
    assert not [frame.time_s for frame in frames if gap.start_s <= frame.time_s < gap.end_s]
    by_time = {frame.time_s: frame for frame in frames}
    behind = [frame for frame in clean if frame.time_s >= 2.0]
    assert all(np.array_equal(frame.rgb, by_time[frame.time_s].rgb) for frame in behind)


def test_a_still_picture_under_sound_is_no_gap(tmp_path: Path) -> None:
    times_s = [*(k / 25 for k in range(20)), *(2 + k / 25 for k in range(20))]
    path = make_clip(tmp_path / "a.mkv", numbered_frames(40), times_s=times_s, sound=tone(2.8))
    assert read(path)[1] == []


def test_what_was_cut_out_of_a_stream_is_told(tmp_path: Path) -> None:
    path = make_numbered(tmp_path / "a.ts")
    packets = path.read_bytes()
    path.write_bytes(packets[: 188 * (len(packets) * 2 // 5 // 188)] + packets[188 * (len(packets) * 4 // 5 // 188) :])
    media = open_media(path)
    (hole,) = media.unreadable
    assert hole.kind == "unreadable"
    assert hole.end_s - hole.start_s > 0.5
    assert not ((hole.start_s <= media.times_s) & (media.times_s < hole.end_s)).any()
    assert read(path)[1] == [hole]
    assert read(path, end_s=hole.start_s)[1] == []
