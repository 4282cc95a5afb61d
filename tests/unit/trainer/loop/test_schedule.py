"""How many batches an epoch has, and what a schedule says unless told otherwise. Rates and draws: test_stage1.py."""

from dataclasses import asdict

import pytest

from trainer.loop.schedule import Schedule, batches_per_epoch


@pytest.mark.parametrize(
    ("examples", "batch", "processes", "batches"),
    [
        (21, 8, 1, 3),  # 8, 8, 5
        (18, 8, 1, 3),  # 8, 8, 2
        (17, 8, 1, 2),  # 8, 9: a single example is nothing to batch-norm
        (16, 8, 1, 2),
        (1, 8, 1, 1),
        (18, 8, 2, 3),  # of the last two each process has one
        (18, 8, 3, 2),  # fewer than there are processes
        (19, 8, 3, 3),
        (2, 8, 4, 1),
    ],
)
def test_a_small_rest_joins_the_batch_before(examples: int, batch: int, processes: int, batches: int) -> None:
    assert batches_per_epoch(examples, batch, processes) == batches


def test_nothing_beyond_the_plain_loop_is_on_by_itself() -> None:
    given = asdict(Schedule(epochs=1, batch=2, learning_rate=0.1))
    off = ("patience", "weighting", "smoothing", "mixup", "left_out", "balance")
    assert [given[name] for name in off] == [None, "none", 0.0, 0.0, 0.0, 0.0]
