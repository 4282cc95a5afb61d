"""The sound of an interval, and the mp3 of it."""

from pathlib import Path

import numpy as np
import pytest

from engine.media import open_media
from engine.sound import SOUND_RATE_HZ
from engine.values import F32
from tests.media import make_clip, numbered_frames, speech_like, tone
from trainer.datasets.sound import decode_mono
from trainer.preparing.voice import Heard, Mp3, hear


class Remembering:
    """Takes everything for speech, and remembers what it was given."""

    def __init__(self) -> None:
        self.before: list[F32 | None] = []

    def shares(self, waves: F32, before: F32 | None, valid: np.ndarray) -> F32:
        self.before.append(before)
        return np.ones(len(waves), np.float32)


def heard(path: Path, start_s: float, end_s: float) -> list[Heard]:
    return list(hear(open_media(path), start_s, end_s, Remembering(), lambda: False))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, F32]:
    """Ten and a half seconds of speech, and its samples."""
    wave = speech_like(10.5, SOUND_RATE_HZ)
    path = make_clip(tmp_path_factory.mktemp("speech") / "a.wav", sound=wave, sound_rate_hz=SOUND_RATE_HZ)
    return path, wave


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 10.5), (0.0, 99.0), (1.25, 3.0), (2.0, 2.5), (9.9, 10.4)])
def test_samples_of_an_interval(speech: tuple[Path, F32], start_s: float, end_s: float) -> None:
    path, wave = speech
    samples = np.concatenate([group.samples() for group in heard(path, start_s, end_s)])
    wanted = wave[round(start_s * SOUND_RATE_HZ) : round(end_s * SOUND_RATE_HZ)]
    assert len(samples) == len(wanted)
    np.testing.assert_allclose(samples / 32767, wanted, atol=2e-4)


def test_seconds_are_counted_from_the_start(speech: tuple[Path, F32]) -> None:
    groups = heard(speech[0], 0.25, 10.0)
    assert [len(group.waves) for group in groups] == [8, 2]
    assert groups[1].valid.tolist() == [SOUND_RATE_HZ, round(0.75 * SOUND_RATE_HZ)]
    assert not groups[1].waves[1, round(0.75 * SOUND_RATE_HZ) :].any()


def test_the_detector_hears_what_came_before(speech: tuple[Path, F32]) -> None:
    detector = Remembering()
    groups = list(hear(open_media(speech[0]), 0.0, 10.5, detector, lambda: False))  # type: ignore[arg-type]
    assert detector.before[0] is None
    np.testing.assert_array_equal(detector.before[1], groups[0].waves[-1])


def test_nothing_is_heard_beyond_the_sound(speech: tuple[Path, F32]) -> None:
    assert heard(speech[0], 11.0, 12.0) == []


def test_sound_that_begins_late_is_silent_before(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "late.mov", numbered_frames(100), sound=tone(1.0, SOUND_RATE_HZ), sound_rate_hz=SOUND_RATE_HZ,
        sound_codec="pcm_s16le", sound_start_s=2.5,
    )  # fmt: skip
    [group] = heard(path, 0.0, 4.0)
    assert group.silent.tolist() == [True, True, False, False]
    wave = np.concatenate(group.waves)
    assert np.abs(wave[: round(2.49 * SOUND_RATE_HZ)]).max() < 1e-3
    assert np.abs(wave[round(2.51 * SOUND_RATE_HZ) :]).max() > 0.4
    assert heard(path, 0.0, 1.5) == []


def test_the_mp3_keeps_length_place_and_sound(tmp_path: Path) -> None:
    wave = speech_like(2.3, SOUND_RATE_HZ)
    mp3 = Mp3(64)
    for piece in np.array_split(np.rint(wave * 32767).astype(np.int16), 3):
        mp3.add(piece)
    (tmp_path / "a.mp3").write_bytes(mp3.finish())
    decoded = decode_mono(tmp_path / "a.mp3")[: len(wave)]
    assert len(decoded) == len(wave)
    lags = range(-30, 31)
    likeness = [float(np.corrcoef(np.roll(decoded, lag)[100:-100], wave[100:-100])[0, 1]) for lag in lags]
    assert lags[int(np.argmax(likeness))] == 0
    assert max(likeness) > 0.97
    assert 2.3 * 7000 < (tmp_path / "a.mp3").stat().st_size < 2.3 * 9500
