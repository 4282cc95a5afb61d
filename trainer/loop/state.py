"""What a training is at the end of an epoch: weights, averages, optimiser, the best so far; on disk and back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from trainer.checkpoint import group, read_tensors, write_tensors
from trainer.distributed import Ranks, from_first
from trainer.loop.schedule import Schedule

Weights = dict[str, torch.Tensor]


class Average:
    """Exponential moving average of a module's state, batch statistics included."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state: Weights = {name: value.detach().clone() for name, value in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move towards the module's state after a step; quicker at the beginning, where weights change most."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - decay)
            else:
                self.state[name].copy_(value)

    @contextmanager
    def in_place(self, module: nn.Module) -> Iterator[None]:
        """The module with the averaged state, for the time of being judged."""
        kept = {name: value.clone() for name, value in module.state_dict().items()}
        module.load_state_dict(self.state)
        try:
            yield
        finally:
            module.load_state_dict(kept)


@dataclass
class Best:
    """The best averaged weights so far, and the epoch (from 1) that gave them; 0 before the first score."""

    epoch: int = 0
    score: float = -1.0
    state: Weights = field(default_factory=dict)

    def offer(self, epoch: int, score: float, average: Average) -> None:
        """Take an epoch's weights if they are better than any before."""
        if score > self.score:
            self.epoch, self.score = epoch, score
            self.state = {name: value.clone() for name, value in average.state.items()}


@dataclass
class State:
    """All that changes while a stage trains. `network` is what trains, `kept` the part whose weights are averaged.

    Attributes:
        epochs: how many are done.
        examples: how many there are to draw from; with another number a checkpoint is of another training.
    """

    network: nn.Module
    kept: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: Schedule
    examples: int
    average: Average = field(init=False)
    best: Best = field(default_factory=Best)
    epochs: int = 0

    def __post_init__(self) -> None:
        self.average = Average(self.kept, self.schedule.average_decay)

    @property
    def finished(self) -> bool:
        """Whether the epochs are over or the best of them lies too far back."""
        patience = self.schedule.patience
        waited = self.epochs - self.best.epoch
        return self.epochs >= self.schedule.epochs or (
            patience is not None and self.best.epoch > 0 and waited >= patience
        )

    @property
    def outcome(self) -> Weights:
        """The weights to keep, on the CPU: the best averaged ones where a score chose, else the last averaged ones."""
        return _on(torch.device("cpu"), self.best.state if self.best.epoch else self.average.state)

    def save(self, path: Path) -> None:
        """Write everything, so that a reader sees this state or the one before.

        Raises:
            StorageError: the disk is full or may not be written; the file from before stays whole.
        """
        tensors = {f"model/{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"average/{name}": value for name, value in self.average.state.items()}
        tensors |= {f"best/{name}": value for name, value in self.best.state.items()}
        for name, parameter in self.network.named_parameters():
            for key, value in self.optimiser.state.get(parameter, {}).items():
                tensors[f"optimiser/{name}/{key}"] = value
        facts = {
            "epoch": self.epochs,
            "schedule": asdict(self.schedule),
            "examples": self.examples,
            "best_epoch": self.best.epoch,
            "best_score": self.best.score,
        }
        write_tensors(path, tensors, facts)

    def resume(self, path: Path, ranks: Ranks) -> None:
        """Go on from a checkpoint of the same training; where there is none, all stays as it is.

        With several processes the first one reads for all.

        Raises:
            WeightsError: the file is damaged.
        """
        found = from_first(self._read(path) if ranks.first else None, ranks)
        if found is None:
            return
        tensors, facts = found
        self.network.load_state_dict(group(tensors, "model"))
        device = next(iter(self.average.state.values())).device
        self.average.state = _on(device, group(tensors, "average"))
        if facts.get("best_epoch"):
            self.best = Best(facts["best_epoch"], facts["best_score"], _on(device, group(tensors, "best")))
        for name, parameter in self.network.named_parameters():
            kept = group(tensors, f"optimiser/{name}")
            if kept:  # the count of steps stays on the CPU, where AdamW keeps it
                self.optimiser.state[parameter] = {
                    key: value if key == "step" else value.to(parameter.device) for key, value in kept.items()
                }
        self.epochs = int(facts["epoch"])

    def _read(self, path: Path) -> tuple[Weights, Mapping[str, Any]] | None:
        """Tensors and facts of a checkpoint, None when there is none or it is of another training."""
        if not path.exists():
            return None
        tensors, facts = read_tensors(path)
        if not _same_schedule(facts.get("schedule"), self.schedule):
            return None
        if facts.get("examples", self.examples) != self.examples:
            return None
        shapes = {name: value.shape for name, value in group(tensors, "model").items()}
        if shapes != {name: value.shape for name, value in self.network.state_dict().items()}:
            return None
        return tensors, facts


def _same_schedule(stored: object, schedule: Schedule) -> bool:
    """Whether a checkpoint's schedule is this one; what it does not know had no effect, as the default has none."""
    defaults = {one.name: one.default for one in fields(Schedule) if one.default is not MISSING}
    return isinstance(stored, dict) and {**defaults, **stored} == asdict(schedule)


def _on(device: torch.device, weights: Weights) -> Weights:
    return {name: value.to(device) for name, value in weights.items()}
