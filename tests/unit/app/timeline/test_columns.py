from dataclasses import dataclass

import numpy as np
import pytest

from app.timeline.axis import Axis
from app.timeline.columns import NOTHING, Spans, Steps, column_edges, column_items
from tests.analyses import probabilities


@dataclass(frozen=True)
class Stretch:
    start_s: float
    end_s: float


def test_columns_divide_what_is_in_view() -> None:
    edges_s = column_edges(Axis(100, 10, 20, 5), 5)
    assert edges_s.tolist() == [10, 12, 14, 16, 18, 20]


def test_each_column_shows_the_interval_under_its_middle() -> None:
    start_s, end_s = np.array([1.0, 3.0, 7.0]), np.array([2.0, 5.0, 9.0])
    items = column_items(start_s, end_s, np.arange(0.0, 11.0))
    assert items.tolist() == [NOTHING, 0, NOTHING, 1, 1, NOTHING, NOTHING, 2, 2, NOTHING]
    assert column_items(np.zeros(0), np.zeros(0), np.arange(3.0)).tolist() == [NOTHING, NOTHING]


def test_a_wide_step_fills_its_columns_and_nothing_lies_between_steps() -> None:
    values = probabilities(2)
    steps = Steps.of(np.array([0.0, 2.0]), np.array([1.0, 3.0]), values)
    means = steps.means(np.arange(0.0, 4.01, 0.5))
    np.testing.assert_array_equal(means[0], values[0])
    np.testing.assert_array_equal(means[5], values[1])
    assert np.isnan(means[[2, 3, 6, 7]]).all()


def test_many_steps_in_a_column_are_averaged() -> None:
    values = probabilities(1000, seed=2)
    steps = Steps.of(np.arange(1000) * 0.64, np.arange(1000) * 0.64 + 0.64, values)
    means = steps.means(np.array([0.0, 64.0, 128.0]))
    np.testing.assert_allclose(means[0], values[:100].mean(0), atol=1e-5)
    np.testing.assert_allclose(means[1], values[100:200].mean(0), atol=1e-5)


def test_a_slice_that_runs_past_its_cut_ends_where_the_next_begins() -> None:
    steps = Steps.of(np.array([0.0, 0.4]), np.array([0.64, 1.04]), probabilities(2))
    assert steps.end_s.tolist() == [0.4, 1.04]
    assert len(steps) == 2


def test_no_steps_have_no_columns() -> None:
    steps = Steps.of(np.zeros(0), np.zeros(0), np.zeros((0, 7), np.float32))
    assert np.isnan(steps.means(np.arange(4.0))).all()


def test_spans_are_ordered_and_found_by_time() -> None:
    late, early = Stretch(5, 8), Stretch(1, 2)
    spans = Spans.of([late, early])
    assert spans.items == (early, late)
    assert spans.at(1.0) is early
    assert spans.at(7.99) is late
    for outside_s in (0.5, 2.0, 4.0, 8.0):
        assert spans.at(outside_s) is None
    assert Spans.of(()).at(0.0) is None


@pytest.mark.parametrize("columns", [1, 7, 1000])
def test_as_many_columns_as_asked_for(columns: int) -> None:
    assert len(column_edges(Axis.whole(12.0, 640), columns)) == columns + 1
