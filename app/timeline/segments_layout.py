"""Intervals that may overlap, in as few rows as need be."""

import heapq
from collections.abc import Sequence


def rows(intervals: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """The row of each `[start, end)`: the topmost one that is free when it starts.

    Interval i keeps its place in the answer whatever the order they are given in.
    """
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    found = [0] * len(intervals)
    for which in sorted(range(len(intervals)), key=lambda i: intervals[i]):
        start, end = intervals[which]
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        found[which] = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (end, found[which]))
    return tuple(found)


def row_count(found: Sequence[int]) -> int:
    """How many rows a layout needs; at least one."""
    return max(found, default=0) + 1
