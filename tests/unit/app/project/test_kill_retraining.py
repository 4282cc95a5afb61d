"""A few of the kills that ``python -m tests.bench.kill_retraining`` makes by the hundred."""

from tests.bench.kill_retraining import Learned, Step, Tally, kill_until


def test_nothing_half_is_listed_and_nothing_acknowledged_is_lost():
    tally = kill_until(6, Tally(), seed="a slice")
    assert tally.failures == []
    assert tally.kills == 6
    assert tally.edits > 0
    assert tally.steps > 0


def test_what_is_expected():
    learned = Learned()
    for step in (Step("add", "1.1", seed=7), Step("score", "1.1", "m1"), Step("use", "1.1"), Step("add", "1.2")):
        learned.take(step)
    assert learned == Learned({"1.1": 7, "1.2": 0}, {"1.1"}, "1.1", {("1.1", "m1")})
    before = learned.copy()
    learned.take(Step("use", None))
    learned.take(Step("delete", "1.1"))
    assert learned == Learned({"1.2": 0}, set(), None, set())
    assert before.current == "1.1"
    assert before.scores
