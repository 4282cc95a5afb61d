"""The training loop of one branch."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.branches import AudioConfig, Branch, FrameConfig, audio_branch, frame_branch
from engine.emotions import COUNT
from engine.errors import CancelledError, TrainingError
from trainer import metrics
from trainer.augment import FaceAugment
from trainer.datasets.fer2013 import FerImages
from trainer.datasets.sound import Waves
from trainer.loop.frozen import freeze
from trainer.sources import StillSource, VoiceSource
from trainer.spectra import LogMel
from trainer.stage1 import (
    Schedule,
    draw_epoch,
    learning_rate,
    predict,
    train_branch,
)
from trainer.values import TrainStep

SHORT = Schedule(epochs=3, batch=8, learning_rate=3e-3)
"""Three batches an epoch of the 21 pictures."""
Job = Callable[..., tuple[Branch, Iterator[TrainStep]]]


@pytest.fixture
def stills(images: FerImages, frame_config: FrameConfig) -> StillSource:
    return StillSource(images, np.arange(len(images)), frame_config)


@pytest.fixture
def frame_job(stills: StillSource, frame_config: FrameConfig) -> Job:
    """Makes a frame branch, the same every time, and its training."""

    def make(checkpoint: Path, schedule: Schedule = SHORT, **how: object) -> tuple[Branch, Iterator[TrainStep]]:
        torch.manual_seed(0)
        branch = frame_branch(frame_config)
        source = how.pop("source", stills)
        return branch, train_branch(branch, source, schedule, checkpoint, **how)  # type: ignore[arg-type]

    return make


@pytest.fixture
def audio_job(waves: Waves, audio_config: AudioConfig) -> Job:
    """The same of an audio branch, with the log-mel spectrum as a second task."""

    def make(checkpoint: Path, schedule: Schedule = SHORT, **how: object) -> tuple[Branch, Iterator[TrainStep]]:
        torch.manual_seed(0)
        branch = audio_branch(audio_config)
        mel = LogMel(branch.trunk.out_channels)  # type: ignore[arg-type]
        short = replace(schedule, batch=2, epoch_examples=6)
        steps = train_branch(
            branch, VoiceSource(waves, audio_config), short, checkpoint, auxiliary=mel, companions=mel, **how
        )  # type: ignore[arg-type]  # fmt: skip
        return branch, steps

    return make


def state(branch: Branch) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in branch.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


class After:
    """Turns true once it was asked a number of times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


# The learning rate


def test_learning_rate_rises_then_falls_as_a_cosine() -> None:
    schedule = Schedule(epochs=1, batch=1, learning_rate=0.5, warm_share=0.2)
    rates = [learning_rate(schedule, step, 110) for step in range(110)]
    np.testing.assert_allclose(rates[:22], 0.5 * np.arange(1, 23) / 22)
    assert max(rates) == 0.5 == rates[22]
    assert rates[66] == pytest.approx(0.25)  # half-way down
    assert (np.diff(rates[22:]) < 0).all()
    assert 0 < rates[-1] < 0.001
    assert learning_rate(replace(schedule, warm_share=0), 0, 110) == 0.5
    assert learning_rate(schedule, 0, 1) == 0.5


# Drawing


@pytest.mark.parametrize("wanted", [None, 10, 30, 75])
def test_without_balance_examples_come_equally_often(wanted: int | None) -> None:
    schedule = Schedule(epochs=1, batch=4, learning_rate=1, epoch_examples=wanted)
    drawn = draw_epoch(np.zeros(30, int), schedule, np.random.default_rng(0))
    counts = np.bincount(drawn, minlength=30)
    assert len(drawn) == (wanted or 30)
    assert counts.max() - counts.min() <= 1
    assert not (np.diff(drawn[:10]) == 1).all()


@pytest.mark.parametrize(("balance", "ratio"), [(1.0, 1.0), (0.5, 3.0)])
def test_balance_draws_rare_classes_more_often(balance: float, ratio: float) -> None:
    classes = np.repeat([1, 4], [900, 100])
    schedule = Schedule(epochs=1, batch=4, learning_rate=1, balance=balance, epoch_examples=20_000)
    counts = np.bincount(classes[draw_epoch(classes, schedule, np.random.default_rng(0))], minlength=COUNT)
    assert counts[1] / counts[4] == pytest.approx(ratio, rel=0.06)
    assert counts.sum() == counts[1] + counts[4]


def test_draws_follow_the_generator() -> None:
    classes = np.arange(50) % COUNT
    for balance in (0.0, 0.7):
        schedule = Schedule(epochs=1, batch=4, learning_rate=1, balance=balance)
        first, again, other = (draw_epoch(classes, schedule, np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert first.tolist() == again.tolist() != other.tolist()


# The loop


def test_overfits_a_handful(tmp_path: Path, images: FerImages, frame_config: FrameConfig) -> None:
    plain = FaceAugment(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    source = StillSource(images, np.arange(14), frame_config, plain)
    torch.manual_seed(0)
    branch = frame_branch(replace(frame_config, dropout=0.0))
    schedule = Schedule(epochs=40, batch=14, learning_rate=1e-2, weight_decay=0, average_decay=0.5)
    steps = list(train_branch(branch, source, schedule, tmp_path / "checkpoint"))
    assert steps[0].loss > 1.5
    assert steps[-1].loss < 0.05
    assert steps[-1].accuracy == 1.0
    logits = predict(branch, source, np.arange(14), batch=5)
    assert (logits.shape, logits.dtype) == ((14, 7), np.float32)
    assert logits.argmax(1).tolist() == images.label[:14].tolist()


def test_steps_count_batches_and_epochs(tmp_path: Path, frame_job: Job) -> None:
    _, steps = frame_job(tmp_path / "checkpoint")
    told = list(steps)
    assert [(step.epoch, step.step) for step in told] == [(1 + at // 3, 1 + at) for at in range(9)]
    assert {(step.stage, step.epochs, step.steps) for step in told} == {("frame", 3, 9)}
    assert told[-1].remaining_s == 0
    assert all(step.examples_per_s > 0 and 0 <= step.accuracy <= 1 and step.dev_accuracy is None for step in told)


def test_the_average_is_what_is_left(tmp_path: Path, frame_job: Job) -> None:
    branch, steps = frame_job(tmp_path / "checkpoint", replace(SHORT, average_decay=0.3))
    average = {name: value.double() for name, value in state(branch).items()}
    for number, _ in enumerate(steps):
        decay = min(0.3, (1 + number) / (10 + number))
        for name, value in state(branch).items():  # as trained so far: the average is put in place at the very end
            kept = decay if value.is_floating_point() else 0
            average[name] = kept * average[name] + (1 - kept) * value.double()
    assert not branch.training
    for name, value in state(branch).items():
        torch.testing.assert_close(value.double(), average[name], rtol=1e-4, atol=1e-5)


def test_the_average_is_what_is_scored(tmp_path: Path, frame_job: Job, stills: StillSource) -> None:
    dev = (stills, np.arange(21), stills.classes)
    branch, steps = frame_job(tmp_path / "checkpoint", dev=dev)
    told = list(steps)
    assert [step.dev_accuracy is not None for step in told] == [False, False, True] * 3
    answers = predict(branch, stills, np.arange(21)).argmax(1)
    assert told[-1].dev_accuracy == metrics.accuracy(stills.classes, answers)
    assert told[-1].dev_uar == metrics.uar(stills.classes, answers)


def test_scoring_changes_nothing(tmp_path: Path, frame_job: Job, stills: StillSource) -> None:
    unscored, steps = frame_job(tmp_path / "one")
    list(steps)
    scored, steps = frame_job(tmp_path / "other", dev=(stills, np.arange(21), stills.classes))
    list(steps)
    assert same(state(unscored), state(scored))


@pytest.mark.parametrize("job", ["frame_job", "audio_job"])
def test_going_on_ends_where_an_undisturbed_training_does(
    tmp_path: Path, job: str, request: pytest.FixtureRequest
) -> None:
    make: Job = request.getfixturevalue(job)
    undisturbed, steps = make(tmp_path / "one")
    whole = list(steps)
    _, steps = make(tmp_path / "other", cancelled=After(5))
    with pytest.raises(CancelledError):
        list(steps)  # in the second batch of the second epoch
    branch, steps = make(tmp_path / "other")
    rest = list(steps)
    assert [step.step for step in rest] == [4, 5, 6, 7, 8, 9]
    assert [step.loss for step in rest] == [step.loss for step in whole[3:]]
    assert same(state(branch), state(undisturbed))


def test_a_finished_training_is_not_repeated(tmp_path: Path, frame_job: Job) -> None:
    branch, steps = frame_job(tmp_path / "checkpoint")
    list(steps)
    again, steps = frame_job(tmp_path / "checkpoint")
    assert list(steps) == []
    assert same(state(again), state(branch))
    assert not again.training


def test_a_checkpoint_of_another_schedule_is_ignored(tmp_path: Path, frame_job: Job) -> None:
    _, steps = frame_job(tmp_path / "checkpoint")
    list(steps)
    other = replace(SHORT, learning_rate=1e-3)
    fresh, steps = frame_job(tmp_path / "fresh", other)
    list(steps)
    branch, steps = frame_job(tmp_path / "checkpoint", other)
    assert next(steps).epoch == 1
    list(steps)
    assert same(state(branch), state(fresh))


def test_cancelled_at_the_next_batch(tmp_path: Path, frame_job: Job, stills: StillSource) -> None:
    taken = []

    class Counting(StillSource):
        def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
            taken.append(len(index))
            return stills.batch(index, rng)

    source = object.__new__(Counting)
    source.classes = stills.classes
    _, steps = frame_job(tmp_path / "checkpoint", source=source, cancelled=After(2), ahead=0)
    with pytest.raises(CancelledError):
        list(steps)
    assert taken == [8, 8]
    assert not (tmp_path / "checkpoint").exists()  # no epoch was finished


def test_every_example_of_an_epoch_is_seen(tmp_path: Path, frame_job: Job, stills: StillSource) -> None:
    seen = []

    class Noting(StillSource):
        def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
            seen.append(index.tolist())
            return stills.batch(index, rng)

    source = object.__new__(Noting)
    source.classes = stills.classes[:17]
    _, steps = frame_job(tmp_path / "checkpoint", replace(SHORT, epochs=1), source=source)
    last = list(steps)[-1]
    # a single example is nothing to batch-norm: it joins the batch before
    assert [len(index) for index in seen] == [8, 9]
    assert sorted(number for index in seen for number in index) == list(range(17))
    assert (last.step, last.steps) == (2, 2)


def test_a_loss_that_is_no_number_says_where(tmp_path: Path, frame_job: Job, stills: StillSource) -> None:
    class Broken(StillSource):
        batches = 0

        def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
            self.batches += 1
            inputs, targets = stills.batch(index, rng)
            return inputs, targets if self.batches != 5 else targets * float("nan")

    source = object.__new__(Broken)
    source.classes = stills.classes
    _, steps = frame_job(tmp_path / "checkpoint", source=source)
    with pytest.raises(TrainingError, match="not a number in epoch 2, batch 2"):
        list(steps)


def test_companions_learn_beside_the_branch(tmp_path: Path, waves: Waves, audio_config: AudioConfig) -> None:
    torch.manual_seed(0)
    branch = audio_branch(audio_config)
    mel = LogMel(branch.trunk.out_channels, weight=1.0)  # type: ignore[arg-type]
    source = VoiceSource(waves, audio_config)

    def error() -> float:
        with torch.inference_mode():
            inputs = source.plain(np.arange(5))
            return float(mel(branch.eval().trunk(inputs), inputs))

    before = error()
    schedule = Schedule(epochs=10, batch=3, learning_rate=1e-2, epoch_examples=12, average_decay=0.5)
    list(train_branch(branch, source, schedule, tmp_path / "checkpoint", auxiliary=mel, companions=mel))
    assert error() < 0.7 * before


def test_nothing_to_predict(frame_config: FrameConfig, stills: StillSource) -> None:
    assert predict(frame_branch(frame_config), stills, np.arange(0)).shape == (0, 7)


def test_batches_prepared_ahead_train_the_same(tmp_path: Path, frame_job: Job) -> None:
    direct, steps = frame_job(tmp_path / "direct", ahead=0)
    list(steps)
    threaded, steps = frame_job(tmp_path / "threaded", ahead=3)
    list(steps)
    assert same(state(direct), state(threaded))


def test_a_frozen_trunk_stays_with_its_statistics(tmp_path: Path, frame_job: Job) -> None:
    branch, steps = frame_job(tmp_path / "checkpoint", replace(SHORT, epochs=1))
    freeze(branch.trunk, 1)
    before = state(branch)
    list(steps)
    changed = {name for name, value in state(branch).items() if not torch.equal(value, before[name])}
    assert {name.split(".")[1] for name in changed if name.startswith("trunk")} == {"block8"}
    assert any("running_mean" in name for name in changed)
    assert {name.split(".")[0] for name in changed} == {"trunk", "head", "classifier"}


def test_the_best_epoch_is_what_is_left(tmp_path: Path, frame_job: Job, stills: StillSource) -> None:
    dev = (stills, np.arange(21), stills.classes)
    branch, steps = frame_job(tmp_path / "checkpoint", replace(SHORT, epochs=6, patience=2), dev=dev)
    ends = [step for step in steps if step.dev_accuracy is not None]
    answers = predict(branch, stills, np.arange(21)).argmax(1)
    best = max(step.dev_accuracy or 0 for step in ends)
    assert metrics.accuracy(stills.classes, answers) == best
    assert ends[-1].best_epoch == next(step.epoch for step in ends if step.dev_accuracy == best)
