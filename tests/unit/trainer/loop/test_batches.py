"""Batches in order, with or without a thread ahead, and what is done to their targets."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch

from engine.model import padded_sets
from tests.trainings import SCHEDULE, Dots, sets
from trainer.distributed import ALONE, Ranks
from trainer.loop.batches import Ahead, Batch, Course, mixed, moved, smoothed
from trainer.loop.schedule import Schedule


def all_of(batches: Iterator[Batch], ahead: int) -> list[Batch]:
    found = []
    with Ahead(batches, ahead) as reader:
        while (batch := reader.next()) is not None:
            found.append(batch)
    return found


def course(source: Dots, schedule: Schedule = SCHEDULE, ranks: Ranks = ALONE, key: tuple[int, ...] = ()) -> Course:
    return Course(source, schedule, ranks, key)


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        (a.epoch, a.at, a.last, a.whole) == (b.epoch, b.at, b.last, b.whole)
        and torch.equal(a.inputs, b.inputs)
        and torch.equal(a.targets, b.targets)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("ahead", [1, 3, 100])
def test_prepared_ahead_they_are_the_same_in_the_same_order(ahead: int) -> None:
    direct = all_of(course(Dots(0.5)).batches(0), 0)
    assert same(all_of(course(Dots(0.5)).batches(0), ahead), direct)
    assert [(batch.epoch, batch.at, batch.last, batch.whole) for batch in direct[:6]] == [
        (0, 0, False, 5), (0, 1, False, 5), (0, 2, False, 5), (0, 3, False, 5), (0, 4, True, 2), (1, 0, False, 5),
    ]  # fmt: skip
    assert len(direct) == 15


def test_an_epoch_does_not_hang_on_those_before() -> None:
    whole = all_of(course(Dots(0.5)).batches(0), 0)
    assert same(all_of(course(Dots(0.5)).batches(2), 2), whole[10:])


def test_every_epoch_draws_anew_and_every_stage_otherwise() -> None:
    source = Dots()
    all_of(course(source).batches(0), 0)
    first, second = source.taken[:5], source.taken[5:10]
    assert sorted(chain(*first)) == sorted(chain(*second)) == list(range(22))
    assert first != second
    other = Dots()
    all_of(course(other, key=(2,)).batches(0), 0)
    assert other.taken[:5] != first


@pytest.mark.parametrize("world", [2, 3])
def test_shares_together_are_the_batch(world: int) -> None:
    alone = Dots()
    all_of(course(alone).batches(0), 0)
    shares = []
    for rank in range(world):
        source = Dots()
        found = all_of(course(source, ranks=Ranks(rank, world, rank)).batches(0), 0)
        shares.append(source.taken)
        if world == 2:
            assert [batch.whole for batch in found[:5]] == [5, 5, 5, 5, 2]
    if world == 2:  # with three the rest of two joins the batch before
        assert [sorted(chain(*parts)) for parts in zip(*shares, strict=True)] == [sorted(item) for item in alone.taken]
    assert sorted(chain(*(chain(*taken[: len(taken) // 3]) for taken in shares))) == list(range(22))


def test_processes_change_their_shares_by_numbers_of_their_own() -> None:
    def noise(rank: int) -> np.ndarray:
        source = Dots(1.0)
        batch = next(course(source, ranks=Ranks(rank, 2, rank)).batches(0))
        return batch.inputs.numpy() - source.points[source.taken[0]]

    assert np.abs(noise(0)[:2] - noise(1)[:2]).max() > 0.01


def test_an_error_in_the_thread_is_raised_where_batches_are_read() -> None:
    class Broken(Dots):
        def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
            if len(self.taken) == 3:
                raise OSError("the disk went away")
            return super().batch(index, rng)

    for ahead in (0, 2):
        with Ahead(course(Broken()).batches(0), ahead) as reader:
            for _ in range(3):
                assert reader.next() is not None
            with pytest.raises(OSError, match="went away"):
                reader.next()


def test_no_more_are_prepared_than_asked_for_and_leaving_ends_the_thread() -> None:
    source = Dots()
    with Ahead(course(source).batches(0), 2) as reader:
        assert reader.next() is not None
        assert len(source.taken) <= 1 + 2 + 1  # read, waiting, in the making
    assert not [thread for thread in threading.enumerate() if thread.name == "affectline-batches"]
    assert len(source.taken) <= 4
    assert reader.waited_s > 0


def test_smoothing_spreads_a_share() -> None:
    targets = torch.eye(7)[[2, 5]]
    assert smoothed(targets, 0.0) is targets
    soft = smoothed(targets, 0.14)
    assert soft[0, 2] == pytest.approx(0.86 + 0.02)
    assert soft[0, 0] == pytest.approx(0.02)
    torch.testing.assert_close(soft.sum(1), torch.ones(2))


def test_mixing_keeps_inputs_and_targets_together() -> None:
    targets = torch.eye(7)
    inputs = torch.eye(7)[:, :, None] * 4
    one, soft = mixed(inputs, targets, 0.4, np.random.default_rng(3))
    torch.testing.assert_close(one[..., 0] / 4, soft)
    torch.testing.assert_close(soft.sum(1), torch.ones(7))
    assert 0 < float(soft.max()) < 1 or float(soft.max()) == 1
    assert len(soft.unique()) >= 3  # mixed with another one, not with itself alone


def test_the_course_smooths_and_mixes() -> None:
    schedule = replace(SCHEDULE, smoothing=0.07, mixup=1.0)
    batch = next(course(Dots(), schedule).batches(0))
    assert float(batch.targets.min()) >= 0.01 - 1e-6
    assert ((batch.targets > 0.011).sum(1) >= 1).all()
    assert float(batch.targets.max()) < 0.94
    assert same(all_of(course(Dots(), schedule).batches(0), 0), all_of(course(Dots(), schedule).batches(0), 2))


def test_tensors_and_what_holds_them_move() -> None:
    there = torch.device("meta")
    assert moved(torch.ones(2), there).device == there
    fused = moved(padded_sets(sets(3)), there)
    assert fused.frame.device == fused.audio_mask.device == there
    with pytest.raises(TypeError, match="list is neither"):
        moved([torch.ones(2)], there)
