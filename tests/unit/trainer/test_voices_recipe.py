"""The steps by which the audio branch learns, with the smallest networks on a few made voices."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from engine.branches import AudioConfig, audio_branch
from engine.emotions import COUNT
from engine.errors import CancelledError
from tests.unit.trainer.conftest import voice
from trainer.checkpoint import read_tensors
from trainer.datasets.example import VoiceClip
from trainer.datasets.sound import Waves
from trainer.stage1 import Schedule
from trainer.voice_reference import ReferenceConfig
from trainer.voices_recipe import VoiceRecipe, VoicesRecipe


def spoken(person: str, emotions: range) -> Waves:
    """A clip of each emotion."""
    clips = tuple(VoiceClip(Path(f"{person}-{emotion}.wav"), emotion, person, "made") for emotion in emotions)
    return Waves(clips, tuple(voice(clip.emotion, 1.3) for clip in clips))


@pytest.fixture(scope="module")
def voices() -> dict[str, Waves]:
    return {"train": spoken("one", range(COUNT)), "dev": spoken("two", range(3))}


@pytest.fixture
def recipe(audio_config: AudioConfig) -> VoiceRecipe:
    short = Schedule(epochs=2, batch=4, learning_rate=1e-3, epoch_examples=8)
    return VoiceRecipe(
        audio=audio_config,
        recorded_schedule=short,
        rounds=(short, replace(short, seed=2)),
        reference=ReferenceConfig(mels=32, channels=(4, 4, 4, 4)),
        reference_schedule=short,
        taught_schedule=replace(short, seed=3, learning_rate=1e-2),
    )


def test_steps_leave_their_files_and_are_not_done_twice(
    voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path
) -> None:
    steps = VoicesRecipe(voices, tmp_path, recipe)
    shown = list(steps.train())
    assert [step.epoch for step in shown if step.dev_accuracy is not None] == [1, 2] * 5
    branch = audio_branch(recipe.audio)
    branch.load_state_dict(read_tensors(steps.audio)[0])
    assert not steps.branch().training
    assert not steps.reference().training
    assert list(steps.train()) == []
    steps.audio.unlink()
    steps.audio.with_suffix(".checkpoint").unlink()
    again = list(VoicesRecipe(voices, tmp_path, recipe).train())
    assert [step.epoch for step in again if step.dev_accuracy is not None] == [1, 2]  # only what is missing
    for name, value in read_tensors(steps.audio)[0].items():
        assert torch.equal(value, branch.state_dict()[name])  # and with the same result


def test_the_first_filters_stay(voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path) -> None:
    steps = VoicesRecipe(voices, tmp_path, recipe)
    list(steps.train())
    for before, after in pairwise(read_tensors(path)[0] for path in (steps.recorded, *steps.rounds, steps.audio)):
        moved = {name for name in after if not torch.equal(before[name], after[name])}
        assert not {name for name in moved if name.startswith("trunk.conv1.")}
        assert {"trunk.conv2.conv.weight", "head.conv.weight", "classifier.1.weight"} <= moved


def test_a_round_goes_on_where_the_one_before_ended(
    voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path
) -> None:
    first, second = recipe.rounds
    steps = VoicesRecipe(voices, tmp_path, replace(recipe, rounds=(first, replace(second, learning_rate=0.0))))
    list(steps.train())
    before, after = (read_tensors(path)[0] for path in steps.rounds)
    for name in ("head.lstm2.weight_ih_l0", "classifier.1.weight", "trunk.conv4.conv.weight"):
        torch.testing.assert_close(after[name], before[name])
    begun = read_tensors(steps.recorded)[0]
    assert not torch.allclose(begun["head.lstm2.weight_ih_l0"], before["head.lstm2.weight_ih_l0"])


def test_what_is_taught_goes_on_from_the_last_round_but_one(
    voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path
) -> None:
    still = replace(recipe, taught_schedule=replace(recipe.taught_schedule, learning_rate=0.0))
    steps = VoicesRecipe(voices, tmp_path, still)
    list(steps.train())
    first, last, after = (read_tensors(path)[0]["head.lstm2.weight_ih_l0"] for path in (*steps.rounds, steps.audio))
    torch.testing.assert_close(after, first)
    assert not torch.allclose(after, last)


def test_what_the_teachers_say_counts(voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path) -> None:
    found = []
    for share in (0.0, 1.0):
        steps = VoicesRecipe(voices, tmp_path, replace(recipe, taught_share=share))
        list(steps.train())
        found.append(read_tensors(steps.audio)[0]["classifier.1.weight"])
        steps.audio.unlink()
        steps.audio.with_suffix(".checkpoint").unlink()
    assert not torch.allclose(*found)


def test_a_stopped_recipe_ends_with_the_weights_of_one_that_was_not(
    voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path
) -> None:
    whole = VoicesRecipe(voices, tmp_path / "whole", recipe)
    list(whole.train())
    for _ in range(9):  # every third batch: in an epoch's middle, once or twice in each of the five trainings
        stopped = VoicesRecipe(voices, tmp_path / "stopped", recipe, after(3))
        with pytest.raises(CancelledError):
            list(stopped.train())
    finished = VoicesRecipe(voices, tmp_path / "stopped", recipe)
    list(finished.train())
    for name, value in read_tensors(whole.audio)[0].items():
        assert torch.equal(read_tensors(finished.audio)[0][name], value), name


def test_the_bundled_recipe_gives_the_reference_as_many_seconds() -> None:
    recipe = VoiceRecipe()
    rounds = sum(schedule.epochs * (schedule.epoch_examples or 0) for schedule in recipe.rounds)
    assert recipe.reference_schedule.epochs * (recipe.reference_schedule.epoch_examples or 0) == rounds
    assert len({schedule.seed for schedule in recipe.rounds}) == len(recipe.rounds)


def after(batches: int) -> Callable[[], bool]:
    """Turns true after so many questions; one is asked a batch."""
    asked = iter(range(1_000_000))
    return lambda: next(asked) >= batches
