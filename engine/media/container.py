"""Opening a container safely, choosing its streams, and telling time on its clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from engine.values import F64, Ints

_NOT_MEDIA: Final = frozenset({"tty", "hls", "concat", "dash", "webm_dash_manifest", "imf", "rtsp", "sdp"})
"""Demuxers that draw text as pictures, or open further files."""
_CLOCK_WITHOUT_ORIGIN: Final = frozenset({"mpegts", "mpeg"})


@dataclass(frozen=True, slots=True)
class Clock:
    """From a stream's ticks to media seconds."""

    tick_s: Fraction
    origin_s: Fraction

    @classmethod
    def of(cls, stream: VideoStream | AudioStream, origin_s: Fraction) -> Clock:
        return cls(stream.time_base or Fraction(1), origin_s)

    def second(self, tick: int) -> float:
        return float(tick * self.tick_s - self.origin_s)

    def tick(self, second: float) -> int:
        return math.floor((Fraction(second) + self.origin_s) / self.tick_s)

    def seconds(self, ticks: Ints) -> F64:
        """As `second`, correctly rounded, for many ticks."""
        scale = math.lcm(self.tick_s.denominator, self.origin_s.denominator)
        seconds: F64 = (ticks * int(self.tick_s * scale) - int(self.origin_s * scale)) / scale
        return seconds


def open_container(path: Path) -> InputContainer:
    """Open a file for demuxing; FFmpeg's error is raised as it is."""
    # "file:" and the whitelist keep a name with a colon, or a playlist, from becoming an address.
    return av.open(
        f"file:{path.absolute()}", metadata_errors="ignore", container_options={"protocol_whitelist": "file"}
    )


def is_text(container: InputContainer) -> bool:
    """Whether FFmpeg took text, such as a playlist, for media."""
    return container.format.name in _NOT_MEDIA


def video_stream(container: InputContainer) -> VideoStream | None:
    """The video a player would choose; cover art is none, and neither is a stream without a decoder."""
    still = Disposition.attached_pic | Disposition.timed_thumbnails
    usable = [stream for stream in container.streams.video if stream.codec_context and not stream.disposition & still]
    best = container.streams.best("video")
    return next((stream for stream in usable if stream is best), usable[0] if usable else None)


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The sound a player would choose among those with a decoder."""
    usable = [stream for stream in container.streams.audio if stream.codec_context]
    best = container.streams.best("audio")
    return next((stream for stream in usable if stream is best), usable[0] if usable else None)


def clock_origin_s(container: InputContainer) -> Fraction:
    """What the container's clock shows at media time 0."""
    if container.format.name in _CLOCK_WITHOUT_ORIGIN and container.start_time:
        return Fraction(container.start_time, av.time_base)
    return Fraction(0)
