"""How much of one set of intervals another one covers."""

from collections.abc import Sequence

import numpy as np

from engine.values import F64


def covered_s(intervals: Sequence[tuple[float, float]], start_s: F64, end_s: F64) -> F64:
    """How much of each `[start_s, end_s)` the intervals, apart and in order, cover: (N,) seconds."""
    if not intervals:
        return np.zeros(len(start_s))
    edges_s = np.array(intervals, np.float64)
    lengths_s = edges_s[:, 1] - edges_s[:, 0]
    until_s = np.cumsum(lengths_s)
    # Between the edges, what is covered so far grows in a straight line or not at all.
    so_far_s = np.stack([until_s - lengths_s, until_s], axis=1).ravel()
    covered: F64 = np.interp(end_s, edges_s.ravel(), so_far_s) - np.interp(start_s, edges_s.ravel(), so_far_s)
    return covered
