"""Everything said about answers, against the metrics themselves and against values worked out by hand."""

import numpy as np
import pytest

from engine.emotions import INDEX
from trainer import metrics
from trainer.intervals import clustered_interval
from trainer.scores import COVERAGES, Row, score, score_folds

HAPPY, SAD = INDEX["happy"], INDEX["sad"]


def answers(count: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities that lean towards the truth, truths of five emotions, and twelve people."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 5, count)
    given = rng.dirichlet(np.ones(7), count) + 0.5 * np.eye(7)[truth] * rng.random((count, 1))
    return given / given.sum(axis=1, keepdims=True), truth, np.arange(count) % 12


@pytest.fixture(scope="module")
def row() -> Row:
    return score(*answers())


def by_hand() -> Row:
    """Four answers: sure and right, less sure and wrong, right, wrong; of two people."""
    given = np.full((4, 7), 0.01)
    for place, (answer, confidence) in enumerate([(HAPPY, 0.9), (HAPPY, 0.7), (SAD, 0.6), (HAPPY, 0.4)]):
        given[place] = (1 - confidence) / 6
        given[place, answer] = confidence
    return score(given, [HAPPY, SAD, SAD, SAD], ["ann", "ann", "bob", "bob"])


def test_figures_are_those_of_the_metrics(row: Row) -> None:
    given, truth, _ = answers()
    said = given.argmax(axis=1)
    confidence, right = metrics.judged(truth, given)
    assert (row.count, row.groups) == (120, 12)
    assert row.accuracy.value == pytest.approx(metrics.accuracy(truth, said))
    assert row.uar.value == pytest.approx(metrics.uar(truth, said))
    assert row.macro_f1.value == pytest.approx(metrics.macro_f1(truth, said))
    assert row.calibration_error.value == pytest.approx(metrics.calibration_error(truth, given))
    assert row.log_loss.value == pytest.approx(metrics.log_loss(truth, given))
    assert row.brier.value == pytest.approx(metrics.brier(truth, given))
    assert row.half_error.value == pytest.approx(metrics.selective_risk(confidence, right))
    np.testing.assert_allclose([recall.value for recall in row.recalls], metrics.recalls(truth, said))
    np.testing.assert_array_equal(row.confusion, metrics.confusion(truth, said))


def test_a_row_by_hand() -> None:
    found = by_hand()
    assert found.accuracy.value == 0.5
    assert found.half_error.value == pytest.approx(0.5)  # .9 right, .7 wrong
    assert found.half_ratio.value == pytest.approx(1)
    assert found.recalls[HAPPY].value == 1
    assert found.recalls[SAD].value == pytest.approx(1 / 3)
    assert np.isnan(found.recalls[INDEX["fear"]].value)
    assert found.class_counts == (0, 0, 0, 1, 0, 3, 0)
    assert found.confusion[SAD] == (0, 0, 0, 2, 0, 1, 0)
    assert found.log_loss.value == pytest.approx(-np.log([0.9, 0.05, 0.6, 0.1]).mean())
    assert (found.accuracy.low, found.accuracy.high) == (0.5, 0.5)  # either person is right once in two


def test_bins_are_those_that_hold_answers() -> None:
    found = by_hand()
    assert [bin_.count for bin_ in found.bins] == [1, 1, 1, 1]
    np.testing.assert_allclose([bin_.confidence for bin_ in found.bins], [0.4, 0.6, 0.7, 0.9])
    assert [bin_.accuracy.value for bin_ in found.bins] == [0, 1, 0, 1]
    assert all(bin_.start < bin_.confidence <= bin_.end + 1e-12 for bin_ in found.bins)


def test_the_curve_ends_at_the_error_of_all(row: Row) -> None:
    assert tuple(point.coverage for point in row.risk) == COVERAGES
    assert row.risk[-1].error.value == pytest.approx(1 - row.accuracy.value)
    assert row.risk[-1].error.low == pytest.approx(1 - row.accuracy.high)
    half = next(point for point in row.risk if point.coverage == 0.5)
    assert half.error == row.half_error


def test_intervals_are_those_of_the_bootstrap_over_groups(row: Row) -> None:
    given, truth, people = answers()
    order = np.argsort(-given.max(axis=1), kind="stable")
    said = given.argmax(axis=1)
    alone = clustered_interval(lambda weights: metrics.uar(truth[order], said[order], weights), people[order])
    assert row.uar.low == pytest.approx(alone.low)
    assert row.uar.high == pytest.approx(alone.high)


def test_every_figure_lies_in_its_interval(row: Row) -> None:
    figures = [row.accuracy, row.uar, row.macro_f1, row.calibration_error, row.log_loss, row.brier, row.half_error]
    figures += [*row.recalls[:5], *(bin_.accuracy for bin_ in row.bins), *(point.error for point in row.risk)]
    assert all(figure.low - 1e-12 <= figure.value <= figure.high + 1e-12 for figure in figures)


def test_a_calibrated_model_s_error_lies_in_its_interval() -> None:
    """Draws hold fewer distinct examples, whose bins stray further: their plain percentiles lie too high."""
    rng = np.random.default_rng(10)
    given = rng.dirichlet(np.full(7, 0.4), 1500)
    truth = np.array([rng.choice(7, p=row) for row in given])
    found = score(given, truth, np.arange(1500)).calibration_error
    plain = clustered_interval(lambda weights: metrics.calibration_error(truth, given, weights), np.arange(1500))
    assert (plain.low + plain.high) / 2 > 1.5 * plain.value
    assert (found.low + found.high) / 2 == pytest.approx(found.value, rel=0.2)
    assert 0 <= found.low < found.value < found.high


def test_the_order_of_examples_makes_no_difference(row: Row) -> None:
    given, truth, people = answers()
    shuffled = np.random.default_rng(1).permutation(len(truth))
    other = score(given[shuffled], truth[shuffled], people[shuffled])
    assert other.accuracy == row.accuracy
    assert other.risk == row.risk
    assert other.confusion == row.confusion


def test_names_group_as_numbers_do(row: Row) -> None:
    given, truth, people = answers()
    assert repr(score(given, truth, [f"person-{number:02}" for number in people])) == repr(row)


def test_one_person_gives_figures_without_intervals() -> None:
    given, truth, _ = answers()
    found = score(given, truth, np.zeros(len(truth)))
    assert found.groups == 1
    assert found.accuracy.value > 0
    assert np.isnan([found.accuracy.low, found.accuracy.high, found.risk[0].error.low]).all()


def test_never_wrong_has_no_ratio() -> None:
    found = score(np.eye(7), np.arange(7), np.arange(7))
    assert found.accuracy.value == found.accuracy.low == 1
    assert found.half_error.value == 0
    assert np.isnan(found.half_ratio.value)


def test_a_single_answer() -> None:
    found = score(np.eye(7)[[2]], [2], ["ann"])
    assert (found.count, found.accuracy.value, len(found.bins)) == (1, 1, 1)


@pytest.mark.parametrize(("count", "truths", "groups"), [(0, 0, 0), (3, 2, 3), (3, 3, 2)])
def test_what_does_not_fit_is_refused(count: int, truths: int, groups: int) -> None:
    with pytest.raises(ValueError, match=r"no example|answers, \d truths"):
        score(np.full((count, 7), 1 / 7), np.zeros(truths, int), np.zeros(groups))


def test_folds_are_scored_alone_and_together() -> None:
    parts = [answers(40, 1), answers(60, 2)]
    found = score_folds("paper", parts)
    assert found.loss == "paper"
    assert [row.count for row in found.folds] == [40, 60]
    assert found.pooled.count == 100
    first, second = found.accuracies
    assert found.mean_accuracy == pytest.approx((first + second) / 2)
    assert found.deviation == pytest.approx(abs(first - second) / np.sqrt(2))
    assert found.pooled.accuracy.value == pytest.approx((40 * first + 60 * second) / 100)
    assert np.isnan(score_folds("none", parts[:1]).deviation)
