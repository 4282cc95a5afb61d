"""The loop: classifiers, NetVLADs and fusion on corrections and replay, held near the model they came from.

The branches' trunks and heads stay as they are. Everything is on stored features and runs on the CPU in seconds.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from engine.bundle import Bundle
from engine.emotions import COUNT
from engine.errors import CancelledError
from engine.fusion import FusionInput
from engine.media import never
from engine.values import BRANCHES, F64, BranchName
from trainer.finetune.examples import Taught
from trainer.finetune.values import Options
from trainer.losses import soft_cross_entropy
from trainer.practice import FeatureSets, padded

Cancelled = Callable[[], bool]
CLIP = 5.0


class Heads(nn.Module):
    """What learns: a copy of a bundle's classifiers and fusion."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self.fusion = copy.deepcopy(bundle.fusion)
        self.classifiers = nn.ModuleDict({name: copy.deepcopy(bundle.branches[name].classifier) for name in BRANCHES})
        self.requires_grad_(True).eval()

    def biases(self) -> list[nn.Parameter]:
        """Of the classes: how readily each is answered."""
        return [self.fusion.out.bias, *(classifier[1].bias for classifier in self.classifiers.values())]  # type: ignore[index]

    def inside(self, bundle: Bundle) -> Bundle:
        """The bundle with these in it, which learn no more. Trunks are shared; its fingerprint is the old one's."""
        self.eval().requires_grad_(False)
        branches = {name: copy.copy(bundle.branches[name]) for name in BRANCHES}
        for name, branch in branches.items():
            branch._modules = {**branch._modules, "classifier": self.classifiers[name]}
        return replace(bundle, branches=branches, fusion=self.fusion)


class Bank:
    """Several `FeatureSets` as one, as tensors, from which batches are gathered: those of the first come first."""

    def __init__(self, *sets: FeatureSets) -> None:
        self.first = np.cumsum([0, *map(len, sets)])
        self.target = torch.from_numpy(np.concatenate([np.asarray(each.target, np.float32) for each in sets]))
        self._rows = {name: _filled([each.rows[name] for each in sets]) for name in BRANCHES}
        self._row_target = {name: _filled([each.row_target[name] for each in sets]) for name in BRANCHES}
        self._members = {name: _shifted(sets, name) for name in BRANCHES}

    def __len__(self) -> int:
        return len(self.target)

    def batch(self, index: torch.Tensor) -> FusionInput:
        """Sets as a padded batch."""
        tensors = []
        for name in BRANCHES:
            members = self._members[name][index]
            mask = members >= 0
            longest = max(1, int(mask.sum(1).max()))
            tensors += [self._rows[name][members[:, :longest]], mask[:, :longest]]
        return FusionInput(*tensors)

    def one_row(self, name: BranchName, index: torch.Tensor, chance: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """One row of each set (N, D), by `chance` (N,) in [0, 1), and what it shows (N, 7): 0 of an empty set."""
        members = self._members[name][index]
        place = (chance * (members >= 0).sum(1)).long()
        row = members[torch.arange(len(index)), place]
        return self._rows[name][row], self._row_target[name][row]


def _filled(parts: Sequence[np.ndarray]) -> torch.Tensor:
    """Rows of all parts with one of zeros behind them, which -1 points to."""
    return torch.from_numpy(np.concatenate([*parts, np.zeros((1, parts[0].shape[1]))]).astype(np.float32))


def _shifted(sets: Sequence[FeatureSets], name: BranchName) -> torch.Tensor:
    """Members of all sets, as rows of the joined bank."""
    before = np.cumsum([0, *(len(each.rows[name]) for each in sets)])
    lists = [
        row[row >= 0] + first
        for each, first in zip(sets, before, strict=False)
        for row in each.members[name]
    ]  # fmt: skip
    return torch.from_numpy(padded(lists))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a fit is after `step` steps: mean loss and accuracy on corrections since the last one."""

    step: int
    loss: float
    accuracy: float


def fit(
    heads: Heads, lessons: Taught, replay: FeatureSets | None, options: Options, steps: int, biases_only: bool,
    cancelled: Cancelled = never,
) -> Iterator[Checkpoint]:  # fmt: skip
    """Train heads in place, `steps` steps; a checkpoint every `options.check_every`, the first before any.

    A batch is corrections, drawn in shuffled turns so that each counts the same, and replay. There is no
    dropout: near the parent it changed nothing. The weights depend on nothing but the arguments: not on the number of
    threads, nor on what else draws random numbers in between.

    Raises:
        CancelledError: at the next step after `cancelled()` turns true.
    """
    loop = _Loop(heads, lessons, replay, options, biases_only)
    yield Checkpoint(0, math.nan, math.nan)
    for first in range(0, steps, options.check_every):
        stop = min(first + options.check_every, steps)
        with one_thread():
            done = [loop.step(step, cancelled) for step in range(first + 1, stop + 1)]
        loss, accuracy = np.mean(done, axis=0)
        yield Checkpoint(stop, float(loss), float(accuracy))


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order: these layers are too small for threads to pay."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Loop:
    """One fit: what is drawn, the parent it is held near, and the optimiser."""

    def __init__(
        self, heads: Heads, lessons: Taught, replay: FeatureSets | None, options: Options, biases_only: bool
    ) -> None:
        self.heads, self.options, self.count = heads, options, len(lessons)
        self.rng = np.random.default_rng([options.seed, 11])
        self.bank = Bank(lessons.sets, replay) if replay is not None else Bank(lessons.sets)
        self.again = options.replay_a_step(self.count) if replay is not None else 0
        self.turns = _turns(self.count, options.corrections_a_step, self.rng)
        self.teaches = {name: torch.ones(len(self.bank), dtype=torch.bool) for name in BRANCHES}
        for name, flags in lessons.teaches.items():
            self.teaches[name][: self.count] = torch.from_numpy(flags)
        self.taught = [name for name in BRANCHES if lessons.teaches[name].any()]
        self.start = [value.detach().clone() for value in heads.parameters()]
        self.rate = options.bias_rate if biases_only else options.learning_rate
        learning = heads.biases() if biases_only else list(heads.parameters())
        self.optimiser = torch.optim.AdamW(learning, self.rate, weight_decay=options.weight_decay, fused=True)

    def step(self, number: int, cancelled: Cancelled) -> tuple[float, float]:
        """One step; loss and accuracy on its corrections."""
        if cancelled():
            raise CancelledError("training cancelled")
        mine = next(self.turns)
        old = self.rng.integers(self.count, len(self.bank), self.again) if self.again else np.zeros(0, np.int64)
        index = torch.from_numpy(np.concatenate([mine, old]))
        logits, target = self.heads.fusion(self.bank.batch(index)), self.bank.target[index]
        loss = soft_cross_entropy(logits, target)
        for name in self.taught:
            loss = loss + self._branch_loss(name, index[self.teaches[name][index]])
        rate = self.rate * min(1.0, number / self.options.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.heads.parameters(), CLIP)
        self.optimiser.step()
        self._pull_back(rate * self.options.anchor)
        with torch.no_grad():
            answers, truth = logits[: len(mine)], target[: len(mine)]
            right = (answers.argmax(1) == truth.argmax(1)).float().mean()
            return float(soft_cross_entropy(answers, truth)), float(right)

    def _branch_loss(self, name: BranchName, index: torch.Tensor) -> torch.Tensor:
        """Of a classifier, on one row of each set."""
        rows, target = self.bank.one_row(name, index, torch.from_numpy(self.rng.random(len(index), np.float32)))
        there = target.sum(1) > 0
        if not there.any():
            return torch.zeros(())
        return soft_cross_entropy(self.heads.classifiers[name](rows[there]), target[there])

    @torch.no_grad()
    def _pull_back(self, share: float) -> None:
        """Towards the parent's weights: the gradient of L2-SP (Li et al., ICML 2018), apart from Adam's as in AdamW."""
        if share:
            for value, start in zip(self.heads.parameters(), self.start, strict=True):
                value.lerp_(start, share)


def _turns(count: int, batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Endless batches of indices: every index comes once before any comes again."""
    left = np.zeros(0, np.int64)
    while True:
        while len(left) < batch:
            left = np.concatenate([left, rng.permutation(count)])
        yield left[:batch]
        left = left[batch:]


@torch.no_grad()
def answers(heads: Heads, sets: FeatureSets, batch: int = 512) -> F64:
    """(N, 7) float64 logits of the fusion for all sets."""
    if not len(sets):
        return np.zeros((0, COUNT))
    bank = Bank(sets)
    parts = [heads.fusion(bank.batch(index)) for index in torch.arange(len(bank)).split(batch)]
    return np.asarray(torch.cat(parts).numpy(), np.float64)


@torch.no_grad()
def branch_logits(heads: Heads, name: BranchName, sets: FeatureSets) -> F64:
    """(R, 7) float64 logits of a branch's classifier for all rows."""
    rows = torch.from_numpy(np.asarray(sets.rows[name], np.float32))
    return np.asarray(heads.classifiers[name](rows).numpy(), np.float64)
