"""Sound on the line of media time: decoded pieces in, whole seconds at 22,050 Hz out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr

from engine.values import F32

SOUND_RATE_HZ: Final = 22050
SOUND_RESYNC_S: Final = 0.05
"""Timestamps of sound jitter by their own rounding; only a step larger than this is a hole or an overlap."""
SOUND_CONTEXT_S: Final = 0.05
"""Sound on both sides of a second that its resampling sees at least; longer than the filter of soxr's VHQ."""


@dataclass(frozen=True, slots=True)
class SoundSecond:
    """The mono sound of media time ``[second, second + 1)``.

    `wave` (22050,) float32 in [-1, 1] read-only, zero where there is no sound; the sound ends after `valid_samples`.
    """

    second: int
    wave: F32
    valid_samples: int


class SoundLine:
    """Places pieces of sound on a line at their native rate and resamples it second by second.

    Samples are counted on from one piece to the next; only a step of more than `SOUND_RESYNC_S`, or the first piece
    after a loss, is placed by its timestamp, with silence before it or its overlap dropped. A second is resampled from
    its own samples and a fixed context around them, so it is the same wherever reading begins. What comes after
    `until_s` is dropped.
    """

    def __init__(self, first_second: int = 0, until_s: float = math.inf) -> None:
        self._second = first_second
        self._until_s = until_s
        self._rate_hz = 0
        self._context = 0  # native samples
        self._chunks: list[F32] = []
        self._begin = 0  # native sample at which the chunks begin, counted from media time 0
        self._end = 0  # and at which they end
        self._tolerance_s = 0.0

    @property
    def end_s(self) -> float:
        """Where the sound placed so far ends."""
        return self._end / self._rate_hz if self._rate_hz else 0.0

    def lose(self) -> None:
        """Something could not be decoded: trust the timestamp of what follows."""
        self._tolerance_s = 0.0

    def add(self, wave: F32, rate_hz: int, at_s: float | None) -> Iterator[SoundSecond]:
        """Place (samples,) mono sound that is to begin at `at_s`, None if unknown, and give the seconds now complete.

        The line has the rate of the first piece; a piece at another rate is resampled to it.
        """
        if not self._rate_hz:
            self._set_rate(rate_hz)
            self._begin = self._end = min(self._needed_from, max(0, round((at_s or 0.0) * rate_hz)))
        elif rate_hz != self._rate_hz:
            wave = soxr.resample(wave, rate_hz, self._rate_hz)
        start = self._end
        if at_s is not None and abs(at_s - self.end_s) > self._tolerance_s:
            start = round(at_s * self._rate_hz)
        while self._end < start:
            self._append(np.zeros(min(self._rate_hz, start - self._end), np.float32))
            yield from self._complete()
        room = math.inf if math.isinf(self._until_s) else math.ceil(self._until_s * self._rate_hz) - start
        kept = wave[self._end - start : int(min(len(wave), max(0, room)))]
        self._append(kept)
        # As long as all of it overlaps what is there, the place of the next piece is open too.
        self._tolerance_s = SOUND_RESYNC_S if len(kept) else 0.0
        yield from self._complete()

    def finish(self) -> Iterator[SoundSecond]:
        """The seconds still open, the last one padded with zeros."""
        end = self._end
        while self._rate_hz and self._second * self._rate_hz < end:
            valid = math.ceil((end - self._second * self._rate_hz) * SOUND_RATE_HZ / self._rate_hz)
            self._append(np.zeros(max(0, self._needed_until - self._end), np.float32))
            yield self._resample(min(SOUND_RATE_HZ, valid))

    def _set_rate(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        # Context in whole steps of both rates, so that the cut after resampling falls on a sample.
        step = rate_hz // math.gcd(rate_hz, SOUND_RATE_HZ)
        self._context = step * math.ceil(SOUND_CONTEXT_S * rate_hz / step)

    @property
    def _needed_from(self) -> int:
        return self._second * self._rate_hz - self._context

    @property
    def _needed_until(self) -> int:
        return (self._second + 1) * self._rate_hz + self._context

    def _append(self, wave: F32) -> None:
        if len(wave):
            self._chunks.append(wave)
            self._end += len(wave)

    def _complete(self) -> Iterator[SoundSecond]:
        if self._end <= self._needed_from:
            self._chunks.clear()
            self._begin = self._end
        while self._end >= self._needed_until:
            yield self._resample(SOUND_RATE_HZ)

    def _resample(self, valid_samples: int) -> SoundSecond:
        native = np.concatenate(self._chunks)
        block = native[self._needed_from - self._begin : self._needed_until - self._begin]
        skipped = self._context * SOUND_RATE_HZ // self._rate_hz
        resampled = soxr.resample(block, self._rate_hz, SOUND_RATE_HZ, quality="VHQ")
        wave = np.clip(resampled[skipped : skipped + SOUND_RATE_HZ], -1, 1)
        wave[valid_samples:] = 0
        wave.flags.writeable = False
        done = SoundSecond(self._second, wave, valid_samples)
        self._second += 1
        self._chunks = [native[self._needed_from - self._begin :]]
        self._begin = self._needed_from
        return done
