"""Stage 2: NetVLADs, the FCs after them and the fusion network, on features of branches that stay as they are.

Windows come from any :class:`Windows`: clips of a data set, or ones made from stills and voices. The loop itself is
that of `trainer/loop/fit.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.device import Device
from engine.fusion import Fusion, FusionConfig, FusionInput
from engine.media import never
from engine.model import padded_sets
from trainer import metrics
from trainer.checkpoint import write_tensors
from trainer.distributed import from_first, present
from trainer.loop.batches import moved
from trainer.loop.device import CPU
from trainer.loop.fit import Task, fit
from trainer.loop.schedule import Schedule
from trainer.made_windows import NEUTRAL, FaceBank, Maker, Making, VoiceBank
from trainer.values import TrainStep
from trainer.windows import ClipWindows, FeatureSet, Made, Windows, thinned

__all__ = [
    "NEUTRAL", "ClipWindows", "FaceBank", "FeatureSet", "Made", "Maker", "Making", "VoiceBank", "Windows", "fuse",
    "train_fusion",
]  # fmt: skip


class _Sets:
    """Windows as batches: branches left out as the schedule says, padded."""

    def __init__(self, windows: Windows, left_out: float) -> None:
        self.windows, self.left_out = windows, left_out
        self.classes = windows.classes

    def batch(self, index: np.ndarray, rng: np.random.Generator) -> tuple[FusionInput, torch.Tensor]:
        sets, targets = self.windows.draw(index, rng)
        if self.left_out > 0:
            sets = [thinned(item, self.left_out, rng) for item in sets]
        return padded_sets(sets), torch.from_numpy(np.asarray(targets, np.float32))


class _Learner(nn.Module):
    """The fusion as the loop calls it."""

    def __init__(self, fusion: Fusion) -> None:
        super().__init__()
        self.fusion = fusion

    def forward(self, inputs: FusionInput) -> tuple[torch.Tensor, None]:
        return self.fusion(inputs), None


def train_fusion(
    config: FusionConfig, windows: Windows, schedule: Schedule, done: Path, dev: Sequence[Made] = (),
    cancelled: Callable[[], bool] = never, device: Device = CPU, ahead: int | None = None,
) -> Iterator[TrainStep]:  # fmt: skip
    """Train the fusion from a k-means start; writes its state to `done`.

    Beside it lies a checkpoint of the last epoch, from which a stopped training goes on; it goes when `done` is there.
    Precision is float32 on every device: there is little to gain, and sums over many items to lose.

    Args:
        dev: scored after every epoch; with `schedule.patience` they choose the weights that are kept.
        ahead: batches prepared ahead in a thread, as in :func:`trainer.loop.fit.fit`.
    Raises:
        CancelledError: at the next batch after `cancelled()` turns true; the last epoch's checkpoint stays.
        TrainingError: the loss is no longer a number, or memory ended; the last epoch's checkpoint stays.
        StorageError: the state or a checkpoint cannot be written; the checkpoint before stays.
    """
    torch.manual_seed(schedule.seed)
    fusion = Fusion(config)
    for vlad, rows in zip((fusion.frame_vlad, fusion.slice_vlad), windows.examples(), strict=True):
        if len(rows) >= config.clusters:
            vlad.start_from(rows, schedule.seed)

    def score() -> tuple[float, float]:
        truth = np.array([item.emotion for item in dev])
        answers = fuse(fusion, [item.features for item in dev]).argmax(1)
        return metrics.accuracy(truth, answers), metrics.uar(truth, answers)

    sets = _Sets(windows, schedule.left_out)
    task = Task("fusion", _Learner(fusion), fusion, sets, score if len(dev) else None, key=(2,))
    checkpoint = done.with_name(done.name + ".checkpoint")
    yield from fit(task, schedule, checkpoint, replace(device, precision="fp32"), ahead, cancelled)
    ranks = present()
    if ranks.first:
        write_tensors(done, fusion.state_dict())
        with suppress(OSError):
            checkpoint.unlink()
    from_first(None, ranks)  # the others go on when the file is there


@torch.inference_mode()
def fuse(fusion: Fusion, sets: Sequence[FeatureSet], batch: int = 128) -> np.ndarray:
    """(N, 7) logits, computed where the fusion is."""
    fusion.eval()
    device = next(fusion.parameters()).device
    parts = [fusion(moved(padded_sets(sets[at : at + batch]), device)) for at in range(0, len(sets), batch)]
    return torch.cat(parts).cpu().numpy()
