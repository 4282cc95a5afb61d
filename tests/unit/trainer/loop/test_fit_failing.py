"""Trainings that cannot go on: what is said, and what is left on disk."""

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.errors import OutOfMemoryError, StorageError, TrainingError
from tests.trainings import SCHEDULE, Dots, Network, dots_steps, network, task
from trainer.checkpoint import read_tensors
from trainer.loop import state as state_module
from trainer.loop.fit import fit
from trainer.values import TrainStep

BATCHES = 15


def broken(at: int, error: Exception | None = None) -> Dots:
    """Batch `at`, from 0, is no number or fails."""

    class Broken(Dots):
        def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
            inputs, targets = super().batch(index, rng)
            if len(self.taken) - 1 < at:
                return inputs, targets
            if error is not None:
                raise error
            return inputs * float("nan"), targets

    return Broken()


def test_no_number_ends_it_and_the_last_good_state_stays(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    with pytest.raises(TrainingError, match="epoch 2, batch 3; the state after epoch 1 is kept in") as failure:
        list(fit(task(network(), broken(7)), SCHEDULE, path))
    assert str(path) in str(failure.value)
    tensors, facts = read_tensors(path)
    assert facts["epoch"] == 1
    assert all(bool(torch.isfinite(value).all()) for value in tensors.values() if value.is_floating_point())


def test_a_gradient_without_bounds_in_an_epochs_last_batch_is_not_saved(tmp_path: Path) -> None:
    class Kink(Network):
        calls = 0

        def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # type: ignore[override]
            Kink.calls += 1
            logits, _ = super().forward(inputs)
            at_zero = (logits * 0).sum() if Kink.calls == 10 else logits.sum().square() + 1
            return logits, at_zero.sqrt()  # whose slope at zero is infinite

    with pytest.raises(TrainingError, match="gradient of the loss is not a number in epoch 2, batch 5"):
        list(fit(task(Kink(plain=True)), SCHEDULE, tmp_path / "checkpoint"))
    assert read_tensors(tmp_path / "checkpoint")[1]["epoch"] == 1


@pytest.mark.parametrize("ahead", [0, 2])
def test_memory_that_ends_names_the_batch(tmp_path: Path, ahead: int) -> None:
    source = broken(6, RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"))
    with pytest.raises(OutOfMemoryError, match="batches of 5 in stage dots: try a smaller batch, such as 2"):
        list(fit(task(network(), source), SCHEDULE, tmp_path / "checkpoint", ahead=ahead))
    assert read_tensors(tmp_path / "checkpoint")[1]["epoch"] == 1


def test_memory_that_ends_in_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    net = network()
    monkeypatch.setattr(net.drop, "forward", refuse)
    with pytest.raises(OutOfMemoryError, match="smaller batch"):
        list(fit(task(net), SCHEDULE, tmp_path / "checkpoint"))


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write = state_module.write_tensors

    def full(path: Path, tensors: dict[str, torch.Tensor], facts: dict[str, object]) -> None:
        if written:
            raise StorageError(path, "No space left on device")
        written.append(path)
        write(path, tensors, facts)

    monkeypatch.setattr(state_module, "write_tensors", full)
    steps: list[TrainStep] = []
    with pytest.raises(StorageError, match="No space left"):
        steps.extend(fit(task(network()), SCHEDULE, tmp_path / "checkpoint"))
    assert [step.step for step in steps] == list(range(1, 10))  # the second epoch's end is not told
    assert read_tensors(tmp_path / "checkpoint")[1]["epoch"] == 1
    monkeypatch.undo()
    net, whole = network(), network()
    list(dots_steps(tmp_path, net))
    list(dots_steps(tmp_path / "whole", whole))
    assert all(torch.equal(value, whole.state_dict()[name]) for name, value in net.state_dict().items())


def test_given_up_half_way_the_thread_ends(tmp_path: Path) -> None:
    source = Dots()
    steps = fit(task(network(), source), SCHEDULE, tmp_path / "checkpoint")
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    taken = len(source.taken)
    assert taken < BATCHES
    assert len(source.taken) == taken
