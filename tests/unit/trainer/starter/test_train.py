"""The whole recipe, with the smallest networks on a few made faces and voices."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.branches import Branch, audio_branch, frame_branch, slice_branch
from engine.bundle import load_bundle, verify_bundle
from engine.emotions import COUNT
from engine.errors import CancelledError
from trainer import voices_recipe
from trainer.checkpoint import read_tensors
from trainer.starter import banks as starter_banks
from trainer.starter import faces, train
from trainer.starter.banks import face_banks, voice_bank
from trainer.starter.materials import read_materials
from trainer.starter.recipe import Recipe
from trainer.starter.train import train_starter

Trained = Callable[..., Iterator[object]]


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `train_branch` and `train_fusion` were called for, in order."""
    called: list[str] = []
    train_branch, train_fusion = faces.train_branch, train.train_fusion

    def branch_noted(branch: Branch, *given: object, **named: object) -> Iterator[object]:
        called.append(branch.name)
        return train_branch(branch, *given, **named)  # type: ignore[arg-type]

    def fusion_noted(*given: object) -> Iterator[object]:
        called.append("fusion")
        return train_fusion(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(faces, "train_branch", branch_noted)
    monkeypatch.setattr(voices_recipe, "train_branch", branch_noted)
    monkeypatch.setattr(train, "train_fusion", fusion_noted)
    return called


def test_stopped_twice_it_goes_on_and_leaves_a_whole_bundle(
    tmp_path: Path, data_folder: Path, recipe: Recipe, trainings: list[str]
) -> None:
    out, work = tmp_path / "bundles" / "starter", tmp_path / "work"
    stages: list[str] = []

    def run(until: str | None) -> None:
        """Run it from where it is; stopped at the first step of a stage."""
        stages.clear()
        trainings.clear()
        for step in train_starter(data_folder, out, work, lambda: until in stages, recipe):
            stages.append(step.stage)  # noqa: PERF401 (read while the loop runs)

    with pytest.raises(CancelledError):
        run("slice")
    assert trainings == ["frame", "slice"]
    assert not out.exists()

    with pytest.raises(CancelledError):
        run("audio")
    assert trainings == ["slice", "slice", "audio"]  # flat, then in motion

    run(None)
    assert trainings == ["audio", "audio", "audio", "audio", "fusion"]  # recorded, changed, the reference, taught by it
    assert set(stages) == {"audio", "features", "fusion", "calibration"}
    assert verify_bundle(out) == []

    before = load_bundle(out)
    run(None)
    assert (trainings, stages) == ([], ["features", "calibration"])
    assert load_bundle(out).sha256 == before.sha256  # calibrated the same

    manifest = before.manifest
    assert (manifest.name, manifest.profile) == ("starter", "compact")
    assert (manifest.frame, manifest.slice, manifest.audio) == (recipe.frame, recipe.slice, recipe.audio)
    assert manifest.groups == (
        "fer2013:Training", "emodb-03", "ravdess-01", "emodb-09 (chosen by)", "ravdess-15 (chosen by)",
    )  # fmt: skip
    assert "91 to train, 7 to choose" in manifest.data[0]
    assert "9 clips to train, 9 to choose" in manifest.data[1]
    assert manifest.scores["dev_frame"]["count"] == manifest.scores["dev_slice"]["count"] == 7
    assert manifest.scores["dev_audio"]["count"] == 9 + 7  # seconds: the actor's clips have two, the speaker's one
    assert 1 / COUNT - 1e-6 <= manifest.calibration.uncertain_below <= 0.99
    (trained,) = work.glob("voices-*/audio-taught.safetensors")
    kept = read_tensors(trained)[0]["classifier.1.weight"]
    torch.testing.assert_close(before.branches["audio"].classifier[1].weight, kept, atol=1e-3, rtol=1e-3)


def test_banks_hold_a_number_of_each_class_and_are_kept(
    tmp_path: Path, data_folder: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    materials = read_materials(data_folder)
    branches = frame_branch(recipe.frame).prepared(), slice_branch(recipe.slice).prepared()
    banks = face_banks(recipe, materials, branches, "both", tmp_path, lambda: False)
    assert banks["train"].frame.shape == (3 * COUNT, 2, 256)
    assert banks["train"].slice.shape == (3 * COUNT, 1, 256)
    assert np.bincount(banks["train"].emotion).tolist() == [3] * COUNT
    assert banks["train"].target.argmax(1).tolist() == banks["train"].emotion.tolist()
    assert banks["dev"].frame.shape == (7, 2, 256)
    assert not np.array_equal(banks["dev"].frame[:, 0], banks["dev"].frame[:, 1])  # the face has moved
    monkeypatch.setattr(starter_banks, "_face_features", None)
    again = face_banks(recipe, materials, branches, "both", tmp_path, lambda: False)
    assert np.array_equal(again["train"].frame, banks["train"].frame)
    monkeypatch.undo()
    with pytest.raises(CancelledError):
        face_banks(recipe, materials, branches, "others", tmp_path, lambda: True)


def test_voice_banks_are_by_clip(data_folder: Path, recipe: Recipe) -> None:
    waves = read_materials(data_folder).waves["dev"]
    bank = voice_bank(audio_branch(recipe.audio).prepared(), waves, recipe.audio)
    assert [len(rows) for rows in bank.seconds] == [-(-len(wave) // 22_050) for wave in waves.samples]
    assert all(rows.shape[1] == 128 and rows.dtype == np.float32 for rows in bank.seconds)
    assert bank.emotion.tolist() == [clip.emotion for clip in waves.clips]
