"""Small pictures for the library and the people panel: generators for the lane of files, kept by content."""

import functools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from app import places
from app.jobs.lanes import Cancelled, never
from engine.errors import CancelledError
from engine.media import Media, open_media
from engine.values import Person

Picture = NDArray[np.uint8]

VIDEO_PX: Final = QSize(320, 180)
FACE_PX: Final = QSize(128, 128)
LOOKED_AT: Final = (0.1, 0.2, 0.35, 0.5, 0.75)
"""Shares of the video at which a frame worth showing is looked for."""
DARK: Final = 24.0
FLAT: Final = 8.0
"""Mean and standard deviation (0..255) under which a frame is black, or of one colour."""
FACE_MARGIN: Final = 0.35
"""Of the longer side of the box, on each side."""


def video_thumbnail(path: Path, sha256: str, cancelled: Cancelled = never) -> Iterator[QImage | None]:
    """A frame near the begin of a video that is not black; None when it has no picture.

    Raises:
        MediaError: the video cannot be read.
    """
    file = places.pictures() / sha256 / f"video-{VIDEO_PX.width()}.png"
    yield _kept(file) or _made(file, VIDEO_PX, functools.partial(_video_frame, path, cancelled))


def face_thumbnail(path: Path, sha256: str, person: Person, cancelled: Cancelled = never) -> Iterator[QImage | None]:
    """A person's face where it is largest and seen most surely; None when it is never seen.

    Raises:
        MediaError: the video cannot be read.
    """
    row = best_row(person)
    if row is None:
        yield None
        return
    time_s, box = float(person.frames.time_s[row]), person.frames.box[row]
    place = "-".join(str(round(value)) for value in (time_s * 1000, *box.tolist()))
    file = places.pictures() / sha256 / f"face-{place}.png"
    yield _kept(file) or _made(file, FACE_PX, functools.partial(_face_crop, path, time_s, box, cancelled))


def best_row(person: Person) -> int | None:
    """The row of a person's frames with the largest product of the detector's score and the box's area.

    Frames in which the detector itself saw the face go before those to which its box was carried.
    """
    frames = person.frames
    if not len(frames):
        return None
    worth = frames.score * frames.box[:, 2] * frames.box[:, 3]
    if frames.detected.any():
        worth = np.where(frames.detected, worth, -1)
    return int(worth.argmax())


def face_square(rgb: Picture, box: NDArray[np.float32], margin: float = FACE_MARGIN) -> Picture:
    """The square about a face with a margin; beyond the picture its edge is repeated."""
    x, y, width, height = (float(value) for value in box)
    side = max(1, round(max(width, height) * (1 + 2 * margin)))
    left, top = round(x + (width - side) / 2), round(y + (height - side) / 2)
    rows = np.clip(np.arange(top, top + side), 0, rgb.shape[0] - 1)
    columns = np.clip(np.arange(left, left + side), 0, rgb.shape[1] - 1)
    return rgb[rows[:, None], columns]


def _video_frame(path: Path, cancelled: Cancelled) -> Picture | None:
    media = _opened(path, _stamp(path))
    if not media.info.has_video:
        return None
    frames = (_frame(media, share * media.end_s, cancelled) for share in LOOKED_AT)
    best: Picture | None = None
    for rgb in frames:
        sample = rgb[::8, ::8]
        if sample.mean() >= DARK and sample.std() >= FLAT:
            return rgb
        best = rgb if best is None or sample.std() > best[::8, ::8].std() else best
    return best


def _face_crop(path: Path, time_s: float, box: NDArray[np.float32], cancelled: Cancelled) -> Picture | None:
    media = _opened(path, _stamp(path))
    return face_square(_frame(media, time_s, cancelled), box) if media.info.has_video else None


def _frame(media: Media, time_s: float, cancelled: Cancelled) -> Picture:
    if cancelled():
        raise CancelledError("the thumbnail is no longer wanted")
    return media.frame_at(time_s).rgb


@functools.lru_cache(maxsize=1)
def _opened(path: Path, _stamp: tuple[int, int]) -> Media:
    """Twenty faces of one video need not read it twenty times."""
    return open_media(path)


def _stamp(path: Path) -> tuple[int, int]:
    """Size and time of change; zeros for a file that is not there, which `open_media` tells better."""
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


# The cache


def _kept(file: Path) -> QImage | None:
    image = QImage(str(file)) if file.is_file() else QImage()
    return None if image.isNull() else image


def _made(file: Path, size: QSize, make: Callable[[], Picture | None]) -> QImage | None:
    rgb = make()
    if rgb is None:
        return None
    rgb = np.ascontiguousarray(rgb)
    height, width = rgb.shape[:2]
    whole = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    scaled = whole.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    image = scaled.convertToFormat(QImage.Format.Format_RGB32)
    _keep(file, image)
    return image


def _keep(file: Path, image: QImage) -> None:
    """Keep a picture; where that is not possible it is made again next time."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(prefix=f".{file.stem}-", suffix=".png", dir=file.parent)
        os.close(handle)
    except OSError:
        return
    try:
        if image.save(unfinished, "PNG"):  # type: ignore[call-overload]
            os.replace(unfinished, file)
    except OSError:
        pass
    finally:
        Path(unfinished).unlink(missing_ok=True)
