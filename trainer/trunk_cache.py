"""Frozen trunks: what they make of each example is worked out once, kept on disk, and trained on from there.

A file holds one row an example, float16, in the order of the examples. Its name is a fingerprint of the network that
made it and one of the examples, so that rows of another trunk or of other data are never taken for these. An unfinished
file goes on where it stopped.
"""

import hashlib
import math
import os
import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from torch import nn

from engine.branches import Branch
from engine.device import Device
from engine.errors import CancelledError, StorageError
from engine.media import never
from trainer.distributed import from_first, present
from trainer.loop.device import CPU
from trainer.loop.failing import enough_memory
from trainer.loop.frozen import freeze
from trainer.loop.schedule import Schedule
from trainer.stage1 import train_branch
from trainer.values import TrainStep

AT_ONCE: Final = 32
"""Examples that pass through the trunk together. A file that goes on does so after a whole number of these, so that its
rows are, to the bit, those of an undisturbed one."""
_FILE: Final = re.compile(r"[0-9a-f]{16}-[0-9a-f]{16}\.rows(\.part)?")
_MOST: Final = float(np.finfo(np.float16).max)


class FixedSource(Protocol):
    """Examples that are the same every time."""

    @property
    def classes(self) -> np.ndarray:
        """(N,) the class of each."""
        ...

    @property
    def targets(self) -> torch.Tensor:
        """(N, 7) soft labels."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names the examples and how they are prepared; other examples have another."""
        ...

    def plain(self, index: np.ndarray) -> torch.Tensor:
        """Normalised inputs of some examples."""
        ...


@dataclass(frozen=True, slots=True)
class CachedSource:
    """A source whose inputs are the rows of a cache: for a branch without its trunk (see :func:`without_trunk`)."""

    classes: np.ndarray
    targets: torch.Tensor
    rows: np.ndarray
    """(N, ...) float16, mapped from the file."""

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        return self.plain(index), self.targets[index]

    def plain(self, index: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.rows[index].astype(np.float32))


def without_trunk(branch: Branch, head: bool = True) -> Branch:
    """A branch that begins where the cache ends and shares the rest with `branch`: training it trains that.

    Args:
        head: True to begin at the head, from feature maps; False to be the classifier alone, from features.
    """
    rest = Branch(branch.name, nn.Identity(), branch.head if head else nn.Identity(), 0.0)
    rest.classifier = branch.classifier
    return rest


def cached(
    branch: Branch, source: FixedSource, folder: Path, head: bool = True, device: Device = CPU,
    cancelled: Callable[[], bool] = never,
) -> Generator[TrainStep, None, CachedSource]:  # fmt: skip
    """Work out every example's feature maps, or its feature, as far as the folder does not hold them.

    Args:
        head: True to keep the trunk's feature maps, because the head will train; False to keep the feature.
    Returns:
        The rows as a source.
    Raises:
        CancelledError: before the next batch after `cancelled()` turns true; what is done stays.
        StorageError: the folder cannot be written or the disk is full; what is done stays.
        TrainingError: memory ended.
    """
    network = branch.trunk if head else nn.Sequential(branch.trunk, branch.head)
    network.eval()
    path = folder / f"{network_fingerprint(network)}-{_short(source.fingerprint)}.rows"
    count, shape = len(source.classes), _shape(network, source)
    ranks = present()
    if ranks.first and not (path.exists() and path.stat().st_size == count * _row_bytes(shape)):
        try:
            with enough_memory(f"{branch.name} trunk", AT_ONCE):
                network.to(device.processor)
            yield from _fill(path, branch.name, network, source, count, shape, device, cancelled)
        except OSError as error:
            raise StorageError(path, error.strerror or "cannot be written") from error
        finally:
            network.to("cpu")
    from_first(None, ranks)
    rows = np.memmap(path, np.float16, "r", shape=(count, *shape)) if count else np.zeros((0, *shape), np.float16)
    return CachedSource(source.classes, source.targets, rows)


def train_frozen(
    branch: Branch, source: FixedSource, schedule: Schedule, checkpoint: Path, cache: Path,
    dev: tuple[FixedSource, np.ndarray, np.ndarray] | None = None, head: bool = True,
    cancelled: Callable[[], bool] = never, device: Device = CPU, ahead: int | None = None,
) -> Iterator[TrainStep]:  # fmt: skip
    """Train the head and the classifier of a branch, or the classifier alone, on what its frozen trunk makes.

    Args:
        cache: folder of rows, for any number of trunks and sources; :func:`forget` empties it.
        dev: as in :func:`trainer.stage1.train_branch`.
        head: whether the head trains too.
    Raises:
        What :func:`cached` and :func:`trainer.stage1.train_branch` raise.
    """
    freeze(branch.trunk)
    branch.head.requires_grad_(head)
    rows = yield from cached(branch, source, cache, head, device, cancelled)
    held = None
    if dev is not None:
        held = ((yield from cached(branch, dev[0], cache, head, device, cancelled)), dev[1], dev[2])
    rest = without_trunk(branch, head)
    yield from train_branch(
        rest, rows, schedule, checkpoint, held, cancelled=cancelled, device=device, ahead=ahead
    )  # fmt: skip
    branch.eval()


def forget(folder: Path) -> int:
    """Remove the rows in a folder, finished or not, and nothing else; gives the bytes that were freed."""
    freed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        if _FILE.fullmatch(path.name):
            size = path.stat().st_size
            with suppress(OSError):
                path.unlink()
                freed += size
    return freed


def network_fingerprint(network: nn.Module) -> str:
    """Names a network by its layers and weights: 16 hexadecimal digits."""
    seal = hashlib.sha256(str(network).encode())
    for name, value in network.state_dict().items():
        seal.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        seal.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return seal.hexdigest()[:16]


def _short(fingerprint: str) -> str:
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:16]


@torch.inference_mode()
def _shape(network: nn.Module, source: FixedSource) -> tuple[int, ...]:
    """Of one example's row."""
    if not len(source.classes):
        return ()
    return tuple(network(source.plain(np.arange(1))).shape[1:])


def _row_bytes(shape: tuple[int, ...]) -> int:
    return 2 * math.prod(shape)


def _fill(
    path: Path, name: str, network: nn.Module, source: FixedSource, count: int, shape: tuple[int, ...], device: Device,
    cancelled: Callable[[], bool],
) -> Iterator[TrainStep]:  # fmt: skip
    """Append what is missing. By ordinary writes: a full disk is then an error, where a mapped file would crash."""
    part = path.with_name(path.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as file:
        first = file.tell() // (AT_ONCE * _row_bytes(shape)) * AT_ONCE
        file.truncate(first * _row_bytes(shape))
        began_s = time.monotonic()
        for at in range(first, count, AT_ONCE):
            if cancelled():
                raise CancelledError("training cancelled")
            index = np.arange(at, min(at + AT_ONCE, count))
            with enough_memory(f"{name} trunk", AT_ONCE), torch.inference_mode():
                rows = network(source.plain(index).to(device.processor)).float().clamp(-_MOST, _MOST).half()
            file.write(rows.cpu().numpy().tobytes())
            done, spent_s = int(index[-1]) + 1, max(time.monotonic() - began_s, 1e-9)
            yield TrainStep(
                f"{name} trunk", 1, 1, done, count, math.nan, math.nan, (done - first) / spent_s,
                spent_s / (done - first) * (count - done), message="what the frozen trunk makes of each example",
            )  # fmt: skip
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
