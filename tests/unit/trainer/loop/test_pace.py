"""Progress points from counts and the clock."""

import pytest

from trainer.loop import pace as pace_module
from trainer.loop.pace import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time now, in its only entry."""
    now = [100.0]
    monkeypatch.setattr(pace_module.time, "monotonic", lambda: now[0])
    return now


def test_a_batch_tells_speed_and_what_remains(clock: list[float]) -> None:
    pace = Pace("frame", epochs=4, per_epoch=5, first=1, began_s=clock[0])  # five steps were done before
    pace.begin_epoch()
    clock[0] = 110.0
    pace.count(1.5, 3, 8)
    pace.count(0.5, 5, 8)
    step = pace.after_batch(waited_s=4.0)
    assert (step.stage, step.epoch, step.epochs, step.step, step.steps) == ("frame", 2, 4, 7, 20)
    assert (step.loss, step.accuracy) == (0.5, 0.5)
    assert step.examples_per_s == pytest.approx(1.6)
    assert step.remaining_s == pytest.approx(13 * 5.0)
    assert step.waiting_share == pytest.approx(0.4)
    assert (step.dev_accuracy, step.best_epoch, step.message) == (None, None, "")


def test_an_epoch_tells_means_and_scores(clock: list[float]) -> None:
    pace = Pace("frame", epochs=2, per_epoch=2, first=0, began_s=clock[0])
    for loss in (4.0, 2.0, 1.0, 0.5):
        if pace.steps % 2 == 0:
            pace.begin_epoch()
        clock[0] += 1
        pace.count(loss, 1, 2)
    step = pace.after_epoch(0.0, (0.75, 0.5), 1, "finished")
    assert (step.loss, step.accuracy, step.remaining_s) == (0.75, 0.5, 0.0)
    assert (step.dev_accuracy, step.dev_uar, step.best_epoch, step.message) == (0.75, 0.5, 1, "finished")
    assert (step.epoch, step.step) == (2, 4)
    bare = pace.after_epoch(0.0, None, 0)
    assert (bare.dev_accuracy, bare.dev_uar, bare.best_epoch) == (None, None, None)


def test_no_time_at_all_divides_nothing(clock: list[float]) -> None:
    pace = Pace("frame", epochs=1, per_epoch=1, first=0, began_s=clock[0])
    pace.begin_epoch()
    pace.count(1.0, 1, 1)
    assert pace.after_batch(waited_s=0.0).examples_per_s > 0
