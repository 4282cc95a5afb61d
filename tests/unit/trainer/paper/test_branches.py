"""Stage 1 on published trunks that stay as they are; from scratch it is tested with the whole procedure."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.branches import AudioConfig
from engine.bundle import import_trunk
from engine.errors import DatasetError, WeightsError
from engine.published import PublishedTrunk
from engine.trunks.soundnet import SoundNetTrunk
from trainer.paper.branches import (
    LEAST_TO_CHOOSE,
    ONCE,
    Lesson,
    branch_steps,
    chosen_by,
    fresh_branch,
    on_trunks,
    train_branches,
)
from trainer.paper.data import Materials
from trainer.paper.recipe import PaperRecipe, limited, paper_recipe


@pytest.fixture
def soundnet(tmp_path: Path) -> Path:
    """An imported trunk of the published size."""
    torch.manual_seed(5)
    state = SoundNetTrunk().state_dict()
    return import_trunk(PublishedTrunk("soundnet", state, "test", "amplitude", "ab" * 32, "made"), tmp_path / "trunks")


@pytest.fixture
def recipe(quick: PaperRecipe, soundnet: Path) -> PaperRecipe:
    """The tiny networks with a published trunk in the audio branch."""
    audio = AudioConfig(1.0, head_channels=8, lstm=(8, 128), dropout=0.0)
    return replace(limited(quick, 2), audio=audio, trunks={"audio": soundnet})


def test_a_published_trunk_stays_as_it_is(recipe: PaperRecipe, materials: Materials, tmp_path: Path) -> None:
    lesson = Lesson(ONCE, materials.folds.train, materials.folds.dev)
    audio = {"audio": branch_steps(recipe, materials, lesson, tmp_path)["audio"]}
    told = list(train_branches(recipe, materials, lesson, audio))
    assert [step.stage for step in told if step.dev_accuracy is not None] == ["audio", "audio"]
    before, after = fresh_branch(recipe, "audio", 0), audio["audio"].read()
    for name, value in before.trunk.state_dict().items():
        assert torch.equal(after[f"trunk.{name}"], value)
    assert not torch.equal(after["classifier.1.weight"], fresh_branch(recipe, "audio", 0).classifier[1].weight)
    assert list(train_branches(recipe, materials, lesson, audio)) == []


def test_another_trunk_is_another_training(recipe: PaperRecipe, materials: Materials, tmp_path: Path) -> None:
    lesson = Lesson(ONCE, materials.folds.train, materials.folds.dev)
    published, scratch = (
        branch_steps(one, materials, lesson, tmp_path) for one in (recipe, replace(recipe, trunks={}))
    )
    assert published["audio"].key != scratch["audio"].key
    assert published["frame"].key == scratch["frame"].key


def test_a_trunk_of_another_kind_is_refused(soundnet: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is a trunk of kind soundnet; the frame branch wants facenet"):
        on_trunks(paper_recipe("full", {"frame": soundnet}))
    with pytest.raises(WeightsError, match="is not an imported trunk"):
        on_trunks(paper_recipe("full", {"frame": tmp_path}))


def test_inputs_are_as_the_trunk_wants_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"kind": "facenet", "normalisation": "prewhiten"}
    monkeypatch.setattr("trainer.paper.branches.read_trunk", lambda _: ({}, facts))
    assert on_trunks(paper_recipe("full", {"frame": tmp_path})).frame.normalisation == "prewhiten"


def test_the_full_profile_is_the_published_one() -> None:
    recipe = paper_recipe("full")
    assert (recipe.frame.width, recipe.frame.repeats, recipe.frame.input_px) == (1.0, (5, 10, 5), 160)
    assert (recipe.slice.width, recipe.slice.input_px, recipe.audio.width) == (1.0, 112, 1.0)
    assert recipe.preparation.crop_files["slice.u8"].shape == (112, 112, 3)
    assert (recipe.folds, recipe.losses, recipe.fer_labels) == (5, ("none", "paper"), "fer2013")


def test_nothing_to_learn_from_is_said(quick: PaperRecipe, materials: Materials, tmp_path: Path) -> None:
    faceless = replace(materials, clips=tuple(clip for clip in materials.clips if clip.item.facts.face is None))
    lesson = Lesson(ONCE, faceless.validation, faceless.validation[:0])
    steps = branch_steps(quick, faceless, lesson, tmp_path)
    with pytest.raises(DatasetError, match="nothing to train the slice branch on"):
        list(train_branches(quick, faceless, lesson, {"slice": steps["slice"]}))


@pytest.mark.parametrize("few", [0, 3])
def test_with_few_clips_to_choose_by_training_runs_its_length(
    quick: PaperRecipe, materials: Materials, tmp_path: Path, few: int
) -> None:
    lesson = Lesson(ONCE, materials.folds.train, materials.folds.dev[:few])
    steps = branch_steps(quick, materials, lesson, tmp_path)
    told = list(train_branches(quick, materials, lesson, {"slice": steps["slice"]}))
    assert told[-1].epoch == quick.schedules["slice"].epochs
    assert (told[-1].dev_accuracy is None) == (few == 0)
    assert told[-1].best_epoch is None


def test_enough_clips_choose(quick: PaperRecipe) -> None:
    clips = np.arange(LEAST_TO_CHOOSE)
    schedule = quick.fusion_schedule
    assert chosen_by(Lesson(ONCE, clips, clips), schedule) == schedule
    assert chosen_by(Lesson(ONCE, clips, clips[1:]), schedule).patience is None
