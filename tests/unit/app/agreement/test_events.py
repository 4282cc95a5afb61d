from itertools import pairwise

import numpy as np
import pytest

from app.agreement.events import event_table, joined
from engine.emotions import COUNT
from tests.unit.app.agreement.raters import place, said

NONE = COUNT


def counts(table: np.ndarray) -> dict[tuple[int, int], int]:
    return {(int(row), int(column)): int(table[row, column]) for row, column in zip(*np.nonzero(table), strict=True)}


HAPPY, SAD, NEUTRAL = place("happy"), place("sad"), place("neutral")


def test_labels_that_touch_and_say_the_same_are_one_event() -> None:
    assert joined(said((0, 2, "sad"), (2, 3, "sad"), (3, 4, "happy"), (5, 6, "happy"))) == said(
        (0, 3, "sad"), (3, 4, "happy"), (5, 6, "happy")
    )
    table, *_ = event_table(said((0, 2, "sad"), (2, 4, "sad")), said((0, 4, "sad")), 0.0)
    assert counts(table) == {(SAD, SAD): 1}


def test_events_of_much_overlap_are_one_whatever_they_say() -> None:
    table, *alone = event_table(said((0, 4, "happy"), (4, 8, "sad")), said((1, 4.5, "happy"), (4.5, 8, "neutral")), 0.0)
    assert counts(table) == {(HAPPY, HAPPY): 1, (SAD, NEUTRAL): 1}
    assert alone == [0, 0]


@pytest.mark.parametrize(("end_s", "links"), [(6.0, True), (5.9, False)])
def test_sixty_per_cent_of_the_longer_one(end_s: float, links: bool) -> None:
    table, *_ = event_table(said((0, 10, "sad")), said((0, end_s, "sad"), (end_s, 10, "happy")), 0.0)
    expected = {(SAD, SAD): 1, (NONE, HAPPY): 1} if links else {(SAD, NONE): 1, (NONE, SAD): 1, (NONE, HAPPY): 1}
    assert counts(table) == expected


@pytest.mark.parametrize(("tolerance_s", "links"), [(0.4, True), (0.3, False)])
def test_short_events_are_one_within_the_tolerance(tolerance_s: float, links: bool) -> None:
    """They overlap by half: 0.4 of 0.8 s."""
    table, *_ = event_table(said((1.0, 1.8, "sad")), said((1.4, 2.2, "sad")), tolerance_s)
    assert counts(table) == ({(SAD, SAD): 1} if links else {(SAD, NONE): 1, (NONE, SAD): 1})


def test_each_event_has_one_partner_the_one_it_overlaps_most() -> None:
    table, *_ = event_table(said((0.0, 1.0, "sad")), said((0.0, 0.4, "happy"), (0.4, 1.0, "sad")), 1.0)
    assert counts(table) == {(SAD, SAD): 1, (NONE, HAPPY): 1}


def test_what_only_one_labelled_is_counted_beside() -> None:
    table, *alone = event_table(said((0, 2, "sad"), (10, 12, "happy")), said((0, 2, "sad"), (20, 21, "sad")), 0.5)
    assert counts(table) == {(SAD, SAD): 1}
    assert alone == [1, 1]


def test_what_the_other_was_unsure_of_is_no_event_without_a_partner() -> None:
    table, *alone = event_table(said((0, 2, "sad")), said((0, 2, None)), 0.5)
    assert counts(table) == {}
    assert alone == [1, 0]


def test_nobody_said_anything() -> None:
    table, *alone = event_table((), (), 0.5)
    assert not table.any()
    assert alone == [0, 0]


def test_the_other_way_round_is_the_table_turned_over() -> None:
    rng = np.random.default_rng(0)
    names = ("happy", "sad", "neutral", None)

    def drawn() -> tuple:
        edges = np.sort(rng.uniform(0, 60, 30))
        return said(*((a, b, names[rng.integers(4)]) for a, b in pairwise(edges) if b - a > 0.1))

    for _ in range(20):
        one, other = drawn(), drawn()
        table, *alone = event_table(one, other, 0.5)
        turned, *alone_turned = event_table(other, one, 0.5)
        assert (table == turned.T).all()
        assert alone == alone_turned[::-1]
