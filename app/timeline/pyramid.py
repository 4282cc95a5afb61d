"""Curves at every zoom: lowest, highest and mean value over runs of 1, 2, 4 ... rows, at the rows' own times.

A curve breaks where rows lie further apart than half a second: the person was out of view. Blocks never reach across
such a gap, and they are fixed to the rows and not to the pixels, so that a curve does not shimmer while it is panned.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.values import F32, F64, Ints

OUT_OF_VIEW_S: Final = 0.5
"""Rows further apart than this are not joined."""


@dataclass(frozen=True, slots=True)
class Curves:
    """What to draw: `time_s` (N,), `low`, `high` and `mean` (N, C); a row of NaN breaks the curves.

    `exact` says that each point is one row and that the three are the same.
    """

    time_s: F64
    low: F32
    high: F32
    mean: F32
    exact: bool


@dataclass(frozen=True, slots=True)
class _Level:
    """Blocks of rows: their middle time, which run of rows they belong to, how many rows, and the reductions."""

    time_s: F64
    run: Ints
    rows: Ints
    low: F32
    high: F32
    mean: F32


class Pyramid:
    """Seven (or any number of) curves over time, reduced by halves."""

    def __init__(self, time_s: F64, values: F32) -> None:
        """`time_s` (T,) ascending, `values` (T, C)."""
        time_s = np.asarray(time_s, np.float64)
        values = np.asarray(values, np.float32)
        run = np.concatenate([[0], np.cumsum(np.diff(time_s) > OUT_OF_VIEW_S)])[: len(time_s)].astype(np.int64)
        self._levels = [_Level(time_s, run, np.ones(len(time_s), np.int64), values, values, values)]
        while len(self._levels[-1].time_s) > 2:
            coarser = _halved(self._levels[-1])
            if len(coarser.time_s) == len(self._levels[-1].time_s):
                break
            self._levels.append(coarser)

    def __len__(self) -> int:
        return len(self._levels[0].time_s)

    def nearest(self, time_s: float) -> tuple[float, F32]:
        """Time and values of the row nearest to a moment; there must be a row."""
        rows = self._levels[0]
        place = int(np.searchsorted(rows.time_s, time_s))
        around = range(max(place - 1, 0), min(place + 1, len(rows.time_s)))
        found = min(around, key=lambda at: abs(float(rows.time_s[at]) - time_s))
        return float(rows.time_s[found]), rows.mean[found]

    def visible(self, start_s: float, end_s: float, width_px: float) -> Curves:
        """The curves over `[start_s, end_s]`, with the next point on each side, on at most about one block a pixel."""
        for level in self._levels:
            first, stop = np.searchsorted(level.time_s, [start_s, end_s])
            if stop - first <= max(width_px, 2):
                break
        first, stop = max(int(first) - 1, 0), min(int(stop) + 1, len(level.time_s))
        return _cut(level, slice(first, stop), level is self._levels[0])


def _halved(level: _Level) -> _Level:
    """Each two neighbouring blocks of a run become one; the odd one out at a run's end stays alone."""
    count = len(level.run)
    begins = np.flatnonzero(np.diff(level.run, prepend=level.run[0] - 1))
    place = np.arange(count) - np.repeat(begins, np.diff(begins, append=count))
    first = np.flatnonzero(place % 2 == 0)
    paired = np.diff(first, append=count) == 2
    second = first + paired
    rows = level.rows[first] + paired * level.rows[second]
    share = level.rows[second] * paired / rows
    low = np.minimum(level.low.take(first, 0), level.low.take(second, 0))
    high = np.maximum(level.high.take(first, 0), level.high.take(second, 0))
    mean = _between(level.mean, first, second, share.astype(np.float32)[:, None])
    return _Level(_between(level.time_s, first, second, share), level.run[first], rows, low, high, mean)


def _between(values: np.ndarray, first: Ints, second: Ints, share: np.ndarray) -> np.ndarray:
    """The weighted means of pairs; `share` is the weight of the second."""
    mean = values.take(first, 0)
    difference = values.take(second, 0)
    difference -= mean
    difference *= share
    mean += difference
    return mean


def _cut(level: _Level, part: slice, exact: bool) -> Curves:
    run = level.run[part]
    breaks = np.flatnonzero(np.diff(run)) + 1
    time_s = level.time_s[part]
    if len(breaks) == 0:
        return Curves(time_s, level.low[part], level.high[part], level.mean[part], exact)
    middle_s = (time_s[breaks - 1] + time_s[breaks]) / 2
    low, high, mean = (np.insert(rows[part], breaks, np.nan, axis=0) for rows in (level.low, level.high, level.mean))
    return Curves(np.insert(time_s, breaks, middle_s), low, high, mean, exact)
