"""Short voice clips as samples: decoding, and cutting into seconds."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
import soxr
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from engine.errors import MediaError, MediaFormatError, MediaNotFoundError
from trainer.datasets.example import VoiceClip

F32 = NDArray[np.float32]
Ints = NDArray[np.int64]

RATE_HZ: Final = 22_050

_SHORTEST_TAIL: Final = round(0.25 * RATE_HZ)


@dataclass(frozen=True, slots=True)
class Waves:
    """Decoded clips: `samples[i]` (T,) float32 in [-1, 1] at `RATE_HZ` is of `clips[i]`.

    `skipped` has one clause for each clip that could not be decoded.
    """

    clips: tuple[VoiceClip, ...]
    samples: tuple[F32, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seconds:
    """A wave cut into seconds: `samples` (W, 22050) float32, zero after `length` (W,) samples."""

    samples: F32
    length: Ints


def decode_mono(path: Path) -> F32:
    """The whole sound of a short file, (T,) float32 in [-1, 1], mean of its channels, at 22,050 Hz.

    Packets that cannot be decoded are passed over.

    Raises:
        MediaNotFoundError: there is no such file, or it may not be read.
        MediaFormatError: nothing in it can be decoded as sound.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise MediaFormatError(path, "it has no sound")
            pieces, rate_hz = _decode(container)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise MediaNotFoundError(path, "there is no such file, or it may not be read") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaFormatError(path, "it cannot be decoded as sound") from error
    if not pieces:
        raise MediaFormatError(path, "it cannot be decoded as sound")
    native = np.concatenate(pieces)
    wave = native if rate_hz == RATE_HZ else soxr.resample(native, rate_hz, RATE_HZ)
    return np.clip(np.nan_to_num(wave), -1, 1).astype(np.float32)


def _decode(container: av.container.InputContainer) -> tuple[list[F32], int]:
    """Mono pieces at the stream's rate, and that rate."""
    stream = container.streams.audio[0]
    rate_hz = stream.rate
    to_float = AudioResampler(format="fltp", rate=rate_hz)
    pieces: list[F32] = []
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            continue
        pieces += [piece.to_ndarray().mean(axis=0) for frame in frames for piece in to_float.resample(frame)]
    return pieces, rate_hz


def read_waves(clips: Iterable[VoiceClip]) -> Waves:
    """Decode clips whole; those that cannot be are left out, with the reason."""
    kept, samples, skipped = [], [], []
    for clip in clips:
        try:
            wave = decode_mono(clip.path)
        except MediaError as error:
            skipped.append(f"{clip.path.name}: {error.reason}")
            continue
        kept.append(clip)
        samples.append(wave)
    return Waves(tuple(kept), tuple(samples), tuple(skipped))


def voice_windows(wave: F32) -> Seconds:
    """Cut a wave (T,) into its seconds; the last is zero-padded, or dropped under 0.25 s unless it is the only one."""
    whole, tail = divmod(len(wave), RATE_HZ)
    length = [RATE_HZ] * whole
    if tail >= _SHORTEST_TAIL or (tail and not whole):
        length.append(tail)
    used = sum(length)
    samples = np.zeros(len(length) * RATE_HZ, np.float32)
    samples[:used] = wave[:used]
    return Seconds(samples.reshape(-1, RATE_HZ), np.array(length, np.int64))
