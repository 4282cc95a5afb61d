"""How far a fine-tuning is."""

import math

from trainer.finetune.fit import Checkpoint
from trainer.finetune.progress import Pace


def test_steps_of_all_fits_add_up() -> None:
    pace = Pace(300)
    points = [Checkpoint(step, 1.0, 0.5) for _ in range(3) for step in (0, 50, 100)]
    done = [pace.step("estimate", "", point).done for point in points]
    assert done == [0, 50, 100, 100, 150, 200, 200, 250, 300]


def test_nothing_is_known_before_the_first_step() -> None:
    step = Pace(100).step("fit", "on all corrections", Checkpoint(0, math.nan, math.nan))
    assert (step.remaining_s, step.loss, step.accuracy) == (None, None, None)


def test_the_rest_takes_as_long_as_what_was_done() -> None:
    pace = Pace(100)
    pace.step("fit", "", Checkpoint(0, math.nan, math.nan))
    half = pace.step("fit", "", Checkpoint(50, 0.7, 0.6), guard=0.8)
    assert half.remaining_s is not None
    assert half.remaining_s >= 0
    assert (half.loss, half.accuracy, half.guard) == (0.7, 0.6, 0.8)
    assert pace.step("fit", "", Checkpoint(100, 0.7, 0.6)).remaining_s == 0


def test_a_fit_that_needs_fewer_steps_never_passes_the_end() -> None:
    pace = Pace(60)
    for step in (50, 100):
        last = pace.step("fit", "", Checkpoint(step, 0.1, 1.0))
    assert last.done == last.total == 60
