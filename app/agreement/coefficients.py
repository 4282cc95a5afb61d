"""Coefficients of agreement from tables, many tables at once: every array is (..., K, K), rows the first rater.

A coefficient that is not defined, because nothing or only one thing was said, is NaN.
"""

import numpy as np
from numpy.typing import ArrayLike

from engine.values import F64


def kappa(table: ArrayLike) -> F64:
    """Cohen's kappa: agreement beyond what the raters' own habits would give by chance.

    J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960).
    """
    counts = np.asarray(table, np.float64)
    total = counts.sum((-2, -1))
    chance = (counts.sum(-1) * counts.sum(-2)).sum(-1) / _or_nan(total)
    return _beyond(_diagonal(counts), chance, total)


def agreement(table: ArrayLike) -> F64:
    """Share of what is on the diagonal."""
    counts = np.asarray(table, np.float64)
    return _diagonal(counts) / _or_nan(counts.sum((-2, -1)))


def event_kappa(table: ArrayLike) -> F64:
    """Kappa of matched events, whose last row and column count those without a partner.

    Nobody can count what neither rater saw, so the last cell is empty by construction, and chance is that of
    independence in all other cells (R. Bakeman, V. Quera, A. Gnisci, Behavior Research Methods 41 (2009); H. Holle,
    R. Rein, ibid. 47 (2015)). They fit it by iteration; with a single empty cell it has a closed form: with row sums r
    and column sums c of the categories, R and C their totals and M the number of pairs, r_i c_j M / (R C).
    """
    counts = np.asarray(table, np.float64)
    rows, columns = counts.sum(-1)[..., :-1], counts.sum(-2)[..., :-1]
    pairs = counts[..., :-1, :-1].sum((-2, -1))
    all_rows, all_columns = rows.sum(-1), columns.sum(-1)
    chance = (rows * columns).sum(-1) * pairs / _or_nan(all_rows * all_columns)
    return _beyond(_diagonal(counts[..., :-1, :-1]), chance, counts.sum((-2, -1)))


def alpha(coincidences: ArrayLike) -> F64:
    """Krippendorff's alpha for nominal data, from a matrix of coincidences.

    K. Krippendorff, Computing Krippendorff's alpha-reliability (2011).
    """
    counts = np.asarray(coincidences, np.float64)
    values = counts.sum(-1)
    total = values.sum(-1)
    different = total - _diagonal(counts)
    expected = (total**2 - (values**2).sum(-1)) / _or_nan(total - 1)
    return np.asarray(1 - different / _or_nan(expected))


def coincidences(answers: ArrayLike) -> F64:
    """How often two of the answers to a unit are each pair of values: (K, K), symmetric.

    Args:
        answers: (N, K) how many raters gave each value to each unit; units with fewer than two say nothing.
    """
    counts = np.asarray(answers, np.float64)
    given = counts.sum(1)
    used = counts[given >= 2]
    weight = 1 / (given[given >= 2] - 1)
    found: F64 = (used * weight[:, None]).T @ used - np.diag((used * weight[:, None]).sum(0))
    return found


def one_against_rest(table: ArrayLike, place: int) -> F64:
    """(..., 2, 2): one category, and all others together."""
    counts = np.asarray(table, np.float64)
    both = counts[..., place, place]
    first, second = counts[..., place, :].sum(-1) - both, counts[..., :, place].sum(-1) - both
    rest = counts.sum((-2, -1)) - both - first - second
    return np.stack([np.stack([both, first], -1), np.stack([second, rest], -1)], -2)


def _diagonal(counts: F64) -> F64:
    found: F64 = np.trace(counts, axis1=-2, axis2=-1)
    return found


def _beyond(same: F64, chance: F64, total: F64) -> F64:
    return np.asarray((same - chance) / _or_nan(np.where(np.isclose(chance, total), 0.0, total - chance)))


def _or_nan(count: F64) -> F64:
    """The same, but NaN for zero: what is divided by it is not defined."""
    return np.where(count == 0, np.nan, count)
