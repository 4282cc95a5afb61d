"""The loop itself, with networks so small that it can be stopped everywhere."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.device import Device
from engine.emotions import COUNT
from engine.errors import CancelledError
from tests.trainings import SCHEDULE, Dots, Network, dots_steps, network, task
from trainer.checkpoint import read_tensors
from trainer.loop.fit import fit
from trainer.loop.schedule import Schedule
from trainer.losses import class_weights, soft_cross_entropy
from trainer.values import TrainStep

CHECKOUT = Path(__file__).parents[4]
BATCHES = 15


def weights(net: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in net.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def after(times: int) -> Callable[[], bool]:
    """False so many times, then true."""
    left = iter([False] * times)
    return lambda: next(left, True)


class Scores:
    """A development split that says what it is told to, in turn."""

    def __init__(self, *accuracies: float) -> None:
        self.left = list(accuracies)

    def __call__(self) -> tuple[float, float]:
        accuracy = self.left.pop(0)
        return accuracy, 1 - accuracy


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, torch.Tensor], list[TrainStep]]:
    net = network()
    steps = list(dots_steps(tmp_path_factory.mktemp("undisturbed"), net))
    return weights(net), steps


# Going on


@pytest.mark.parametrize("batch", range(BATCHES))
def test_stopped_in_any_batch_it_ends_where_an_undisturbed_one_does(
    tmp_path: Path, batch: int, undisturbed: tuple[dict[str, torch.Tensor], list[TrainStep]]
) -> None:
    with pytest.raises(CancelledError):
        list(fit(task(network()), SCHEDULE, tmp_path / "checkpoint", cancelled=after(batch)))
    net = network()
    with torch.no_grad():  # nothing of the first network is needed but what is on disk
        net.out.weight += 1 if batch >= 5 else 0
    torch.manual_seed(12345)
    rest = list(dots_steps(tmp_path, net))
    assert rest[0].step == batch // 5 * 5 + 1
    assert [step.loss for step in rest] == [step.loss for step in undisturbed[1][batch // 5 * 5 :]]
    assert same(weights(net), undisturbed[0])


def test_killed_at_a_random_moment_it_ends_where_an_undisturbed_one_does(
    tmp_path: Path, undisturbed: tuple[dict[str, torch.Tensor], list[TrainStep]]
) -> None:
    """A process of its own that is killed, twice; the moments are random, but the same in every run."""
    for batches in np.random.default_rng(4).integers(1, 8, 2):
        command = [sys.executable, "-m", "tests.trainings", str(tmp_path), "slow"]
        with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            for _ in range(batches):
                assert child.stdout.readline().strip()
                child.stdin.write("\n")
                child.stdin.flush()
            child.kill()
    net = network()
    list(dots_steps(tmp_path, net))
    assert same(weights(net), undisturbed[0])


def test_a_thread_ahead_changes_no_bit(
    tmp_path: Path, undisturbed: tuple[dict[str, torch.Tensor], list[TrainStep]]
) -> None:
    net = network()
    steps = list(fit(task(net), SCHEDULE, tmp_path / "checkpoint", ahead=0))
    assert same(weights(net), undisturbed[0])
    assert [step.loss for step in steps] == [step.loss for step in undisturbed[1]]


def test_waiting_is_told_as_a_share(undisturbed: tuple[dict[str, torch.Tensor], list[TrainStep]]) -> None:
    shares = [step.waiting_share for step in undisturbed[1]]
    assert all(share is not None and 0 < share <= 1 for share in shares)


def test_a_source_that_dawdles_is_waited_for(tmp_path: Path) -> None:
    """As a share: what is waited for is nearly all that the time goes into."""

    class Slow(Dots):
        def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
            for _ in range(20):
                np.linalg.svd(np.ones((200, 200)))
            return super().batch(index, rng)

    shares = {}
    for name, source in (("slow", Slow()), ("quick", Dots())):
        job = task(network(), source)
        *_, last = fit(job, replace(SCHEDULE, epochs=1), tmp_path / name, ahead=0)
        shares[name] = last.waiting_share or 0
    assert shares["slow"] > 0.5
    assert shares["slow"] > shares["quick"]


# Ending early


def test_the_best_weights_are_kept_when_patience_ends(tmp_path: Path) -> None:
    schedule = replace(SCHEDULE, epochs=9, patience=2)
    net = network()
    steps = list(fit(task(net, score=Scores(0.1, 0.6, 0.5, 0.6)), schedule, tmp_path / "checkpoint"))
    ends = [step for step in steps if step.dev_accuracy is not None]
    assert [(step.epoch, step.dev_accuracy, step.best_epoch) for step in ends] == [
        (1, 0.1, 1), (2, 0.6, 2), (3, 0.5, 2), (4, 0.6, 2),
    ]  # fmt: skip
    assert ends[-1].message == "stopped early: kept epoch 2, the best on the development split"
    kept = {name[5:]: value for name, value in read_tensors(tmp_path / "checkpoint")[0].items() if name[:5] == "best/"}
    assert same(weights(net), kept)
    two = network()
    for step in fit(task(two, score=Scores(0.1, 0.6, 0.5, 0.6)), schedule, tmp_path / "again"):
        if step.dev_accuracy is not None and step.epoch == 2:
            average = read_tensors(tmp_path / "again")[0]
            assert all(torch.equal(average[f"average/{name}"], value) for name, value in kept.items())


def test_the_other_score_may_choose(tmp_path: Path) -> None:
    schedule = replace(SCHEDULE, epochs=9, patience=1, chosen_by="uar")
    steps = list(fit(task(network(), score=Scores(0.5, 0.2, 0.3)), schedule, tmp_path / "checkpoint"))
    assert [step.best_epoch for step in steps if step.dev_uar is not None] == [1, 2, 2]


def test_patience_that_does_not_end_keeps_the_best_all_the_same(tmp_path: Path) -> None:
    net = network()
    steps = list(fit(task(net, score=Scores(0.9, 0.1, 0.2)), replace(SCHEDULE, patience=5), tmp_path / "checkpoint"))
    assert steps[-1].message == "finished: kept epoch 1, the best on the development split"
    tensors = read_tensors(tmp_path / "checkpoint")[0]
    assert torch.equal(net.out.weight, tensors["best/out.weight"])
    assert not torch.equal(net.out.weight, tensors["average/out.weight"])


@pytest.mark.parametrize("batch", [7, 12, 17])
def test_an_early_end_goes_on_as_well(tmp_path: Path, batch: int) -> None:
    schedule = replace(SCHEDULE, epochs=9, patience=2)
    scores = (0.1, 0.6, 0.5, 0.6)
    whole = network()
    list(fit(task(whole, score=Scores(*scores)), schedule, tmp_path / "whole"))
    with pytest.raises(CancelledError):
        list(fit(task(network(), score=Scores(*scores)), schedule, tmp_path / "checkpoint", cancelled=after(batch)))
    net = network()
    list(fit(task(net, score=Scores(*scores[batch // 5 :])), schedule, tmp_path / "checkpoint"))
    assert same(weights(net), weights(whole))
    done = network()
    assert list(fit(task(done, score=Scores()), schedule, tmp_path / "checkpoint")) == []  # it has ended
    assert same(weights(done), weights(whole))


def test_patience_without_a_score_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="development split"):
        list(fit(task(network()), replace(SCHEDULE, patience=2), tmp_path / "checkpoint"))


def test_without_patience_the_last_weights_are_kept(tmp_path: Path) -> None:
    scored, plain = network(), network()
    steps = list(fit(task(scored, score=Scores(0.9, 0.1, 0.2)), SCHEDULE, tmp_path / "one"))
    assert {step.best_epoch for step in steps} == {None}
    assert {step.message for step in steps} == {""}
    list(fit(task(plain), SCHEDULE, tmp_path / "other"))
    assert same(weights(scored), weights(plain))


# What is learned


def test_it_overfits(tmp_path: Path) -> None:
    net = network(plain=True)
    steps = list(fit(task(net, Dots()), replace(SCHEDULE, epochs=40, weight_decay=0), tmp_path / "checkpoint"))
    assert steps[-1].loss < 0.01 < 1 < steps[0].loss
    assert steps[-1].accuracy == 1


@pytest.mark.parametrize("weighting", ["paper", "balanced"])
def test_classes_are_weighed(tmp_path: Path, weighting: str) -> None:
    source = Dots(examples=22)
    source.classes = np.minimum(source.classes, 3)  # class 3 has most
    schedule = Schedule(epochs=1, batch=40, learning_rate=0.0, weighting=weighting)  # type: ignore[arg-type]
    net = network(plain=True)
    (step,) = fit(task(net, source), schedule, tmp_path / "checkpoint")
    inputs, targets = source.batch(np.arange(22), np.random.default_rng())
    counts = np.bincount(source.classes, minlength=COUNT)
    wanted = class_weights(counts, weighting)  # type: ignore[arg-type]
    with torch.inference_mode():
        logits, _ = net(inputs)
        expected, plain = (soft_cross_entropy(logits, targets, by) for by in (torch.from_numpy(wanted), None))
    assert step.loss == pytest.approx(float(expected), rel=1e-5)
    assert step.loss != pytest.approx(float(plain), rel=1e-2)


def test_gradients_are_clipped(tmp_path: Path) -> None:
    norms = []

    class Steep(Network):
        def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]
            logits, _ = super().forward(inputs)
            return logits, 1e4 * logits.square().mean()

    net = Steep(plain=True)
    for _ in fit(task(net), replace(SCHEDULE, clip=0.5), tmp_path / "checkpoint"):
        grads = [parameter.grad for parameter in net.parameters() if parameter.grad is not None]
        norms.append(float(torch.cat([grad.flatten() for grad in grads]).norm()))
    assert max(norms) == pytest.approx(0.5, rel=1e-3)


def test_frozen_parts_stay(tmp_path: Path) -> None:
    net = network()
    net.inner.requires_grad_(False)
    net.norm.requires_grad_(False)
    before = weights(net)
    list(fit(task(net), SCHEDULE, tmp_path / "checkpoint"))
    changed = {name for name, value in weights(net).items() if not torch.equal(value, before[name])}
    assert changed == {"out.weight", "out.bias"}


def test_bf16_is_mixed_in(tmp_path: Path) -> None:
    seen = []

    class Watched(Network):
        def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, None]:
            logits, _ = super().forward(inputs)
            seen.append(logits.dtype)
            return logits, None

    torch.manual_seed(0)
    net = Watched()
    half = Device("cpu", "bf16", "asked for")
    steps = list(fit(task(net, Dots()), replace(SCHEDULE, epochs=20), tmp_path / "checkpoint", device=half))
    assert set(seen) == {torch.bfloat16}
    assert net.out.weight.dtype == torch.float32
    assert steps[-1].loss < 0.5 * steps[0].loss
