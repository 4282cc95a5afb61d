"""The one thread that opens and decodes: the newest wish wins, and idle time goes to what will be wished for next."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import Final

from av.video.reformatter import VideoReformatter

from app.player.decode_work import DecodeWork, Order, Wish
from app.player.pictures import PictureCache, nearer
from engine.errors import AffectlineError, CancelledError
from engine.media import Media, Picture, first_picture, open_media

CACHE_BYTES: Final = 320 << 20
STRIP_BYTES: Final = 64 << 20
IDLE_S: Final = 0.25
"""So long nothing was asked for before idle work begins."""


@dataclass(frozen=True, slots=True)
class Began:
    """The first picture, made smaller from `width` x `height`, before the file is indexed."""

    picture: Picture
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The file is indexed."""

    media: Media


@dataclass(frozen=True, slots=True)
class Arrived:
    """A picture that is, or stands in for, the frame asked for; or that frame turned out to be lost."""

    index: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The file cannot be opened or went away."""

    error: AffectlineError


Event = Began | Opened | Arrived | Failed


def give_memory_back() -> None:
    """Return what the pictures held to the system, where the allocator of C would keep it in pieces (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


class DecodeLane:
    """Opens a file in a thread of its own and keeps decoded pictures ready. `tell` is called in that thread."""

    def __init__(self, path: Path, looked_at_px: int, tell: Callable[[Event], None]) -> None:
        self._path = path
        self._tell = tell
        self._cache, self._strip = PictureCache(CACHE_BYTES), PictureCache(STRIP_BYTES)
        self._condition = Condition()
        self._wish: Wish | None = None
        self._looked_at_px = looked_at_px
        self._asked_at_s = time.monotonic()
        self._asked = 0
        self._closed = False
        self._thread = Thread(target=self._work, name="decode", daemon=True)
        self._thread.start()

    # For the window's thread

    def want(self, wish: Wish) -> None:
        """Ask for a frame in place of the one asked for before."""
        with self._condition:
            if wish != self._wish:
                self._wish = wish
                self._cache.focus(wish.index)
                self._wake()

    def look_at(self, longest_px: int) -> None:
        """Say how large pictures are looked at, in pixels of the screen along their longer side."""
        with self._condition:
            if longest_px != self._looked_at_px:
                self._looked_at_px = longest_px
                self._wake()

    def get(self, index: int) -> Picture | None:
        """That frame, if it is decoded."""
        return self._cache.get(index)

    def nearest(self, index: int) -> Picture | None:
        """The decoded frame that is nearest, from the strip if need be."""
        return nearer(self._cache.nearest(index), self._strip.nearest(index), index)

    def nearest_kept(self, index: int) -> Picture | None:
        """As `nearest`, without the small pictures of the strip."""
        return self._cache.nearest(index)

    def close(self, timeout_s: float = 0.0) -> bool:
        """Stop once the frame in work is decoded; whether the thread ended within `timeout_s`."""
        with self._condition:
            self._closed = True
            self._wake()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _wake(self) -> None:
        self._asked += 1
        self._asked_at_s = time.monotonic()
        self._condition.notify()

    # In the thread

    def _work(self) -> None:
        try:
            picture = first_picture(self._path)
            if picture is not None:
                smaller = picture.reduced(self._looked_at_px, VideoReformatter())
                self._send(Began(smaller, picture.width, picture.height))
            media = open_media(self._path, lambda: self._closed)
            self._send(Opened(media))
            if media.info.has_video:
                self._serve(DecodeWork(media, self._cache, self._strip, self._order, self._arrived))
        except CancelledError:
            return
        except AffectlineError as error:
            self._send(Failed(error))

    def _serve(self, work: DecodeWork) -> None:
        try:
            while not self._closed:
                asked = self._asked
                if not work.step():
                    self._wait(asked, work.idle_work_left)
        finally:
            work.close()
            if self._closed:  # a file that went away can still be looked at as far as it is decoded
                self._cache.clear()
                self._strip.clear()
                give_memory_back()

    def _wait(self, asked: int, idle_work_left: bool) -> None:
        """Until something is asked for that was not when `asked` was, or idle work may begin."""
        with self._condition:
            if asked == self._asked:
                left_s = self._asked_at_s + IDLE_S - time.monotonic()
                self._condition.wait(max(0.01, left_s) if idle_work_left else None)

    def _order(self) -> Order:
        idle = time.monotonic() - self._asked_at_s > IDLE_S
        return Order(self._wish, self._looked_at_px, idle, self._closed)

    def _arrived(self, index: int) -> None:
        self._send(Arrived(index))

    def _send(self, event: Event) -> None:
        if not self._closed:
            self._tell(event)
