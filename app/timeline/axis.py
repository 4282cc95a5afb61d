"""The one axis that all lanes share: which stretch of media time is shown on how many pixels."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.values import F64

SHORTEST_S: Final = 0.05
"""The closest one can look: about a frame."""
PAGE_MARGIN: Final = 0.05
"""Where on a new page the playhead stands, as a share of the view."""
JUMP_S: Final = 1.0
"""A playhead that moves further was sent there, and is brought into view."""


@dataclass(frozen=True, slots=True)
class Axis:
    """`[start_s, end_s)` of a video of `duration_s`, on `width_px` pixels."""

    duration_s: float
    start_s: float
    end_s: float
    width_px: float

    @classmethod
    def whole(cls, duration_s: float, width_px: float) -> "Axis":
        """All of a video."""
        duration_s = max(duration_s, SHORTEST_S)
        return cls(duration_s, 0.0, duration_s, max(width_px, 1.0))

    @property
    def span_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def px_per_s(self) -> float:
        return self.width_px / self.span_s

    @property
    def is_whole(self) -> bool:
        return self.start_s <= 0 and self.end_s >= self.duration_s

    def x(self, time_s: float) -> float:
        """Pixels from the left end."""
        return (time_s - self.start_s) * self.px_per_s

    def xs(self, times_s: F64) -> F64:
        """Pixels from the left end, of many."""
        return np.asarray((times_s - self.start_s) * self.px_per_s, np.float64)

    def time(self, x: float) -> float:
        """Media time at a pixel, within the video."""
        return min(max(self.start_s + x / self.px_per_s, 0.0), self.duration_s)

    def resized(self, width_px: float) -> "Axis":
        """The same stretch on another width."""
        return replace(self, width_px=max(width_px, 1.0))

    def shown(self, start_s: float, end_s: float) -> "Axis":
        """Another stretch, kept within the video and not closer than `SHORTEST_S`."""
        span_s = min(max(end_s - start_s, SHORTEST_S), self.duration_s)
        middle_s = (start_s + end_s) / 2
        first_s = start_s if span_s == end_s - start_s else middle_s - span_s / 2
        first_s = min(max(first_s, 0.0), self.duration_s - span_s)
        return replace(self, start_s=first_s, end_s=first_s + span_s)

    def zoomed(self, factor: float, at_s: float) -> "Axis":
        """Closer (factor above one) or wider; `at_s` stays where it is, if the ends of the video let it."""
        span_s = min(max(self.span_s / factor, SHORTEST_S), self.duration_s)
        share = (at_s - self.start_s) / self.span_s
        first_s = at_s - share * span_s
        return self.shown(first_s, first_s + span_s)

    def panned(self, by_s: float) -> "Axis":
        """Moved along the video, as far as it goes."""
        first_s = min(max(self.start_s + by_s, 0.0), self.duration_s - self.span_s)
        return replace(self, start_s=first_s, end_s=first_s + self.span_s)

    def following(self, before_s: float, now_s: float) -> "Axis":
        """The next page when a playhead runs out of view or jumps; it is left alone once somebody looks elsewhere."""
        inside = self.start_s <= now_s <= self.end_s
        was_inside = self.start_s <= before_s <= self.end_s
        if inside or not (was_inside or abs(now_s - before_s) > JUMP_S):
            return self
        return self.panned(now_s - self.start_s - PAGE_MARGIN * self.span_s)
