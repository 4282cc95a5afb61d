"""What the sound of a video looks like: a waveform and a mel spectrogram, each from whole hours down to milliseconds.

Drawn once in a child process, because librosa's import holds Python's lock for longer than a window may stand still,
and kept in the user's cache folder by the content of the video. Memory is bounded: three hours take 50 MB.
"""

import math
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app import places
from app.jobs.child import Child
from engine.values import F32, Progress

Bytes = NDArray[np.uint8]
Heights = NDArray[np.int8]
Cancelled = Callable[[], bool]

RATE_HZ: Final = 22_050
BIN: Final = 30
"""Samples a column of the finest waveform, 1.36 ms: 735 columns a second."""
HOP: Final = 441
"""Samples between columns of the spectrogram: 50 a second."""
FFT: Final = 1024
BANDS: Final = 64
FACTOR: Final = 4
"""How much coarser each level is than the one below."""
FEWEST: Final = 1024
"""Columns of the coarsest level, about."""
FLOOR_DB: Final = -100.0
STEP_DB: Final = 0.6
"""A mel value is stored as the number of these steps above the floor."""
SHOWN_DB: Final = 70.0
"""From black to white, down from the loudest."""
GROUP_S: Final = 8
FILE: Final = "sound-1.npz"
DIGITAL_SILENCE: Final = "digital silence"


@dataclass(frozen=True, slots=True)
class Level:
    """A waveform: column k is the least and the greatest sample in ``[k, k + 1) * step_s``, as shares of the loudest
    of the whole video in 1/127."""

    step_s: float
    low: Heights
    high: Heights


@dataclass(frozen=True, slots=True)
class Drawn:
    """The finest level of both pictures, from media time 0 on: what is computed and kept.

    `peak` is the loudest sample, 0..1; `low` and `high` (N,) int8; `mel` (M, 64) uint8 in steps of `STEP_DB`.
    """

    sha256: str
    peak: float
    low: Heights
    high: Heights
    mel: Bytes


@dataclass(frozen=True, slots=True)
class SoundPicture:
    """Both pictures at every scale, finest level first.

    `peak` is the loudest sample of the video, 0..1, to which the waveform is scaled. `note` says what is special:
    that there is a sound track but nothing in it, or nothing at all.
    """

    levels: tuple[Level, ...]
    peak: float
    _mels: tuple[Bytes, ...]
    _shades: Bytes

    @property
    def silent(self) -> bool:
        """Whether every sample is zero."""
        return self.peak == 0

    @property
    def note(self) -> str:
        return DIGITAL_SILENCE if self.silent else ""

    @property
    def end_s(self) -> float:
        return len(self.levels[0].low) * self.levels[0].step_s

    def mel(self, start_s: float, end_s: float, width_px: int) -> Bytes:
        """(64, width_px) uint8 of ``[start_s, end_s)``, the lowest band first: 0 is silence, 255 the loudest.

        A pixel is the loudest of the columns in it; what lies outside the sound is 0.
        """
        if width_px <= 0 or end_s <= start_s:
            return np.zeros((BANDS, max(0, width_px)), np.uint8)
        columns_per_px = (end_s - start_s) * RATE_HZ / HOP / width_px
        wanted = int(math.log(max(columns_per_px, 1.0), FACTOR))
        level = min(wanted, len(self._mels) - 1)
        table, step_s = self._mels[level], HOP / RATE_HZ * FACTOR**level
        edges = np.floor(np.linspace(start_s, end_s, width_px + 1) / step_s + 1e-9).astype(np.int64)
        first, stop = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
        picture = np.zeros((width_px, BANDS), np.uint8)
        inside = (first >= 0) & (first < len(table))
        if inside.any():
            # `reduceat` reduces from each edge to the next: every second piece is a pixel. The last edge needs a row.
            padded = np.concatenate([table[first[inside][0] : stop[inside][-1]], np.zeros((1, BANDS), np.uint8)])
            pairs = np.stack([first[inside], np.minimum(stop[inside], len(table))], axis=1) - first[inside][0]
            picture[inside] = np.maximum.reduceat(padded, pairs.ravel(), axis=0)[::2]
        shown: Bytes = self._shades[picture].T
        return np.ascontiguousarray(shown)


def sound_picture(path: Path, sha256: str, cancelled: Cancelled) -> Generator[Progress, None, SoundPicture | None]:
    """For a lane: the picture of a video's sound, from the cache or drawn anew. None without a sound track.

    Args:
        sha256: of the video's content, under which the picture is kept.

    Raises:
        MediaError: the video cannot be read.
        CancelledError: `cancelled()` became true.
    """
    file = places.pictures() / sha256 / FILE
    drawn = _kept(file)
    if drawn is None:
        child = Child("sound")
        try:
            drawn = yield from child.steps(draw, path, cancelled=cancelled)
        finally:
            child.close()
        if drawn is None:
            return None
        if drawn.sha256 == sha256:
            _keep(file, drawn)
    return picture_of(drawn)


def picture_of(drawn: Drawn) -> SoundPicture:
    """The coarser levels, from the finest."""
    levels = [Level(BIN / RATE_HZ, drawn.low, drawn.high)]
    while len(levels[-1].low) > FEWEST:
        finer = levels[-1]
        levels.append(Level(finer.step_s * FACTOR, _reduced(np.minimum, finer.low), _reduced(np.maximum, finer.high)))
    mels = [drawn.mel]
    while len(mels[-1]) > FEWEST:
        mels.append(_reduced(np.maximum, mels[-1]))
    loudest = int(mels[-1].max(initial=0))
    steps = np.arange(256) - loudest + SHOWN_DB / STEP_DB
    shades = np.clip(np.rint(steps * 255 * STEP_DB / SHOWN_DB), 0, 255).astype(np.uint8)
    shades[0] = 0  # where nothing at all is heard
    return SoundPicture(tuple(levels), drawn.peak, tuple(mels), shades)


def _reduced(reduce: np.ufunc, rows: NDArray[Any]) -> NDArray[Any]:
    """Every `FACTOR` rows made one; the last may be of fewer. Whole rows at a time, which is quick."""
    whole = len(rows) // FACTOR * FACTOR
    made = rows[0:whole:FACTOR]
    for step in range(1, FACTOR):
        made = reduce(made, rows[step:whole:FACTOR])
    if whole < len(rows):
        made = np.concatenate([made, reduce.reduce(rows[whole:], axis=0, keepdims=True)])
    return made


# In the child


def draw(cancelled: Cancelled, path: Path) -> Generator[Progress, None, Drawn | None]:
    """Read a video's sound from one end to the other; returns what is :class:`Drawn`, None without a sound track."""
    from engine.media import open_media

    media = open_media(path, cancelled)
    if not media.info.has_audio:
        return None
    began = time.perf_counter()
    waves, mels, group = _Waveform(), _Mel(), list[F32]()
    at = 0
    for second in media.sound(cancelled=cancelled):
        group += [np.zeros(RATE_HZ, np.float32)] * (second.second - at)
        group.append(second.wave)
        at = second.second + 1
        if len(group) >= GROUP_S:
            sound, group = np.concatenate(group), []
            waves.add(sound)
            mels.add(sound)
            yield Progress(float(at), media.sound_end_s, 0, time.perf_counter() - began)
    sound = np.concatenate([np.zeros(0, np.float32), *group])
    waves.add(sound)
    mels.add(sound)
    return Drawn(media.info.sha256, *waves.finished(), mels.finished())


class _Waveform:
    """Least and greatest sample of every bin. Every group is a whole number of bins."""

    def __init__(self) -> None:
        self._low: list[F32] = []
        self._high: list[F32] = []

    def add(self, sound: F32) -> None:
        bins = sound.reshape(-1, BIN)
        self._low.append(bins.min(axis=1))
        self._high.append(bins.max(axis=1))

    def finished(self) -> tuple[float, Heights, Heights]:
        """The peak, and both scaled to it."""
        low, high = np.concatenate(self._low), np.concatenate(self._high)
        peak = max(float(-low.min(initial=0)), float(high.max(initial=0)))
        scale = np.float32(127 / peak if peak > 0 else 0)
        return min(peak, 1.0), np.rint(low * scale).astype(np.int8), np.rint(high * scale).astype(np.int8)


class _Mel:
    """Columns centred on every `HOP`-th sample; sound is kept until the columns that need it are made."""

    def __init__(self) -> None:
        self._rest: F32 = np.zeros(FFT // 2, np.float32)
        self._columns: list[Bytes] = [np.zeros((0, BANDS), np.uint8)]
        self._heard = 0

    def add(self, sound: F32) -> None:
        self._heard += len(sound)
        self._rest = np.concatenate([self._rest, sound])
        self._make((len(self._rest) - FFT) // HOP + 1)

    def finished(self) -> Bytes:
        """(M, 64), the columns of what was heard."""
        left = self._heard // HOP - sum(len(columns) for columns in self._columns)
        self._rest = np.concatenate([self._rest, np.zeros(FFT, np.float32)])
        self._make(left)
        return np.concatenate(self._columns)

    def _make(self, count: int) -> None:
        if count <= 0:
            return
        import librosa

        block, self._rest = self._rest[: (count - 1) * HOP + FFT], self._rest[count * HOP :]
        power = librosa.feature.melspectrogram(
            y=block, sr=RATE_HZ, n_fft=FFT, hop_length=HOP, n_mels=BANDS, center=False
        )
        decibel = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None)
        steps = np.clip(np.rint((decibel - FLOOR_DB) / STEP_DB), 0, 255)
        self._columns.append(np.ascontiguousarray(steps.T.astype(np.uint8)))


# The cache


def _kept(file: Path) -> Drawn | None:
    """What was kept, unless there is nothing or it is damaged."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            drawn = Drawn(
                str(stored["sha256"]), float(stored["peak"]), stored["low"], stored["high"], stored["mel"]
            )  # fmt: skip
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    for values in (drawn.low, drawn.high, drawn.mel):
        values.flags.writeable = False
    return drawn


def _keep(file: Path, drawn: Drawn) -> None:
    """Keep a picture; it appears whole or not at all. Where it cannot be written it is drawn again next time."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(
                stream, sha256=np.array(drawn.sha256), peak=np.array(drawn.peak),
                low=drawn.low, high=drawn.high, mel=drawn.mel,
            )  # fmt: skip
        os.replace(unfinished, file)
    except OSError:
        Path(unfinished).unlink(missing_ok=True)
