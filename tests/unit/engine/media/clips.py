"""Clips that the tests of this folder share."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from engine.media import open_media
from engine.values import Frame, Gap
from tests.media import Picture, make_clip, numbered_frames, tone

COUNT = 60
KINDS: dict[str, dict[str, object]] = {
    "plain.mp4": {},
    "b_frames_long_gop.mp4": {"b_frames": 3, "gop": 250},
    "ntsc.mov": {"rate": Fraction(30000, 1001)},
    "late.mp4": {"times_s": [1 + k / 25 for k in range(COUNT)]},
    "variable.mp4": {"times_s": np.cumsum(np.tile([0.02, 0.05, 0.11], COUNT // 3)).tolist(), "b_frames": 2},
    "plain.mkv": {},
    "vp9.webm": {"sound_rate_hz": 48000},
    "stream.webm": {"sound_rate_hz": 48000, "seekable": False},
    "hidden_frames.webm": {
        "codec": "libvpx",
        "sound_rate_hz": 48000,
        "codec_options": {"auto-alt-ref": "1", "lag-in-frames": "16", "deadline": "good"},
    },
    "transport.ts": {"b_frames": 2},
    "program.mpg": {},
    "mpeg4.avi": {"b_frames": 2},
    "without_presentation_times.avi": {"codec": "libx264", "b_frames": 2},
    "flash.flv": {},
    "hevc.mp4": {"codec": "libx265", "b_frames": 3},
}


def make_numbered(path: Path, **kind: object) -> Path:
    """`COUNT` numbered frames at 25 Hz, if the kind says nothing else, and a tone."""
    sound_rate_hz = int(kind.get("sound_rate_hz", 44100))  # type: ignore[call-overload]
    return make_clip(path, numbered_frames(COUNT), sound=tone(COUNT / 25, sound_rate_hz), **kind)  # type: ignore[arg-type]


def read(path: Path, **range_s: float) -> tuple[list[Frame], list[Gap]]:
    """All frames of a range, and what was told to be missing."""
    gaps: list[Gap] = []
    return list(open_media(path).frames(**range_s, report=gaps.append)), gaps


def decoded_times_s(path: Path) -> list[float]:
    """When a plain decoder shows every frame."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [float(frame.pts * stream.time_base) for frame in container.decode(stream)]


def quarters(rgb: Picture) -> list[float]:
    """Mean colours of the inside of the four quarters."""
    height, width = rgb.shape[:2]
    centres = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [float(value) for y, x in centres for value in rgb[y - 4 : y + 4, x - 4 : x + 4].mean(axis=(0, 1))]
