"""Makes the clips that tests read: pictures, sound and damage, all generated and the same every time.

The face is that of scikit-image's astronaut (public domain, in its package).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from skimage import data

Picture = NDArray[np.uint8]
Wave = NDArray[np.float32]

VIDEO_CODECS = {".mp4": "libx264", ".mov": "libx264", ".mkv": "libx264", ".ts": "libx264", ".webm": "libvpx-vp9"}
VIDEO_CODECS |= {".mpg": "mpeg1video", ".avi": "mpeg4", ".flv": "flv", ".gif": "gif"}
SOUND_CODECS = {".mp4": "aac", ".mov": "aac", ".mkv": "aac", ".ts": "aac", ".webm": "libopus", ".mpg": "mp2"}
SOUND_CODECS |= {".avi": "pcm_s16le", ".flv": "aac", ".wav": "pcm_s16le", ".mp3": "libmp3lame", ".m4a": "aac"}
FORMANTS_HZ = ((600.0, 150.0), (1400.0, 250.0), (2600.0, 350.0))
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def make_clip(
    path: Path,
    frames: Iterable[Picture] = (),
    *,
    rate: Fraction | int = 25,
    times_s: Sequence[float] | None = None,
    codec: str | None = None,
    pixels: str = "yuv420p",
    gop: int = 12,
    b_frames: int = 0,
    rotation_deg: int = 0,
    mirrored: bool = False,
    pixel_aspect: Fraction | None = None,
    sound: Wave | None = None,
    sound_rate_hz: int = 44100,
    sound_codec: str | None = None,
    sound_start_s: float = 0.0,
    seekable: bool = True,
    codec_options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write (H, W, 3) uint8 RGB frames, and sound of shape (samples,) or (channels, samples) in [-1, 1], to `path`.

    Its suffix chooses container and codecs. Without `times_s` frame k is shown at k / rate. `rotation_deg` is by how
    much a player has to turn the stored pictures clockwise, after it mirrored them left to right if `mirrored`.
    Not `seekable`: written as a stream, so that the header cannot tell the duration.
    """
    frames = list(frames)
    options = dict(container_options or {})
    if path.suffix in (".mp4", ".mov", ".m4a"):
        options.setdefault("movflags", "faststart")
    target = str(path) if seekable else _Unseekable(path)
    with av.open(target, "w", format=_format(path), container_options=options) as container:
        writers = []
        if frames:
            writers.append(
                _VideoWriter(container, codec or VIDEO_CODECS[path.suffix], frames, Fraction(rate), times_s, pixels)
            )
            stream = writers[0].stream
            stream.codec_context.gop_size = gop
            stream.codec_context.max_b_frames = b_frames
            stream.options = {"bf": str(b_frames)} | _quick(stream.codec_context.name) | (codec_options or {})
            if rotation_deg or mirrored:
                stream.set_display_rotation(rotation_deg if mirrored else -rotation_deg, hflip=mirrored)
            if pixel_aspect is not None:
                stream.codec_context.sample_aspect_ratio = pixel_aspect
        if sound is not None:
            name = sound_codec or SOUND_CODECS[path.suffix]
            writers.append(_SoundWriter(container, name, np.atleast_2d(sound), sound_rate_hz, sound_start_s))
        _interleave([writer.write() for writer in writers])
    return path


def _interleave(writers: list[Iterator[float]]) -> None:
    """Let each writer, which gives the time it has reached, go on when it is behind the others."""
    reached = dict.fromkeys(range(len(writers)), float("-inf"))
    while reached:
        behind = min(reached, key=lambda k: reached[k])
        time_s = next(writers[behind], None)
        if time_s is None:
            del reached[behind]
        else:
            reached[behind] = time_s


class _Unseekable(io.RawIOBase):
    """A file that can only be written from front to back."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: bytes) -> int:
        return self._file.write(data)

    def close(self) -> None:
        self._file.close()
        super().close()


class _VideoWriter:
    def __init__(
        self,
        container: OutputContainer,
        codec: str,
        frames: list[Picture],
        rate: Fraction,
        times_s: Sequence[float] | None,
        pixels: str,
    ) -> None:
        self._container, self._frames = container, frames
        self._times_s = [Fraction(k) / rate for k in range(len(frames))] if times_s is None else list(times_s)
        self.stream = container.add_stream(codec, rate=rate)
        self.stream.height, self.stream.width = frames[0].shape[:2]
        self.stream.pix_fmt = pixels
        if times_s is not None:
            self.stream.codec_context.time_base = Fraction(1, 90000)

    def write(self) -> Iterator[float]:
        time_base = self.stream.codec_context.time_base or 1 / self.stream.codec_context.framerate
        for rgb, time_s in zip(self._frames, self._times_s, strict=True):
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(rgb), "rgb24").reformat(format=self.stream.pix_fmt)
            frame.time_base = time_base
            frame.pts = round(Fraction(time_s) / time_base)
            self._container.mux(self.stream.encode(frame))
            yield float(time_s)
        self._container.mux(self.stream.encode())


class _SoundWriter:
    def __init__(self, container: OutputContainer, codec: str, wave: Wave, rate_hz: int, start_s: float) -> None:
        self._container, self._wave, self._rate_hz = container, wave, rate_hz
        self._start = round(start_s * rate_hz)
        self.stream = container.add_stream(codec, rate=rate_hz, layout=LAYOUTS[len(wave)])

    def write(self) -> Iterator[float]:
        resampler = av.AudioResampler(self.stream.codec_context.format, self.stream.codec_context.layout, self._rate_hz)
        size = self.stream.codec_context.frame_size or 1024
        for at in range(0, self._wave.shape[1], size):
            block = np.ascontiguousarray(self._wave[:, at : at + size], np.float32)
            frame = AudioFrame.from_ndarray(block, "fltp", LAYOUTS[len(block)])
            frame.sample_rate = self._rate_hz
            frame.time_base = Fraction(1, self._rate_hz)
            frame.pts = self._start + at
            for converted in resampler.resample(frame):
                self._container.mux(self.stream.encode(converted))
            yield (self._start + at) / self._rate_hz
        self._container.mux(self.stream.encode())


def _format(path: Path) -> str | None:
    return {".mkv": "matroska", ".ts": "mpegts", ".mpg": "mpeg", ".m4a": "mp4"}.get(path.suffix, path.suffix[1:])


def _quick(codec: str) -> dict[str, str]:
    return {
        "libx264": {"preset": "ultrafast", "crf": "18"},
        "libx265": {"preset": "ultrafast", "crf": "18", "x265-params": "log-level=none"},
        "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b": "2M"},
        "libvpx": {"deadline": "realtime", "cpu-used": "8", "b": "2M"},
        "mpeg1video": {"b": "2M"},
        "mpeg4": {"b": "2M"},
    }.get(codec, {})


def photograph(name: str = "astronaut") -> Picture:
    """One of scikit-image's bundled photographs, (H, W, 3) uint8: astronaut, coffee, chelsea, rocket."""
    picture: Picture = getattr(data, name)()
    return picture


def face_frames(
    count: int,
    *,
    width: int = 320,
    height: int = 240,
    face_px: float = 110.0,
    sway_px: float = 12.0,
    period: float = 50.0,
    other_person: bool = False,
) -> list[Picture]:
    """The astronaut's face, about `face_px` high and in the middle, swaying by `sway_px` once every `period` frames.

    `other_person` mirrors the photograph and darkens it, so that it is another picture of the same kind.
    """
    picture, centre_x, centre_y, face_height = photograph(), 223.0, 120.0, 135.0
    if other_person:
        picture, centre_x = np.uint8(picture[:, ::-1] * (0.8, 0.7, 0.6)), picture.shape[1] - centre_x
    scale = face_px / face_height
    turns = 2 * np.pi * np.arange(count) / period
    moves = np.stack([np.sin(turns), 0.5 * np.sin(2 * turns)], axis=1) * sway_px
    return [
        np.asarray(
            cv2.warpAffine(
                picture,
                np.array([[scale, 0, width / 2 + x - scale * centre_x], [0, scale, height / 2 + y - scale * centre_y]]),
                (width, height),
                flags=cv2.INTER_AREA,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.uint8,
        )
        for x, y in moves
    ]


def cut_frames(count: int, cut_at: int, **size: float) -> list[Picture]:
    """`face_frames` of one person, and from frame `cut_at` on of the other."""
    return face_frames(cut_at, **size) + face_frames(count - cut_at, other_person=True, **size)  # type: ignore[arg-type]


def numbered_frames(count: int, width: int = 64, height: int = 48) -> list[Picture]:
    """Pictures that `frame_number` tells apart after lossy coding: 8 columns, white for a 1 of the number in binary."""
    bits = (np.arange(count)[:, None] >> np.arange(8)) & 1
    columns = np.repeat(bits, width // 8, axis=1).astype(np.uint8) * 200 + 20
    return [np.ascontiguousarray(np.broadcast_to(row[None, :, None], (height, width, 3))) for row in columns]


def frame_number(rgb: Picture) -> int:
    """The number that `numbered_frames` wrote."""
    columns = rgb.mean(axis=(0, 2)).reshape(8, -1).mean(axis=1)
    return int(((columns > 120).astype(int) << np.arange(8)).sum())


def corner_frame(width: int = 64, height: int = 48) -> Picture:
    """A dark picture whose quarter at the top left is red and whose quarter at the top right is blue."""
    picture = np.full((height, width, 3), 30, np.uint8)
    picture[: height // 2, : width // 2] = (220, 20, 20)
    picture[: height // 2, width // 2 :] = (20, 20, 220)
    return picture


def tone(duration_s: float, rate_hz: int = 44100, pitch_hz: float = 440.0, level: float = 0.5) -> Wave:
    """(samples,) float32 sine that is zero at time 0."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)


def speech_like(duration_s: float, rate_hz: int = 44100, pitch_hz: float = 130.0, seed: int = 0) -> Wave:
    """(samples,) float32: harmonics of a wandering pitch under three formants, in syllables with hissing onsets."""
    random = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    pitch = pitch_hz * (1 + 0.08 * np.sin(2 * np.pi * 0.7 * time_s) + 0.02 * np.sin(2 * np.pi * 5 * time_s))
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    voice = np.zeros_like(time_s)
    for harmonic in range(1, 28):
        at_hz = harmonic * pitch_hz
        gain = sum(np.exp(-(((at_hz - formant) / width) ** 2)) for formant, width in FORMANTS_HZ)
        voice += gain * np.sin(harmonic * phase)
    syllable = (4.0 * time_s) % 1.0
    envelope = np.sin(np.pi * np.clip(syllable / 0.8, 0, 1)) ** 2
    hiss = random.normal(0, 0.15, len(time_s)) * np.clip(1 - syllable / 0.12, 0, 1)
    wave = voice / np.abs(voice).max(initial=1e-9) * envelope + hiss
    return (0.5 * np.clip(wave, -1, 1)).astype(np.float32)


def truncate(path: Path, fraction: float) -> Path:
    """Keep the first `fraction` of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * fraction)])
    return path


def corrupt(path: Path, start: float, stop: float) -> Path:
    """Overwrite the part of a file between two fractions of its length with noise."""
    content = bytearray(path.read_bytes())
    begin, end = int(len(content) * start), int(len(content) * stop)
    content[begin:end] = np.random.default_rng(0).bytes(end - begin)
    path.write_bytes(content)
    return path
