"""How far a fine-tuning is, and how long the rest takes."""

import time

from trainer.finetune.fit import Checkpoint
from trainer.finetune.values import FinetuneStep, Stage


class Pace:
    """Counts the steps of all fits of one fine-tuning.

    Args:
        total: steps planned; `point.step` of each fit counts from 0.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._began = time.monotonic()
        self._before, self._last = 0, 0

    def step(self, stage: Stage, message: str, point: Checkpoint, guard: float | None = None) -> FinetuneStep:
        """The progress at a checkpoint."""
        if point.step < self._last:  # the next fit began
            self._before += self._last
        self._last = point.step
        done = min(self._before + point.step, self.total)
        spent_s = time.monotonic() - self._began
        remaining_s = spent_s / done * (self.total - done) if done else None
        known = point.step > 0
        return FinetuneStep(
            stage, message, done, self.total, remaining_s, point.loss if known else None,
            point.accuracy if known else None, guard,
        )  # fmt: skip
