"""Several processes that train as one: two of them, by gloo, as torchrun starts them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.errors import DeviceError
from tests.trainings import shared_steps
from trainer.checkpoint import read_tensors
from trainer.distributed import ALONE, Ranks, from_first, in_sum, joined, present, shared_statistics, started, together

CHECKOUT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("environment", "ranks"),
    [
        ({}, ALONE),
        ({"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}, Ranks(5, 8, 1)),
        ({"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}, ALONE),
    ],
)
def test_torchrun_says_who_takes_part(environment: Mapping[str, str], ranks: Ranks) -> None:
    assert started(environment) == ranks


@pytest.mark.parametrize("environment", [{"RANK": "one"}, {"RANK": "2", "WORLD_SIZE": "2"}, {"WORLD_SIZE": "0"}])
def test_nonsense_in_the_environment_is_said(environment: Mapping[str, str]) -> None:
    with pytest.raises(DeviceError, match="RANK"):
        started(environment)


@pytest.mark.parametrize("world", [1, 2, 3, 5])
def test_shares_are_parts_of_the_batch(world: int) -> None:
    index = np.arange(100, 113)
    shares = [Ranks(rank, world, rank).share(index) for rank in range(world)]
    assert sorted(np.concatenate(shares)) == index.tolist()
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_alone_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    with joined() as ranks:
        assert ranks == ALONE == present()
        assert not torch.distributed.is_initialized()
    network, value = nn.Linear(2, 2), torch.ones(2)
    assert together(network, ALONE, torch.device("cpu")) is network
    assert in_sum(value, ALONE) is value
    assert from_first(value, ALONE) is value


def test_a_process_without_a_gpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RANK", "1"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(DeviceError, match="process 1 of this machine has no GPU: there are 1"), joined("cuda"):
        pass


def test_statistics_are_shared_on_cuda_and_for_a_while_only() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.BatchNorm1d(4), nn.ReLU()))
    norm = network[1][0]  # type: ignore[index]
    for ranks, device in ((Ranks(0, 2, 0), "cpu"), (ALONE, "cuda")):
        with shared_statistics(network, ranks, torch.device(device)):
            assert network[1][0] is norm  # type: ignore[index]
    with shared_statistics(network, Ranks(0, 2, 0), torch.device("cuda")):
        there = network[1][0]  # type: ignore[index]
        assert isinstance(there, nn.SyncBatchNorm)
        assert there.weight is norm.weight
        assert there.running_mean is norm.running_mean
    assert network[1][0] is norm  # type: ignore[index]


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    alone, several = tmp_path / "alone", tmp_path / "several"
    alone.mkdir()
    several.mkdir()
    expected = [(step.stage, step.step, step.loss, step.accuracy, step.dev_accuracy) for step in shared_steps(alone)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-addr", "127.0.0.1",
        "--master-port", str(port), "-m", "tests.trainings", str(several), "shared",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=CHECKOUT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads((several / "told-0.json").read_text())
    assert json.loads((several / "told-1.json").read_text()) == []  # the first one reports
    assert [step[:2] for step in told] == [list(step[:2]) for step in expected]
    np.testing.assert_allclose([step[2] for step in told], [step[2] for step in expected], rtol=1e-4, atol=1e-6)
    assert [step[3:] for step in told] == [list(step[3:]) for step in expected]
    for name, other in (("dots-0", "dots-0"), ("dots-1", "dots-0"), ("fusion", "fusion")):
        mine = read_tensors(several / f"{name}.safetensors")[0]
        for key, value in read_tensors(alone / f"{other}.safetensors")[0].items():
            torch.testing.assert_close(mine[key], value, rtol=1e-3, atol=1e-5)
