"""The whole recipe, with the smallest networks on a few made faces and voices."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.branches import AudioConfig, Branch, FrameConfig, SliceConfig, slice_branch
from engine.bundle import load_bundle, verify_bundle
from engine.emotions import COUNT, FER2013_ORDER
from engine.errors import CancelledError, DatasetError
from engine.fusion import FusionConfig
from engine.inputs import slice_input
from trainer import starter
from trainer.checkpoint import read_tensors
from trainer.datasets.fer2013 import FerImages
from trainer.stage1 import Schedule
from trainer.starter import (
    Recipe,
    deepened,
    face_banks,
    fingerprint,
    load_branches,
    read_materials,
    train_starter,
    voice_bank,
)  # fmt: skip

Trained = Callable[..., Iterator[object]]


@pytest.fixture
def recipe(frame_config: FrameConfig, slice_config: SliceConfig, audio_config: AudioConfig) -> Recipe:
    """One short epoch of everything."""
    short = Schedule(epochs=1, batch=16, learning_rate=1e-3, epoch_examples=32)
    return Recipe(
        frame=frame_config,
        frame_schedule=short,
        slice=slice_config,
        flat_schedule=short,
        motion_schedule=replace(short, batch=4, epoch_examples=8),
        audio=audio_config,
        audio_schedule=replace(short, batch=8, epoch_examples=16),
        fusion=FusionConfig(clusters=2, pooled=8, hidden=8),
        fusion_schedule=replace(short, epoch_examples=64),
        bank_views=2,
        bank_per_class=3,
        timelines=6,
    )


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `train_branch` and `train_fusion` were called for, in order."""
    called: list[str] = []
    train_branch, train_fusion = starter.train_branch, starter.train_fusion

    def branch_noted(branch: Branch, *given: object, **named: object) -> Iterator[object]:
        called.append(branch.name)
        return train_branch(branch, *given, **named)  # type: ignore[arg-type]

    def fusion_noted(*given: object) -> Iterator[object]:
        called.append("fusion")
        return train_fusion(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(starter, "train_branch", branch_noted)
    monkeypatch.setattr(starter, "train_fusion", fusion_noted)
    return called


# The whole recipe


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
    assert trainings == ["audio", "fusion"]
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
    (trained,) = work.glob("*/audio.safetensors")
    kept = read_tensors(trained)[0]["classifier.1.weight"]
    torch.testing.assert_close(before.branches["audio"].classifier[1].weight, kept, atol=1e-3, rtol=1e-3)


# Its materials


def test_materials_are_split_by_person_and_by_copy(data_folder: Path) -> None:
    materials = read_materials(data_folder)
    assert {name: sorted({clip.person for clip in waves.clips}) for name, waves in materials.waves.items()} == {
        "train": ["emodb-03", "ravdess-01"],
        "dev": ["emodb-09", "ravdess-15"],
        "test": ["ravdess-17"],
    }
    assert (materials.images.split[materials.faces.train] == 0).all()
    assert sorted(materials.images.label[materials.judged]) == list(range(COUNT))


def test_faces_the_crowd_disagrees_on_do_not_judge(data_folder: Path) -> None:
    materials = read_materials(data_folder)
    votes = np.array(materials.images.votes)
    undecided = materials.faces.dev[2]
    votes[undecided] = 1
    changed = replace(materials, images=replace(materials.images, votes=votes))
    assert changed.judged.tolist() == [index for index in materials.faces.dev if index != undecided]
    unlabelled = replace(materials, images=replace(materials.images, votes=None))
    assert unlabelled.judged is materials.faces.dev


def test_materials_that_are_missing_are_named(tmp_path: Path, data_folder: Path) -> None:
    with pytest.raises(DatasetError):
        read_materials(tmp_path)
    for name in ("fer2013.csv", "fer2013new.csv", "ravdess", "emodb"):
        (tmp_path / name).symlink_to(data_folder / name)
    (tmp_path / "emodb").unlink()
    with pytest.raises(DatasetError, match="no such folder"):
        read_materials(tmp_path)


def test_an_emotion_without_a_face_is_named(tmp_path: Path, data_folder: Path) -> None:
    for name in ("ravdess", "emodb"):
        (tmp_path / name).symlink_to(data_folder / name)
    labels, crowd = ((data_folder / name).read_text().splitlines() for name in ("fer2013.csv", "fer2013new.csv"))
    fear = f"{FER2013_ORDER.index('fear')},"
    kept = [number for number, row in enumerate(labels) if not row.startswith(fear)]
    for name, rows in (("fer2013.csv", labels), ("fer2013new.csv", crowd)):
        (tmp_path / name).write_text("\n".join(rows[number] for number in kept) + "\n")
    with pytest.raises(DatasetError, match="no face that looks fear to train on"):
        read_materials(tmp_path)


def test_nobody_to_choose_by_is_said(tmp_path: Path, data_folder: Path) -> None:
    for name in ("fer2013.csv", "fer2013new.csv"):
        (tmp_path / name).symlink_to(data_folder / name)
    for path in ("ravdess/Actor_01/03-01-04-01-01-01-01.wav", "emodb/03a01Fa.wav"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).symlink_to(data_folder / path)
    with pytest.raises(DatasetError, match="no voice to choose by"):
        read_materials(tmp_path)


# Its parts


def test_deepened_kernels_answer_the_same_for_a_motionless_slice(images: FerImages, slice_config: SliceConfig) -> None:
    torch.manual_seed(0)
    flat = slice_branch(slice_config, batch_norm=True, depth=1)
    for part in flat.modules():
        if isinstance(part, torch.nn.BatchNorm3d):  # statistics that matter
            part.running_mean = 0.1 * torch.randn_like(part.running_mean)
            part.running_var = 0.5 + torch.rand_like(part.running_var)
    deep = slice_branch(slice_config, batch_norm=True)
    deep.load_state_dict(deepened(flat.state_dict()))
    stills = torch.from_numpy(images.pixels[:5])[:, None, None]
    with torch.inference_mode():
        once = flat.eval()(slice_input(stills, slice_config))
        sixteen = deep.eval()(slice_input(stills.expand(-1, 16, -1, -1, -1), slice_config))
    assert once.abs().max() > 0.01
    torch.testing.assert_close(sixteen, once, atol=1e-5, rtol=1e-4)


def test_deepened_leaves_everything_but_kernels() -> None:
    state = {"conv.weight": torch.ones(2, 3, 1, 3, 3), "conv.bias": torch.ones(2), "fc.weight": torch.ones(4, 5)}
    deep = deepened(state)
    assert deep["conv.weight"].shape == (2, 3, 3, 3, 3)
    assert deep["conv.weight"].sum((0, 1, 3, 4)).tolist() == [0, 54, 0]
    assert deep["conv.bias"] is state["conv.bias"]
    assert deep["fc.weight"] is state["fc.weight"]


def test_banks_hold_a_number_of_each_class_and_are_kept(
    tmp_path: Path, data_folder: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    materials = read_materials(data_folder)
    branches = {"frame": starter.frame_branch(recipe.frame), "slice": slice_branch(recipe.slice)}
    for branch in branches.values():
        branch.prepared()
    banks = face_banks(recipe, materials, branches, tmp_path, lambda: False)  # type: ignore[arg-type]
    assert banks["train"].frame.shape == (3 * COUNT, 2, 256)
    assert banks["train"].slice.shape == (3 * COUNT, 1, 256)
    assert np.bincount(banks["train"].emotion).tolist() == [3] * COUNT
    assert banks["train"].target.argmax(1).tolist() == banks["train"].emotion.tolist()
    assert banks["dev"].frame.shape == (7, 2, 256)
    assert not np.array_equal(banks["dev"].frame[:, 0], banks["dev"].frame[:, 1])  # the face has moved
    monkeypatch.setattr(starter, "_face_features", None)
    again = face_banks(recipe, materials, branches, tmp_path, lambda: False)  # type: ignore[arg-type]
    assert np.array_equal(again["train"].frame, banks["train"].frame)
    monkeypatch.undo()
    with pytest.raises(CancelledError):
        face_banks(recipe, materials, branches, tmp_path / "new", lambda: True)  # type: ignore[arg-type]


def test_voice_banks_are_by_clip(data_folder: Path, recipe: Recipe) -> None:
    waves = read_materials(data_folder).waves["dev"]
    bank = voice_bank(starter.audio_branch(recipe.audio).prepared(), waves, recipe.audio)
    assert [len(rows) for rows in bank.seconds] == [-(-len(wave) // 22_050) for wave in waves.samples]
    assert all(rows.shape[1] == 128 and rows.dtype == np.float32 for rows in bank.seconds)
    assert bank.emotion.tolist() == [clip.emotion for clip in waves.clips]


def test_branches_are_read_back_prepared(tmp_path: Path, recipe: Recipe) -> None:
    torch.manual_seed(0)
    made = {
        "frame": starter.frame_branch(recipe.frame),
        "slice": slice_branch(recipe.slice, batch_norm=True),
        "audio": starter.audio_branch(recipe.audio),
    }
    for name, branch in made.items():
        starter.write_tensors(tmp_path / f"{name}.safetensors", branch.state_dict())
    branches = load_branches(recipe, tmp_path)
    x = torch.randn(2, 3, 96, 96)
    with torch.inference_mode():
        torch.testing.assert_close(branches["frame"](x), made["frame"].eval()(x), atol=1e-4, rtol=1e-3)
    for branch in branches.values():
        assert not branch.training
        assert not any(isinstance(part, torch.nn.modules.batchnorm._BatchNorm) for part in branch.modules())


def test_other_data_or_choices_are_another_training(data_folder: Path, recipe: Recipe) -> None:
    materials = read_materials(data_folder)
    own = fingerprint(recipe, materials)
    assert own == fingerprint(recipe, read_materials(data_folder))
    assert own != fingerprint(replace(recipe, seed=recipe.seed + 1), materials)
    fewer = {**materials.waves, "test": replace(materials.waves["dev"])}
    assert own != fingerprint(recipe, replace(materials, waves=fewer))
