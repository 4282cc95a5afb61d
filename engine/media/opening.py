"""Opening a file: what it is, when its frames are shown and when it sounds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError

from engine.errors import MediaFormatError, MediaVanishedError
from engine.media.beginning import look_at_first_frames
from engine.media.cancelling import Cancelled, never
from engine.media.container import audio_stream, clock_origin_s, is_text, open_container, video_stream
from engine.media.content import hashed_meanwhile
from engine.media.extent import NO_PICTURE, NO_SOUND, picture_extent, sound_extent
from engine.media.film import Film
from engine.media.index import NO_FRAMES, index_video
from engine.media.media import Media
from engine.media.packet_log import read_packets
from engine.media.soundtrack import Soundtrack
from engine.media.source import Source, readable_size
from engine.values import MediaInfo


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
    size_bytes = readable_size(path)
    try:
        with open_container(path) as container, hashed_meanwhile(path, cancelled) as digest:
            return _read(path, size_bytes, container, digest, cancelled)
    except FFmpegError as error:
        if not os.path.exists(path):
            raise MediaVanishedError(path, "it went away while it was read") from error
        raise MediaFormatError(path, "it is no video or sound that can be read") from error


def _read(
    path: Path, size_bytes: int, container: InputContainer, digest: Callable[[], str], cancelled: Cancelled
) -> Media:
    if is_text(container):
        raise MediaFormatError(path, "it is text, not a video or sound")
    source = Source.of(path)
    video, audio = video_stream(container), audio_stream(container)
    video_log, audio_log = read_packets(container, video, audio, cancelled)
    look = look_at_first_frames(path, cancelled) if video is not None else None
    if look is None:
        video = None
    if not audio_log.size:
        audio = None
    if video is None and audio is None:
        raise MediaFormatError(path, "it holds no picture and no sound that can be decoded")

    sound = NO_SOUND if audio is None else sound_extent(container, audio, audio_log)
    index, picture = NO_FRAMES, NO_PICTURE
    if video is not None and look is not None:
        index = index_video(path, video, video_log, look, cancelled)
        picture = picture_extent(container, video, index, sound)
    for values in (picture.times_s, index.ticks, index.keyframes):
        values.flags.writeable = False
    info = MediaInfo(
        path=str(path),
        sha256=digest(),
        size_bytes=size_bytes,
        duration_s=max(sound.end_s, picture.end_s, *(gap.end_s for gap in picture.unreadable)),
        width=look.width if look else 0,
        height=look.height if look else 0,
        frame_count=len(picture.times_s),
        average_rate_hz=picture.average_rate_hz,
        variable_rate=index.variable_rate,
        rotation_deg=look.rotation_deg if look else 0,
        has_audio=audio is not None,
        video_codec=video.codec_context.codec.canonical_name if video else None,
        audio_codec=audio.codec_context.codec.canonical_name if audio else None,
    )
    return Media(
        info,
        picture.times_s,
        index.keyframes,
        picture.end_s,
        sound.start_s,
        sound.end_s,
        picture.unreadable,
        film=Film(source, index),
        _soundtrack=Soundtrack(source, clock_origin_s(container)),
        _sound_until_s=sound.until_s,
    )
