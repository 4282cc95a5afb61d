"""What is said about answers: figures with intervals, a confusion matrix, calibration, what surer answers gain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.emotions import COUNT
from trainer import metrics
from trainer.intervals import DRAWS, Estimate, group_count, percentiles, resampled
from trainer.losses import Weighting

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]

COVERAGES: Final = tuple(step / 50 for step in range(1, 51))
"""Shares of the surest answers at which the risk-coverage curve is kept."""
_SINGLE: Final = (
    "accuracy", "uar", "macro_f1", "calibration_error", "log_loss", "brier", "half_error", "half_ratio",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose confidence lies in `(start, end]`: how many, their mean confidence, how often they are right."""

    start: float
    end: float
    count: int
    confidence: float
    accuracy: Estimate


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """The share of wrong answers, `error`, among the surest `coverage` of all."""

    coverage: float
    error: Estimate


@dataclass(frozen=True, slots=True)
class Row:
    """Scores of one row of the table, in shares of 1; NaN where there is nothing to judge by.

    `count` examples come in `groups` people, films or files, over which the intervals are drawn. `recalls` are in the
    order of the emotions. `confusion` counts, a row an emotion that was there, a column one that was answered.
    `half_error` is the error among the surer half of the answers, `half_ratio` that over the error of all. `bins` are
    those that are not empty.
    """

    count: int
    groups: int
    accuracy: Estimate
    uar: Estimate
    macro_f1: Estimate
    calibration_error: Estimate
    log_loss: Estimate
    brier: Estimate
    half_error: Estimate
    half_ratio: Estimate
    recalls: tuple[Estimate, ...]
    confusion: tuple[tuple[int, ...], ...]
    bins: tuple[ReliabilityBin, ...]
    risk: tuple[RiskPoint, ...]

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Examples of each emotion."""
        return tuple(sum(row) for row in self.confusion)


@dataclass(frozen=True, slots=True)
class FoldScores:
    """A cross-validation with one loss: the score of each fold, and of all folds' answers together."""

    loss: Weighting
    folds: tuple[Row, ...]
    pooled: Row

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Of the folds."""
        return tuple(row.accuracy.value for row in self.folds)

    @property
    def mean_accuracy(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float:
        """Standard deviation of the folds' accuracy (n - 1); NaN for a single fold."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.folds) > 1 else float("nan")


def score(probabilities: ArrayLike, truth: ArrayLike, groups: ArrayLike, draws: int = DRAWS, seed: int = 0) -> Row:
    """The scores of answers.

    Args:
        probabilities: (N, 7).
        truth: (N,) our index of what was there.
        groups: (N,) person, film or file of each example, numbers or names.
        draws: bootstrap samples for the intervals; `seed` decides which.
    Raises:
        ValueError: there is no example, or the lengths differ.
    """
    given, there, member = np.asarray(probabilities, np.float64), np.asarray(truth, np.int64), np.asarray(groups)
    if not len(given) == len(there) == len(member):
        raise ValueError(f"{len(given)} answers, {len(there)} truths, {len(member)} groups")
    order = np.argsort(-given.max(axis=1), kind="stable")  # once, so that every draw finds them sorted
    judged = _Judged.of(given[order], there[order])
    member = member[order]
    value = judged.figures(np.ones(len(there)))
    drawn = resampled(judged.figures, member, draws, seed)
    # a draw holds fewer distinct examples, so its bins stray further: moved back, or the figure could lie outside
    calibration = _SINGLE.index("calibration_error")
    drawn[:, calibration] = np.maximum(drawn[:, calibration] + value[calibration] - drawn[:, calibration].mean(), 0)
    low, high = percentiles(drawn, group_count(member))
    estimates = [Estimate(*(float(each) for each in ends)) for ends in zip(value, low, high, strict=True)]
    single, recalls, bins, risk = _split(estimates)
    return Row(
        len(there),
        group_count(member),
        **dict(zip(_SINGLE, single, strict=True)),
        recalls=tuple(recalls),
        confusion=tuple(tuple(row) for row in metrics.confusion(judged.truth, judged.answers).tolist()),
        bins=_bins(metrics.reliability(judged.confidence, judged.right), bins),
        risk=tuple(RiskPoint(coverage, estimate) for coverage, estimate in zip(COVERAGES, risk, strict=True)),
    )


def score_folds(loss: Weighting, folds: Sequence[tuple[ArrayLike, ArrayLike, ArrayLike]]) -> FoldScores:
    """The scores of a cross-validation from each fold's probabilities, truths and groups, as `score` wants them."""
    each = tuple(score(probabilities, truth, groups) for probabilities, truth, groups in folds)
    probabilities, truth, groups = (np.concatenate(list(map(np.asarray, parts))) for parts in zip(*folds, strict=True))
    return FoldScores(loss, each, score(probabilities, truth, groups))


@dataclass(frozen=True, slots=True)
class _Judged:
    """What each example brings to the figures: (N,) each, worked out once for all draws."""

    truth: Ints
    answers: Ints
    confidence: F64
    right: NDArray[np.bool_]
    surprisal: F64
    distance: F64

    @classmethod
    def of(cls, probabilities: F64, truth: Ints) -> "_Judged":
        confidence, right = metrics.judged(truth, probabilities)
        losses = metrics.surprisal(truth, probabilities), metrics.squared_distance(truth, probabilities)
        return cls(truth, probabilities.argmax(axis=1), confidence, right, *losses)

    def figures(self, weights: F64) -> F64:
        """Every figure of a row, one after the other, as `_split` takes them apart."""
        accuracy = metrics.mean(self.right, weights)
        bins = metrics.reliability(self.confidence, self.right, weights)
        curve = metrics.risk_coverage(self.confidence, self.right, weights)
        half = float(curve.risk_at(0.5))
        single = (
            accuracy,
            metrics.uar(self.truth, self.answers, weights),
            metrics.macro_f1(self.truth, self.answers, weights),
            bins.error,
            metrics.mean(self.surprisal, weights),
            metrics.mean(self.distance, weights),
            half,
            half / (1 - accuracy) if accuracy < 1 else float("nan"),
        )
        recalls = metrics.recalls(self.truth, self.answers, weights)
        return np.concatenate([single, recalls, bins.accuracy, curve.risk_at(COVERAGES)])


def _bins(found: metrics.Reliability, accuracy: list[Estimate]) -> tuple[ReliabilityBin, ...]:
    edges = np.linspace(0, 1, metrics.BINS + 1).tolist()
    return tuple(
        ReliabilityBin(edges[place], edges[place + 1], int(count), float(confidence), accuracy[place])
        for place, (count, confidence) in enumerate(zip(found.count, found.confidence, strict=True))
        if count
    )


def _split(estimates: list[Estimate]) -> tuple[list[Estimate], ...]:
    recalls, bins, risk = np.cumsum([len(_SINGLE), COUNT, metrics.BINS]).tolist()
    return estimates[:recalls], estimates[recalls:bins], estimates[bins:risk], estimates[risk:]
