"""How long a stage trains and how hard, and which examples an epoch draws."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.emotions import COUNT
from trainer.losses import Weighting


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how hard. The learning rate rises over `warm_share` of the steps, then falls as a cosine to zero."""

    epochs: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.02
    clip: float = 5.0
    warm_share: float = 0.1
    average_decay: float = 0.998
    balance: float = 0.0
    """0 draws examples as they are, 1 every class equally often; between, by n_c ** -balance."""
    epoch_examples: int | None = None
    """Examples drawn per epoch; None: as many as there are."""
    seed: int = 1
    patience: int | None = None
    """Epochs without a better score on the development split after which training stops; the best averaged weights are
    then what is kept. None trains to the end and keeps the last ones."""
    chosen_by: Literal["accuracy", "uar"] = "accuracy"
    """Which score of the development split is "better"."""
    weighting: Weighting = "none"
    """What an example of each class counts in the loss, from how many examples the classes have."""
    smoothing: float = 0.0
    """Share of every target that is spread evenly over the seven classes."""
    mixup: float = 0.0
    """Stage 1: alpha of the beta distribution by which pairs of examples are mixed (Zhang et al., ICLR 2018); 0 mixes
    nothing."""
    left_out: float = 0.0
    """Stage 2: the chance of each branch of a window to be left out, never of all of those that it has."""


def learning_rate(schedule: Schedule, step: int, steps: int) -> float:
    """The rate at a step of one cycle."""
    warm = max(1, round(schedule.warm_share * steps))
    if step < warm:
        return schedule.learning_rate * (step + 1) / warm
    return schedule.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def draw_epoch(classes: np.ndarray, schedule: Schedule, rng: np.random.Generator) -> np.ndarray:
    """Indices of one epoch's examples, shuffled, drawn by class as `balance` says."""
    wanted = schedule.epoch_examples or len(classes)
    if schedule.balance == 0:
        repeats = -(-wanted // len(classes))
        return np.concatenate([rng.permutation(len(classes)) for _ in range(repeats)])[:wanted]
    counts = np.bincount(classes, minlength=COUNT).astype(np.float64)
    weight = np.where(counts > 0, np.maximum(counts, 1) ** -schedule.balance, 0)[classes]
    return rng.choice(len(classes), wanted, p=weight / weight.sum())


def batches_per_epoch(examples: int, batch: int, processes: int = 1) -> int:
    """How many batches there are.

    A last one of a single example, of which batch-norm makes nothing, or of fewer than there are processes to share it,
    joins the one before.
    """
    least = max(2, processes)
    return max(1, -(-(examples - least + 1) // batch))
