"""What a training says while it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrainStep:
    """One progress point of a training: after a batch, or after an epoch when `dev_accuracy` is given.

    `accuracy` is of the epoch so far, on training data; `examples_per_s` and `remaining_s` are of this stage. Where a
    score on the development split chooses what is kept, `best_epoch` is the epoch that leads.
    """

    stage: str
    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float
    examples_per_s: float
    remaining_s: float
    dev_accuracy: float | None = None
    dev_uar: float | None = None
    message: str = ""
    waiting_share: float | None = None
    """Share of the time in which the network waited for its next batch."""
    best_epoch: int | None = None
