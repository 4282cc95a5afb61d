"""From crops at the video's own times to slices of 16 on a shot's 25 Hz grid."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.branches import SLICE_FRAMES
from engine.windows import GRID_HZ, SLICE_S, slice_grid, slice_times

MIN_SLICE_PRESENCE: Final = 8
"""Of a slice's 16 steps, in how many the face must be there; the others repeat the nearest one."""


@dataclass(slots=True)
class Slicer:
    """Puts a shot's crops on its 25 Hz grid and gives out slices of 16 as they fill.

    Which frame feeds a step is settled when the next frame is known: the nearer in time, of two equally near the
    earlier.
    """

    start_s: float
    shot: int
    before: tuple[float, dict[int, np.ndarray]] | None = None
    step: int = 0
    filled: dict[int, list[np.ndarray | None]] = field(default_factory=dict)

    def push(self, time_s: float, crops: dict[int, np.ndarray]) -> Iterator[tuple[int, float, np.ndarray]]:
        """The next frame's crops by track. Yields (track, slice start, (16, S, S, C))."""
        if self.before is not None:
            before_s, held = self.before
            while (grid_s := self._time_s()) - before_s <= time_s - grid_s + 1e-6:
                yield from self._fill(held)
        self.before = (time_s, crops)

    def finish(self, end_s: float) -> Iterator[tuple[int, float, np.ndarray]]:
        """The steps up to the end of the shot; a shot shorter than a slice is filled up with its last frame."""
        if self.before is None:
            return
        last = slice_times(slice_grid(self.start_s, end_s))[-1, -1]
        while self._time_s() <= last + 1e-6:
            yield from self._fill(self.before[1])

    def _time_s(self) -> float:
        return self.start_s + self.step / GRID_HZ

    def _fill(self, crops: dict[int, np.ndarray]) -> Iterator[tuple[int, float, np.ndarray]]:
        place = self.step % SLICE_FRAMES
        for track, crop in crops.items():
            self.filled.setdefault(track, [None] * SLICE_FRAMES)[place] = crop
        self.step += 1
        if place == SLICE_FRAMES - 1:
            start_s = self.start_s + SLICE_S * (self.step // SLICE_FRAMES - 1)
            for track in sorted(self.filled):
                steps = self.filled[track]
                if sum(crop is not None for crop in steps) >= MIN_SLICE_PRESENCE:
                    yield track, start_s, _completed(steps)
            self.filled = {}


def _completed(steps: list[np.ndarray | None]) -> np.ndarray:
    """Missing steps repeat the nearest one that is there, of two the earlier."""
    known = {index: crop for index, crop in enumerate(steps) if crop is not None}
    return np.stack([known[min(known, key=lambda k: (abs(k - index), k))] for index in range(len(steps))])
