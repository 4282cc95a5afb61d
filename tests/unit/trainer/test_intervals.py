"""Bootstrap intervals against enumeration by hand and against theory."""

from functools import partial

import numpy as np
import pytest

from trainer import metrics
from trainer.intervals import Estimate, clustered_interval, group_count, paired_difference, percentiles, resampled


def mean_of(values: np.ndarray, weights: np.ndarray) -> float:
    """The mean of values that count as often as their weights say."""
    return float((values * weights).sum() / weights.sum())


# Draws


def test_whole_groups_are_drawn() -> None:
    drawn = set()

    def figure(weights: np.ndarray) -> float:
        drawn.add(tuple(weights))
        return 0.0

    resampled(figure, ["a", "a", "a", "b"], draws=200)
    assert drawn == {(2, 2, 2, 0), (1, 1, 1, 1), (0, 0, 0, 2)}


def test_groups_need_not_be_sorted_and_may_be_numbers() -> None:
    given = resampled(lambda weights: weights, [7, 3, 7], draws=50)
    assert given.shape == (50, 3)
    np.testing.assert_array_equal(given[:, 0], given[:, 2])
    np.testing.assert_array_equal(given[:, 0] + given[:, 1], 2)


def test_draws_repeat_with_their_seed() -> None:
    first, again, other = (resampled(lambda weights: weights, np.arange(9), 20, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_several_figures_share_a_draw() -> None:
    values = np.arange(5.0)
    both = resampled(lambda weights: [mean_of(values, weights), 1 - mean_of(values, weights)], np.arange(5), 30)
    assert both.shape == (30, 2)
    np.testing.assert_allclose(both.sum(axis=1), 1)


def test_nothing_to_draw_from_is_refused() -> None:
    with pytest.raises(ValueError, match="no example"):
        resampled(lambda weights: 0.0, [])


def test_groups_are_counted() -> None:
    assert group_count(["a", "b", "a"]) == 2
    assert group_count([]) == 0


# Percentiles


def test_many_groups_give_plain_percentiles() -> None:
    drawn = np.arange(1001.0)[:, None] / 1000
    low, high = percentiles(drawn, 100_000)
    assert (low[0], high[0]) == (pytest.approx(0.025, abs=1e-4), pytest.approx(0.975, abs=1e-4))
    low, high = percentiles(drawn, 100_000, level=0.5)
    assert (low[0], high[0]) == (pytest.approx(0.25, abs=1e-4), pytest.approx(0.75, abs=1e-4))


def test_few_groups_spread_the_percentiles() -> None:
    # ten groups: normal quantile of sqrt(10 / 9) times t(.025, 9 degrees) = 1.0541 * -2.2622, which is .0085
    low, high = percentiles(np.arange(1001.0)[:, None] / 1000, 10)
    assert (low[0], high[0]) == (pytest.approx(0.0085, abs=1e-4), pytest.approx(0.9915, abs=1e-4))


def test_one_group_gives_no_interval() -> None:
    low, high = percentiles(np.ones((10, 3)), 1)
    assert np.isnan([low, high]).all()
    assert low.shape == high.shape == (3,)


def test_draws_without_a_figure_are_passed_over() -> None:
    drawn = np.array([[np.nan, np.nan], [1.0, np.nan], [1.0, np.nan]])
    low, high = percentiles(drawn, 50)
    np.testing.assert_array_equal([low, high], [[1, np.nan], [1, np.nan]])


# Intervals


def test_two_groups_give_both_extremes() -> None:
    values = np.array([0.0, 0.0, 0.0, 1.0])
    found = clustered_interval(partial(mean_of, values), ["a", "a", "a", "b"], draws=200)
    assert found == Estimate(0.25, 0.0, 1.0)  # each extreme comes up in a quarter of the draws


def test_interval_matches_theory_and_repeats() -> None:
    values = np.random.default_rng(1).normal(size=400)
    found = clustered_interval(partial(mean_of, values), np.arange(400))
    error = values.std() / np.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.3 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.3 * error)
    assert found == clustered_interval(partial(mean_of, values), np.arange(400))


def test_examples_that_go_together_widen_the_interval() -> None:
    values = np.repeat(np.random.default_rng(1).normal(size=40), 10)
    apart = clustered_interval(partial(mean_of, values), np.arange(400))
    together = clustered_interval(partial(mean_of, values), np.repeat(np.arange(40), 10))
    assert together.value == apart.value
    assert together.high - together.low > 2 * (apart.high - apart.low)  # sqrt(10) in theory


# Two models


TRUTH = np.tile(np.arange(7), 30)
PEOPLE = np.repeat(np.arange(30), 7)


def test_what_is_hard_for_both_cancels_out() -> None:
    rng = np.random.default_rng(6)
    hard = rng.random(30) < 0.5
    first = np.where(hard[PEOPLE], (TRUTH + 1) % 7, TRUTH)
    second = first.copy()
    second[::21] = TRUTH[::21]  # ten more that are looked at, some of them right before
    gain = paired_difference(TRUTH, first, second, PEOPLE)
    by_hand = (second == TRUTH).mean() - (first == TRUTH).mean()
    assert gain.value == pytest.approx(by_hand)
    assert gain.value > 0
    assert gain.low >= 0
    alone = clustered_interval(lambda weights: metrics.accuracy(TRUTH, second, weights), PEOPLE)
    assert gain.high - gain.low < (alone.high - alone.low) / 5


def test_the_difference_has_a_direction() -> None:
    worse = (TRUTH + 1) % 7
    assert paired_difference(TRUTH, TRUTH, worse, PEOPLE) == Estimate(-1.0, -1.0, -1.0)
    assert paired_difference(TRUTH, worse, TRUTH, PEOPLE) == Estimate(1.0, 1.0, 1.0)
    assert paired_difference(TRUTH, worse, worse, PEOPLE) == Estimate(0.0, 0.0, 0.0)


def test_any_metric_can_be_compared() -> None:
    sure, unsure = np.eye(7)[TRUTH], np.full((len(TRUTH), 7), 1 / 7)
    loss = paired_difference(TRUTH, unsure, sure, PEOPLE, metrics.log_loss)
    assert loss.value == pytest.approx(-np.log(7))
    happy = np.full(len(TRUTH), 3)
    assert paired_difference(TRUTH, happy, TRUTH, PEOPLE, metrics.uar).value == pytest.approx(6 / 7)


def test_one_person_says_nothing_about_others() -> None:
    found = paired_difference(TRUTH, TRUTH, TRUTH, np.zeros(len(TRUTH)))
    assert found.value == 0
    assert np.isnan([found.low, found.high]).all()


def test_models_judged_on_unlike_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="truths for"):
        paired_difference(TRUTH, TRUTH, TRUTH[:-1], PEOPLE)
