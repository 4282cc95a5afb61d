"""Where an edge goes that comes near something: cuts and ends of segments first, then frames."""

from collections.abc import Iterable

import numpy as np

from engine.values import F64


class Snapper:
    """Times that edges stick to."""

    def __init__(self, frame_times_s: F64, landmarks_s: Iterable[float]) -> None:
        """`frame_times_s` (T,) ascending; `landmarks_s` are the cuts and ends of segments, which win over frames."""
        self._frames_s = np.asarray(frame_times_s, np.float64)
        self._landmarks_s = np.unique(np.fromiter(landmarks_s, np.float64))

    def snapped(self, time_s: float, reach_s: float) -> float:
        """The nearest landmark within reach, or else the nearest frame within reach, or else the time itself."""
        for targets_s in (self._landmarks_s, self._frames_s):
            near_s = nearest(targets_s, time_s)
            if near_s is not None and abs(near_s - time_s) <= reach_s:
                return near_s
        return time_s


def nearest(ascending_s: F64, time_s: float) -> float | None:
    """The nearest of these times; the earlier one of two as near."""
    place = int(np.searchsorted(ascending_s, time_s))
    around = ascending_s[max(place - 1, 0) : place + 1]
    return float(around[np.argmin(np.abs(around - time_s))]) if len(around) else None
