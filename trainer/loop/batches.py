"""The batches of a training, in order, prepared ahead in a thread of their own."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

from engine.emotions import COUNT
from engine.threads import Feed
from trainer.distributed import Ranks
from trainer.loop.schedule import Schedule, batches_per_epoch, draw_epoch

Inputs = TypeVar("Inputs")


class BatchSource(Protocol):
    """Where batches come from: inputs may be a tensor or a dataclass of tensors.

    What `batch` gives depends on the examples asked for and the generator alone, never on torch's own generator: it
    runs in a thread beside the training, whose dropout draws from that one.
    """

    @property
    def classes(self) -> np.ndarray:
        """(N,) the class by which an example is drawn."""
        ...

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[Any, torch.Tensor]:
        """Inputs and (N, 7) soft targets of some examples."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch, or one process's share of it; `whole` is how many examples all shares have. `epoch` counts from 0."""

    epoch: int
    at: int
    last: bool
    inputs: Any
    targets: torch.Tensor
    whole: int


@dataclass(frozen=True, slots=True)
class Course:
    """Which examples a training sees and when. `key` sets apart the random numbers of stages that share a seed."""

    source: BatchSource
    schedule: Schedule
    ranks: Ranks
    key: tuple[int, ...] = ()

    @property
    def per_epoch(self) -> int:
        """Batches of an epoch."""
        examples = self.schedule.epoch_examples or len(self.source.classes)
        return batches_per_epoch(examples, self.schedule.batch, self.ranks.world)

    def batches(self, first: int) -> Iterator[Batch]:
        """All batches from an epoch on.

        An epoch's random numbers come from the seed and its number alone. Of several processes each makes its own share
        of a batch: the same examples as one process would take, changed by random numbers of its own.
        """
        size, per_epoch = self.schedule.batch, self.per_epoch
        for epoch in range(first, self.schedule.epochs):
            rng = np.random.default_rng([self.schedule.seed, *self.key, epoch])
            order = draw_epoch(self.source.classes, self.schedule, rng)
            if not self.ranks.first:
                rng = np.random.default_rng([self.schedule.seed, *self.key, epoch, self.ranks.rank])
            for at in range(per_epoch):
                last = at == per_epoch - 1
                index = order[at * size : None if last else (at + 1) * size]
                inputs, targets = self.source.batch(self.ranks.share(index), rng)
                if self.schedule.mixup > 0:
                    inputs, targets = mixed(inputs, targets, self.schedule.mixup, rng)
                yield Batch(epoch, at, last, inputs, smoothed(targets, self.schedule.smoothing), len(index))


def smoothed(targets: torch.Tensor, share: float) -> torch.Tensor:
    """Targets (N, 7) with a share of each spread evenly over the classes."""
    return targets if share == 0 else targets * (1 - share) + share / COUNT


def mixed(
    inputs: torch.Tensor, targets: torch.Tensor, alpha: float, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Every example of a batch mixed with another one, inputs and targets alike; one share for the whole batch."""
    share = float(rng.beta(alpha, alpha))
    other = torch.from_numpy(rng.permutation(len(targets)))
    return torch.lerp(inputs[other], inputs, share), torch.lerp(targets[other], targets, share)


class Ahead:
    """Reads batches that a thread prepares, at most `count` of them ahead; with 0 each is made when it is asked for.

    Either way they are the same ones in the same order. `waited_s` is how long the reader waited.
    """

    def __init__(self, batches: Iterator[Batch], count: int) -> None:
        self.waited_s = 0.0
        self._batches = batches
        self._feed = Feed("batches", batches, count, lambda: False) if count > 0 else None

    def __enter__(self) -> "Ahead":
        if self._feed is not None:
            self._feed.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._feed is not None:
            self._feed.close()

    def next(self) -> Batch | None:
        """The next batch, None after the last one. Raises what making it raised."""
        began = time.perf_counter()
        try:
            return next(self._batches, None) if self._feed is None else self._feed.get(wait=True)
        finally:
            self.waited_s += time.perf_counter() - began


def moved(inputs: Inputs, device: torch.device) -> Inputs:
    """A tensor, or a dataclass of tensors, on a device."""
    if isinstance(inputs, torch.Tensor):
        return inputs.to(device)  # type: ignore[return-value]
    if is_dataclass(inputs) and not isinstance(inputs, type):
        return type(inputs)(*(moved(getattr(inputs, part.name), device) for part in fields(inputs)))
    raise TypeError(f"{type(inputs).__name__} is neither a tensor nor a dataclass of tensors")
