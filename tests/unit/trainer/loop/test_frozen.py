"""Trunks that stay, and the modes of what is in them."""

import pytest
import torch
from torch import nn

from engine.branches import FrameConfig, frame_branch
from trainer.loop.frozen import freeze, frozen_parts, is_frozen, training_mode


@pytest.fixture
def trunk() -> nn.Module:
    return nn.Sequential(nn.Conv1d(2, 3, 1), nn.BatchNorm1d(3), nn.ReLU(), nn.Conv1d(3, 4, 1), nn.BatchNorm1d(4))


def trains(trunk: nn.Module) -> list[str]:
    return [name for name, child in trunk.named_children() if any(p.requires_grad for p in child.parameters())]


@pytest.mark.parametrize(("but", "names"), [(0, []), (1, ["4"]), (3, ["1", "3", "4"]), (("0",), ["0"]), ((), [])])
def test_all_but_some_stay(trunk: nn.Module, but: int | tuple[str, ...], names: list[str]) -> None:
    freeze(trunk, but)
    assert trains(trunk) == names


@pytest.mark.parametrize("but", [5, -1, ("2",), ("block9",)])
def test_parts_that_are_not_there_are_said(trunk: nn.Module, but: int | tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="its parts are 0, 1, 3, 4"):
        freeze(trunk, but)


def test_the_last_blocks_of_a_real_trunk(frame_config: FrameConfig) -> None:
    branch = frame_branch(frame_config)
    freeze(branch.trunk, 2)
    assert trains(branch.trunk) == ["repeat_3", "block8"]
    freeze(branch.trunk, ("block8",))
    assert trains(branch.trunk) == ["block8"]


def test_frozen_batch_norms_keep_their_statistics(trunk: nn.Module) -> None:
    freeze(trunk, ("3", "4"))
    training_mode(trunk, frozen_parts(trunk))
    assert [part.training for part in trunk] == [False, False, True, True, True]
    before = [trunk[at].running_mean.clone() for at in (1, 4)]  # type: ignore[union-attr,operator]
    trunk(torch.randn(8, 2, 5) + 3)
    assert torch.equal(trunk[1].running_mean, before[0])  # type: ignore[arg-type]
    assert not torch.equal(trunk[4].running_mean, before[1])  # type: ignore[arg-type]


def test_without_parameters_nothing_is_frozen(trunk: nn.Module) -> None:
    assert not is_frozen(nn.Dropout())
    assert not is_frozen(trunk)
    assert is_frozen(trunk.requires_grad_(False))
    nested = nn.Sequential(trunk, nn.Dropout(), nn.Linear(4, 2))
    assert frozen_parts(nested) == [trunk]
    training_mode(nested, frozen_parts(nested))
    assert [part.training for part in nested] == [False, True, True]
