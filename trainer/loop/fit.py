"""The loop. What differs between stages is a :class:`Task`; what happens at every step stands here, once.

It ends with an exponential moving average of the weights, which is also what is judged. An epoch's random numbers come
from the seed and the epoch's number alone, and a checkpoint of everything is written after every epoch, so a training
that was killed anywhere and goes on ends, on a CPU, with the very weights of one that was never disturbed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.device import Device
from engine.emotions import COUNT
from engine.errors import CancelledError
from engine.media import never
from trainer.distributed import Ranks, from_first, in_sum, present, shared_statistics, together
from trainer.loop.batches import Ahead, Batch, BatchSource, Course, moved
from trainer.loop.device import CPU, autocast
from trainer.loop.failing import check_number, enough_memory
from trainer.loop.frozen import frozen_parts, training_mode
from trainer.loop.pace import Pace
from trainer.loop.schedule import Schedule, learning_rate
from trainer.loop.state import State
from trainer.losses import class_weights, soft_cross_entropy
from trainer.values import TrainStep

AHEAD = 2
"""Batches prepared ahead of the one that trains on a GPU: enough for uneven ones, little memory. On a CPU none:
there the thread only takes cores from the network (measured on two: 0.71 to 0.97 of the speed)."""
Score = Callable[[], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Task:
    """What a stage brings to the loop.

    Attributes:
        network: everything that trains. Called with a batch's inputs it gives (N, 7) logits and a further loss, or
            None instead of that.
        kept: the part of it whose weights are averaged, judged and left at the end.
        score: accuracy and unweighted average recall of `kept` on a development split.
        key: sets its random numbers apart from those of another stage with the same seed.
    """

    stage: str
    network: nn.Module
    kept: nn.Module
    source: BatchSource
    score: Score | None = None
    key: tuple[int, ...] = ()


def fit(
    task: Task, schedule: Schedule, checkpoint: Path, device: Device = CPU, ahead: int | None = None,
    cancelled: Callable[[], bool] = never,
) -> Iterator[TrainStep]:  # fmt: skip
    """Train in place; `task.kept` ends with the averaged weights, on the CPU, ready to infer.

    With `schedule.patience` those are the ones that scored best, else the last ones.

    Args:
        checkpoint: file written after every epoch and read when it is there and of the same schedule.
        ahead: how many batches a thread prepares ahead; 0 prepares each when it is needed. The same ones either way.
            By default `AHEAD` on a GPU, 0 on a CPU.
    Raises:
        CancelledError: before the next batch after `cancelled()` turns true; the last epoch's checkpoint stays.
        TrainingError: the loss is no longer a number, or memory ended; the last epoch's checkpoint stays.
        StorageError: the checkpoint cannot be written; the one before stays.
    """
    if schedule.patience is not None and task.score is None:
        raise ValueError("patience needs a development split to score")
    ranks = present()
    try:
        with enough_memory(task.stage, schedule.batch):
            task.network.to(device.processor)
        with shared_statistics(task.network, ranks, device.processor):
            waiting = ahead if ahead is not None else AHEAD if device.type != "cpu" else 0
            yield from _epochs(task, schedule, checkpoint, device, waiting, ranks, cancelled)
    finally:
        task.network.to("cpu")
        task.kept.eval()


def _epochs(
    task: Task, schedule: Schedule, checkpoint: Path, device: Device, ahead: int, ranks: Ranks,
    cancelled: Callable[[], bool],
) -> Iterator[TrainStep]:  # fmt: skip
    trainable = [parameter for parameter in task.network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trainable, lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    state = State(task.network, task.kept, optimiser, schedule, len(task.source.classes))
    state.resume(checkpoint, ranks)
    course = Course(task.source, schedule, ranks, task.key)
    pace = Pace(task.stage, schedule.epochs, course.per_epoch, state.epochs)
    step = _Step(task, schedule, device, ranks, optimiser, course.per_epoch * schedule.epochs)
    if not state.finished:
        with Ahead(course.batches(state.epochs), ahead) as batches:
            while not state.finished:
                if cancelled():
                    raise CancelledError("training cancelled")
                with enough_memory(task.stage, schedule.batch):
                    batch = batches.next()
                    assert batch is not None  # the course ends where the schedule does
                    number = batch.epoch * course.per_epoch + batch.at
                    if batch.at == 0:
                        torch.manual_seed(schedule.seed * 1000 + batch.epoch + 100_003 * ranks.rank)
                        pace.begin_epoch()
                    pace.count(*step.take(batch, number, checkpoint), batch.whole)
                    state.average.update(task.kept, number)
                if not batch.last:
                    if ranks.first:
                        yield pace.after_batch(batches.waited_s)
                    continue
                with enough_memory(task.stage, schedule.batch):
                    score = _scored(task, state, ranks)
                state.epochs = batch.epoch + 1
                if score is not None and schedule.patience is not None:
                    state.best.offer(state.epochs, score[schedule.chosen_by == "uar"], state.average)
                if ranks.first:
                    state.save(checkpoint)
                    yield pace.after_epoch(batches.waited_s, score, state.best.epoch, _said(state))
    task.kept.load_state_dict(from_first(state.outcome, ranks))


@dataclass
class _Step:
    """One step down the slope of a batch's loss."""

    task: Task
    schedule: Schedule
    device: Device
    ranks: Ranks
    optimiser: torch.optim.Optimizer
    steps: int

    def __post_init__(self) -> None:
        self.network = together(self.task.network, self.ranks, self.device.processor)
        self.frozen = frozen_parts(self.task.network)
        counts = np.bincount(self.task.source.classes, minlength=COUNT)
        weights = class_weights(counts, self.schedule.weighting)
        self.weights = torch.from_numpy(weights).float() if self.schedule.weighting != "none" else None

    def take(self, batch: Batch, number: int, checkpoint: Path) -> tuple[float, int]:
        """The loss of the whole batch, all processes' shares of it, and how many of its answers are right."""
        for part in self.optimiser.param_groups:
            part["lr"] = learning_rate(self.schedule, number, self.steps)
        training_mode(self.task.network, self.frozen)
        inputs, targets = moved(batch.inputs, self.device.processor), batch.targets.to(self.device.processor)
        with autocast(self.device):
            logits, further = self.network(inputs)
        loss = soft_cross_entropy(logits, targets, self.weights)
        whole = loss if further is None else loss + further
        share = len(targets) / batch.whole * self.ranks.world  # gradients are averaged over the processes
        self.optimiser.zero_grad(set_to_none=True)
        (whole * share).backward()
        norm = nn.utils.clip_grad_norm_(self.task.network.parameters(), self.schedule.clip)
        check_number(whole.detach(), norm, self.task.stage, batch.epoch, batch.at, checkpoint)
        self.optimiser.step()
        right = (logits.argmax(1) == targets.argmax(1)).sum()
        told = torch.stack([loss.detach() * share / self.ranks.world, right.float()])
        mean, correct = in_sum(told, self.ranks).tolist()
        return mean, round(correct)


def _scored(task: Task, state: State, ranks: Ranks) -> tuple[float, float] | None:
    """The score of the averaged weights; the first process judges for all."""
    if task.score is None:
        return None
    score = None
    if ranks.first:
        with state.average.in_place(task.kept):
            score = task.score()
    return from_first(score, ranks)


def _said(state: State) -> str:
    """What there is to say about how it ends."""
    if not (state.finished and state.best.epoch):
        return ""
    how = "stopped early" if state.epochs < state.schedule.epochs else "finished"
    return f"{how}: kept epoch {state.best.epoch}, the best on the development split"
