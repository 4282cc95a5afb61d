"""The index of a video: when every frame is shown, and where decoding can begin."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import MediaVanishedError
from engine.media.beginning import FirstLook
from engine.media.cancelling import Cancelled
from engine.media.container import open_container, video_stream
from engine.media.decoding import decoded, stamp_of, thread_type
from engine.media.packet_log import PacketLog
from engine.values import Bools, Ints


@dataclass(frozen=True, slots=True)
class Index:
    """All frames in the order in which they are shown, each once.

    `ticks` (N,) ascending are their presentation times and `end_tick` is where the last one stops being shown.
    `stamps` (N,) is what a decoded frame carries: its presentation tick where packets have one (`timed_packets`), else
    the decoding tick of its packet, which is in another order; None where there is neither and frames are counted.
    """

    ticks: Ints
    stamps: Ints | None
    keyframes: Bools
    end_tick: int
    timed_packets: bool

    @property
    def keyframe_stamps(self) -> Ints | None:
        return None if self.stamps is None else self.stamps[self.keyframes]

    @property
    def variable_rate(self) -> bool:
        """Rounding to ticks moves a gap by one tick at most; where a frame is only a few ticks long, by none."""
        if len(self.ticks) < 3:
            return False
        gaps = np.diff(self.ticks)
        return bool(gaps.max() - gaps.min() > (1 if gaps.min() >= 4 else 0))

    def entry_stamps(self, first: int) -> list[int | None]:
        """Stamps of keyframes from which decoding reaches frame `first`, nearest first; None is the start."""
        if self.stamps is None:
            return [None]
        nearest = np.flatnonzero(self.keyframes[: first + 1])[-2:][::-1]
        return [*(int(self.stamps[key]) for key in nearest if key > 0), None]

    def numbered(self, pictures: Iterator[VideoFrame | None]) -> Iterator[tuple[int, VideoFrame]]:
        """The pictures that are in the index, with their place in it."""
        if self.stamps is None:
            yield from enumerate(picture for picture in pictures if picture is not None)
            return
        order = np.argsort(self.stamps, kind="stable")
        ordered = self.stamps[order]
        for picture in pictures:
            stamp = None if picture is None else stamp_of(picture)
            if picture is None or stamp is None:
                continue
            place = int(np.searchsorted(ordered, stamp))
            if place < len(ordered) and ordered[place] == stamp:
                yield int(order[place]), picture


NO_FRAMES: Final = Index(np.zeros(0, np.int64), None, np.zeros(0, np.bool_), 0, True)


def index_video(path: Path, video: VideoStream, log: PacketLog, look: FirstLook, cancelled: Cancelled) -> Index:
    """The packets' timestamps where they are those of the frames, which the first frames tell, else the frames'."""
    index = _index_from_packets(log, video) if log.timed else NO_FRAMES
    if len(index.ticks):
        seen = tuple(tick for tick in look.ticks if tick is None or tick >= index.ticks[0])
        if look.damaged or seen == tuple(index.ticks[: len(seen)].tolist()):
            return index
    return _index_from_frames(path, cancelled)


def _index_from_packets(log: PacketLog, video: VideoStream) -> Index:
    stamped = np.array(log.ticks, np.int64)
    keys, shown = (np.frombuffer(bytes(flags), np.bool_) for flags in (log.keyframes, log.shown))
    if keys.any():
        # What comes before the first keyframe, or is shown before it, refers to pictures that the file does not hold.
        first = int(np.argmax(keys))
        shown = shown & (np.arange(len(stamped)) >= first) & (stamped >= stamped[first])
    ticks, places = np.unique(stamped[shown], return_index=True)
    if not len(ticks):
        return NO_FRAMES
    return Index(ticks, ticks, keys[shown][places], _end_tick(ticks, log.end_tick, video), timed_packets=True)


def _index_from_frames(path: Path, cancelled: Cancelled) -> Index:
    """Index by decoding everything once. Frames come in the order they are shown in, so their times are ascending."""
    stamps, keys, untimed = array("q"), bytearray(), False
    with open_container(path) as container:
        stream = video_stream(container)
        if stream is not None:
            stream.thread_type = thread_type(timed_packets=False)
            for picture in decoded(container, stream, stream.codec_context.decode, cancelled):
                if picture is not None:
                    stamp = stamp_of(picture)
                    untimed = untimed or stamp is None
                    stamps.append(stamp or 0)
                    keys.append(picture.key_frame)
        if stream is None or not stamps:
            raise MediaVanishedError(path, "it changed while it was read")
        keyframes = np.frombuffer(bytes(keys), np.bool_)
        if untimed or len(set(stamps)) < len(stamps):
            ticks = np.rint(np.arange(len(stamps)) * _stated_frame_ticks(stream)).astype(np.int64)
            return Index(ticks, None, keyframes, _end_tick(ticks, None, stream), timed_packets=False)
        ticks = np.sort(np.array(stamps, np.int64))
        return Index(ticks, np.array(stamps, np.int64), keyframes, _end_tick(ticks, None, stream), timed_packets=False)


def _end_tick(ticks: Ints, packets_end: int | None, video: VideoStream) -> int:
    """The end of the last frame: as its packet says, else after a usual gap, else after a frame of the stated rate."""
    last = int(ticks[-1])
    if packets_end is not None and packets_end > last:
        return packets_end
    if len(ticks) > 1:
        return last + int(np.median(np.diff(ticks)))
    return last + max(1, round(_stated_frame_ticks(video)))


def _stated_frame_ticks(video: VideoStream) -> float:
    rate = video.average_rate or video.guessed_rate or Fraction(25)
    return float(1 / (rate * (video.time_base or Fraction(1))))
