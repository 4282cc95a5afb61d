"""Counts by video, and how far a figure made of them can be trusted: a bootstrap over whole videos.

What happens within a video is not independent, so an interval says how the figure would change with other videos.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.agreement.coefficients import one_against_rest
from app.agreement.values import Estimate
from engine.values import F64

DRAWS: Final = 1000
LEVEL: Final = 0.95
Figure = Callable[[ArrayLike], F64]
"""From tables (..., K, K) to a figure of each."""


@dataclass(frozen=True, slots=True)
class Tables:
    """`whole` (K, K) is the sum over videos, `drawn` (draws, K, K) are those of bootstrap samples of the videos."""

    whole: F64
    drawn: F64
    videos: int

    def estimate(self, figure: Figure, place: int | None = None) -> Estimate:
        """A figure with its interval; of one category against all others where its `place` is given.

        One video leaves nothing to draw from. Draws in which the figure is not defined are left out.
        """
        whole, drawn = self.whole, self.drawn
        if place is not None:
            whole, drawn = one_against_rest(whole, place), one_against_rest(drawn, place)
        value, figures = float(figure(whole)), figure(drawn)
        there = figures[np.isfinite(figures)]
        if self.videos < 2 or not np.isfinite(value):
            return Estimate(value, np.nan, np.nan)
        low, high = np.quantile(there, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(value, float(low), float(high))


def tables_of(by_video: Mapping[str, NDArray[np.generic]], size: int, seed: int = 0, draws: int = DRAWS) -> Tables:
    """Tables of the videos that have any count.

    Args:
        by_video: (size, size) counts of each video.
    """
    counts = [np.asarray(table, np.float64) for table in by_video.values() if table.any()]
    stacked = np.array(counts).reshape(-1, size, size)
    if not len(stacked):
        return Tables(np.zeros((size, size)), np.zeros((0, size, size)), 0)
    fair = np.full(len(stacked), 1 / len(stacked))
    weights = np.random.default_rng(seed).multinomial(len(stacked), fair, draws)
    return Tables(stacked.sum(0), np.tensordot(weights.astype(np.float64), stacked, 1), len(stacked))
