"""What a training is at the end of an epoch, on disk and back."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from tests.trainings import SCHEDULE, Network, network
from trainer.checkpoint import read_tensors, write_tensors
from trainer.distributed import ALONE
from trainer.loop.schedule import Schedule
from trainer.loop.state import Average, State


def state(net: Network, schedule: Schedule = SCHEDULE, examples: int = 22) -> State:
    return State(net, net, torch.optim.AdamW(net.parameters(), lr=0.1), schedule, examples)


def trained(net: Network) -> State:
    """After one step."""
    made = state(net)
    net(torch.randn(8, 6, generator=torch.Generator().manual_seed(1)))[0].square().sum().backward()
    made.optimiser.step()
    made.average.update(net, 0)
    made.epochs = 1
    return made


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def test_the_average_follows_and_counts_are_copied() -> None:
    net = network()
    average = Average(net, 0.9)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with torch.no_grad():
        net.out.weight += 1
    net.norm.num_batches_tracked += 3  # type: ignore[union-attr,operator]
    average.update(net, 0)  # (1 + 0) / (10 + 0) of the old
    torch.testing.assert_close(average.state["out.weight"], before["out.weight"] + 0.9)
    assert int(average.state["norm.num_batches_tracked"]) == 3
    average.update(net, 10**6)
    torch.testing.assert_close(average.state["out.weight"], before["out.weight"] + 0.9 + 0.1 * 0.1)


def test_without_decay_the_average_is_the_weights() -> None:
    net = network()
    average = Average(net, 0.0)
    with torch.no_grad():
        net.out.weight.normal_()
    average.update(net, 5)
    assert same(average.state, net.state_dict())


def test_the_average_is_in_place_for_a_while_only() -> None:
    net = network()
    average = Average(net, 0.5)
    before = net.out.weight.clone()
    with torch.no_grad():
        net.out.weight += 1
    now = net.out.weight.clone()
    with average.in_place(net):
        assert torch.equal(net.out.weight, before)
    assert torch.equal(net.out.weight, now)
    with pytest.raises(KeyError), average.in_place(net):
        raise KeyError
    assert torch.equal(net.out.weight, now)


def test_everything_comes_back(tmp_path: Path) -> None:
    one = trained(network())
    one.best.offer(1, 0.4, one.average)
    one.save(tmp_path / "checkpoint")
    other = state(Network())
    other.resume(tmp_path / "checkpoint", ALONE)
    assert same(other.network.state_dict(), one.network.state_dict())
    assert same(other.average.state, one.average.state)
    assert same(other.best.state, one.best.state)
    assert (other.epochs, other.best.epoch, other.best.score) == (1, 1, 0.4)
    for mine, theirs in zip(one.network.parameters(), other.network.parameters(), strict=True):
        assert same(one.optimiser.state[mine], other.optimiser.state[theirs])
        assert set(one.optimiser.state[mine]) == {"step", "exp_avg", "exp_avg_sq"}


def test_better_is_more_and_the_first_of_equals_stays() -> None:
    made = trained(network())
    for epoch, score in ((1, 0.2), (2, 0.5), (3, 0.5), (4, 0.3)):
        with torch.no_grad():
            made.average.state["out.bias"].fill_(epoch)
        made.best.offer(epoch, score, made.average)
    assert (made.best.epoch, made.best.score) == (2, 0.5)
    assert float(made.outcome["out.bias"][0]) == 2
    assert float(trained(network()).outcome["out.bias"][0]) != 2  # without a score the last averages


@pytest.mark.parametrize(
    ("patience", "best", "epochs", "finished"),
    [(None, 1, 2, False), (None, 0, 3, True), (2, 1, 2, False), (1, 1, 2, True), (2, 0, 2, False), (9, 1, 3, True)],
)
def test_it_ends_with_the_epochs_or_with_patience(patience: int | None, best: int, epochs: int, finished: bool) -> None:
    made = state(network(), replace(SCHEDULE, patience=patience))
    made.best.epoch, made.epochs = best, epochs
    assert made.finished is finished


def test_a_checkpoint_of_another_training_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    trained(network()).save(path)
    others = (
        state(network(), replace(SCHEDULE, smoothing=0.1)),
        state(network(), examples=23),
        state(network(plain=True)),
    )
    for other in others:
        before = {name: value.clone() for name, value in other.network.state_dict().items()}
        other.resume(path, ALONE)
        assert other.epochs == 0
        assert same(other.network.state_dict(), before)


def test_a_checkpoint_that_knows_fewer_choices_is_taken(tmp_path: Path) -> None:
    """As one written before a choice was added, whose default changes nothing."""
    path = tmp_path / "checkpoint"
    trained(network()).save(path)
    tensors, _ = read_tensors(path)
    known = {name: value for name, value in asdict(SCHEDULE).items() if name not in ("patience", "mixup", "left_out")}
    write_tensors(path, tensors, {"epoch": 2, "schedule": known})
    other = state(network())
    other.resume(path, ALONE)
    assert other.epochs == 2
    with_mixup = state(network(), replace(SCHEDULE, mixup=0.2))
    with_mixup.resume(path, ALONE)
    assert with_mixup.epochs == 0


def test_frozen_weights_have_no_optimiser_state(tmp_path: Path) -> None:
    net = network()
    net.inner.requires_grad_(False)
    trained(net).save(tmp_path / "checkpoint")
    tensors, _ = read_tensors(tmp_path / "checkpoint")
    assert not [name for name in tensors if name.startswith("optimiser/inner")]
    assert "model/inner.weight" in tensors
    other = state(net)
    other.resume(tmp_path / "checkpoint", ALONE)
    assert net.inner.weight not in other.optimiser.state


def test_a_damaged_checkpoint_is_said(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_bytes(b"half of")
    with pytest.raises(WeightsError, match="damaged"):
        state(network()).resume(tmp_path / "checkpoint", ALONE)
