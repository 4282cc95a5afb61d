"""Figures as people read them."""

import math

import pytest

from trainer.intervals import Estimate
from trainer.report.wording import counted, first_of, number_with, percent, percent_between, percent_with

ALONE = Estimate(0.5, math.nan, math.nan)


def test_percent() -> None:
    assert percent(0.87424) == "87.42"
    assert percent(1, 0) == "100"
    assert percent(math.nan) == "–"


def test_percentages_with_intervals() -> None:
    found = Estimate(0.87424, 0.8615, 0.88664)
    assert percent_between(found) == "86.2–88.7"
    assert percent_with(found) == "87.42 (86.2–88.7)"


def test_without_an_interval_only_the_figure() -> None:
    assert percent_between(ALONE) == ""
    assert percent_with(ALONE) == "50.00"
    assert number_with(ALONE) == "0.500"


@pytest.mark.parametrize(("digits", "said"), [(3, "0.389 (0.351–0.430)"), (1, "0.4 (0.4–0.4)")])
def test_numbers_with_intervals(digits: int, said: str) -> None:
    assert number_with(Estimate(0.389, 0.351, 0.43), digits) == said


def test_what_is_unknown_is_a_dash() -> None:
    unknown = Estimate(math.nan, math.nan, math.nan)
    assert percent_with(unknown) == number_with(unknown) == "–"


def test_many_notes_are_cut() -> None:
    notes = [f"note {number}" for number in range(1200)]
    assert list(first_of(notes[:20])) == notes[:20]
    assert list(first_of(notes)) == [*notes[:20], "and 1,180 more like these"]
    assert list(first_of([])) == []


def test_one_of_a_kind_is_singular() -> None:
    assert [counted(number, "people") for number in (0, 1, 2)] == ["0 people", "1 person", "2 people"]
    assert (counted(1, "films"), counted(2640, "images")) == ("1 film", "2,640 images")
