"""How good answers are. `truth` and `answers` are (N,) integers into the seven emotions, `probabilities` are (N, 7).

`weights` (N,) say how often each example counts, once where there are none; resampling counts examples this way (see
`trainer.intervals`). A figure of nothing is NaN.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from engine.emotions import COUNT

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BINS: Final = 15
"""Bins of confidence, as in Guo et al. (ICML 2017)."""
LEAST: Final = 1e-12
"""Probabilities below count as this much in the log loss: one certain error must not make it infinite."""


def confusion(truth: ArrayLike, answers: ArrayLike) -> Ints:
    """Counts (7, 7) int64: a row an emotion that was there, a column one that was answered.

    Raises:
        ValueError: the two differ in length, or hold something that is none of the seven.
    """
    return _tally(truth, answers, None).astype(np.int64)


def accuracy(truth: ArrayLike, answers: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Share of answers that are right."""
    counts = _tally(truth, answers, weights)
    return _ratio(np.trace(counts), counts.sum())


def recalls(truth: ArrayLike, answers: ArrayLike, weights: ArrayLike | None = None) -> F64:
    """Share of each emotion's examples that were answered right: (7,), NaN for an emotion without examples."""
    counts = _tally(truth, answers, weights)
    return _ratios(np.diag(counts), counts.sum(axis=1))


def uar(truth: ArrayLike, answers: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Unweighted average recall: the mean of `recalls` over the emotions that are there."""
    return _mean_of_known(recalls(truth, answers, weights))


def macro_f1(truth: ArrayLike, answers: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean over the emotions that are there of 2 TP / (2 TP + FP + FN)."""
    counts = _tally(truth, answers, weights)
    there = counts.sum(axis=1)
    f1 = _ratios(2 * np.diag(counts), there + counts.sum(axis=0))
    return _mean_of_known(np.where(there > 0, f1, np.nan))


def surprisal(truth: ArrayLike, probabilities: ArrayLike) -> F64:
    """-ln p of the emotion that was there: (N,), in nats."""
    there, given = _judged(truth, probabilities)
    return -np.log(np.maximum(given[np.arange(len(there)), there], LEAST))


def squared_distance(truth: ArrayLike, probabilities: ArrayLike) -> F64:
    """Of the probabilities from the truth, summed over the emotions: (N,), 0 to 2."""
    there, given = _judged(truth, probabilities)
    return np.asarray(((given - np.eye(COUNT)[there]) ** 2).sum(axis=1))


def log_loss(truth: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean `surprisal`."""
    return mean(surprisal(truth, probabilities), weights)


def brier(truth: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean `squared_distance` (Brier, Monthly Weather Review, 1950)."""
    return mean(squared_distance(truth, probabilities), weights)


def mean(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Weighted mean of (N,) values."""
    given = np.asarray(values, np.float64)
    weight = _weights(weights, len(given))
    return _ratio((weight * given).sum(), weight.sum())


def judged(truth: ArrayLike, probabilities: ArrayLike) -> tuple[F64, Bools]:
    """Confidence of each answer, which is its probability, and whether it is right: (N,) both."""
    there, given = _judged(truth, probabilities)
    return given.max(axis=1), given.argmax(axis=1) == there


@dataclass(frozen=True, slots=True)
class Reliability:
    """Confidence against accuracy over equal bins of confidence `(low, high]`, each (bins,); NaN in an empty bin."""

    count: F64
    confidence: F64
    accuracy: F64

    @property
    def error(self) -> float:
        """The expected calibration error: mean distance between confidence and accuracy, bins weighted by count."""
        there = self.count > 0
        distance = np.abs(self.confidence[there] - self.accuracy[there])
        return _ratio((self.count[there] * distance).sum(), self.count.sum())


def reliability(
    confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None, bins: int = BINS
) -> Reliability:
    """How often answers of about one confidence are right: `confidence` (N,) in [0, 1] and `right` (N,) bool."""
    sure, good, weight = _answered(confidence, right, weights)
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    count, certainty, hits = (
        np.bincount(place, weights=each, minlength=bins).astype(np.float64)
        for each in (weight, weight * sure, weight * good)
    )
    return Reliability(count, _ratios(certainty, count), _ratios(hits, count))


def calibration_error(
    truth: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None, bins: int = BINS
) -> float:
    """Expected calibration error of the answered emotion (Guo et al., ICML 2017)."""
    return reliability(*judged(truth, probabilities), weights, bins).error


def fit_temperature(scores: ArrayLike, truth: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Temperature that makes softmax(scores / temperature) likeliest, within 0.05 to 20.

    `scores` (N, 7) are logits or log-probabilities, which differ by a constant a row only.

    Raises:
        ValueError: there is no example, or the shapes do not fit.
    """
    given, there = np.asarray(scores, np.float64), np.asarray(truth, np.int64)
    if not len(there) or given.shape != (len(there), COUNT):
        raise ValueError(f"scores of shape {given.shape} for {len(there)} truths")
    rows = np.arange(len(there))

    def loss(log_temperature: float) -> float:
        return -mean(log_softmax(given / np.exp(log_temperature), axis=1)[rows, there], weights)

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What answering only above a confidence costs and gains, from the surest answer to all of them.

    `threshold` (P,) falling confidences, `coverage` (P,) share of examples at or above it, `risk` (P,) share of those
    that are wrong.
    """

    threshold: F64
    coverage: F64
    risk: F64

    def risk_at(self, coverage: ArrayLike) -> F64:
        """Share of wrong answers among the surest `coverage`, in (0, 1]; NaN where there are no answers.

        Answers of one confidence cannot be told apart: of those at the edge a part counts, wrong ones in proportion.
        """
        wanted = np.asarray(coverage, np.float64)
        if not len(self.risk):
            return np.full(wanted.shape, np.nan)
        share = np.concatenate([[0.0], self.coverage])
        wrong = np.concatenate([[0.0], self.coverage * self.risk])
        return np.asarray(np.interp(wanted, share, wrong) / wanted, np.float64)


def risk_coverage(confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None) -> RiskCoverage:
    """The risk-coverage curve of `confidence` (N,) and `right` (N,) bool: one point a distinct confidence."""
    sure, good, weight = _answered(confidence, right, weights)
    order = np.argsort(-sure, kind="stable")
    order = order[weight[order] > 0]
    sure, answered, wrong = sure[order], np.cumsum(weight[order]), np.cumsum(weight[order] * ~good[order])
    last = np.append(sure[1:] != sure[:-1], True)[: len(sure)]
    total = answered[-1] if len(answered) else 1.0
    return RiskCoverage(sure[last], answered[last] / total, wrong[last] / answered[last])


def selective_risk(
    confidence: ArrayLike, right: ArrayLike, coverage: float = 0.5, weights: ArrayLike | None = None
) -> float:
    """Share of wrong answers among the most confident `coverage` of them: the risk-coverage curve in one number."""
    return float(risk_coverage(confidence, right, weights).risk_at(coverage))


def selective_threshold(confidence: ArrayLike, right: ArrayLike, wanted: float = 0.8) -> float:
    """The lowest threshold at which the answers of that confidence or more are right at least `wanted` of the time.

    Args:
        confidence: (N,) in [0, 1], of answers on held-out data.
        right: (N,) bool.
        wanted: share of right answers, 0 to 1.

    Returns:
        0.0 when all answers together reach it; 1.0 when no threshold does: then all but certainty is uncertain.

    Raises:
        ValueError: there are no answers, or the lengths differ.
    """
    curve = risk_coverage(confidence, right)
    if not len(curve.risk):
        raise ValueError("no confidences of answers to judge by")
    enough = np.flatnonzero(1 - curve.risk >= wanted)
    if not len(enough):
        return 1.0
    lowest = enough[-1]
    return 0.0 if lowest == len(curve.risk) - 1 else float(curve.threshold[lowest])


def _tally(truth: ArrayLike, answers: ArrayLike, weights: ArrayLike | None) -> F64:
    """`confusion`, of examples that count as often as their weights say."""
    there, said = np.asarray(truth, np.int64), np.asarray(answers, np.int64)
    if there.shape != said.shape or there.ndim != 1:
        raise ValueError(f"{there.shape} truths for {said.shape} answers")
    both = np.concatenate([there, said])
    if both.size and not 0 <= both.min() <= both.max() < COUNT:
        raise ValueError(f"labels must be 0 to {COUNT - 1}")
    counts = np.bincount(there * COUNT + said, weights=_weights(weights, len(there)), minlength=COUNT**2)
    return counts.reshape(COUNT, COUNT).astype(np.float64)


def _judged(truth: ArrayLike, probabilities: ArrayLike) -> tuple[Ints, F64]:
    there, given = np.asarray(truth, np.int64), np.asarray(probabilities, np.float64)
    if given.shape != (len(there), COUNT):
        raise ValueError(f"probabilities of shape {given.shape} for {len(there)} truths")
    return there, given


def _answered(confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None) -> tuple[F64, Bools, F64]:
    sure, good = np.asarray(confidence, np.float64), np.asarray(right, np.bool_)
    if sure.shape != good.shape or sure.ndim != 1:
        raise ValueError(f"{sure.shape} confidences for {good.shape} answers")
    return sure, good, _weights(weights, len(sure))


def _weights(weights: ArrayLike | None, count: int) -> F64:
    if weights is None:
        return np.ones(count)
    given = np.asarray(weights, np.float64)
    if given.shape != (count,) or (count and given.min() < 0):
        raise ValueError(f"{given.shape} weights for {count} examples, none of them below zero")
    return given


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _ratios(part: F64, whole: F64) -> F64:
    ratios: F64 = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return ratios


def _mean_of_known(figures: F64) -> float:
    known = figures[~np.isnan(figures)]
    return float(known.mean()) if len(known) else float("nan")
