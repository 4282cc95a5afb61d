"""How far a figure can be trusted: bootstrap intervals over groups (people, films, files), of one model or of two.

Whole groups are drawn with replacement, so an interval says how the figure would change with other people. A draw is
given to a figure as `weights` (N,): how often each example counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit

from trainer.metrics import accuracy

F64 = NDArray[np.float64]

DRAWS: Final = 1000
LEVEL: Final = 0.95
FEW_GROUPS: Final = 10
"""Below, an interval is mostly a guess about people who were not there; reports say so."""

Figures = Callable[[F64], ArrayLike]
"""From weights (N,) to one figure or several (F,)."""
Metric = Callable[[ArrayLike, ArrayLike, ArrayLike | None], float]
"""A function of `trainer.metrics`: truths (N,), what a model said (answers or probabilities), weights."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; `low` and `high` are NaN where a single group leaves nothing to draw from."""

    value: float
    low: float
    high: float


def group_count(groups: ArrayLike) -> int:
    """How many groups there are."""
    return len(np.unique(np.asarray(groups)))


def resampled(figures: Figures, groups: ArrayLike, draws: int = DRAWS, seed: int = 0) -> F64:
    """The figures of `draws` bootstrap samples of the groups: (draws, F).

    Args:
        groups: (N,) group of each example, numbers or names.
    Raises:
        ValueError: there is no example.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    if not len(names):
        raise ValueError("no example to draw from")
    rng = np.random.default_rng(seed)
    fair = np.full(len(names), 1 / len(names))
    drawn = [figures(rng.multinomial(len(names), fair)[member].astype(np.float64)) for _ in range(draws)]
    return np.asarray(drawn, np.float64).reshape(draws, -1)


def percentiles(drawn: ArrayLike, groups: int, level: float = LEVEL) -> tuple[F64, F64]:
    """Lower and upper ends (F,) of the intervals of resampled figures (draws, F); NaN draws are passed over.

    The percentiles are spread as Hesterberg (The American Statistician, 2015) does: few groups vary less among
    themselves than people do, and a t quantile with `groups` - 1 degrees of freedom makes up for it.
    """
    given = np.asarray(drawn, np.float64)
    nothing = np.full(given.shape[1:], np.nan)
    if groups < 2 or not given.size:
        return nothing, nothing.copy()
    tail = float(ndtr(np.sqrt(groups / (groups - 1)) * stdtrit(groups - 1, (1 - level) / 2)))
    known = ~np.isnan(given).all(axis=0)
    low, high = nothing.copy(), nothing.copy()
    low[known], high[known] = np.nanquantile(given[:, known], [tail, 1 - tail], axis=0)
    return low, high


def clustered_interval(
    figure: Callable[[F64], float], groups: ArrayLike, level: float = LEVEL, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """A figure of all examples, with the interval that drawing other groups gives it.

    Raises:
        ValueError: there is no example.
    """
    drawn = resampled(figure, groups, draws, seed)
    low, high = percentiles(drawn, group_count(groups), level)
    return Estimate(float(figure(np.ones(len(np.asarray(groups))))), float(low[0]), float(high[0]))


def paired_difference(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    groups: ArrayLike,
    metric: Metric = accuracy,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """How much more a metric gives `second` than `first`, two models' answers to the same examples.

    Both are judged on the same draws of groups, so what is hard for both cancels out.

    Args:
        first: answers (N,) or probabilities (N, 7), as `metric` wants them; likewise `second`.
    Raises:
        ValueError: there is no example, or the lengths differ.
    """

    def gain(weights: F64) -> float:
        return metric(truth, second, weights) - metric(truth, first, weights)

    return clustered_interval(gain, groups, level, draws, seed)
