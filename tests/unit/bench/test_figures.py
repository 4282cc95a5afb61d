"""Figures: percentiles, budgets, and the table of both."""

from dataclasses import asdict

import pytest

from tests.bench.figures import Figure, figure, missed, verdicts

TIMES = [float(value) for value in range(1, 101)]


def test_a_figure_is_the_distribution_of_its_values():
    found = figure("scrub", TIMES, 50.0, note="ten times")
    assert (found.p50, found.p95, found.longest, found.count) == (50.5, pytest.approx(95.05), 100.0, 100)
    assert (found.unit, found.judged, found.note) == ("ms", "p95", "ten times")


@pytest.mark.parametrize(
    ("judged", "budget", "met"),
    [
        ("p50", 50.5, True), ("p50", 50.4, False), ("p95", 95.1, True), ("p95", 95.0, False),
        ("longest", 100.0, True), ("longest", 99.9, False),
    ],
)  # fmt: skip
def test_the_value_that_is_judged_may_be_as_much_as_the_budget(judged, budget, met):
    assert figure("scrub", TIMES, budget, judged).met is met


def test_without_a_budget_nothing_is_missed():
    free, slow = figure("free", TIMES), figure("slow", TIMES, 1.0)
    assert free.met is None
    assert missed([free, slow, figure("quick", TIMES, 1000.0)]) == [slow]


def test_table_tells_what_was_measured_and_whether_it_will_do():
    text = verdicts(
        [figure("quick", [2.0, 4.0], 20.0), figure("slow", [1500.0], 50.0, "longest"), figure("free", [1.0])]
    )
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    assert cells == [
        ["quick", "3.0 ms", "3.9 ms", "4.0 ms", "2", "p95 20.0 ms", "met", ""],
        ["slow", "1,500 ms", "1,500 ms", "1,500 ms", "1", "longest 50.0 ms", "MISSED", ""],
        ["free", "1.0 ms", "1.0 ms", "1.0 ms", "1", "", "", ""],
    ]


def test_a_figure_survives_being_told_by_another_process():
    found = figure("growth", [12.5], 30.0, unit="MB")
    assert Figure(**asdict(found)) == found
