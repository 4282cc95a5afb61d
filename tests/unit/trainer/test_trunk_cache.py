"""What frozen trunks make, kept on disk."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine.branches import Branch, FrameConfig, PictureHead
from engine.errors import CancelledError, StorageError
from trainer import trunk_cache
from trainer.augment import FaceAugment
from trainer.datasets.fer2013 import FerImages
from trainer.loop.schedule import Schedule
from trainer.sources import StillSource
from trainer.stage1 import predict
from trainer.trunk_cache import CachedSource, cached, forget, network_fingerprint, train_frozen, without_trunk
from trainer.values import TrainStep

STILL = FaceAugment(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


class Fixed(StillSource):
    """Stills with a name; notes which ones the trunk was shown."""

    def __init__(self, images: FerImages, config: FrameConfig, fingerprint: str = "faces 1", count: int = 21) -> None:
        super().__init__(images, np.arange(count), config, STILL)
        self.fingerprint = fingerprint
        self.shown: list[int] = []

    def plain(self, index: np.ndarray) -> torch.Tensor:
        self.shown += index.tolist()
        return super().plain(index)


@pytest.fixture
def branch() -> Branch:
    """A trunk of one layer, which even untrained tells pictures apart."""
    torch.manual_seed(0)
    trunk = nn.Sequential(nn.Conv2d(3, 6, 16, 16), nn.BatchNorm2d(6), nn.ReLU())
    return Branch("frame", trunk, PictureHead(6, 6, 8, 1, 256, 0.0), 0.0).eval()


@pytest.fixture
def source(images: FerImages, frame_config: FrameConfig) -> Fixed:
    return Fixed(images, frame_config)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk_cache, "AT_ONCE", 4)


def whole(making: Generator[TrainStep, None, CachedSource]) -> tuple[list[TrainStep], CachedSource]:
    """All that is said, and the source at the end."""
    said: list[TrainStep] = []

    def noting() -> Iterator[Any]:
        result = yield from making
        said.append(result)  # type: ignore[arg-type]

    steps = list(noting())
    return steps, said[0]  # type: ignore[return-value]


def test_rows_are_what_the_trunk_makes(tmp_path: Path, branch: Branch, source: Fixed) -> None:
    with torch.inference_mode():
        maps = branch.trunk(source.plain(np.arange(21)))
        features = branch(source.plain(np.arange(21)))
    for head, expected in ((True, maps), (False, features)):
        steps, rows = whole(cached(branch, source, tmp_path, head))
        assert [step.step for step in steps] == [4, 8, 12, 16, 20, 21]
        assert {(step.stage, step.steps) for step in steps} == {("frame trunk", 21)}
        assert steps[-1].remaining_s == 0
        assert rows.rows.dtype == np.float16
        picked = np.array([20, 3, 3])
        inputs, targets = rows.batch(picked, np.random.default_rng())
        torch.testing.assert_close(inputs, expected[picked], rtol=2e-3, atol=1e-3)
        assert torch.equal(targets, source.targets[picked])
        assert rows.classes.tolist() == source.classes.tolist()


def test_what_is_there_is_not_made_again(tmp_path: Path, branch: Branch, source: Fixed) -> None:
    _, first = whole(cached(branch, source, tmp_path))
    source.shown.clear()
    steps, again = whole(cached(branch, source, tmp_path))
    assert steps == []
    assert source.shown == [0]  # for the shape of a row
    assert np.array_equal(first.rows, again.rows)


def test_stopped_it_goes_on_with_the_same_rows(tmp_path: Path, branch: Branch, source: Fixed) -> None:
    _, undisturbed = whole(cached(branch, source, tmp_path / "whole"))
    asked = iter([False, False, False, True])
    with pytest.raises(CancelledError):
        whole(cached(branch, source, tmp_path / "stopped", cancelled=lambda: next(asked)))
    (part,) = (tmp_path / "stopped").iterdir()
    with part.open("ab") as file:  # killed while it wrote a row
        file.write(b"torn")
    source.shown.clear()
    steps, rows = whole(cached(branch, source, tmp_path / "stopped"))
    assert source.shown == [0, *range(12, 21)]
    assert [step.step for step in steps] == [16, 20, 21]
    assert np.array_equal(rows.rows, undisturbed.rows)
    assert [path.suffix for path in (tmp_path / "stopped").iterdir()] == [".rows"]


def test_other_weights_and_other_examples_have_files_of_their_own(
    tmp_path: Path, branch: Branch, source: Fixed, images: FerImages, frame_config: FrameConfig
) -> None:
    whole(cached(branch, source, tmp_path))
    name = network_fingerprint(branch.trunk)
    whole(cached(branch, Fixed(images, frame_config, "faces 2", 9), tmp_path))
    with torch.no_grad():
        branch.trunk[0].weight[0, 0, 0, 0] += 1e-3  # type: ignore[index,operator]
    assert network_fingerprint(branch.trunk) != name
    whole(cached(branch, source, tmp_path))
    with torch.no_grad():
        branch.head.fc.bias += 1  # type: ignore[union-attr,operator]
    _, rows = whole(cached(branch, source, tmp_path))
    assert len(list(tmp_path.iterdir())) == 3  # the head has no part in maps
    assert rows.rows.shape[0] == 21


def test_a_torn_file_is_made_again(tmp_path: Path, branch: Branch, source: Fixed) -> None:
    _, first = whole(cached(branch, source, tmp_path))
    kept = first.rows.copy()
    del first
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-10])
    _, again = whole(cached(branch, source, tmp_path))
    assert np.array_equal(again.rows, kept)


def test_a_full_disk_is_said(tmp_path: Path, branch: Branch, source: Fixed, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        whole(cached(branch, source, tmp_path))
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]


def test_forgetting_removes_rows_and_nothing_else(tmp_path: Path, branch: Branch, source: Fixed) -> None:
    whole(cached(branch, source, tmp_path))
    (tmp_path / "notes.rows").write_text("mine")
    asked = iter([False, True])
    with pytest.raises(CancelledError):
        whole(cached(branch, source, tmp_path, head=False, cancelled=lambda: next(asked)))
    sizes = sum(path.stat().st_size for path in tmp_path.iterdir()) - 4
    assert forget(tmp_path) == sizes
    assert [path.name for path in tmp_path.iterdir()] == ["notes.rows"]
    assert forget(tmp_path / "missing") == 0


@pytest.mark.parametrize("head", [True, False])
def test_what_follows_the_trunk_learns(tmp_path: Path, branch: Branch, source: Fixed, head: bool) -> None:
    before = {name: value.clone() for name, value in branch.state_dict().items()}
    schedule = Schedule(epochs=30, batch=7, learning_rate=1e-2, weight_decay=0, average_decay=0.5)
    dev = (source, np.arange(21), source.classes)
    steps = list(train_frozen(branch, source, schedule, tmp_path / "checkpoint", tmp_path / "cache", dev, head))
    assert [step.stage for step in steps[:7]] == ["frame trunk"] * 6 + ["frame"]  # dev is the same: not made twice
    changed = {
        name.split(".")[0] for name, value in branch.state_dict().items() if not torch.equal(value, before[name])
    }
    assert changed == ({"head", "classifier"} if head else {"classifier"})
    losses = [step.loss for step in steps if step.stage == "frame"]
    assert losses[-1] < (0.1 if head else 0.9) * losses[0]
    assert not branch.training
    # the rows are float16, the trunk is not: all but the same answers
    whole_branch = predict(branch, source, np.arange(21))
    assert np.mean(whole_branch.argmax(1) == source.classes) == pytest.approx(steps[-1].dev_accuracy, abs=0.1)


def test_the_rest_of_a_branch_is_shared(branch: Branch) -> None:
    rest, last = without_trunk(branch), without_trunk(branch, head=False)
    assert rest.head is branch.head
    assert rest.classifier is last.classifier is branch.classifier
    maps = torch.rand(3, *branch.trunk(torch.rand(3, 3, 96, 96)).shape[1:])
    torch.testing.assert_close(rest(maps), branch.head(maps))
    assert last(maps) is maps
