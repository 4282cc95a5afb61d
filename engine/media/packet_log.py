"""Reading a file's packets once, without decoding them."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any, Final

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from engine.media.cancelling import Cancelled, stop_if
from engine.media.decoding import packets

_PACKETS_BETWEEN_CANCEL_CHECKS: Final = 512


@dataclass(slots=True)
class PacketLog:
    """The timestamps seen while demuxing one stream: 10 bytes a packet."""

    ticks: array[int] = field(default_factory=lambda: array("q"))
    keyframes: bytearray = field(default_factory=bytearray)
    shown: bytearray = field(default_factory=bytearray)
    end_tick: int | None = None
    size: int = 0

    @property
    def timed(self) -> bool:
        """Whether every packet has a presentation time."""
        return self.size == len(self.ticks) > 0

    def add(self, packet: Packet[Any]) -> None:
        self.size += 1
        if packet.pts is None:
            return
        self.ticks.append(packet.pts)
        self.keyframes.append(packet.is_keyframe)
        self.shown.append(not packet.is_discard)
        if not packet.is_discard:
            end_tick = packet.pts + (packet.duration or 0)
            self.end_tick = end_tick if self.end_tick is None else max(end_tick, self.end_tick)


def read_packets(
    container: InputContainer, video: VideoStream | None, audio: AudioStream | None, cancelled: Cancelled
) -> tuple[PacketLog, PacketLog]:
    """What the packets of both streams say.

    Raises:
        CancelledError: `cancelled` became true.
    """
    video_log, audio_log = PacketLog(), PacketLog()
    hides_frames = video is not None and video.codec_context.name == "vp8"
    for count, packet in enumerate(packets(container, [stream for stream in (video, audio) if stream is not None])):
        if count % _PACKETS_BETWEEN_CANCEL_CHECKS == 0:
            stop_if(cancelled)
        if not packet.size:
            continue
        if video is None or packet.stream_index != video.index:
            audio_log.add(packet)
        elif not (hides_frames and _is_hidden(packet)):
            video_log.add(packet)
    return video_log, audio_log


def _is_hidden(packet: Packet[Any]) -> bool:
    """A VP8 frame that is referred to but never shown: `show_frame` of its header (RFC 6386, 9.1) is 0."""
    return not memoryview(packet)[0] & 0x10
