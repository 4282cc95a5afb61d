"""Results on disk that say what they were made of."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.errors import WeightsError
from trainer.paper.steps import Step, fingerprint


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path, "frame", {"clips": ["a", "b"], "seed": 1})


def test_a_name_is_of_all_that_a_result_depends_on(step: Step) -> None:
    assert step.key == replace(step, needs={"seed": 1, "clips": ("a", "b")}).key  # order and kind of list are nothing
    others = [
        replace(step, needs={"clips": ["b", "a"], "seed": 1}),
        replace(step, needs={"clips": ["a", "b"], "seed": 2}),
        replace(step, needs={"clips": ["a", "b"]}),
        replace(step, name="slice"),
    ]
    assert len({one.key for one in (step, *others)}) == 5


def test_paths_count(tmp_path: Path) -> None:
    assert fingerprint({"trunk": tmp_path}) != fingerprint({"trunk": tmp_path / "other"})


def test_what_is_kept_is_there_and_its_checkpoint_gone(step: Step) -> None:
    step.checkpoint.write_bytes(b"an epoch")
    assert not step.done
    step.keep({"weight": torch.arange(3.0)})
    assert step.done
    assert step.read()["weight"].tolist() == [0, 1, 2]
    assert [path.name for path in step.folder.iterdir()] == [f"frame-{step.key}.safetensors"]


def test_a_damaged_result_is_said(step: Step) -> None:
    step.file.write_bytes(b"noise")
    with pytest.raises(WeightsError, match="damaged"):
        step.read()
