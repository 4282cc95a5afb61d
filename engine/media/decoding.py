"""Packets and decoded frames of one file, going on behind what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, TypeVar

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.media.cancelling import Cancelled, stop_if
from engine.values import Ints

_FAILURES_IN_A_ROW: Final = 16
"""Reads that may fail one after another before the rest of a file counts as lost."""

_AnyFrame = TypeVar("_AnyFrame", VideoFrame, AudioFrame)


def packets(container: InputContainer, streams: Sequence[VideoStream | AudioStream]) -> Iterator[Packet[Any]]:
    """Packets of `streams` only; goes on behind what cannot be read as long as anything follows."""
    wanted = {stream.index for stream in streams}
    for stream in container.streams:
        if stream.index not in wanted:
            stream.discard = Discard.all
    failures = 0
    while failures < _FAILURES_IN_A_ROW:
        try:
            for packet in container.demux(*streams):
                failures = 0
                yield packet
            return
        except FFmpegError:
            failures += 1


def decoded(
    container: InputContainer,
    stream: VideoStream | AudioStream,
    decode: Callable[[Packet[Any] | None], list[_AnyFrame]],
    cancelled: Cancelled,
    entries: Ints | None = None,
) -> Iterator[_AnyFrame | None]:
    """Decoded frames in order; None for what could not be decoded, or only with damage.

    After a seek, `entries` are the stamps of all keyframes. Decoding begins at the first keyframe met, because some
    decoders make pictures of what comes before it without their past. When its stamp is unknown, as in streams whose
    seek tore a group of packets and its timestamps apart, there are no frames.

    Raises:
        CancelledError: `cancelled` became true.
    """
    entered = entries is None
    for packet in packets(container, [stream]):
        stop_if(cancelled)
        if not entered and entries is not None and packet.is_keyframe:
            if (packet.pts if packet.pts is not None else packet.dts) not in entries:
                return
            entered = True
        if entered and packet.size:
            yield from _attempt(decode, packet)
    yield from _attempt(decode, None)


def _attempt(
    decode: Callable[[Packet[Any] | None], list[_AnyFrame]], packet: Packet[Any] | None
) -> list[_AnyFrame | None]:
    try:
        return [None if frame.is_corrupt else frame for frame in decode(packet)]
    except FFmpegError:
        return [None]


def seek(container: InputContainer, stream: VideoStream | AudioStream, stamp: int) -> bool:
    """Go to a keyframe at or before `stamp`; whether the container could."""
    try:
        container.seek(stamp, stream=stream)
    except FFmpegError:
        return False
    return True


def stamp_of(picture: VideoFrame) -> int | None:
    """What tells which frame a decoded picture is: its presentation tick, else the decoding tick of its packet."""
    return picture.pts if picture.pts is not None else picture.dts


def thread_type(timed_packets: bool) -> Literal["AUTO", "SLICE"]:
    """How a decoder may spread its work."""
    # Decoding several frames at once loses which packet a frame came from, and with it a decoding timestamp.
    return "AUTO" if timed_packets else "SLICE"
