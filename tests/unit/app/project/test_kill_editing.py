"""A few of the kills that ``python -m tests.bench.kill_editing`` makes by the hundred."""

from tests.bench.kill_editing import Tally, kill_until


def test_nothing_acknowledged_is_lost():
    tally = kill_until(6, Tally(), seed="a slice")
    assert tally.failures == []
    assert tally.kills == 6
    assert tally.acknowledged > 0
