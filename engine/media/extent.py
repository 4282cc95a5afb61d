"""From when to when there is sound and picture, and what the file should hold in between and does not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from engine.media.container import Clock, clock_origin_s
from engine.media.index import Index
from engine.media.packet_log import PacketLog
from engine.values import F64, Gap

_LONGEST_TAIL_S: Final = 0.25
"""Headers round: a file may end this much, or three frames, before what they state, and still be whole."""
_STATES_ITS_LENGTH: Final = frozenset({"mov", "matroska", "avi", "flv", "asf"})
"""Formats whose header gives a length; that of the others is FFmpeg's guess from the bit rate."""


@dataclass(frozen=True, slots=True)
class SoundExtent:
    """Start and end of the sound, and what to cut it at: a codec pads its last packet beyond the end that is stated.

    `heard_s` (N,) ascending are the times of its packets.
    """

    start_s: float
    end_s: float
    until_s: float
    heard_s: F64


NO_SOUND: Final = SoundExtent(0.0, 0.0, math.inf, np.zeros(0))


@dataclass(frozen=True, slots=True)
class PictureExtent:
    """When every frame is shown, when the last one stops being shown, and what is missing."""

    times_s: F64
    end_s: float
    unreadable: tuple[Gap, ...]

    @property
    def average_rate_hz(self) -> float:
        if len(self.times_s) > 1:
            return float((len(self.times_s) - 1) / (self.times_s[-1] - self.times_s[0]))
        return 1 / (self.end_s - float(self.times_s[0])) if len(self.times_s) else 0.0


NO_PICTURE: Final = PictureExtent(np.zeros(0), 0.0, ())


def sound_extent(container: InputContainer, audio: AudioStream, log: PacketLog) -> SoundExtent:
    """The sound's extent, by its packets and by what the header states."""
    origin_s = clock_origin_s(container)
    clock = Clock.of(audio, origin_s)
    stated_s = _stated_end_s(container, audio, origin_s)
    heard_s = clock.seconds(np.sort(np.array(log.ticks, np.int64)))
    if not log.ticks or log.end_tick is None:
        return SoundExtent(0.0, stated_s or 0.0, math.inf, heard_s)
    first, last = min(log.ticks), max(log.ticks)
    if audio.start_time is not None:
        first = max(first, audio.start_time)
    until_s = stated_s if stated_s is not None and stated_s > clock.second(last) else math.inf
    end_s = max(0.0, min(clock.second(log.end_tick), until_s))
    return SoundExtent(max(0.0, clock.second(first)), end_s, until_s, heard_s)


def picture_extent(container: InputContainer, video: VideoStream, index: Index, sound: SoundExtent) -> PictureExtent:
    """The pictures' extent, by their index and by what the header states."""
    origin_s = clock_origin_s(container)
    clock = Clock.of(video, origin_s)
    times_s = clock.seconds(index.ticks)
    stated_s = _stated_end_s(container, video, origin_s)
    end_s = _trimmed(clock.second(index.end_tick), float(times_s[-1]), stated_s)
    reached_s = end_s if video.duration else max(end_s, sound.end_s)
    frame_s = (end_s - float(times_s[0])) / len(times_s)
    holes, rest = _common_holes(times_s, sound.heard_s), _missing_rest(end_s, reached_s, stated_s, frame_s)
    return PictureExtent(times_s, end_s, (*holes, *rest))


def _stated_end_s(container: InputContainer, stream: VideoStream | AudioStream, origin_s: Fraction) -> float | None:
    """The end of the stream, or else of everything, that the header states; None for formats that state none."""
    if not _STATES_ITS_LENGTH & set(container.format.name.split(",")):
        return None
    if container.format.name == "avi" and isinstance(stream, VideoStream) and stream.frames and stream.average_rate:
        return float(stream.frames / stream.average_rate)  # its duration is of the frames that are there
    if stream.duration and stream.time_base:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base - origin_s)
    if container.duration:
        return float(Fraction((container.start_time or 0) + container.duration, av.time_base) - origin_s)
    return None


def _trimmed(end_s: float, last_s: float, stated_s: float | None) -> float:
    """The end of a stream whose last packet, begun at `last_s`, may reach beyond what the header lets be shown."""
    return min(end_s, stated_s) if stated_s is not None and stated_s > last_s else end_s


def _missing_rest(end_s: float, reached_s: float, stated_s: float | None, frame_s: float) -> list[Gap]:
    """What a header that states `stated_s` promised and a file that reaches `reached_s` does not hold."""
    if stated_s is None or stated_s - reached_s <= max(_LONGEST_TAIL_S, 3 * frame_s):
        return []
    return [Gap("unreadable", end_s, stated_s)]


def _common_holes(times_s: F64, heard_s: F64) -> list[Gap]:
    """Holes between frames in which no sound begins either, though there is some before and after.

    A picture may stand still and sound may be silent, but both are written on; so what is missing in both was lost.
    """
    if len(times_s) < 2:
        return []
    steps_s = np.diff(times_s)
    usual_s = float(np.median(steps_s))
    holes = []
    for last in np.flatnonzero(steps_s > max(_LONGEST_TAIL_S, 3 * usual_s)):
        start_s, end_s = float(times_s[last]) + usual_s, float(times_s[last + 1])
        before, after = np.searchsorted(heard_s, [start_s, end_s - usual_s])
        if 0 < before == after < len(heard_s):
            holes.append(Gap("unreadable", start_s, end_s))
    return holes
