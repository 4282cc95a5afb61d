"""What the decoding thread does with an opened file: one piece of work after another, the most wanted first."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from av.video.reformatter import VideoReformatter

from app.player.pictures import STRIP_PX, PictureCache, kept_range, prefetch_order, strip_places
from engine.media import Media, Picture, PictureReader

LONGEST_KEPT_PX: Final = 1280
"""Pictures are kept no larger than this; only the one that rests is as large as it is looked at."""
NEAR_FRAMES: Final = 8
"""Up to so many frames are decoded on the way rather than sought for."""
SHARP_ENOUGH: Final = 0.95
BYTES_PER_PIXEL: Final = 1.5
CHECK_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person looks at: a frame, which way they go (-1, 0, 1), and whether they do so by playing."""

    index: int
    direction: int = 0
    playing: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of the thread at a moment: `idle` is whether nothing was asked for during the last while."""

    wish: Wish | None
    looked_at_px: int
    idle: bool
    closed: bool


class Decoder:
    """A reader that remembers where it stands, and goes on from there when that is quicker than seeking."""

    def __init__(self, media: Media) -> None:
        self._reader = PictureReader(media)
        self._keys = np.flatnonzero(media.keyframes)
        self._pictures: Iterator[Picture] = iter(())
        self._next: int | None = None

    def towards(self, index: int, cancelled: Callable[[], bool]) -> Iterator[Picture]:
        """Pictures up to frame `index`: from where it stands, or else from the keyframe before."""
        if not self._stands_before(index):
            self._pictures = self._reader.pictures(index, cancelled)
        self._next = None
        for picture in self._pictures:
            self._next = picture.index + 1
            yield picture
            if picture.index >= index:
                return
        self._next = None

    def close(self) -> None:
        self._reader.close()

    def _stands_before(self, index: int) -> bool:
        if self._next is None or self._next > index:
            return False
        key = int(np.searchsorted(self._keys, index, side="right")) - 1
        return index - self._next < NEAR_FRAMES or key < 0 or int(self._keys[key]) <= self._next


class DecodeWork:
    """Fills the cache around what is looked at, and the strip of small pictures when nothing else is to be done.

    Args:
        order: what is asked for now; may change at any time.
        arrived: called with the number of a frame when there is a better picture for what is looked at.
    """

    def __init__(
        self, media: Media, cache: PictureCache, strip: PictureCache, order: Callable[[], Order],
        arrived: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._media, self._cache, self._strip = media, cache, strip
        self._order, self._arrived = order, arrived
        self._decoder, self._strip_decoder = Decoder(media), Decoder(media)
        self._scale_kept, self._scale_resting, self._scale_strip = (VideoReformatter() for _ in range(3))
        places = strip_places(media.times_s, media.keyframes)
        self._strip_places, self._strip_left = frozenset(places), places[::-1]
        self._lost: set[int] = set()
        self._full_for: Wish | None = None
        self._told_lost: Wish | None = None
        self._checked_at_s = time.monotonic()

    @property
    def idle_work_left(self) -> bool:
        """Whether there would be something to do once nothing is asked for during a while."""
        wish = self._order().wish
        return bool(self._strip_left) or (wish is not None and not self._is_sharp(wish.index))

    def step(self) -> bool:
        """Do the most wanted piece of work, or the part of it after which something else is wanted more.

        Returns whether there was one.

        Raises:
            MediaVanishedError: the file went away.
            CancelledError: the thread is to end.
        """
        order = self._order()
        wish = order.wish
        self._check_now_and_then()
        if wish is not None:
            if wish.index in self._lost and wish != self._told_lost:  # found lost before anybody asked for it
                self._told_lost = wish
                self._arrived(wish.index)
            if self._missing(wish.index):
                self._decode(wish.index)
                return True
            if order.idle and not wish.playing and not self._is_sharp(wish.index):
                self._decode(wish.index)
                return True
            index = self._next_to_prefetch(wish)
            if index is not None:
                self._decode(index)
                return True
        if self._strip_left and order.idle and not (wish and wish.playing):
            self._extend_strip()
            return True
        return False

    def close(self) -> None:
        self._decoder.close()
        self._strip_decoder.close()

    def _missing(self, index: int) -> bool:
        return index not in self._cache and index not in self._lost

    def _is_sharp(self, index: int) -> bool:
        picture, info = self._cache.get(index), self._media.info
        if picture is None:
            return index in self._lost
        wanted_px = min(self._order().looked_at_px, max(info.width, info.height))
        return max(picture.width, picture.height) >= SHARP_ENOUGH * wanted_px

    def _next_to_prefetch(self, wish: Wish) -> int | None:
        if wish == self._full_for:
            return None
        likely = prefetch_order(wish.index, wish.direction, self._room(), self._media.info.frame_count)
        return next((index for index in likely if self._missing(index)), None)

    def _decode(self, index: int) -> None:
        first, seen = True, False
        for picture in self._decoder.towards(index, self._is_closed):
            order = self._order()
            self._keep(picture, order)
            wished = order.wish
            if wished is not None and (picture.index == wished.index or (first and self._missing(wished.index))):
                self._arrived(picture.index)
            first, seen = False, picture.index == index
            if picture.index != index and wished is not None and wished.index != index and self._missing(wished.index):
                return
        if seen:
            self._full_for = self._order().wish if index not in self._cache else None
        else:
            self._lost.add(index)
            self._media.check_still_there()
            wish = self._order().wish
            if wish is not None and wish.index == index:
                self._arrived(index)

    def _keep(self, picture: Picture, order: Order) -> None:
        wish = order.wish
        if wish is not None and picture.index == wish.index and not wish.playing:
            picture = picture.reduced(order.looked_at_px, self._scale_resting)
            self._cache.add(picture)
        elif wish is not None and picture.index not in self._cache and picture.index in self._kept_range(wish):
            picture = picture.reduced(min(order.looked_at_px, LONGEST_KEPT_PX), self._scale_kept)
            self._cache.add(picture)
        self._add_to_strip(picture)

    def _add_to_strip(self, picture: Picture) -> None:
        if picture.index in self._strip_places and picture.index not in self._strip:
            self._strip.add(picture.reduced(STRIP_PX, self._scale_strip))

    def _kept_range(self, wish: Wish) -> range:
        return kept_range(wish.index, wish.direction, self._room(), self._media.info.frame_count)

    def _room(self) -> int:
        """How many pictures of the size that is kept now fit into the cache."""
        info, longest_px = self._media.info, min(self._order().looked_at_px, LONGEST_KEPT_PX)
        scale = min(1.0, longest_px / max(info.width, info.height))
        return self._cache.room_for(math.ceil(info.width * info.height * scale**2 * BYTES_PER_PIXEL))

    def _extend_strip(self) -> None:
        index = self._strip_left.pop()
        if index in self._strip:
            return
        for picture in self._strip_decoder.towards(index, self._is_closed):
            self._add_to_strip(picture)
            if picture.index != index and not self._order().idle:
                self._strip_left.append(index)
                return
        if not self._strip_left:
            self._strip_decoder.close()

    def _check_now_and_then(self) -> None:
        now_s = time.monotonic()
        if now_s - self._checked_at_s > CHECK_EVERY_S:
            self._checked_at_s = now_s
            self._media.check_still_there()

    def _is_closed(self) -> bool:
        return self._order().closed
