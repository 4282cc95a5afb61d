"""Media time while playing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

JUMP_S: Final = 0.15
"""The clock follows the sound gently up to this difference, and at once beyond it."""
GENTLY: Final = 0.1


class MediaClock:
    """Runs at a speed, backwards too, on the system's monotonic clock, and can be led by the sound that is heard."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._from_media_s = 0.0
        self._from_now_s = 0.0
        self._speed = 1.0
        self._running = False

    @property
    def running(self) -> bool:
        return self._running

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def time_s(self) -> float:
        """Media time now."""
        if not self._running:
            return self._from_media_s
        return self._from_media_s + (self._now_s() - self._from_now_s) * self._speed

    def start(self, time_s: float, speed: float) -> None:
        """Run from a media time on."""
        self._from_media_s, self._from_now_s, self._speed, self._running = time_s, self._now_s(), speed, True

    def stop(self, time_s: float | None = None) -> None:
        """Stand still, at a media time or where it is."""
        self._from_media_s = self.time_s if time_s is None else time_s
        self._running = False

    def follow(self, heard_s: float) -> None:
        """Come nearer to the media time that is heard now."""
        if self._running:
            behind_s = heard_s - self.time_s
            self._from_media_s += behind_s if abs(behind_s) > JUMP_S else GENTLY * behind_s
