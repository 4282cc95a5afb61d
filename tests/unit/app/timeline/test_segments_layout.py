import random
from itertools import pairwise

from app.timeline.segments_layout import row_count, rows


def test_what_does_not_overlap_shares_a_row() -> None:
    assert rows([(0, 1), (1, 2), (5, 6)]) == (0, 0, 0)


def test_what_overlaps_takes_the_topmost_free_row() -> None:
    assert rows([(0, 10), (1, 3), (2, 4), (3, 5)]) == (0, 1, 2, 1)


def test_answers_keep_the_order_of_the_questions() -> None:
    assert rows([(5, 6), (0, 10), (1, 3)]) == (1, 0, 1)


def test_there_is_always_a_row() -> None:
    assert rows([]) == ()
    assert row_count(()) == 1
    assert row_count((0, 2, 1)) == 3


def test_rows_never_overlap_and_are_as_few_as_can_be() -> None:
    rng = random.Random(1)
    intervals = [(start, start + rng.uniform(0.1, 9)) for start in (rng.uniform(0, 100) for _ in range(200))]
    found = rows(intervals)
    for row in range(row_count(found)):
        own = sorted(interval for interval, place in zip(intervals, found, strict=True) if place == row)
        assert all(one[1] <= other[0] for one, other in pairwise(own))
    deepest = max(sum(start <= moment < end for start, end in intervals) for moment, _ in intervals)
    assert row_count(found) == deepest
