"""Sound decoded for listening: from any time on, at any audible speed, at its own pitch."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.player.sound_lane import AHEAD_BYTES, CHANNELS, FRAME_BYTES, RATE_HZ, SoundLane, audible
from engine.media import Media, open_media
from tests.media import make_clip, numbered_frames, tone

LENGTH_S, STARTS_S, PITCH_HZ = 2.0, 0.5, 440.0
LONGEST_S = 20.0


def make_sounding(path: Path) -> Path:
    sound = tone(LENGTH_S, RATE_HZ, PITCH_HZ)
    return make_clip(path, numbered_frames(65), sound=sound, sound_rate_hz=RATE_HZ, sound_start_s=STARTS_S)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    return open_media(make_sounding(tmp_path_factory.mktemp("sound") / "tone.mp4"))


def heard(media: Media, start_s: float, speed: float = 1.0) -> NDArray[np.float64]:
    """All samples of the left side."""
    lane, sound = SoundLane(media, start_s, speed), b""
    deadline_s = time.monotonic() + LONGEST_S
    while not lane.exhausted and time.monotonic() < deadline_s:
        sound += lane.take(10_000)
    assert lane.close(LONGEST_S)
    return np.frombuffer(sound, np.int16).reshape(-1, CHANNELS)[:, 0].astype(np.float64)


def pitch_hz(samples: NDArray[np.float64]) -> float:
    middle = samples[len(samples) // 4 : len(samples) * 3 // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.argmax(spectrum) * RATE_HZ / len(middle))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".mpg", ".avi"])
def test_sound_begins_at_its_time_in_the_video(tmp_path: Path, suffix: str) -> None:
    media = open_media(make_sounding(tmp_path / f"tone{suffix}"))
    first_s = np.flatnonzero(np.abs(heard(media, 0.0)) > 500)[0] / RATE_HZ
    assert first_s == pytest.approx(media.sound_start_s, abs=0.03)


@pytest.mark.parametrize("start_s", [0.0, 0.4, 0.9, 1.8])
def test_from_any_time_on(media: Media, start_s: float) -> None:
    samples = heard(media, start_s)
    assert len(samples) / RATE_HZ == pytest.approx(media.sound_end_s - start_s, abs=0.05)
    first_s = np.flatnonzero(np.abs(samples) > 500)[0] / RATE_HZ
    assert first_s == pytest.approx(max(0.0, STARTS_S - start_s), abs=0.02)


def test_the_same_moment_sounds_the_same_wherever_it_began(media: Media) -> None:
    whole, part = heard(media, 0.0), heard(media, 1.0)
    length = RATE_HZ // 2
    late = min(range(-60, 61), key=lambda by: np.abs(whole[RATE_HZ + by :][:length] - part[:length]).mean())
    assert np.abs(whole[RATE_HZ + late :][:length] - part[:length]).mean() < 400
    assert abs(late) / RATE_HZ < 0.002


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.25, 1.5, 2.0])
def test_speed_changes_length_but_not_pitch(media: Media, speed: float) -> None:
    samples = heard(media, 0.6, speed)
    assert len(samples) / RATE_HZ == pytest.approx((media.sound_end_s - 0.6) / speed, rel=0.05)
    assert pitch_hz(samples) == pytest.approx(PITCH_HZ, rel=0.02)


def test_speeds_that_are_heard() -> None:
    assert [audible(speed) for speed in (-1.0, 0.25, 0.5, 1.0, 2.0, 4.0)] == [False, False, True, True, True, False]


def test_it_does_not_run_far_ahead(tmp_path: Path) -> None:
    media = open_media(make_clip(tmp_path / "long.wav", sound=tone(20.0)))
    lane = SoundLane(media, 0.0, 1.0)
    deadline_s = time.monotonic() + LONGEST_S
    while len(lane._buffer) < AHEAD_BYTES and time.monotonic() < deadline_s:
        lane._thread.join(0.01)
    assert AHEAD_BYTES <= len(lane._buffer) < 2 * AHEAD_BYTES
    assert lane.ready
    assert not lane.exhausted
    assert lane.close(LONGEST_S)


def test_only_whole_samples_are_taken(media: Media) -> None:
    lane = SoundLane(media, 0.0, 1.0)
    deadline_s = time.monotonic() + LONGEST_S
    while not lane.ready and time.monotonic() < deadline_s:
        lane._thread.join(0.01)
    assert len(lane.take(FRAME_BYTES + 3)) == FRAME_BYTES
    assert lane.close(LONGEST_S)


def test_a_file_that_went_away_is_silence(tmp_path: Path) -> None:
    path = make_sounding(tmp_path / "gone.mp4")
    media = open_media(path)
    path.unlink()
    assert len(heard(media, 0.0)) == 0


def test_beyond_the_end_there_is_nothing(media: Media) -> None:
    assert len(heard(media, 60.0)) == 0
