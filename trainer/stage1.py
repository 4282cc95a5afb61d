"""Stage 1: one branch and its classifier, by cross-entropy on soft or hard labels.

What differs between branches is the :class:`Source` of batches; the loop itself is that of `trainer/loop/fit.py`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import nn

from engine.branches import Branch
from engine.device import Device
from engine.emotions import COUNT
from engine.media import never
from trainer import metrics
from trainer.loop.device import CPU
from trainer.loop.fit import Task, fit
from trainer.loop.schedule import Schedule, batches_per_epoch, draw_epoch, learning_rate
from trainer.values import TrainStep

__all__ = [
    "AuxiliaryLoss", "Schedule", "Source", "batches_per_epoch", "draw_epoch", "learning_rate", "predict",
    "train_branch",
]  # fmt: skip

PREDICTED_AT_ONCE = 128


class Source(Protocol):
    """Where batches come from; what they are made of depends on the examples and the generator alone."""

    @property
    def classes(self) -> np.ndarray:
        """(N,) the class by which an example is drawn."""
        ...

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Augmented, normalised inputs and (N, 7) soft targets of some examples."""
        ...

    def plain(self, index: np.ndarray) -> torch.Tensor:
        """The same inputs without augmentation."""
        ...


AuxiliaryLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""A further loss from the trunk's feature maps and the input batch, such as predicting a log-mel spectrum."""


@torch.inference_mode()
def predict(branch: Branch, source: Source, index: np.ndarray, batch: int = PREDICTED_AT_ONCE) -> np.ndarray:
    """(N, 7) logits of examples without augmentation, computed where the branch is."""
    branch.eval()
    device = next(branch.classifier.parameters()).device
    parts = [
        branch.classifier(branch(source.plain(index[at : at + batch]).to(device))).float().cpu().numpy()
        for at in range(0, len(index), batch)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, COUNT), np.float32)


class _Learner(nn.Module):
    """A branch with what it learns beside its classes; gives logits and that further loss."""

    def __init__(self, branch: Branch, auxiliary: AuxiliaryLoss | None, companions: nn.Module | None) -> None:
        super().__init__()
        self.branch = branch
        if companions is not None:
            self.companions = companions
        self._auxiliary = (auxiliary,)  # in a tuple, so that a module among them is not registered twice

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        maps = self.branch.trunk(inputs)
        logits = self.branch.classifier(self.branch.head(maps))
        (auxiliary,) = self._auxiliary
        if auxiliary is None:
            return logits, None
        with torch.autocast(inputs.device.type, enabled=False):  # spectra overflow bfloat16's few digits
            return logits, auxiliary(maps.float(), inputs)


def train_branch(
    branch: Branch,
    source: Source,
    schedule: Schedule,
    checkpoint: Path,
    dev: tuple[Source, np.ndarray, np.ndarray] | None = None,
    auxiliary: AuxiliaryLoss | None = None,
    companions: nn.Module | None = None,
    cancelled: Callable[[], bool] = never,
    device: Device = CPU,
    ahead: int | None = None,
) -> Iterator[TrainStep]:
    """Train a branch in place; it ends on the CPU with the averaged weights: the best ones or the last ones.

    Parts whose parameters do not require gradients stay as they are, batch statistics included (see
    `trainer/loop/frozen.py`).

    Args:
        dev: source, indices and (N,) true classes, scored after every epoch; with `schedule.patience` they choose.
        auxiliary: a further loss; `companions` are the modules it trains beside the branch.
        checkpoint: file written after every epoch and read when it is there.
        ahead: batches prepared ahead in a thread, as in :func:`trainer.loop.fit.fit`.
    Raises:
        CancelledError: at the next batch after `cancelled()` turns true; the last epoch's checkpoint stays.
        TrainingError: the loss is no longer a number, or memory ended; the last epoch's checkpoint stays.
        StorageError: a checkpoint cannot be written; the one before stays.
    """

    def score() -> tuple[float, float]:
        assert dev is not None
        held, index, truth = dev
        answers = predict(branch, held, index, min(PREDICTED_AT_ONCE, schedule.batch)).argmax(1)
        return metrics.accuracy(truth, answers), metrics.uar(truth, answers)

    learner = _Learner(branch, auxiliary, companions)
    task = Task(branch.name, learner, branch, source, score if dev is not None else None)
    yield from fit(task, schedule, checkpoint, device, ahead, cancelled)
