"""Trainings of the smallest networks, in this process or, as ``python -m tests.trainings FOLDER WHAT``, in others."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.emotions import COUNT
from engine.fusion import FusionConfig
from trainer.checkpoint import write_tensors
from trainer.distributed import joined, present
from trainer.loop.fit import Score, Task, fit
from trainer.loop.schedule import Schedule
from trainer.values import TrainStep

EXAMPLES = 22
WIDTH = 6
SCHEDULE = Schedule(epochs=3, batch=5, learning_rate=0.05, average_decay=0.9)
"""Five batches an epoch: four of five examples and one of two."""


class Dots:
    """Points about a corner for each class; `noise` moves them anew in every batch."""

    def __init__(self, noise: float = 0.0, examples: int = EXAMPLES) -> None:
        rng = np.random.default_rng(0)
        self.classes = np.arange(examples) % COUNT
        corners = rng.normal(0, 2, (COUNT, WIDTH))
        self.points = corners[self.classes] + rng.normal(0, 0.3, (examples, WIDTH))
        self.noise = noise
        self.taken: list[list[int]] = []

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        self.taken.append(index.tolist())
        points = self.points[index] + self.noise * rng.normal(0, 1, (len(index), WIDTH))
        return torch.from_numpy(points.astype(np.float32)), torch.eye(COUNT)[self.classes[index]]


class Network(nn.Module):
    """One hidden layer, with all that makes a training hard to repeat, or none of it."""

    def __init__(self, plain: bool = False) -> None:
        super().__init__()
        self.inner = nn.Linear(WIDTH, 12)
        self.norm = nn.Identity() if plain else nn.BatchNorm1d(12)
        self.drop = nn.Dropout(0.0 if plain else 0.3)
        self.out = nn.Linear(12, COUNT)

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, None]:
        return self.out(self.drop(torch.relu(self.norm(self.inner(inputs))))), None


def network(plain: bool = False) -> Network:
    """The same weights every time."""
    torch.manual_seed(0)
    return Network(plain)


def task(net: nn.Module, source: Dots | None = None, score: Score | None = None) -> Task:
    """A stage called dots."""
    return Task("dots", net, net, source or Dots(noise=0.1), score)


def sets(count: int = 14) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Features of clips of the emotions in turn: a few frames, slices and seconds each."""
    made = []
    for clip in range(count):
        rng = np.random.default_rng([7, clip])
        parts = [rng.normal(0, 0.1, (rows, width)).astype(np.float32) for rows, width in ((6, 256), (2, 256), (2, 128))]
        for part in parts:
            part[:, clip % COUNT] += 2
        made.append((parts[0], parts[1], parts[2]))
    return made


def dots_steps(folder: Path, net: nn.Module) -> Iterator[TrainStep]:
    """The training that is killed and goes on."""
    return fit(task(net), SCHEDULE, folder / "checkpoint")


def shared_steps(folder: Path) -> Iterator[TrainStep]:
    """Both loops in a form that does not depend on how many processes share it; leaves their weights in `folder`."""
    from trainer.stage2 import train_fusion
    from trainer.windows import ClipWindows

    net = network(plain=True)
    yield from fit(task(net, Dots()), SCHEDULE, folder / "dots.checkpoint")
    windows = ClipWindows(sets(), np.arange(14) % COUNT)
    config = FusionConfig(clusters=2, pooled=8, hidden=8, dropout=0.0)
    schedule = Schedule(epochs=2, batch=5, learning_rate=1e-2, weighting="paper")
    yield from train_fusion(config, windows, schedule, folder / "fusion.safetensors", windows.made())
    write_tensors(folder / f"dots-{present().rank}.safetensors", net.state_dict())


def main() -> None:
    """Train in a process of its own: `slow` tells every batch and waits to be killed, `shared` is one of several."""
    folder, what = Path(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    if what == "slow":
        for step in dots_steps(folder, network()):
            print(step.step, flush=True)
            sys.stdin.readline()
        return
    with joined() as ranks:
        told = [(step.stage, step.step, step.loss, step.accuracy, step.dev_accuracy) for step in shared_steps(folder)]
        (folder / f"told-{ranks.rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
