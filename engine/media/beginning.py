"""What the first frames of a video say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from engine.media.cancelling import Cancelled, never
from engine.media.container import Clock, clock_origin_s, is_text, open_container, video_stream
from engine.media.decoding import decoded, thread_type
from engine.media.pictures import Picture, Turn, upright_rgb, upright_size

_PROBED_FRAMES: Final = 4


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What the first decoded frames say: the upright size, the rotation, and their timestamps."""

    width: int
    height: int
    rotation_deg: int
    ticks: tuple[int | None, ...]
    damaged: bool


def look_at_first_frames(path: Path, cancelled: Cancelled) -> FirstLook | None:
    """Decode until a few frames are seen; None when no frame of the file can be decoded."""
    seen: list[VideoFrame] = []
    damaged = False
    with open_container(path) as container:
        stream = video_stream(container)
        if stream is None:
            return None
        stream.thread_type = thread_type(timed_packets=True)
        for picture in decoded(container, stream, stream.codec_context.decode, cancelled):
            if picture is None:
                damaged = True
                continue
            seen.append(picture)
            if len(seen) == _PROBED_FRAMES:
                break
        if not seen:
            return None
        width, height = upright_size(seen[0], stream.sample_aspect_ratio)
    upright_rgb(seen[0], VideoReformatter(), width, height)  # fails here rather than later for an unknown pixel format
    return FirstLook(width, height, Turn.of(seen[0]).clockwise_deg, tuple(picture.pts for picture in seen), damaged)


def first_picture(path: str | Path) -> Picture | None:
    """What a video begins with, long before it is indexed; None when that cannot be said so soon."""
    try:
        with open_container(Path(path)) as container:
            stream = video_stream(container)
            if stream is None or is_text(container):
                return None
            stream.thread_type = "SLICE"  # one picture is there sooner than several decoded at once
            for picture in decoded(container, stream, stream.codec_context.decode, never):
                if picture is None or picture.pts is None:
                    return None
                time_s = Clock.of(stream, clock_origin_s(container)).second(picture.pts)
                size = upright_size(picture, stream.sample_aspect_ratio)
                return Picture(0, time_s, *size, picture, Turn.of(picture))
    except FFmpegError:
        return None
    return None
