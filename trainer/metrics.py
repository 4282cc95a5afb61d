"""How good answers are. `truth` and `answers` are (N,) integers into the seven emotions throughout.

A figure of nothing is NaN.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from engine.emotions import COUNT

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]


def confusion(truth: ArrayLike, answers: ArrayLike) -> Ints:
    """Counts (7, 7) int64: a row an emotion that was there, a column one that was answered.

    Raises:
        ValueError: the two differ in length, or hold something that is none of the seven.
    """
    there, said = np.asarray(truth, np.int64), np.asarray(answers, np.int64)
    if there.shape != said.shape or there.ndim != 1:
        raise ValueError(f"{there.shape} truths for {said.shape} answers")
    both = np.concatenate([there, said])
    if both.size and not 0 <= both.min() <= both.max() < COUNT:
        raise ValueError(f"labels must be 0 to {COUNT - 1}")
    counts = np.bincount(there * COUNT + said, minlength=COUNT**2)
    return counts.reshape(COUNT, COUNT).astype(np.int64)


def accuracy(truth: ArrayLike, answers: ArrayLike) -> float:
    """Share of answers that are right."""
    counts = confusion(truth, answers)
    return _ratio(np.trace(counts), counts.sum())


def recalls(truth: ArrayLike, answers: ArrayLike) -> F64:
    """Share of each emotion's examples that were answered right: (7,), NaN for an emotion without examples."""
    counts = confusion(truth, answers)
    return _ratios(np.diag(counts), counts.sum(axis=1))


def uar(truth: ArrayLike, answers: ArrayLike) -> float:
    """Unweighted average recall: the mean of `recalls` over the emotions that are there."""
    return _mean_of_known(recalls(truth, answers))


def macro_f1(truth: ArrayLike, answers: ArrayLike) -> float:
    """Mean over the emotions that are there of 2 TP / (2 TP + FP + FN)."""
    counts = confusion(truth, answers)
    there = counts.sum(axis=1)
    f1 = _ratios(2 * np.diag(counts), there + counts.sum(axis=0))
    return _mean_of_known(np.where(there > 0, f1, np.nan))


def calibration_error(probabilities: ArrayLike, truth: ArrayLike, bins: int = 15) -> float:
    """Expected calibration error of the answered emotion (Guo et al., ICML 2017).

    The mean distance between confidence and accuracy over equal bins of confidence `(low, high]`, weighted by their
    counts. `probabilities` is (N, 7).
    """
    given, there = np.asarray(probabilities, np.float64), np.asarray(truth, np.int64)
    if given.shape != (len(there), COUNT):
        raise ValueError(f"probabilities of shape {given.shape} for {len(there)} truths")
    confidence = given.max(axis=1)
    right = given.argmax(axis=1) == there
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    excess = np.bincount(place, weights=confidence - right, minlength=bins)
    return _ratio(np.abs(excess).sum(), len(there))


def fit_temperature(scores: ArrayLike, truth: ArrayLike) -> float:
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
        return -float(log_softmax(given / np.exp(log_temperature), axis=1)[rows, there].mean())

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


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> RiskCoverage:
    """The risk-coverage curve of `confidence` (N,) and `right` (N,) bool: one point a distinct confidence."""
    sure, good = np.asarray(confidence, np.float64), np.asarray(right, np.bool_)
    if sure.shape != good.shape or sure.ndim != 1:
        raise ValueError(f"{sure.shape} confidences for {good.shape} answers")
    order = np.argsort(-sure, kind="stable")
    sure, wrong = sure[order], np.cumsum(~good[order])
    last = np.append(sure[1:] != sure[:-1], True)[: len(sure)]
    count = np.flatnonzero(last) + 1
    return RiskCoverage(sure[last], count / max(len(sure), 1), wrong[last] / count)


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


def clustered_interval(
    figure: Callable[[Ints], float],
    groups: ArrayLike,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Bootstrap percentile interval (low, high) of a figure whose examples come in groups (people, films).

    Whole groups are drawn with replacement, so the interval says how the figure changes with other people.

    Args:
        figure: the figure of the examples at these indices, (K,) int64, in which an index may repeat.
        groups: (N,) group of each example, numbers or names.
        level: 0 to 1.

    Raises:
        ValueError: there is no example.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    if not len(names):
        raise ValueError("no example to draw from")
    members = [np.flatnonzero(member == index) for index in range(len(names))]
    rng = np.random.default_rng(seed)
    figures = [
        figure(np.concatenate([members[index] for index in rng.integers(len(names), size=len(names))]))
        for _ in range(draws)
    ]
    low, high = np.nanquantile(figures, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def _ratios(part: Ints, whole: Ints) -> F64:
    ratios: F64 = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return ratios


def _mean_of_known(figures: F64) -> float:
    known = figures[~np.isnan(figures)]
    return float(known.mean()) if len(known) else float("nan")
