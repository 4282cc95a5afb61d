"""One training on several GPUs or machines, started by torchrun: who takes part, and what they tell each other.

Run the usual command through ``torchrun --nproc-per-node N -m app ...``; inside :func:`joined` both stages share each
batch among the processes, average the gradients, and let the first process alone judge, write and report. Batch-norms
see one process's share of a batch; on CUDA they are made one over all processes (SyncBatchNorm), on a CPU, where torch
has no such thing, they stay apart, so that only networks without them or with frozen ones train exactly as in one
process.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import numpy as np
import torch
from torch import distributed, nn

from engine.errors import DeviceError

LONGEST_WAIT = timedelta(days=1)
"""The others wait while the first one judges or writes; torchrun itself ends them when one of them dies."""
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Ranks:
    """Which process of how many this is; `local` counts on its machine and is the number of its GPU."""

    rank: int = 0
    world: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        """Whether this one judges, writes and reports."""
        return self.rank == 0

    @property
    def several(self) -> bool:
        return self.world > 1

    def share(self, index: np.ndarray) -> np.ndarray:
        """This process's part of a batch's examples; all parts together are the batch."""
        return index[self.rank :: self.world]


ALONE = Ranks()


def started(environment: Mapping[str, str] = os.environ) -> Ranks:
    """What torchrun says in the environment; :data:`ALONE` without it.

    Raises:
        DeviceError: RANK, WORLD_SIZE or LOCAL_RANK is no number.
    """
    try:
        ranks = Ranks(*(int(environment.get(name, default)) for name, default in _VARIABLES))
    except ValueError as error:
        raise DeviceError("RANK, WORLD_SIZE and LOCAL_RANK must be numbers, as torchrun sets them") from error
    if not 0 <= ranks.rank < ranks.world:
        raise DeviceError(f"RANK is {ranks.rank} of WORLD_SIZE {ranks.world}")
    return ranks


_VARIABLES = (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))


@contextmanager
def joined(device: str = "cpu") -> Iterator[Ranks]:
    """Take part in what torchrun started: gloo on a CPU, nccl on CUDA. Without torchrun nothing happens.

    Raises:
        DeviceError: the others cannot be reached, or there is no GPU for this process.
    """
    ranks = started()
    if not ranks.several:
        yield ranks
        return
    if device == "cuda":
        if ranks.local >= torch.cuda.device_count():
            raise DeviceError(
                f"process {ranks.local} of this machine has no GPU: there are {torch.cuda.device_count()}"
            )
        torch.cuda.set_device(ranks.local)
    try:
        distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=LONGEST_WAIT)
    except (ValueError, RuntimeError) as error:
        raise DeviceError(f"the other processes of this training cannot be reached: {error}") from error
    try:
        yield ranks
    finally:
        distributed.destroy_process_group()


def present() -> Ranks:
    """Who takes part right now: within :func:`joined` what torchrun said, :data:`ALONE` outside."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return ALONE
    return Ranks(distributed.get_rank(), distributed.get_world_size(), started().local)


def together(network: nn.Module, ranks: Ranks, device: torch.device) -> nn.Module:
    """The network whose gradients are averaged over all processes; itself when there is one process."""
    if not ranks.several:
        return network
    if device.type == "cuda":
        return nn.parallel.DistributedDataParallel(network, [ranks.local])
    return nn.parallel.DistributedDataParallel(network)


@contextmanager
def shared_statistics(network: nn.Module, ranks: Ranks, device: torch.device) -> Iterator[None]:
    """Batch-norms that see the whole batch, all processes' shares of it, on CUDA; elsewhere they stay as they are."""
    if not (ranks.several and device.type == "cuda"):
        yield
        return
    plain = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.modules.batchnorm._BatchNorm)
    ]
    for parent, name, child in plain:
        setattr(parent, name, nn.SyncBatchNorm.convert_sync_batchnorm(child))
    try:
        yield
    finally:
        for parent, name, child in plain:  # its parameters and statistics are the same tensors
            setattr(parent, name, child)


def in_sum(values: torch.Tensor, ranks: Ranks) -> torch.Tensor:
    """The sum of a tensor over all processes, in place."""
    if ranks.several:
        distributed.all_reduce(values)
    return values


def from_first(value: Value, ranks: Ranks) -> Value:
    """What the first process has; the others' own value is ignored. Anything that pickles, tensors too."""
    if not ranks.several:
        return value
    carried = [value]
    distributed.broadcast_object_list(carried, 0)
    return carried[0]
