"""Tensors on disk: whole or not at all."""

import os
from pathlib import Path

import pytest
import torch

from engine.errors import StorageError, WeightsError
from trainer.checkpoint import group, read_tensors, write_tensors


def test_round_trip_of_any_tensor(tmp_path: Path) -> None:
    tensors = {
        "a/weight": torch.arange(6.0).reshape(2, 3).t(),  # not contiguous
        "a/count": torch.tensor(7),
        "b": torch.randn(3, dtype=torch.float64, requires_grad=True),
        "none": torch.zeros(0, 4),
    }
    path = tmp_path / "new" / "folder" / "state.safetensors"
    write_tensors(path, tensors, {"epoch": 3, "schedule": {"seed": 1, "share": 0.25, "examples": None}})
    kept, facts = read_tensors(path)
    assert kept.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert kept[name].dtype == tensor.dtype
        assert torch.equal(kept[name], tensor)
    assert facts == {"epoch": 3, "schedule": {"seed": 1, "share": 0.25, "examples": None}}


def test_facts_are_optional(tmp_path: Path) -> None:
    write_tensors(tmp_path / "state", {"a": torch.ones(1)})
    assert read_tensors(tmp_path / "state")[1] == {}


def test_a_newer_file_takes_the_place_of_the_older(tmp_path: Path) -> None:
    for value in (1.0, 2.0):
        write_tensors(tmp_path / "state", {"a": torch.tensor(value)}, {"epoch": value})
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    kept, facts = read_tensors(tmp_path / "state")
    assert (float(kept["a"]), facts["epoch"]) == (2.0, 2.0)


def test_a_failed_write_keeps_the_older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state"
    write_tensors(path, {"a": torch.tensor(1.0)})

    def refuse(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StorageError, match="No space left"):
        write_tensors(path, {"a": torch.tensor(2.0)})
    assert [item.name for item in tmp_path.iterdir()] == ["state"]
    assert float(read_tensors(path)[0]["a"]) == 1.0


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError) as failure:
        write_tensors(tmp_path / "file" / "state", {"a": torch.ones(1)})
    assert failure.value.path == tmp_path / "file" / "state"
    (tmp_path / "state.part").mkdir()
    with pytest.raises(StorageError, match="Is a directory"):
        write_tensors(tmp_path / "state", {"a": torch.ones(1)})
    assert not (tmp_path / "state").exists()


def test_group_is_of_whole_names() -> None:
    tensors = {"model/a.b": torch.ones(1), "model/c": torch.zeros(1), "models/d": torch.ones(2), "model": torch.ones(3)}
    assert list(group(tensors, "model")) == ["a.b", "c"]
    assert group(tensors, "optimiser") == {}


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_tensors(path, {"a": torch.ones(100)})
    path.write_bytes(path.read_bytes()[:200])
    for wrong in (path, tmp_path / "missing"):
        with pytest.raises(WeightsError, match="damaged or gone"):
            read_tensors(wrong)
