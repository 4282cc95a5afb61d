"""Progress points of a training."""

from dataclasses import FrozenInstanceError

import pytest

from trainer.values import TrainStep


def test_a_step_is_frozen_and_scored_only_when_said() -> None:
    step = TrainStep("frame", 1, 2, 3, 8, 1.5, 0.25, 40.0, 9.0)
    assert (step.dev_accuracy, step.dev_uar, step.message) == (None, None, "")
    with pytest.raises(FrozenInstanceError):
        step.loss = 0.0  # type: ignore[misc]
    assert (step.waiting_share, step.best_epoch) == (None, None)
