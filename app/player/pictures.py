"""Which decoded pictures are kept, and which are wanted next."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from threading import Lock
from typing import Final

import numpy as np

from engine.media import Picture
from engine.values import F64, Bools, Ints

PREFETCH_FRAMES: Final = 48
"""How far ahead pictures are decoded before they are asked for: two seconds at the usual rate."""
BEHIND_FRAMES: Final = 12
"""How many are held ready on the other side."""
STRIP_PX: Final = 320
STRIP_LENGTH: Final = 700
"""A strip of small pictures all over the video has at most this many, 60 MB."""
STRIP_STEP_S: Final = 0.4


class PictureCache:
    """Pictures up to a number of bytes; what lies farthest from the focus goes first. Threads may share it."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._pictures: dict[int, Picture] = {}
        self._places: list[int] = []
        self._focus = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, index: int) -> bool:
        return index in self._pictures

    @property
    def size_bytes(self) -> int:
        return self._bytes

    def focus(self, index: int) -> None:
        """Say around which frame pictures are needed."""
        with self._lock:
            self._focus = index

    def add(self, picture: Picture) -> None:
        """Keep a picture in place of one of the same frame."""
        with self._lock:
            self._drop(picture.index)
            self._pictures[picture.index] = picture
            insort(self._places, picture.index)
            self._bytes += picture.size_bytes
            while self._bytes > self._most_bytes and len(self._places) > 1:
                first, last = self._places[0], self._places[-1]
                self._drop(first if self._focus - first > last - self._focus else last)

    def get(self, index: int) -> Picture | None:
        return self._pictures.get(index)

    def clear(self) -> None:
        """Let all pictures go."""
        with self._lock:
            self._pictures.clear()
            self._places.clear()
            self._bytes = 0

    def nearest(self, index: int) -> Picture | None:
        """The picture whose frame number is closest, of two the earlier one."""
        with self._lock:
            place = bisect_left(self._places, index)
            around = self._places[max(0, place - 1) : place + 1]
            return self._pictures[min(around, key=lambda known: abs(known - index))] if around else None

    def room_for(self, picture_bytes: int) -> int:
        """How many pictures of a size it holds."""
        return max(1, self._most_bytes // max(1, picture_bytes))

    def _drop(self, index: int) -> None:
        picture = self._pictures.pop(index, None)
        if picture is not None:
            del self._places[bisect_left(self._places, index)]
            self._bytes -= picture.size_bytes


def nearer(one: Picture | None, other: Picture | None, index: int) -> Picture | None:
    """Which of two pictures stands in better for a frame; the first where both are as near."""
    if one is None or other is None:
        return one or other
    return one if abs(one.index - index) <= abs(other.index - index) else other


def kept_range(focus: int, direction: int, room: int, count: int) -> range:
    """The frames worth keeping around `focus` when `room` fit: three quarters of them in the direction of travel."""
    ahead = room * 3 // 4 if direction > 0 else room // 4 if direction < 0 else room // 2
    start = max(0, min(focus - (room - 1 - ahead), count - room))
    return range(start, min(count, start + room))


def prefetch_order(focus: int, direction: int, room: int, count: int) -> Iterator[int]:
    """Frames to decode before anybody asks, the most likely first."""
    kept = kept_range(focus, direction, room, count)
    ahead, behind = (BEHIND_FRAMES, PREFETCH_FRAMES) if direction < 0 else (PREFETCH_FRAMES, BEHIND_FRAMES)
    forwards = (index for index in range(focus + 1, focus + 1 + ahead) if index in kept)
    backwards = (index for index in range(focus - 1, focus - 1 - behind, -1) if index in kept)
    first, second = (backwards, forwards) if direction < 0 else (forwards, backwards)
    yield from first
    yield from second


def strip_places(times_s: F64, keyframes: Bools) -> list[int]:
    """Frames of which a small picture is kept, from everywhere in the video: first keyframes, coarse to fine, then
    others where keyframes are far apart, in order."""
    if not len(times_s):
        return []
    step_s = max(STRIP_STEP_S, float(times_s[-1] - times_s[0]) / STRIP_LENGTH)
    keys = _thinned(np.flatnonzero(keyframes), times_s, step_s)
    asked_s = np.arange(float(times_s[0]), float(times_s[-1]), step_s)
    grid = np.unique(np.searchsorted(times_s, asked_s))
    distance_s = np.abs(times_s[grid][:, None] - times_s[keys][None, :]).min(axis=1, initial=np.inf)
    return [*(int(keys[place]) for place in _coarse_to_fine(len(keys))), *grid[distance_s > step_s / 2].tolist()]


def _thinned(places: Ints, times_s: F64, step_s: float) -> Ints:
    """Of each step of time the first place."""
    steps = np.floor((times_s[places] - times_s[0]) / step_s).astype(np.int64)
    return places[np.unique(steps, return_index=True)[1]]


def _coarse_to_fine(count: int) -> list[int]:
    """All numbers below `count`, those divisible by a high power of two first."""
    return sorted(range(count), key=lambda place: (-(place & -place) if place else -count - 1, place))
