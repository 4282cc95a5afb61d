"""How fast a training is and how it does, as progress points."""

import time
from dataclasses import dataclass, field

from trainer.values import TrainStep


@dataclass
class Pace:
    """Counts what one run of a stage did; `first` epochs were done before it."""

    stage: str
    epochs: int
    per_epoch: int
    first: int
    began_s: float = field(default_factory=time.monotonic)
    steps: int = 0
    examples: int = 0
    epoch_examples: int = 0
    epoch_right: int = 0
    losses: list[float] = field(default_factory=list)

    def begin_epoch(self) -> None:
        """Forget the epoch before."""
        self.epoch_examples = self.epoch_right = 0
        self.losses = []

    def count(self, loss: float, right: int, examples: int) -> None:
        """One more batch."""
        self.steps += 1
        self.examples += examples
        self.epoch_examples += examples
        self.epoch_right += right
        self.losses.append(loss)

    def after_batch(self, waited_s: float) -> TrainStep:
        """What to say after a batch: its loss, and the epoch's accuracy so far."""
        return self._said(self.losses[-1], waited_s)

    def after_epoch(
        self, waited_s: float, score: tuple[float, float] | None, best_epoch: int, message: str = ""
    ) -> TrainStep:
        """What to say after an epoch: its mean loss, and what the development split says."""
        mean = sum(self.losses) / len(self.losses)
        accuracy, uar = score or (None, None)
        return self._said(mean, waited_s, accuracy, uar, message, best_epoch or None)

    def _said(
        self, loss: float, waited_s: float, dev_accuracy: float | None = None, dev_uar: float | None = None,
        message: str = "", best_epoch: int | None = None,
    ) -> TrainStep:  # fmt: skip
        spent_s = max(time.monotonic() - self.began_s, 1e-9)
        all_steps = self.epochs * self.per_epoch
        step = self.first * self.per_epoch + self.steps
        epoch = (step - 1) // self.per_epoch + 1
        return TrainStep(
            self.stage, epoch, self.epochs, step, all_steps, loss, self.epoch_right / self.epoch_examples,
            self.examples / spent_s, spent_s / self.steps * (all_steps - step), dev_accuracy, dev_uar, message,
            min(1.0, waited_s / spent_s), best_epoch,
        )  # fmt: skip
