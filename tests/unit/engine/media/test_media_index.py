"""When frames are shown, and reaching each of them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine.media import open_media
from engine.values import Frame, Gap
from tests.media import frame_number, make_clip, numbered_frames
from tests.unit.engine.media.clips import COUNT, KINDS, decoded_times_s, make_numbered, read


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_has_its_time_and_is_reached_by_seeking(tmp_path: Path, name: str) -> None:
    media = open_media(make_numbered(tmp_path / name, **KINDS[name]))
    gaps: list[Gap] = []
    frames = list(media.frames(report=gaps.append))

    assert [frame_number(frame.rgb) for frame in frames] == list(range(COUNT))
    assert [frame.index for frame in frames] == list(range(COUNT)) == list(range(media.info.frame_count))
    assert [frame.time_s for frame in frames] == media.times_s.tolist()
    assert (np.diff(media.times_s) > 0).all()
    assert media.info.variable_rate == name.startswith("variable")
    assert media.times_s[-1] < media.end_s <= media.info.duration_s
    assert gaps == []
    for wanted in (0, 17, 40, COUNT - 1):
        time_s = float(media.times_s[wanted])
        assert_same(media.frame_at(time_s + 1e-4), frames[wanted])
        assert_same(next(media.frames(time_s)), frames[wanted])


def assert_same(given: Frame, expected: Frame) -> None:
    assert given.index == expected.index
    assert np.array_equal(given.rgb, expected.rgb)


@pytest.mark.parametrize("name", ["plain.mp4", "late.mp4", "variable.mp4", "plain.mkv", "stream.webm", "hevc.mp4"])
def test_times_are_those_of_the_container(tmp_path: Path, name: str) -> None:
    path = make_numbered(tmp_path / name, **KINDS[name])
    assert open_media(path).times_s.tolist() == decoded_times_s(path)


def test_clocks_without_an_origin_start_with_the_file(tmp_path: Path) -> None:
    times_s = [1000 + k / 25 for k in range(COUNT)]
    media = open_media(make_clip(tmp_path / "recorded.ts", numbered_frames(COUNT), times_s=times_s))
    assert media.times_s[0] == 0
    assert media.info.duration_s == pytest.approx(COUNT / 25, abs=0.01)


def test_frames_without_any_time_are_counted_at_the_stated_rate(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "bare.h264", numbered_frames(COUNT), codec="libx264", b_frames=2)
    media = open_media(path)
    assert media.times_s.tolist() == pytest.approx([k / 25 for k in range(COUNT)])
    assert [frame_number(frame.rgb) for frame in media.frames(1.0, 1.2)] == [25, 26, 27, 28, 29]
    assert frame_number(media.frame_at(2.0).rgb) == 50


def test_what_an_edit_list_cuts_away_does_not_exist(tmp_path: Path) -> None:
    times_s = [(k - 8) / 25 for k in range(COUNT)]
    options = {"avoid_negative_ts": "disabled"}
    path = make_clip(tmp_path / "cut.mp4", numbered_frames(COUNT), times_s=times_s, gop=25, container_options=options)
    frames, gaps = read(path)
    assert [frame_number(frame.rgb) for frame in frames] == list(range(8, COUNT))
    assert frames[0].time_s == 0
    assert gaps == []


@pytest.mark.data
def test_example_clips_are_read_as_a_plain_decoder_reads_them(example_data: Path) -> None:
    for name in ("face_noface.mov", "no_face.mp4", "no_duration.webm", "grid_speech.mpg", "single_face.mp4"):
        media = open_media(example_data / "clips" / name)
        gaps: list[Gap] = []
        times_s = [frame.time_s for frame in media.frames(report=gaps.append)]
        assert times_s == media.times_s.tolist() == decoded_times_s(media.path)
        assert gaps == []
        assert math.isfinite(media.info.duration_s)
