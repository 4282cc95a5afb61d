"""Looking at pictures here and there, as a player does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from av.container import InputContainer
from av.video.stream import VideoStream

from engine.media.cancelling import Cancelled, never
from engine.media.media import Media
from engine.media.pictures import Picture, Turn

_MOST_DECODING_THREADS: Final = 16


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
        film, times_s, info = self._media.film, self._media.times_s, self._media.info
        film.source.check_still_there()
        for entry in film.index.entry_stamps(first):
            if entry is None:
                self.close()
            pictures = film.entered(*self._open(), entry, first, cancelled)
            if pictures is not None:
                for index, coded in pictures:
                    yield Picture(index, float(times_s[index]), info.width, info.height, coded, Turn.of(coded))
                return

    def close(self) -> None:
        """Let go of the file."""
        if self._opened is not None:
            self._opened[0].close()
            self._opened = None

    def _open(self) -> tuple[InputContainer, VideoStream]:
        if self._opened is None:
            container = self._media.film.source.reopen()
            stream = self._media.film.stream(container)
            # A few more threads than processors: whoever reads works between pictures, and decoding goes on meanwhile.
            stream.codec_context.thread_count = min(_MOST_DECODING_THREADS, (os.cpu_count() or 1) + 4)
            self._opened = container, stream
        return self._opened
