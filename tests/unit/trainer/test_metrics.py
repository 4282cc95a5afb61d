"""Figures against values worked out by hand."""

import numpy as np
import pytest

from trainer import metrics

# angry: 2 of 3 right; happy: 1 of 1; sad: 0 of 2 (answered happy twice); disgust: never there, answered once
TRUTH = [0, 0, 0, 3, 5, 5]
ANSWERS = [0, 0, 1, 3, 3, 3]


def test_confusion_has_truth_in_rows() -> None:
    counts = metrics.confusion(TRUTH, ANSWERS)
    assert counts.shape == (7, 7)
    assert counts[0].tolist() == [2, 1, 0, 0, 0, 0, 0]
    assert counts[5].tolist() == [0, 0, 0, 2, 0, 0, 0]
    assert counts.sum() == 6


def test_accuracy_recalls_and_their_mean() -> None:
    assert metrics.accuracy(TRUTH, ANSWERS) == pytest.approx(3 / 6)
    expected = [2 / 3, np.nan, np.nan, 1, np.nan, 0, np.nan]
    np.testing.assert_allclose(metrics.recalls(TRUTH, ANSWERS), expected)
    assert metrics.uar(TRUTH, ANSWERS) == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_macro_f1_is_over_what_is_there() -> None:
    # angry 4 / (4 + 0 + 1), happy 2 / (2 + 2 + 0), sad 0; disgust is answered but not there
    assert metrics.macro_f1(TRUTH, ANSWERS) == pytest.approx((4 / 5 + 2 / 4 + 0) / 3)


def test_nothing_gives_nan() -> None:
    assert np.isnan(metrics.accuracy([], []))
    assert np.isnan(metrics.uar([], []))
    assert np.isnan(metrics.macro_f1([], []))
    assert np.isnan(metrics.calibration_error(np.empty((0, 7)), []))


@pytest.mark.parametrize(("truth", "answers"), [([0, 1], [0]), ([7], [0]), ([0], [-1]), ([[0]], [[0]])])
def test_labels_that_make_no_sense_are_refused(truth: list[int], answers: list[int]) -> None:
    with pytest.raises(ValueError, match=r"labels must|truths for"):
        metrics.confusion(truth, answers)


def _probabilities(confidences: list[float], answers: list[int]) -> np.ndarray:
    rows = np.repeat((1 - np.array(confidences))[:, None] / 6, 7, axis=1)
    rows[np.arange(len(answers)), answers] = confidences
    return rows


def test_calibration_error_by_hand() -> None:
    given = _probabilities([0.9, 0.9, 0.5, 0.5], [0, 0, 3, 3])
    # at .9 both are right (.1 off), at .5 none (.5 off), two examples each
    assert metrics.calibration_error(given, [0, 0, 4, 4]) == pytest.approx((0.1 + 0.5) / 2)


def test_calibration_error_pools_within_a_bin_only() -> None:
    given = _probabilities([0.81, 0.85, 0.99], [0, 0, 0])
    # (12/15, 13/15] holds .81 right and .85 wrong: |1.66 - 1| = .66; .99 right: .01
    assert metrics.calibration_error(given, [0, 1, 0]) == pytest.approx((0.66 + 0.01) / 3)
    assert metrics.calibration_error(given, [0, 1, 0], bins=1) == pytest.approx((2.65 - 2) / 3)


def test_calibration_error_takes_certainty() -> None:
    assert metrics.calibration_error(np.eye(7), np.arange(7)) == 0
    assert metrics.calibration_error(np.eye(7), np.zeros(7, int)) == pytest.approx(6 / 7)


def test_temperature_by_hand() -> None:
    # Two logits 2 apart (the rest out of reach), right three times in four: sigmoid(2 / T) = 3/4, T = 2 / ln 3
    scores = np.full((4, 7), -1000.0)
    scores[:, 0], scores[:, 1] = 2.0, 0.0
    assert metrics.fit_temperature(scores, [0, 0, 0, 1]) == pytest.approx(2 / np.log(3), rel=1e-3)


def test_temperature_does_not_see_a_constant() -> None:
    rng = np.random.default_rng(0)
    logits, truth = rng.normal(size=(200, 7)), rng.integers(0, 3, 200)
    logits[np.arange(200), truth] += 1
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    fitted = metrics.fit_temperature(logits, truth)
    assert metrics.fit_temperature(log_probabilities, truth) == pytest.approx(fitted, rel=1e-6)
    assert metrics.fit_temperature(3 * logits, truth) == pytest.approx(3 * fitted, rel=1e-3)


def test_temperature_of_the_always_right_stays_in_bounds() -> None:
    assert 0.05 <= metrics.fit_temperature(5 * np.eye(7), np.arange(7)) < 0.2


def test_temperature_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="0 truths"):
        metrics.fit_temperature(np.empty((0, 7)), [])


def test_risk_coverage_by_hand() -> None:
    curve = metrics.risk_coverage([0.5, 0.9, 0.7, 0.7], [False, True, True, False])
    np.testing.assert_allclose(curve.threshold, [0.9, 0.7, 0.5])
    np.testing.assert_allclose(curve.coverage, [1 / 4, 3 / 4, 1])
    np.testing.assert_allclose(curve.risk, [0, 1 / 3, 1 / 2])
    assert len(metrics.risk_coverage([], []).risk) == 0


def test_selective_threshold_suffices_though_a_higher_one_does_not() -> None:
    confidence, right = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [True, False, True, True, True, False]
    assert metrics.selective_threshold(confidence, right) == 0.5  # 4 of 5, though 1 of 2 at 0.8
    assert metrics.selective_threshold(confidence, right, 0.9) == 0.9


def test_equal_confidences_stand_together() -> None:
    assert metrics.selective_threshold([0.9, 0.8, 0.8, 0.8], [True, True, False, False]) == 0.9


def test_selective_threshold_of_all_right_and_all_wrong() -> None:
    assert metrics.selective_threshold([0.3, 0.4], [True, True]) == 0.0
    assert metrics.selective_threshold([0.3, 0.4], [False, False]) == 1.0


def test_selective_threshold_keeps_its_word_and_is_lowest() -> None:
    rng = np.random.default_rng(10)
    for _ in range(100):
        confidence = rng.integers(0, 30, 200) / 30
        right = rng.random(200) < confidence
        threshold = metrics.selective_threshold(confidence, right)
        for lower in np.unique(confidence):
            enough = right[confidence >= lower].mean() >= 0.8
            assert not (enough and lower < threshold)
            assert enough or lower != threshold


@pytest.mark.parametrize(("confidence", "right"), [([], []), ([0.5], [True, False])])
def test_selective_threshold_refuses_bad_input(confidence: list[float], right: list[bool]) -> None:
    with pytest.raises(ValueError, match="confidences"):
        metrics.selective_threshold(confidence, right)


def test_interval_draws_whole_groups() -> None:
    values = np.array([0.0, 0.0, 0.0, 1.0])
    groups = ["a", "a", "a", "b"]
    drawn = set()

    def figure(rows: np.ndarray) -> float:
        drawn.add(tuple(rows))
        return float(values[rows].mean())

    low, high = metrics.clustered_interval(figure, groups, draws=200)
    assert drawn == {(0, 1, 2, 0, 1, 2), (0, 1, 2, 3), (3, 0, 1, 2), (3, 3)}
    assert (low, high) == (0.0, 1.0)  # both extremes come up in a quarter of the draws


def test_interval_matches_theory_and_repeats() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=400)
    groups = np.arange(400)
    low, high = metrics.clustered_interval(lambda rows: float(values[rows].mean()), groups)
    error = values.std() / np.sqrt(400)
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.3 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.3 * error)
    assert (low, high) == metrics.clustered_interval(lambda rows: float(values[rows].mean()), groups)
    with pytest.raises(ValueError, match="no example"):
        metrics.clustered_interval(lambda rows: 0.0, [])
