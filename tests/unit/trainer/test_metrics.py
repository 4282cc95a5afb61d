"""Figures against values worked out by hand."""

from collections.abc import Callable

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
    assert np.isnan(metrics.calibration_error([], np.empty((0, 7))))
    assert np.isnan(metrics.log_loss([], np.empty((0, 7))))
    assert np.isnan(metrics.brier([], np.empty((0, 7))))
    assert np.isnan(metrics.selective_risk([], []))


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
    assert metrics.calibration_error([0, 0, 4, 4], given) == pytest.approx((0.1 + 0.5) / 2)


def test_calibration_error_pools_within_a_bin_only() -> None:
    given = _probabilities([0.81, 0.85, 0.99], [0, 0, 0])
    # (12/15, 13/15] holds .81 right and .85 wrong: |1.66 - 1| = .66; .99 right: .01
    assert metrics.calibration_error([0, 1, 0], given) == pytest.approx((0.66 + 0.01) / 3)
    assert metrics.calibration_error([0, 1, 0], given, bins=1) == pytest.approx((2.65 - 2) / 3)


def test_calibration_error_takes_certainty() -> None:
    assert metrics.calibration_error(np.arange(7), np.eye(7)) == 0
    assert metrics.calibration_error(np.zeros(7, int), np.eye(7)) == pytest.approx(6 / 7)


def test_reliability_by_hand() -> None:
    found = metrics.reliability([0.81, 0.85, 0.99, 0.2], [True, False, True, True], bins=5)
    np.testing.assert_array_equal(found.count, [1, 0, 0, 0, 3])
    np.testing.assert_allclose(found.confidence, [0.2, np.nan, np.nan, np.nan, 2.65 / 3])
    np.testing.assert_allclose(found.accuracy, [1, np.nan, np.nan, np.nan, 2 / 3])
    assert found.error == pytest.approx((0.8 + 3 * (2.65 - 2) / 3) / 4)


def test_bins_hold_their_upper_edge() -> None:
    found = metrics.reliability([0.4, 0.6], [True, True], bins=5)
    np.testing.assert_array_equal(found.count, [0, 1, 1, 0, 0])


def test_confidence_is_the_answer_s_probability() -> None:
    confidence, right = metrics.judged([0, 3], _probabilities([0.5, 0.7], [0, 5]))
    assert confidence.tolist() == [0.5, 0.7]
    assert right.tolist() == [True, False]


def test_log_loss_and_brier_by_hand() -> None:
    given = [[0.5, 0.5, 0, 0, 0, 0, 0], [0.25, 0, 0.75, 0, 0, 0, 0]]
    assert metrics.log_loss([0, 0], given) == pytest.approx((np.log(2) + np.log(4)) / 2)
    # (.5 - 1)^2 + .5^2 and (.25 - 1)^2 + .75^2
    assert metrics.brier([0, 0], given) == pytest.approx((0.5 + 1.125) / 2)


def test_log_loss_and_brier_of_certain_answers() -> None:
    assert metrics.log_loss(np.arange(7), np.eye(7)) == metrics.brier(np.arange(7), np.eye(7)) == 0
    assert metrics.log_loss([1], np.eye(7)[[0]]) == pytest.approx(-np.log(metrics.LEAST))
    assert metrics.brier([1], np.eye(7)[[0]]) == 2
    assert metrics.log_loss([1, 4], np.full((2, 7), 1 / 7)) == pytest.approx(np.log(7))


@pytest.mark.parametrize("metric", [metrics.log_loss, metrics.brier, metrics.calibration_error])
def test_probabilities_that_do_not_fit_are_refused(metric: Callable[..., float]) -> None:
    with pytest.raises(ValueError, match="for 2 truths"):
        metric([0, 1], np.full((2, 6), 1 / 6))
    with pytest.raises(ValueError, match="weights for 1 examples"):
        metric([0], np.eye(7)[[0]], [1, 2])


# Weights


@pytest.mark.parametrize("metric", [metrics.accuracy, metrics.uar, metrics.macro_f1, metrics.recalls])
def test_a_weight_is_how_often_an_example_counts(metric: Callable[..., np.ndarray]) -> None:
    times = [2, 1, 0, 3, 0, 1]
    often = metric(np.repeat(TRUTH, times), np.repeat(ANSWERS, times))
    np.testing.assert_allclose(metric(TRUTH, ANSWERS, times), often)


@pytest.mark.parametrize("metric", [metrics.log_loss, metrics.brier, metrics.calibration_error])
def test_a_weight_is_how_often_probabilities_count(metric: Callable[..., float]) -> None:
    rng = np.random.default_rng(2)
    given, truth, times = rng.dirichlet(np.ones(7), 40), rng.integers(0, 7, 40), rng.integers(0, 4, 40)
    often = metric(np.repeat(truth, times), np.repeat(given, times, axis=0))
    assert metric(truth, given, times) == pytest.approx(often)


def test_a_weight_is_how_often_a_confidence_counts() -> None:
    rng = np.random.default_rng(3)
    sure, good, times = rng.integers(0, 9, 50) / 9, rng.random(50) < 0.6, rng.integers(0, 4, 50)
    weighted = metrics.risk_coverage(sure, good, times)
    often = metrics.risk_coverage(np.repeat(sure, times), np.repeat(good, times))
    np.testing.assert_allclose(weighted.threshold, often.threshold)
    np.testing.assert_allclose(weighted.coverage, often.coverage)
    np.testing.assert_allclose(weighted.risk, often.risk)
    share = metrics.selective_risk(sure, good, 0.3, times)
    assert share == pytest.approx(metrics.selective_risk(np.repeat(sure, times), np.repeat(good, times), 0.3))


def test_weights_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="none of them below zero"):
        metrics.accuracy([0, 1], [0, 1], [1, -1])


# Temperature


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


def test_risk_among_the_surest_by_hand() -> None:
    confidence, right = [0.5, 0.9, 0.7, 0.7], [False, True, True, False]
    assert metrics.selective_risk(confidence, right, 0.25) == 0
    assert metrics.selective_risk(confidence, right, 0.75) == pytest.approx(1 / 3)
    assert metrics.selective_risk(confidence, right, 1) == pytest.approx(1 / 2)
    # half is the first and one of the two at .7, of which one in two is wrong
    assert metrics.selective_risk(confidence, right) == pytest.approx(0.5 / 2)
    assert metrics.selective_risk(confidence, right, 0.1) == 0
    curve = metrics.risk_coverage(confidence, right)
    np.testing.assert_allclose(curve.risk_at([0.25, 0.5, 1]), [0, 0.25, 0.5])


def test_one_confidence_for_all_says_nothing() -> None:
    right = [True, False, False, True, False]
    np.testing.assert_allclose(metrics.risk_coverage([0.4] * 5, right).risk_at([0.1, 0.5, 1]), 0.6)


def test_curves_of_unlike_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="confidences for"):
        metrics.risk_coverage([0.5, 0.5], [True])


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
