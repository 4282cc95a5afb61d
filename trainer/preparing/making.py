"""One example from its file to its place in the cache."""

import math
from collections.abc import Callable, Generator, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from engine.errors import MediaFormatError
from engine.faces.detector import FaceDetector
from engine.media import Media
from engine.sound import SOUND_RATE_HZ
from engine.speech import SpeechDetector
from engine.values import F32, Bools
from trainer.datasets.example import Example
from trainer.preparing.faces import FollowedFace, Follower, Watched, cut
from trainer.preparing.item import Facts, Item, ItemWriter
from trainer.preparing.settings import Settings
from trainer.preparing.voice import Heard, Mp3, hear

FOLLOWING_SHARE = 0.8
"""Of the work on a face, what finding and following it takes; the rest is cutting it."""
_NOBODY = Watched(None, 0, ())
Share = float


class Maker:
    """Makes items; networks are loaded when the first example needs them.

    Args:
        device: where faces are found.
    """

    def __init__(self, settings: Settings, cancelled: Callable[[], bool], device: str = "cpu") -> None:
        self._settings, self._cancelled, self._device = settings, cancelled, device

    def make(self, example: Example, media: Media, place: Path) -> Generator[Share, None, Item]:
        """Prepare an example; gives the share of the work that is done, and returns the item.

        What is unfinished when it is left is removed.

        Raises:
            MediaError: nothing of the file lies in the example's interval, or the file went away.
            StorageError: the disk is full or gone.
            CancelledError: `cancelled()` became true.
        """
        start_s, end_s = _span(media, example)
        writer = ItemWriter(place)
        item = None
        try:
            watched = _NOBODY
            if example.modality != "voice" and media.info.has_video:
                watched = yield from self._watch(media, start_s, end_s, writer)
            sound = _Sound(writer, self._settings)
            if example.modality != "face" and media.info.has_audio:
                for heard in hear(media, start_s, end_s, self._speech, self._cancelled):
                    sound.add(heard)
                    share = sound.samples / SOUND_RATE_HZ / (end_s - start_s)
                    yield 1.0 if watched is not _NOBODY else min(1.0, share)  # beside faces, listening is nothing
            item = writer.finish(self._facts(watched, sound))
            return item
        finally:
            if item is None:
                writer.discard()

    def _watch(self, media: Media, start_s: float, end_s: float, writer: ItemWriter) -> Generator[Share, None, Watched]:
        """Follow everybody, then cut the main face."""
        follower = Follower(media, start_s, end_s, self._faces)
        for time_s in follower.frames(self._cancelled):
            yield FOLLOWING_SHARE * (time_s - start_s) / (end_s - start_s)
        watched = follower.watched()
        if watched.face is not None:
            for time_s in self._cut(media, start_s, watched.face, writer):
                yield FOLLOWING_SHARE + (1 - FOLLOWING_SHARE) * (time_s - start_s) / (end_s - start_s)
        return watched

    def _cut(self, media: Media, start_s: float, face: FollowedFace, writer: ItemWriter) -> Iterator[float]:
        files = self._settings.crop_files
        for row, time_s, crops in cut(media, start_s, face, files.values(), self._cancelled):
            for name, crop in zip(files, crops, strict=True):
                writer.put(name, crop.tobytes(), row * crop.nbytes)
            yield time_s

    def _facts(self, watched: Watched, sound: "_Sound") -> Facts:
        return Facts(
            settings=self._settings, face=watched.face, samples=sound.samples, sound_bytes=sound.finish(),
            speech=np.concatenate([np.zeros(0, np.float32), *sound.speech]),
            silent=np.concatenate([np.zeros(0, np.bool_), *sound.silent]),
            people=watched.people, unreadable_s=sum(gap.end_s - gap.start_s for gap in watched.unreadable),
        )  # fmt: skip

    @cached_property
    def _faces(self) -> FaceDetector:
        return FaceDetector(self._device)

    @cached_property
    def _speech(self) -> SpeechDetector:
        return SpeechDetector()


class _Sound:
    """The sound of an example on its way to the disk."""

    def __init__(self, writer: ItemWriter, settings: Settings) -> None:
        self._writer, self._name = writer, settings.sound_file
        self._mp3 = Mp3(settings.mp3_kbps) if settings.sound == "mp3" else None
        self._size_bytes = 0
        self.samples = 0
        self.speech: list[F32] = []
        self.silent: list[Bools] = []

    def add(self, heard: Heard) -> None:
        samples = heard.samples()
        self.samples += len(samples)
        self.speech.append(heard.speech)
        self.silent.append(heard.silent)
        if self._mp3 is not None:
            self._mp3.add(samples)
        else:
            self._put(samples.tobytes())

    def finish(self) -> int:
        """Bytes written in all."""
        if self._mp3 is not None and self.samples:
            self._put(self._mp3.finish())
        return self._size_bytes

    def _put(self, data: bytes) -> None:
        self._writer.put(self._name, data)
        self._size_bytes += len(data)


def _span(media: Media, example: Example) -> tuple[float, float]:
    """The example's interval, cut to the media."""
    end_s = min(math.inf if example.end_s is None else example.end_s, media.info.duration_s)
    if end_s <= example.start_s:
        raise MediaFormatError(media.path, f"nothing lies between {example.start_s:g} s and its end, {end_s:g} s")
    return example.start_s, end_s
