"""A thread that decodes sound for listening: 16-bit stereo from a media time on, at a speed, at its own pitch."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from threading import Condition, Thread
from typing import Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.error import FFmpegError
from av.filter import Graph
from numpy.typing import NDArray

from engine.errors import AffectlineError
from engine.media import Media

RATE_HZ: Final = 48_000
CHANNELS: Final = 2
FRAME_BYTES: Final = 2 * CHANNELS
AHEAD_BYTES: Final = RATE_HZ * FRAME_BYTES
"""A second of sound is decoded ahead."""
RESYNC_S: Final = 0.03
"""Sound that is stamped this far from where it should be is padded or cut; less is rounding of the container."""
SLOWEST, FASTEST = 0.5, 2.0
"""Speeds at which sound is heard."""

Samples = NDArray[np.int16]


def audible(speed: float) -> bool:
    """Whether sound is played at a speed."""
    return SLOWEST <= speed <= FASTEST


class SoundLane:
    """Decodes in a thread of its own until it is closed; whoever plays takes bytes when there is room for them."""

    def __init__(self, media: Media, start_s: float, speed: float) -> None:
        self._media, self._start_s, self._speed = media, start_s, speed
        self._buffer = bytearray()
        self._condition = Condition()
        self._ended = False
        self._closed = False
        self._thread = Thread(target=self._work, name="sound", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """Whether there is something to take, or never will be."""
        return bool(self._buffer) or self._ended

    @property
    def exhausted(self) -> bool:
        """Whether all was taken and no more comes."""
        return self._ended and not self._buffer

    def take(self, most_bytes: int) -> bytes:
        """The next bytes, whole samples, as many as there are."""
        with self._condition:
            taken = bytes(self._buffer[: most_bytes - most_bytes % FRAME_BYTES])
            del self._buffer[: len(taken)]
            self._condition.notify()
        return taken

    def close(self, timeout_s: float = 0.0) -> bool:
        """Stop soon; whether the thread ended within `timeout_s`."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            for samples in self._stretched(self._in_line()):
                if not self._put(samples.tobytes()):
                    return
        except (AffectlineError, FFmpegError):
            pass  # the picture tells that the file went away; until then there is silence
        finally:
            self._ended = True

    def _put(self, sound: bytes) -> bool:
        with self._condition:
            self._condition.wait_for(lambda: self._closed or len(self._buffer) < AHEAD_BYTES)
            self._buffer += sound
            return not self._closed

    def _in_line(self) -> Iterator[Samples]:
        """(samples, 2) from the media time asked for on, with silence where the file has none."""
        resampler = av.AudioResampler("s16", "stereo", RATE_HZ)
        next_s = self._start_s
        for at_s, frame in self._media.sound_frames(self._start_s, lambda: self._closed):
            frame.pts = None  # the resampler must neither pad nor cut: that is done here
            samples = _joined(resampler.resample(frame))
            off = round((at_s - next_s) * RATE_HZ)
            if off > RESYNC_S * RATE_HZ or (off > 0 and next_s == self._start_s):
                yield np.zeros((off, CHANNELS), np.int16)
                next_s += off / RATE_HZ
            elif off < -RESYNC_S * RATE_HZ or (off < 0 and next_s == self._start_s):
                samples = samples[-off:]
            if len(samples):
                yield samples
                next_s += len(samples) / RATE_HZ

    def _stretched(self, line: Iterator[Samples]) -> Iterator[Samples]:
        if self._speed == 1:
            yield from line
            return
        graph = Graph()
        source = graph.add_abuffer(sample_rate=RATE_HZ, format="s16", layout="stereo", time_base=Fraction(1, RATE_HZ))
        tempo, sink = graph.add("atempo", f"{self._speed:g}"), graph.add("abuffersink")
        source.link_to(tempo)
        tempo.link_to(sink)
        graph.configure()
        at = 0
        for samples in line:
            frame = AudioFrame.from_ndarray(samples.reshape(1, -1), "s16", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, at, Fraction(1, RATE_HZ)
            at += len(samples)
            graph.push(frame)
            yield from _pulled(graph)
        graph.push(None)
        yield from _pulled(graph)


def _joined(frames: list[AudioFrame]) -> Samples:
    blocks = [frame.to_ndarray().reshape(-1, CHANNELS) for frame in frames]
    return np.concatenate(blocks).astype(np.int16) if blocks else np.zeros((0, CHANNELS), np.int16)


def _pulled(graph: Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield frame.to_ndarray().reshape(-1, CHANNELS).astype(np.int16)
