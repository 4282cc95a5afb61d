"""Coefficients against values worked out by hand, and against published examples."""

import numpy as np
import pytest

from app.agreement.coefficients import agreement, alpha, coincidences, event_kappa, kappa, one_against_rest

DIAGNOSES = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
"""Two raters' diagnoses of 100 patients: psychotic, neurotic, organic (J. L. Fleiss, B. Levin, M. C. Paik, Statistical
Methods for Rates and Proportions, 3rd ed. 2003, table 18.1)."""


def test_kappa_of_a_published_table() -> None:
    assert kappa(DIAGNOSES) == pytest.approx(0.68, abs=0.005)
    assert agreement(DIAGNOSES) == pytest.approx(0.89)


@pytest.mark.parametrize(("place", "published"), [(0, 0.69), (1, 0.50), (2, 0.77)])
def test_kappa_of_each_category_of_a_published_table(place: int, published: float) -> None:
    """The same book, table 18.3."""
    assert kappa(one_against_rest(DIAGNOSES, place)) == pytest.approx(published, abs=0.005)


def test_kappa_by_hand() -> None:
    """Alike in 35 of 50, by chance in (25 * 30 + 25 * 20) / 50 = 25: (35 - 25) / (50 - 25)."""
    assert kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)


def test_what_is_not_defined_is_nan() -> None:
    assert np.isnan(kappa(np.zeros((3, 3))))
    assert np.isnan(kappa([[7, 0], [0, 0]])), "both said one thing alone: there is no chance to be beyond"
    assert np.isnan(event_kappa(np.zeros((3, 3))))
    assert np.isnan(alpha(np.zeros((2, 2))))
    assert np.isnan(alpha([[4, 0], [0, 0]]))


def test_many_tables_at_once() -> None:
    one = float(kappa(DIAGNOSES))
    assert kappa(np.stack([DIAGNOSES, DIAGNOSES.T, np.diag([1, 2, 3])])).tolist() == pytest.approx([one, one, 1.0])
    assert one_against_rest(np.stack([DIAGNOSES, DIAGNOSES]), 1).tolist() == [[[4, 6], [1, 89]]] * 2


def test_event_kappa_by_hand() -> None:
    """Symmetric, so each category is expected as a_i a_j with 50 = a (2 a + b) and 10 = 2 a b: 22.5 on each place."""
    assert event_kappa([[40, 5, 5], [5, 40, 5], [5, 5, 0]]) == pytest.approx((80 - 45) / (110 - 45))


def test_event_kappa_is_what_proportional_fitting_gives() -> None:
    """The published way: fit independence to the margins, the last cell always empty, then compare."""
    counts = np.random.default_rng(3).integers(0, 30, (8, 8)).astype(float)
    counts[-1, -1] = 0
    fitted = np.ones_like(counts)
    fitted[-1, -1] = 0
    for _ in range(3000):
        fitted *= (counts.sum(1) / fitted.sum(1))[:, None]
        fitted *= counts.sum(0) / fitted.sum(0)
    same, chance, total = np.trace(counts), np.trace(fitted), counts.sum()
    assert event_kappa(counts) == pytest.approx((same - chance) / (total - chance), abs=1e-9)


def test_events_without_a_partner_cost() -> None:
    assert event_kappa([[10, 0, 0], [0, 10, 0], [0, 0, 0]]) == pytest.approx(1.0)
    assert event_kappa([[10, 0, 2], [0, 10, 2], [2, 2, 0]]) < 0.8


def counted(*rows: list[int | None]) -> np.ndarray:
    """Units by values, from what each observer said."""
    values = sorted({value for row in rows for value in row if value is not None})
    return np.array([[sum(row[unit] == value for row in rows) for value in values] for unit in range(len(rows[0]))])


def test_alpha_of_a_published_example() -> None:
    """Four observers, twelve units, some missing: K. Krippendorff, Computing Krippendorff's alpha-reliability, 2011."""
    said = counted(
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    )
    assert alpha(coincidences(said)) == pytest.approx(0.743, abs=5e-4)


def test_alpha_of_two_observers_in_a_published_example() -> None:
    """The same text, nominal data without missing ones, a to e."""
    first, second = ("aabbdcccedda", "babbbcccedd" + "d")
    said = counted([ord(letter) for letter in first], [ord(letter) for letter in second])
    assert alpha(coincidences(said)) == pytest.approx(0.692, abs=5e-4)


def test_coincidences_by_hand() -> None:
    """Three who say x, x, y make of each ordered pair half: 1 of x-x, 1 of x-y, 1 of y-x; a single answer none."""
    assert coincidences([[2, 1], [1, 0]]).tolist() == [[1, 1], [1, 0]]
