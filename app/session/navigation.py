"""Where to go next: pure functions over times and segments."""

from collections.abc import Iterable, Sequence

import numpy as np

from engine.values import F64, Segment

NEAR_S = 1e-3
"""What lies this near to where one is, is where one is."""


def next_start(starts_s: Iterable[float], time_s: float) -> float | None:
    """The first of these times after `time_s`."""
    return min((start_s for start_s in starts_s if start_s > time_s + NEAR_S), default=None)


def previous_start(starts_s: Iterable[float], time_s: float) -> float | None:
    """The last of these times before `time_s`."""
    return max((start_s for start_s in starts_s if start_s < time_s - NEAR_S), default=None)


def uncertain_starts(segments: Iterable[Segment]) -> tuple[float, ...]:
    """Where the uncertain segments begin."""
    return tuple(segment.start_s for segment in segments if segment.uncertain)


def segment_at(segments: Sequence[Segment], time_s: float) -> Segment | None:
    """The segment that holds a moment."""
    return next((item for item in segments if item.start_s <= time_s < item.end_s), None)


def stretches(starts_s: Sequence[float], flags: Sequence[bool]) -> tuple[float, ...]:
    """Where each run of true flags begins: the windows of one disagreement are one place to go."""
    before = False
    found = []
    for start_s, flag in zip(starts_s, flags, strict=True):
        if flag and not before:
            found.append(start_s)
        before = flag
    return tuple(found)


def at_frames(times_s: Iterable[float], frame_times_s: F64) -> tuple[float, ...]:
    """Where the first frame begins that lies after each of these times.

    A segment may begin between two frames: the playhead that goes there must be inside it, not before it.
    """
    wanted_s = np.fromiter(times_s, np.float64)
    if not len(frame_times_s):
        return tuple(wanted_s.tolist())
    place = np.searchsorted(frame_times_s, wanted_s - NEAR_S)
    return tuple(frame_times_s[np.minimum(place, len(frame_times_s) - 1)].tolist())
