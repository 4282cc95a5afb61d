"""Hearing a file: whole seconds of mono sound, and sound as it is coded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.media import Media, open_media
from engine.sound import SOUND_RATE_HZ
from tests.media import corrupt, make_clip, numbered_frames, speech_like, tone
from tests.unit.engine.media.clips import KINDS, make_numbered


def heard(media: Media, **range_s: float) -> np.ndarray:
    return np.concatenate([second.wave for second in media.sound(**range_s)])


@pytest.mark.parametrize("sound_rate_hz", [8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 44056])
def test_sound_of_any_rate_keeps_its_place(tmp_path: Path, sound_rate_hz: int) -> None:
    path = make_clip(tmp_path / "a.wav", sound=tone(2.4, sound_rate_hz), sound_rate_hz=sound_rate_hz)
    seconds = list(open_media(path).sound())
    assert [(second.second, second.valid_samples) for second in seconds] == [(0, 22050), (1, 22050), (2, 8820)]
    assert all(second.wave.dtype == np.float32 and second.wave.shape == (SOUND_RATE_HZ,) for second in seconds)
    wave = np.concatenate([second.wave for second in seconds])
    assert np.abs(wave - np.pad(tone(2.4, SOUND_RATE_HZ), (0, 13230)))[200:52700].max() < 2e-3
    assert not wave[2 * SOUND_RATE_HZ + 8820 :].any()


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"])
def test_sound_of_any_sample_format_has_one_scale(tmp_path: Path, codec: str) -> None:
    path = make_clip(tmp_path / "a.wav", sound=tone(1.0), sound_codec=codec)
    assert np.abs(heard(open_media(path)) - tone(1.0, SOUND_RATE_HZ))[200:-200].max() < 0.012


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_mono_is_the_mean_of_the_channels(tmp_path: Path, channels: int) -> None:
    levels = np.linspace(0.1, 0.9, channels, dtype=np.float32)
    path = make_clip(tmp_path / "a.wav", sound=levels[:, None] * tone(1.0, level=0.9))
    expected = levels.mean() * tone(1.0, SOUND_RATE_HZ, level=0.9)
    assert np.abs(heard(open_media(path)) - expected)[200:-200].max() < 2e-3


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mkv"])
def test_a_second_of_sound_does_not_depend_on_where_reading_began(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / name, numbered_frames(100), sound=speech_like(4.0, 48000), sound_rate_hz=48000)
    media = open_media(path)
    whole = {second.second: second for second in media.sound()}
    for start in range(4):
        part = list(media.sound(start + 0.4, start + 1.4))
        assert [second.second for second in part] == [k for k in (start, start + 1) if k in whole]
        assert all(np.array_equal(second.wave, whole[second.second].wave) for second in part)
        assert all(second.valid_samples == whole[second.second].valid_samples for second in part)


def test_sound_shorter_than_the_picture_ends_early(tmp_path: Path) -> None:
    media = open_media(make_clip(tmp_path / "a.mp4", numbered_frames(100), sound=tone(1.5)))
    assert media.sound_end_s == pytest.approx(1.5, abs=0.05)
    assert [second.second for second in media.sound()] == [0, 1]
    assert list(media.sound(2.0)) == []


def test_late_sound_is_in_its_place(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", numbered_frames(100), sound=tone(2.0), sound_start_s=1.25)
    media = open_media(path)
    assert media.sound_start_s == pytest.approx(1.25, abs=0.03)
    seconds = list(media.sound())
    assert [second.second for second in seconds] == [1, 2, 3]
    loud = np.abs(seconds[0].wave) > 0.05
    assert int(np.argmax(loud)) / SOUND_RATE_HZ == pytest.approx(0.25, abs=0.03)
    assert loud[SOUND_RATE_HZ // 3 :].mean() > 0.8


def test_silence_is_sound(tmp_path: Path) -> None:
    media = open_media(make_clip(tmp_path / "a.mp4", numbered_frames(50), sound=np.zeros(88200, np.float32)))
    assert [second.second for second in media.sound()] == [0, 1]
    assert not heard(media).any()


def test_no_sound_is_none(tmp_path: Path) -> None:
    media = open_media(make_clip(tmp_path / "a.mp4", numbered_frames(20)))
    assert not media.info.has_audio
    assert (media.sound_start_s, media.sound_end_s, list(media.sound())) == (0.0, 0.0, [])


def test_corrupt_sound_is_silence_and_what_follows_keeps_its_place(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.m4a", sound=speech_like(6.0))
    clean = heard(open_media(path))
    damaged = heard(open_media(corrupt(path, 0.4, 0.5)))
    assert np.isfinite(damaged).all()
    assert len(damaged) == len(clean)
    behind = slice(int(4.2 * SOUND_RATE_HZ), int(5.8 * SOUND_RATE_HZ))
    assert np.abs(clean[behind] - damaged[behind]).max() < 0.02
    assert np.abs(clean - damaged).max() > 0.1


@pytest.mark.parametrize("name", ["plain.mp4", "late.mp4", "transport.ts", "plain.mkv", "mpeg4.avi"])
def test_sound_is_heard_from_a_little_before(tmp_path: Path, name: str) -> None:
    media = open_media(make_numbered(tmp_path / name, **KINDS[name]))
    times_s = [at_s for at_s, _ in media.sound_frames()]
    assert times_s[0] == pytest.approx(media.sound_start_s, abs=0.06)
    assert times_s == sorted(times_s)
    late = next(at_s for at_s, _ in media.sound_frames(2.0))
    assert late <= 2.0
    frames = [frame for at_s, frame in media.sound_frames(2.0) if at_s >= 2.0]
    assert sum(frame.samples for frame in frames) / frames[0].sample_rate == pytest.approx(
        media.sound_end_s - 2.0, abs=0.06
    )


def test_without_sound_there_are_no_sound_frames(tmp_path: Path) -> None:
    assert list(open_media(make_clip(tmp_path / "silent.mp4", numbered_frames(3))).sound_frames()) == []
