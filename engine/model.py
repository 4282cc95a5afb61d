"""A loaded bundle on a device: crops and waves in, features and probabilities out, as numpy arrays.

Batches have a fixed size and are padded, so that an answer does not depend on what else was in its batch, not even in
its last bits: the same video gives the same numbers however it is divided.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, cast

import numpy as np
import torch

from engine.branches import FEATURES, Branch
from engine.bundle import Bundle
from engine.device import Device
from engine.emotions import COUNT
from engine.fusion import Fusion, FusionInput
from engine.inputs import audio_input, frame_input, slice_input
from engine.trunks.c3d import LAYERS, C3DTrunk
from engine.trunks.winograd import QuickC3D
from engine.values import BRANCHES, F32, BranchName

BATCH_MACS: Final = 20e9
"""Multiply-adds in one batch on a CPU: at most 200 ms at the 175 GFLOP/s of two cores in fp32."""
FULL_CHANNELS: Final = LAYERS[-1][1]
"""Channels of C3D at width 1: on a CPU it runs by `engine.trunks.winograd`, in float32."""
GPU_BATCH: Final = {"frame": 256, "slice": 16, "audio": 64}
FULL_MACS: Final = {"frame": 1.42e9, "slice": 38.5e9, "audio": 0.06e9}
ANSWER_BATCH: Final = 64
"""Rows a batch of classifiers and fusion. Matrix libraries sum a row in another order where it is one of a few left
over, so batches are always full."""


class Model:
    """The networks of a bundle, ready to run.

    Args:
        bundle: loaded weights; they are copied, not changed.
        device: where and in which precision the branches run. Heads on stored features always run in float32 on the
            CPU: they cost nothing, and stored features then give the same answers on every machine.
    """

    def __init__(self, bundle: Bundle, device: Device) -> None:
        self.bundle = bundle
        self.device = device
        self._branches = {name: _moved(bundle.branches[name], device) for name in BRANCHES}
        self._classifiers = {name: bundle.branches[name].classifier for name in BRANCHES}
        self.fusion: Fusion = bundle.fusion
        self.batch = {name: _batch_size(bundle, device, name) for name in BRANCHES}

    def frame_features(self, crops: np.ndarray) -> np.ndarray:
        """(N, S, S, C) uint8 crops -> (N, 256) float16; N is at most the batch size."""
        x = torch.from_numpy(_padded(crops, self.batch["frame"])).to(self.device.processor).permute(0, 3, 1, 2)
        x = frame_input(x, self.bundle.manifest.frame)
        return self._run("frame", x.contiguous(memory_format=torch.channels_last), len(crops))

    def slice_features(self, crops: np.ndarray) -> np.ndarray:
        """(N, 16, S, S, C) uint8 crops -> (N, 256) float16; N is at most the batch size."""
        x = torch.from_numpy(_padded(crops, self.batch["slice"])).to(self.device.processor).permute(0, 1, 4, 2, 3)
        x = slice_input(x, self.bundle.manifest.slice)
        return self._run("slice", x.contiguous(memory_format=torch.channels_last_3d), len(crops))

    def audio_features(self, waves: np.ndarray) -> np.ndarray:
        """(N, 22050) float32 in [-1, 1] -> (N, 128) float16; N is at most the batch size."""
        x = torch.from_numpy(_padded(waves, self.batch["audio"])).to(self.device.processor)
        return self._run("audio", audio_input(x, self.bundle.manifest.audio), len(waves))

    @torch.inference_mode()
    def _run(self, name: BranchName, x: torch.Tensor, count: int) -> np.ndarray:
        branch = self._branches[name]
        out = branch(x.to(next(branch.parameters()).dtype))
        return cast("np.ndarray", out[:count].float().cpu().numpy().astype(np.float16))

    @torch.inference_mode()
    def probabilities(self, name: BranchName, features: np.ndarray) -> F32:
        """Features (N, D), as stored -> the branch's own answer (N, 7), at its temperature."""
        temperature = getattr(self.bundle.manifest.calibration, name)
        answers = [np.zeros((0, COUNT), np.float32)]
        for at in range(0, len(features), ANSWER_BATCH):
            rows = np.asarray(features[at : at + ANSWER_BATCH], np.float32)
            logits = self._classifiers[name](torch.from_numpy(_padded(rows, ANSWER_BATCH)))
            answers.append(torch.softmax(logits / temperature, 1)[: len(rows)].numpy())
        return np.concatenate(answers)

    def fuse(self, sets: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> F32:
        """Fused probabilities (N, 7), raw, of N sets of features (frames, slices, seconds), each (T, D), T may be 0."""
        answers = [np.zeros((0, COUNT), np.float32)]
        for at in range(0, len(sets), ANSWER_BATCH):
            frames, slices, seconds = zip(*sets[at : at + ANSWER_BATCH], strict=True)
            pooled = Pooled(
                torch.stack([self.fusion.frame_vlad.sums_of(rows) for rows in frames]), _there(frames),
                torch.stack([self.fusion.slice_vlad.sums_of(rows) for rows in slices]), _there(slices),
                torch.stack([torch.from_numpy(mean_voice(rows)) for rows in seconds]), _there(seconds),
            )  # fmt: skip
            answers.append(self.fuse_pooled(pooled))
        return np.concatenate(answers)

    @torch.inference_mode()
    def fuse_pooled(self, pooled: "Pooled") -> F32:
        """Fused probabilities (N, 7), raw, of N sets that were pooled already."""
        answers = [np.zeros((0, COUNT), np.float32)]
        columns = [getattr(pooled, item.name) for item in fields(pooled)]
        for at in range(0, len(pooled.voice), ANSWER_BATCH):
            batch = [column[at : at + ANSWER_BATCH] for column in columns]
            count = len(batch[0])
            logits = self.fusion.from_sums(*(_filled(column, ANSWER_BATCH) for column in batch))
            answers.append(torch.softmax(logits, 1)[:count].numpy())
        return np.concatenate(answers)


@dataclass(frozen=True, slots=True)
class Pooled:
    """Sets of features, pooled, as `Fusion.from_sums` takes them: NetVLAD sums (N, K, D), mean voices (N, 128), and
    what there is of each (N,) bool."""

    frames: torch.Tensor
    has_frames: torch.Tensor
    slices: torch.Tensor
    has_slices: torch.Tensor
    voice: torch.Tensor
    has_voice: torch.Tensor


def mean_voice(seconds: np.ndarray) -> F32:
    """The mean (128,) of the features of seconds (T, 128); zeros of none. Summed exactly, so in any order."""
    return np.asarray(np.asarray(seconds, np.float64).sum(0) / max(1, len(seconds)), np.float32)


def _there(sets: Sequence[np.ndarray]) -> torch.Tensor:
    return torch.tensor([len(rows) > 0 for rows in sets])


def _filled(rows: torch.Tensor, count: int) -> torch.Tensor:
    """Rows filled up with zeros to a fixed count."""
    return rows if len(rows) == count else torch.cat([rows, rows.new_zeros(count - len(rows), *rows.shape[1:])])


def padded_sets(sets: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> FusionInput:
    """Sets of features as one padded batch with masks."""
    tensors = []
    for column, name in enumerate(BRANCHES):
        longest = max(1, *(len(item[column]) for item in sets))
        values = torch.zeros(len(sets), longest, FEATURES[name])
        mask = torch.zeros(len(sets), longest, dtype=torch.bool)
        for row, item in enumerate(sets):
            count = len(item[column])
            if count:
                values[row, :count] = torch.from_numpy(np.asarray(item[column], np.float32))
                mask[row, :count] = True
        tensors += [values, mask]
    return FusionInput(*tensors)


def _moved(branch: Branch, device: Device) -> Branch:
    """A copy of a branch on a device, in the layout its convolutions run fastest in."""
    moved = copy.deepcopy(branch).to(device.processor)
    if isinstance(moved.trunk, C3DTrunk) and moved.trunk.out_channels == FULL_CHANNELS and device.type == "cpu":
        moved.trunk = QuickC3D(moved.trunk)
        return moved
    moved.to(device.dtype)
    if branch.name == "frame":
        moved.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if branch.name == "slice":
        moved.trunk.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return moved


def _batch_size(bundle: Bundle, device: Device, name: BranchName) -> int:
    """Items a batch: what fits the time budget on a CPU, a fixed number on a GPU."""
    if device.type != "cpu":
        return GPU_BATCH[name]
    config = getattr(bundle.manifest, name)
    macs = FULL_MACS[name] * config.width**2
    if name != "audio":
        macs *= (config.input_px / {"frame": 160, "slice": 112}[name]) ** 2
    return int(np.clip(BATCH_MACS / macs, 1, 32 if name != "slice" else 8))


def _padded(items: np.ndarray, count: int) -> np.ndarray:
    """Items filled up with zeros to a fixed count."""
    if len(items) == count:
        return np.ascontiguousarray(items)
    full = np.zeros((count, *items.shape[1:]), items.dtype)
    full[: len(items)] = items
    return full
