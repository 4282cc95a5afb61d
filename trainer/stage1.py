"""Stage 1: one branch and its classifier, by cross-entropy on soft or hard labels. One visible loop for all three.

What differs between branches is the :class:`Source` of batches. The loop keeps an exponential moving average of the
weights, which is what is judged and kept. An epoch's random numbers come from the seed and the epoch's number alone,
so a training that goes on from a checkpoint ends with the weights of one that was never stopped.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import nn

from engine.branches import Branch
from engine.emotions import COUNT
from engine.errors import CancelledError, DatasetError
from trainer import metrics
from trainer.checkpoint import group, read_tensors, write_tensors
from trainer.losses import soft_cross_entropy
from trainer.values import TrainStep


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


class Source(Protocol):
    """Where batches come from."""

    classes: np.ndarray
    """(N,) the class by which an example is drawn."""

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Augmented, normalised inputs and (N, 7) soft targets of some examples."""
        ...

    def plain(self, index: np.ndarray) -> torch.Tensor:
        """The same inputs without augmentation."""
        ...


AuxiliaryLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""A further loss from the trunk's feature maps and the input batch, such as predicting a log-mel spectrum."""


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


def batches_per_epoch(examples: int, batch: int) -> int:
    """How many batches; a last one of a single example, of which batch-norm makes nothing, joins the one before."""
    return max(1, -(-(examples - 1) // batch))


@torch.inference_mode()
def predict(branch: Branch, source: Source, index: np.ndarray, batch: int = 128) -> np.ndarray:
    """(N, 7) logits of examples without augmentation."""
    branch.eval()
    parts = [
        branch.classifier(branch(source.plain(index[at : at + batch]))).float().numpy()
        for at in range(0, len(index), batch)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, COUNT), np.float32)


class _Average:
    """Exponential moving average of a module's state, batch statistics included."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - decay)
            else:
                self.state[name].copy_(value)


def train_branch(
    branch: Branch,
    source: Source,
    schedule: Schedule,
    checkpoint: Path,
    dev: tuple[Source, np.ndarray, np.ndarray] | None = None,
    auxiliary: AuxiliaryLoss | None = None,
    companions: nn.Module | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[TrainStep]:
    """Train a branch in place; it ends holding the averaged weights of the last epoch.

    Args:
        dev: source, indices and (N,) true classes, scored after every epoch.
        auxiliary: a further loss; `companions` are the modules it trains beside the branch.
        checkpoint: file written after every epoch and read when it is there.
    Raises:
        CancelledError: at the next batch after `cancelled()` turns true; the last epoch's checkpoint stays.
        DatasetError: the loss is no longer a number.
    """
    trained = nn.ModuleDict({"branch": branch})
    if companions is not None:
        trained["companions"] = companions
    optimiser = torch.optim.AdamW(trained.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    per_epoch = batches_per_epoch(schedule.epoch_examples or len(source.classes), schedule.batch)
    steps = per_epoch * schedule.epochs
    average = _Average(branch, schedule.average_decay)
    first = _resume(checkpoint, trained, optimiser, average, schedule)
    began, seen = time.monotonic(), 0
    for epoch in range(first, schedule.epochs):
        rng = np.random.default_rng([schedule.seed, epoch])
        torch.manual_seed(schedule.seed * 1000 + epoch)
        order = draw_epoch(source.classes, schedule, rng)
        losses, right = [], 0
        for at in range(per_epoch):
            if cancelled():
                raise CancelledError("training cancelled")
            last = at == per_epoch - 1
            index = order[at * schedule.batch : None if last else (at + 1) * schedule.batch]
            step = epoch * per_epoch + at
            for part in optimiser.param_groups:
                part["lr"] = learning_rate(schedule, step, steps)
            trained.train()
            inputs, targets = source.batch(index, rng)
            maps = branch.trunk(inputs)
            logits = branch.classifier(branch.head(maps))
            loss = soft_cross_entropy(logits, targets)
            whole = loss if auxiliary is None else loss + auxiliary(maps, inputs)
            if not bool(torch.isfinite(whole)):
                raise DatasetError(checkpoint, f"the loss is not a number in epoch {epoch + 1}, batch {at + 1}")
            optimiser.zero_grad(set_to_none=True)
            whole.backward()
            nn.utils.clip_grad_norm_(trained.parameters(), schedule.clip)
            optimiser.step()
            average.update(branch, step)
            losses.append(float(loss.detach()))
            right += int((logits.argmax(1) == targets.argmax(1)).sum())
            seen += len(index)
            spent = time.monotonic() - began
            if not last:
                yield TrainStep(
                    branch.name, epoch + 1, schedule.epochs, step + 1, steps, losses[-1],
                    right / ((at + 1) * schedule.batch), seen / spent,
                    spent / (step + 1 - first * per_epoch) * (steps - step - 1),
                )  # fmt: skip
        _save(checkpoint, trained, optimiser, average, epoch + 1, schedule)
        accuracy, uar = _score(branch, average, dev) if dev is not None else (None, None)
        spent = time.monotonic() - began
        yield TrainStep(
            branch.name, epoch + 1, schedule.epochs, (epoch + 1) * per_epoch, steps, float(np.mean(losses)),
            right / len(order), seen / spent, spent / (epoch + 1 - first) * (schedule.epochs - epoch - 1),
            accuracy, uar,
        )  # fmt: skip
    branch.load_state_dict(average.state)
    branch.eval()


def _score(branch: Branch, average: _Average, dev: tuple[Source, np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Accuracy and unweighted average recall of the averaged weights."""
    source, index, truth = dev
    kept = {name: value.clone() for name, value in branch.state_dict().items()}
    branch.load_state_dict(average.state)
    answers = predict(branch, source, index).argmax(1)
    branch.load_state_dict(kept)
    return metrics.accuracy(truth, answers), metrics.uar(truth, answers)


def _save(
    path: Path, trained: nn.Module, optimiser: torch.optim.Optimizer, average: _Average, epoch: int, schedule: Schedule
) -> None:
    tensors = {f"model/{name}": value for name, value in trained.state_dict().items()}
    tensors |= {f"average/{name}": value for name, value in average.state.items()}
    for name, parameter in trained.named_parameters():
        for key, value in optimiser.state[parameter].items():
            tensors[f"optimiser/{name}/{key}"] = value
    write_tensors(path, tensors, {"epoch": epoch, "schedule": asdict(schedule)})


def _resume(
    path: Path, trained: nn.Module, optimiser: torch.optim.Optimizer, average: _Average, schedule: Schedule
) -> int:
    """Load a checkpoint of the same schedule; the number of epochs already done, 0 when there is none."""
    if not path.exists():
        return 0
    tensors, facts = read_tensors(path)
    if facts.get("schedule") != asdict(schedule):
        return 0
    trained.load_state_dict(group(tensors, "model"))
    average.state = group(tensors, "average")
    for name, parameter in trained.named_parameters():
        optimiser.state[parameter] = group(tensors, f"optimiser/{name}")
    return int(facts["epoch"])
