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
from trainer.voices_recipe import VoiceRecipe, VoicesRecipe, VoiceStep


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
        reference=ReferenceConfig(mels=32, channels=(4, 4, 4, 4)),
        steps=(
            VoiceStep("recorded", short, as_recorded=True),
            VoiceStep("round-1", short, start="recorded", new_head=True),
            VoiceStep("round-2", replace(short, seed=2), start="round-1"),
            VoiceStep("mel", short, net="mel"),
            VoiceStep(
                "taught", replace(short, seed=3, learning_rate=1e-2), start="round-1", teachers=("mel", "round-2"),
                share=0.8,
            ),
        ),
    )  # fmt: skip


def but(recipe: VoiceRecipe, name: str, rate: float | None = None, **changes: object) -> VoiceRecipe:
    """The recipe with one step changed."""
    steps = []
    for step in recipe.steps:
        if step.name == name:
            schedule = step.schedule if rate is None else replace(step.schedule, learning_rate=rate)
            step = replace(step, schedule=schedule, **changes)
        steps.append(step)
    return replace(recipe, steps=tuple(steps))


def test_steps_leave_their_files_and_are_not_done_twice(
    voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path
) -> None:
    steps = VoicesRecipe(voices, tmp_path, recipe)
    shown = list(steps.train())
    assert [step.epoch for step in shown if step.dev_accuracy is not None] == [1, 2] * 5
    branch = audio_branch(recipe.audio)
    branch.load_state_dict(read_tensors(steps.audio)[0])
    assert not steps.branch().training
    reference = steps.reference()
    assert reference is not None
    assert not reference.training
    assert list(steps.train()) == []
    steps.audio.unlink()
    steps.audio.with_suffix(".checkpoint").unlink()
    again = list(VoicesRecipe(voices, tmp_path, recipe).train())
    assert [step.epoch for step in again if step.dev_accuracy is not None] == [1, 2]  # only what is missing
    for name, value in read_tensors(steps.audio)[0].items():
        assert torch.equal(value, branch.state_dict()[name])  # and with the same result


def test_of_a_finished_branch_nothing_that_led_to_it_is_done_again(
    voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path
) -> None:
    steps = VoicesRecipe(voices, tmp_path, recipe)
    list(steps.train())
    steps.files["round-2"].unlink()
    assert list(VoicesRecipe(voices, tmp_path, recipe).train()) == []


def test_the_first_filters_stay(voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path) -> None:
    steps = VoicesRecipe(voices, tmp_path, recipe)
    list(steps.train())
    for before, after in pairwise(
        read_tensors(steps.files[name])[0] for name in ("recorded", "round-1", "round-2", "taught")
    ):
        moved = {name for name in after if not torch.equal(before[name], after[name])}
        assert not {name for name in moved if name.startswith("trunk.conv1.")}
        assert {"trunk.conv2.conv.weight", "head.conv.weight", "classifier.1.weight"} <= moved


def test_a_step_goes_on_where_another_ended_and_a_new_head_is_new(
    voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path
) -> None:
    steps = VoicesRecipe(voices, tmp_path, but(recipe, "round-2", rate=0.0))
    list(steps.train())
    begun, before, after = (read_tensors(steps.files[name])[0] for name in ("recorded", "round-1", "round-2"))
    for name in ("head.lstm2.weight_ih_l0", "classifier.1.weight", "trunk.conv4.conv.weight"):
        torch.testing.assert_close(after[name], before[name])
    assert not torch.allclose(begun["head.lstm2.weight_ih_l0"], before["head.lstm2.weight_ih_l0"])
    still = VoicesRecipe(voices, tmp_path / "still", but(recipe, "taught", rate=0.0))
    list(still.train())
    first, last, taught = (
        read_tensors(still.files[name])[0]["head.lstm2.weight_ih_l0"] for name in ("round-1", "round-2", "taught")
    )
    torch.testing.assert_close(taught, first)
    assert not torch.allclose(taught, last)


def test_what_the_teachers_say_counts(voices: dict[str, Waves], recipe: VoiceRecipe, tmp_path: Path) -> None:
    found = []
    for share in (0.0, 1.0):
        steps = VoicesRecipe(voices, tmp_path, but(recipe, "taught", share=share))
        list(steps.train())
        found.append(read_tensors(steps.audio)[0]["classifier.1.weight"])
        steps.audio.unlink()
        steps.audio.with_suffix(".checkpoint").unlink()
    assert not torch.allclose(*found)


def test_without_a_log_mel_network_nothing_is_measured_against(recipe: VoiceRecipe, tmp_path: Path) -> None:
    assert VoicesRecipe({}, tmp_path, replace(recipe, steps=recipe.steps[:3])).reference() is None


@pytest.mark.parametrize("order", [(1, 0), (0, 0), (0, 4)])
def test_a_step_that_needs_a_later_one_is_refused(recipe: VoiceRecipe, order: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="before it"):
        replace(recipe, steps=tuple(recipe.steps[at] for at in order))


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


def test_the_bundled_recipe_gives_a_reference_as_many_seconds_as_the_rounds() -> None:
    steps = VoiceRecipe().steps
    seconds = {step.name: step.schedule.epochs * (step.schedule.epoch_examples or 0) for step in steps}
    rounds = sum(count for name, count in seconds.items() if name.startswith("round"))
    assert {count for name, count in seconds.items() if name.startswith("mel")} == {rounds}
    assert len({step.schedule.seed for step in steps if step.net == "wave"}) == sum(s.net == "wave" for s in steps) - 1


def after(batches: int) -> Callable[[], bool]:
    """Turns true after so many questions; one is asked a batch."""
    asked = iter(range(1_000_000))
    return lambda: next(asked) >= batches
