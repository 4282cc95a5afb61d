"""The sound of an example: mono samples at 22,050 Hz from its first moment on, and where somebody speaks."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from engine.media import Media
from engine.sound import SOUND_RATE_HZ
from engine.speech import SpeechDetector, silent
from engine.values import F32, Bools, Ints

Cancelled = Callable[[], bool]

GROUP_S: Final = 8
"""Seconds looked at together, as analysis does."""
_LOUDEST: Final = 32767


@dataclass(frozen=True, slots=True)
class Heard:
    """Seconds of an example, counted from its start: `waves` (N, 22050) in [-1, 1], zero after `valid` (N,) samples;
    `speech` (N,) is the share of each that is voice, `silent` (N,) says whether it is digital silence."""

    waves: F32
    valid: Ints
    speech: F32
    silent: Bools

    def samples(self) -> NDArray[np.int16]:
        """(T,) all that is valid."""
        wave = np.concatenate([wave[:count] for wave, count in zip(self.waves, self.valid, strict=True)])
        return np.asarray(np.rint(wave * _LOUDEST), np.int16)


def hear(media: Media, start_s: float, end_s: float, detector: SpeechDetector, cancelled: Cancelled) -> Iterator[Heard]:
    """The sound of ``[start_s, end_s)``, a group of seconds at a time; nothing where there is none.

    Raises:
        MediaVanishedError: the file went away.
        CancelledError: `cancelled()` became true.
    """
    before: F32 | None = None
    group: list[F32] = []
    for second in _seconds(_pieces(media, start_s, end_s, cancelled)):
        group.append(second)
        if len(group) == GROUP_S or len(second) < SOUND_RATE_HZ:
            heard = _heard(group, before, detector)
            yield heard
            before, group = heard.waves[-1], []
    if group:
        yield _heard(group, before, detector)


def _heard(group: list[F32], before: F32 | None, detector: SpeechDetector) -> Heard:
    valid = np.array([len(second) for second in group], np.int64)
    waves = np.stack([np.pad(second, (0, SOUND_RATE_HZ - len(second))) for second in group])
    return Heard(waves, valid, detector.shares(waves, before, valid), silent(waves, valid))


def _pieces(media: Media, start_s: float, end_s: float, cancelled: Cancelled) -> Iterator[F32]:
    """Samples from `start_s` on, silence where the sound begins later."""
    at, stop = round(start_s * SOUND_RATE_HZ), round(min(end_s, media.sound_end_s) * SOUND_RATE_HZ)
    for second in media.sound(start_s, end_s, cancelled):
        first = second.second * SOUND_RATE_HZ
        while at < min(first, stop):
            count = min(SOUND_RATE_HZ, first - at, stop - at)
            yield np.zeros(count, np.float32)
            at += count
        piece = second.wave[at - first : min(second.valid_samples, stop - first)]
        if len(piece):
            yield piece
            at += len(piece)


def _seconds(pieces: Iterable[F32]) -> Iterator[F32]:
    """The same samples in whole seconds; the last may be shorter."""
    held = np.zeros(0, np.float32)
    for piece in pieces:
        held = np.concatenate([held, piece])
        while len(held) >= SOUND_RATE_HZ:
            yield held[:SOUND_RATE_HZ]
            held = held[SOUND_RATE_HZ:]
    if len(held):
        yield held


class Mp3:
    """An mp3 in the making: mono, 22,050 Hz."""

    def __init__(self, kbps: int) -> None:
        self._bytes = io.BytesIO()
        self._container = av.open(self._bytes, "w", format="mp3")
        self._stream = self._container.add_stream("libmp3lame", rate=SOUND_RATE_HZ, layout="mono", bit_rate=1000 * kbps)
        self._resampler = av.AudioResampler(
            self._stream.format, "mono", SOUND_RATE_HZ, frame_size=self._stream.frame_size or 576
        )
        self._count = 0

    def add(self, samples: NDArray[np.int16]) -> None:
        """Go on with (T,) samples."""
        frame = AudioFrame.from_ndarray(samples[None], "s16p", "mono")
        frame.sample_rate, frame.pts = SOUND_RATE_HZ, self._count
        self._count += len(samples)
        self._encode(frame)

    def finish(self) -> bytes:
        """The whole file."""
        self._encode(None)
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._bytes.getvalue()

    def _encode(self, frame: AudioFrame | None) -> None:
        for piece in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(piece))
