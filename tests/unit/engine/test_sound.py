"""The line of sound: placing pieces by time and cutting them into seconds."""

from __future__ import annotations

import numpy as np
import pytest

from engine.sound import SOUND_RATE_HZ, SoundLine, SoundSecond
from tests.media import tone

RATE_HZ = 48000


def lay(line: SoundLine, wave: np.ndarray, start_s: float, digits: int = 3) -> list[SoundSecond]:
    """Place a wave in pieces as a decoder gives them, their times rounded to `digits` of a second."""
    piece = 1024
    seconds: list[SoundSecond] = []
    for at in range(0, len(wave), piece):
        seconds += line.add(wave[at : at + piece], RATE_HZ, round(start_s + at / RATE_HZ, digits))
    return seconds


def joined(seconds: list[SoundSecond]) -> np.ndarray:
    return np.concatenate([second.wave for second in seconds])


def test_rounded_timestamps_leave_no_holes() -> None:
    line = SoundLine()
    wave = joined(lay(line, tone(3.0, RATE_HZ), 0.0) + list(line.finish()))
    assert len(wave) == 3 * SOUND_RATE_HZ
    assert np.abs(wave - tone(3.0, SOUND_RATE_HZ))[100:-100].max() < 1e-3


def test_a_second_comes_out_once_its_context_is_there() -> None:
    line = SoundLine()
    assert lay(line, tone(1.04, RATE_HZ), 0.0) == []
    assert [second.second for second in lay(line, tone(0.1, RATE_HZ), 1.04)] == [0]


def test_seconds_join_without_a_seam() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE_HZ).astype(np.float32)
    line = SoundLine()
    whole = joined(lay(line, noise, 0.0) + list(line.finish()))
    shifted = SoundLine()
    later = joined(lay(shifted, noise, 0.5) + list(shifted.finish()))
    half = SOUND_RATE_HZ // 2
    assert np.abs(later[half : half + 3 * SOUND_RATE_HZ] - whole[: 3 * SOUND_RATE_HZ])[500:].max() < 1e-3


def test_a_hole_is_silence_of_its_length() -> None:
    line = SoundLine()
    seconds = lay(line, tone(0.5, RATE_HZ), 0.0) + lay(line, tone(0.5, RATE_HZ), 2.0) + list(line.finish())
    wave = joined(seconds)
    assert [second.second for second in seconds] == [0, 1, 2]
    assert not wave[SOUND_RATE_HZ * 3 // 4 : SOUND_RATE_HZ * 7 // 4].any()
    assert (
        np.abs(wave[2 * SOUND_RATE_HZ + 100 :][: SOUND_RATE_HZ // 2 - 200] - wave[100 : SOUND_RATE_HZ // 2 - 100]).max()
        < 1e-3
    )


def test_an_overlap_is_dropped() -> None:
    line = SoundLine()
    seconds = lay(line, tone(1.0, RATE_HZ), 0.0) + lay(line, -tone(1.0, RATE_HZ), 0.5) + list(line.finish())
    wave = joined(seconds)
    assert seconds[-1].second == 1
    assert seconds[-1].valid_samples == pytest.approx(SOUND_RATE_HZ / 2, abs=64)
    assert np.abs(wave - tone(2.0, SOUND_RATE_HZ))[100 : SOUND_RATE_HZ - 600].max() < 1e-3


def test_a_loss_makes_the_next_timestamp_count() -> None:
    for lost in (False, True):
        line = SoundLine()
        lay(line, tone(0.5, RATE_HZ), 0.0)
        if lost:
            line.lose()
        lay(line, tone(0.5, RATE_HZ), 0.53)
        assert line.end_s == pytest.approx(1.03 if lost else 1.0, abs=0.001)


def test_a_piece_at_another_rate_fits_in() -> None:
    line = SoundLine()
    list(line.add(tone(0.5, RATE_HZ), RATE_HZ, 0.0))
    list(line.add(tone(0.5, 24000), 24000, 0.5))
    (second,) = line.finish()
    assert second.valid_samples == SOUND_RATE_HZ
    assert np.abs(second.wave - tone(1.0, SOUND_RATE_HZ))[100:-100].max() < 0.05


def test_sound_before_time_zero_is_only_context() -> None:
    line = SoundLine()
    (second,) = lay(line, tone(1.4, RATE_HZ), -0.5, digits=9) + list(line.finish())
    assert second.second == 0
    expected = tone(1.4, SOUND_RATE_HZ)[SOUND_RATE_HZ // 2 :]
    assert second.valid_samples == pytest.approx(len(expected), abs=2)
    assert np.abs(second.wave[: len(expected)] - expected)[:-100].max() < 1e-3


def test_what_is_padded_beyond_the_end_is_dropped() -> None:
    line = SoundLine(until_s=1.0)
    seconds = lay(line, tone(1.02, RATE_HZ), 0.0) + list(line.finish())
    assert [(second.second, second.valid_samples) for second in seconds] == [(0, SOUND_RATE_HZ)]


def test_seconds_before_the_first_asked_for_are_passed_over() -> None:
    line = SoundLine(first_second=2)
    seconds = lay(line, tone(3.5, RATE_HZ), 0.0) + list(line.finish())
    assert [(second.second, second.valid_samples) for second in seconds] == [(2, 22050), (3, 11025)]


def test_clipping_stays_in_range() -> None:
    square = np.sign(tone(1.0, RATE_HZ)).astype(np.float32)
    line = SoundLine()
    (second,) = lay(line, square, 0.0) + list(line.finish())
    assert np.abs(second.wave).max() == 1.0
    assert not second.wave.flags.writeable


def test_nothing_gives_nothing() -> None:
    assert list(SoundLine().finish()) == []
