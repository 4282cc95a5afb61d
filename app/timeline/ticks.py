"""Ticks of the ruler, from hours down to single frames with their numbers."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.timeline.axis import Axis
from app.timeline.clock import clock_text, short_clock_text
from engine.values import F64

STEPS: Final = {
    0.001: 5, 0.002: 4, 0.005: 5, 0.01: 5, 0.02: 4, 0.05: 5, 0.1: 5, 0.2: 4, 0.5: 5,
    1.0: 5, 2.0: 4, 5.0: 5, 10.0: 5, 15.0: 3, 30.0: 6, 60.0: 6, 120.0: 4, 300.0: 5, 600.0: 5, 900.0: 3,
    1800.0: 6, 3600.0: 6, 7200.0: 4, 14400.0: 4, 36000.0: 5,
}  # fmt: skip
"""From one labelled tick to the next, and into how many parts small ticks divide it."""
FRAME_STEPS: Final = (1, 2, 5, 10, 25, 50)
FRAMES_FROM_PX: Final = 9.0
"""Frames get ticks of their own once they lie this far apart."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line on the ruler; `text` only on the labelled ones. `frame` numbers a frame's tick."""

    time_s: float
    text: str = ""
    frame: int | None = None


def ticks(axis: Axis, label_px: float, frame_times_s: F64) -> tuple[Tick, ...]:
    """What the ruler shows; labels are `label_px` wide at most and never touch."""
    frames = _visible_frames(axis, frame_times_s)
    if len(frames) > 1 and len(frames) * FRAMES_FROM_PX < 2 * axis.width_px:
        apart_px = float(np.median(np.diff(frame_times_s[frames]))) * axis.px_per_s
        if apart_px >= FRAMES_FROM_PX:
            return _frame_ticks(frames, frame_times_s, apart_px, label_px, axis.duration_s >= 3600)
    elif len(frames) == 1 and axis.span_s < 1:
        return _frame_ticks(frames, frame_times_s, label_px, label_px, axis.duration_s >= 3600)
    return _time_ticks(axis, label_px)


def _time_ticks(axis: Axis, label_px: float) -> tuple[Tick, ...]:
    step_s = next((step for step in STEPS if step * axis.px_per_s >= label_px), max(STEPS))
    parts = STEPS[step_s]
    small_s = step_s / parts
    hours = axis.duration_s >= 3600
    text = short_clock_text if step_s >= 1 else clock_text
    found = []
    for number in range(math.floor(axis.start_s / step_s) * parts, math.floor(axis.end_s / small_s) + 1):
        time_s = round(number * small_s, 6)
        found.append(Tick(time_s, text(time_s, hours) if number % parts == 0 else ""))
    return tuple(found)


def _visible_frames(axis: Axis, frame_times_s: F64) -> range:
    """Frames in view, with the one before it whose label reaches in."""
    first, stop = np.searchsorted(frame_times_s, [axis.start_s, axis.end_s])
    return range(max(int(first) - 1, 0), int(stop))


def _frame_ticks(frames: range, frame_times_s: F64, apart_px: float, label_px: float, hours: bool) -> tuple[Tick, ...]:
    """A tick a frame; every n-th carries its time and number, aligned to the frames' numbers."""
    every = next((step for step in FRAME_STEPS if step * apart_px >= label_px), FRAME_STEPS[-1])
    first = frames.start - frames.start % every
    found = []
    for frame in range(first, frames.stop):
        time_s = float(frame_times_s[frame])
        labelled = frame % every == 0
        found.append(Tick(time_s, clock_text(time_s, hours) if labelled else "", frame))
    return tuple(found)
