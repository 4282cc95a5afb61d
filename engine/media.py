"""Open a video, index its frames by the container's timestamps, stream upright pictures and 22,050 Hz mono sound.

Media time is the container's presentation time. Sound and picture share it, and nothing is shifted to begin at zero,
but for MPEG transport and program streams: their clock starts at an arbitrary value, so, as players do, it counts from
the first timestamp of the file. Edit lists are respected; frames that they cut away do not exist.

Pictures are delivered upright (display matrix applied, mirrored ones too) and with square pixels: a picture with
another sample aspect ratio is enlarged along one side, so that faces keep their shape.
"""

from __future__ import annotations

import hashlib
import math
import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from engine.errors import CancelledError, MediaFormatError, MediaNotFoundError, MediaVanishedError
from engine.sound import SOUND_RATE_HZ, SOUND_RESYNC_S, SoundLine, SoundSecond
from engine.values import F32, F64, Bools, Frame, Gap, Ints, MediaInfo

__all__ = [
    "SOUND_RATE_HZ",
    "Cancelled",
    "Media",
    "Picture",
    "PictureReader",
    "SoundSecond",
    "content_sha256",
    "first_picture",
    "ignore",
    "never",
    "open_media",
]

TICK_S: Final = 1e-6
"""Times told to the microsecond name the frame they were rounded from."""
_PROBED_FRAMES: Final = 4
_HASH_BLOCK_BYTES: Final = 1 << 20
_PACKETS_BETWEEN_CANCEL_CHECKS: Final = 512
_FAILURES_IN_A_ROW: Final = 16
"""Reads that may fail one after another before the rest of a file counts as lost."""
_LONGEST_TAIL_S: Final = 0.25
"""Headers round: a file may end this much, or three frames, before what they state, and still be whole."""
_MOST_DECODING_THREADS: Final = 16
_SOUND_RUN_UP_S: Final = 1.0
"""Decoders of sound need what came before, and some containers seek a little late."""
_PIXEL_ASPECT_LIMIT: Final = 4
"""Sample aspect ratios beyond 1:4 or 4:1 are mistakes of a writer, not shapes of a pixel."""
_NOT_MEDIA: Final = frozenset({"tty", "hls", "concat", "dash", "webm_dash_manifest", "imf", "rtsp", "sdp"})
"""Demuxers that draw text as pictures, or open further files."""
_CLOCK_WITHOUT_ORIGIN: Final = frozenset({"mpegts", "mpeg"})
_STATES_ITS_LENGTH: Final = frozenset({"mov", "matroska", "avi", "flv", "asf"})
"""Formats whose header gives a length; that of the others is FFmpeg's guess from the bit rate."""

Cancelled = Callable[[], bool]
Report = Callable[[Gap], None]
_AnyFrame = TypeVar("_AnyFrame", VideoFrame, AudioFrame)


def never() -> bool:
    """The `cancelled` of work that nobody stops."""
    return False


def ignore(gap: Gap) -> None:
    """The `report` of a reader that does not care about gaps."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """From a stream's ticks to media seconds."""

    tick_s: Fraction
    origin_s: Fraction

    @classmethod
    def of(cls, stream: VideoStream | AudioStream, origin_s: Fraction) -> _Clock:
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


@dataclass(frozen=True, slots=True)
class _Index:
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
            stamp = None if picture is None else _stamp(picture)
            if picture is None or stamp is None:
                continue
            place = int(np.searchsorted(ordered, stamp))
            if place < len(ordered) and ordered[place] == stamp:
                yield int(order[place]), picture


_NO_FRAMES: Final = _Index(np.zeros(0, np.int64), None, np.zeros(0, np.bool_), 0, True)


@dataclass(frozen=True, slots=True)
class Media:
    """An opened file. It holds no handle: every reading opens the file anew, so threads may share it.

    Attributes:
        info: what the file is.
        times_s: (N,) float64 read-only, presentation time of every frame, ascending.
        keyframes: (N,) bool read-only, frames at which decoding can begin.
        end_s: when the last frame stops being shown; 0 without video.
        sound_start_s: begin of the sound; 0 without sound.
        sound_end_s: end of the sound; 0 without sound.
        unreadable: stretches that the file should hold and does not: up to the end that its header states, and where
            neither picture nor sound goes on for a while, as in streams that lost their middle.
    """

    info: MediaInfo
    times_s: F64
    keyframes: Bools
    end_s: float
    sound_start_s: float
    sound_end_s: float
    unreadable: tuple[Gap, ...]
    _index: _Index = field(repr=False)
    _origin_s: Fraction = field(repr=False)
    _sound_until_s: float = field(repr=False)
    _opened_as: tuple[int, int] = field(repr=False)

    @property
    def path(self) -> Path:
        return Path(self.info.path)

    def frames(
        self, start_s: float = 0.0, end_s: float = math.inf, cancelled: Cancelled = never, report: Report = ignore
    ) -> Iterator[Frame]:
        """Upright RGB frames with ``start_s <= time_s < end_s``, in order; only a few are held at a time.

        Frames that cannot be decoded are left out and told to `report` as `unreadable` gaps, in order.

        Raises:
            CancelledError: `cancelled` became true.
            MediaVanishedError: the file went away.
        """
        expected, stop = (int(place) for place in np.searchsorted(self.times_s, [start_s - TICK_S, end_s - TICK_S]))
        reformatter = VideoReformatter()
        absent = [
            Gap(gap.kind, max(start_s, gap.start_s), min(end_s, gap.end_s))
            for gap in self.unreadable
            if start_s < gap.end_s and gap.start_s < end_s
        ]
        for index, picture in self._pictures(expected, cancelled) if expected < stop else ():
            if index >= stop:
                break
            if index < expected:
                continue
            while absent and absent[0].end_s <= self.times_s[index]:
                report(absent.pop(0))
            if index > expected:
                self.check_still_there()
                report(self._lost(expected, index))
            expected = index + 1
            yield self._frame(index, picture, reformatter)
        if expected < stop:
            self.check_still_there()
            report(self._lost(expected, stop))
        for gap in absent:
            report(gap)

    def frame_at(self, time_s: float) -> Frame:
        """The frame shown at `time_s`: the last that began by then, or the first one before any did.

        Where that frame cannot be decoded, it is the one a player would keep showing, or else the next.

        Raises:
            MediaFormatError: the file has no picture.
            MediaVanishedError: the file went away.
        """
        if not self.info.has_video:
            raise MediaFormatError(self.path, "it has no picture")
        wanted = max(0, int(np.searchsorted(self.times_s, time_s, side="right")) - 1)
        shown: tuple[int, VideoFrame] | None = None
        for index, picture in self._pictures(wanted, never):
            if shown is None or index <= wanted:
                shown = index, picture
            if index >= wanted:
                break
        if shown is None:
            raise MediaVanishedError(self.path, "it changed while it was read")
        return self._frame(*shown, VideoReformatter())

    def sound(
        self, start_s: float = 0.0, end_s: float = math.inf, cancelled: Cancelled = never
    ) -> Iterator[SoundSecond]:
        """The whole seconds of sound that overlap ``[start_s, end_s)``, from the one in which the sound begins on.

        Mono is the mean of the channels. A second depends on the samples around it alone, never on where reading
        began; so the sound is always decoded from its start. What cannot be decoded is silence.

        Raises:
            CancelledError: `cancelled` became true.
            MediaVanishedError: the file went away.
        """
        if not self.info.has_audio:
            return
        first = max(0, math.floor(start_s), math.floor(self.sound_start_s))
        with self._reopened() as container:
            stream = _audio_stream(container)
            if stream is None:
                raise MediaVanishedError(self.path, "it changed while it was read")
            clock, line = _Clock.of(stream, self._origin_s), SoundLine(first, self._sound_until_s)
            for frame in _decoded(container, stream, stream.codec_context.decode, cancelled):
                if frame is None:
                    line.lose()
                    continue
                at_s = None if frame.pts is None else clock.second(frame.pts)
                for second in line.add(_mono(frame), frame.sample_rate, at_s):
                    if second.second >= end_s:
                        return
                    yield second
        if line.end_s < self.sound_end_s - SOUND_RESYNC_S:
            self.check_still_there()
        for second in line.finish():
            if second.second >= end_s:
                return
            yield second

    def sound_frames(self, start_s: float = 0.0, cancelled: Cancelled = never) -> Iterator[tuple[float, AudioFrame]]:
        """Sound as it is coded, with its media time, from a little before `start_s` on: for listening, not for reading.

        Raises:
            CancelledError: `cancelled` became true.
            MediaVanishedError: the file went away.
        """
        if not self.info.has_audio:
            return
        with self._reopened() as container:
            stream = _audio_stream(container)
            if stream is None:
                raise MediaVanishedError(self.path, "it changed while it was read")
            clock = _Clock.of(stream, self._origin_s)
            if start_s > self.sound_start_s:
                _seek(container, stream, clock.tick(start_s - _SOUND_RUN_UP_S))
            for frame in _decoded(container, stream, stream.codec_context.decode, cancelled):
                if frame is not None and frame.pts is not None:
                    yield clock.second(frame.pts), frame

    def check_still_there(self) -> None:
        """See whether the file is still the one that was opened.

        Raises:
            MediaVanishedError: it went away or changed.
        """
        try:
            now = _last_change(self.path)
        except OSError as error:
            raise MediaVanishedError(self.path, "it went away while it was read") from error
        if now != self._opened_as:
            raise MediaVanishedError(self.path, "it changed while it was read")

    def _pictures(self, first: int, cancelled: Cancelled) -> Iterator[tuple[int, VideoFrame]]:
        """Decoded frames with their index, from a keyframe at or before frame `first` on."""
        for entry in self._index.entry_stamps(first):
            with self._reopened() as container:
                pictures = self._entered(container, self._video_of(container), entry, first, cancelled)
                if pictures is not None:
                    yield from pictures
                    return

    def _video_of(self, container: InputContainer) -> VideoStream:
        stream = _video_stream(container)
        if stream is None:
            raise MediaVanishedError(self.path, "it changed while it was read")
        stream.thread_type = _thread_type(self._index.timed_packets)
        return stream

    def _entered(
        self, container: InputContainer, stream: VideoStream, entry: int | None, first: int, cancelled: Cancelled
    ) -> Iterator[tuple[int, VideoFrame]] | None:
        """Decoded frames from the keyframe stamped `entry` on; None when that does not lead to frame `first`."""
        if entry is not None and not _seek(container, stream, entry):
            return None
        entries = None if entry is None else self._index.keyframe_stamps
        decoded = _decoded(container, stream, stream.codec_context.decode, cancelled, entries)
        pictures = self._index.numbered(decoded)
        head = next(pictures, None)
        # Containers without an exact index may land behind the keyframe asked for: then enter earlier.
        if entry is not None and (head is None or head[0] > first):
            return None
        return pictures if head is None else chain((head,), pictures)

    def _frame(self, index: int, picture: VideoFrame, reformatter: VideoReformatter) -> Frame:
        rgb = _upright_rgb(picture, reformatter, self.info.width, self.info.height)
        return Frame(index, float(self.times_s[index]), rgb)

    def _lost(self, first: int, stop: int) -> Gap:
        end_s = float(self.times_s[stop]) if stop < len(self.times_s) else self.end_s
        return Gap("unreadable", float(self.times_s[first]), end_s)

    @contextmanager
    def _reopened(self) -> Iterator[InputContainer]:
        with self._open_again() as container:
            yield container

    def _open_again(self) -> InputContainer:
        try:
            return _open(self.path)
        except FFmpegError as error:
            self.check_still_there()
            raise MediaVanishedError(self.path, "it changed while it was read") from error


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded frame in the form it was coded in, which takes half the memory of RGB; made upright when looked at.

    Attributes:
        index: which frame it is.
        time_s: when it is shown.
        width, height: of the upright picture with square pixels.
    """

    index: int
    time_s: float
    width: int
    height: int
    _coded: VideoFrame = field(repr=False)
    _turn: _Turn = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, near enough."""
        return self._coded.width * self._coded.height * self._coded.format.bits_per_pixel // 8

    def reduced(self, longest_px: int, reformatter: VideoReformatter) -> Picture:
        """The picture with its longer side no longer than `longest_px`, and 8 bits deep."""
        scale = min(1.0, longest_px / max(self.width, self.height))
        width, height = max(2, round(self.width * scale)), max(2, round(self.height * scale))
        stored = (height, width) if self._turn.transposed else (width, height)
        if self._coded.format.name == "yuv420p" and stored == (self._coded.width, self._coded.height):
            return self
        coded = reformatter.reformat(self._coded, *stored, "yuv420p")
        return replace(self, width=width, height=height, _coded=coded)

    def pixels(self, reformatter: VideoReformatter, layout: Literal["rgb24", "bgra"] = "rgb24") -> NDArray[np.uint8]:
        """(height, width, 3 or 4) uint8, upright."""
        stored = (self.height, self.width) if self._turn.transposed else (self.width, self.height)
        coloured = np.asarray(reformatter.reformat(self._coded, *stored, layout).to_ndarray(), np.uint8)
        return self._turn.apply(coloured)


class PictureReader:
    """Decodes pictures from wherever it is asked to. It holds the file open, for one thread, until it is closed."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._opened: tuple[InputContainer, VideoStream] | None = None

    def pictures(self, first: int, cancelled: Cancelled = never) -> Iterator[Picture]:
        """Pictures in order, from a keyframe at or before frame `first` on. Asking again ends what was given before.

        Raises:
            CancelledError: `cancelled` became true.
            MediaVanishedError: the file went away.
        """
        self._media.check_still_there()
        for entry in self._media._index.entry_stamps(first):
            if entry is None:
                self.close()
            pictures = self._media._entered(*self._open(), entry, first, cancelled)
            if pictures is not None:
                for index, picture in pictures:
                    yield _picture(index, float(self._media.times_s[index]), picture, self._media.info)
                return

    def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    def _open(self) -> tuple[InputContainer, VideoStream]:
        if self._opened is None:
            container = self._media._open_again()
            stream = self._media._video_of(container)
            # A few more threads than processors: whoever reads works between pictures, and decoding goes on meanwhile.
            stream.codec_context.thread_count = min(_MOST_DECODING_THREADS, (os.cpu_count() or 1) + 4)
            self._opened = container, stream
        return self._opened


def first_picture(path: str | Path) -> Picture | None:
    """What a video begins with, long before it is indexed; None when that cannot be said so soon."""
    try:
        with _open(Path(path)) as container:
            stream = _video_stream(container)
            if stream is None or container.format.name in _NOT_MEDIA:
                return None
            stream.thread_type = "SLICE"  # one picture is there sooner than several decoded at once
            for picture in _decoded(container, stream, stream.codec_context.decode, never):
                if picture is None or picture.pts is None:
                    return None
                width, height = _square_size(picture, stream.sample_aspect_ratio)
                turn = _turn(picture)
                time_s = _Clock.of(stream, _origin(container)).second(picture.pts)
                return Picture(0, time_s, *((height, width) if turn.transposed else (width, height)), picture, turn)
    except FFmpegError:
        return None
    return None


def _picture(index: int, time_s: float, picture: VideoFrame, info: MediaInfo) -> Picture:
    return Picture(index, time_s, info.width, info.height, picture, _turn(picture))


def _last_change(path: Path) -> tuple[int, int]:
    """Size and time of the last change: what tells that a file is still the one that was opened."""
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


def open_media(path: str | Path, cancelled: Cancelled = never) -> Media:
    """Open a file and index it, by reading its packets once without decoding them.

    Files whose packets have no timestamps, or other ones than their frames, are decoded once instead.

    Raises:
        MediaNotFoundError: there is no such file, or it may not be read.
        MediaFormatError: it is empty, no media, or nothing in it can be decoded.
        MediaVanishedError: it went away while it was read.
        CancelledError: `cancelled` became true.
    """
    path = Path(path)
    size_bytes = _readable_size(path)
    try:
        with _open(path) as container:
            return _read(path, size_bytes, container, cancelled)
    except FFmpegError as error:
        if not os.path.exists(path):
            raise MediaVanishedError(path, "it went away while it was read") from error
        raise MediaFormatError(path, "it is no video or sound that can be read") from error


def content_sha256(path: str | Path, cancelled: Cancelled = never) -> str:
    """SHA-256 of a file's bytes in hexadecimal, read 1 MiB at a time.

    Raises:
        MediaNotFoundError: there is no such file, or it may not be read.
        MediaVanishedError: it went away, or its disk did, while it was read.
        CancelledError: `cancelled` became true.
    """
    path = Path(path)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_HASH_BLOCK_BYTES):
                _stop_if(cancelled)
                digest.update(block)
    except (FileNotFoundError, PermissionError) as error:
        raise MediaNotFoundError(path, "it is not there or may not be read") from error
    except OSError as error:
        raise MediaVanishedError(path, "its disk failed while it was read") from error
    return digest.hexdigest()


def _readable_size(path: Path) -> int:
    try:
        if path.exists() and not path.is_file():
            raise MediaFormatError(path, "it is a folder or a device, not a file")
        with path.open("rb") as file:
            if not file.read(1):
                raise MediaFormatError(path, "it is empty")
        return path.stat().st_size
    except FileNotFoundError as error:
        raise MediaNotFoundError(path, "there is no such file") from error
    except PermissionError as error:
        raise MediaNotFoundError(path, "it may not be read") from error
    except OSError as error:
        raise MediaNotFoundError(path, "its disk gives an error") from error


def _open(path: Path) -> InputContainer:
    # "file:" and the whitelist keep a name with a colon, or a playlist, from becoming an address.
    return av.open(
        f"file:{path.absolute()}", metadata_errors="ignore", container_options={"protocol_whitelist": "file"}
    )


def _read(path: Path, size_bytes: int, container: InputContainer, cancelled: Cancelled) -> Media:
    if container.format.name in _NOT_MEDIA:
        raise MediaFormatError(path, "it is text, not a video or sound")
    opened_as = _last_change(path)
    video, audio = _video_stream(container), _audio_stream(container)
    origin_s = _origin(container)
    video_log, audio_log = _read_packets(container, video, audio, cancelled)
    look = _look_at_first_frames(path, cancelled) if video is not None else None
    if look is None:
        video = None
    if not audio_log.size:
        audio = None
    if video is None and audio is None:
        raise MediaFormatError(path, "it holds no picture and no sound that can be decoded")

    sound_start_s, sound_end_s, sound_until_s = 0.0, 0.0, math.inf
    if audio is not None:
        sound_start_s, sound_end_s, sound_until_s = _sound_span(container, audio, audio_log, origin_s)
    index, times_s, end_s, unreadable = _NO_FRAMES, np.zeros(0), 0.0, list[Gap]()
    if video is not None and look is not None:
        index = _picture_index(path, video, video_log, look, cancelled)
        clock = _Clock.of(video, origin_s)
        times_s = clock.seconds(index.ticks)
        stated_s = _stated_end_s(container, video, origin_s)
        end_s = _trimmed(clock.second(index.end_tick), float(times_s[-1]), stated_s)
        reached_s = end_s if video.duration else max(end_s, sound_end_s)
        if audio is not None and audio_log.ticks:
            heard_s = _Clock.of(audio, origin_s).seconds(np.sort(np.array(audio_log.ticks, np.int64)))
            unreadable += _common_holes(times_s, heard_s)
        unreadable += _missing_rest(end_s, reached_s, stated_s, frame_s=(end_s - float(times_s[0])) / len(times_s))
    for values in (times_s, index.ticks, index.keyframes):
        values.flags.writeable = False
    info = MediaInfo(
        path=str(path),
        sha256=content_sha256(path, cancelled),
        size_bytes=size_bytes,
        duration_s=max(sound_end_s, end_s, *(gap.end_s for gap in unreadable)),
        width=look.width if look else 0,
        height=look.height if look else 0,
        frame_count=len(times_s),
        average_rate_hz=_average_rate_hz(times_s, end_s),
        variable_rate=_is_variable(index.ticks),
        rotation_deg=look.rotation_deg if look else 0,
        has_audio=audio is not None,
        video_codec=video.codec_context.codec.canonical_name if video else None,
        audio_codec=audio.codec_context.codec.canonical_name if audio else None,
    )
    return Media(
        info,
        times_s,
        index.keyframes,
        end_s,
        sound_start_s,
        sound_end_s,
        tuple(unreadable),
        _index=index,
        _origin_s=origin_s,
        _sound_until_s=sound_until_s,
        _opened_as=opened_as,
    )


def _video_stream(container: InputContainer) -> VideoStream | None:
    """The video a player would choose; cover art is none, and neither is a stream without a decoder."""
    still = Disposition.attached_pic | Disposition.timed_thumbnails
    usable = [stream for stream in container.streams.video if stream.codec_context and not stream.disposition & still]
    best = container.streams.best("video")
    return next((stream for stream in usable if stream is best), usable[0] if usable else None)


def _audio_stream(container: InputContainer) -> AudioStream | None:
    """The sound a player would choose among those with a decoder."""
    usable = [stream for stream in container.streams.audio if stream.codec_context]
    best = container.streams.best("audio")
    return next((stream for stream in usable if stream is best), usable[0] if usable else None)


def _origin(container: InputContainer) -> Fraction:
    if container.format.name in _CLOCK_WITHOUT_ORIGIN and container.start_time:
        return Fraction(container.start_time, av.time_base)
    return Fraction(0)


@dataclass(slots=True)
class _PacketLog:
    """The timestamps seen while demuxing one stream: 10 bytes a packet."""

    ticks: array[int] = field(default_factory=lambda: array("q"))
    keyframes: bytearray = field(default_factory=bytearray)
    shown: bytearray = field(default_factory=bytearray)
    end_tick: int | None = None
    size: int = 0

    @property
    def timed(self) -> bool:
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


def _read_packets(
    container: InputContainer, video: VideoStream | None, audio: AudioStream | None, cancelled: Cancelled
) -> tuple[_PacketLog, _PacketLog]:
    video_log, audio_log = _PacketLog(), _PacketLog()
    hides_frames = video is not None and video.codec_context.name == "vp8"
    for count, packet in enumerate(_packets(container, [stream for stream in (video, audio) if stream is not None])):
        if count % _PACKETS_BETWEEN_CANCEL_CHECKS == 0:
            _stop_if(cancelled)
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


def _packets(container: InputContainer, streams: Sequence[VideoStream | AudioStream]) -> Iterator[Packet[Any]]:
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


def _decoded(
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
    """
    entered = entries is None
    for packet in _packets(container, [stream]):
        _stop_if(cancelled)
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


def _seek(container: InputContainer, stream: VideoStream | AudioStream, stamp: int) -> bool:
    try:
        container.seek(stamp, stream=stream)
    except FFmpegError:
        return False
    return True


def _stamp(picture: VideoFrame) -> int | None:
    return picture.pts if picture.pts is not None else picture.dts


def _thread_type(timed_packets: bool) -> Literal["AUTO", "SLICE"]:
    # Decoding several frames at once loses which packet a frame came from, and with it a decoding timestamp.
    return "AUTO" if timed_packets else "SLICE"


@dataclass(frozen=True, slots=True)
class _FirstLook:
    """What the first decoded frames say: the upright size, the rotation, and their timestamps."""

    width: int
    height: int
    rotation_deg: int
    ticks: tuple[int | None, ...]
    damaged: bool


def _look_at_first_frames(path: Path, cancelled: Cancelled) -> _FirstLook | None:
    """Decode until a few frames are seen; None when no frame of the file can be decoded."""
    seen: list[VideoFrame] = []
    damaged = False
    with _open(path) as container:
        stream = _video_stream(container)
        if stream is None:
            return None
        stream.thread_type = _thread_type(timed_packets=True)
        for picture in _decoded(container, stream, stream.codec_context.decode, cancelled):
            if picture is None:
                damaged = True
                continue
            seen.append(picture)
            if len(seen) == _PROBED_FRAMES:
                break
        if not seen:
            return None
        width, height = _square_size(seen[0], stream.sample_aspect_ratio)
    turn = _turn(seen[0])
    if turn.transposed:
        width, height = height, width
    _upright_rgb(seen[0], VideoReformatter(), width, height)  # fails here rather than later for an unknown pixel format
    return _FirstLook(width, height, turn.clockwise_deg, tuple(picture.pts for picture in seen), damaged)


def _picture_index(path: Path, video: VideoStream, log: _PacketLog, look: _FirstLook, cancelled: Cancelled) -> _Index:
    """The packets' timestamps where they are those of the frames, which the first frames tell, else the frames'."""
    index = _index_from_packets(log, video) if log.timed else _NO_FRAMES
    if len(index.ticks):
        seen = tuple(tick for tick in look.ticks if tick is None or tick >= index.ticks[0])
        if look.damaged or seen == tuple(index.ticks[: len(seen)].tolist()):
            return index
    return _index_from_frames(path, cancelled)


def _index_from_packets(log: _PacketLog, video: VideoStream) -> _Index:
    stamped = np.array(log.ticks, np.int64)
    keys, shown = (np.frombuffer(bytes(flags), np.bool_) for flags in (log.keyframes, log.shown))
    if keys.any():
        # What comes before the first keyframe, or is shown before it, refers to pictures that the file does not hold.
        first = int(np.argmax(keys))
        shown = shown & (np.arange(len(stamped)) >= first) & (stamped >= stamped[first])
    ticks, places = np.unique(stamped[shown], return_index=True)
    if not len(ticks):
        return _NO_FRAMES
    return _Index(ticks, ticks, keys[shown][places], _end_tick(ticks, log.end_tick, video), timed_packets=True)


def _index_from_frames(path: Path, cancelled: Cancelled) -> _Index:
    """Index by decoding everything once. Frames come in the order they are shown in, so their times are ascending."""
    stamps, keys, untimed = array("q"), bytearray(), False
    with _open(path) as container:
        stream = _video_stream(container)
        if stream is not None:
            stream.thread_type = _thread_type(timed_packets=False)
            for picture in _decoded(container, stream, stream.codec_context.decode, cancelled):
                if picture is not None:
                    stamp = _stamp(picture)
                    untimed = untimed or stamp is None
                    stamps.append(stamp or 0)
                    keys.append(picture.key_frame)
        if stream is None or not stamps:
            raise MediaVanishedError(path, "it changed while it was read")
        keyframes = np.frombuffer(bytes(keys), np.bool_)
        if untimed or len(set(stamps)) < len(stamps):
            ticks = np.rint(np.arange(len(stamps)) * _stated_frame_ticks(stream)).astype(np.int64)
            return _Index(ticks, None, keyframes, _end_tick(ticks, None, stream), timed_packets=False)
        ticks = np.sort(np.array(stamps, np.int64))
        return _Index(ticks, np.array(stamps, np.int64), keyframes, _end_tick(ticks, None, stream), timed_packets=False)


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


def _sound_span(
    container: InputContainer, audio: AudioStream, log: _PacketLog, origin_s: Fraction
) -> tuple[float, float, float]:
    """Start and end of the sound, and what to cut it at: a codec pads its last packet beyond the end that is stated."""
    clock = _Clock.of(audio, origin_s)
    stated_s = _stated_end_s(container, audio, origin_s)
    if not log.ticks or log.end_tick is None:
        return 0.0, stated_s or 0.0, math.inf
    first, last = min(log.ticks), max(log.ticks)
    if audio.start_time is not None:
        first = max(first, audio.start_time)
    until_s = stated_s if stated_s is not None and stated_s > clock.second(last) else math.inf
    return max(0.0, clock.second(first)), max(0.0, min(clock.second(log.end_tick), until_s)), until_s


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

    `heard_s` are the times of the packets of sound. A picture may stand still and sound may be silent, but both are
    written on; so what is missing in both was lost.
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


def _average_rate_hz(times_s: F64, end_s: float) -> float:
    if len(times_s) > 1:
        return float((len(times_s) - 1) / (times_s[-1] - times_s[0]))
    return 1 / (end_s - float(times_s[0])) if len(times_s) else 0.0


def _is_variable(ticks: Ints) -> bool:
    """Rounding to ticks moves a gap by one tick at most; where a frame is only a few ticks long, by none."""
    if len(ticks) < 3:
        return False
    gaps = np.diff(ticks)
    return bool(gaps.max() - gaps.min() > (1 if gaps.min() >= 4 else 0))


@dataclass(frozen=True, slots=True)
class _Turn:
    """How a stored picture becomes upright: first transposed, then mirrored."""

    transposed: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def clockwise_deg(self) -> int:
        """0, 90, 180 or 270; where the picture is mirrored too, the rotation after mirroring left to right."""
        if self.transposed:
            return 90 if self.mirror_x else 270
        return 180 if self.mirror_y else 0

    def apply(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.transposed:
            rgb = rgb.swapaxes(0, 1)
        if self.mirror_x:
            rgb = rgb[:, ::-1]
        if self.mirror_y:
            rgb = rgb[::-1]
        return np.ascontiguousarray(rgb)


def _turn(picture: VideoFrame) -> _Turn:
    """The quarter turn nearest to the display matrix ``a b u, c d v, x y w``: x' = a x + c y and y' = b x + d y."""
    matrix: Any = picture.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return _Turn()
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return _Turn(False, a < 0, d < 0)
    return _Turn(True, c < 0, b < 0)


def _square_size(picture: VideoFrame, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Stored width and height with square pixels: the side that is too short is enlarged."""
    if not pixel_aspect or not 1 / _PIXEL_ASPECT_LIMIT <= pixel_aspect <= _PIXEL_ASPECT_LIMIT:
        return picture.width, picture.height
    if pixel_aspect > 1:
        return round(picture.width * pixel_aspect), picture.height
    return picture.width, round(picture.height / pixel_aspect)


def _upright_rgb(picture: VideoFrame, reformatter: VideoReformatter, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 RGB; a picture of another size than the first is scaled to it."""
    turn = _turn(picture)
    if turn.transposed:
        width, height = height, width
    rgb = reformatter.reformat(picture, width, height, "rgb24").to_ndarray()
    return turn.apply(np.asarray(rgb, np.uint8))


def _mono(frame: AudioFrame) -> F32:
    """(samples,) float32 in [-1, 1]: the mean of the channels, whatever the sample format."""
    samples: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    mono: F64 = samples.mean(axis=0, dtype=np.float64)
    if samples.dtype == np.uint8:
        mono = (mono - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):
        mono = mono / -float(np.iinfo(samples.dtype).min)
    return mono.astype(np.float32)


def _stop_if(cancelled: Cancelled) -> None:
    if cancelled():
        raise CancelledError("reading the media file was cancelled")
